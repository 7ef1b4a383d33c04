"""Generate the manual page from the command line, with the macros of man(7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mongoping._version import __version__
from tools.docs._click import Command, Option, commands, shared_options
from tools.docs._markdown import prose
from tools.docs._usage import EXAMPLES, EXITS
from tools.docs.commands import environment
from tools.docs.exits import rows

PATH = "docs/man/mongoping.1"
DATE = "2026-11-28"  # of the last change to the layout; the content follows the code

DESCRIPTION = (
    "mongoping checks a MongoDB deployment layer by layer, as PyMongo would connect to it: the "
    "connection string, DNS, TCP, TLS, MongoDB's handshake, the Stable API, the login, pings, the "
    "topology and versions. It reports which layer failed and why, with the evidence, and what to "
    "try first.",
    "The connection string is the argument of a command, or comes from --uri-file, from standard "
    "input (-), or from the environment. Passwords are never shown.",
)
FILES = (
    ("mongoping.toml", "Targets and expectations of mongoping smoke, in the current folder."),
    ("pyproject.toml", "The same, in the table [tool.mongoping]."),
)


def page() -> str:
    """Return the page in roff."""
    lines = [
        '.\\" Generated from mongoping/cli: edit that, then run `python -m tools.docs`.',
        f'.TH MONGOPING 1 "{DATE}" "mongoping {__version__}" "User Commands"',
        *(".SH NAME", "mongoping \\- find out why a program cannot connect to MongoDB"),
        *(".SH SYNOPSIS", ".B mongoping", ".I COMMAND", "[\\fIOPTIONS\\fR]", "[\\fIARGS\\fR]"),
        *(".br", ".B mongoping", "[\\fB\\-\\-help\\fR] [\\fB\\-\\-version\\fR]"),
        *(".SH DESCRIPTION", *_paragraphs(DESCRIPTION)),
        *(".SH COMMANDS", *(line for command in commands() for line in _command(command))),
        *(".SH OPTIONS OF EVERY COMMAND THAT CONNECTS", *_options(shared_options())),
        *(".SH ENVIRONMENT", *_tag_list((_bold(name), meaning) for name, meaning in environment())),
        *(".SH FILES", *_tag_list((_italic(name), meaning) for name, meaning in FILES)),
        *(".SH EXIT STATUS", *_tag_list((_bold(str(code)), meaning) for code, meaning in rows())),
        *(".PP", "Each command:"),
        *_tag_list((_bold(name), meaning) for name, meaning in EXITS.items()),
        *(".SH EXAMPLES", *_examples()),
        *(".SH SEE ALSO", ".BR mongosh (1),", ".BR mongod (1)"),
    ]
    return "\n".join(lines) + "\n"


def escape_text(text: str) -> str:
    """Return text that roff prints literally, with ASCII hyphens that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text)
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def paragraph(text: str) -> str:
    """Return a paragraph on one line, with the names of programs and options in bold."""
    parts = re.split(r"(?<!\\)`", prose(" ".join(text.split())))
    texts = [re.sub(r"\\([\\`*<\[\]|>])", r"\1", part) for part in parts]
    line = "".join(  # every second part was between backticks
        _bold(part) if index % 2 else escape_text(part).replace("\\-", "-")
        for index, part in enumerate(texts)
    )
    return re.sub(r"^([.'])", r"\\&\1", line)


def _bold(text: str) -> str:
    return f"\\fB{escape_text(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{escape_text(text)}\\fR"


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for index, text in enumerate(texts):
        if index:
            yield ".PP"
        text_left = text.removeprefix("\b\n")  # click's mark for a paragraph that keeps its lines
        if text_left == text:
            yield paragraph(text)
        else:
            yield from _literal(text_left.splitlines())


def _literal(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that keep their breaks, indented."""
    yield from (".RS 4", ".nf", *map(escape_text, lines), ".fi", ".RE")


def _command(command: Command) -> Iterator[str]:
    """Yield the section of one command."""
    yield f".SS {escape_text(command.name)}"
    name, _, rest = command.usage.removeprefix("mongoping ").partition(" [OPTIONS]")
    yield f"{_bold(f'mongoping {name}')} {_italic(f'[OPTIONS]{rest}')}"
    yield ".PP"
    yield from _paragraphs(command.paragraphs)
    yield from _options(command.own)
    if command.common:
        without = f", except {', '.join(command.without)}" if command.without else ""
        yield ".PP"
        intro = f"{'And the' if command.own else 'The'} options of every command that connects"
        yield f"{intro}{paragraph(without)}."


def _options(options: Iterable[Option]) -> Iterator[str]:
    return _tag_list((_flags(option.names), _meaning(option)) for option in options)


def _flags(names: str) -> str:
    """Return an option's names in bold and its metavariable in italics."""
    flags, _, metavar = names.rpartition(" ")
    if not flags or metavar.startswith("-"):
        return _bold(names)
    return f"{_bold(flags)} {_italic(metavar)}"


def _meaning(option: Option) -> str:
    return f"{option.help} Default: {option.default}." if option.default else option.help


def _tag_list(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a list of terms, which are roff already, with their meanings in plain text."""
    for term, meaning in pairs:
        yield from (".TP", term, paragraph(meaning))


def _examples() -> Iterator[str]:
    """Yield every example, below its caption."""
    first = True
    for examples in EXAMPLES.values():
        for caption, line in examples:
            if caption:
                if not first:
                    yield ".PP"
                yield f"{paragraph(caption)}:"
            first = False
            yield from _literal([line])
