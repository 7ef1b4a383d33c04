"""``mongoping snippet``: list, show, fill in, run and migrate connection programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from mongoping.cli import _snippet as parts
from mongoping.cli._help import Group
from mongoping.cli._option_lists import format_option, with_options
from mongoping.cli._options import stable_api_options, target_options
from mongoping.cli._types import Duration
from mongoping.output import write_form

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(cls=Group)
def command() -> None:
    """List, show, fill in, run and migrate connection programs for every driver."""


def _filling(function: Command) -> Command:
    """Add the options that change the contents of a program."""
    options = [
        *stable_api_options(),
        click.option("--app-name", metavar="NAME", help="Set the name shown in the server's log."),
        click.option(
            "--tls-ca-file", metavar="FILE", help="Trust the CA certificates in this PEM file."
        ),
        click.option(
            "--tls-certificate-key-file",
            metavar="FILE",
            help="Use the client certificate and key in this PEM file.",
        ),
    ]
    return with_options(function, options)


def _choosing(function: Command) -> Command:
    """Add the options that select a snippet and a connection string."""
    options = [
        click.option(
            "--language",
            metavar="NAME",
            help="Choose a snippet in this language.  [default: Python]",
        ),
        click.option("--driver", metavar="NAME", help="Choose a snippet for this driver."),
        *target_options(),
        click.option(
            "--isolated",
            is_flag=True,
            help="Run it in a temporary environment with its own driver.",
        ),
    ]
    return with_options(function, options)


@command.command("list")
@click.option("--language", metavar="NAME", help="List only this language.")
@click.option("--driver", metavar="NAME", help="List only this driver.")
@click.option(
    "--auth", metavar="NAME", help="List only this authentication: scram, x509, aws, oidc, none."
)
@click.option(
    "--stable-api/--no-stable-api",
    default=None,
    help="List only snippets with the Stable API, or without it.",
)
@click.option(
    "--deprecated/--no-deprecated",
    default=None,
    help="List only deprecated snippets, or leave them out.",
)
@format_option("Print text or JSON.")
def list_(form: str, **wanted: Any) -> None:
    """List all snippets, or those that match."""
    matches = parts.select_snippets(**wanted)
    if form == "json":
        import json

        rows = [snippet.row() for snippet in matches]
        text = json.dumps(rows, ensure_ascii=False, indent=2)
        write_form(sys.stdout, text + "\n", "json")
        return
    click.echo(parts.table(matches))


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a snippet with its placeholders, in color on a terminal."""
    snippet = parts.snippet_named(name)
    parts.write_highlighted(snippet.text, snippet.suffix, sys.stdout)


@command.command()
@click.argument("words", nargs=-1, metavar="[NAME] [URI]")
@_choosing
@_filling
@click.option(
    "--timeout",
    type=Duration(0.001, 3600),
    metavar="TIME",
    help="Set the driver's server selection timeout.",
)
@click.option("--inline", is_flag=True, help="Write the connection string into the program.")
@click.option(
    "--with-password",
    is_flag=True,
    help="With --inline: allow a connection string with a password.",
)
@click.option(
    "--verify", is_flag=True, help="Also run the program, with its output on standard error."
)
@click.option("--output", "-o", metavar="FILE", help="Write the program to a new file.")
@click.option("--force", is_flag=True, help="With -o: overwrite the file if it exists.")
@click.pass_context
def emit(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    inline: bool,
    with_password: bool,
    verify: bool,
    output: str | None,
    force: bool,
    **given: Any,
) -> None:
    """Print a snippet, filled in for a deployment.

    By default the program reads its connection string from the variable MONGODB_URI. Without
    NAME, chooses the snippet that fits the connection string.
    """
    job = parts.job(words, given, needs_uri=inline or verify)
    if job.parsed is not None and job.parsed.problem is not None:
        ctx.exit(parts.refuse_uri(job.parsed))
    program = parts.program(job, given, inline=inline, with_password=with_password)
    parts.write(program, job.snippet.suffix, output, force=force, private=with_password)
    parts.warn_deprecated(job.snippet)
    if verify:
        ran = parts.execute(job, program, parts.verify_limit(given["timeout"]), given["isolated"])
        click.echo(parts.summary(job, ran), err=True)
        ctx.exit(parts.exit_code(ran))


@command.command()
@click.argument("words", nargs=-1, metavar="[NAME] [URI]")
@_choosing
@_filling
@click.option(
    "--timeout",
    type=Duration(0.1, 3600),
    metavar="TIME",
    help="Stop the program after this time.  [default: 30]",
)
@format_option("Print text or JSON.")
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], form: str, **given: Any) -> None:
    """Run a snippet against a deployment, in a separate process.

    Passes the connection string in the environment. Without NAME, chooses the snippet that fits
    the connection string.
    """
    job = parts.job(words, given, needs_uri=True)
    if job.parsed is not None and job.parsed.problem is not None:
        ctx.exit(parts.refuse_uri(job.parsed))
    limit = given["timeout"] or parts.LIMIT_S
    given = {**given, "timeout": parts.patience(job.snippet, limit, given["timeout"])}
    program = parts.program(job, given, inline=False, with_password=False)
    parts.warn_deprecated(job.snippet)
    ran = parts.execute(job, program, limit, given["isolated"])
    text = parts.as_json(job, ran) if form == "json" else parts.summary(job, ran)
    write_form(sys.stdout, text + "\n", form)
    ctx.exit(parts.exit_code(ran))


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--write", is_flag=True, help="Write the new version into the files.")
@click.option("--check", is_flag=True, help="Exit with 1 if a file needs changes.")
@click.pass_context
def migrate(ctx: click.Context, /, files: tuple[str, ...], write: bool, check: bool) -> None:
    """Convert programs from Motor to PyMongo Async.

    Prints a unified diff, and on standard error what you have to decide or check. Changes the
    files only with --write.
    """
    from mongoping.cli._migrate import migrate_files

    ctx.exit(migrate_files(files, write=write, check=check))
