"""The cheap health check: one hello over one socket, without the driver, a loop or a login.

For health checks that run every few seconds for years. It blocks, and imports as little as it
can; TLS and SRV cost their imports only where the connection string asks for them. What it
cannot tell for certain from one hello it leaves to ``mongoping check``.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from mongoping.model import Host
from mongoping.probe import wire
from mongoping.probe.roles import WRITABLE_ROLES, role_of
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.target import Parsed, Target

DEPTHS = ("tcp", "hello", "primary")
API_VERSION_REQUIRED, COMMAND_NOT_FOUND = 498870, 59
LEAST_WIRE = 8  # MongoDB 4.2, the oldest that this driver's generation talks to
LEAST_S = 0.05
MAX_HOSTS = 60


class HostSeen(Record):
    """One host: how far it was got through, in which time (ms), and what stopped it."""

    host: str
    layer: str  # the last one that was reached
    duration_ms: float
    role: str | None = None
    cause: str | None = None
    detail: str = ""


class Probe(Record):
    """What came of one probe. ``cause`` is None where it is as healthy as was asked for."""

    uri: str
    depth: str
    cause: str | None
    layer: str
    detail: str
    hosts: tuple[HostSeen, ...] = ()
    started: float = 0.0  # seconds since the epoch
    duration_ms: float = 0.0
    tls: bool = False


class _StoppedError(Exception):
    """A host cannot be got through to: layer, cause and detail."""

    def __init__(self, layer: str, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.layer, self.cause, self.detail = layer, f"{layer}.{cause}", detail


def probe(
    parsed: Parsed, depth: str = "hello", timeout: float = 5.0, resolver: str | None = None
) -> Probe:
    """Look once, for ``timeout`` seconds at most. Never raises for what it finds."""
    began, started = time.monotonic(), time.time()

    def ended(cause: str | None, layer: str, detail: str, hosts: tuple[HostSeen, ...]) -> Probe:
        took = (time.monotonic() - began) * 1000
        tls = parsed.target is not None and _uses_tls(parsed.target)
        return Probe(parsed.shown, depth, cause, layer, detail, hosts, started, took, tls)

    target = parsed.target
    if target is None:
        problem = parsed.problem
        cause = problem.cause if problem else "uri.malformed"
        return ended(cause, "uri", problem.detail if problem else "", ())
    deadline = began + timeout
    try:
        hosts = list(target.hosts) if not target.srv else _srv(target, deadline, resolver)
        context = _context(parsed, target) if _uses_tls(target) else None
    except _StoppedError as error:
        return ended(error.cause, error.layer, error.detail, ())
    seen: list[HostSeen] = []
    for at, host in enumerate(hosts):
        if at >= MAX_HOSTS:
            break
        share = max((deadline - time.monotonic()) / (len(hosts) - at), LEAST_S)
        row, primary = _host(parsed, host, depth, share, context, resolver)
        seen.append(row)
        if row.cause is None and (depth != "primary" or row.role in WRITABLE_ROLES):
            words = f"{row.role or 'a server'} {row.host}" if depth != "tcp" else row.host
            return ended(None, row.layer, words, tuple(seen))
        if depth == "primary" and primary is not None and primary not in hosts:
            hosts.append(primary)  # as a driver would, it asks whom the others name
    cause, layer, detail = _worst(seen)
    return ended(cause, layer, detail, tuple(seen))


def _worst(seen: list[HostSeen]) -> tuple[str, str, str]:
    """Why none of the hosts will do: what stopped the one that was got furthest through to."""
    answered = [one for one in seen if one.cause is None]
    if answered:
        roles = ", ".join(f"{one.host} is {one.role}" for one in answered)
        empty = all(one.role == "uninitialized" for one in answered)
        cause = "topology.not-initialized" if empty else "topology.no-primary"
        return cause, "topology", f"no member takes writes: {roles}"
    order = ("dns", "tcp", "tls", "hello")
    last = max(seen, key=lambda one: order.index(one.layer) if one.layer in order else 0)
    return last.cause or "hello.unexplained", last.layer, last.detail


def _uses_tls(target: Target) -> bool:
    own = target.options.get("tls")
    return bool(own) if own is not None else target.srv


def _host(
    parsed: Parsed, host: Host, depth: str, timeout: float, context: Any, resolver: str | None
) -> tuple[HostSeen, Host | None]:
    """One host, as deep as is asked; and the primary that it names, if it names one."""
    began = time.monotonic()
    name = str(host)

    def row(layer: str, **more: Any) -> HostSeen:
        return HostSeen(name, layer, (time.monotonic() - began) * 1000, **more)

    sock: Any = None
    try:
        sock = _connect(host, began + timeout, resolver)
        if depth == "tcp":
            return row("tcp"), None
        if context is not None:
            sock = _start_tls(sock, context, host, began + timeout)
        reply = _hello(sock, parsed, began + timeout)
    except _StoppedError as error:
        detail = f"{name}: {error.detail}"
        return row(error.layer, cause=error.cause, detail=detail), None
    finally:
        if sock is not None:
            sock.close()
    return row("hello", role=role_of(reply)), _named(reply)


def _named(reply: dict[str, Any]) -> Host | None:
    primary = reply.get("primary")
    if not isinstance(primary, str) or len(primary) > 300:
        return None
    name, _, port = primary.lower().rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        return None
    return Host(name.removeprefix("[").removesuffix("]"), int(port))


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), LEAST_S)


def _connect(host: Host, deadline: float, resolver: str | None) -> Any:
    """A connected socket; every address is tried, as the driver tries them."""
    if host.is_socket:
        return _dial(socket.AF_UNIX, host.name, deadline)
    found = _addresses(host, deadline, resolver)
    last: _StoppedError | None = None
    for at, (family, address) in enumerate(found):
        share = _left(deadline) / (len(found) - at)
        try:
            return _dial(family, address, time.monotonic() + share)
        except _StoppedError as error:
            last = error
    raise last or _StoppedError("dns", "host-not-found", "the name has no address")


def _dial(family: int, address: Any, deadline: float) -> Any:
    import errno

    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(_left(deadline))
        sock.connect(address)
    except TimeoutError:
        sock.close()
        raise _StoppedError("tcp", "timeout", "no answer to the attempt to connect") from None
    except OSError as error:
        sock.close()
        words = error.strerror or str(error)
        kind = "unexplained"
        if isinstance(error, ConnectionRefusedError):
            kind, words = "refused", "Connection refused"
        elif isinstance(error, ConnectionResetError):
            kind = "reset"
        elif isinstance(error, FileNotFoundError):
            kind = "socket-not-found"
        elif error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL):
            kind = "unreachable"
        raise _StoppedError("tcp", kind, words) from None
    return sock


def _addresses(host: Host, deadline: float, resolver: str | None) -> list[tuple[int, Any]]:
    port = host.port or 27017
    name = host.name.partition("%")[0]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name)
        except OSError:
            continue
        return [(family, (host.name, port))]
    if resolver is not None:
        from mongoping.smoke.lookup import addresses

        return [(family, (text, port)) for family, text in _looked(addresses, name, resolver)]
    # PyMongo asks IPv4 only for localhost
    family = socket.AF_INET if name == "localhost" else socket.AF_UNSPEC
    ask = (host.name, port, family, socket.SOCK_STREAM)
    answer = socket.getaddrinfo(*ask) if name == "localhost" else _in_time(ask, deadline)
    return [(one[0], one[4]) for one in answer]


def _in_time(ask: tuple[Any, ...], deadline: float) -> list[Any]:
    """getaddrinfo knows no deadline; its thread is left behind where it takes too long."""
    import threading

    box: list[Any] = []

    def look() -> None:
        try:
            box.append(socket.getaddrinfo(*ask))
        except OSError as error:
            box.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not box:
        raise _StoppedError("dns", "timeout", f"no answer for {ask[0]} from the resolver")
    if isinstance(box[0], socket.gaierror):
        missing = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        kind = "host-not-found" if box[0].errno in missing else "resolver-failed"
        raise _StoppedError("dns", kind, f"{ask[0]}: {box[0].strerror}")
    if isinstance(box[0], OSError):
        raise _StoppedError("dns", "unexplained", f"{ask[0]}: {box[0]}")
    found: list[Any] = box[0]
    return found


def _looked(look: Any, *args: Any) -> Any:
    """A lookup by dnspython, whose failures are causes as well."""
    from mongoping.smoke.lookup import LookupFailedError

    try:
        return look(*args)
    except LookupFailedError as error:
        raise _StoppedError("dns", error.kind, str(error)) from None


def _srv(target: Target, deadline: float, resolver: str | None) -> list[Host]:
    from mongoping.smoke.lookup import seeds

    found: list[Host] = _looked(seeds, target, resolver, _left(deadline))
    return found


def _context(parsed: Parsed, target: Target) -> Any:
    from mongoping.probe import tls

    password = parsed.credentials.key_password if parsed.credentials else None
    try:
        return tls.context(target.options, password)
    except tls.KeyFileError as error:
        raise _StoppedError("tls", "bad-key-file", str(error)) from None


def _start_tls(sock: Any, context: Any, host: Host, deadline: float) -> Any:
    import ssl

    from mongoping.smoke.certificates import cause_of

    try:
        sock.settimeout(_left(deadline))
        return context.wrap_socket(sock, server_hostname=host.name)
    except ssl.SSLError as error:
        sock.close()
        raise _StoppedError("tls", *cause_of(error)) from None
    except (OSError, ValueError) as error:
        sock.close()
        raise _StoppedError("tls", "unexplained", f"the handshake ended: {error}") from None


def _hello(sock: Any, parsed: Parsed, deadline: float) -> dict[str, Any]:
    """The reply to hello, by whichever name and version the server takes it."""
    ask: dict[str, Any] = {"hello": 1}
    if parsed.target is not None and parsed.target.load_balanced:
        ask["loadBalanced"] = True
    ask["client"] = {
        "driver": {"name": "mongoping", "version": "probe"},
        "os": {"type": "unknown"},
        "application": {"name": "mongoping"},
    }
    reply = _command(sock, ask, deadline)
    if reply.get("code") == API_VERSION_REQUIRED:
        reply = _command(sock, {**ask, "apiVersion": "1"}, deadline)
    elif reply.get("code") == COMMAND_NOT_FOUND:
        rest = {key: value for key, value in ask.items() if key != "hello"}
        reply = _command(sock, {"ismaster": 1, **rest}, deadline)
    if not reply.get("ok"):
        words = str(reply.get("errmsg") or "the server answered hello with an error")[:300]
        raise _StoppedError("hello", "unexplained", words)
    newest = reply.get("maxWireVersion")
    if not isinstance(newest, (int, float)) or isinstance(newest, bool):
        raise _StoppedError("hello", "not-mongodb", "the reply to hello holds none of its fields")
    if newest < LEAST_WIRE:
        raise _StoppedError("hello", "wire-version-too-old", f"the server speaks up to {newest:g}")
    return reply


def _command(sock: Any, command: dict[str, Any], deadline: float) -> dict[str, Any]:
    try:
        sock.settimeout(_left(deadline))
        sock.sendall(wire.message(command))
        header = _exactly(sock, wire.HEADER_BYTES, deadline)
        return wire.reply(header, _exactly(sock, wire.body_length(header), deadline))
    except TimeoutError:
        raise _StoppedError("hello", "no-reply", "no reply to hello in time") from None
    except wire.WireError as error:
        raise _StoppedError("hello", "not-mongodb", str(error)) from None
    except OSError as error:
        words = f"the connection ended at hello: {error.strerror or error}"
        raise _StoppedError("hello", "closed-by-server", words) from None


def _exactly(sock: Any, size: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        sock.settimeout(_left(deadline))
        if time.monotonic() >= deadline:
            raise TimeoutError
        part = sock.recv(min(16384, size - len(parts)))
        if not part:
            raise OSError(f"closed after {len(parts)} of {size} bytes")
        parts += part
    return bytes(parts)
