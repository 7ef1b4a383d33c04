"""Add lists of options to commands, and the option that all commands have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def with_options(command: Function, options: Sequence[Callable[[Any], Any]]) -> Function:
    """Add options to a command, in the order in which the help lists them."""
    for option in reversed(options):
        command = option(command)
    return command


def format_option(
    description: str, formats: Sequence[str] = ("text", "json"), **settings: Any
) -> Callable[[Function], Function]:
    """Return the option ``--format``, whose default is text.

    Args:
        description: Its help.
        formats: The formats that the command can write.
        settings: Further arguments of `click.option`, such as a class with groups.
    """
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default="text",
        show_default=True,
        help=description,
        **settings,
    )
