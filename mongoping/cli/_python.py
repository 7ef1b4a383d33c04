"""The value of ``--python``: the Python of the user's program."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mongoping.interpreter.record import Interpreter
    from mongoping.settings import Settings


def with_python(settings: Settings, value: str | None, seconds: float | None) -> Settings:
    """Return the settings with the Python that is named, or else with that of the project.

    The project's is only mentioned: a program in the current folder runs if it is asked for.

    Args:
        settings: the settings so far.
        value: the value of ``--python``, or None.
        seconds: how long that Python may take to answer, if less than the default.

    Raises:
        click.UsageError: It is not a Python, or it has no PyMongo.
    """
    if value is not None:
        return settings.replace(python=interpreter_named(value, seconds))
    from mongoping.interpreter.locate import find_other

    try:
        return settings.replace(project_python=find_other(os.environ, Path.cwd()))
    except OSError:  # the current folder was removed
        return settings


def interpreter_named(
    value: str, seconds: float | None = None, *, with_pymongo: bool = True
) -> Interpreter:
    """Return what a Python has.

    Args:
        value: the path of that Python, or ``auto``.
        seconds: how long it may take to answer, if less than the default.
        with_pymongo: whether it must have PyMongo.

    Raises:
        click.UsageError: It is not a Python, or it has no PyMongo.
    """
    from mongoping.interpreter.inspect import TIMEOUT_S, inspect
    from mongoping.interpreter.locate import locate
    from mongoping.interpreter.record import InterpreterError

    limit = TIMEOUT_S if seconds is None else min(seconds, TIMEOUT_S)
    try:
        interpreter = inspect(locate(value, os.environ, Path.cwd()), limit)
    except InterpreterError as error:
        raise click.UsageError(str(error)) from None
    if with_pymongo and interpreter.pymongo_file is None:
        raise click.UsageError(
            f"{interpreter.path} has no PyMongo: name the Python that runs your program, or "
            f"install PyMongo there: {interpreter.install_command('pymongo')}"
        )
    return interpreter
