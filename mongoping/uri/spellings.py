"""Recognize a secret in other text, in every way it may be written there.

Drivers, servers and shells quote their input: a password may appear percent-encoded, as a
Python or JSON string, as the ``repr`` of its bytes, or quoted for a shell, and often in two of
these at once. There are too many combinations to list, so each character of a secret becomes a
pattern for all of its spellings. The patterns are unambiguous (runs of backslashes are
possessive), so that matching stays linear.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_INSIDE = 4  # shorter secrets are hidden as separate words only, or no text would be readable
MIN_ENCODED = 6  # bytes of a secret that is looked for in base64; fewer have too few letters
MAX_LENGTH = 128  # characters of a secret that become a pattern; see `_long`
_PERCENT = "%(?:25){0,3}"  # encoded up to four times


def _mark(char: str) -> str:
    """Match a character that escapes consist of, which may be percent-encoded itself."""
    return f"(?:{re.escape(char)}|(?i:{_PERCENT}{ord(char):02x}))"


_BACKSLASH, _SPACE = _mark("\\"), _mark("+")
_AND, _HASH, _SEMICOLON = _mark("&"), _mark("#"), _mark(";")
_QUOTE, _DOUBLE, _OPEN, _CLOSE = _mark("'"), _mark('"'), _mark("{"), _mark("}")
_LETTERS = dict(zip("\n\r\t\0\a\b\f\v\x1b", "nrt0abfve", strict=True))
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_QUOTED_QUOTES = (  # how shells, YAML and SQL write a single quote
    f"{_QUOTE}{_BACKSLASH}{{0,8}}+{_DOUBLE}{_BACKSLASH}{{0,8}}+{_QUOTE}"
    f"{_BACKSLASH}{{0,8}}+{_DOUBLE}{_BACKSLASH}{{0,8}}+{_QUOTE}",
    f"{_QUOTE}{_BACKSLASH}{{1,16}}+{_QUOTE}(?:{_BACKSLASH}{{0,8}}+{_QUOTE})?",
    f"{_QUOTE}{_QUOTE}",
)


@lru_cache(maxsize=16)
def pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that matches every spelling of every secret, longest first."""
    misread = (secret.encode("utf-8", "surrogatepass").decode("latin-1") for secret in secrets)
    every = dict.fromkeys((*secrets, *misread))
    written = map(_spellings, sorted(every, key=len, reverse=True))
    encoded = (form for secret in secrets for form in _encodings(secret))
    return re.compile("|".join((*written, *encoded)))


def _encodings(secret: str) -> Iterator[str]:
    """Yield patterns for the bytes of a secret in hexadecimal and base64.

    In base64, three bytes become four letters, so what comes before the secret decides about its
    first and last letters: only those between are compared, and the rest of the word is hidden.
    """
    data = secret.encode("utf-8", "surrogatepass")[:MAX_LENGTH]
    if len(data) < MIN_INSIDE:
        return
    yield f"(?i:{data.hex()})(?:[0-9A-Fa-f]{{2}})*+"
    if len(data) < MIN_ENCODED:
        return
    for before in range(3):
        letters = binascii.b2a_base64(bytes(before) + data, newline=False).decode()
        fixed = letters[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        either = fixed.replace("+", "[+-]").replace("/", "[/_]")
        yield f"{either}[\\w+/-]*+={{0,2}}"


def _spellings(secret: str) -> str:
    if len(secret) > MAX_LENGTH:
        return _long(secret)
    forms = _characters(secret)
    if len(secret) >= MIN_INSIDE:
        return forms
    before = r"(?<!\w)" if _is_word(secret[0]) else ""
    after = r"(?!\w)" if _is_word(secret[-1]) else ""
    return f"{before}{forms}{after}"


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def _long(secret: str) -> str:
    """Match the beginning and the end of a long secret, and the text between them.

    If its end is missing, the rest of the text is hidden.
    """
    half = MAX_LENGTH // 2
    least, most = len(secret) - 2 * half, 24 * len(secret)
    return rf"{_characters(secret[:half])}(?s:.{{{least},{most}}}?{_characters(secret[-half:])}|.*)"


def _characters(secret: str) -> str:
    pieces: list[str] = []
    backslashes = 0
    for char in secret:
        if char == "\\":
            backslashes += 1
        else:
            pieces.append(_character(char, backslashes))
            backslashes = 0
    if backslashes:
        pieces.append(f"{_BACKSLASH}{{{backslashes},{8 * backslashes}}}+")
    return "".join(pieces)


def _character(char: str, backslashes: int) -> str:
    """Return a pattern for a character with a number of backslashes before it."""
    code = ord(char)
    most = 8 * (backslashes + 1)
    escape = f"{_BACKSLASH}{{{backslashes + 1},{most}}}+"
    then = f"{_BACKSLASH}{{1,8}}+"  # before the other octets
    octets = char.encode("utf-8", "surrogatepass")
    plain = [*_plain(char), "".join(f"{_PERCENT}{octet:02x}" for octet in octets)]
    escapes = [then.join(f"x{octet:02x}" for octet in octets), f"u{_OPEN}0*{code:x}{_CLOSE}"]
    escapes += [then.join(f"{octet:03o}" for octet in octets), f"U{code:08x}"]
    if code < 0x10000:
        escapes.append(f"u{code:04x}")
    else:
        high, low = 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)
        escapes.append(f"u{high:x}{then}u{low:x}")
    if 0x80 <= code < 0x100:
        escapes.append(f"x{code:02x}")
    if char in _LETTERS:
        escapes.append(_LETTERS[char])
    exact = [re.escape(char), *(_QUOTED_QUOTES if char == "'" else ())]
    before = "" if _is_word(char) and not backslashes else f"{_BACKSLASH}{{{backslashes},{most}}}+"
    if char == "%":  # it may begin an encoded backslash that is part of the secret itself
        before = rf"\\{{{backslashes},{most}}}+"
        if backslashes:
            before = f"(?:{before}|(?i:{_PERCENT}5c){{{backslashes},{most}}}+)"
    return f"(?:{before}(?:{_any(exact[::-1])}|(?i:{_any(plain)}))|{escape}(?i:{_any(escapes)}))"


def _plain(char: str) -> list[str]:
    """Return the spellings of a character that need no backslash."""
    code = ord(char)
    names = f"|{_ENTITIES[char]}" if char in _ENTITIES else ""
    numbers = f"{_HASH}(?:0*{code}|x0*{code:x})"
    forms = [f"{_AND}(?:amp{_SEMICOLON}){{0,2}}(?:{numbers}{names}){_SEMICOLON}"]
    if char == " ":
        forms.append(_SPACE)
    return forms


def _any(patterns: Iterable[str]) -> str:
    return "|".join(patterns)
