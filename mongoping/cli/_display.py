"""The style of output: the options --no-color and --width of every command, and the environment."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, TextIO

import click

from mongoping.cli._types import Integer
from mongoping.columns import MAX_COLUMNS

MIN_WIDTH, MAX_WIDTH = 40, 500  # columns: less breaks the layout; rows are padded to the width
VIRTUAL_TERMINAL = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING of consoleapi.h
NO_COLOR, WIDTH = "mongoping.no_color", "mongoping.width"  # keys of click's Context.meta


def options() -> list[click.Option]:
    """Return the options that every command has; `colored` and `columns` read their values."""
    no_color = click.Option(
        ["--no-color"], is_flag=True, expose_value=False, callback=_keep, help="Use no colors."
    )
    width = click.Option(
        ["--width"],
        type=Integer(MIN_WIDTH, MAX_WIDTH),
        metavar="N",
        expose_value=False,
        callback=_keep,
        help="Use this many columns.  [default: the terminal's]",
    )
    return [no_color, width]


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        ctx.meta[f"mongoping.{param.name}"] = value


def _value_of(key: str) -> Any:
    ctx = click.get_current_context(silent=True)
    return None if ctx is None else ctx.meta.get(key)


def uses_color(stream: TextIO) -> bool:
    """Return whether to use colors: NO_COLOR, FORCE_COLOR (if not empty), else a terminal."""
    if _value_of(NO_COLOR) or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb" and _interprets_escapes(stream)


def _interprets_escapes(stream: TextIO) -> bool:
    """Return whether a terminal interprets escape sequences; switch that on for Windows consoles.

    Source: Microsoft, "Console Virtual Terminal Sequences". Before Windows 10, no console can.
    """
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt
    from ctypes import wintypes

    kernel32 = ctypes.WinDLL("kernel32")
    mode = wintypes.DWORD()
    try:
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(stream.fileno()))
    except (OSError, ValueError):
        return False
    if not kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
        return False
    return bool(kernel32.SetConsoleMode(handle, mode.value | VIRTUAL_TERMINAL))


def columns(stream: TextIO, default: int) -> int:
    """Return the width to use: --width, COLUMNS, that of the terminal, or ``default``."""
    if (columns := _value_of(WIDTH)) is not None:
        return int(columns)
    width = default
    if stream.isatty() or os.environ.get("COLUMNS"):
        width = shutil.get_terminal_size((default, 24)).columns
    return min(max(width, MIN_WIDTH), MAX_COLUMNS)
