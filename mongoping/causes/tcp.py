"""Causes found while a TCP or UNIX socket connection is made."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes._attempts import attempts_text, connect_to, one_address, origin, provenance
from mongoping.causes._middleboxes import (
    PROXY_PROTOCOL,
    name_remedies,
    proxy_header_match,
    wants_proxy_header,
)
from mongoping.causes._refused_connections import (
    CHECK_RUNNING,
    IN_CONTAINER,
    NO_AVX,
    ONE_FAMILY,
    SOCKETS,
    WITH_DOCKER,
    connection_refused,
)
from mongoping.model import Cause, Evidence, Failure, Match, Remedy
from mongoping.uri.edit import replace_host

NET_DOCS = "https://www.mongodb.com/docs/manual/reference/configuration-options/#net-options"
ATLAS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"

NO_IPV6 = "If this network has no IPv6, connect to an IPv4 address or to a name that has one."
OTHER_NETWORK = "Try another network, such as a phone's hotspot: companies, schools and hotels often block port 27017."
SHORTER = "Shorten the folder of the socket (net.unixDomainSocket.pathPrefix): its path may have about 100 bytes."
CHECK_BETWEEN = "Check the port forward, load balancer or service mesh in between, and whether a server is running behind it."
CHECK_FIREWALLS = (
    "Check the firewalls and security groups between this machine and the server for that TCP port."
)
START_FOR_SOCKET = Remedy(
    "Start mongod on this machine, and compare the path with its sockets:",
    command="ls /tmp/mongodb-*.sock",
)
USE_TCP = Remedy("Use TCP instead:", uri="mongodb://localhost:27017")

UNREACHABLE = {
    "EINVAL": "the route to this address drops everything (a blackhole route)",
    "EAFNOSUPPORT": "IPv6 is switched off on this system",
    "EADDRNOTAVAIL": "this machine has no address of that family to connect from",
}
"""What an error says beyond its own message, where connect(2) returned it."""


def timeout(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "timeout":
        return one_address(evidence, host, "timeout")
    detail = f"{host} did not answer ({attempts_text(evidence, host)})"
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
    remedies = (*provenance(evidence, host), allow)
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
        return one_address(evidence, host, "unreachable")
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
    remedies += provenance(evidence, host)
    detail = f"no route to {host}: {why}{origin(evidence, host)}"
    return Match(detail, remedies, instead_of=() if _has_ipv6(evidence, host) else (NO_IPV6,))


def _has_ipv6(evidence: Evidence, host: str) -> bool:
    """Return whether an IPv6 address of a host was tried, or none is known."""
    facts = of.tcp(evidence, host)
    addresses = [attempt.address for attempt in facts.attempts] if facts else []
    return not addresses or any(":" in address for address in addresses)


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
    return one_address(evidence, host, "prohibited")


def socket_not_found(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or not of.host_of(evidence, host).is_socket:
        return None
    if failure.kind == "not-found":
        return _no_socket(evidence, host, failure)
    if failure.errno in ("EOPNOTSUPP", "ENOTSUP"):
        detail = f"{host} is a UNIX socket, which Python and PyMongo do not support on this system"
        return Match(detail, (USE_TCP,), instead_of=(START_FOR_SOCKET.text, USE_TCP.text))
    if failure.errno == "EPROTOTYPE":
        return Match(
            f"the socket {host} belongs to another service: it takes datagrams, and mongod's does not",
            (Remedy("Look for the socket of a running mongod:", command=f"ls {SOCKETS}"),),
            instead_of=(START_FOR_SOCKET.text,),
        )
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
    remedies = tuple(connect_to(evidence, host, path, "Use the socket") for path in others)
    return Match(detail, remedies, instead_of=(START_FOR_SOCKET.text,))


def proxy(evidence: Evidence, host: str) -> Match | None:
    warnings = evidence.target.warnings if evidence.target else ()
    options = {str(warning.option).lower() for warning in warnings}
    failure = evidence.failure("tcp", host)
    if failure is not None and "proxyhost" in options | {name.lower() for name in evidence.options}:
        return Match(f"{host} was tried directly ({failure.message}): PyMongo ignores proxyHost")
    reply = of.quote_reply(evidence, host)
    if reply.startswith("HTTP/") and ("proxy" in reply.lower() or " 407 " in reply):
        return Match(f'a proxy answers in place of {host}: "{reply.splitlines()[0]}"')
    return None


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
            NO_IPV6,
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
