"""Causes in the first messages of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.causes import _evidence as of
from mongoping.causes._middleboxes import (
    PROXY_PROTOCOL,
    large_packets_match,
    loses_large_packets,
    name_remedies,
    proxy_header_match,
    wants_proxy_header,
)
from mongoping.causes._remedies import other_host, texts
from mongoping.causes.ping import LEAVING
from mongoping.compat.rules import server_of_wire
from mongoping.data.protocols import recognize
from mongoping.escape import printable
from mongoping.model import Cause, CheckName, Evidence, Failure, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote
from mongoping.units import plural

if TYPE_CHECKING:
    from mongoping.observations import DriverFacts

COMPAT_DOCS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/reference/compatibility/"
)
LIMIT_DOCS = "https://www.mongodb.com/docs/manual/reference/configuration-options/#mongodb-setting-net.maxIncomingConnections"
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
COUNT_CONNECTIONS = Remedy(
    "Count the connections on the server, in mongosh; a server that is full has 0 available:",
    command="db.serverStatus().connections",
)
CHECK_PORT = "Check the host and the port; MongoDB's default port is 27017."
LISTENS = Remedy(
    "Find out what listens on the port, on that machine:", command="ss -ltnp 'sport = :PORT'"
)
CHECK_LOGS = (
    "Check the log of the server, and of the proxy in front of it if there is one, at this time."
)
SERVER_LOG = (
    "Check the server log at this time for 'connection refused because there are too many open "
    "connections' or 'shutdown'."
)
UPGRADE_SERVER = "Upgrade the server, one release series at a time."
OLDER_DRIVER = Remedy(
    "Use an older driver. List which drivers support which servers:", command="mongoping compat"
)
RAISE_LIMIT = (
    "Raise net.maxIncomingConnections and the server process's limit of open files (ulimit -n)."
)
ATLAS_LIMIT = (
    "Choose a larger Atlas tier: the tier sets the limit, for example 500 connections on a free "
    "cluster."
)
DEFAULT_PORT = 27017
ENDS = ("eof", "reset", "refused")  # of a new connection while an old one is served
ELSEWHERE = ", so the limit is that of a proxy, a firewall or the operating system"
CLOSING = ("tls.required-by-server", "hello.too-many-connections", "hello.wire-version-too-old")
NOT_ENDED = ("gaierror", "ConnectionRefusedError")  # there was no connection to close
TLS_CAUSES = (
    "tls.required-by-server",
    "tls.client-certificate-required",
    "tls.client-certificate-rejected",
)


def not_mongodb(evidence: Evidence, host: str) -> Match | None:
    match, own = _not_mongodb(evidence, host), of.host_of(evidence, host)
    if match is None or own.is_socket:
        return match
    port = own.port or DEFAULT_PORT
    listens = LISTENS.replace(command=f"ss -ltnp 'sport = :{port}'")
    if port == DEFAULT_PORT or match.explains or not of.is_seed(evidence, host):
        return match.replace(remedies=(listens,), instead_of=texts(LISTENS))
    name = f"[{own.name}]" if ":" in own.name else own.name
    action = f"Use MongoDB's port, by default {DEFAULT_PORT}"
    remedy = other_host(evidence, action, host, f"{name}:{DEFAULT_PORT}")
    return match.replace(remedies=(remedy, listens), instead_of=texts(CHECK_PORT, LISTENS))


def _not_mongodb(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("hello", host)
    shaking = evidence.failure("tls", host)
    reply = of.quote_reply(evidence, host)
    if failure is not None and failure.kind == "not-mongodb":
        return _foreign(host, failure, reply)
    if failure is not None and failure.kind in ("eof", "reset") and not _is_mongod(reply):
        service = recognize(reply)
        return Match(_host_with_service(host, service, reply)) if service else None
    if shaking is not None and shaking.kind in ("tls", "eof", "reset"):
        return _not_tls(evidence, host, reply)
    return _to_driver(evidence, host)


def _to_driver(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a host that answers the probe correctly, but not the driver."""
    driver = of.driver(evidence)
    failures: dict[CheckName, Failure | None] = {}
    failures["driver"] = driver.failures.get(host) if driver is not None else None
    if host == next(iter(of.hellos(evidence)), None):
        failures["auth"], failures["ping"] = evidence.failure("auth"), evidence.failure("ping")
    for check, failure in failures.items():
        if failure is not None and failure.kind == "not-mongodb":
            detail = (
                f"{host} sends the driver replies that no MongoDB server sends: {failure.message}"
            )
            return Match(detail, explains=(check,))
    return None


def _foreign(host: str, failure: Failure, reply: str) -> Match:
    """Return a match for a reply to hello in another protocol, or with impossible content."""
    service = recognize(reply) or recognize(str(failure.facts.get("http") or ""))
    if service:
        return Match(_host_with_service(host, service, reply))
    if failure.facts.get("wire") in ("length", None) and reply:
        return Match(f'{host} is not a MongoDB server: it sends "{_excerpt(reply)}"')
    return Match(f"{host} sends a reply to hello that no MongoDB server sends: {failure.message}")


def _host_with_service(host: str, service: str, reply: str) -> str:
    return f'{host} is {service}: it sends "{_excerpt(reply)}"' if reply else f"{host} is {service}"


def _excerpt(reply: str) -> str:
    return printable(reply.strip()[:40])


def _not_tls(evidence: Evidence, host: str, reply: str) -> Match | None:
    """Return a match for a reply to a TLS handshake in another protocol; mongod sends none."""
    facts = of.tls(evidence, host)
    if facts is None or facts.plain_hello or _is_mongod(reply):
        return None
    if service := recognize(reply):
        return Match(_host_with_service(host, service, reply))
    if not facts.first_bytes:
        return None
    return Match(
        f'{host} answers the TLS handshake with bytes that are not TLS: "{_excerpt(reply)}"'
    )


def _is_mongod(reply: str) -> bool:
    return "MongoDB over HTTP" in reply


def _lost_packets(failure: Failure) -> str:
    """Return the kernel's evidence of lost packets; the kernel of a hung server still sends ACKs."""
    resent_packets = failure.facts.get("resent")
    if not resent_packets:
        return ""
    return f"; this machine's kernel retransmitted {plural(resent_packets, 'TCP segment')}"


def no_reply(evidence: Evidence, host: str) -> Match | None:
    questions: tuple[tuple[CheckName, str], ...] = (
        ("hello", "hello"),
        ("tls", "the TLS handshake"),
    )
    for check, what in questions:
        failure = evidence.failure(check, host)
        if failure is not None and failure.kind == "timeout":
            if check == "hello" and failure.facts.get("speaks_tls"):
                return None
            if loses_large_packets(evidence, host):
                return large_packets_match(evidence, host)
            if check == "hello" and (received_bytes := failure.facts.get("received")):
                return Match(f"{host} sent {received_bytes} bytes of a reply and then nothing more")
            handshake = of.tls(evidence, host) if check == "tls" else None
            if handshake is not None and handshake.received:
                count = plural(handshake.received, "byte")
                return Match(f"{host} sent {count} in the TLS handshake, which did not end in time")
            return Match(
                f"{host} accepted the connection and sent no reply to {what}{_lost_packets(failure)}",
                (_find_loss(evidence, host),) if failure.facts.get("resent") else (),
            )
    driver, result = of.driver(evidence), evidence.failure("driver")
    # a run that ended before the driver's answer was overdue leaves an unfinished check instead
    late = driver is not None and result is not None and result.kind == "timeout"
    if driver is not None and not of.driver_works(evidence) and _loses_long(driver, host):
        match = large_packets_match(evidence, host)
        return match.replace(
            detail=f"{host} answers a short hello, but not a long one such as the driver's: large "
            "packets are probably lost on the path (MTU of a VPN, tunnel or overlay network)"
        )
    if driver is not None and driver.again.get(host, "timeout") != "timeout":
        return None
    if late and driver and of.hello(evidence, host) and host not in driver.failures:
        known_servers = [server.address for server in driver.servers if server.type != "Unknown"]
        if host not in known_servers:
            return Match(f"{host} replied on the first connection, but not on the next one")
    return None


def _loses_long(driver: DriverFacts, host: str) -> bool:
    """Return whether a host answered a short hello, and not a longer one right after it."""
    return driver.again.get(host) == "ok" and driver.large.get(host) == "timeout"


def _find_loss(evidence: Evidence, host: str) -> Remedy:
    own = of.host_of(evidence, host)
    name, port = quote(own.name), own.port or DEFAULT_PORT
    return Remedy(
        "Find where packets are lost, including large ones (MTU of a VPN or an overlay network):",
        command=f"ping -M do -s 1400 {name}; mtr -T -P {port} {name}",
    )


def _closed_hello(evidence: Evidence, host: str) -> Failure | None:
    """Return the failure of a hello if the host closed the connection without sending anything."""
    failure = evidence.failure("hello", host)
    if failure is None or failure.kind not in ("eof", "reset") or failure.facts.get("received"):
        return None
    if failure.facts.get("tls"):
        facts = of.tls(evidence, host)
        return failure if facts is not None and facts.asks_certificate is False else None
    if failure.facts.get("speaks_tls") or failure.facts.get("legacy_wire") is not None:
        return None
    return failure


def hello_refused(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("hello", host)
    if failure is None or failure.kind != "command" or failure.code in LEAVING:
        return None
    code = f" (code {failure.code})" if failure.code is not None else ""
    return Match(f'{host} replies to hello with an error{code}: "{failure.message}"')


def _cut_off_then_answered(evidence: Evidence, host: str) -> Match | None:
    """Return a match if the host answered the probe, cut off the driver, and answers again."""
    driver = of.driver(evidence)
    if driver is None or of.driver_works(evidence) or driver.again.get(host) != "ok":
        return None
    later = driver.failures.get(host)
    if later is None or later.kind != "driver" or later.facts.get("type") != "AutoReconnect":
        return None
    return Match(
        f"{host} answers again, but closed the driver's connection in between: {later.message}",
        ("Run mongoping again: the server was perhaps just restarted.",),
    )


def _in_tls(evidence: Evidence, host: str) -> Match | None:
    """Return a match if the host closes connections in the handshake and answers nothing else."""
    failure, facts = evidence.failure("tls", host), of.tls(evidence, host)
    if failure is None or failure.kind != "eof" or facts is None or facts.asks_certificate:
        return None
    if facts.plain_hello or facts.http or facts.first_bytes:
        return None
    if facts.behind_proxy_header:
        return proxy_header_match(host)
    detail = f"{host} closed the connection during the TLS handshake, without a reply"
    remedies = (*name_remedies(evidence, host), PROXY_PROTOCOL)
    others: tuple[str, ...] = ("hello.too-many-connections",)
    if facts.plain_hello is None:  # no further connections were made to tell these apart
        others += ("tls.not-enabled-on-server", "tls.protocol-version")
    return Match(detail, remedies, alternatives=others)


def connection_closed(evidence: Evidence, host: str) -> Match | None:
    if match := _in_tls(evidence, host) or _cut_off_then_answered(evidence, host):
        return match
    failure = evidence.failure("hello", host)
    if failure is not None and failure.kind == "command" and failure.code in LEAVING:
        reply = f'{host} replies to hello with "{failure.message}" (code {failure.code})'
        return Match(
            f"{reply}: it is starting up or shutting down",
            ("Wait until the server is up again, then run mongoping again.",),
        )
    if failure is not None and failure.kind == "eof" and failure.facts.get("received"):
        head = str(failure.facts.get("head") or "")
        shown = f' ("{printable(head)}")' if head else ""
        detail = f"{host} closed the connection in the middle of a reply: {failure.message}{shown}"
        return Match(detail)
    failure = _closed_hello(evidence, host)
    if failure is None:
        return None
    if failure.kind == "eof" and wants_proxy_header(evidence, host):
        return proxy_header_match(host)
    if failure.facts.get("tls_behind"):
        return Match(
            f"{host} terminates TLS, but the server behind it expects TLS as well and gets "
            "plaintext",
            (
                "Configure the proxy to use TLS to the server behind it, or to pass TLS through.",
                "If the network behind the proxy is safe, let the server accept plaintext as well: "
                "net.tls.mode: preferTLS.",
            ),
        )
    if failure.kind != "eof":
        return None
    if failure.facts.get("closes_first"):
        return Match(
            f"{host} accepts connections and closes them before the client sends anything",
            (
                "Check that the server behind the port forward (docker, kubectl, ssh) or load "
                "balancer runs: without one, they close connections like this.",
                PROXY_PROTOCOL,
            ),
            alternatives=("hello.too-many-connections",),
            tell_apart=COUNT_CONNECTIONS,
        )
    # without further connections, these look the same
    others = () if "closes_first" in failure.facts else CLOSING
    remedies = (SERVER_LOG, PROXY_PROTOCOL) if failure.facts.get("tls") else ()
    detail = f"{host} closed the connection after hello, without a reply"
    return Match(detail, remedies, alternatives=others)


def _later_ones(evidence: Evidence, host: str) -> Match | None:
    """Return a match if new connections are closed while one opened earlier is still served."""
    for check in ("auth", "ping"):
        failure = evidence.failure(check)
        if failure is None or failure.facts.get("host") != host:
            continue
        facts = failure.facts
        is_closed = facts.get("fresh") in ENDS and not facts.get("fresh_bytes")
        # without a connection of mongoping's own, the driver's monitor is the one that is served
        by_driver = facts.get("kept") is None and of.driver_works(evidence)
        if not is_closed or not (facts.get("kept") == "ok" or by_driver):
            return None
        detail = f"{host} still serves a connection opened earlier, but {_ends(facts)}"
        count = facts.get("connections")
        if count is not None:
            detail += f" (connections: {count['current']} open, {count['available']} available)"
        full = count is not None and count["available"] == 0
        if (count is not None and not full) or facts.get("fresh") == "refused":
            detail += ELSEWHERE
        return Match(
            detail,
            alternatives=() if full else ("hello.closed-by-server",),
            tell_apart=COUNT_CONNECTIONS if count is None else None,
            explains=("auth", "ping", "api"),
        )
    return _driver_turned_away(evidence, host)


def _ends(facts: Mapping[str, Any]) -> str:
    """Return in words how new connections end."""
    if facts.get("fresh") == "refused":
        return "new ones are refused"
    return "closes new ones without a reply"


def _driver_turned_away(evidence: Evidence, host: str) -> Match | None:
    """Return a match if the driver gets no connection while one opened earlier is still served."""
    driver = of.driver(evidence)
    if driver is None or of.driver_works(evidence) or driver.kept.get(host) != "ok":
        return None
    again, later = driver.again.get(host), driver.failures.get(host)
    is_closed = later is not None and later.facts.get("type") == "AutoReconnect"
    if again == "refused":
        how, where = "new ones are refused", ELSEWHERE
    elif again in ENDS or (again == "timeout" and is_closed):
        how, where = "closes new ones without a reply", ""
    else:
        return None
    return Match(
        f"{host} still serves a connection opened earlier, but {how}{where}",
        alternatives=("hello.closed-by-server",),
        tell_apart=COUNT_CONNECTIONS,
    )


def too_many(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a server at its connection limit, with the remedies for its kind."""
    match = _too_many(evidence, host)
    atlas = of.is_atlas(of.host_of(evidence, host))
    return match and match.replace(instead_of=(RAISE_LIMIT if atlas else ATLAS_LIMIT,))


def _too_many(evidence: Evidence, host: str) -> Match | None:
    failure = _closed_hello(evidence, host)
    listener = observation(evidence, "listener", host)
    if failure is not None and failure.facts.get("closes_first") and listener is not None:
        if listener.name and listener.name.startswith("mongo"):
            return Match(
                f"{host} is {listener.name} (pid {listener.pid}), and closes connections before the client sends anything"
            )
        return None
    if match := _later_ones(evidence, host):
        return match
    driver = of.driver(evidence)
    facts = of.hello(evidence, host)
    later = driver.failures.get(host) if driver and not of.driver_works(evidence) else None
    # any other error comes from the driver itself: a reply it cannot parse, or a name lookup
    ends = later is not None and later.facts.get("cause") not in NOT_ENDED
    closes = ends and later is not None and later.facts.get("type") == "AutoReconnect"
    if driver is not None and driver.again.get(host, "eof") not in ("eof", "reset"):
        return None  # by now it is down, or back
    if facts is not None and later is not None and later.kind == "driver" and closes:
        return Match(
            f"{host} replied on the first connection and closed the next ones: {later.message}"
        )
    return None


def too_old(evidence: Evidence, host: str) -> Match | None:
    driver = of.import_facts(evidence)
    floor = driver.min_wire if driver else 9
    needs = f"PyMongo {driver.version} needs" if driver else "PyMongo 4.18 and newer need"
    server = driver.min_server if driver else "4.4"
    failure = evidence.failure("hello", host)
    legacy = failure.facts.get("legacy_wire") if failure is not None else None
    if legacy is not None:
        return Match(
            f"{host} only supports the protocol from before MongoDB 3.6 (wire version {legacy}); {needs} {server}",
            (UPGRADE_SERVER, _listing_drivers(legacy)),
            instead_of=(UPGRADE_SERVER, *texts(OLDER_DRIVER)),
        )
    facts = of.hello(evidence, host)
    if facts is None or facts.max_wire >= floor or (driver is None and facts.max_wire >= 8):
        return None
    version = f"MongoDB {facts.version}" if facts.version else "a MongoDB server"
    if facts.flavour == "cosmosdb":
        return Match(
            f"{host} is Azure Cosmos DB with wire version {facts.max_wire}; {needs} {floor}",
            (
                "Raise the server version of the account in the Azure portal, under Features.",
                *_older_driver(facts.max_wire),
            ),
            instead_of=(UPGRADE_SERVER,),
        )
    return Match(
        f"{host} is {version} with wire version {facts.max_wire}; {needs} {floor} (MongoDB {server})",
        (*_older_driver(facts.max_wire), UPGRADE_SERVER, _listing_drivers(facts.max_wire)),
        instead_of=(UPGRADE_SERVER, *texts(OLDER_DRIVER)),
    )


def _listing_drivers(wire: int) -> Remedy:
    """Return the remedy that lists older drivers, for the server's version if it is known."""
    version = server_of_wire(wire)
    command = f"mongoping compat --server {version}" if version else OLDER_DRIVER.command
    return OLDER_DRIVER.replace(command=command)


def _older_driver(wire: int) -> tuple[Remedy, ...]:
    """Return the remedy that names the newest PyMongo that supports a wire version."""
    for floor, limit in ((8, "4.18"), (7, "4.14"), (6, "4.11")):
        if wire >= floor:
            return (
                Remedy(
                    "Use a driver that still supports the server:",
                    command=f'pip install "pymongo<{limit}"',
                ),
            )
    return ()


def too_new(evidence: Evidence, host: str) -> Match | None:
    facts, driver = of.hello(evidence, host), of.import_facts(evidence)
    if facts is None or driver is None or facts.min_wire <= driver.max_wire:
        return None
    return Match(
        f"{host} requires at least wire version {facts.min_wire}; PyMongo {driver.version} supports up to {driver.max_wire}"
    )


CAUSES = (
    Cause(
        code="hello.not-mongodb",
        title="The host and port belong to something other than MongoDB",
        explanation="The TCP connection works, but no MongoDB server replies like this. Another "
        "service uses the port, or a proxy in front of the server replies instead.",
        remedies=(CHECK_PORT, LISTENS),
        links=("https://www.mongodb.com/docs/manual/reference/default-mongodb-port/",),
        when_host=not_mongodb,
        hidden_by=("tcp.proxy", "tls.not-enabled-on-server", "tls.required-by-server"),
        says=(
            r"⟨says (?!TLS|GET|POST|HEAD|OPTI)[^⟩\n]{1,4}⟩",
            r"(?#likely)Got response id -?\d{1,11} \S{0,20} ?but expected|Got response id -?\d{1,11} but expected",
            r"(?#likely)not longer than standard message header size",
            r"(?#likely)Message length \(-?\d{1,11}\)[^\n]{0,20} is larger than server max message size",
            r"(?#likely)Message size cannot be negative|Invalid message size",
            r"(?#likely)opCode \(-?\d{1,11}\) in the (?:response|reply)|reply message length -?\d{1,11}",
            r"(?#also)Timeout while receiving message|MongoSocketReadTimeout",
            r"(?#also)connection <monitor> to \S{1,300} timed out",
            r"(?#also)⟨eof(?: in plain)?⟩|⟨unheard⟩",
        ),
    ),
    Cause(
        code="hello.no-reply",
        title="The server accepts the connection, but does not reply",
        awaits="the server to answer",
        explanation="The TCP connection works, but no reply arrives: the process hangs or is "
        "stopped, its machine is out of memory, or a port forward leads nowhere.",
        remedies=(
            "Check that the server process is running, and that its machine is not out of memory or disk space.",
            "Try from the server's own machine, which leaves out VPN, proxy and load balancer.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=no_reply,
        hidden_by=("topology.member-unreachable",),
        says=(
            r"(?#also)Socket 'secureConnect' timed out",
            r"(?#likely)tcp recv: timeout|socket timeout while polling|TLS handshake timed out",
            r"(?#likely)connection <monitor> to \S{1,300} timed out",
            r"(?#likely)socket timeout calling (?:hello|is ?master)",
            r"(?#also):\d{2,5}: timed out|handshake operation timed out",
            r"(?#also)No servers found yet|⟨unheard⟩",
        ),
    ),
    Cause(
        code="hello.closed-by-server",
        title="The server closes the connection without a reply",
        awaits="the server to answer",
        explanation="The server closed the connection before it sent a reply. It has too many "
        "connections, it is shutting down, or a port forward or load balancer has no server "
        "behind it.",
        remedies=(
            SERVER_LOG,
            "Try from the server's own machine, which leaves out proxies and port forwards.",
        ),
        links=(TROUBLE_DOCS,),
        when_host=connection_closed,
        hidden_by=(
            *TLS_CAUSES,
            "hello.too-many-connections",
            "hello.not-mongodb",
            "tls.protocol-version",
            "tls.not-enabled-on-server",
        ),
        says=(
            r"(?#likely)Shutdown ?InProgress|InterruptedAtShutdown|operation was interrupted (?:at|because of) shutdown",
            r"(?#also)⟨eof(?: in \w{1,10})?⟩",
        ),
    ),
    Cause(
        code="hello.refused",
        title="The server replies to hello with an error",
        awaits="the server to accept hello",
        explanation="hello needs no login and no permissions, so every client should get a reply. "
        "The server is configured to refuse it, or a proxy in front of the server replies instead.",
        remedies=(
            CHECK_LOGS,
            "Try from the server's own machine, which leaves out the proxy.",
        ),
        links=(
            "https://www.mongodb.com/docs/manual/reference/command/hello/",
            "https://www.mongodb.com/docs/manual/reference/error-codes/",
        ),
        when_host=hello_refused,
        hidden_by=("api.required", "api.unsupported", "api.strict-violation"),
    ),
    Cause(
        code="hello.wire-version-too-old",
        title="The server is too old for this driver",
        explanation="Server and driver support no common protocol version (wire version): the "
        "server is older than the oldest that this driver supports.",
        remedies=(
            UPGRADE_SERVER,
            OLDER_DRIVER,
        ),
        links=(COMPAT_DOCS,),
        when_host=too_old,
        says=(
            r"(?#likely)At least Mongo(?:DB|Db) version \d|starting from release \d|cannot be used before \d\.\d|not available before release \d",
            r"reports (?:maximum )?wire version \d{1,3}, but this version of [^\n]{1,60}requires at least",
            r"(?:server|Server) at [^\n]{1,200} requires wire version \d{1,3} or (?:newer|higher)",
            r"(?:driver|version of \S{1,30}) requires (?:at least )?MongoDB (?:server )?(?:version )?\d",
        ),
    ),
    Cause(
        code="hello.wire-version-too-new",
        title="The server is too new for this driver",
        explanation="The server no longer supports any protocol version (wire version) that this "
        "driver knows.",
        remedies=(
            Remedy("Upgrade the driver:", command="pip install --upgrade pymongo"),
            "If a tool or framework bundles the driver, upgrade that.",
        ),
        links=(COMPAT_DOCS,),
        when_host=too_new,
        says=(
            r"requires wire version \d{1,3}, but this version of [^\n]{1,60}only supports up to",
            r"reports minimum wire version \d{1,3}, but",
            r"Unsupported OP_QUERY command|OP_QUERY is no longer supported|legacy-opcode-removal",
            r"⟨code 352⟩",
            r"(?#likely)saslContinue\.mechanism'? is an unknown field",
        ),
    ),
    Cause(
        code="hello.too-many-connections",
        title="The server has reached its connection limit",
        awaits="the server to have room for another connection",
        explanation="A server at its limit (net.maxIncomingConnections) accepts a connection and "
        "closes it at once. Clients with large pools, or that never close connections, exhaust it.",
        remedies=(
            Remedy(
                "Find the clients that hold the connections, and close those that are not needed. "
                "In mongosh:",
                command="db.currentOp(true)",
            ),
            "Create one client per process, not one per request, and lower maxPoolSize.",
            RAISE_LIMIT,
            ATLAS_LIMIT,
        ),
        links=(LIMIT_DOCS,),
        when_host=too_many,
        says=(
            r"too many open connections",
            r"connection refused because[^\n]{0,40}too many",
            r"(?#also)⟨eof(?: in plain)?⟩",
        ),
    ),
)
