"""Run ``mongoping exporter``: read the configuration, listen, and serve until a signal comes."""

from __future__ import annotations

import importlib
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from mongoping import registry, signals
from mongoping.cli import _config
from mongoping.cli._settings import Options
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.installation import import_problem, install_command
from mongoping.uri.typed import scrub_message

if TYPE_CHECKING:
    import asyncio
    import socket
    import ssl

    from mongoping.exporter.catalog import Catalog
    from mongoping.exporter.web_config import WebConfig

LIBRARIES = ("aiohttp", "bcrypt", "prometheus_client", "yaml")
LOOPBACK = ("127.", "::1")
OPTIONS_NOT_USED = {
    "form": "text",
    "output": None,
    "quiet": False,
    "verbose": False,
    "strict": False,
    "auth_source": None,
    "auth_mechanism": None,
}
"""The values of options that other commands have."""


def export(params: dict[str, Any]) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit code."""
    if (problem := _import_problem()) is not None:
        click.echo(f"Error: The exporter cannot start: {problem}", err=True)
        return EXIT_CODES["client"]
    from mongoping.cli._run import run

    options = Options.of("check", {**OPTIONS_NOT_USED, **params})
    web = _web_config(params["web_config"])
    tls = _tls(web)
    catalog = _catalog(options, params)
    _load()
    with ExitStack() as stack:
        sock = stack.enter_context(_listening(params["listen"]))
        run(lambda stop: _serve(sock, tls, options, catalog, web, params, stop))
    return EXIT_OK


def _load() -> None:
    """Import what probes need now: it would take much of the time that the first scrape allows."""
    from mongoping import depth, diagnosis, next_steps, report, runner  # noqa: F401
    from mongoping.driver_import import allow_shortcuts, import_pymongo

    allow_shortcuts()
    import_pymongo()
    registry.checks()
    registry.causes()


def _import_problem() -> str | None:
    """Return why a package of the exporter cannot be imported, or None if all can."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            return import_problem(error, install_command("exporter"))
    return None


def _web_config(path: str | None) -> WebConfig:
    from mongoping.exporter.web_config import MAX_BYTES, WebConfig, read
    from mongoping.smoke.files import InputError, read_file

    if path is None:
        return WebConfig()
    try:
        text = read_file(path, "web configuration file", empty=True, limit=MAX_BYTES)
        return read(text, path)
    except (InputError, ValueError) as error:
        raise click.UsageError(f"--web.config.file: {error}") from None


def _tls(web: WebConfig) -> ssl.SSLContext | None:
    from mongoping.exporter.certificates import server_context

    if web.tls is None:
        return None
    try:
        return server_context(web.tls)
    except ValueError as error:
        raise click.UsageError(f"--web.config.file: {error}") from None


def _catalog(options: Options, params: dict[str, Any]) -> Catalog:
    """Return the targets of the configuration. Raises `click.UsageError`."""
    from mongoping.exporter.catalog import Catalog

    targets = _config.all_targets(params["config"])
    if not targets and not params["allow_any_target"]:
        raise click.UsageError(
            "No targets are configured: create mongoping.toml, name a file with --config, or use "
            "--allow-any-target."
        )
    return Catalog(
        targets,
        options.settings,
        overrides=options.target.overrides,
        allow_any=params["allow_any_target"],
    )


def _listening(where: str) -> Any:
    from contextlib import contextmanager

    from mongoping.healthcheck.server import listening

    @contextmanager
    def listen() -> Any:
        with ExitStack() as stack:
            try:
                sock = stack.enter_context(listening(where))
            except (OSError, ValueError) as error:
                words = getattr(error, "strerror", None) or str(error)
                raise click.UsageError(f"--listen {where}: {words}.") from None
            yield sock

    return listen()


def _greet(sock: socket.socket, catalog: Catalog, web: WebConfig, *, allow_any: bool) -> None:
    """Say on standard error what is served where, and what is dangerous about it."""
    name = sock.getsockname()
    where = name
    if not isinstance(name, str):
        host = f"[{name[0]}]" if ":" in name[0] else name[0]
        where = f"{'https' if web.tls else 'http'}://{host}:{name[1]}/"
    click.echo(f"Serving {_count(catalog)} on {where}", err=True)
    if isinstance(name, str) or name[0].startswith(LOOPBACK) or web.users:
        return
    if allow_any:
        click.echo(
            "Warning: everyone who can reach that address can make this machine connect anywhere; "
            "set basic_auth_users in --web.config.file.",
            err=True,
        )


def _count(catalog: Catalog) -> str:
    from mongoping.units import plural

    return plural(len(catalog.names), "target")


async def _serve(
    sock: socket.socket,
    tls: ssl.SSLContext | None,
    options: Options,
    catalog: Catalog,
    web: WebConfig,
    params: dict[str, Any],
    stop: asyncio.Event,
) -> None:
    import asyncio

    from mongoping.exporter import server as serving
    from mongoping.exporter.probes import Prober

    parallel = 1 if options.settings.resolver else params["parallel"]  # it is one for the process
    prober = Prober(catalog, parallel=parallel)

    def web_options(config: WebConfig) -> serving.Options:
        return serving.Options(
            options.settings.deadline, params["timeout_offset"], config.users, config.headers
        )

    server = serving.Server(prober, web_options(web), lambda text: click.echo(text, err=True))

    def reload() -> None:
        try:
            config = _web_config(params["web_config"])
            prober.catalog = _catalog(options, params)
        except click.UsageError as error:
            server.metrics.reload_successful.set(0)
            words = scrub_message(error.message, sys.argv[1:])
            click.echo(f"The former configuration stays: {words}", err=True)
            return
        prober.forget()
        server.configure(web_options(config))
        server.metrics.reload_successful.set(1)
        click.echo(f"The configuration was read again: {_count(prober.catalog)}.", err=True)

    def greet() -> None:
        _greet(sock, catalog, web, allow_any=params["allow_any_target"])

    loop = asyncio.get_running_loop()
    with signals.on_hangup(lambda: loop.call_soon_threadsafe(reload)):
        await serving.serve(server, sock, tls, stop, greet)
