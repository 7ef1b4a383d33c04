"""What listens instead, when nothing listens where ``mongoping local`` looked.

The ports that MongoDB's programs use by default, on IPv4, IPv6 and as UNIX sockets; which
of them answer hello; which process it is; and how a server is started on this machine.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.checks.addresses import Address
from mongoping.checks.listener import owner
from mongoping.checks.tcp import socket_address
from mongoping.model import Check, Evidence, Line, Outcome
from mongoping.record import Record
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context

PORTS = (27017, 27018, 27019)  # mongod and mongos, shard server, config server
EACH_S = 0.4  # on this machine an answer takes a millisecond
SOCKET = "/tmp/mongodb-{port}.sock"  # noqa: S108 - mongod's own default


class Neighbour(Record):
    """Something that listens: where, whether it answers hello, and which process it is."""

    where: str
    mongodb: bool
    process: str | None = None


class Machine(Record):
    """What this machine has to start a server with."""

    platform: str
    container: bool
    mongod: bool
    docker: bool
    systemd: bool


class NeighboursSeen(Record):
    """What was found instead, and what to do on this machine."""

    found: tuple[Neighbour, ...]
    container: bool
    advice: tuple[str, ...]


def machine() -> Machine:
    """Look at this machine; a container is known by the files that engines leave in it."""
    marks = ("/.dockerenv", "/run/.containerenv")
    container = any(Path(mark).exists() for mark in marks) or _in_group()
    return Machine(
        platform=sys.platform,
        container=container,
        mongod=shutil.which("mongod") is not None,
        docker=shutil.which("docker") is not None or shutil.which("podman") is not None,
        systemd=Path("/run/systemd/system").exists(),
    )


def _in_group() -> bool:
    try:
        text = Path("/proc/1/cgroup").read_text()
    except OSError:
        return False
    return any(word in text for word in ("docker", "kubepods", "containerd", "lxc"))


def advice(here: Machine, found: tuple[Neighbour, ...]) -> tuple[str, ...]:
    """How a server is started or found on such a machine, the likeliest first."""
    rows = []
    if here.container:
        rows.append(
            "This machine is a container, and localhost is the container itself: use the name of "
            "the database's service (mongodb://mongo:27017), or host.docker.internal for a server "
            "on the host."
        )
    if here.mongod and here.systemd:
        rows.append("Start the server: sudo systemctl start mongod")
    elif here.mongod:
        rows.append("Start the server: mkdir -p ~/mongodb && mongod --dbpath ~/mongodb")
    elif here.platform == "darwin":
        rows.append("Start the server: brew services start mongodb-community")
    elif here.platform == "win32":
        rows.append("Start the server, as an administrator: net start MongoDB")
    if here.docker and not here.container:
        rows.append("Start one with Docker: docker run --rm -d -p 27017:27017 mongo")
    if not rows and not any(one.mongodb for one in found):
        rows.append(
            "To see a healthy report without a server of your own: mongoping local --sandbox"
        )
    return tuple(rows)


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Look around on this machine."""
    asked = {(one.name, one.port) for one in ctx.target.hosts}
    tries = [(Host(name, port), name) for port in PORTS for name in ("127.0.0.1", "::1")]
    tries += [(Host(SOCKET.format(port=port), None), "") for port in PORTS]
    several = [one for one, _ in tries if (one.name, one.port) not in asked]
    answers = await asyncio.gather(*(_look(one) for one in several))
    found = tuple(one for one in answers if one is not None)
    here = machine()
    return Outcome(NeighboursSeen(found, here.container, advice(here, found)))


async def _look(host: Host) -> Neighbour | None:
    """Whether something listens, and whether it answers hello."""
    from mongoping.probe.connection import ClosedByPeerError, Connection
    from mongoping.probe.wire import WireError

    kind = "unix" if host.is_socket else "ipv6" if ":" in host.name else "ipv4"
    if kind == "unix" and not hasattr(socket, "AF_UNIX"):
        return None
    try:
        connection = await Connection.open(*socket_address(Address(host.name, kind), host), EACH_S)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(EACH_S):
            reply = await connection.command({"hello": 1})
        mongodb = "maxWireVersion" in reply or bool(reply.get("code"))
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        mongodb = False
    finally:
        connection.close()
    listening = owner(host.port) if host.port and sys.platform.startswith("linux") else None
    where = host.name.replace("/", "%2F") if host.is_socket else str(host)
    return Neighbour(where, mongodb, listening.name if listening else None)


def _applies(evidence: Evidence) -> str | None:
    if evidence.settings.preset != "local":
        return "only mongoping local looks around"
    if not any(one.status == "failed" for one in evidence.of("tcp")):
        return "something listens where it was looked for"
    return None


def _lines(seen: NeighboursSeen) -> list[Line]:
    if not seen.found:
        return [Line("instead", "nothing listens on 27017 to 27019 either", "skip")]
    return [
        Line(
            "instead",
            f"{one.where}  {'MongoDB' if one.mongodb else one.process or 'not MongoDB'}",
            "skip",
        )
        for one in seen.found
    ]


CHECK = Check(
    name="neighbours",
    layer="tcp",
    summary="what listens instead on this machine",
    run=run,
    needs=("uri",),
    after=("tcp",),
    applies=_applies,
    lines=_lines,
)
