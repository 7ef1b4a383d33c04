"""Write text as Markdown: escape it, and set names of programs and options as code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from mongoping import registry
from mongoping.model import Remedy

SUFFIXES = "toml|pem|xml|json|jsonl|svg|html|py|md|yml|yaml|cfg"


def text(plain: str) -> str:
    """Return text in which Markdown's own characters are escaped."""
    return re.sub(r"([\\`*<\[\]|])", r"\\\1", re.sub(r"^>", r"\\>", plain, flags=re.MULTILINE))


def code(plain: str) -> str:
    """Return text as inline code; bars are escaped, because they would end the cell of a table."""
    return f"`{plain.replace('|', chr(92) + '|')}`"


@cache
def _names() -> re.Pattern[str]:
    """Return the pattern of names in prose: commands, options, variables, addresses, files."""
    word = (
        r"(?:--?[a-zA-Z][\w-]*(?:=\S+)?|--|mongodb(?:\+srv)?://\S+|[A-Z][A-Z_]+|\d+(?:\.\d+)*|FILE)"
    )
    quotation = r"[\w-]+='[^'\n]*'"
    command = "|".join(registry.names("cli"))
    return re.compile(
        r"`[^`\n]+`"  # already inline code
        rf"|\bmongoping (?:{command})(?: (?:{word}|mongoping (?:{command})))*(?![\w-])"
        rf"|{quotation}"
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


def prose(plain: str) -> str:
    """Return text in which names of commands, options and files are inline code."""
    parts: list[str] = []
    end = 0
    for name in _names().finditer(plain):
        parts += [text(plain[end : name.start()]), code(name[0].strip("`"))]
        end = name.end()
    return "".join([*parts, text(plain[end:])])


def remedy(advice: Remedy | str) -> str:
    """Return a remedy in which the command and the connection string are inline code."""
    if isinstance(advice, str):
        advice = _split_command(advice)
    pastes = [f"`{item}`" for item in (advice.command, advice.uri) if item]
    return " ".join([prose(advice.text), *pastes])


def _split_command(sentence: str) -> Remedy:
    """Return a remedy whose command is what follows the final colon of the sentence."""
    programs = r"(?:python3?|openssl|mongosh|mongorestore) .*|(?:rs|db)\.\w+\(.*\)"
    command = re.search(rf"(?<=:) ({programs})$", sentence)
    if not command or "`" in command[1]:
        return Remedy(sentence)
    return Remedy(sentence[: command.start()], command[1])


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells must be Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def block(plain: str, language: str = "text") -> str:
    """Return text as a code block, with a fence longer than any run of backticks in it."""
    ticks = max((len(run) for run in re.findall(r"`{3,}", plain)), default=2) + 1
    fence = "`" * max(ticks, 3)
    return f"{fence}{language}\n{plain}\n{fence}"
