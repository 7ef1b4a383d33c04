"""``mongoping smoke``: for CI. Wait until ready, check what is relied on, leave reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from mongoping.cli._options import Seconds, testing

Command = TypeVar("Command", bound=Callable[..., Any])
DEPTHS = ("tcp", "hello", "primary", "auth", "write")  # as in mongoping.smoke.depth
MAX_S = 86_400


def _waiting(command: Command) -> Command:
    """Options of waiting, and of what is expected."""
    seconds = Seconds(0, MAX_S)
    options = [
        click.option("--wait", type=seconds, metavar="SECONDS", help="Retry so long until ready."),
        click.option(
            "--until",
            type=click.Choice(DEPTHS),
            help="How deep ready is.  [default: what check calls healthy]",
        ),
        click.option(
            "--stable-for",
            type=seconds,
            metavar="SECONDS",
            help="Ready has to last so long, without a restart or an election.",
        ),
        click.option(
            "--keep-waiting",
            is_flag=True,
            default=None,
            help="Go on through causes that no waiting mends, as a wrong password.",
        ),
        click.option(
            "--expect",
            multiple=True,
            metavar="NAME[=VALUE]",
            help="What has to be true, as server='>=6.0' or primary; --expect help lists them.",
        ),
        click.option(
            "--write-check",
            metavar="DB[.COLLECTION]",
            help="Write one document, read it with majority, delete it.",
        ),
    ]
    return _added(command, options)


def _files(command: Command) -> Command:
    """Options of the configuration file and of reports."""
    options = [
        click.option(
            "--config",
            metavar="FILE",
            help="Targets and expectations.  [default: mongoping.toml, or pyproject.toml]",
        ),
        click.option("--target", multiple=True, metavar="NAME", help="Only these of the file."),
        click.option(
            "--parallel",
            type=click.IntRange(1, 64),
            metavar="N",
            help="Targets at once.  [default: 4]",
        ),
        click.option("--init", is_flag=True, help="Write a commented mongoping.toml, and end."),
        click.option("--dry-run", is_flag=True, help="Show what would be checked, and end."),
        click.option(
            "--report",
            multiple=True,
            metavar="FORMAT=FILE",
            help="A further report, as junit=mongoping.xml; several may be given.",
        ),
    ]
    return _added(command, options)


def _probing(command: Command) -> Command:
    """Options of the cheap health check."""
    options = [
        click.option("--probe", is_flag=True, help="Only say hello: no driver, no login."),
        click.option(
            "--listen",
            metavar="PATH|[HOST:]PORT",
            help="With --probe: stay, and answer health requests over HTTP.",
        ),
        click.option(
            "--every",
            type=Seconds(0.1, 3600),
            default=5.0,
            show_default=True,
            metavar="SECONDS",
            help="With --listen: how often to look.",
        ),
    ]
    return _added(command, options)


def _added(command: Command, options: Sequence[Callable[[Any], Any]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


@click.command("smoke", short_help="For CI: wait until ready, check expectations, write reports.")
@click.argument("uris", nargs=-1, metavar="[URI]...")
@_waiting
@_files
@_probing
@testing
def command(uris: tuple[str, ...], **given: Any) -> int:
    """Wait until a deployment is ready, check what is relied on, and leave reports.

    Without a URI, the targets of mongoping.toml or of [tool.mongoping] in pyproject.toml are
    tested, all at once; where there is no such file, MONGOPING_URI and MONGODB_URI are looked
    at. The exit code is that of the first target that failed.

    \b
    mongoping smoke --wait 60 --until primary mongodb://localhost:27017
    mongoping smoke --wait 60 --expect 'server=>=6.0' --report junit=mongoping.xml
    """
    if given["init"]:
        from mongoping.cli._smoke_init import initialise

        return initialise(given["config"])
    if given["probe"] or given["listen"]:
        from mongoping.cli._smoke_probe import probe

        return probe(uris, given)
    from mongoping.cli._smoke import smoke

    return smoke(uris, given)
