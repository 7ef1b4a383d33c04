"""``mongoping exporter``: serve probes of the configured targets to Prometheus."""

from __future__ import annotations

from typing import Any

import click

from mongoping.cli._help import Command
from mongoping.cli._options import probing
from mongoping.cli._types import Duration, Integer

ADDRESS = "127.0.0.1:9927"


@click.command(
    "exporter", cls=Command, short_help="Serve probes of the configured targets to Prometheus."
)
@click.option(
    "--listen",
    metavar="[HOST:]PORT",
    default=ADDRESS,
    show_default=True,
    help="Answer requests there; without HOST, only those of this machine.",
)
@click.option(
    "--web.config.file",
    "web_config",
    metavar="FILE",
    help="Use TLS and basic authentication as in this file of Prometheus exporters.",
)
@click.option(
    "--allow-any-target",
    is_flag=True,
    help="Also accept connection strings in requests, from every client that can connect.",
)
@click.option(
    "--timeout-offset",
    type=Duration(0, 60),
    default=0.5,
    metavar="TIME",
    help="Answer this long before a scrape times out.  [default: 500ms]",
)
@click.option(
    "--parallel",
    type=Integer(1, 1000),
    default=16,
    show_default=True,
    metavar="N",
    help="Run this many probes at once.",
)
@probing
def command(**given: Any) -> int:
    """Serve probes of the configured targets to Prometheus.

    /probe?target=NAME&module=hello|auth|full probes a target of mongoping.toml and answers with
    metrics, also when the deployment is down. / lists the targets with their last verdicts,
    /metrics has the metrics of the exporter itself, /-/targets lists the targets for HTTP service
    discovery, and /-/healthy answers while the process runs.

    SIGHUP reads the configuration again. Needs the extra mongoping[exporter].
    """
    from mongoping.cli._exporter import export

    return export(given)
