"""``mongoping smoke --probe``: the lightweight health check, once or as a service."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._settings import Options
from mongoping.cli._targets import resolve
from mongoping.exit_codes import EXIT_OK
from mongoping.output import note_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.healthcheck.look import Look
    from mongoping.model import Report
    from mongoping.uri.target import ParsedUri

WITHOUT = (
    *("expect", "write_check", "stable_for", "wait", "target", "config", "dry_run", "report"),
    "python",
)


def probe(uris: Sequence[str], params: dict[str, Any]) -> int:
    """Probe once and print a line, or serve health requests; return the exit code."""
    from mongoping.healthcheck import look as looking
    from mongoping.healthcheck.oneshot import TIMEOUT_S, settings_for

    _check_usage(uris, params)
    del params["python"]  # or else `Options.of` looks for one
    options = Options.of("smoke", params)
    uri = resolve(uris[0] if uris else None, options.target)
    limits = settings_for(params["timeout"] or TIMEOUT_S)
    settings = options.settings.replace(deadline=limits.deadline, cap=limits.cap)

    def look() -> Look:
        return looking.look(uri, settings, params["until"] or "hello")

    if params["listen"]:
        return _stay(uri, look, params, settings.deadline)
    return _once(look(), options)


def _check_usage(uris: Sequence[str], params: dict[str, Any]) -> None:
    """Raise `click.UsageError` for options that a probe does not support."""
    from mongoping.healthcheck.look import DEPTHS

    if params["listen"] and not params["probe"]:
        raise click.UsageError("--listen requires --probe: add it.")
    if params["places"] or params["bundle"]:
        raise click.UsageError("--probe cannot be combined with --from: remove one.")
    if params["listen"] and (params["anonymize"] or params["anonymize_key"]):
        raise click.UsageError("--listen cannot be combined with --anonymize: remove one.")
    for name in WITHOUT:
        if params[name]:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} needs the driver, which --probe does not use.")
    if params["until"] and params["until"] not in DEPTHS:
        words = "needs a login, and --probe does not log in"
        raise click.UsageError(f"--until {params['until']} {words}: use {', '.join(DEPTHS)}.")
    if len(uris) > 1:
        raise click.UsageError("--probe checks one deployment: give one connection string.")


def _once(first_look: Look, options: Options) -> int:
    from mongoping.cli._smoke import Sink
    from mongoping.healthcheck.oneshot import line
    from mongoping.healthcheck.verdict import report_of

    output = options.output
    report = report_of(first_look)
    note_verdict(report.verdict.cause if report.verdict else "ok")
    if output.pseudonyms is not None:
        output = output.replace(quiet=True)  # the line of the report, whose names are replaced
    elif output.form == "text" and output.path in (None, "-"):
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        click.echo(line(first_look, report, unicode=encoding.startswith("utf")), nl=False)
        return report.exit_code()
    from mongoping.cli._run import exit_code, open_output

    stream = open_output(output)
    path = None if stream is sys.stdout else output.path
    Sink(output.form, stream, path).write([report], output)
    return exit_code([report], output)


def _stay(uri: ParsedUri, look: Callable[[], Look], params: dict[str, Any], timeout: float) -> int:
    """Answer health requests until SIGINT, SIGTERM or SIGHUP."""
    from mongoping import registry
    from mongoping.formats.json import render
    from mongoping.healthcheck.server import Health, listening, serve
    from mongoping.healthcheck.verdict import report_of
    from mongoping.model import Style

    where, every = params["listen"], params["every"]

    registry.causes()  # import them now: it fails later if the process has no file descriptors left

    def answer() -> tuple[bool, bytes]:
        report: Report = report_of(look())
        return report.verdict is None, render(report, Style()).encode("utf-8", "replace")

    with ExitStack() as stack:
        try:
            sock = stack.enter_context(listening(where))
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error)
            raise click.UsageError(f"--listen {where}: {words}.") from None
        name = sock.getsockname()
        address_text = name if isinstance(name, str) else f"http://{_host(name[0])}:{name[1]}/"
        words = f"Probing {uri.shown} every {every:g} s, answering on {address_text}"
        serve(sock, Health(answer, every, timeout), lambda: click.echo(words, err=True))
    return EXIT_OK


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
