"""Text in Markdown: words that stay as they are, names in the letters of a program. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from mongoping import registry

SUFFIXES = "toml|pem|xml|json|jsonl|svg|html|py|md|yml|yaml|cfg"


def text(words: str) -> str:
    """Words that Markdown shall show as they are: marks of its own are escaped."""
    return re.sub(r"([\\`*<\[\]|])", r"\\\1", re.sub(r"^>", r"\\>", words, flags=re.MULTILINE))


def code(words: str) -> str:
    """Words in the letters of a program; a bar in them must not end the cell of a table."""
    return f"`{words.replace('|', chr(92) + '|')}`"


@cache
def _names() -> re.Pattern[str]:
    """What is a name in running text: commands, options, variables, addresses, files."""
    word = (
        r"(?:--?[a-zA-Z][\w-]*(?:=\S+)?|--|mongodb(?:\+srv)?://\S+|[A-Z][A-Z_]+|\d+(?:\.\d+)*|FILE)"
    )
    quoted = r"[\w-]+='[^'\n]*'"
    command = "|".join(registry.names("cli"))
    return re.compile(
        r"`[^`\n]+`"  # what is set already
        rf"|\bmongoping (?:{command})(?: (?:{word}|mongoping (?:{command})))*(?![\w-])"
        rf"|{quoted}"
        r"|(?<![\w-])--[a-z][\w-]* (?:help|json)\b"
        r"|\b\w+\('[^'\n]*'\)"
        r"|\bmongodb\+srv\b(?!:)"
        r"|\b[a-z]+\.[a-z0-9]+(?:-[a-z0-9]+)+\b"
        r"|(?<![\w-])--[a-z][\w-]*(?:=[^\s,;)]*[^\s,;.)])?"
        r"|(?<!\S)-(?=[\s,;.])"
        r"|\b(?:MONGO[A-Z]*|NO|FORCE)_[A-Z_]+\b(?:=\S*[^\s,;.])?"
        r"|\bmongodb(?:\+srv)?://(?:[^\s;()]*[^\s,;.:()])?(?:\.\.\.)?"
        r"|\b_mongodb\._tcp(?:\.[\w.-]*\w)?"
        r"|(?<![\w.])(?:tls(?==)|(?!macOS)(?:[a-z]+\.)*[a-z]+[A-Z]\w*)(?:=[\w./$%-]*[\w/])?(?![\w(])"
        rf"|(?<![\w/.-])(?:\w+=)?[\w-]+(?:\.[\w-]+)*\.(?:{SUFFIXES})\b"
        r"|\[tool\.mongoping\]"
    )


def prose(words: str) -> str:
    """Running text in which the names of programs are set as such, and all else stays."""
    parts: list[str] = []
    at = 0
    for found in _names().finditer(words):
        parts += [text(words[at : found.start()]), code(found[0].strip("`"))]
        at = found.end()
    return "".join([*parts, text(words[at:])])


def remedy(words: str) -> str:
    """What to do; a command that the sentence ends with is set as one, whatever is in it."""
    programs = r"(?:python3?|openssl|mongosh|mongorestore) .*|(?:rs|db)\.\w+\(.*\)"
    found = re.search(rf": ({programs})$", words)
    if not found or "`" in found[1]:
        return prose(words)
    return f"{prose(words[: found.start()])}: `{found[1]}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def block(words: str, language: str = "text") -> str:
    """Text in a block of code, whatever stands in it."""
    ticks = max((len(run) for run in re.findall(r"`{3,}", words)), default=2) + 1
    fence = "`" * max(ticks, 3)
    return f"{fence}{language}\n{words}\n{fence}"
