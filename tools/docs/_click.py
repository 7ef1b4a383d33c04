"""The command line as data: every command, its arguments and options, in plain words. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import click

from mongoping.cli import main
from mongoping.record import Record

MANY = 10  # of the shared options that a command must have to be one that connects


class Row(Record):
    """An option as it is shown: how it is written, what it does, what it is otherwise."""

    names: str
    words: str
    default: str


class Shown(Record):
    """One command: ``name`` is the whole of it, ``paragraphs`` its help.

    ``own`` are the options that are not among those of every command that connects, ``common``
    those that are, as far as the command has them; ``without`` names the others.
    """

    name: str
    usage: str
    short: str
    paragraphs: tuple[str, ...]
    own: tuple[Row, ...]
    common: tuple[Row, ...]
    without: tuple[str, ...]
    is_group: bool


def commands() -> Iterator[Shown]:
    """Every command, those inside groups included; hidden ones left out."""
    for path, one in _walk(main, click.Context(main, info_name="mongoping")):
        yield _shown(path, one)


def shared() -> tuple[Row, ...]:
    """The options of every command that connects."""
    return tuple(row(one) for one in _shared())


def option_names() -> frozenset[str]:
    """Every way in which any option of any command may be written."""
    context = click.Context(main, info_name="mongoping")
    every: list[click.Command] = [main, *(one for _, one in _walk(main, context))]
    found = {name for one in every for param in one.params for name in _written(param)}
    return frozenset(found | {"--help", "-h", "--version"})


def variables() -> tuple[tuple[str, str], ...]:
    """The environment variables that stand for shared options, with these."""
    found = [(getattr(one, "envvar", None), row(one).names) for one in _shared()]
    return tuple((name, names) for name, names in found if isinstance(name, str))


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        one = _named(group, name, context)
        if one.hidden:
            continue
        inner = click.Context(one, info_name=name, parent=context)
        yield inner.command_path, one
        if isinstance(one, click.Group):
            yield from _walk(one, inner)


def _named(group: click.Group, name: str, context: click.Context) -> click.Command:
    found = group.get_command(context, name)
    if found is None:
        raise KeyError(name)
    return found


def _shared() -> list[click.Option]:
    context = click.Context(main, info_name="mongoping")
    return _options(_named(main, "check", context))


def _options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def _written(one: click.Parameter) -> list[str]:
    return [*one.opts, *one.secondary_opts] if isinstance(one, click.Option) else []


def _shown(path: str, command: click.Command) -> Shown:
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    words = [path, "[OPTIONS]", *map(_argument, arguments)]
    if isinstance(command, click.Group):
        words.append("COMMAND [ARGS]...")
    own, common, without = _told_apart(_options(command))
    return Shown(
        name=path,
        usage=" ".join(words),
        short=command.get_short_help_str(200).strip(),
        paragraphs=paragraphs(command.help or ""),
        own=own,
        common=common,
        without=without,
        is_group=isinstance(command, click.Group),
    )


def paragraphs(words: str) -> tuple[str, ...]:
    """A help text in paragraphs; what stands behind a form feed is not for readers.

    One that begins with ``\\b`` keeps its lines, as in a terminal.
    """
    found = inspect.cleandoc(words.partition("\f")[0]).split("\n\n")
    return tuple(one for one in found if one.strip())


def _told_apart(
    options: Sequence[click.Option],
) -> tuple[tuple[Row, ...], tuple[Row, ...], tuple[str, ...]]:
    """A command's own options, those that all share which connect, and what of these it lacks."""
    rows = [row(one) for one in options]
    same = shared()
    common = tuple(one for one in rows if one in same)
    if len(common) < MANY:
        return tuple(rows), (), ()
    here = {name for one in options for name in one.opts}
    missing = [row(one).names for one in _shared() if not here.intersection(one.opts)]
    return tuple(one for one in rows if one not in same), common, tuple(missing)


def _argument(one: click.Argument) -> str:
    name = one.metavar or (one.name or "").upper()
    dots = "..." if one.nargs == -1 and not name.endswith(("...", "…", "...]")) else ""
    return f"{name}{dots}" if one.required or name.startswith("[") else f"[{name}]{dots}"


def row(option: click.Option) -> Row:
    """An option as it is shown."""
    words, _, stated = (option.help or "").partition("[default: ")
    default = stated.removesuffix("]")
    if option.show_default and option.default is not None:
        number = isinstance(option.default, float)
        default = f"{option.default:g}" if number else str(option.default)
    return Row(_names(option), words.strip(), default)


def _names(option: Any) -> str:
    """How an option is written: ``--tls / --no-tls``, ``-o, --output FILE``."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        return f"{names} / {', '.join(option.secondary_opts)}"
    if option.is_flag or option.count:
        return names
    return f"{names} {option.metavar or _value(option.type)}"


def _value(kind: Any) -> str:
    return "|".join(kind.choices) if isinstance(kind, click.Choice) else str(kind.name).upper()
