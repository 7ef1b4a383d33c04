"""``mongoping smoke --probe``: the cheap health check, once or for as long as it is asked."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from mongoping import collect
from mongoping.cli._input import connection_string, password
from mongoping.cli._options import Options
from mongoping.model import EXIT_OK
from mongoping.output import note_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Report
    from mongoping.smoke.probe import Probe
    from mongoping.target import Parsed

TIMEOUT_S = 5.0
WITHOUT = ("expect", "write_check", "stable_for", "wait", "target", "config", "dry_run", "report")


def probe(uris: Sequence[str], given: dict[str, Any]) -> int:
    """Look once and print a line, or stay and answer; returns the exit code."""
    from mongoping.smoke import probe as probing
    from mongoping.target import parse

    _understood(uris, given)
    options = Options.of("smoke", given)
    text = connection_string(uris[0] if uris else None, options.uri_file)
    secret = password(options.password_file, options.ask_password)
    parsed = parse(text, password=secret, overrides=options.overrides)
    depth = given["until"] or "hello"
    timeout = given["timeout"] or TIMEOUT_S

    def look() -> Probe:
        return probing.probe(parsed, depth, timeout, options.settings.resolver)

    if given["listen"]:
        return _stay(parsed, look, given, timeout)
    return _once(look(), options)


def _understood(uris: Sequence[str], given: dict[str, Any]) -> None:
    """Raises `click.UsageError` for what a probe cannot do."""
    from mongoping.smoke.probe import DEPTHS

    if given["listen"] and not given["probe"]:
        raise click.UsageError("--listen is for --probe: say both.")
    for name in WITHOUT:
        if given[name]:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(f"{flag} needs the driver, which --probe does without.")
    if given["until"] and given["until"] not in DEPTHS:
        words = "needs a login, which --probe does without"
        raise click.UsageError(f"--until {given['until']} {words}: say {', '.join(DEPTHS)}.")
    if len(uris) > 1:
        raise click.UsageError("--probe looks at one deployment: give one connection string.")


def _once(seen: Probe, options: Options) -> int:
    from mongoping.cli._smoke import Sink
    from mongoping.smoke.fast import line
    from mongoping.smoke.outcome import exit_code

    output = options.output
    if output.form == "text" and output.path in (None, "-"):
        note_verdict(seen.cause or "ok")
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        click.echo(line(seen, unicode=encoding.startswith("utf")), nl=False)
        return exit_code(seen)
    from mongoping.cli._run import open_output

    note_verdict(seen.cause or "ok")
    stream = open_output(output)
    path = None if stream is sys.stdout else output.path
    Sink(output.form, stream, path).write([report_of(seen)], output)
    return exit_code(seen)


def report_of(seen: Probe) -> Report:
    """A probe as a report, in the words of the catalogue."""
    from mongoping.smoke import probe_report

    began = datetime.fromtimestamp(seen.started, UTC).isoformat(timespec="milliseconds")
    cause = collect.cause(seen.cause) if seen.cause is not None else None
    return probe_report.report_of(seen, cause, began.replace("+00:00", "Z"))


def _stay(parsed: Parsed, look: Any, given: dict[str, Any], timeout: float) -> int:
    """Answer health requests until SIGINT or SIGTERM, which end it in good order."""
    from pathlib import Path

    from mongoping.formats.json import render
    from mongoping.model import Style
    from mongoping.smoke.health import Health, listener, serve

    where, every = given["listen"], given["every"]

    def answer() -> tuple[bool, bytes]:
        seen = look()
        return seen.cause is None, render(report_of(seen), Style()).encode("utf-8", "replace")

    try:
        sock = listener(where)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"--listen {where}: {words}.") from None
    name = sock.getsockname()
    shown = name if isinstance(name, str) else f"http://{_host(name[0])}:{name[1]}/"
    health = Health(answer, every, timeout)
    words = f"Probing {parsed.shown} every {every:g} s, answering on {shown}"
    try:
        serve(sock, health, lambda: click.echo(words, err=True))
    finally:
        if isinstance(name, str):
            Path(name).unlink(missing_ok=True)
    return EXIT_OK


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
