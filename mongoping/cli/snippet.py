"""``mongoping snippet``: list, show, fill in, run and migrate connection programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from mongoping.cli import _snippet as parts
from mongoping.output import write_form

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def command() -> None:
    """List, show, fill in, run and migrate connection programs for every driver."""


def _filling(function: Command) -> Command:
    """Add the options that change the contents of a program."""
    options = [
        click.option(
            "--stable-api/--no-stable-api",
            default=None,
            help="Declare version 1 of the Stable API, or not.",
        ),
        click.option("--api-strict", is_flag=True, help="Refuse commands outside that version."),
        click.option("--api-deprecation-errors", is_flag=True, help="Refuse deprecated commands."),
        click.option("--app-name", metavar="NAME", help="The name that the server's log shows."),
        click.option("--tls-ca-file", metavar="FILE", help="Authorities to trust, in PEM form."),
        click.option(
            "--tls-certificate-key-file",
            metavar="FILE",
            help="Client certificate and key, in one PEM file.",
        ),
        click.option("--auth-source", metavar="DATABASE", help="The database that holds the user."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _choosing(function: Command) -> Command:
    """Add the options that select a snippet and a connection string."""
    options = [
        click.option(
            "--language",
            metavar="NAME",
            help="Choose a snippet in this language.  [default: Python]",
        ),
        click.option("--driver", metavar="NAME", help="Choose a snippet for this driver."),
        click.option("--uri-file", metavar="FILE", help="Read the connection string from a file."),
        click.option("--password-file", metavar="FILE", help="Read the password from a file."),
        click.option("--ask-password", is_flag=True, help="Ask for the password."),
        click.option(
            "--isolated",
            is_flag=True,
            help="Run it in a throwaway environment, with a driver of its own.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command("list")
@click.option("--language", metavar="NAME", help="Only this language.")
@click.option("--driver", metavar="NAME", help="Only this driver.")
@click.option(
    "--auth", metavar="NAME", help="Only this authentication: scram, x509, aws, oidc, none."
)
@click.option(
    "--stable-api/--no-stable-api", default=None, help="Only with the Stable API, or only without."
)
@click.option(
    "--deprecated/--no-deprecated", default=None, help="Only deprecated ones, or none of them."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the list.",
)
def list_(form: str, **wanted: Any) -> None:
    """List the snippets, all or some."""
    chosen = parts.listed(**wanted)
    if form == "json":
        import json

        rows = [snippet.row() for snippet in chosen]
        text = json.dumps(rows, ensure_ascii=False, indent=2)
        write_form(sys.stdout, text + "\n", "json")
        return
    click.echo(parts.table(chosen))


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a snippet as it lies in the collection, in colour on a terminal."""
    snippet = parts.named(name)
    parts.highlighted(snippet.text, snippet.suffix, sys.stdout)


@command.command()
@click.argument("words", nargs=-1, metavar="[NAME] [URI]")
@_choosing
@_filling
@click.option(
    "--timeout",
    type=click.FloatRange(0.001, 3600),
    metavar="SECONDS",
    help="How long the driver may look for a server.",
)
@click.option("--inline", is_flag=True, help="Write the connection string into the program.")
@click.option("--with-password", is_flag=True, help="With --inline: even if it holds a password.")
@click.option(
    "--verify", is_flag=True, help="Run the program, too; what it says goes to standard error."
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
    """Print a snippet, filled in.

    By default the program reads its connection string from the variable MONGODB_URI. Without
    NAME, the snippet is chosen by the connection string.
    """
    job = parts.job(words, given, needs_uri=inline or verify)
    if job.parsed is not None and job.parsed.problem is not None:
        ctx.exit(parts.refused(job.parsed))
    program = parts.program(job, given, inline=inline, with_password=with_password)
    parts.write(program, job.snippet.suffix, output, force=force, private=with_password)
    parts.warn_deprecated(job.snippet)
    if verify:
        ran = parts.execute(job, program, parts.verify_limit(given["timeout"]), given["isolated"])
        click.echo(parts.told(job, ran), err=True)
        ctx.exit(parts.exit_code(ran))


@command.command()
@click.argument("words", nargs=-1, metavar="[NAME] [URI]")
@_choosing
@_filling
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    metavar="SECONDS",
    help="Stop the program after this time.  [default: 30]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the report.",
)
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], form: str, **given: Any) -> None:
    """Run a snippet against a deployment, in a process of its own.

    The program gets the connection string by its environment. Without NAME, the snippet is
    chosen by the connection string.
    """
    job = parts.job(words, given, needs_uri=True)
    if job.parsed is not None and job.parsed.problem is not None:
        ctx.exit(parts.refused(job.parsed))
    limit = given["timeout"] or parts.LIMIT_S
    given = {**given, "timeout": parts.patience(job.snippet, limit, given["timeout"])}
    program = parts.program(job, given, inline=False, with_password=False)
    parts.warn_deprecated(job.snippet)
    ran = parts.execute(job, program, limit, given["isolated"])
    text = parts.as_json(job, ran) if form == "json" else parts.told(job, ran)
    write_form(sys.stdout, text + "\n", form)
    ctx.exit(parts.exit_code(ran))


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--write", is_flag=True, help="Write the new version into the files.")
@click.option("--check", is_flag=True, help="Exit with 1 when something is left to do.")
@click.pass_context
def migrate(ctx: click.Context, /, files: tuple[str, ...], write: bool, check: bool) -> None:
    """Turn programs that use Motor into programs that use PyMongo Async.

    Prints a unified diff, and on standard error what a person has to decide; nothing is
    written without --write.
    """
    from mongoping.cli._migrate import migrate_files

    ctx.exit(migrate_files(files, write=write, check=check))
