"""The option --server: the server that a sandbox starts, downloaded if necessary."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mongoping import signals
from mongoping.cli._display import uses_color

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.mongods import Mongod

Command = TypeVar("Command", bound="Callable[..., Any]")

MEGABYTE = 1_000_000
REFRESH_BYTES = 1 << 20  # bytes between two updates of the bar


class _Name(click.ParamType):  # type: ignore[type-arg]
    """A version, the URL of an archive, or the path of a program, a folder or an archive."""

    name = "server"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, or fail with a sentence if it names no server."""
        from mongoping.sandbox.obtain import check_name

        if value == "":
            return ""  # refused by parse_args, like every empty value
        try:
            check_name(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


def server_option(command: Command) -> Command:
    """Add the option --server."""
    return click.option(
        "--server",
        type=_Name(),
        metavar="VERSION|PATH|URL",
        help="Start this server: a version such as 8.0, which is downloaded from MongoDB unless it "
        "is here, or a mongod, a folder or an archive (.tgz).",
    )(command)


@contextlib.contextmanager
def serving(requested_version: str | None, *, quiet: bool) -> Iterator[Mongod | None]:
    """Obtain a server and let all sandboxes inside the block start it; None is any server.

    Raises `click.UsageError` if the name is wrong, and `NoMongod` if the server cannot be obtained.
    """
    if requested_version is None:
        yield None
        return
    from mongoping.sandbox.mongods import NotAServer, preferring
    from mongoping.sandbox.obtain import obtain

    try:
        mongod = obtain(requested_version, Progress(quiet=quiet))
    except NotAServer as error:
        raise click.UsageError(f"--server: {error}") from None
    with preferring(mongod):
        yield mongod


class Progress:
    """Shows a download on standard error: a bar on a terminal, otherwise lines.

    Args:
        quiet: whether to show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def say(self, text: str) -> None:
        """Print a sentence."""
        if not self._quiet:
            click.echo(f"sandbox: {text}", err=True)

    @contextlib.contextmanager
    def downloading(self, name: str, size: int | None) -> Iterator[Callable[[int], object]]:
        """Yield a function that is given the number of bytes as they arrive."""
        megabytes = "" if size is None else f" ({size / MEGABYTE:.0f} MB)"
        self.say(f"Downloading {name}{megabytes}.")
        if self._quiet or not sys.stderr.isatty():
            yield lambda count: None
            return
        with _bar(size) as advance:
            yield advance


@contextlib.contextmanager
def _bar(size: int | None) -> Iterator[Callable[[int], object]]:
    """Show a bar, which is removed after the block and before a signal ends the process."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, no_color=not uses_color(sys.stderr)),
        transient=True,
        auto_refresh=False,  # no thread that would draw it again after `_clear`
    )
    removal = signals.Removal(_clear)
    task = bar.add_task("", total=size)
    unseen_bytes = 0

    def advance(count: int) -> None:
        nonlocal unseen_bytes
        unseen_bytes += count
        if unseen_bytes >= REFRESH_BYTES:
            bar.update(task, advance=unseen_bytes, refresh=True)
            unseen_bytes = 0

    try:
        with bar:
            yield advance
    finally:
        removal.cancel()


def _clear() -> None:
    """Remove the bar and show the cursor again, inside a signal handler: Rich may be at work."""
    os.write(sys.stderr.fileno(), b"\r\x1b[2K\x1b[?25h")
