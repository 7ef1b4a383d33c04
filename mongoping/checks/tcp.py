"""Connect to every address of every host.

The driver tries addresses one after the other, each for up to connectTimeoutMS. This check tries
all at once, and keeps the first one that the driver would use open for the layers above.
"""

from __future__ import annotations

import asyncio
import os
import stat
from itertools import islice
from typing import TYPE_CHECKING

from mongoping.checks._socket_addresses import (
    ZoneError,
    socket_address,
    source_address,
    zone_failure,
)
from mongoping.lazy_re import lazy_compile
from mongoping.model import Failure, Line, Outcome, Status
from mongoping.observations import Address, Attempt, TcpFacts, observation
from mongoping.runnable import HostCheck
from mongoping.units import milliseconds
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.connection import Connection


MAX_ENTRIES = 4000  # of a folder that is searched for sockets
MAX_SOCKETS = 4
SERVER_SOCKET = lazy_compile(r"mongodb-\d{1,5}\.sock")  # as mongod and mongos name them


def is_socket(path: str) -> bool:
    """Return whether a path leads to a socket; connect(2) refuses other files with one error."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 - pathlib is not needed here
    except OSError:
        return True  # it was removed in the meantime


def sockets_beside(path: str) -> list[str]:
    """Return the UNIX sockets of servers in the folder of a path, at most MAX_SOCKETS."""
    sockets = []
    try:
        with os.scandir(os.path.dirname(path)) as entries:  # noqa: PTH120 - as plain text
            for file in islice(entries, MAX_ENTRIES):
                if SERVER_SOCKET.fullmatch(file.name) and stat.S_ISSOCK(file.stat().st_mode):
                    sockets.append(file.path)
    except (OSError, ValueError):
        return []
    return sorted(sockets)[:MAX_SOCKETS]


async def run(ctx: Context, host: Host) -> Outcome:
    """Connect to all addresses of one host concurrently."""
    from mongoping.probe.connection import Connection, failure_of

    lookup = observation(ctx.evidence, "addresses", str(host))
    addresses = lookup.addresses if lookup is not None else ()
    timeout = ctx.remaining()
    if own := ctx.options.get("connectTimeoutMS"):
        timeout = min(timeout, max(own / 1000, 0.05))

    async def attempt(address: Address) -> tuple[Attempt, Connection | None]:
        began = ctx.clock()
        connection, failure, source = None, None, None
        try:
            place = socket_address(address, host)
            source = source_address(*place)
            connection = ctx.close_later(await Connection.open(*place, timeout))
        except FileNotFoundError as error:
            failure = failure_of(error).replace(facts={"sockets": sockets_beside(address.text)})
        except ConnectionRefusedError as error:
            failure = failure_of(error)
            if address.family == "unix" and not is_socket(address.text):
                failure = failure.replace(facts={"regular_file": True})
        except ZoneError as error:
            failure = zone_failure(str(error))
        except (OSError, TimeoutError, OverflowError) as error:
            failure = (
                Failure("os", str(error))
                if isinstance(error, OverflowError)
                else failure_of(error, timeout_s=round(timeout, 1))
            )
        took = ctx.elapsed_ms(began)
        attempt = Attempt(address.text, address.family, address.driver, took, failure, source)
        return attempt, connection

    pairs = await asyncio.gather(*(attempt(address) for address in addresses))
    connected_address = None
    for tcp_attempt, connection in pairs:
        if connection is None:
            continue
        if connected_address is None and tcp_attempt.driver:
            connected_address = tcp_attempt.address
            ctx.connections[str(host)] = connection
        else:
            connection.close()
    attempts = tuple(tcp_attempt for tcp_attempt, _ in pairs)
    failures = [
        tcp_attempt.failure
        for tcp_attempt in attempts
        if tcp_attempt.driver and tcp_attempt.failure
    ]
    failure = (
        None
        if connected_address
        else (failures[0] if failures else Failure("no-address", "no address"))
    )
    return Outcome(TcpFacts(attempts, connected_address), failure)


def _lines(facts: TcpFacts) -> list[Line]:
    rows = []
    for attempt in facts.attempts:
        note = (
            "  (PyMongo uses only IPv4 for localhost)"
            if attempt.family == "ipv6" and not attempt.driver
            else ""
        )
        label = attempt.family if len(facts.attempts) > 1 else ""
        if attempt.failure is None:
            rows.append(
                Line(label, f"{attempt.address}  {milliseconds(attempt.duration_ms)}{note}")
            )
        else:
            status: Status = "fail" if attempt.driver else "skip"
            rows.append(Line(label, f"{attempt.address}  {attempt.failure.message}{note}", status))
    return rows


CHECK = HostCheck(
    name="tcp",
    layer="tcp",
    summary="a connection to every address of every host",
    waits_for="answer to the connection attempt",
    driver_waits=("connectTimeoutMS", 20.0),
    run=run,
    needs=("addresses",),
    summarize=lambda facts: f"connected to {facts.used}",
    lines=_lines,
)
