"""The commands of mongoping by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mongoping.cli import main as group

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands(
    command: click.Command = group, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Every command by its words, those of groups in groups as well."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))
    else:
        yield path


def ids(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)
