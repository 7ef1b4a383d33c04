"""A pasted text as its writer meant it: without colors, prefixes, quoting and escapes. Pure."""

from __future__ import annotations

import re

from mongoping.explaining.prefixes import without_prefixes
from mongoping.lazy_re import lazy_compile

MAX_CHARS = 128_000  # of a pasted text that are looked at: its beginning and its end
OPEN, CLOSE = "⟨", "⟩"  # the marks of what is read out of a text; never in it beforehand
MAX_NESTING = 3  # times that a text may have been put into JSON, or a repr, one inside the other


# colors and titles, the escape itself, its names, or what a form has left of it
_COLORS = lazy_compile(
    r"(?:\x1b|\\{1,4}(?:u001[bB]|x1[bB]|033|e)|\^\[|␛)"
    r"(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\))"
    r"|\[\d{1,3}(?:;\d{1,3}){0,4}+m"
)


_ENTITIES = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "amp": "&", "nbsp": " "}
_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "\xa0": " ", OPEN: "<", CLOSE: ">"}
)


# the box that Rich draws around a traceback, which breaks its lines
_BOX = lazy_compile(r"^[ \t]{0,20}+│ ?|[ \t]{0,200}+│$|^[ \t]{0,20}+[╭╰]─[^\n]*+", re.MULTILINE)


def clean(text: str) -> str:
    """Return the text to read, with escapes of repr, JSON and HTML undone, also nested ones."""
    if len(text) > MAX_CHARS:
        text = f"{text[: MAX_CHARS // 2]}\n…\n{text[-MAX_CHARS // 2 :]}"
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = text.translate(_TYPOGRAPHY)
        if "│" in text:
            text = _BOX.sub("", text)
    if "[" in text:
        text = _COLORS.sub("", text)
    text = without_prefixes(text)
    for _ in range(MAX_NESTING):
        if "&" in text or "<br" in text:
            text = _without_markup(text)
        if "\\" not in text:
            break
        text = _unescape(text)
    return without_prefixes(text)


_ESCAPE = lazy_compile(r"\\(?:u00([0-7][0-9a-fA-F])|([\"'\\/rnt]))")


_LETTERS = {"n": "\n", "t": "\t", "r": ""}


# the path of a file on Windows, up to a character that a path cannot contain
_WINDOWS_PATH = lazy_compile(r"\b[A-Za-z]:\\[^\s:\"'<>|*?]{0,200}+$")
MAX_PATH = 200


def _unescape(text: str) -> str:
    """Return the text with one level of JSON or repr escapes removed.

    The folder ``node_modules`` in a path of Windows does not begin with a line break.
    """
    has_paths = ":\\" in text

    def char(match: re.Match[str]) -> str:
        start = match.start()
        before = text[max(0, start - MAX_PATH) : start] if has_paths else ""
        if match[2] in ("n", "r", "t") and _WINDOWS_PATH.search(before):
            return match[0]
        if match[1]:
            code = int(match[1], 16)
            return chr(code) if code >= 0x20 else ""
        return _LETTERS.get(match[2], match[2])

    return _ESCAPE.sub(char, text)


_ENTITY = lazy_compile(
    r"&(?:#(\d{2,4})|#x([0-9a-f]{2,4})|(quot|apos|lt|gt|amp|nbsp));|<br ?/?>", re.IGNORECASE
)


def _without_markup(text: str) -> str:
    """Return the text without the escapes and line breaks of HTML."""

    def char(match: re.Match[str]) -> str:
        if match[3]:
            return _ENTITIES[match[3].lower()]
        if match[1] or match[2]:
            code = int(match[1]) if match[1] else int(match[2], 16)
            return chr(code).translate(_TYPOGRAPHY) if 0x20 <= code < 0xD800 else " "
        return "\n"

    return _ENTITY.sub(char, text)
