"""Causes that occur only with MongoDB Atlas. Each is found in a lower layer."""

from __future__ import annotations

from mongoping.causes import _atlas_account as account
from mongoping.causes import _evidence as of
from mongoping.causes._atlas_account import (
    ADD_ADDRESS,
    NEW_CLUSTER,
    REPLACEMENT,
    RESUME,
    STANDARD_STRING,
)
from mongoping.lazy_re import lazy_compile
from mongoping.model import NAME_ABSENT, Cause, Evidence, Match, Remedy
from mongoping.observations import observation
from mongoping.units import plural
from mongoping.uri.edit import rewrite, valid
from mongoping.uri.host import Host

ACCESS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
PAUSE_DOCS = "https://www.mongodb.com/docs/atlas/pause-terminate-cluster/"

_PRIVATE = lazy_compile(r"-pri\.|-pl-\d+|^pl-\d+-|-lb\.")
_PRIVATE_LABEL = lazy_compile(r"-(?:pri|pl-\d+)$")


def _atlas_seeds(evidence: Evidence) -> tuple[Host, ...]:
    """Return the seeds if all of them are hosts of Atlas, else an empty tuple."""
    seeds = evidence.seeds or ()
    return seeds if seeds and all(of.is_atlas(seed) for seed in seeds) else ()


def ip_not_allowed(evidence: Evidence) -> Match | None:
    """Return a match if every node accepts TCP and aborts TLS with alert 80.

    If only some nodes do, the problem is theirs: `tls.alert-internal-error`. What the API says of
    the access list decides, in both directions.
    """
    if (match := account.not_allowed(evidence)) is not None:
        return match
    if account.is_allowed(evidence) or account.pending_entry(evidence) is not None:
        return None
    seeds = _atlas_seeds(evidence)
    aborting_seeds = [seed for seed in seeds if _aborts(evidence, str(seed))]
    if not seeds or len(aborting_seeds) < len(seeds):
        return None
    names = tuple(map(str, seeds))
    return Match(
        f"{_all_nodes(len(seeds))} TLS with alert 80, after accepting the TCP connection",
        hosts=names,
    )


def _all_nodes(count: int) -> str:
    return "the only node aborts" if count == 1 else f"all {count} nodes abort"


def _aborts(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("tls", host)
    return failure is not None and failure.kind == "alert" and failure.code == 80


def cluster_paused(evidence: Evidence) -> Match | None:
    """Return a match if the SRV record exists, but none of the hosts in it resolves.

    The API knows whether the cluster is paused, or no longer exists.
    """
    place = account.cluster(evidence)
    if place is not None and place.paused is not None:
        return account.cluster_paused(evidence)
    if account.is_missing(evidence):
        return None
    seeds = _atlas_seeds(evidence)
    srv = evidence.result("srv")
    if not seeds or srv is None or not srv.ok:
        return None
    missing = [seed for seed in seeds if _name_is_gone(evidence, str(seed))]
    if len(missing) < len(seeds):
        return None
    return Match(
        f"the SRV record lists {plural(len(seeds), 'node')}, but no such host name resolves",
        hosts=tuple(map(str, seeds)),
    )


def _name_is_gone(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("addresses", host)
    return failure is not None and failure.kind in NAME_ABSENT


def private_endpoint(evidence: Evidence) -> Match | None:
    """Return a match if the host names are those of a private endpoint or of network peering, and none can be reached."""
    if (match := account.outside_private_network(evidence)) is not None:
        return match
    seeds = _atlas_seeds(evidence)
    if not seeds or not all(_PRIVATE.search(seed.name) for seed in seeds):
        return None
    unreachable = [seed for seed in seeds if _gets_lost(evidence, str(seed))]
    if len(unreachable) < len(seeds):
        return None
    return Match(
        f"{seeds[0].name} is a host name for a private network, and no node ({len(seeds)} tried) can be reached from this machine",
        _standard_string(evidence),
        instead_of=(STANDARD_STRING,),
        hosts=tuple(map(str, seeds)),
    )


def _standard_string(evidence: Evidence) -> tuple[Remedy | str, ...]:
    """Return the remedy with the cluster's standard connection string, if its name shows it.

    Atlas adds ``-pri`` or ``-pl-N`` to the first label of the cluster's SRV name.
    """
    target = evidence.target
    first, dot, rest = ((target.srv_name if target else None) or "").partition(".")
    standard = _PRIVATE_LABEL.sub("", first)
    if target is None or standard == first:
        return (STANDARD_STRING,)
    uri = valid(rewrite(target.uri, hosts=[f"{standard}{dot}{rest}"]))
    action = "From outside that network, use the cluster's standard connection string"
    return (Remedy(f"{action}:", uri=uri),) if uri else (STANDARD_STRING,)


def _gets_lost(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("tcp", host)
    return failure is not None and failure.kind in ("timeout", "unreachable", "refused")


def not_atlas(evidence: Evidence) -> Match | None:
    """Return a match if `mongoping atlas` got a connection string without any Atlas host."""
    facts = observation(evidence, "uri")
    if evidence.settings.preset != "atlas" or facts is None or not facts.hosts:
        return None
    if any(of.is_atlas(host) for host in (*facts.hosts, *(evidence.seeds or ()))):
        return None
    differences = ["no host name ends in .mongodb.net"]
    if facts.scheme != "mongodb+srv":
        differences.append("it does not begin with mongodb+srv://")
        if not facts.options.get("tls"):
            differences.append("TLS is off, but Atlas requires it")
    return Match(f"the connection string is not for Atlas: {'; '.join(differences)}")


CAUSES = (
    Cause(
        code="atlas.not-atlas",
        title="The connection string is not for an Atlas cluster",
        explanation="mongoping atlas expects an Atlas cluster: mongodb+srv://, a host name that "
        "ends in .mongodb.net, TLS, and the Stable API. This connection string leads to another "
        "deployment, and the report is about that one.",
        remedies=(
            "Copy the connection string from Atlas (Connect, Drivers). It begins with "
            "mongodb+srv://, and its host ends in .mongodb.net.",
            "For any other deployment, use mongoping check; for this machine, mongoping local.",
        ),
        links=("https://www.mongodb.com/docs/atlas/driver-connection/",),
        when=not_atlas,
        severity="warning",
        layer="uri",
    ),
    Cause(
        code="atlas.ip-not-allowed",
        title="This machine's address is not on the Atlas IP access list",
        awaits="this address to be on the IP access list",
        explanation="Atlas accepts the TCP connection of a client that is not on the access list, "
        "and then aborts the TLS handshake with alert 80. Drivers report this as a TLS internal "
        "error, or only that the connection ended.",
        remedies=(
            Remedy(ADD_ADDRESS, command="atlas accessLists create --currentIp"),
            "If the address changes, as in CI and serverless environments, use a fixed egress address or a private endpoint.",
        ),
        links=(ACCESS_DOCS,),
        when=ip_not_allowed,
        layer="tls",
        alternatives=("tls.alert-internal-error",),
        says=(
            r"(?#likely)⟨every atlas node aborts⟩",
            r"(?#possible)Could not connect to any servers in your MongoDB Atlas cluster",
            r"(?#possible)IP (?:address )?(?:that )?isn't whitelisted|IP address is on your Atlas cluster's IP whitelist",
            r"(?#also)⟨alert 80⟩",
            # closed, and the address is none of a network of one's own
            r"(?#also)connection (?:<monitor>|\d{1,9}) to (?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d[\d.]{6,14}:\d{4,5} closed",
            r"(?#likely)⟨alert 80⟩[\s\S]{0,300}Network Access List allows connections from your IP",
            r"(?#also)Network Access List allows connections from your IP",
        ),
    ),
    Cause(
        code="atlas.cluster-paused",
        title="The cluster's host names do not resolve: it is paused, still being created, or deleted",
        awaits="the cluster to be resumed",
        explanation="The cluster's SRV record still exists, but the host names in it do not "
        "resolve. The cluster is paused or deleted, or was created only a few minutes ago.",
        remedies=(
            RESUME,
            NEW_CLUSTER,
            REPLACEMENT,
        ),
        links=(PAUSE_DOCS,),
        when=cluster_paused,
        layer="dns",
        says=(
            r"(?#likely)⟨every atlas node is gone⟩",
            r"(?#likely)(?:ENOTFOUND|no such host|UnknownHostException)(?>[^\n]{0,100}?-shard-\d\d-\d\d)[^\n]{0,60}mongodb\.net",
            r"(?#likely)lookup (?>[^\n]{1,80}?-shard-\d\d-\d\d)[^\n]{1,120}: no such host",
            r"(?#likely)-shard-\d\d-\d\d[\w.-]{1,60}mongodb\.net:\d{2,5}: \[Errno -?\d{1,5}+\] ⟨EAI_NO",
        ),
    ),
    Cause(
        code="atlas.private-endpoint",
        title="The connection string is for a private network that this machine is not in",
        explanation="Atlas has separate host names for private endpoints (-pl-) and network "
        "peering (-pri). They resolve to private addresses, which can be reached only from that "
        "network.",
        remedies=(
            STANDARD_STRING,
            "Run the program inside the network that is peered or has the private endpoint.",
        ),
        links=("https://www.mongodb.com/docs/atlas/security-private-endpoint/",),
        when=private_endpoint,
        layer="tcp",
        says=(
            r"(?#likely)⟨every atlas node is private⟩",
            r"(?#likely)(?:timed out|ETIMEDOUT|refused|ENOTFOUND|UnknownHost\w{0,12}+|no such host)(?>[^\n]{0,120}?(?:-pri\.|-pl-\d|\bpl-\d-))[\w.-]{0,100}mongodb\.net",
            r"(?#likely)(?:-pri\.|-pl-\d|\bpl-\d-)[\w.-]{0,100}mongodb\.net(?::\d{2,5}+)?: (?:timed out|\[Errno|\[WinError)",
        ),
    ),
    Cause(
        code="atlas.shared-tier-limit",
        title="The free or shared tier has reached a limit",
        awaits="the limits of the shared tier to allow it",
        explanation="Free and shared Atlas clusters limit connections, storage and commands. Above "
        "a limit, they refuse connections or commands with a message that names it.",
        remedies=(
            "Find out which limit was reached: compare the cluster's Metrics in Atlas with the limits of its tier.",
            "Use one client per process, and lower maxPoolSize.",
            "Upgrade to a dedicated tier, or delete data.",
        ),
        links=("https://www.mongodb.com/docs/atlas/reference/free-shared-limitations/",),
        layer="auth",
        says=(
            r"over your space quota",
            r"cannot create a new (?:collection|database) -- already using",
            r"not allowed in this atlas tier|CMD_NOT_ALLOWED",
            r"already using \d{1,9} (?:MB|collections|databases) of",
            r"\b(?:M0|M2|M5|free tier|shared tier|flex)\b[^\n]{0,120}\b(?:limit|quota|exceeded)",
        ),
    ),
)
