"""Causes found while a TCP or UNIX socket connection is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._middleboxes import (
    PROXY_PROTOCOL,
    name_remedies,
    proxy_header_match,
    wants_proxy_header,
)
from mongoping.lazy_re import lazy_compile
from mongoping.model import Cause, Evidence, Failure, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote, start_mongod
from mongoping.units import milliseconds
from mongoping.uri.edit import replace_host

if TYPE_CHECKING:
    from collections.abc import Sequence

NET_DOCS = "https://www.mongodb.com/docs/manual/reference/configuration-options/#net-options"
ATLAS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
CHECK_RUNNING = "Check that mongod is running, and that net.port and net.bindIp in its configuration include this address."
ONE_FAMILY = (
    "If mongod listens only on IPv4, use 127.0.0.1, or add ::1 to net.bindIp and set net.ipv6."
)
OTHER_NETWORK = "Try another network, such as a phone's hotspot: companies, schools and hotels often block port 27017."
NO_AVX = "If mongod ends with 'Illegal instruction', use MongoDB 4.4 or a CPU with AVX, which 5.0 and newer need."
SHORTER = "Shorten the folder of the socket (net.unixDomainSocket.pathPrefix): its path may have about 100 bytes."
CHECK_BETWEEN = "Check the port forward, load balancer or service mesh in between, and whether a server is running behind it."
PUBLISH = "If mongod runs in Docker, publish its port:"
WITH_DOCKER = Remedy(PUBLISH, command="docker run -d -p 27017:27017 mongo")
CHECK_FIREWALLS = (
    "Check the firewalls and security groups between this machine and the server for that TCP port."
)
START_FOR_SOCKET = Remedy(
    "Start mongod on this machine, and compare the path with its sockets:",
    command="ls /tmp/mongodb-*.sock",
)
USE_TCP = Remedy("Use TCP instead:", uri="mongodb://localhost:27017")
SOCKETS = "/tmp/mongodb-*.sock"  # noqa: S108 - mongod's own default
IN_CONTAINER = "If the program runs in a container, replace localhost with the service's name or host.docker.internal."
_COMMAND = lazy_compile(r": (?=(?:sudo|mkdir|brew|net|docker|mongoping) )")


UNREACHABLE = {
    "EINVAL": "the route to this address drops everything (a blackhole route)",
    "EAFNOSUPPORT": "IPv6 is switched off on this system",
    "EADDRNOTAVAIL": "this machine has no address of that family to connect from",
}
"""What an error says beyond its own message, where connect(2) returned it."""


def _attempts(evidence: Evidence, host: str) -> str:
    """Return in words which addresses were tried, and how long the longest attempt took."""
    facts = of.tcp(evidence, host)
    attempts = [attempt for attempt in facts.attempts if attempt.driver] if facts else []
    where = ", ".join(attempt.address for attempt in attempts)
    took = max((attempt.duration_ms for attempt in attempts), default=0.0)
    words = f"{where} after {milliseconds(took)}"
    addresses_facts = of.addresses(evidence, host)
    if addresses_facts is not None and addresses_facts.completed:
        words += f"; the address is that of {addresses_facts.completed}: a search domain completed the name"
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        words += "; host and port come from the SRV record"
    return words


def _one_address(evidence: Evidence, host: str, kind: str) -> Match | None:
    """Match a host that works by one address and fails by another.

    PyMongo tries the addresses one after the other, each for up to connectTimeoutMS.
    """
    facts = of.tcp(evidence, host)
    if facts is None or facts.used is None:
        return None
    dead = [
        attempt
        for attempt in facts.attempts
        if attempt.driver and attempt.failure and attempt.failure.kind == kind
    ]
    if not dead:
        return None
    first = facts.attempts[0].address == dead[0].address
    why = dead[0].failure.message if dead[0].failure else kind
    detail = f"{dead[0].address} of {host} fails ({why}), and {facts.used} works"
    if first and kind == "timeout":
        detail += "; PyMongo tries the dead one first, for connectTimeoutMS (20 s by default)"
    remedies = (
        Remedy(f"Remove {dead[0].address} from DNS, or let the server listen on it."),
        _connect_to(evidence, host, _with_port(facts.used, host), "Until then, connect to"),
    )
    return Match(detail, remedies, severity="warning")


def _with_port(address: str, host: str) -> str:
    """Return an IP address with the port of a host."""
    port = host.rpartition(":")[2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _connect_to(evidence: Evidence, host: str, other: str, text: str) -> Remedy:
    """Return the remedy to use another address, as ``address:port``, in place of a host.

    Its connection string is the given one, corrected; for a host that is not in it, a new one.
    """
    target = evidence.target
    uri = replace_host(target.uri, host, other) if target is not None else None
    return Remedy(f"{text} {other}:", uri=uri or f"mongodb://{other.replace('/', '%2F')}")


def _refuses_since(evidence: Evidence, host: str) -> Match | None:
    """Match a host that answered the probe and has refused connections since."""
    driver = of.driver(evidence)
    if driver is None or of.driver_works(evidence) or driver.again.get(host) != "refused":
        return None
    return Match(
        f"{host} answered hello a moment ago, and refuses connections now",
        (
            "Run this again if the server is being restarted; if not, check its log for why it ended.",
        ),
    )


def connection_refused(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "refused":
        return _refuses_since(evidence, host) or _one_address(evidence, host, "refused")
    if of.host_of(evidence, host).is_socket:
        return _stale_socket(host)
    detail = f"{host} refused the connection ({_attempts(evidence, host)})"
    remedies: tuple[Remedy, ...] = ()
    other = _other_family(evidence, host)
    if other is not None:
        detail += f"; {other} accepts, but PyMongo uses only IPv4 for localhost"
        address = other if other.startswith("/") else _with_port(other, host)
        remedies = (
            _connect_to(evidence, host, address, "Connect to"),
            Remedy("Add 127.0.0.1 to net.bindIp in the server's configuration."),
        )
    elif here := _listens_here(evidence, host):
        name, address = here
        own = of.host_of(evidence, host).name
        detail += f"; on this machine, {name} listens on {address}"
        remedies = (
            _connect_to(evidence, host, address, "Connect to"),
            Remedy(f"Add {own} to net.bindIp in the server's configuration."),
        )
    elif alternative := _instead(evidence):
        detail += f"; {alternative[0]} answers instead"
        remedies = (_connect_to(evidence, host, alternative[0], "Connect to the server at"),)
    has_local_listener = other is not None or _listens_here(evidence, host) is not None
    remedies += _provenance(evidence, host)
    if not has_local_listener:
        remedies += _how_to_start(evidence, host)
    ruled_out = _beside_the_point(evidence, host, has_alternative=has_local_listener)
    if not host.endswith(":27017") and PUBLISH not in ruled_out:
        remedies += _publish(evidence, host, ruled_out)
        ruled_out += (PUBLISH,)
    return Match(detail, remedies, instead_of=ruled_out)


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


def _beside_the_point(evidence: Evidence, host: str, *, has_alternative: bool) -> tuple[str, ...]:
    """Return the general remedies that the evidence rules out."""
    facts = of.tcp(evidence, host)
    addresses = [attempt.address for attempt in facts.attempts] if facts else []
    here = of.is_loopback(host) or any(map(of.is_loopback, addresses))
    rows: list[str] = []
    if not here:
        rows.append(IN_CONTAINER)
    if not any(":" in address for address in addresses):
        rows.append(ONE_FAMILY)
    if has_alternative:
        rows += [CHECK_RUNNING, PUBLISH, NO_AVX, IN_CONTAINER, ONE_FAMILY]
    if not here:
        rows += [PUBLISH, NO_AVX]
    nearby = observation(evidence, "neighbors")
    if nearby is not None and nearby.container:
        rows.append(IN_CONTAINER)
    return tuple(dict.fromkeys(rows))


def _provenance(evidence: Evidence, host: str) -> tuple[Remedy, ...]:
    """Return what to check where the address or the port did not come from the user."""
    rows = []
    facts = of.addresses(evidence, host)
    if facts is not None and facts.completed:
        name = of.host_of(evidence, host).name
        absolute = f"{name}.:{host.rpartition(':')[2]}"
        text = f"If {facts.completed} is not the server, end the name with a dot, which turns search domains off:"
        rows.append(_connect_to(evidence, host, absolute, "").replace(text=text))
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        rows.append(
            Remedy(
                "Compare host and port with the SRV record, which they come from, and correct the "
                "record if the server has moved:",
                command=f"dig SRV {srv.query}",
            )
        )
    return tuple(rows)


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
        _connect_to(evidence, host, f"mongo:{port}", "").replace(text=service),
        _connect_to(evidence, host, f"host.docker.internal:{port}", "").replace(text=outside),
    )


def _with_command(text: str) -> Remedy:
    """Return the remedy of a sentence that ends in a command."""
    sentence, *command = _COMMAND.split(text, maxsplit=1)
    return Remedy(f"{sentence}:", command=command[0]) if command else Remedy(text)


def timeout(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "timeout":
        return _one_address(evidence, host, "timeout")
    detail = f"{host} did not answer ({_attempts(evidence, host)})"
    if of.is_atlas(of.host_of(evidence, host)):
        return Match(
            detail,
            ("Allow outgoing TCP ports 27015 to 27017 in the firewall between here and Atlas.",),
            instead_of=(CHECK_FIREWALLS,),
            alternatives=("atlas.cluster-paused", "atlas.ip-not-allowed"),
            tell_apart=Remedy(
                "Connect from another network; an answer there means that this network blocks the "
                "port:",
                command=f"nc -vz {host.replace(':', ' ')}",
            ),
        )
    port = host.rpartition(":")[2]
    allow = Remedy(
        f"Allow TCP port {port} in the firewalls and security groups between here and the server."
    )
    remedies = (*_provenance(evidence, host), allow)
    return Match(detail, remedies, instead_of=(CHECK_FIREWALLS,))


def connection_reset(evidence: Evidence, host: str) -> Match | None:
    connect = evidence.failure("tcp", host)
    if connect is not None and connect.kind == "reset":
        return Match(f"{host} reset the connection while it was being opened")
    for check in ("tls", "hello"):
        failure = evidence.failure(check, host)
        if failure is None or failure.kind != "reset":
            continue
        facts = of.tls(evidence, host) if check == "tls" else None
        if failure.facts.get("speaks_tls") or (facts and (facts.plain_hello or facts.http)):
            return None
        if any(failure.facts.get(name) for name in ("http", "received", "tls_behind")):
            return None
        return _was_reset(evidence, host, check, failure)
    return None


def _was_reset(evidence: Evidence, host: str, check: str, failure: Failure) -> Match:
    if wants_proxy_header(evidence, host):
        match = proxy_header_match(host)
        return match.replace(instead_of=(CHECK_BETWEEN,))
    detail = f"{host} accepted the connection and reset it {_at(check, failure)}"
    if check == "tls":
        return Match(detail, (*name_remedies(evidence, host), PROXY_PROTOCOL))
    return Match(detail, (CHECK_BETWEEN, PROXY_PROTOCOL))


def _at(check: str, failure: Failure) -> str:
    """Return in words when a connection was reset."""
    if check == "tls":
        return "during the TLS handshake"
    if failure.facts.get("closes_first"):
        return "before any data was sent"
    return f"in reply to hello{' over TLS' if failure.facts.get('tls') else ''}"


def unreachable(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "unreachable":
        return _one_address(evidence, host, "unreachable")
    if "interfaces" in failure.facts:
        return _needs_interface(evidence, host, failure)
    words = UNREACHABLE.get(failure.errno or "")
    why = f"{failure.message} ({failure.errno})" + (f": {words}" if words else "")
    remedies: tuple[Remedy, ...] = ()
    if failure.errno == "EINVAL":
        facts = of.tcp(evidence, host)
        address = facts.attempts[0].address if facts and facts.attempts else host
        text = "Look up the route that this machine uses, and remove it:"
        remedies = (Remedy(text, command=f"ip route get {address}"),)
    return Match(f"no route to {host}: {why}", remedies)


def _needs_interface(evidence: Evidence, host: str, failure: Failure) -> Match:
    """Return the finding on a link-local IPv6 address whose interface is missing or unknown."""
    names = [str(name) for name in failure.facts["interfaces"]]
    address = of.host_of(evidence, host).name.partition("%")[0]
    port = host.rpartition(":")[2]
    there = f" Interfaces here: {', '.join(names)}." if names else ""
    with_zone = f"[{address}%{names[0] if names else 'eth0'}]:{port}"
    target = evidence.target
    uri = replace_host(target.uri, host, with_zone) if target is not None else None
    return Match(
        f"{host} cannot be used: {failure.message}.{there}",
        (
            Remedy(
                "Add the interface that leads to the server to the address:",
                uri=uri or f"mongodb://{with_zone.replace('%', '%25')}",
            ),
        ),
    )


def connection_prohibited(evidence: Evidence, host: str) -> Match | None:
    """Match EACCES or EPERM from the system: the attempt never left this machine."""
    for check in ("tcp", "tls", "hello"):
        failure = evidence.failure(check, host)
        if failure is None or failure.kind != "prohibited":
            continue
        facts = of.tcp(evidence, host)
        attempts = facts.attempts if facts else ()
        tries = [
            attempt.address for attempt in attempts if attempt.failure == failure or check != "tcp"
        ]
        did = "connect to" if check == "tcp" else "send data to"
        return Match(
            f"this machine did not let mongoping {did} {host}: {failure.message} ({failure.errno})",
            (
                Remedy(
                    "Check the route; `prohibit` in it, or a permission error, confirms this:",
                    command=f"ip route get {tries[0] if tries else host}",
                ),
            ),
        )
    return _one_address(evidence, host, "prohibited")


def socket_not_found(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or not of.host_of(evidence, host).is_socket:
        return None
    if failure.kind == "not-found":
        return _no_socket(evidence, host, failure)
    if failure.errno in ("EOPNOTSUPP", "ENOTSUP"):
        detail = f"{host} is a UNIX socket, which Python and PyMongo do not support on this system"
        return Match(detail, (USE_TCP,), instead_of=(START_FOR_SOCKET.text, USE_TCP.text))
    if failure.kind == "os":
        return Match(f"the socket {host} cannot be opened: {failure.message}", (SHORTER,))
    if failure.kind == "denied":
        return Match(
            f"this user has no permission to open the socket {host}",
            (
                "Run the program as the user of mongod, or set net.unixDomainSocket.filePermissions.",
            ),
        )
    return None


def _no_socket(evidence: Evidence, host: str, failure: Failure) -> Match:
    """Return the finding on a socket that does not exist; others in its folder come first."""
    others = [str(path) for path in failure.facts.get("sockets", ())]
    if not others:
        return Match(f"there is no socket {host}")
    detail = f"there is no socket {host}; its folder has {', '.join(others)}"
    remedies = tuple(_connect_to(evidence, host, path, "Use the socket") for path in others)
    return Match(detail, remedies, instead_of=(START_FOR_SOCKET.text,))


def proxy(evidence: Evidence, host: str) -> Match | None:
    warnings = evidence.target.warnings if evidence.target else ()
    options = {str(warning.option).lower() for warning in warnings}
    failure = evidence.failure("tcp", host)
    if failure is not None and "proxyhost" in options | {name.lower() for name in evidence.options}:
        return Match(f"{host} was tried directly ({failure.message}): PyMongo ignores proxyHost")
    reply = _quote_reply(evidence, host)
    if reply.startswith("HTTP/") and ("proxy" in reply.lower() or " 407 " in reply):
        return Match(f'a proxy answers in place of {host}: "{reply.splitlines()[0]}"')
    return None


def _quote_reply(evidence: Evidence, host: str) -> str:
    """Return what a peer that is not MongoDB sent: its first bytes, or its answer to HTTP."""
    facts = of.tls(evidence, host)
    if facts is not None and facts.first_bytes:
        return facts.first_bytes
    if facts is not None and facts.http:
        return facts.http
    for check in ("hello", "tls"):
        failure = evidence.failure(check, host)
        if failure is not None and failure.facts.get("head"):
            return str(failure.facts["head"])
        if failure is not None and failure.facts.get("http"):
            return str(failure.facts["http"])
    return ""


MEMBERS = ("topology.member-unreachable",)
TLS_REASONS = (  # for which a peer resets a connection after an alert, or instead of one
    "tls.alert-internal-error",
    "tls.client-certificate-rejected",
    "tls.client-certificate-required",
    "tls.protocol-version",
    "tls.required-by-server",
)

CAUSES = (
    Cause(
        code="tcp.refused",
        title="Nothing listens on that port",
        awaits="a server to listen",
        explanation="The machine was reached and refused the connection: no server is running "
        "there, or it listens only on another port or address (net.bindIp).",
        remedies=(
            CHECK_RUNNING,
            IN_CONTAINER,
            WITH_DOCKER,
            ONE_FAMILY,
            NO_AVX,
        ),
        links=(NET_DOCS,),
        when_host=connection_refused,
        hidden_by=(*MEMBERS, "atlas.private-endpoint"),
        says=(
            r"(?#possible)node set can ?not be reached",
            r"(?#also)Channel not found from the primary node",
            r"(?<!querySrv )(?<!queryTxt )(?<!code: ['\"])\bECONNREFUSED\b(?![^\n]{0,40}_mongodb)",
            r"(?<!53: )Connection refused(?! because)",
            r"target machine actively refused|No connection could be made because",
            r"⟨code 6⟩[^\n]{0,200}[Cc]onnection refused",
            r"(?#possible)no reachable servers?\b",
            r"(?#possible)failed to connect to server \[[^\]\n]{1,300}\] on first connect",
            r"(?#possible)couldn't connect to server",
            r"(?#possible)Exception opening socket",
            r"(?#possible)connection error calling (?:hello|is ?master)",
        ),
    ),
    Cause(
        code="tcp.timeout",
        title="The server does not answer: packets are dropped on the way",
        awaits="the host to answer",
        explanation="The connection attempt got no answer at all, not even a refusal. A firewall "
        "drops it, the address is wrong or in another network, or the machine is down.",
        remedies=(
            CHECK_FIREWALLS,
            "Check that the machine at this address is running, and reachable from this network (VPN, peering).",
            OTHER_NETWORK,
        ),
        links=(TROUBLE_DOCS, ATLAS_DOCS),
        when_host=timeout,
        hidden_by=(*MEMBERS, "atlas.cluster-paused", "atlas.private-endpoint", "tcp.proxy"),
        says=(
            r"(?#possible)Socket 'secureConnect' timed out",
            r"connect_timeout expired|socket took over [\d.]{1,9}+ seconds to connect|Socket connection timed out",
            r"tcp connect: (?:connection )?time(?:d )?out|connection timeout while polling",
            r"(?<!querySrv )(?<!queryTxt )\bETIMEDOUT\b",
            r"(?#likely)(?<!NetworkTimeout: )(?<![\w.-])[\w.-]{1,250}:\d{2,5}: timed out",
            r"[Cc]onnection timed out",
            r"connect timed out",
            r"(?#likely)(?<!MongoOperationTimeout)Error: timed out",
            r"dial tcp [^\n]{1,160}: i/o timeout",
            r"dial tcp [^\n]{1,160}: connectex: A connection attempt failed",
            r"(?#likely)Socket 'connect' timed out",
            r"(?<!handshake )(?<!read )[Oo]peration timed out",
            r"(?#also)handshake operation timed out",
            r"connected (?:party|host) (?:did not properly|has failed to) respond",
            r"connection timeout calling",
            r"Failed to connect to \S{1,300}+ after \d{1,7}+ ?ms",
            r"[Tt]imed out (?:while )?(?:trying to )?connect(?:ing)? to ",
            r"(?#likely)(?<!TimeoutError: )connection \d{1,9}+ to \S{1,300}+ timed out",
            r"(?#also)NetworkTimeout\w{0,5}+: (?:connection \d{1,9}+ to )?\S{1,300}+ timed out",
            r"(?#also)connection <monitor> to \S{1,300} timed out",
            r"(?#possible)No servers found yet",
            r"(?#possible)⟨unheard⟩",
            r"(?#also)no reachable servers?\b|connection pool paused",
            r"(?#also)couldn't connect to server",
            r"(?#also)Exception opening socket",
            r"(?#also)\] on first connect",
            r"connect ETIMEOUT",
            r"(?#possible)No replica set members found yet",
            r"(?#possible)(?<!selection error: )context deadline exceeded",
            r"(?#also)connection error calling (?:hello|is ?master)",
        ),
    ),
    Cause(
        code="tcp.reset",
        title="The connection is reset instead of answered",
        awaits="the server to keep the connection",
        explanation="Something accepts the connection and resets it, at once or when the client "
        "sends data: a forwarder or load balancer without a server behind it, a firewall, or a "
        "server that crashes.",
        remedies=(
            CHECK_BETWEEN,
            "Check the server log at this time: a line 'connection accepted' shows that the server was reached.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=connection_reset,
        hidden_by=("atlas.ip-not-allowed", *TLS_REASONS),
        says=(
            r"(?#likely)(?<!code: ['\"])\bECONNRESET\b",
            r"(?#likely)[Cc]onnection reset(?: by peer)?",
            r"(?#likely)forcibly closed by (?:the|a) remote host",
            r"(?#possible)\bE(?:PIPE|CONNABORTED)\b|Broken pipe",
            r"(?#also)Prematurely reached end of stream",
        ),
    ),
    Cause(
        code="tcp.unreachable",
        title="There is no route to the server",
        awaits="a route to the host",
        explanation="The operating system has no route to that address: no network, no IPv6, or a "
        "private network that this machine is not part of.",
        remedies=(
            "Check this machine's network and VPN, and whether it can reach the network of that address.",
            "If this network has no IPv6, connect to an IPv4 address or to a name that has one.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=unreachable,
        hidden_by=(*MEMBERS, "atlas.private-endpoint"),
        says=(
            r"(?#likely)\bEAFNOSUPPORT\b|[Aa]ddress family not supported|incompatible with the requested protocol was used",
            r"(?#possible)AutoReconnect\W{1,3}(?:\S{1,200}: )?\[Errno 22\]",
            r"\bE(?:HOSTUNREACH|NETUNREACH|NETDOWN|HOSTDOWN)\b",
            r"\bEADDRNOTAVAIL [0-9a-f]{0,4}:[0-9a-f]{0,4}:",
            r"(?#also)\bEADDRNOTAVAIL\b",
            r"No route to host|Network is unreachable|Host is (?:down|unreachable)|NoRouteToHostException",
            r"unreachable (?:network|host)\b",
            r"(?#likely)Cannot assign requested address",
            r"requested address is not valid in its context",
        ),
    ),
    Cause(
        code="tcp.prohibited",
        title="A rule on this machine blocks the connection",
        explanation="The operating system refused the attempt itself, so no packet left this "
        "machine. An output rule of a firewall, a `prohibit` route, the restrictions of a service "
        "or container, or a security module (SELinux, AppArmor) forbids it.",
        remedies=(
            Remedy(
                "Look for an output rule for this address, port or user:",
                command="sudo nft list ruleset",
            ),
            Remedy(
                "Check whether SELinux or AppArmor denied it:",
                command="sudo ausearch -m AVC -ts recent",
            ),
            Remedy(
                "If the program is a systemd service, check IPAddressDeny= and PrivateNetwork=:",
                command="systemctl show UNIT -p IPAddressDeny -p PrivateNetwork",
            ),
            "On Windows and macOS, allow the program in the firewall or endpoint protection.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=connection_prohibited,
        hidden_by=MEMBERS,
        says=(
            r"(?#likely)Permission denied\W{1,3}(?:calling (?:hello|is ?master)|connect\(2\))",
            r"(?#likely)Kind: I/O error: Permission denied|SocketException \(13\): Permission denied",
            r"(?#likely)(?:[Cc]onnect(?:ion|ing)?|connect\(\)) (?:to \S{1,200} )?(?:failed|error)?: ?[Pp]ermission denied",
            r"connect (?:EACCES|EPERM) (?!\S{0,200}\.sock)\S",
            r"dial tcp [^\n]{1,160}: connect: (?:permission denied|operation not permitted)",
            r"(?<![\w.-])[\w.-]{1,250}:\d{2,5}: \[Errno (?:1|13)\]",
            r"in a way forbidden by its access permissions|\bWSAEACCES\b|WinError 10013",
        ),
    ),
    Cause(
        code="tcp.socket-not-found",
        title="The UNIX socket cannot be used",
        awaits="the socket file to appear",
        explanation="A host that ends in .sock is a UNIX domain socket. The file does not exist or "
        "cannot be opened. mongod creates it in /tmp by default.",
        remedies=(
            START_FOR_SOCKET,
            USE_TCP,
        ),
        links=(NET_DOCS,),
        when_host=socket_not_found,
        says=(
            r"(?#also)No such file or directory \(os error 2\)",
            r"\b(?:ENOENT|EACCES|EPERM) \S{0,200}\.sock\b",
            r"\.sock[^\n]{0,20}: \[Errno (?:2|13)\]",
            r"\.sock\b[^\n]{0,60}(?:[Nn]o such file or directory|[Pp]ermission denied)",
            r"dial unix [^\n]{1,200}: connect: (?:no such file|permission denied)",
        ),
    ),
    Cause(
        code="tcp.proxy",
        title="A proxy on the way does not forward the connection to the server",
        explanation="A web proxy answers with HTTP, which is not the MongoDB protocol, or the SOCKS "
        "proxy or SSH tunnel in the client's settings refuses the login or cannot reach the server.",
        remedies=(
            "Allow direct TCP connections to the server's port, without the proxy.",
            Remedy(
                "Forward a port through a host that can connect, then connect to localhost with "
                "directConnection=true:",
                command="ssh -L 27017:SERVER:27017 HOST",
            ),
            "If the client is set to use a proxy or SSH tunnel (proxyHost), check its address, its "
            "login, and that it may connect to the server's host and port.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=proxy,
        says=(
            r"(?#likely)\b(?:SOCKS5?|[Pp]roxy)\b[^\n]{0,80}(?:version|unsupported|unknown reply|malformed|wrong address|acceptable|returned status)|authentication methods listed are acceptable|to the configured proxy server",
            r"\b407 Proxy Authentication Required|⟨says  ?407⟩",
            r"(?#also)⟨says HTTP⟩",
            r"(?:SOCKS5?|proxy) (?:server|connection|handshake|authentication)[^\n]{0,60}(?:fail|reject|refus|error|not allowed)",
            r"Socks5? ?proxy (?:rejected|connection)",
        ),
    ),
)
