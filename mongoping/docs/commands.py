"""The page of all commands, from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import click

from mongoping.cli import main
from mongoping.cli._input import PASSWORD_VARIABLE, VARIABLES
from mongoping.docs._markdown import code, table, text
from mongoping.model import (
    EXIT_CODES,
    EXIT_DEFECT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_UNEXPLAINED,
    EXIT_USAGE,
)

PATH = "docs/commands.md"

HEAD = """\
<!-- Generated from mongoping/cli: edit that, then run `python -m mongoping.docs`. -->

# Commands

`mongoping COMMAND --help` says the same in a terminal.
Reports go to standard output, progress and complaints about the use of mongoping to standard error.
"""

SHARED = """
## Options of every command that connects

The connection string is the argument, or comes from `--uri-file`, from standard input (`-`), or
from the environment.
Options of TLS stand for those of the connection string, and win over them.
"""

MEANINGS = {
    "uri": "the connection string",
    "dns": "names: SRV, TXT, addresses",
    "tcp": "connections",
    "tls": "TLS: handshake, certificates, files",
    "hello": "what answered is not a MongoDB server that this driver can talk to",
    "api": "the Stable API",
    "auth": "authentication or authorization",
    "topology": "the members of the deployment and what they say of each other",
    "ping": "an expectation was not met, or no ping came back",
    "client": "the client side: driver, Python, missing extra, versions that do not meet",
}

GENERAL = {
    EXIT_OK: "healthy; warnings are allowed, unless `--strict`",
    EXIT_UNEXPLAINED: "a failure that no known cause explains, or warnings with `--strict`",
    EXIT_USAGE: "mongoping was used wrongly",
    EXIT_DEFECT: "a defect of mongoping",
    EXIT_INTERRUPTED: "interrupted; what was seen so far is printed",
}

LINK = "[options of every command that connects](#options-of-every-command-that-connects)"
FOUND = 10  # of the shared options that a command must have to be one that connects


def exit_codes() -> str:
    """The table of exit codes, in Markdown; the README shows the same."""
    rows = dict(GENERAL) | {EXIT_CODES[layer]: words for layer, words in MEANINGS.items()}
    return table(("exit code", "meaning"), ((str(one), rows[one]) for one in sorted(rows)))


def page() -> str:
    """The text of the page, in Markdown."""
    context = click.Context(main, info_name="mongoping")
    shared = [one for one in _named(main, "check", context).params if _is_option(one)]
    parts = [HEAD, *(_command(name, one, shared) for name, one in _commands(main, context))]
    parts += [SHARED.strip("\n") + "\n", _options(shared) + "\n"]
    parts += ["## Environment\n", _environment(shared) + "\n"]
    parts += ["## Exit codes\n", exit_codes() + "\n"]
    return "\n".join(parts)


def _named(group: click.Group, name: str, context: click.Context) -> click.Command:
    found = group.get_command(context, name)
    if found is None:
        raise KeyError(name)
    return found


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, those inside groups included; hidden ones left out."""
    for name in group.list_commands(context):
        command = _named(group, name, context)
        if command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield inner.command_path, command
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _command(name: str, command: click.Command, shared: Sequence[click.Parameter]) -> str:
    """One command: how it is called, what it does, and the options of its own."""
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    words = [name, "[OPTIONS]", *(_argument(one) for one in arguments)]
    if isinstance(command, click.Group):
        words.append("COMMAND [ARGS]...")
    parts = [f"{'#' * (name.count(' ') + 1)} {name}", f"```text\n{' '.join(words)}\n```"]
    parts.append(_help(command))
    own, note = _own(command, shared)
    if own:
        parts.append(_options(own))
    if note:
        parts.append(note)
    return "\n\n".join(parts) + "\n"


def _help(command: click.Command) -> str:
    """The help text in paragraphs; what stands behind a form feed is not for readers."""
    words = inspect.cleandoc((command.help or "").partition("\f")[0])
    return text(words.replace("\b\n", ""))


def _own(
    command: click.Command, shared: Sequence[click.Parameter]
) -> tuple[list[click.Parameter], str]:
    """The options that are not the shared ones, and a sentence about those that are."""
    options = [one for one in command.params if _is_option(one)]
    same = {_row(one) for one in shared}
    if sum(_row(one) in same for one in options) < FOUND:
        return options, ""
    own = [one for one in options if _row(one) not in same]
    here = {name for one in options for name in one.opts}
    missing = [_names(one) for one in shared if not here.intersection(one.opts)]
    without = f", without {', '.join(missing)}" if missing else ""
    return own, f"{'And the' if own else 'The'} {LINK}{without}."


def _is_option(one: click.Parameter) -> bool:
    return isinstance(one, click.Option) and not one.hidden


def _argument(one: click.Argument) -> str:
    name = one.metavar or (one.name or "").upper()
    dots = "..." if one.nargs == -1 and not name.endswith(("...", "…", "...]")) else ""
    return f"{name}{dots}" if one.required or name.startswith("[") else f"[{name}]{dots}"


def _options(options: Sequence[click.Parameter]) -> str:
    return table(("option", "what it does", "default"), map(_row, options))


def _row(one: click.Parameter) -> tuple[str, str, str]:
    """An option as cells: how it is written, words, default."""
    option: Any = one
    words, _, stated = (option.help or "").partition("[default: ")
    default = stated.removesuffix("]")
    if option.show_default and option.default is not None:
        number = isinstance(option.default, float)
        default = f"{option.default:g}" if number else str(option.default)
    return _names(one), text(words.strip()), code(default) if default else ""


def _names(one: click.Parameter) -> str:
    """How an option is written: ``--tls / --no-tls``, ``-o, --output FILE``."""
    option: Any = one
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        return code(f"{names} / {', '.join(option.secondary_opts)}")
    if option.is_flag or option.count:
        return code(names)
    value = option.metavar or _value(option.type)
    return code(f"{names} {value}")


def _value(kind: Any) -> str:
    return "|".join(kind.choices) if isinstance(kind, click.Choice) else str(kind.name).upper()


def _environment(shared: Sequence[click.Parameter]) -> str:
    """Every variable that is looked at."""
    rows = [(code(name), "the connection string, where none is given") for name in VARIABLES]
    rows[1:] = [(code(VARIABLES[1]), f"the same, after {code(VARIABLES[0])}")]
    rows.append((code(PASSWORD_VARIABLE), "the password, where the string has none"))
    for one in shared:
        variable = getattr(one, "envvar", None)
        if isinstance(variable, str):
            rows.append((code(variable), _names(one)))
    rows += [
        (code("NO_COLOR"), "no colour, where it is not empty"),
        (code("FORCE_COLOR"), "colour also where the output is no terminal"),
        (code("COLUMNS"), "the width of a report"),
    ]
    return table(("variable", "meaning"), rows)
