"""Find the connection strings in a text of any language. Pure.

A string ends at a blank, a quote, or a bracket that no template and no IPv6 address opens. What a
program fills in later is replaced by harmless text, so that the rest can be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mongoping.lazy_re import lazy_compile

SCHEME = rb"mongodb"  # every file without these bytes is done
MAX_STRING = 4096  # characters; no connection string is longer
MAX_STRINGS = 10_000  # in one file

TEMPLATE = (
    r"\$\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|\{\{[^{}\n]{0,200}\}\}|\$\([^()\n]{0,200}\)"
    r"|%\(\w{1,80}\)s|#\{[^{}\n]{0,200}\}|\{[^{}\n\"']{0,200}\}|\$[A-Za-z_]\w{0,80}"
    r"|%[sdv](?![0-9A-Fa-f])|%[A-Z_]{3,80}%|<%=[^%\n]{0,200}%>"
)
"""What is filled in later, in shells, YAML of Helm and GitHub, Python, Ruby, Go, PHP, ERB."""

_STRING = lazy_compile(
    r"(?<![\w.+-])mongodb(?:\+srv)?\\?:\\?/\\?/"
    rf"(?:{TEMPLATE}|<[A-Za-z][\w. -]{{0,40}}>|\\[/:=&]|\\u0026|&amp;|\[[0-9A-Fa-f:.%]{{2,60}}\]"
    r"|,(?=[\w$\[{<%])|[^\s\"'`<>()\[\]{}\\|,;])*"
)
_TEMPLATE = lazy_compile(TEMPLATE)
_PORT = lazy_compile(r":(?:port|PORT)(?=[,/?]|$)")  # in documentation
_HOLE = lazy_compile("\ue000")
ESCAPES = ((r"\/", "/"), (r"\:", ":"), (r"\=", "="), (r"\&", "&"), (r"\u0026", "&"), ("&amp;", "&"))
HOLE = "\ue000"  # private use: no connection string has it
FILLER, FILLED_HOST = "filled", "filled.in.host"
NOTHING = ("", ".", "..", "...", "…", "/", "*", "host", "HOST", "URI")


class FoundString(NamedTuple):
    """A connection string in a text.

    Attributes:
        start: its offset in the text.
        length: its length there.
        text: the string without the escapes of the language, with templates filled in.
        exact: whether ``text`` is what the file contains, so that offsets in it are meaningful.
        filled: whether templates were filled in.
        filled_login: whether a template is in the user or the password.
    """

    start: int
    length: int
    text: str
    exact: bool
    filled: bool
    filled_login: bool


def find(text: str) -> Iterator[FoundString]:
    """Yield the connection strings of a text, in order; a scheme alone is none."""
    for number, match in enumerate(_STRING.finditer(text)):
        if number >= MAX_STRINGS:
            return
        raw = match[0][:MAX_STRING].rstrip(".,:;!?*\\")
        candidate = _read(match.start(), raw)
        if candidate is not None:
            yield candidate


def _read(start: int, raw: str) -> FoundString | None:
    plain = raw
    for escape, char in ESCAPES:
        plain = plain.replace(escape, char)
    body = plain.partition("://")[2]
    if body in NOTHING or not re.search(r"\w|\ue000", body):
        return None
    with_holes = _PORT.sub(f":{HOLE}", _TEMPLATE.sub(HOLE, plain))
    has_holes = HOLE in with_holes
    login = with_holes.partition("://")[2].rpartition("@")[0]
    return FoundString(
        start,
        len(raw),
        fill(with_holes) if has_holes else plain,
        exact=plain == raw and not has_holes,
        filled=has_holes,
        filled_login=HOLE in login,
    )


def fill(with_holes: str) -> str:
    """Return a connection string in which every hole has a valid value, or is left out.

    The value of an option is not known, so the option is left out; a port is a number.
    """
    scheme, colons, rest = with_holes.partition("://")
    before, question, options = rest.partition("?")
    login, at, place = before.rpartition("@")
    hosts, slash, database = place.partition("/")
    hosts = re.sub(rf":{HOLE}+(?=,|$)", ":27017", hosts)
    pairs = [pair for pair in options.split("&") if HOLE not in pair]
    hosts = hosts.replace(HOLE, FILLED_HOST)
    parts = (login, at, hosts, slash, database)
    text = "".join(part.replace(HOLE, FILLER) for part in parts)
    return f"{scheme}{colons}{text}{question if pairs else ''}{'&'.join(pairs)}"


def as_written(text: str) -> str:
    """Return a text about a string that was filled in, with dots for what is not known."""
    return text.replace(FILLED_HOST, "…").replace(FILLER, "…")
