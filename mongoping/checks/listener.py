"""Find the process that listens on a local port whose server misbehaves or refuses.

A full mongod and a forwarder without a backend close connections in the same way, but on the same
machine the process table distinguishes them. A process that refuses may listen on another
address.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from mongoping.checks._process_table import available, owner
from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import ListenerFacts, observation
from mongoping.runnable import HostCheck
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context


HIDDEN_PROCESS = "a process that this user may not see"


def on_this_machine(address: str | None) -> bool:
    """Return whether an address belongs to this machine: loopback, or an interface."""
    try:
        parsed_address = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if parsed_address.is_loopback:
        return True
    family = socket.AF_INET6 if parsed_address.version == 6 else socket.AF_INET
    try:  # binding succeeds only for local addresses, and sends nothing
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(parsed_address), 0))
    except OSError:
        return False
    return True


async def run(ctx: Context, host: Host) -> Outcome:
    """Search the process table; sends nothing."""
    return Outcome(owner(host.port) if host.port else None)


def _applies(evidence: Evidence) -> str | None:
    if not available():
        from mongoping.installation import install_command

        return (
            "psutil is not installed, which finds processes on this system: "
            f"{install_command('processes')}"
        )
    failures = [result for result in (*evidence.of("hello"), *evidence.of("tls")) if result.failure]
    refusals = [
        result
        for result in evidence.of("tcp")
        if result.failure and result.failure.kind == "refused"
    ]
    if not failures and not refusals:
        return "no server misbehaves"
    addresses = [
        getattr(observation(evidence, "tcp", result.host), "used", None) for result in failures
    ]
    addresses += [attempt.address for row in refusals if row.data for attempt in row.data.attempts]
    return (
        None
        if any(on_this_machine(address) for address in addresses)
        else "the server is on another machine"
    )


def _lines(facts: ListenerFacts) -> list[Line]:
    return [
        Line(
            "listens",
            f"{facts.name} (pid {facts.pid})" if facts.name else HIDDEN_PROCESS,
            detail=True,
        )
    ]


CHECK = HostCheck(
    name="listener",
    layer="tcp",
    summary="the process that listens on a port of this machine",
    run=run,
    needs=("addresses",),
    after=("tcp", "tls", "hello"),
    applies=_applies,
    lines=_lines,
)
