"""Causes that are seen when a connection is made."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes._middleboxes import (
    PROXY_PROTOCOL,
    name_remedies,
    proxy_header_match,
    wants_proxy_header,
)
from mongoping.model import Cause, Evidence, Failure, Match
from mongoping.observations import observation
from mongoping.units import milliseconds

NET_DOCS = "https://www.mongodb.com/docs/manual/reference/configuration-options/#net-options"
ATLAS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
CHECK_RUNNING = "Check that mongod runs, and on which port and addresses: net.port and net.bindIp in its configuration."
ONE_FAMILY = "Where the address is ::1: mongod may listen on IPv4 alone; use 127.0.0.1 instead of localhost, or add ::1 to net.bindIp with net.ipv6."
OTHER_NETWORK = "Try from another network, such as a phone's: schools, companies and hotels often let nothing out to port 27017."
NO_AVX = "If mongod ends at once with 'Illegal instruction': from 5.0 on it needs a CPU with AVX; take 4.4, or have the virtual machine pass AVX on."
SHORTER = "Have mongod make its socket in a folder with a shorter path (net.unixDomainSocket.pathPrefix): some 100 bytes are allowed."
CHECK_BETWEEN = "Check what is in between (a port forward, a load balancer, a service mesh), and whether a server is behind it."
WITH_DOCKER = "If mongod runs in Docker, publish its port: docker run -p 27017:27017 mongo"
SOCKETS = "/tmp/mongodb-*.sock"  # noqa: S108 - mongod's own default
IN_CONTAINER = "In a container, localhost is the container itself: use the service's name, or host.docker.internal."


UNREACHABLE = {
    "EINVAL": "the route to this address drops everything (a blackhole route)",
    "EAFNOSUPPORT": "IPv6 is switched off on this system",
    "EADDRNOTAVAIL": "this machine has no address of that family to connect from",
}
"""What an error says beyond its own message, where connect(2) returned it."""


def _attempts(evidence: Evidence, host: str) -> str:
    """Which addresses were tried, and how long the longest attempt took."""
    seen = of.tcp(evidence, host)
    tried = [one for one in seen.attempts if one.driver] if seen else []
    where = ", ".join(one.address for one in tried)
    took = max((one.duration_ms for one in tried), default=0.0)
    words = f"{where} after {milliseconds(took)}"
    resolved = of.addresses(evidence, host)
    if resolved is not None and resolved.completed:
        words += (
            f"; the address is that of {resolved.completed}: a search domain completed the name"
        )
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        words += "; host and port come from the SRV record"
    return words


def _one_address(evidence: Evidence, host: str, kind: str) -> Match | None:
    """A host that works, with an address that does not: the driver may try that one first.

    PyMongo tries addresses one after the other, each for the whole of connectTimeoutMS.
    """
    seen = of.tcp(evidence, host)
    if seen is None or seen.used is None:
        return None
    dead = [one for one in seen.attempts if one.driver and one.failure and one.failure.kind == kind]
    if not dead:
        return None
    first = seen.attempts[0].address == dead[0].address
    why = dead[0].failure.message if dead[0].failure else kind
    detail = f"{dead[0].address} of {host} fails ({why}), and {seen.used} works"
    if first and kind == "timeout":
        detail += "; PyMongo tries the dead one first, for connectTimeoutMS (20 s by default)"
    remedy = f"Remove the dead address from the DNS, or have the server listen on it; until then connect to {seen.used}."
    return Match(detail, (remedy,), severity="warning")


def _gone(evidence: Evidence, host: str) -> Match | None:
    """It answered the probe, and refuses since: it has ended in between."""
    driver = of.driver(evidence)
    if driver is None or of.driver_works(evidence) or driver.again.get(host) != "refused":
        return None
    return Match(
        f"{host} answered hello a moment ago, and refuses connections now",
        ("If it is being restarted, run this again; if not, look into its log for why it ended.",),
    )


def refused(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "refused":
        return _gone(evidence, host) or _one_address(evidence, host, "refused")
    if of.host_of(evidence, host).is_socket:
        return _stale_socket(host)
    detail = f"{host} refused the connection ({_attempts(evidence, host)})"
    remedies: tuple[str, ...] = ()
    other = _other_family(evidence, host)
    if other is not None:
        address, uri = other
        detail += f"; {address} accepts, but PyMongo asks IPv4 only for localhost"
        remedies = (
            f"Connect to the address that works: {uri}",
            "Let mongod listen on 127.0.0.1 too: net.bindIp in its configuration.",
        )
    elif here := _listens_here(evidence, host):
        name, address = here
        own = of.host_of(evidence, host).name
        detail += f"; on this machine, {name} listens on {address}"
        remedies = (
            f"Connect to the address on which it listens: mongodb://{address}",
            f"Let the server listen on {own} too: net.bindIp in its configuration.",
        )
    elif found := _instead(evidence):
        detail += f"; {found[0]} listens instead"
        remedies = (f"Connect to the server that was found: mongodb://{found[0]}",)
    found_here = other is not None or _listens_here(evidence, host) is not None
    remedies += _provenance(evidence, host)
    if not found_here:
        remedies += _how_to_start(evidence, host)
    return Match(detail, remedies, instead_of=_beside_the_point(evidence, host, found=found_here))


def _stale_socket(path: str) -> Match:
    """A socket file that refuses: the process that made it is gone."""
    return Match(
        f"the socket file {path} exists, and no process listens on it",
        (
            "Start mongod; it replaces the file that an earlier one left behind.",
            f"If mongod runs with another path or port, look for its socket: ls {SOCKETS}",
            f"Remove the stale file: rm {path}",
        ),
        instead_of=(CHECK_RUNNING, IN_CONTAINER, WITH_DOCKER, ONE_FAMILY, NO_AVX),
    )


def _other_family(evidence: Evidence, host: str) -> tuple[str, str] | None:
    """Return an address that accepts and that PyMongo does not try, with a URI for it."""
    seen = of.tcp(evidence, host)
    working = next((each for each in seen.attempts if each.failure is None), None) if seen else None
    if working is None:
        return None
    port = host.rpartition(":")[2]
    if working.family == "ipv6":
        return working.address, f"mongodb://[{working.address}]:{port}"
    path = working.address.replace("/", "%2F")
    return working.address, f"mongodb://{path}"


def _beside_the_point(evidence: Evidence, host: str, *, found: bool) -> tuple[str, ...]:
    """Return the general remedies that the evidence rules out."""
    seen = of.tcp(evidence, host)
    tried = [each.address for each in seen.attempts] if seen else []
    here = of.is_loopback(host) or any(map(of.is_loopback, tried))
    rows: list[str] = []
    if not here:
        rows.append(IN_CONTAINER)
    if not any(":" in address for address in tried):
        rows.append(ONE_FAMILY)
    if found:
        rows += [CHECK_RUNNING, WITH_DOCKER, NO_AVX, IN_CONTAINER, ONE_FAMILY]
    if _provenance(evidence, host) and not here:
        rows += [WITH_DOCKER, NO_AVX]
    nearby = observation(evidence, "neighbours")
    if nearby is not None and nearby.container:
        rows.append(IN_CONTAINER)
    return tuple(dict.fromkeys(rows))


def _provenance(evidence: Evidence, host: str) -> tuple[str, ...]:
    """Return what to check where the address or the port did not come from the user."""
    rows = []
    seen = of.addresses(evidence, host)
    if seen is not None and seen.completed:
        name = of.host_of(evidence, host).name
        rows.append(
            f"If {seen.completed} is not the server, write the name with a final dot, which "
            f"switches search domains off: mongodb://{name}.:{host.rpartition(':')[2]}"
        )
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        rows.append(
            "Compare host and port with the SRV record, from which they come, and correct the "
            f"record if the server has moved: dig SRV {srv.query}"
        )
    return tuple(rows)


def _listens_here(evidence: Evidence, host: str) -> tuple[str, str] | None:
    """Return what listens on the same port at another address of this machine, and where."""
    listener = observation(evidence, "listener", host)
    seen = of.tcp(evidence, host)
    tried = {each.address for each in seen.attempts} if seen else set()
    port = host.rpartition(":")[2]
    for address in listener.addresses if listener is not None else ():
        known = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - seen
        if known in tried or known.startswith("fe80:"):
            continue
        shown = f"[{known}]:{port}" if ":" in known else f"{known}:{port}"
        return (listener.name if listener is not None else None) or "a process", shown
    return None


def _instead(evidence: Evidence) -> list[str]:
    """What answers hello near the port that was asked for."""
    nearby = observation(evidence, "neighbours")
    return [one.where for one in nearby.found if one.mongodb] if nearby else []


def _how_to_start(evidence: Evidence, host: str) -> tuple[str, ...]:
    nearby = observation(evidence, "neighbours")
    if nearby is not None:
        return tuple(nearby.advice)
    if of.is_loopback(host):
        return (
            "Start the server, for example: mongod --dbpath ~/data (mongoping local says more).",
        )
    return ()


def timeout(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "timeout":
        return _one_address(evidence, host, "timeout")
    detail = f"{host} did not answer ({_attempts(evidence, host)})"
    if of.is_atlas(of.host_of(evidence, host)):
        return Match(
            detail,
            (
                "Open outgoing TCP port 27017 (and 27015-27017) in the firewall between here and Atlas.",
            ),
            alternatives=("atlas.cluster-paused", "atlas.ip-not-allowed"),
            tell_apart="From another network: nc -vz "
            + host.replace(":", " ")
            + " (an answer there means that this network blocks the port)",
        )
    return Match(detail, _provenance(evidence, host))


def reset(evidence: Evidence, host: str) -> Match | None:
    connect = evidence.failure("tcp", host)
    if connect is not None and connect.kind == "reset":
        return Match(f"{host} reset the connection while it was made")
    for check in ("tls", "hello"):
        failure = evidence.failure(check, host)
        if failure is None or failure.kind != "reset":
            continue
        seen = of.tls(evidence, host) if check == "tls" else None
        if failure.facts.get("speaks_tls") or (seen and (seen.plain_hello or seen.http)):
            return None
        if any(failure.facts.get(one) for one in ("http", "received", "tls_behind")):
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
    """How far a connection came that was reset."""
    if check == "tls":
        return "in the TLS handshake"
    if failure.facts.get("closes_first"):
        return "before a word was said"
    return f"when hello was said{' over TLS' if failure.facts.get('tls') else ''}"


def unreachable(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or failure.kind != "unreachable":
        return _one_address(evidence, host, "unreachable")
    if "interfaces" in failure.facts:
        return _needs_interface(evidence, host, failure)
    words = UNREACHABLE.get(failure.errno or "")
    why = f"{failure.message} ({failure.errno})" + (f": {words}" if words else "")
    remedies: tuple[str, ...] = ()
    if failure.errno == "EINVAL":
        seen = of.tcp(evidence, host)
        tried = seen.attempts[0].address if seen and seen.attempts else host
        remedies = (
            f"Look up the route that this machine uses, and remove it: ip route get {tried}",
        )
    return Match(f"no route to {host}: {why}", remedies)


def _needs_interface(evidence: Evidence, host: str, failure: Failure) -> Match:
    """A link-local IPv6 address without an interface, or with one that does not exist."""
    names = [str(name) for name in failure.facts["interfaces"]]
    address = of.host_of(evidence, host).name.partition("%")[0]
    port = host.rpartition(":")[2]
    there = f" Interfaces here: {', '.join(names)}." if names else ""
    uri = f"mongodb://[{address}%25{names[0] if names else 'eth0'}]:{port}"
    return Match(
        f"{host} cannot be used: {failure.message}.{there}",
        (f"Name the interface that leads to the server behind the address: {uri}",),
    )


def prohibited(evidence: Evidence, host: str) -> Match | None:
    """EACCES or EPERM from the system: the attempt never left this machine."""
    for check in ("tcp", "tls", "hello"):
        failure = evidence.failure(check, host)
        if failure is None or failure.kind != "prohibited":
            continue
        seen = of.tcp(evidence, host)
        attempts = seen.attempts if seen else ()
        tried = [each.address for each in attempts if each.failure == failure or check != "tcp"]
        did = "connect to" if check == "tcp" else "send data to"
        return Match(
            f"this machine did not let mongoping {did} {host}: {failure.message} ({failure.errno})",
            (
                "Check the route; `prohibit` in it, or a permission error, confirms this: "
                f"ip route get {tried[0] if tried else host}",
            ),
        )
    return _one_address(evidence, host, "prohibited")


def socket_not_found(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None or not of.host_of(evidence, host).is_socket:
        return None
    if failure.kind == "not-found":
        return Match(f"there is no socket {host}")
    if failure.kind == "os":
        return Match(f"the socket {host} cannot be opened: {failure.message}", (SHORTER,))
    if failure.kind == "denied":
        return Match(
            f"the socket {host} may not be opened by this user",
            ("Run as the user that mongod runs as, or set net.unixDomainSocket.filePermissions.",),
        )
    return None


def proxy(evidence: Evidence, host: str) -> Match | None:
    asked = {
        str(one.option).lower() for one in (evidence.target.warnings if evidence.target else ())
    }
    failure = evidence.failure("tcp", host)
    if failure is not None and "proxyhost" in asked | {one.lower() for one in evidence.options}:
        return Match(f"{host} was tried directly ({failure.message}): PyMongo ignores proxyHost")
    said = _said(evidence, host)
    if said.startswith("HTTP/") and ("proxy" in said.lower() or " 407 " in said):
        return Match(f'a proxy answers in place of {host}: "{said.splitlines()[0]}"')
    return None


def _said(evidence: Evidence, host: str) -> str:
    """What a peer said that is no MongoDB: its first bytes, or its answer to HTTP."""
    seen = of.tls(evidence, host)
    if seen is not None and seen.first_bytes:
        return seen.first_bytes
    if seen is not None and seen.http:
        return seen.http
    for check in ("hello", "tls"):
        failure = evidence.failure(check, host)
        if failure is not None and failure.facts.get("head"):
            return str(failure.facts["head"])
        if failure is not None and failure.facts.get("http"):
            return str(failure.facts["http"])
    return ""


MEMBERS = ("topology.member-unreachable",)
TLS_REASONS = (  # why a peer resets a connection after an alert, or instead of one
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
        explanation="The machine was reached and refused the connection: no server is running "
        "there, it listens on another port, or only on another address (net.bindIp).",
        remedies=(
            CHECK_RUNNING,
            IN_CONTAINER,
            WITH_DOCKER,
            ONE_FAMILY,
            NO_AVX,
        ),
        links=(NET_DOCS,),
        when=refused,
        per_host=True,
        hidden_by=(*MEMBERS, "atlas.private-endpoint"),
        says=(
            r"(?<!querySrv )(?<!queryTxt )(?<!code: ['\"])\bECONNREFUSED\b(?![^\n]{0,40}_mongodb)",
            r"(?<!53: )Connection refused(?! because)",
            r"target machine actively refused|No connection could be made because",
            r"⟨code 6⟩[^\n]{0,200}[Cc]onnection refused",
            r"(?#likely)requires a CPU with AVX|docker-entrypoint\.sh[^\n]{0,80}Illegal instruction",
            r"(?#possible)no reachable servers?\b",
            r"(?#possible)failed to connect to server \[[^\]\n]{1,300}\] on first connect",
            r"(?#possible)couldn't connect to server",
            r"(?#possible)Exception opening socket",
            r"(?#possible)connection error calling (?:hello|is ?master)",
        ),
    ),
    Cause(
        code="tcp.timeout",
        title="Nothing answers: packets are dropped on the way",
        explanation="The connection attempt got no answer at all, neither yes nor no. A firewall "
        "drops it, the address is wrong or of another network, or the machine is down.",
        remedies=(
            "Check firewalls and security groups between here and there for that TCP port.",
            "Check that the address belongs to a machine that runs, and that this network leads to it (VPN, peering).",
            OTHER_NETWORK,
        ),
        links=(TROUBLE_DOCS, ATLAS_DOCS),
        when=timeout,
        per_host=True,
        hidden_by=(*MEMBERS, "atlas.cluster-paused", "atlas.private-endpoint", "tcp.proxy"),
        says=(
            r"(?<!querySrv )(?<!queryTxt )\bETIMEDOUT\b",
            r"(?#likely)(?<!NetworkTimeout: )(?<![\w.-])[\w.-]{1,250}:\d{2,5}: timed out",
            r"[Cc]onnection timed out",
            r"connect timed out",
            r"(?#likely)Error: timed out",
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
            r"(?#possible)context deadline exceeded",
            r"(?#also)connection error calling (?:hello|is ?master)",
        ),
    ),
    Cause(
        code="tcp.reset",
        title="The connection is reset instead of answered",
        explanation="Something accepts the connection and tears it down, at once or at the client's "
        "first words: a forwarder or load balancer without a server behind it, a firewall, or a "
        "server that dies.",
        remedies=(
            CHECK_BETWEEN,
            "Look into the server's log at this moment; a line 'connection accepted' says that it was reached.",
        ),
        links=(TROUBLE_DOCS,),
        when=reset,
        per_host=True,
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
        explanation="The operating system has no route to that address: no network, no IPv6, or a "
        "private network that this machine is not part of.",
        remedies=(
            "Check this machine's network and VPN, and that it is part of the network of that address.",
            "If the address is IPv6 and this network has no IPv6, connect by an IPv4 address or name.",
        ),
        links=(TROUBLE_DOCS,),
        when=unreachable,
        per_host=True,
        hidden_by=(*MEMBERS, "atlas.private-endpoint"),
        says=(
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
            "Look for an output rule for this address, port or user: sudo nft list ruleset",
            "Check whether SELinux or AppArmor denied it: sudo ausearch -m AVC -ts recent",
            "If the program is a systemd service, check its IPAddressDeny= and PrivateNetwork= settings: systemctl show UNIT -p IPAddressDeny -p PrivateNetwork",
            "On Windows and macOS, allow the program in the firewall or endpoint protection.",
        ),
        links=(TROUBLE_DOCS,),
        when=prohibited,
        per_host=True,
        hidden_by=MEMBERS,
        says=(
            r"connect (?:EACCES|EPERM) (?!\S{0,200}\.sock)\S",
            r"dial tcp [^\n]{1,160}: connect: (?:permission denied|operation not permitted)",
            r"(?<![\w.-])[\w.-]{1,250}:\d{2,5}: \[Errno (?:1|13)\]",
            r"in a way forbidden by its access permissions|\bWSAEACCES\b|WinError 10013",
        ),
    ),
    Cause(
        code="tcp.socket-not-found",
        title="The UNIX socket cannot be used",
        explanation="A host that ends in .sock is a UNIX domain socket. The file is not there, or "
        "may not be opened. mongod makes it in /tmp unless it is told otherwise.",
        remedies=(
            "Start mongod on this machine; its socket is /tmp/mongodb-27017.sock by default (net.unixDomainSocket.pathPrefix).",
            "Use TCP instead: mongodb://localhost:27017",
        ),
        links=(NET_DOCS,),
        when=socket_not_found,
        per_host=True,
        says=(
            r"\b(?:ENOENT|EACCES|EPERM) \S{0,200}\.sock\b",
            r"\.sock[^\n]{0,20}: \[Errno (?:2|13)\]",
            r"\.sock\b[^\n]{0,60}(?:[Nn]o such file or directory|[Pp]ermission denied)",
            r"dial unix [^\n]{1,200}: connect: (?:no such file|permission denied)",
        ),
    ),
    Cause(
        code="tcp.proxy",
        title="A proxy stands between, and it does not speak MongoDB",
        explanation="MongoDB's protocol is not HTTP. PyMongo connects directly and knows no proxy; "
        "a web proxy in the way answers in its own language.",
        remedies=(
            "Let TCP to the server's port pass without the proxy.",
            "Forward a port through a host that may connect: ssh -L 27017:SERVER:27017 HOST, then mongodb://localhost:27017/?directConnection=true",
        ),
        links=(TROUBLE_DOCS,),
        when=proxy,
        per_host=True,
        says=(
            r"\b407 Proxy Authentication Required|⟨says  ?407⟩",
            r"(?#also)⟨says HTTP⟩",
            r"(?:SOCKS5?|proxy) (?:server|connection|handshake|authentication)[^\n]{0,60}(?:fail|reject|refus|error|not allowed)",
            r"Socks5? ?proxy (?:rejected|connection)",
        ),
    ),
)
