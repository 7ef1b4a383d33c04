"""A pasted text as its writer meant it: without colours, prefixes and escapes. Pure."""

from __future__ import annotations

import re
from functools import cache

MAX_CHARS = 128_000  # of a pasted text that are looked at: its beginning and its end
OPEN, CLOSE = "⟨", "⟩"  # the marks of what is read out of a text; never in it beforehand


@cache
def _colours() -> re.Pattern[str]:
    return re.compile(r"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")


_ENTITIES = {"&quot;": '"', "&#39;": "'", "&apos;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "\xa0": " ", OPEN: "<", CLOSE: ">"}
)


@cache
def _prefix() -> re.Pattern[str]:
    """A line of compose or of a pod's log begins with who says it."""
    return re.compile(r"^[\w./-]{1,60}[ \t]{0,20}\| ?", re.MULTILINE)


@cache
def _box() -> re.Pattern[str]:
    """Rich draws a box around a traceback, and breaks its lines."""
    return re.compile(r"^[ \t]{0,20}+│ ?|[ \t]{0,200}+│$|^[ \t]{0,20}+[╭╰]─[^\n]*+", re.MULTILINE)


def clean(text: str) -> str:
    """The text to read. Escapes of a repr, of JSON and of HTML are undone, twice nested at most."""
    if len(text) > MAX_CHARS:
        text = f"{text[: MAX_CHARS // 2]}\n…\n{text[-MAX_CHARS // 2 :]}"
    if "\x1b" in text:
        text = _colours().sub("", text)
    text = text.replace("\r\n", "\n")
    if not text.isascii():
        text = text.translate(_TYPOGRAPHY)
        if "│" in text:
            text = _box().sub("", text)
    for _ in range(2):
        if "\\" not in text:
            break
        text = _unescape(text)
    if "&" in text:
        for entity, char in _ENTITIES.items():
            text = text.replace(entity, char)
    if "|" in text:
        text = _prefix().sub("", text)
    return text


def _unescape(text: str) -> str:
    text = text.replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
    return text.replace("\\r", "").replace("\\n", "\n").replace("\\t", "\t")
