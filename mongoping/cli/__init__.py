"""The command line. One short file a command; the group finds them by their names.

Nothing here imports the driver, Rich or the network stack: a command does, when it runs.
"""

from __future__ import annotations

import importlib

import click

from mongoping import registry
from mongoping._version import __version__

ORDER = ("check", "atlas", "local", "uri")  # what people reach for first; the rest by name


class Commands(click.Group):
    """Finds a command in the file of its name, and imports that file alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the files in this folder, the main commands first."""
        found = registry.names("cli")
        first = [name for name in ORDER if name in found]
        return first + [name for name in found if name not in ORDER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import ``mongoping.cli.<name>``; None where there is no such file."""
        if cmd_name not in registry.names("cli"):
            return None
        command: click.Command = importlib.import_module(f"mongoping.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a hint where a connection string stands for a command."""
        if args and args[0].startswith(("mongodb://", "mongodb+srv://")):
            raise click.UsageError(
                "A connection string needs a command before it: mongoping check URI"
            )
        if args and not args[0].startswith("-") and args[0] not in registry.names("cli"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], registry.names("cli"), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 healthy, 10-19 the layer that failed, 1 unexplained, 2 usage, "
    "70 a defect of mongoping, 130 interrupted.",
)
@click.version_option(__version__, message="mongoping %(version)s")
def main() -> None:
    """Name the one cause when a program cannot connect to MongoDB.

    mongoping check URI looks at a deployment layer by layer, as PyMongo would, and says
    what is wrong, with the evidence and with what to do.
    """
