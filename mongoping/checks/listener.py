"""Which process listens on a port of this machine, where a server there misbehaves or refuses.

A full mongod and a forwarder without a backend close a connection in the same way; on the
same machine the process table tells them apart. One that refuses may listen on another
address. Linux only (/proc/net/tcp, /proc/PID/fd).
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.model import Check, Evidence, Line, Outcome
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context

LISTEN = "0A"  # TCP_LISTEN of the kernel's include/net/tcp_states.h
MAX_PROCESSES = 20_000


class ListenerSeen(Record):
    """The process that owns a listening socket; ``name`` None where it may not be seen.

    ``addresses`` are those on which the port is open, in no order that means anything.
    """

    port: int
    name: str | None
    pid: int | None = None
    addresses: tuple[str, ...] = ()


def sockets(port: int) -> dict[str, str]:
    """The sockets of this machine that listen on a port: inodes, with their addresses."""
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
    """An address of /proc/net/tcp: hexadecimal words of four bytes in this machine's order."""
    words = (text[at : at + 8] for at in range(0, len(text), 8))
    packed = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    return socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed)


def owner(port: int) -> ListenerSeen | None:
    """The process that listens on a port, None where nobody does or this is no Linux."""
    listening = sockets(port)
    wanted = {f"socket:[{inode}]" for inode in listening}
    if not wanted:
        return None
    where = tuple(dict.fromkeys(listening.values()))
    for entry in sorted(Path("/proc").glob("[0-9]*"))[:MAX_PROCESSES]:
        try:
            held = any(str(fd.readlink()) in wanted for fd in (entry / "fd").iterdir())
            if held:
                name = (entry / "comm").read_text().strip()
                return ListenerSeen(port, name, int(entry.name), where)
        except OSError:
            continue
    return ListenerSeen(port, None, addresses=where)


def on_this_machine(address: str | None) -> bool:
    """Return whether an address is one of this machine: loopback, or of an interface."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if parsed.is_loopback:
        return True
    family = socket.AF_INET6 if parsed.version == 6 else socket.AF_INET
    try:  # binding succeeds for own addresses only, and sends nothing
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.bind((str(parsed), 0))
    except OSError:
        return False
    return True


async def run(ctx: Context, host: Host) -> Outcome:
    """Look into the process table; no traffic."""
    return Outcome(owner(host.port) if host.port else None)


def _applies(evidence: Evidence) -> str | None:
    if not sys.platform.startswith("linux"):
        return "the process table is read on Linux only"
    failed = [one for one in (*evidence.of("hello"), *evidence.of("tls")) if one.failure]
    refused = [one for one in evidence.of("tcp") if one.failure and one.failure.kind == "refused"]
    if not failed and not refused:
        return "no server misbehaves"
    used = [getattr(observation(evidence, "tcp", one.host), "used", None) for one in failed]
    used += [one.address for row in refused if row.data for one in row.data.attempts]
    return None if any(on_this_machine(one) for one in used) else "the server is elsewhere"


def _lines(seen: ListenerSeen) -> list[Line]:
    return [
        Line("listens", f"{seen.name} (pid {seen.pid})" if seen.name else "not known", detail=True)
    ]


CHECK = Check(
    name="listener",
    layer="tcp",
    summary="the process behind a port of this machine",
    run=run,
    per_host=True,
    needs=("addresses",),
    after=("tcp", "tls", "hello"),
    applies=_applies,
    lines=_lines,
)
