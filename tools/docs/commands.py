"""Generate the pages of the commands from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mongoping.environment import PASSWORD_VARIABLE, URI_VARIABLES
from tools.docs._click import Command, Option, commands, shared_options, variables
from tools.docs._markdown import block, code, prose, table
from tools.docs._usage import EXAMPLES, EXITS, GUIDES

PATH = "docs/commands.md"
FOLDER = "docs/commands"
DOCS = Path(__file__).parents[2] / "docs"

NOTE = "<!-- Generated from mongoping/cli: edit that, then run `python -m tools.docs`. -->\n"

HEAD = f"""\
{NOTE}
# Commands

Each command has a page with its options, examples and exit codes.
`mongoping COMMAND --help` prints the same options in a terminal.
Reports go to standard output; progress and usage errors go to standard error.
"""

SHARED_OPTIONS = """
## Options of every command that connects

The connection string is the argument, or comes from `--uri-file`, from standard input (`-`), or
from the environment.
The TLS options override those of the connection string.
"""

LINK = "[options of every command that connects](../commands.md#options-of-every-command-that-connects)"  # noqa: E501


def page() -> str:
    """Return the list of commands and shared options, in Markdown."""
    rows = (
        (f"[{command.name}](commands/{_file_stem(command)}.md)", prose(command.summary))
        for command in commands()
        if command.name.count(" ") == 1
    )
    parts = [HEAD, table(("command", "what it does"), rows) + "\n"]
    parts += [SHARED_OPTIONS.strip("\n") + "\n", option_table(shared_options()) + "\n"]
    parts += ["## Environment\n", _environment_table() + "\n"]
    parts.append("The [exit codes](exit-codes.md) have a page of their own.\n")
    return "\n".join(parts)


def more() -> dict[str, str]:
    """Return the page of each command by its path; a group's page contains its subcommands."""
    commands_by_group: dict[str, list[Command]] = {}
    for command in commands():
        commands_by_group.setdefault(_file_stem(command), []).append(command)
    return {
        f"{FOLDER}/{stem}.md": _page(stem, members) for stem, members in commands_by_group.items()
    }


def _file_stem(command: Command) -> str:
    return command.name.split()[1]


def _page(stem: str, members: Sequence[Command]) -> str:
    """Return the page of a command and its subcommands."""
    first, *subcommands = members
    parts = [NOTE.strip("\n"), f"# {first.name}", *usage(first)]
    parts += ["## Examples", *_examples(stem)]
    parts += ["## Options", *option_tables(first)] if first.own or first.common else []
    for command in subcommands:
        parts += [f"## {command.name}", *usage(command), *option_tables(command)]
    parts += [
        "## Exit codes",
        f"{prose(EXITS[stem])}\nThe complete list: [exit codes](../exit-codes.md).",
    ]
    links = (f"- [{_title(file)}](../{file})" for file in GUIDES[stem])
    parts += ["## See also", "\n".join(links)]
    return "\n\n".join(parts) + "\n"


def usage(command: Command) -> list[str]:
    """Return the usage and the help text of a command, as Markdown paragraphs."""
    return [block(command.usage), *map(_paragraph, command.paragraphs)]


def option_tables(command: Command) -> list[str]:
    """Return the options of a command: its own, then those that commands share."""
    parts = []
    if command.own:
        parts.append(option_table(command.own))
    if command.common:
        parts += [f"{'And the' if command.own else 'The'} {LINK}:", option_table(command.common)]
    return parts


def _paragraph(help_text: str) -> str:
    """Return a paragraph of a help text; click's ``\\b`` marks lines that are commands."""
    text_left = help_text.removeprefix("\b\n")
    return block(text_left, "sh") if text_left != help_text else prose(help_text)


def _examples(stem: str) -> list[str]:
    """Return the examples of a command; a line without a caption continues the one before."""
    groups: list[tuple[str, list[str]]] = []
    for caption, line in EXAMPLES[stem]:
        if caption:
            groups.append((caption, []))
        groups[-1][1].append(line)
    return [f"{caption}:\n\n{block(chr(10).join(lines), 'sh')}" for caption, lines in groups]


def _title(file: str) -> str:
    """Return the heading of a page in docs/."""
    lines = (DOCS / file).read_text("utf-8").splitlines()
    return next(line for line in lines if line.startswith("# ")).removeprefix("# ")


def option_table(options: Sequence[Option]) -> str:
    """Return a Markdown table of options."""
    rows = (
        (code(option.names), prose(option.help), _default(option.default)) for option in options
    )
    return table(("option", "what it does", "default"), rows)


def _default(text: str) -> str:
    """Return a default value as code, or a described default as prose."""
    return code(text) if text and " " not in text else prose(text)


def environment() -> list[tuple[str, str]]:
    """Return every environment variable that mongoping reads, with its meaning."""
    rows = [(URI_VARIABLES[0], "the connection string, if none is given")]
    rows += [(name, "the same, if none of the above is set") for name in URI_VARIABLES[1:-1]]
    rows.append((URI_VARIABLES[-1], "the same, if it begins with `mongodb`"))
    rows.append((PASSWORD_VARIABLE, "the password, if the connection string has none"))
    rows += [(name, names) for name, names in variables()]
    return [
        *rows,
        ("NO_COLOR", "turns colors off, if it is not empty"),
        ("FORCE_COLOR", "turns colors on, even if the output is not a terminal"),
        ("COLUMNS", "the width of a report"),
    ]


def _environment_table() -> str:
    rows = (
        (code(name), code(meaning) if meaning.startswith("-") else prose(meaning))
        for name, meaning in environment()
    )
    return table(("variable", "meaning"), rows)
