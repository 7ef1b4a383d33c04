"""Find the process that listens on a local port whose server misbehaves or refuses.

A full mongod and a forwarder without a backend close connections in the same way, but on the same
machine the process table distinguishes them. A process that refuses may listen on another
address. Linux only (/proc/net/tcp, /proc/PID/fd).
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.runnable import HostCheck
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context

LISTEN = "0A"  # TCP_LISTEN of the kernel's include/net/tcp_states.h
MAX_PROCESSES = 20_000


class ListenerSeen(Record):
    """The process that owns a listening socket; ``name`` is None if it is not visible.

    ``addresses`` are the addresses on which the port is open, in any order.
    """

    port: int
    name: str | None
    pid: int | None = None
    addresses: tuple[str, ...] = ()


def sockets(port: int) -> dict[str, str]:
    """Return the local sockets that listen on a port, as inodes with their addresses."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            parts = row.split()
            if (
                len(parts) > 9
                and parts[3] == LISTEN
                and int(parts[1].rpartition(":")[2], 16) == port
            ):
                found[parts[9]] = address_of(parts[1].partition(":")[0])
    return found


def address_of(text: str) -> str:
    """Return the address in a field of /proc/net/tcp: hexadecimal words in native byte order."""
    words = (text[at : at + 8] for at in range(0, len(text), 8))
    packed = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    return socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed)


def owner(port: int) -> ListenerSeen | None:
    """Return the process that listens on a port, or None if there is none or this is not Linux."""
    listening = sockets(port)
    wanted = {f"socket:[{inode}]" for inode in listening}
    if not wanted:
        return None
    where = tuple(dict.fromkeys(listening.values()))
    for path in sorted(Path("/proc").glob("[0-9]*"))[:MAX_PROCESSES]:
        try:
            held = any(str(fd.readlink()) in wanted for fd in (path / "fd").iterdir())
            if held:
                name = (path / "comm").read_text().strip()
                return ListenerSeen(port, name, int(path.name), where)
        except OSError:
            continue
    return ListenerSeen(port, None, addresses=where)


def on_this_machine(address: str | None) -> bool:
    """Return whether an address belongs to this machine: loopback, or an interface."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if parsed.is_loopback:
        return True
    family = socket.AF_INET6 if parsed.version == 6 else socket.AF_INET
    try:  # binding succeeds only for local addresses, and sends nothing
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(parsed), 0))
    except OSError:
        return False
    return True


async def run(ctx: Context, host: Host) -> Outcome:
    """Search the process table; sends nothing."""
    return Outcome(owner(host.port) if host.port else None)


def _applies(evidence: Evidence) -> str | None:
    if not sys.platform.startswith("linux"):
        return "the process table is read on Linux only"
    failed = [result for result in (*evidence.of("hello"), *evidence.of("tls")) if result.failure]
    refused = [
        result
        for result in evidence.of("tcp")
        if result.failure and result.failure.kind == "refused"
    ]
    if not failed and not refused:
        return "no server misbehaves"
    used = [getattr(observation(evidence, "tcp", result.host), "used", None) for result in failed]
    used += [attempt.address for row in refused if row.data for attempt in row.data.attempts]
    return (
        None
        if any(on_this_machine(address) for address in used)
        else "the server is on another machine"
    )


def _lines(seen: ListenerSeen) -> list[Line]:
    return [
        Line("listens", f"{seen.name} (pid {seen.pid})" if seen.name else "unknown", detail=True)
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
