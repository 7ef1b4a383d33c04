"""Find out why a port or a socket refuses connections: what listens there, here and nearby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._attempts import attempts_text, connect_to, one_address, provenance, with_port
from mongoping.lazy_re import lazy_compile
from mongoping.model import Evidence, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote, start_mongod

if TYPE_CHECKING:
    from collections.abc import Sequence


CHECK_RUNNING = "Check that mongod is running, and that net.port and net.bindIp in its configuration include this address."
ONE_FAMILY = (
    "If mongod listens only on IPv4, use 127.0.0.1, or add ::1 to net.bindIp and set net.ipv6."
)
REMOTE_FAMILY = "If mongod listens only on IPv4, connect to its IPv4 address, or add the IPv6 address to net.bindIp and set net.ipv6."
NO_AVX = "If mongod ends with 'Illegal instruction', use MongoDB 4.4 or a CPU with AVX, which 5.0 and newer need."
PUBLISH = "If mongod runs in Docker, publish its port:"
WITH_DOCKER = Remedy(PUBLISH, command="docker run -d -p 27017:27017 mongo")
SOCKETS = "/tmp/mongodb-*.sock"  # noqa: S108 - mongod's own default
IN_CONTAINER = "If the program runs in a container, replace localhost with the service's name or host.docker.internal."
_COMMAND = lazy_compile(r": (?=(?:sudo|mkdir|brew|net|docker|mongoping) )")


def _refuses_since(evidence: Evidence, host: str) -> Match | None:
    """Match a host that answered the probe and has refused connections since."""
    driver = of.driver(evidence)
    if driver is None or of.driver_works(evidence) or driver.again.get(host) != "refused":
        return None
    if driver.kept.get(host) == "ok":
        return None  # the server runs, and something limits connections to it
    return Match(
        f"{host} answered hello a moment ago, and refuses connections now",
        (
            "Run this again if the server is being restarted; if not, check its log for why it ended.",
        ),
    )


def connection_refused(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "refused":
        return _refuses_since(evidence, host) or one_address(evidence, host, "refused")
    if of.host_of(evidence, host).is_socket:
        return _no_socket_file(host) if failure.facts.get("regular_file") else _stale_socket(host)
    detail = f"{host} refused the connection ({attempts_text(evidence, host)})"
    remedies: tuple[Remedy, ...] = ()
    other = _other_family(evidence, host)
    if other is not None:
        detail += f"; {other} accepts, but PyMongo uses only IPv4 for localhost"
        address = other if other.startswith("/") else with_port(other, host)
        remedies = (
            connect_to(evidence, host, address, "Connect to"),
            Remedy("Add 127.0.0.1 to net.bindIp in the server's configuration."),
        )
    elif here := _listens_here(evidence, host):
        name, address = here
        own = of.host_of(evidence, host).name
        detail += f"; on this machine, {name} listens on {address}"
        remedies = (
            connect_to(evidence, host, address, "Connect to"),
            Remedy(f"Add {own} to net.bindIp in the server's configuration."),
        )
    elif alternative := _instead(evidence):
        detail += f"; {alternative[0]} answers instead"
        remedies = (connect_to(evidence, host, alternative[0], "Connect to the server at"),)
    has_local_listener = other is not None or _listens_here(evidence, host) is not None
    remedies += provenance(evidence, host)
    if not has_local_listener:
        remedies += _how_to_start(evidence, host)
    ruled_out = _beside_the_point(evidence, host, has_alternative=has_local_listener)
    if ONE_FAMILY in ruled_out and not has_local_listener and _only_ipv6(evidence, host):
        remedies += (Remedy(REMOTE_FAMILY),)
    if not host.endswith(":27017") and PUBLISH not in ruled_out:
        remedies += _publish(evidence, host, ruled_out)
        ruled_out += (PUBLISH,)
    return Match(detail, remedies, instead_of=ruled_out)


def _only_ipv6(evidence: Evidence, host: str) -> bool:
    """Return whether all addresses that were tried are IPv6."""
    facts = of.tcp(evidence, host)
    attempts = facts.attempts if facts is not None else ()
    return bool(attempts) and all(":" in attempt.address for attempt in attempts)


def _publish(evidence: Evidence, host: str, ruled_out: Sequence[str]) -> tuple[Remedy, ...]:
    """Return the remedy for a container on this port, after the general ones more likely than it.

    For several hosts there is none, because one container cannot be all of them.
    """
    if len(evidence.hosts) != 1:
        return ()
    port = host.rpartition(":")[2]
    first = [text for text in (CHECK_RUNNING, IN_CONTAINER) if text not in ruled_out]
    docker = Remedy(PUBLISH, command=f"docker run -d -p {port}:27017 mongo")
    return (*map(Remedy, first), docker)


def _no_socket_file(path: str) -> Match:
    """Return the finding on a path that leads to a file of another kind."""
    return Match(
        f"{path} is a file, but no socket",
        (
            Remedy(
                "Correct the path. Look for the socket of a running mongod:",
                command=f"ls {SOCKETS}",
            ),
        ),
        instead_of=(CHECK_RUNNING, IN_CONTAINER, PUBLISH, ONE_FAMILY, NO_AVX),
        title="The path does not lead to a UNIX socket",
        explanation="The connection string names a UNIX socket, but the file there is not one.",
    )


def _stale_socket(path: str) -> Match:
    """Return the finding on a socket file whose process has ended."""
    return Match(
        f"the socket file {path} exists, and no process listens on it",
        (
            Remedy("Start mongod, which replaces the file that an earlier one left behind."),
            Remedy("Look for the socket of a running mongod:", command=f"ls {SOCKETS}"),
            Remedy("Remove the stale file:", command=f"rm {quote(path)}"),
        ),
        instead_of=(CHECK_RUNNING, IN_CONTAINER, PUBLISH, ONE_FAMILY, NO_AVX),
        title="Nothing listens on the UNIX socket",
        explanation="A mongod creates the socket file and removes it when it stops. If it crashes, "
        "the file stays, and connections to it are refused.",
    )


def _other_family(evidence: Evidence, host: str) -> str | None:
    """Return an address that accepts and that PyMongo does not try."""
    facts = of.tcp(evidence, host)
    attempts = facts.attempts if facts else ()
    return next((attempt.address for attempt in attempts if attempt.failure is None), None)


def _is_this_machine(evidence: Evidence, host: str) -> bool:
    """Return whether a host, or one of its addresses that were tried, is the loopback interface."""
    facts = of.tcp(evidence, host)
    addresses = [attempt.address for attempt in facts.attempts] if facts else []
    return of.is_loopback(host) or any(map(of.is_loopback, addresses))


def _beside_the_point(evidence: Evidence, host: str, *, has_alternative: bool) -> tuple[str, ...]:
    """Return the general remedies that the evidence rules out."""
    facts = of.tcp(evidence, host)
    addresses = [attempt.address for attempt in facts.attempts] if facts else []
    here = _is_this_machine(evidence, host)
    rows: list[str] = []
    if not of.is_loopback(host):
        rows.append(IN_CONTAINER)
    if not here or not any(":" in address for address in addresses):
        rows.append(ONE_FAMILY)
    if has_alternative:
        rows += [CHECK_RUNNING, PUBLISH, NO_AVX, IN_CONTAINER, ONE_FAMILY]
    if not here:
        rows += [PUBLISH, NO_AVX]
    nearby = observation(evidence, "neighbors")
    if nearby is not None and nearby.container:
        rows.append(IN_CONTAINER)
    return tuple(dict.fromkeys(rows))


def _listens_here(evidence: Evidence, host: str) -> tuple[str, str] | None:
    """Return what listens on the same port at another address of this machine, and where."""
    listener = observation(evidence, "listener", host)
    facts = of.tcp(evidence, host)
    addresses = {attempt.address for attempt in facts.attempts} if facts else set()
    port = host.rpartition(":")[2]
    for address in listener.addresses if listener is not None else ():
        destination = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - seen
        if destination in addresses or destination.startswith("fe80:"):
            continue
        where = f"[{destination}]:{port}" if ":" in destination else f"{destination}:{port}"
        return (listener.name if listener is not None else None) or "a process", where
    return None


def _instead(evidence: Evidence) -> list[str]:
    """Return where servers answer hello near the port that was asked for."""
    nearby = observation(evidence, "neighbors")
    return [server.where for server in nearby.found if server.mongodb] if nearby else []


def _how_to_start(evidence: Evidence, host: str) -> tuple[Remedy, ...]:
    if not _is_this_machine(evidence, host):
        return ()
    nearby = observation(evidence, "neighbors")
    if nearby is not None:
        start = tuple(_with_command(text) for text in nearby.advice)
        return (_outside(evidence, host) if nearby.container else ()) + start
    if of.is_loopback(host) and len(evidence.hosts) == 1:  # a member needs its own data
        port = host.rpartition(":")[2]
        command = start_mongod(f"mongodb-{port}", f"--port {port} ")
        return (Remedy("Start the server, for example:", command=command),)
    return ()


def _outside(evidence: Evidence, host: str) -> tuple[Remedy, ...]:
    """Return the servers that a program in a container usually means by localhost."""
    port = host.rpartition(":")[2]
    service = (
        "In this container, localhost is the container itself. Use the name of the database "
        "service, for example:"
    )
    outside = "For a server on the container's host, use the name of that host:"
    return (
        connect_to(evidence, host, f"mongo:{port}", "").replace(text=service),
        connect_to(evidence, host, f"host.docker.internal:{port}", "").replace(text=outside),
    )


def _with_command(text: str) -> Remedy:
    """Return the remedy of a sentence that ends in a command."""
    sentence, *command = _COMMAND.split(text, maxsplit=1)
    return Remedy(f"{sentence}:", command=command[0]) if command else Remedy(text)
