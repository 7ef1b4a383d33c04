"""Run a command against a throwaway deployment, or keep the deployment until Ctrl-C."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager, ExitStack
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from mongoping import signals
from mongoping.environment import SANDBOX_VARIABLE
from mongoping.exit_codes import EXIT_OK
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.sandbox.fault import Fault

VARIABLES = {"--resolver": "MONGOPING_RESOLVER", "--tls-ca-file": "MONGOPING_TLS_CA_FILE"}
OURS = ("MONGOPING_URI", "MONGOPING_PASSWORD", "MONGOPING_RESOLVER", "MONGOPING_TLS_CA_FILE")
CONNECTING = ("check", "atlas", "local", "smoke", "topology", "watch")
"""The commands of mongoping that take the options of a fault."""
END_OF_LIFE = "compat.server-end-of-life"


def variables(fault: Fault) -> dict[str, str]:
    """Return the environment variables that carry the connection string and its options."""
    values_by_name: dict[str, list[str]] = {}
    for name, value in pairwise(fault.args):
        if name in VARIABLES:
            values_by_name.setdefault(VARIABLES[name], []).append(value)
    # a variable of an option that may be repeated separates the values by spaces
    option_variables = {variable: " ".join(values) for variable, values in values_by_name.items()}
    if fault.cause != END_OF_LIFE:  # there, the version is the fault
        option_variables[SANDBOX_VARIABLE] = _ports(fault)
    return {"MONGODB_URI": fault.uri, **option_variables, **fault.env}


def _ports(fault: Fault) -> str:
    """Return the ports of the servers, and those of forwarders in the connection string."""
    from mongoping.sandbox.process import servers
    from mongoping.uri.target import parse

    ports = [server.port for server in servers()]
    target = parse(fault.uri).target
    if target is not None and not target.srv and not fault.code:
        ports += [host.port for host in target.hosts if host.port is not None]
    return ",".join(map(str, dict.fromkeys(ports)))


def needed_args(fault: Fault) -> tuple[str, ...]:
    """Return the options that mongoping needs in addition to the environment variables."""
    rest: list[str] = []
    words = iter(fault.args)
    for word in words:
        if word in VARIABLES:
            next(words, None)
        else:
            rest.append(word)
    return tuple(rest)


def with_needed_args(fault: Fault, cmd: Sequence[str]) -> tuple[list[str], str]:
    """Return the command with the options that the fault needs, and a note about them.

    They are added to a command of mongoping that takes them and does not have them yet.
    """
    args = needed_args(fault)
    if not args:
        return list(cmd), ""
    args_text = " ".join(args)
    place = _subcommand(cmd)
    if place is None:
        return list(cmd), f"To see this fault, mongoping needs {args_text}."
    if args[0] in cmd:
        return list(cmd), ""
    return [*cmd[: place + 1], *args, *cmd[place + 1 :]], f"Added {args_text}, which it needs."


def _subcommand(cmd: Sequence[str]) -> int | None:
    """Return the position of the subcommand of mongoping, if it takes the options of a fault."""
    start = 1 if PurePath(cmd[0]).stem == "mongoping" else None
    if "-m" in cmd and PurePath(cmd[0]).stem.startswith("python"):
        module = cmd.index("-m") + 1
        start = module + 1 if list(cmd[module : module + 1]) == ["mongoping"] else None
    if start is None or start >= len(cmd) or cmd[start] not in CONNECTING:
        return None
    return start


def run(
    fault: Fault,
    cmd: Sequence[str],
    schedule: AbstractContextManager[object] = contextlib.nullcontext(),  # noqa: B008 - stateless
) -> int:
    """Run a command to its end and return its exit code, as a shell would (128 + signal)."""
    import os
    import subprocess

    environment = {name: text for name, text in os.environ.items() if name not in OURS}
    line, note = with_needed_args(fault, cmd)
    if note:
        click.echo(f"sandbox: {note}", err=True)
    with ExitStack() as stack:
        with signals.defer():
            child = subprocess.Popen(line, env={**environment, **variables(fault)})
            stack.enter_context(signals.passed_on(child))
        stack.enter_context(schedule)
        code = child.wait()
    return 128 - code if code < 0 else code


def wait(
    title: str,
    fault: Fault,
    form: str,
    schedule: AbstractContextManager[object] = contextlib.nullcontext(),  # noqa: B008 - stateless
) -> int:
    """Print the connection string and wait for Ctrl-C, SIGTERM or SIGHUP."""
    import queue

    ending: queue.SimpleQueue[int] = (
        queue.SimpleQueue()
    )  # the only queue that is safe in a signal handler
    with signals.handle_with(ending.put):
        _announce(title, fault, form)
        with schedule:
            ending.get()
    return EXIT_OK


def announce_event(text: str) -> None:
    """Print what happened to the deployment on standard error, with the time."""
    from datetime import datetime

    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    click.echo(f"{now} sandbox: {text}", err=True)


def _members() -> list[dict[str, Any]]:
    """Return the servers: number, role, host, port, PID and data folder."""
    from mongoping.sandbox.process import servers

    return [
        {
            "member": number,
            "host": "127.0.0.1",
            "port": server.port,
            "pid": server.pid,
            "version": server.mongod.version,
            "data": str(server.data),
        }
        for number, server in enumerate(servers(), 1)
        if server.runs
    ]


def _table(members: Sequence[dict[str, Any]]) -> str:
    """Return the servers as a table for people."""
    rows = [("member", "address", "PID", "version", "data folder")]
    for row in members:
        address = f"{row['host']}:{row['port']}"
        rows.append((str(row["member"]), address, str(row["pid"]), row["version"], row["data"]))
    sizes = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip()
        for row in rows
    )


def _announce(title: str, fault: Fault, form: str) -> None:
    """Print the connection string on standard output, and the explanation on standard error."""
    members = _members()
    if form == "json":
        import json

        record = {"schema": 1, "uri": fault.uri, "args": fault.args, "env": variables(fault)}
        text = json.dumps({**record, "title": title, "note": fault.note, "members": members})
        write_form(sys.stdout, text + "\n", "json")
    else:
        click.echo("\n".join([fault.uri, *([" ".join(fault.args)] if fault.args else [])]))
        if members:
            click.echo(_table(members), err=True)
        words = (title, fault.note, "Press Ctrl-C to stop it.")
        click.echo(" ".join(text for text in words if text), err=True)
    sys.stdout.flush()
