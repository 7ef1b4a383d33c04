"""Read the command line as data: every command with its arguments and options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import click

from mongoping.cli import main
from mongoping.record import Record

MIN_SHARED = 25  # a command with at least this many of the shared options is one that connects


class Option(Record):
    """An option as a page shows it.

    Attributes:
        names: all spellings and the metavariable, such as ``-o, --output FILE``.
        help: the help text without the default.
        default: the default value or its description; empty if there is none.
    """

    names: str
    help: str
    default: str


class Command(Record):
    """A command as a page shows it.

    Attributes:
        name: the full name, such as ``mongoping snippet emit``.
        usage: the synopsis.
        summary: the short help text.
        paragraphs: the help text.
        own: the options that are not shared by every command that connects.
        common: the shared options that this command has.
        without: the names of the shared options that this command lacks.
        is_group: whether the command has subcommands.
    """

    name: str
    usage: str
    summary: str
    paragraphs: tuple[str, ...]
    own: tuple[Option, ...]
    common: tuple[Option, ...]
    without: tuple[str, ...]
    is_group: bool


def commands() -> Iterator[Command]:
    """Yield every visible command, including subcommands."""
    for path, command in _walk(main, click.Context(main, info_name="mongoping")):
        yield _command(path, command)


def shared_options() -> tuple[Option, ...]:
    """Return the options of every command that connects."""
    return tuple(option_of(parameter) for parameter in _shared_parameters())


def option_names() -> frozenset[str]:
    """Return every spelling of every option of every command."""
    context = click.Context(main, info_name="mongoping")
    every: list[click.Command] = [main, *(command for _, command in _walk(main, context))]
    names = {name for command in every for param in command.params for name in _spellings(param)}
    return frozenset(names | {"--help", "-h", "--version"})


def variables() -> tuple[tuple[str, str], ...]:
    """Return the environment variables that set shared options, with the options' names."""
    variables_named = [
        (getattr(parameter, "envvar", None), option_of(parameter).names)
        for parameter in _shared_parameters()
    ]
    return tuple((name, names) for name, names in variables_named if isinstance(name, str))


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = _subcommand(group, name, context)
        if command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield inner.command_path, command
        if isinstance(command, click.Group):
            yield from _walk(command, inner)


def _subcommand(group: click.Group, name: str, context: click.Context) -> click.Command:
    command = group.get_command(context, name)
    if command is None:
        raise KeyError(name)
    return command


def _shared_parameters() -> list[click.Option]:
    context = click.Context(main, info_name="mongoping")
    return _visible_options(_subcommand(main, "check", context))


def _visible_options(command: click.Command) -> list[click.Option]:
    return [
        parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]


def _spellings(parameter: click.Parameter) -> list[str]:
    if not isinstance(parameter, click.Option):
        return []
    return [*parameter.opts, *parameter.secondary_opts]


def _command(path: str, command: click.Command) -> Command:
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    synopsis = [path, "[OPTIONS]", *map(_argument, arguments)]
    if isinstance(command, click.Group):
        synopsis.append("COMMAND [ARGS]...")
    own, common, without = _split_options(_visible_options(command))
    return Command(
        name=path,
        usage=" ".join(synopsis),
        summary=command.get_short_help_str(200).strip(),
        paragraphs=paragraphs(command.help or ""),
        own=own,
        common=common,
        without=without,
        is_group=isinstance(command, click.Group),
    )


def paragraphs(help_text: str) -> tuple[str, ...]:
    """Split a help text into paragraphs; click hides the text after a form feed.

    A paragraph that begins with ``\\b`` keeps its line breaks, as in a terminal.
    """
    parts = inspect.cleandoc(help_text.partition("\f")[0]).split("\n\n")
    return tuple(paragraph for paragraph in parts if paragraph.strip())


def _split_options(
    parameters: Sequence[click.Option],
) -> tuple[tuple[Option, ...], tuple[Option, ...], tuple[str, ...]]:
    """Return a command's own options, its shared ones, and the names of those that it lacks."""
    options = [option_of(parameter) for parameter in parameters]
    common_options = shared_options()
    common = tuple(option for option in options if option in common_options)
    if len(common) < MIN_SHARED:
        return tuple(options), (), ()
    present = {name for parameter in parameters for name in parameter.opts}
    missing = [
        option_of(parameter).names
        for parameter in _shared_parameters()
        if not present.intersection(parameter.opts)
    ]
    return (
        tuple(option for option in options if option not in common_options),
        common,
        tuple(missing),
    )


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    dots = "..." if argument.nargs == -1 and not name.endswith(("...", "…", "...]")) else ""
    is_required = argument.required or name.startswith("[")
    return f"{name}{dots}" if is_required else f"[{name}]{dots}"


def option_of(parameter: click.Option) -> Option:
    """Return an option as a page shows it."""
    help_text, _, default_text = (parameter.help or "").partition("[default: ")
    default = default_text.removesuffix("]")
    if parameter.show_default and parameter.default is not None:
        is_float = isinstance(parameter.default, float)
        default = f"{parameter.default:g}" if is_float else str(parameter.default)
    return Option(_option_names(parameter), help_text.strip(), default)


def _option_names(parameter: Any) -> str:
    """Return how an option is written: ``--tls / --no-tls``, ``-o, --output FILE``."""
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        return f"{names} / {', '.join(parameter.secondary_opts)}"
    if parameter.is_flag or parameter.count:
        return names
    return f"{names} {parameter.metavar or _metavar(parameter.type)}"


def _metavar(kind: Any) -> str:
    return "|".join(kind.choices) if isinstance(kind, click.Choice) else str(kind.name).upper()
