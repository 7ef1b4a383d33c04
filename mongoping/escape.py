"""Make hostile text harmless. Pure, without imports of heavy modules.

Text from a server, a certificate, the DNS or a user's file must not control the terminal, so
control characters and marks that reverse the writing direction are shown as escapes.
"""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile

MAX_CHARS = 2000  # of one field in a report for people
NOTE_LENGTH = 40  # of the note that says how much was left out
_UNSAFE = lazy_compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
XML_FORBIDDEN = lazy_compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids (section 2.2, Char), and the carriage return."""


def printable(text: str, *, newlines: bool = False, most: int = MAX_CHARS) -> str:
    """Return ``text`` with every character that could control a terminal as an escape.

    Text longer than ``most`` characters is clipped. With ``newlines``, line breaks stay.
    """
    clipped_text = clip(text, most)
    if clipped_text.isprintable():  # unsafe characters are not printable, and most text is
        return clipped_text
    clipped_text = _UNSAFE.sub(lambda match: escape(match[0]), clipped_text).replace("\t", " ")
    return clipped_text if newlines else clipped_text.replace("\n", "\\n")


def clip(text: str, limit: int = MAX_CHARS) -> str:
    """Return ``text``, cut to about ``limit`` characters with a note of how many are left out.

    Text that exceeds the limit by no more than the length of the note stays as it is, so that
    clipping twice changes nothing.
    """
    left_out = len(text) - limit
    return text if left_out <= NOTE_LENGTH else with_rest(text[:limit], left_out)


def with_rest(text: str, left_out: int) -> str:
    """Return ``text`` followed by a note of how many characters were left out."""
    return f"{text}… ({left_out} more characters)"


def escape(char: str) -> str:
    """Return the escape sequence of a character in Python's notation."""
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def harmless_json(text: str) -> str:
    """Return a JSON document with its unsafe characters as JSON escapes."""
    return _UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number < 0x10000:
        return f"\\u{number:04x}"
    number -= 0x10000  # as UTF-16 has it (RFC 8259, section 7)
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


def bug_location(error: BaseException) -> str:
    """Return the type and place of an internal error, not its message, which may hold a secret."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return type(error).__name__
    file = frame.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{frame.tb_lineno}"
