"""Write safe string literals for each language of the snippets. Pure.

Everything except printable ASCII is escaped by number, and so is each character with a special
meaning inside double quotes. The literal is one line of ASCII, with no unescaped quote inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class NotTextError(ValueError):
    """The value has a lone surrogate, which most languages cannot express."""


def python(value: str) -> str:
    """Return a Python string literal."""
    return _quote(value, _python_escape)


def go(value: str) -> str:
    """Return an interpreted Go string literal, which has the same escapes as Python."""
    return _quote(value, _python_escape)


def javascript(value: str) -> str:
    """Return a JavaScript string literal; astral characters are two UTF-16 units."""
    return _quote(value, _utf16_escape)


def csharp(value: str) -> str:
    r"""Return a regular C# string literal, without ``\x``, which has a variable length in C#."""
    return _quote(value, lambda code: f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def java(value: str) -> str:
    r"""Return a Java string literal.

    Java decodes ``\uXXXX`` before it parses literals, so a line feed or quote written that way
    would end the literal. Therefore everything below 128 is written in octal.
    """
    return _quote(value, lambda code: f"\\{code:03o}" if code < 0x80 else _utf16_escape(code))


def php(value: str) -> str:
    """Return a double-quoted PHP literal (PHP 7 or later), without interpolation."""
    return _quote(value, lambda code: f"\\u{{{code:x}}}", special='"\\$')


def ruby(value: str) -> str:
    """Return a double-quoted Ruby literal, without interpolation."""
    return _quote(value, lambda code: f"\\u{{{code:x}}}", special='"\\#')


def rust(value: str) -> str:
    """Return a Rust string literal."""
    return _quote(value, lambda code: f"\\u{{{code:x}}}")


def _quote(value: str, escape: Callable[[int], str], special: str = '"\\') -> str:
    if any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise NotTextError("the value is not valid Unicode, so it cannot be written as a literal")
    parts = [
        f"\\{char}" if char in special else char if " " <= char <= "~" else escape(ord(char))
        for char in value
    ]
    return '"' + "".join(parts) + '"'


def _python_escape(code: int) -> str:
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _utf16_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
