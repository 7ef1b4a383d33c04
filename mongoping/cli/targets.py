"""``mongoping targets``: list the configured connections."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.exit_codes import EXIT_OK
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.smoke.references import ConfiguredTarget


@click.command("targets", cls=Command)
@click.option(
    "--config", metavar="FILE", help="Read this file instead of mongoping.toml or pyproject.toml."
)
@format_option("Print text or JSON.")
def command(config: str | None, form: str) -> int:
    """List the configured connections, without passwords, and what they lack.

    Reads mongoping.toml or [tool.mongoping] of pyproject.toml in the current folder, and
    mongoping.toml in the user's configuration folder. Use a connection by its name in any command:

    \b
    mongoping check @orders
    """
    from mongoping.cli._config import all_targets
    from mongoping.smoke.config import NAMES
    from mongoping.smoke.references import user_path

    rows = as_rows(all_targets(config))
    if form == "json":
        document = {"schema": 1, "targets": rows}
        write_form(sys.stdout, json.dumps(document, indent=1) + "\n", "json")
    elif rows:
        write_form(sys.stdout, _text(rows), "text")
    else:
        click.echo(f"No targets: create {NAMES[0]} or {user_path()}.", err=True)
    return EXIT_OK


def as_rows(targets: Sequence[ConfiguredTarget]) -> list[dict[str, Any]]:
    """Return the targets as JSON objects, without any secret."""
    rows: list[dict[str, Any]] = []
    names: set[str] = set()
    for target in targets:
        rows.append(_row(target, hides_uri=target.section.name in names))
        names.add(target.section.name)
    return rows


def _row(target: ConfiguredTarget, *, hides_uri: bool) -> dict[str, Any]:
    from mongoping.cli._config import missing
    from mongoping.smoke.config_keys import PASSWORDS
    from mongoping.smoke.references import connection_string
    from mongoping.uri.target import parse

    if target.section.error is not None:
        return _row_of(target, hides_uri=hides_uri, missing=target.section.error)
    lacking = missing(target)
    uri = None
    if lacking is None:
        uri = parse(connection_string(target)).shown
    values = target.section.values
    password = next((key for key in PASSWORDS if key in values), None)
    source = target.key
    return _row_of(
        target,
        hides_uri=hides_uri,
        missing=lacking,
        uri=uri,
        source=source if source == "uri" else f"{source} {values[source]}",
        password=password,
    )


def _row_of(
    target: ConfiguredTarget,
    *,
    hides_uri: bool,
    missing: str | None,
    uri: str | None = None,
    source: str | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    return {
        "name": target.section.name,
        "uri": uri,
        "source": source,
        "password": password,
        "path": target.config.path,
        "line": target.section.line,
        "trusted": target.trusted,
        "overridden": hides_uri,
        "missing": missing,
    }


def _text(rows: Sequence[dict[str, Any]]) -> str:
    from mongoping.escape import printable

    indent = max(len(printable(row["name"])) for row in rows) + 3
    lines: list[str] = []
    for row in rows:
        name = f"@{printable(row['name'])}".ljust(indent)
        place = f"{row['path']}:{row['line']}" if row["line"] else row["path"]
        notes = [row["source"]] if row["source"] else []
        notes += [row["password"]] if row["password"] else []
        notes += ["overridden by the one above"] if row["overridden"] else []
        lines.append(f"{name}{printable(row['uri'] or 'not usable now')}")
        description = ": ".join(filter(None, (place, ", ".join(notes))))
        lines.append(f"{' ' * indent}{printable(description)}")
        if row["missing"]:
            lines.append(f"{' ' * indent}{printable(row['missing'])}")
    return "\n".join(lines) + "\n"
