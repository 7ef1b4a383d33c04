"""The command line: one short file per command; the group finds them by name.

Nothing here imports the driver, Rich or the network stack; a command does so when it runs.
"""

from __future__ import annotations

import importlib

import click

from mongoping import registry
from mongoping._version import __version__
from mongoping.cli._help import CommandList, canonical

ORDER = ("check", "atlas", "local", "uri")  # listed first; the others follow by name


class Commands(CommandList):
    """A group that imports the file of a command only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, the main ones first."""
        names = registry.names("cli")
        first = [name for name in ORDER if name in names]
        return first + [name for name in names if name not in ORDER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command in ``mongoping.cli.<name>``, or None if there is no such file."""
        if cmd_name not in registry.names("cli"):
            return None
        command: click.Command = importlib.import_module(f"mongoping.cli.{cmd_name}").command
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command like click, with a hint for a missing or misspelled command."""
        if ctx.resilient_parsing:  # for shell completion, which must not print errors
            return super().resolve_command(ctx, args)
        if args and args[0].startswith(("mongodb://", "mongodb+srv://")):
            raise click.UsageError(
                "A connection string needs a command before it: mongoping check URI"
            )
        if args and not args[0].startswith("-") and args[0] not in registry.names("cli"):
            raise click.UsageError(f"There is no command {args[0]!r}.{_hint(args[0])}")
        return super().resolve_command(ctx, args)


def _hint(word: str) -> str:
    from mongoping.cli._nearest import nearest
    from mongoping.uri.shorthand import is_plain_address

    if is_plain_address(word):
        return f" To check that address: mongoping check {word}"
    near = nearest(word, registry.names("cli"), 1)
    return f" Did you mean {near[0]}?" if near else ""


def _show_manual_page(ctx: click.Context, parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from mongoping.cli import _man

        _man.show(ctx)


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "token_normalize_func": canonical,
    },
    epilog="Exit codes: 0 healthy, 10-19 the layer that failed, 1 unexplained, 2 usage, "
    "70 a bug in mongoping, 130 interrupted.",
)
@click.option(
    "--man",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_manual_page,
    help="Print the manual page, to pipe it into: man -l -",
)
@click.version_option(__version__, "-V", "--version", message="mongoping %(version)s")
def main() -> None:
    """Find out why a program cannot connect to MongoDB, and what to do about it.

    mongoping check URI tests a deployment layer by layer, the way PyMongo connects, and reports
    the cause, the evidence and the remedies.
    """
