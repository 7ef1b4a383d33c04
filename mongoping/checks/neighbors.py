"""Find what else listens on this machine if ``mongoping local`` finds no server.

This check tries MongoDB's default ports on IPv4, IPv6 and UNIX sockets, sends hello, finds the
process, and advises how to start a server on this machine.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.checks._process_table import owner
from mongoping.checks._socket_addresses import socket_address
from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import Address, Neighbor, NeighborsFacts
from mongoping.probe import unix_sockets
from mongoping.record import Record
from mongoping.runnable import OnceCheck
from mongoping.shell import start_mongod
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context

PORT = 27017  # of mongod, also in its image
PORTS = (PORT, 27018, 27019)  # mongod and mongos, shard server, config server
EACH_S = 0.4  # local servers answer within a millisecond
SOCKET = "/tmp/mongodb-{port}.sock"  # noqa: S108 - mongod's own default


class Machine(Record):
    """The means of this machine to start a server."""

    platform: str
    container: bool
    mongod: bool
    docker: bool
    systemd: bool


def machine() -> Machine:
    """Return how this machine can start a server; container engines leave marker files."""
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


def advice(here: Machine, neighbors: tuple[Neighbor, ...], port: int = PORT) -> tuple[str, ...]:
    """Return how to start or find a server on such a machine, most likely first.

    A service listens on the port of its configuration, which is the default one as a rule.

    Args:
        here: The means of this machine.
        neighbors: What listens on other ports.
        port: The port on which the program expects a server.
    """
    rows = []
    usual = port == PORT
    options = "" if usual else f"--port {port} "
    start = start_mongod("mongodb" if usual else f"mongodb-{port}", options, here.platform)
    if here.mongod and here.systemd and usual:
        rows.append("Start the server: sudo systemctl start mongod")
    elif here.mongod and here.platform != "win32":
        rows.append(f"Start the server: {start}")
    elif here.platform == "darwin":
        rows.append("Start the server: brew services start mongodb-community")
    elif here.platform == "win32":
        if usual or not here.mongod:
            rows.append("Start the server, as an administrator: net start MongoDB")
        if here.mongod:
            rows.append(f"Start a server without the service: {start}")
    if here.docker and not here.container:
        command = f"docker run --rm -d -p {port}:{PORT} mongo"
        rows.append(f"Start a server with Docker: {command}")
    if not rows and not here.container and not any(neighbor.mongodb for neighbor in neighbors):
        rows.append("See a healthy report without a server of your own: mongoping local --sandbox")
    return tuple(rows)


async def run(ctx: Context) -> Outcome:
    """Try MongoDB's default ports on this machine."""
    own_addresses = {(host.name, host.port) for host in ctx.target.hosts}
    tries = [(Host(name, port), name) for port in PORTS for name in ("127.0.0.1", "::1")]
    tries += [(Host(SOCKET.format(port=port), None), "") for port in PORTS]
    other_hosts = [host for host, _ in tries if (host.name, host.port) not in own_addresses]
    answers = await asyncio.gather(*(_look(ctx, host) for host in other_hosts))
    neighbors = tuple(answer for answer in answers if answer is not None)
    here = machine()
    port = next((host.port for host in ctx.target.hosts if host.port is not None), PORT)
    return Outcome(NeighborsFacts(neighbors, here.container, advice(here, neighbors, port)))


async def _look(ctx: Context, host: Host) -> Neighbor | None:
    """Return what listens at an address and whether it answers hello; None if nothing does."""
    from mongoping.probe.connection import ClosedByPeerError, Connection
    from mongoping.probe.wire import WireError

    kind = "unix" if host.is_socket else "ipv6" if ":" in host.name else "ipv4"
    if kind == "unix" and not unix_sockets.available():
        return None
    try:
        connection = await Connection.open(*socket_address(Address(host.name, kind), host), EACH_S)
    except (OSError, TimeoutError):
        return None
    try:
        async with ctx.timeout(EACH_S):
            reply = await connection.command({"hello": 1})
        mongodb = "maxWireVersion" in reply or bool(reply.get("code"))
    except (OSError, TimeoutError, ClosedByPeerError, WireError):
        mongodb = False
    finally:
        connection.close()
    listening = owner(host.port) if host.port else None
    where = host.name.replace("/", "%2F") if host.is_socket else str(host)
    return Neighbor(where, mongodb, listening.name if listening else None)


def _applies(evidence: Evidence) -> str | None:
    if evidence.settings.preset != "local":
        return "only mongoping local tries other ports"
    if not any(result.status == "failed" for result in evidence.of("tcp")):
        return "a server listens at the expected address"
    return None


def _kind(neighbor: Neighbor) -> str:
    return "MongoDB" if neighbor.mongodb else neighbor.process or "not MongoDB"


def _lines(facts: NeighborsFacts) -> list[Line]:
    if not facts.found:
        return [Line("instead", "nothing else listens on ports 27017 to 27019", "skip")]
    return [
        Line("instead", f"{neighbor.where}  {_kind(neighbor)}", "skip") for neighbor in facts.found
    ]


CHECK = OnceCheck(
    name="neighbors",
    layer="tcp",
    summary="what else listens on this machine",
    run=run,
    needs=("uri",),
    after=("tcp",),
    applies=_applies,
    lines=_lines,
)
