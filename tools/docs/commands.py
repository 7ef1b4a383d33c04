"""The pages of the commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mongoping.cli._input import PASSWORD_VARIABLE, VARIABLES
from tools.docs._click import Row, Shown, commands, shared, variables
from tools.docs._markdown import block, code, prose, table
from tools.docs._usage import EXAMPLES, EXITS, GUIDES

PATH = "docs/commands.md"
FOLDER = "docs/commands"
DOCS = Path(__file__).parents[2] / "docs"

NOTE = "<!-- Generated from mongoping/cli: edit that, then run `python -m tools.docs`. -->\n"

HEAD = f"""\
{NOTE}
# Commands

Each command has a page, with its options, examples and exit codes.
`mongoping COMMAND --help` says the same in a terminal.
Reports go to standard output, progress and complaints about the use of mongoping to standard error.
"""

SHARED = """
## Options of every command that connects

The connection string is the argument, or comes from `--uri-file`, from standard input (`-`), or
from the environment.
Options of TLS stand for those of the connection string, and win over them.
"""

LINK = "[options of every command that connects](../commands.md#options-of-every-command-that-connects)"  # noqa: E501


def page() -> str:
    """The list of commands, with what they share."""
    rows = (
        (f"[mongoping {one.name.split()[1]}](commands/{one.name.split()[1]}.md)", prose(one.short))
        for one in commands()
        if one.name.count(" ") == 1
    )
    parts = [HEAD, table(("command", "what it does"), rows) + "\n"]
    parts += [SHARED.strip("\n") + "\n", options(shared()) + "\n"]
    parts += ["## Environment\n", _environment() + "\n"]
    parts.append("What the process exits with: [exit codes](exit-codes.md).\n")
    return "\n".join(parts)


def more() -> dict[str, str]:
    """A page for each command by its path; one of a group holds its commands."""
    grouped: dict[str, list[Shown]] = {}
    for one in commands():
        grouped.setdefault(one.name.split()[1], []).append(one)
    return {f"{FOLDER}/{name}.md": _page(name, some) for name, some in grouped.items()}


def _page(name: str, some: Sequence[Shown]) -> str:
    """One command, with those in it, examples, exit codes and further reading."""
    first, *inner = some
    parts = [NOTE.strip("\n"), f"# {first.name}", *described(first)]
    for one in inner:
        parts += [f"## {one.name}", *described(one)]
    parts += ["## Examples", *_examples(name)]
    parts += [
        "## Exit codes",
        f"{prose(EXITS[name])}\nAll of them: [exit codes](../exit-codes.md).",
    ]
    links = (f"- [{_title(page)}](../{page})" for page in GUIDES[name])
    parts += ["## Read on", "\n".join(links)]
    return "\n\n".join(parts) + "\n"


def described(one: Shown) -> list[str]:
    """How it is called, what it does, and the options of its own, in paragraphs."""
    parts = [block(one.usage), *map(_paragraph, one.paragraphs)]
    if one.own:
        parts.append(options(one.own))
    if one.common:
        parts += [f"{'And the' if one.own else 'The'} {LINK}:", options(one.common)]
    return parts


def _paragraph(words: str) -> str:
    """A paragraph of a help text; lines that a terminal keeps are commands."""
    kept = words.removeprefix("\b\n")
    return block(kept, "sh") if kept != words else prose(words)


def _examples(name: str) -> list[str]:
    """Sentences and lines; lines without a sentence belong to those before."""
    found: list[tuple[str, list[str]]] = []
    for words, line in EXAMPLES[name]:
        if words:
            found.append((words, []))
        found[-1][1].append(line)
    return [f"{words}:\n\n{block(chr(10).join(lines), 'sh')}" for words, lines in found]


def _title(page: str) -> str:
    """The heading of a page in docs/."""
    lines = (DOCS / page).read_text("utf-8").splitlines()
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ")


def options(rows: Sequence[Row]) -> str:
    """A table of options."""
    cells = ((code(one.names), prose(one.words), _default(one.default)) for one in rows)
    return table(("option", "what it does", "default"), cells)


def _default(words: str) -> str:
    """A value, or what is done without one in words."""
    return code(words) if words and " " not in words else prose(words)


def environment() -> list[tuple[str, str]]:
    """Every variable that is looked at, with what it does."""
    rows = [(VARIABLES[0], "the connection string, where none is given")]
    rows += [(one, f"the same, after {VARIABLES[0]}") for one in VARIABLES[1:]]
    rows.append((PASSWORD_VARIABLE, "the password, where the string has none"))
    rows += [(name, names) for name, names in variables()]
    return [
        *rows,
        ("NO_COLOR", "no colour, where it is not empty"),
        ("FORCE_COLOR", "colour also where the output is no terminal"),
        ("COLUMNS", "the width of a report"),
    ]


def _environment() -> str:
    rows = (
        (code(name), code(words) if words.startswith("-") else prose(words))
        for name, words in environment()
    )
    return table(("variable", "meaning"), rows)
