"""Causes that are seen in the DNS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._dns_remedies import (
    CHECK_RESOLVER,
    IN_A_CONTAINER,
    NAME_SERVER,
    NO_FILE,
    NODE_RESOLVER,
    OTHER_RESOLVER,
    SRV_DOCS,
    STANDARD_STRING,
    TROUBLE_DOCS,
    TRY_AGAIN,
)
from mongoping.model import NAME_ABSENT, Cause, Evidence, Failure, Match
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from mongoping.checks.addresses import AddressesSeen
    from mongoping.checks.srv import SrvSeen


def _resolver(failure: Failure, evidence: Evidence) -> str:
    """Who was asked, in words."""
    attempts = failure.facts.get("attempts") or []
    servers = dict.fromkeys(str(one["server"]) for one in attempts)
    if servers:
        return ", ".join(servers)
    return evidence.settings.resolver or "the system's resolver"


def _names(kinds: tuple[str, ...], words: str) -> Callable[[Evidence, None], Match | None]:
    """True when a lookup failed in one of these ways; names whom it concerns."""

    def when(evidence: Evidence, host: None) -> Match | None:
        failed = [(one, why) for one, why in of.name_failures(evidence) if why.kind in kinds]
        if not failed:
            return None
        own = evidence.target.srv_name if evidence.target else None
        asked = dict.fromkeys(str(why.facts.get("name") or one or own) for one, why in failed)
        names = ", ".join(asked)
        hosts = tuple(one for one, _ in failed if one is not None)
        if failed[0][1].facts.get("chain"):
            return Match(
                f"the names that {names} leads to go in a circle, or too far: {failed[0][1].message}",
                (
                    f"Correct the CNAME records; dig {next(iter(asked))} shows them, one after the other.",
                ),
                hosts=hosts,
                instead_of=(TRY_AGAIN, OTHER_RESOLVER, STANDARD_STRING),
            )
        if evidence.settings.resolver and failed[0][1].kind == "unreachable-resolver":
            return Match(
                f"nothing listens at {evidence.settings.resolver}, which was to be asked for {names}",
                ("Name a resolver that runs (--resolver), or leave it to the system's.",),
                hosts=hosts,
                instead_of=(NAME_SERVER, NO_FILE, CHECK_RESOLVER),
            )
        detail = words.format(resolver=_resolver(failed[0][1], evidence), names=names)
        # with the names of the servers known, SRV was not what failed
        known = len(hosts) == len(failed)
        return Match(detail, hosts=hosts, instead_of=(STANDARD_STRING,) if known else ())

    return when


def srv_not_found(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("srv")
    seen = of.srv(evidence)
    if failure is None or seen is None or failure.kind not in ("nxdomain", "bad-name"):
        return None
    name = seen.query.partition("._tcp.")[2]
    by = f" ({_resolver(failure, evidence)})" if evidence.settings.resolver else ""
    if seen.has_address:
        return Match(
            f"{name} has an address, but no record {seen.query}{by}",
            (
                f"If {name} is a server and not a cluster's name, use mongodb:// instead of mongodb+srv://.",
                "In a container, the engine's own DNS may not pass SRV queries on: "
                + OTHER_RESOLVER,
            ),
        )
    address = "" if seen.has_address is None else f", and no address of {name}"
    return Match(f"the DNS has no record {seen.query}{by}{address}")


def srv_empty(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("srv")
    seen = of.srv(evidence)
    if failure is None or seen is None or failure.kind != "no-data":
        return None
    if seen.records:
        return Match(f"{seen.query}: {failure.message}")
    return Match(f"{seen.query} exists in the DNS, without an SRV record")


def parent_domain(evidence: Evidence, host: None) -> Match | None:
    seen = of.srv(evidence)
    if seen is None or not seen.outside:
        return None
    return Match(f"{seen.query} names {seen.outside[0]}, which is not within {seen.parent}")


def txt_invalid(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("srv")
    seen = of.srv(evidence)
    if failure is None or seen is None or failure.kind != "txt" or not seen.txt_problem:
        return None
    shown = f' It says "{seen.txt[0][:80]}".' if seen.txt else ""
    return Match(f"{seen.txt_problem}.{shown}")


def host_not_found(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("addresses", host)
    if failure is None or failure.kind not in {*NAME_ABSENT, "bad-name"}:
        return None
    name = of.host_of(evidence, host).name
    remedies: list[str] = []
    if "." not in name:
        remedies.append(
            f"{name} is a short name, as containers have them: it resolves only inside their "
            f"network. From outside, use the published port: mongodb://localhost:27017"
        )
    if failure.kind == "bad-name":
        return Match(f"{name} is no name that the DNS could be asked for", tuple(remedies))
    words = "has no address" if failure.kind == "no-data" else "does not exist in the DNS"
    return Match(f"{name} {words} ({failure.message})", tuple(remedies))


def slow(evidence: Evidence, host: None) -> Match | None:
    limit = evidence.settings.slow_resolver_ms
    times = {
        one.host or "the SRV record": one.duration_ms
        for one in (*evidence.of("srv"), *evidence.of("addresses"))
        if one.ok
    }
    late = {name: took for name, took in times.items() if took >= limit}
    if not late:
        return None
    worst = max(late, key=lambda name: late[name])
    why, remedies = _delay(of.addresses(evidence, worst) or of.srv(evidence))
    return Match(f"looking up {worst} took {milliseconds(late[worst])}{why}", remedies)


def _delay(seen: AddressesSeen | SrvSeen | None) -> tuple[str, tuple[str, ...]]:
    """Return what delayed a lookup, and what to do about it, by what each name server answered."""
    if seen is None:
        return "", ()
    if seen.silent:
        silent = ", ".join(seen.silent)
        others = f"; {', '.join(seen.answering)} answers" if seen.answering else ""
        remedy = f"Remove {silent} from /etc/resolv.conf, or list it last, until it answers again."
        return f": {silent} does not answer{others}", (remedy,)
    if seen.partly_silent:
        words = ", ".join(seen.partly_silent)
        remedy = "Add `options single-request` to /etc/resolv.conf, or use another name server."
        return f": queries of one type get no answer from {words}", (remedy,)
    if seen.answering:
        return (
            f"; {', '.join(seen.answering)} answers now: a packet was lost, or the server is slow",
            (),
        )
    return "", ()


CAUSES = (
    Cause(
        code="dns.srv-not-found",
        title="There is no SRV record under this name",
        explanation="mongodb+srv:// looks the servers up under _mongodb._tcp.NAME, and the DNS "
        "says that this name does not exist. The name is misspelt, or the cluster was deleted or "
        "renamed. Waiting does not help.",
        remedies=(
            "Copy the connection string again from where the deployment is managed (Atlas: Connect, Drivers).",
            "If the cluster was deleted or renamed, use the name of the one that took its place.",
            IN_A_CONTAINER,
            STANDARD_STRING,
        ),
        links=(SRV_DOCS, TROUBLE_DOCS),
        when=srv_not_found,
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
        title="The name exists, but has no SRV record",
        explanation="The DNS knows the name, yet answers a question for SRV records with nothing. "
        "Either the name belongs to something else, or a resolver on the way drops such records.",
        remedies=(
            OTHER_RESOLVER,
            "If the name is a server's own, use mongodb:// instead of mongodb+srv://.",
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
        title="This machine has no DNS resolver that could be asked",
        explanation="The resolver's configuration is missing or names an address at which nothing "
        "listens, so no name can be looked up. dnspython, which PyMongo uses for SRV, needs it.",
        remedies=(
            NAME_SERVER,
            NO_FILE,
            CHECK_RESOLVER,
            NODE_RESOLVER,
        ),
        links=("https://dnspython.readthedocs.io/en/stable/resolver-class.html",),
        when=_names(
            ("no-resolver", "unreachable-resolver"),
            "no resolver could be asked for {names} ({resolver})",
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
        explanation="The resolver answered REFUSED: it does not serve this client, or not this kind "
        "of record. Node and Bun say ECONNREFUSED of that, and of a resolver that takes no "
        "question at all. The deployment was not even looked for.",
        remedies=(
            OTHER_RESOLVER,
            "Have the resolver's access list allow this machine, or give this machine another resolver.",
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
        title="The DNS resolver failed to find an answer",
        explanation="The resolver answered SERVFAIL, or something that is no valid answer: it could "
        "not reach the domain's own servers, or their answers are broken. It often passes.",
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
        explanation="The query was repeated, and none of the name servers answered in this run: "
        "they are down, or something on the way drops DNS packets. PyMongo waits up to 20 s.",
        remedies=(
            OTHER_RESOLVER,
            "Check the network or VPN that this machine is in: DNS is UDP and TCP port 53.",
            STANDARD_STRING,
        ),
        links=(TROUBLE_DOCS,),
        when=_names(("timeout",), "no answer from {resolver} for {names}"),
        says=(
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
        explanation="The name of a server has no address here. It is misspelt, it was removed, or "
        "it is known only in another network (a container's, a VPN's, a private zone).",
        remedies=(
            "Compare the name in the connection string with the server's real one, letter by letter.",
            "If the name is private, run the program inside that network, or join it (VPN, peering).",
        ),
        links=(TROUBLE_DOCS,),
        when=host_not_found,
        per_host=True,
        hidden_by=(
            "uri.srv-scheme-needed",
            "topology.member-unresolvable",
            "atlas.cluster-paused",
        ),
        says=(
            r"getaddrinfo ENOTFOUND",
            r"⟨EAI_(?:NONAME|NODATA|FAIL)⟩",
            r"Name or service not known|nodename nor servname provided|No address associated with hostname",
            r"getaddrinfo(?:\(\S{1,200}\))? failed",
            r"UnknownHostException",
            r"lookup (?!_mongodb)[^\n]{1,300}: no such host",
            r"No such host is known|:nxdomain\b",
            r"failed to lookup address information",
            r"(?:Failed to resolve|[Cc]ould ?n[o']t resolve|unable to resolve) (?:host(?:name)? )?['\"]?(?!_mongodb)[a-z0-9]",
            r"(?#likely)Host not found|HostNotFound",
            r"(?#likely)getaddrinfo EAI_AGAIN [a-z0-9_-]{1,63}(?![\w.-])",
            r"(?#likely)(?<![\w.-])[a-z0-9_-]{1,63}:\d{2,5}: \[Errno -3\]",
            r"(?#also)EAI_AGAIN|Temporary failure in name resolution",
            r"lookup (?!_mongodb)[^\n]{1,300}DNS name does not exist",
        ),
    ),
    Cause(
        code="dns.srv-parent-domain-mismatch",
        title="An SRV record names a server outside its own domain",
        explanation="Drivers refuse SRV targets that do not share the domain of the connection "
        "string, so that a forged answer cannot lead them elsewhere. Nothing is connected to.",
        remedies=(
            "Have the owner of the DNS zone name servers within the same domain.",
            "If one resolver alone gives this answer, it is wrong or hostile: compare with another by --resolver.",
            "PyMongo 4.18 and newer take srvAllowedHostsSuffix=DOMAIN for servers that live elsewhere on purpose.",
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
        title="The TXT record of this name is not one for MongoDB",
        explanation="A mongodb+srv:// name may have one TXT record, with authSource, replicaSet "
        "and loadBalanced alone. An SPF or verification record on the same name breaks every "
        "driver, with a message about options.",
        remedies=(
            "Move SPF, verification and other TXT records to another name than the cluster's.",
            "Keep one TXT record with options such as authSource=admin&replicaSet=rs0.",
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
        code="dns.slow",
        title="The DNS resolver answers slowly",
        explanation="The lookup succeeded, but took long, and the driver repeats it for each new "
        "connection. The system's resolver waits about 5 s for a name server before it asks the "
        "next one or asks again; dnspython, which resolves mongodb+srv:// names, waits 2 s.",
        remedies=(
            OTHER_RESOLVER,
            "Shorten the wait for a silent name server: add `options timeout:1` to /etc/resolv.conf.",
        ),
        links=(TROUBLE_DOCS,),
        when=slow,
        severity="warning",
    ),
)
