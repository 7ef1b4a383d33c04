"""Run a job in another place: what the copied file does there.

The job is a line on standard input. Each line on standard output begins with the token of the run.
Standard input stays open. When it ends, the connection is lost or the run is over, and the process
ends at once, so that the shell that started it can remove the folder.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mongoping._version import __version__
from mongoping.escape import bug_location
from mongoping.fleet.plan import plan_from_json
from mongoping.places.job import ENDLESS
from mongoping.places.wire import decode, encode
from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.settings import Settings
    from mongoping.smoke.targets import Smoke
    from mongoping.uri.target import ParsedUri

EXIT_LOST = 3


def main(token: str) -> NoReturn:
    """Run the job from standard input and end this process; never print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    results = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the results
    sender = _Sender(results, token)
    try:
        sender.send({"mongoping": __version__, "host": socket.gethostname()})
        job = json.loads(sys.stdin.buffer.readline())
        threading.Thread(target=_end_with_input, daemon=True).start()
        if job["kind"] not in ENDLESS:
            timer = threading.Timer(job["limit_s"], os._exit, (EXIT_LOST,))
            timer.daemon = True
            timer.start()
        asyncio.run(_run(job, sender))
        sender.send({"end": True})
    except BrokenPipeError:
        os._exit(EXIT_LOST)
    except Exception as error:
        sender.send({"error": bug_location(error)})
    os._exit(0)


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(EXIT_LOST)


class _Sender:
    """Writes the messages of this side. ``replaced`` are the paths that are shown as others."""

    def __init__(self, results: int, token: str) -> None:
        self._results = results
        self._token = token
        self.replaced: dict[str, str] = {}

    def send_result(self, number: int, result: Any) -> None:
        """Send the result of a target: a record, or what JSON can hold."""
        self.send({"item": number, "result": encode(result)})

    def send(self, message: Mapping[str, Any]) -> None:
        text = json.dumps(message, ensure_ascii=True, allow_nan=False)
        for path, shown_path in self.replaced.items():
            text = text.replace(json.dumps(path)[1:-1], json.dumps(shown_path)[1:-1])
        data = f"{self._token} {text}\n".encode()
        while data:
            data = data[os.write(self._results, data) :]


class _Target(Record):
    """A target of the job: the connection string with the files of this side, and its settings."""

    parsed: ParsedUri
    settings: Settings
    details: Mapping[str, Any]

    @property
    def uri(self) -> str:
        """Return the connection string with everything that was given separately."""
        return self.parsed.credentials.uri if self.parsed.credentials is not None else ""


async def _run(job: Mapping[str, Any], sender: _Sender) -> None:
    from mongoping.driver_import import allow_shortcuts

    allow_shortcuts()  # this process is mongoping's own
    _write_files(job["files"])
    targets = [_target(item, sender) for item in job["items"]]
    with ExitStack() as stack:
        if job["ip_version"] is not None:
            from mongoping.probe.family import restrict

            stack.enter_context(restrict(job["ip_version"]))
        await RUNS[job["kind"]](targets, job, sender.send_result)


def _write_files(contents: Mapping[str, str]) -> None:
    """Write the files that connection strings name into the private folder."""
    for name, text in contents.items():
        try:
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
                file.write(base64.b64decode(text))
        except (OSError, binascii.Error):
            continue  # the report says that it cannot be read


def _target(item: Mapping[str, Any], sender: _Sender) -> _Target:
    from mongoping.uri.target import parse

    overrides = {}
    for option, (name, shown_path) in item["files"].items():
        path = str(Path.cwd() / name)
        overrides[option] = path
        sender.replaced[path] = shown_path
    uri = parse(item["uri"], overrides=overrides)
    return _Target(uri, plan_from_json(item["plan"]).settings, item["details"])


Send = Callable[[int, Any], None]


async def _check(targets: Sequence[_Target], job: Mapping[str, Any], send: Send) -> None:
    """Send the report of each target."""
    from mongoping.api import examine

    waterfall = bool(job["details"].get("waterfall"))
    for number, target in enumerate(targets):
        _, report = await examine(target.parsed, target.settings, waterfall=waterfall)
        send(number, report)


async def _topology(targets: Sequence[_Target], job: Mapping[str, Any], send: Send) -> None:
    """Send the tree of each target."""
    from mongoping.api import examine
    from mongoping.topology.config import CHECK
    from mongoping.topology.view import PreferenceOptions, build_view

    preference = decode(PreferenceOptions, job["details"])
    for number, target in enumerate(targets):
        evidence, report = await examine(target.parsed, target.settings, further=(CHECK,))
        send(number, build_view(evidence, report, preference))


async def _smoke(targets: Sequence[_Target], job: Mapping[str, Any], send: Send) -> None:
    """Send the reports of a smoke test."""
    from mongoping.smoke.targets import run_all

    smokes = [_smoke_target(target) for target in targets]
    stop = asyncio.Event()
    reports = await run_all(smokes, stop=stop, parallel=job["details"]["parallel"])
    for number, report in enumerate(reports):
        send(number, report)


async def _fleet(targets: Sequence[_Target], job: Mapping[str, Any], send: Send) -> None:
    """Send the line of each target as soon as it is known."""
    from mongoping.fleet.remote import run_entries
    from mongoping.fleet.worker import prepare

    plan = plan_from_json(job["details"]["plan"]).replace(vantage=job["vantage"], reports=True)
    entries = [{**target.details, "text": target.uri} for target in targets]
    numbers = {entry["name"]: number for number, entry in enumerate(entries)}
    with ExitStack() as stack:
        prepare(plan, stack)
        await run_entries(
            plan, entries, lambda line: send(numbers[line.name], line.as_json(report=True))
        )


async def _watch(targets: Sequence[_Target], job: Mapping[str, Any], send: Send) -> None:
    """Send the lines of a watch of each target, until the connection ends or all are finished."""
    from mongoping.watch.remote import send_lines
    from mongoping.watch.ticker import Plan

    plan = decode(Plan, job["details"]["plan"])
    await asyncio.gather(
        *(
            send_lines(
                target.parsed,
                target.settings,
                plan,
                target.details["command"],
                partial(send, number),
            )
            for number, target in enumerate(targets)
        )
    )


def _smoke_target(target: _Target) -> Smoke:
    from mongoping.smoke.expectations import requirement_of
    from mongoping.smoke.targets import Smoke
    from mongoping.smoke.waiting import Plan

    details = target.details
    rows = (requirement_of(name, value) for name, value in details["wanted"])
    return Smoke(
        target.parsed,
        target.settings,
        decode(Plan, details["plan"]),
        tuple(row for row in rows if row is not None),
        details["write_check"],
        details["name"],
    )


RUNS = {"check": _check, "topology": _topology, "smoke": _smoke, "fleet": _fleet, "watch": _watch}
