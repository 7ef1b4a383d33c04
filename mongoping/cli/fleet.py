"""``mongoping fleet``: diagnose many deployments, and group the results by cause."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command, Option
from mongoping.cli._option_lists import Function, with_options
from mongoping.cli._options import reaching_many
from mongoping.cli._places import bundle_option
from mongoping.cli._types import Integer

FORMATS = ("text", "json", "html", "markdown", "junit", "prometheus", "nagios")
MODULES = ("hello", "auth", "full")  # as in mongoping.depth


def _choosing(command: Function) -> Function:
    """Add the options that choose targets, and how deep to look at them."""
    options = [
        click.option(
            "--from-atlas",
            is_flag=True,
            help="Run the clusters that the key of the Atlas API can see.",
        ),
        click.option("--atlas-api-url", metavar="URL", help="Use this API for --from-atlas."),
        click.option(
            "--select",
            multiple=True,
            metavar="LABEL=VALUE",
            help="Run only targets with this label; repeat for more.",
        ),
        click.option(
            "--module",
            type=click.Choice(MODULES),
            default="full",
            show_default=True,
            help="Say hello only, also log in, or run everything that check does.",
        ),
        click.option(
            "--processes",
            type=Integer(1, 64),
            metavar="N",
            help="Use this many worker processes.  [default: one per core]",
        ),
        click.option(
            "--resume",
            metavar="FILE",
            help="Continue the run that wrote these JSON lines before it was interrupted.",
        ),
    ]
    return with_options(command, options)


def _writing(command: Function) -> Function:
    """Add the options that say what is written."""
    options = [
        click.option("--only-failures", is_flag=True, help="Leave out lines of targets that work."),
        click.option("--no-report", is_flag=True, help="Leave the reports out of JSON lines."),
        click.option(
            "--output-dir", metavar="FOLDER", help="Write the JSON report of each target there."
        ),
        click.option(
            "--exit-code",
            type=click.Choice(("any", "first")),
            default="any",
            show_default=True,
            help="Exit with 1 if any target fails, or with the code of the first one that does.",
        ),
    ]
    return with_options(command, options)


def _spreading(command: Function) -> Function:
    """Add the options that run the targets on a Dask cluster."""
    group = "Cluster"
    options = [
        click.option(
            "--dask",
            cls=Option,
            group=group,
            metavar="ADDRESS",
            help="Run on the workers of this Dask scheduler, such as tls://scheduler:8786.",
        ),
        click.option(
            "--from",
            "places",
            cls=Option,
            group=group,
            multiple=True,
            metavar="NAME,...",
            help="Run every target from these workers, or from here and from ssh:HOST, "
            "docker:NAME or kubectl:[NAMESPACE/]POD.",
        ),
        bundle_option,
        click.option(
            "--spread",
            cls=Option,
            group=group,
            is_flag=True,
            help="Run each target from one worker only, to finish sooner.",
        ),
        click.option(
            "--send-secrets",
            cls=Option,
            group=group,
            is_flag=True,
            help="Send passwords in the inventory to the workers; needs TLS.",
        ),
    ]
    for name, words in (
        ("ca", "Trust the CA certificates in this PEM file for the cluster."),
        ("cert", "Use this client certificate for the cluster."),
        ("key", "Use the key of that certificate in this PEM file."),
    ):
        option = f"--dask-tls-{name}"
        options.append(click.option(option, cls=Option, group=group, metavar="FILE", help=words))
    return with_options(command, options)


def _reaching(command: Function) -> Function:
    return reaching_many(command, FORMATS)


@click.command(
    "fleet",
    cls=Command,
    short_help="Diagnose many deployments, and group the results by cause.",
)
@click.argument("path", required=False, metavar="[FILE]")
@_choosing
@_writing
@_spreading
@_reaching
def command(path: str | None, **given: Any) -> int:
    """Diagnose many deployments, and group the results by cause.

    FILE is a mongoping.toml, a list with one connection string, address or @name per line (- for
    standard input), or Prometheus' file_sd (.json, .yml). Without it, runs all configured targets.
    """
    from mongoping.cli._fleet import fleet

    return fleet(path, given)
