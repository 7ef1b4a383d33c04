"""String literals that nothing can break out of, for each language of the snippets. Pure.

One rule serves all: what is not printable ASCII is escaped by number, and so is each
character that the language gives a meaning inside double quotes. The literal is thus one
line of ASCII, and its end is the only bare quote in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class NotTextError(ValueError):
    """The value holds half of a surrogate pair, which most languages cannot write down."""


def python(value: str) -> str:
    """A literal of Python; those of Go have the same escapes."""
    return _quoted(value, _python_escape)


def go(value: str) -> str:
    """An interpreted string literal of Go."""
    return _quoted(value, _python_escape)


def javascript(value: str) -> str:
    """A literal of JavaScript: astral characters are written as two UTF-16 units."""
    return _quoted(value, _utf16_escape)


def csharp(value: str) -> str:
    r"""A regular literal of C#, without ``\x``, whose length varies there."""
    return _quoted(value, lambda code: f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def java(value: str) -> str:
    r"""A literal of Java, whose ``\uXXXX`` is read before the literal is.

    A line feed or a quote written that way would end the literal, so everything below 128
    is written in octal.
    """
    return _quoted(value, lambda code: f"\\{code:03o}" if code < 0x80 else _utf16_escape(code))


def php(value: str) -> str:
    """A double-quoted literal of PHP 7 or later, without interpolation."""
    return _quoted(value, lambda code: f"\\u{{{code:x}}}", special='"\\$')


def ruby(value: str) -> str:
    """A double-quoted literal of Ruby, without interpolation."""
    return _quoted(value, lambda code: f"\\u{{{code:x}}}", special='"\\#')


def rust(value: str) -> str:
    """A literal of Rust."""
    return _quoted(value, lambda code: f"\\u{{{code:x}}}")


def _quoted(value: str, escape: Callable[[int], str], special: str = '"\\') -> str:
    if any(0xD800 <= ord(entry) <= 0xDFFF for entry in value):
        raise NotTextError("it is not valid Unicode text, so no literal can hold it")
    parts = [
        f"\\{entry}" if entry in special else entry if " " <= entry <= "~" else escape(ord(entry))
        for entry in value
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
