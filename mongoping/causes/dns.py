"""Causes found in DNS lookups."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.model import NAME_ABSENT, Cause, Evidence, Failure, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote
from mongoping.units import milliseconds
from mongoping.uri.edit import STANDARD, replace_host, replace_scheme
from mongoping.uri.target import TXT_LIMIT

if TYPE_CHECKING:
    from mongoping.observations import AddressesFacts, SrvFacts

SRV_DOCS = (
    "https://www.mongodb.com/docs/manual/reference/connection-string-formats/#srv-connection-format"
)
STRING_DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string/"
TROUBLE_DOCS = "https://www.mongodb.com/docs/atlas/troubleshoot-connection/"
STANDARD_STRING = (
    "Use the standard connection string, which lists the hosts and needs no SRV "
    "record. Atlas shows it under Connect, Drivers, for an older driver version."
)
NAME_SERVER = Remedy(
    "Add a name server to /etc/resolv.conf, for example:",
    command="echo nameserver 1.1.1.1 | sudo tee -a /etc/resolv.conf",
)
NO_FILE = (
    "If that file cannot exist (Android, some sandboxes), set "
    "dns.asyncresolver.default_resolver = dns.asyncresolver.Resolver(configure=False) and its "
    "nameservers before you create the client."
)
TRY_AGAIN = "Try again in a minute; failures of this kind are often temporary."
OTHER_RESOLVER = Remedy(
    "Try another resolver; if it answers, configure it on this machine:",
    command='mongoping check "$MONGODB_URI" --resolver 1.1.1.1',
)
NODE_RESOLVER = (
    "If only Node or Bun fails, call dns.setServers(['1.1.1.1']) before connecting: some "
    "versions ask 127.0.0.1 on Windows instead of the system's resolver."
)
IN_A_CONTAINER = Remedy(
    "If the program runs in a container whose resolver (127.0.0.11) does not forward SRV and TXT "
    "queries, set another resolver:",
    command="docker run --dns 1.1.1.1 IMAGE",
)
AS_SERVER = "If the name is that of a single server, use mongodb:// instead of mongodb+srv://."
CHECK_NAME = "Compare the host name in the connection string with the server's real name."
IN_THAT_NETWORK = (
    "If the name is private, run the program in that network, or join it (VPN, peering)."
)
KEEP_ONE_TXT = "Keep one TXT record, with options such as authSource=admin&replicaSet=rs0."
MOVE_TXT = "Move SPF, verification and other TXT records to a name other than the cluster's."
COPY = (
    "Copy the connection string again from where the deployment is managed "
    "(Atlas: Connect, Drivers)."
)


def _resolver(failure: Failure, evidence: Evidence) -> str:
    """Return in words which resolver was asked."""
    attempts = failure.facts.get("attempts") or []
    servers = dict.fromkeys(str(attempt["server"]) for attempt in attempts)
    if servers:
        return ", ".join(servers)
    return evidence.settings.resolver or "the system's resolver"


def _names(kinds: tuple[str, ...], words: str) -> Callable[[Evidence], Match | None]:
    """Return a predicate for lookups that failed in one of some ways; it names the hosts."""

    def when(evidence: Evidence) -> Match | None:
        failures = [(name, why) for name, why in of.name_failures(evidence) if why.kind in kinds]
        if not failures:
            return None
        own = evidence.target.srv_name if evidence.target else None
        asked_names = dict.fromkeys(
            str(why.facts.get("name") or name or own) for name, why in failures
        )
        names = ", ".join(asked_names)
        hosts = tuple(name for name, _ in failures if name is not None)
        if failures[0][1].facts.get("chain"):
            return Match(
                f"the CNAME records of {names} form a loop or a chain that is too long: {failures[0][1].message}",
                (Remedy("Correct the CNAME records:", command=f"dig {next(iter(asked_names))}"),),
                hosts=hosts,
                instead_of=(TRY_AGAIN, OTHER_RESOLVER.text, STANDARD_STRING),
            )
        if special := _special_failure(failures[0][1], names):
            return special.replace(hosts=hosts)
        if evidence.settings.resolver and failures[0][1].kind == "unreachable-resolver":
            return Match(
                f"nothing listens at {evidence.settings.resolver}, the resolver for {names}",
                ("Give --resolver the address of a running resolver, or omit it.",),
                hosts=hosts,
                instead_of=(NAME_SERVER.text, NO_FILE),
            )
        detail = words.format(resolver=_resolver(failures[0][1], evidence), names=names)
        # if only names of servers failed, the SRV lookup was not needed or worked
        is_every_host = len(hosts) == len(failures)
        return Match(detail, hosts=hosts, instead_of=(STANDARD_STRING,) if is_every_host else ())

    return when


def _special_failure(failure: Failure, names: str) -> Match | None:
    """Return the finding on a failure of the resolver that has special remedies, else None."""
    facts = failure.facts
    attempts = facts.get("attempts") or []
    if facts.get("tcp_needed"):
        server = str(attempts[-1]["server"])
        return Match(
            f"the answer of {server} for {names} is too long for UDP, and it does not answer over "
            f"TCP ({attempts[-1]['said']})",
            (Remedy("Allow TCP port 53 to the name server, not only UDP."),),
            instead_of=(TRY_AGAIN,),
        )
    if invalid := facts.get("invalid"):
        entries = ", ".join(map(str, invalid))
        return Match(
            f"/etc/resolv.conf names {entries}, which is not an IP address, so {names} cannot be "
            "looked up",
            (
                Remedy(
                    "Correct the nameserver lines in /etc/resolv.conf: each takes an IP address."
                ),
            ),
        )
    errors = {attempt.get("errno"): str(attempt["said"]) for attempt in attempts}
    if failure.kind != "unreachable-resolver" or not set(errors) - {None, "ECONNREFUSED"}:
        return None
    servers = ", ".join(dict.fromkeys(str(attempt["server"]) for attempt in attempts))
    return Match(
        f"this machine cannot reach {servers}, the resolver for {names}: {', '.join(sorted(errors.values()))}",
        (Remedy("Check this machine's network, its VPN, and the address of the name server."),),
        instead_of=(NO_FILE, NODE_RESOLVER),
    )


def srv_not_found(evidence: Evidence) -> Match | None:
    failure = evidence.failure("srv")
    facts = of.srv(evidence)
    if failure is None or facts is None or failure.kind not in ("nxdomain", "bad-name"):
        return None
    name = facts.query.partition("._tcp.")[2]
    by = f" ({_resolver(failure, evidence)})" if evidence.settings.resolver else ""
    if facts.has_address:
        detail = f"{name} has an address, but no record {facts.query}{by}"
        return Match(detail, _as_server(evidence, name), instead_of=(COPY,))
    address = "" if facts.has_address is None else f", and no address of {name}"
    return Match(f"DNS has no record {facts.query}{by}{address}")


def _as_server(evidence: Evidence, name: str) -> tuple[Remedy, ...]:
    """Return what to do where an SRV name is that of a single server."""
    uri = replace_scheme(evidence.target.uri, STANDARD) if evidence.target else None
    return (Remedy(f"If {name} is a single server, use mongodb:// instead:", uri=uri),)


def srv_empty(evidence: Evidence) -> Match | None:
    failure = evidence.failure("srv")
    facts = of.srv(evidence)
    if failure is None or facts is None or failure.kind != "no-data":
        return None
    if facts.records:
        return Match(f"{facts.query}: {failure.message}")
    detail = f"DNS has the name {facts.query}, but no SRV record for it"
    name = facts.query.partition("._tcp.")[2]
    remedies = _as_server(evidence, name) if facts.has_address else ()
    return Match(detail, remedies, instead_of=(AS_SERVER,) if remedies else ())


def parent_domain(evidence: Evidence) -> Match | None:
    facts = of.srv(evidence)
    if facts is None or not facts.outside:
        return None
    return Match(f"{facts.query} names {facts.outside[0]}, which is not within {facts.parent}")


def txt_invalid(evidence: Evidence) -> Match | None:
    failure = evidence.failure("srv")
    facts = of.srv(evidence)
    if failure is None or facts is None or failure.kind != "txt" or not facts.txt_problem:
        return None
    quoted_text = f' It contains "{facts.txt[0][:80]}".' if facts.txt else ""
    options = facts.txt_problem.startswith(TXT_LIMIT)
    remedies: tuple[Remedy, ...] = ()
    if options:
        text = (
            "Remove the other options from the TXT record, and set them in the connection string."
        )
        remedies = (Remedy(text),)
    elif len(facts.txt) > 1:
        remedies = (Remedy(KEEP_ONE_TXT),)
    return Match(
        f"{facts.txt_problem}.{quoted_text}", remedies, instead_of=(MOVE_TXT,) if options else ()
    )


def host_not_found(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("addresses", host)
    if failure is None or failure.kind not in {*NAME_ABSENT, "bad-name"}:
        return None
    name = of.host_of(evidence, host).name
    if failure.facts.get("in_dns"):
        return _not_asked(name, failure)
    if alias := failure.facts.get("alias_of"):
        return _dead_alias(name, str(alias))
    remedies: list[Remedy] = []
    if "." not in name:
        target = evidence.target
        text = (
            f"If {name} is the name of a container, which resolves only in the network of "
            "containers, use the published port:"
        )
        uri = _with_host(target.uri, host, "localhost") if target is not None else None
        remedies.append(Remedy(text, uri=uri or "mongodb://localhost:27017"))
    if failure.kind == "bad-name":
        return Match(f"{name} is not a valid DNS name", tuple(remedies))
    if failure.kind == "no-data":
        add = Remedy(f"Add an address record (A or AAAA) for {name}, or use a name that has one.")
        words = f"{name} has no address ({failure.message})"
        return Match(words, (*remedies, add), instead_of=(CHECK_NAME,))
    is_missing = failure.message == f"{name} does not exist"
    words = f"{name} does not exist in DNS" + ("" if is_missing else f" ({failure.message})")
    return Match(words, tuple(remedies))


def _not_asked(name: str, failure: Failure) -> Match:
    """Return the finding on a name that the DNS has and the system's own lookup does not find."""
    found = ", ".join(map(str, failure.facts["in_dns"]))
    server = f" from {failure.facts['dns_server']}" if failure.facts.get("dns_server") else ""
    return Match(
        f"DNS has the address {found} for {name}{server}, but this system's own lookup, which "
        f"programs use, does not find the name ({failure.message})",
        (
            Remedy(
                "Check the line that begins with `hosts:`. It needs `dns` (or `resolve`), and nothing "
                "before that may end the search, such as [NOTFOUND=return] for names in .local:",
                command="grep ^hosts /etc/nsswitch.conf",
            ),
            Remedy("Compare with what programs get:", command=f"getent ahosts {quote(name)}"),
        ),
        instead_of=(CHECK_NAME, IN_THAT_NETWORK),
        explanation="The name exists, but the system's resolver does not ask the DNS for it.",
    )


def _dead_alias(name: str, alias: str) -> Match:
    """Return the finding on an alias (CNAME) of a name that does not exist."""
    return Match(
        f"{name} is an alias (CNAME) of {alias}, which does not exist in DNS",
        (
            Remedy(
                "Correct the CNAME record, or use the server's present name:",
                command=f"dig {quote(name)}",
            ),
        ),
        instead_of=(CHECK_NAME,),
    )


def _with_host(uri: str, host: str, name: str) -> str | None:
    """Return the connection string with another name for its only host, and the same port."""
    return replace_host(uri, host, f"{name}:{host.rpartition(':')[2]}")


def slow(evidence: Evidence) -> Match | None:
    limit = evidence.settings.slow_resolver_ms
    times = {
        result.host or "the SRV record": own_ms
        for result in (*evidence.of("srv"), *evidence.of("addresses"))
        if result.ok and (own_ms := result.own_ms()) is not None
    }
    late = {name: took for name, took in times.items() if took >= limit}
    if not late:
        return None
    worst = max(late, key=lambda name: late[name])
    why, remedies = _delay(of.addresses(evidence, worst) or of.srv(evidence))
    return Match(f"looking up {worst} took {milliseconds(late[worst])}{why}", remedies)


def _delay(facts: AddressesFacts | SrvFacts | None) -> tuple[str, tuple[str, ...]]:
    """Return what delayed a lookup, and what to do about it, by what each name server answered."""
    if facts is None:
        return "", ()
    if facts.silent:
        silent = ", ".join(facts.silent)
        if not facts.answering:  # the lookup succeeded, so a server of these does answer
            return f": {silent} answers slowly, and not every time", ()
        remedy = f"Remove {silent} from /etc/resolv.conf, or list it last, until it answers again."
        return f": {silent} does not answer; {', '.join(facts.answering)} answers", (remedy,)
    if facts.partly_silent:
        words = ", ".join(facts.partly_silent)
        remedy = "Add `options single-request` to /etc/resolv.conf, or use another name server."
        return f": queries of one type get no answer from {words}", (remedy,)
    if facts.answering:
        return (
            f"; {', '.join(facts.answering)} answers now: a packet was lost, or the server is slow",
            (),
        )
    return "", ()


def resolvers_disagree(evidence: Evidence) -> Match | None:
    facts = observation(evidence, "resolvers")
    detail = None if facts is None else facts.disagreement
    if facts is None or detail is None:
        return None
    title = None if facts.differing else "A name server does not answer"
    return Match(f"{detail}. This run uses {facts.servers[0]}", title=title)


CAUSES = (
    Cause(
        code="dns.srv-not-found",
        title="There is no SRV record under this name",
        awaits="the SRV records to appear",
        explanation="mongodb+srv:// looks up the servers under _mongodb._tcp.NAME, and DNS "
        "reports that this name does not exist. The name is misspelled, or the cluster was deleted "
        "or renamed. Retrying does not help.",
        remedies=(
            COPY,
            "If the cluster was deleted or renamed, use the name of its replacement.",
            IN_A_CONTAINER,
            STANDARD_STRING,
        ),
        links=(SRV_DOCS, TROUBLE_DOCS),
        when=srv_not_found,
        hidden_by=("atlas.cluster-paused", "atlas.cluster-not-found", "atlas.cluster-changing"),
        says=(
            r"querySrv ENOTFOUND",
            r"query name does not exist: _mongodb",
            r"lookup _mongodb\._tcp\.[^\n]{1,300}: no such host",
            r"Failed (?:looking up|to look up) SRV record[^\n]{1,300}(?:does not exist|[Uu]nknown host|[Hh]ost not found)",
            r"(?:look(?:ing)? up (?:SRV|TXT)|_mongodb\._tcp)[\s\S]{0,600}(?:DNS name not found|NameNotFoundException|\[response code 3\])",
            r"_mongodb\._tcp[\s\S]{0,400}(?:Non-Existent Domain|NXDOMAIN|DNSHostNotFound)",
            r"Failed to look up service [^\n]{0,200}(?:does not exist|not found)",
            r"no records? found for (?:name|Query)[^\n]{0,60}_mongodb\._tcp",
            r"(?#likely)Failed looking up SRV record",
            r"(?#likely)(?:Failed|Unable) to look up SRV record",
            r"(?#likely)queryTxt ENOTFOUND",
            r"lookup _mongodb\._tcp[^\n]{1,300}DNS name does not exist",
        ),
    ),
    Cause(
        code="dns.srv-empty",
        title="The name has no SRV record",
        awaits="the SRV records to appear",
        explanation="DNS knows the name, but returns no SRV record for it. Either the name belongs "
        "to something else, or a resolver on the way drops SRV records.",
        remedies=(
            OTHER_RESOLVER,
            AS_SERVER,
            IN_A_CONTAINER,
            STANDARD_STRING,
        ),
        links=(SRV_DOCS,),
        when=srv_empty,
        says=(
            r"querySrv ENODATA",
            r"does not contain an answer to the question: _mongodb",
            r"No addresses found at host",
            r"DNS query returned no SRV records",
            r"No SRV records (?:were )?(?:found|available|returned)",
        ),
    ),
    Cause(
        code="dns.resolver-config",
        title="This machine has no working DNS resolver",
        explanation="The resolver's configuration is missing, or nothing listens at the address in "
        "it, so no name can be looked up. PyMongo looks up SRV records with dnspython, which "
        "needs it.",
        remedies=(
            NAME_SERVER,
            NO_FILE,
            NODE_RESOLVER,
        ),
        links=("https://dnspython.readthedocs.io/en/stable/resolver-class.html",),
        when=_names(
            ("no-resolver", "unreachable-resolver"),
            "no resolver is available for {names} ({resolver})",
        ),
        says=(
            r"cannot open \S{0,40}resolv\.conf",
            r"NoResolverConfiguration",
            r"[Rr]esolver configuration could not be read",
            r"specified no nameservers",
            r"no nameservers (?:configured|found|were given)",
            r"(?#also)query(?:Srv|Txt) ECONNREFUSED",
            r"(?#also)lookup [^\n]{1,300}: connection refused",
        ),
    ),
    Cause(
        code="dns.resolver-refused",
        title="The DNS resolver refuses to answer",
        awaits="the DNS resolver to accept questions",
        explanation="The resolver answered REFUSED: it does not serve this client, or not this kind "
        "of record. Node and Bun report ECONNREFUSED for that, and for a resolver that does not "
        "listen at all.",
        remedies=(
            OTHER_RESOLVER,
            "Add this machine to the resolver's access list, or configure another resolver.",
            STANDARD_STRING,
            NODE_RESOLVER,
        ),
        links=(TROUBLE_DOCS,),
        when=_names(("refused",), "{resolver} answered REFUSED for {names}"),
        says=(
            r"query(?:Srv|Txt) EREFUSED",
            r"(?#likely)query(?:Srv|Txt) ECONNREFUSED",
            r"answered REFUSED",
            r"(?:look(?:ing)? up (?:SRV|TXT)|_mongodb\._tcp)[\s\S]{0,600}(?:DNS operation refused|\[response code 5\])",
            r"_mongodb\._tcp[\s\S]{0,400}Query Refused",
            r"(?#likely)lookup (?>[^\n]{1,300}?: (?:read|dial|write) udp)[^\n]{1,120}: connection refused",
            r"(?#also)query(?:Srv|Txt) ETIMEOUT",
        ),
    ),
    Cause(
        code="dns.resolver-failed",
        title="The DNS resolver could not look up the name",
        awaits="the DNS resolver to find an answer",
        explanation="The resolver answered SERVFAIL, or sent an invalid answer: it could not reach "
        "the domain's own servers, or their answers are broken. This is often temporary.",
        remedies=(
            TRY_AGAIN,
            OTHER_RESOLVER,
            STANDARD_STRING,
        ),
        links=(TROUBLE_DOCS,),
        when=_names(("servfail", "resolver-failed"), "{resolver} could not resolve {names}"),
        says=(
            r"query(?:Srv|Txt) (?:ESERVFAIL|EBADRESP|EFORMERR|ENOTIMP|EBADQUERY|EBADRESPONSE)",
            r"answered (?:SERVFAIL|FORMERR|NOTIMP)",
            r"(?#likely)All nameservers failed to answer the query",
            r"lookup [^\n]{1,300}: server misbehaving",
            r"cannot unmarshal DNS message",
            r"(?:look(?:ing)? up (?:SRV|TXT)|_mongodb\._tcp)[\s\S]{0,600}(?:DNS server failure|\[response code 2\]|ServiceUnavailableException)",
            r"_mongodb\._tcp[\s\S]{0,400}Server Failure",
            r"(?#possible)(?:EAI_AGAIN|Temporary failure in name resolution)",
            r"(?#likely)temporary error occurred on an authoritative name server",
            r"(?#likely)lookup [^\n]{1,300}: (?:Try again|Temporary failure)",
        ),
    ),
    Cause(
        code="dns.timeout",
        title="The DNS resolver does not answer",
        awaits="the DNS resolver to answer",
        explanation="The query was repeated, and no name server answered during this run: they are "
        "down, or something on the way drops DNS packets. PyMongo waits up to 20 s.",
        remedies=(
            OTHER_RESOLVER,
            "Check that this machine's network or VPN allows DNS (UDP and TCP port 53).",
            STANDARD_STRING,
        ),
        links=(TROUBLE_DOCS,),
        when=_names(("timeout",), "no answer from {resolver} for {names}"),
        says=(
            r"(?#likely)[Ii]mpossible to contact the DNS server",
            r"query(?:Srv|Txt) (?:ETIMEOUT|ETIMEDOUT|ECANCELLED)",
            r"The DNS operation timed out",
            r"[Tt]he resolution lifetime expired",
            r"\bResolv::ResolvTimeout\b|\bLifetimeTimeout\b",
            r"lookup [^\n]{1,400}: i/o timeout",
            r"DNS error \[Root exception is java\.net\.SocketTimeoutException",
            r"(?:look(?:ing)? up (?:SRV|TXT)|_mongodb\._tcp)[\s\S]{0,600}(?:Receive timed out|DNS request timed out|Query timed out|ResolvTimeout)",
            r"(?#also)query(?:Srv|Txt) E(?:CONNREFUSED|REFUSED)",
            r"(?#also)EAI_AGAIN|Temporary failure in name resolution",
            r"(?#also)Socket 'connect' timed out",
            r"_mongodb\._tcp[^\n]{0,400}(?:timed out or is a transient error|timeout period expired)",
        ),
    ),
    Cause(
        code="dns.host-not-found",
        title="A host name does not resolve",
        awaits="the name to resolve",
        explanation="The name of a server has no address here. It is misspelled, it was removed, or "
        "it resolves only in another network (containers, a VPN, a private zone).",
        remedies=(
            CHECK_NAME,
            IN_THAT_NETWORK,
        ),
        links=(STRING_DOCS,),
        when_host=host_not_found,
        hidden_by=(
            "uri.srv-scheme-needed",
            "topology.member-unresolvable",
            "atlas.cluster-paused",
            "atlas.cluster-not-found",
            "atlas.cluster-changing",
        ),
        says=(
            r"/dev/tcp/(?!\d)[\w.-]{1,200}/\d{1,5}: (?:Invalid argument|Try again|Name does not resolve|Name or service)",
            r"(?#likely)No addresses found for hostname:|:nxdomain|non-existing domain",
            r"getaddrinfo ENOTFOUND",
            r"⟨EAI_(?:NONAME|NODATA|FAIL)⟩",
            r"Name or service not known|nodename nor servname provided|No address associated with hostname",
            r"(?<!⟨EAI_AGAIN⟩ )getaddrinfo(?:\(\S{1,200}\))? failed",
            r"UnknownHostException",
            r"lookup (?!_mongodb)[^\n]{1,300}: no such host",
            r"No such host is known|:nxdomain\b",
            r"failed to lookup address information",
            r"(?:Failed to|C(?:ould|an) ?n[o']t|Unable to) resolve host(?:name)?:? ['\"]?(?!_mongodb)[a-z0-9]",
            # modules, imports and views are not found either
            r"(?:Failed to|Could ?n[o']t|Unable to) resolve ['\"]?(?!_mongodb)(?!(?:net|tls|dns|fs|os|path|util|zlib|crypto|events|stream|mongodb|mongoose|kerberos|aws4|socks|snappy)['\"])[a-z0-9][\w.-]{0,250}+(?::\d{2,5})?+['\"]?(?=$|[\])},:]| calling)",
            r"(?#likely)Host not found|HostNotFound",
            r"(?#likely)getaddrinfo EAI_AGAIN [a-z0-9_-]{1,63}(?![\w.-])",
            r"(?#likely)(?<![\w.-])[a-z0-9_-]{1,63}:\d{2,5}: \[Errno -3\]",
            r"(?#also)EAI_AGAIN|Temporary failure in name resolution",
            r"lookup (?!_mongodb)[^\n]{1,300}DNS name does not exist",
        ),
    ),
    Cause(
        code="dns.srv-parent-domain-mismatch",
        title="An SRV record points to a server outside its own domain",
        explanation="Drivers refuse SRV targets outside the domain of the connection string, so "
        "that a forged answer cannot redirect them. They do not connect.",
        remedies=(
            "Correct the SRV record: its servers must be in the same domain as its name.",
            "Compare with another resolver (--resolver): if only this one gives this answer, it is wrong or hostile.",
            "If the servers are in another domain on purpose, set srvAllowedHostsSuffix=DOMAIN (PyMongo 4.18 and newer).",
        ),
        links=(SRV_DOCS,),
        when=parent_domain,
        says=(
            r"does not share hostname with parent URI",
            r"Invalid SRV host:",
            r"must be in (?:the )?same domain",
            r"not in a sub-?domain of the SRV host",
            r"Domain suffix from SRV record not matched",
            r"must have the same parent domain as the seed",
            r"Parent domain name in SRV record result",
        ),
    ),
    Cause(
        code="dns.txt-invalid",
        title="The TXT record of this name is not valid for MongoDB",
        explanation="A mongodb+srv:// name may have one TXT record, which may set only authSource, "
        "replicaSet and loadBalanced. With an SPF or verification record on the same name, every "
        "driver fails with a message about options.",
        remedies=(
            MOVE_TXT,
            KEEP_ONE_TXT,
            STANDARD_STRING,
        ),
        links=(SRV_DOCS,),
        when=txt_invalid,
        says=(
            r"are supported from DNS",
            r"Text record (?:may|must) only",
            r"Only one TXT record is (?:supported|allowed)",
            r"Multiple text records not allowed",
            r"TXT records?\b[^\n]{0,80}(?:not (?:allowed|supported|permitted)|contains? (?:an )?invalid)",
            r"(?:dns_options|srv_resolver|get_options)[\s\S]{0,2500}URI options are key=value pairs",
            r"(?#also)URI options are key=value pairs",
        ),
    ),
    Cause(
        code="dns.resolvers-disagree",
        title="The name servers give different answers",
        explanation="A program connects to the addresses that its own name server returns. While "
        "name servers disagree, the deployment works from some machines and not from others: with "
        "split DNS, a private zone, or a change that has not reached every server.",
        remedies=(
            "Compare the answers with the addresses of the servers, and correct the name server that is wrong.",
            "If both answers are right in their own network, configure the name server of the network in which the program runs.",
            "After a change, wait until the old records have expired (TTL), and restart what caches them.",
        ),
        links=(TROUBLE_DOCS,),
        severity="warning",
        when=resolvers_disagree,
    ),
    Cause(
        code="dns.slow",
        title="The DNS resolver answers slowly",
        awaits="the DNS resolver to answer faster",
        explanation="The lookup succeeded slowly, and the driver repeats it for each new "
        "connection. The system's resolver waits about 5 s for a name server before it asks the "
        "next one or retries; dnspython, which resolves mongodb+srv:// names, waits 2 s.",
        remedies=(
            OTHER_RESOLVER,
            "Shorten the wait for a silent name server: add `options timeout:1` to /etc/resolv.conf.",
        ),
        links=(TROUBLE_DOCS,),
        when=slow,
        severity="warning",
    ),
)
