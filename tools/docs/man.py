"""The manual page, from the command line itself, in the macros of man(7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mongoping._version import __version__
from tools.docs._click import Row, Shown, commands, shared
from tools.docs._markdown import prose
from tools.docs._usage import EXAMPLES, EXITS
from tools.docs.commands import environment
from tools.docs.exits import rows

PATH = "docs/man/mongoping.1"
DATE = "2026-11-22"  # of this page's form; what it says follows the code

DESCRIPTION = (
    "mongoping looks at a MongoDB deployment layer by layer, as PyMongo would: the connection "
    "string, DNS, TCP, TLS, the protocol's first word, the Stable API, the login, pings, the "
    "topology, versions. It says which layer failed and why, with the evidence, and what to do "
    "first.",
    "The connection string is the argument of a command, or comes from --uri-file, from standard "
    "input (-), or from the environment. Passwords are never shown.",
)
FILES = (
    ("mongoping.toml", "Targets and expectations of mongoping smoke, in the current folder."),
    ("pyproject.toml", "The same, in the table [tool.mongoping]."),
)


def page() -> str:
    """The text of the page, in roff."""
    lines = [
        '.\\" Generated from mongoping/cli: edit that, then run `python -m tools.docs`.',
        f'.TH MONGOPING 1 "{DATE}" "mongoping {__version__}" "User Commands"',
        *(".SH NAME", "mongoping \\- name the one cause when a program cannot connect to MongoDB"),
        *(".SH SYNOPSIS", ".B mongoping", ".I COMMAND", "[\\fIOPTIONS\\fR]", "[\\fIARGS\\fR]"),
        *(".br", ".B mongoping", "[\\fB\\-\\-help\\fR] [\\fB\\-\\-version\\fR]"),
        *(".SH DESCRIPTION", *_paragraphs(DESCRIPTION)),
        *(".SH COMMANDS", *(line for one in commands() for line in _command(one))),
        *(".SH OPTIONS OF EVERY COMMAND THAT CONNECTS", *_options(shared())),
        *(".SH ENVIRONMENT", *_tagged((f"\\fB{escaped(a)}\\fR", b) for a, b in environment())),
        *(".SH FILES", *_tagged((f"\\fI{escaped(a)}\\fR", b) for a, b in FILES)),
        *(".SH EXIT STATUS", *_tagged((f"\\fB{code}\\fR", words) for code, words in rows())),
        *(".PP", "Of each command:", *_tagged((f"\\fB{a}\\fR", b) for a, b in EXITS.items())),
        *(".SH EXAMPLES", *_examples()),
        *(".SH SEE ALSO", ".BR mongosh (1),", ".BR mongod (1)"),
    ]
    return "\n".join(lines) + "\n"


def escaped(words: str) -> str:
    """Words that roff shall print as they are; a hyphen is one that can be copied."""
    words = words.replace("\\", "\\e").replace("-", "\\-")
    words = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in words)
    return re.sub(r"^([.'])", r"\\&\1", words, flags=re.MULTILINE)


def running(words: str) -> str:
    """A paragraph on one line, with the names of programs and options in bold."""
    marked = prose(" ".join(words.split()))
    parts = re.split(r"(?<!\\)`", marked)
    plain = [re.sub(r"\\([\\`*<\[\]|>])", r"\1", one) for one in parts]
    found = "".join(
        f"\\fB{escaped(one)}\\fR" if at % 2 else escaped(one).replace("\\-", "-")
        for at, one in enumerate(plain)
    )
    return re.sub(r"^([.'])", r"\\&\1", found)


def _paragraphs(some: Iterable[str]) -> Iterator[str]:
    for at, words in enumerate(some):
        kept = words.removeprefix("\b\n")
        if at:
            yield ".PP"
        if kept == words:
            yield running(words)
        else:
            yield from _literal(kept.splitlines())


def _literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they are, in the letters of a program."""
    yield from (".RS 4", ".nf", *map(escaped, lines), ".fi", ".RE")


def _command(one: Shown) -> Iterator[str]:
    """One command as a section of its own."""
    yield f".SS {escaped(one.name)}"
    name, _, rest = one.usage.removeprefix("mongoping ").partition(" [OPTIONS]")
    yield f"\\fBmongoping {escaped(name)}\\fR \\fI[OPTIONS]{escaped(rest)}\\fR"
    yield ".PP"
    yield from _paragraphs(one.paragraphs)
    yield from _options(one.own)
    if one.common:
        without = f", without {', '.join(one.without)}" if one.without else ""
        yield ".PP"
        words = f"{'And the' if one.own else 'The'} options of every command that connects"
        yield f"{words}{running(without)}."


def _options(options: Iterable[Row]) -> Iterator[str]:
    return _tagged((_flags(one.names), _meaning(one)) for one in options)


def _flags(names: str) -> str:
    """Options in bold, what they take in italics."""
    found, _, value = names.rpartition(" ")
    if not found or value.startswith("-"):
        return f"\\fB{escaped(names)}\\fR"
    return f"\\fB{escaped(found)}\\fR \\fI{escaped(value)}\\fR"


def _meaning(one: Row) -> str:
    return f"{one.words} Default: {one.default}." if one.default else one.words


def _tagged(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Terms in roff, with what they mean in plain words."""
    for term, words in pairs:
        yield from (".TP", term, running(words))


def _examples() -> Iterator[str]:
    """Every example, below the sentence that says what it is for."""
    first = True
    for some in EXAMPLES.values():
        for words, line in some:
            if words:
                if not first:
                    yield ".PP"
                yield f"{running(words)}:"
            first = False
            yield from _literal([line])
