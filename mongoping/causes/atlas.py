"""Causes that only MongoDB Atlas has, each seen in a lower layer."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.lazy_re import lazy_compile
from mongoping.model import NAME_ABSENT, Cause, Evidence, Match
from mongoping.observations import observation
from mongoping.uri.host import Host

ACCESS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
PAUSE_DOCS = "https://www.mongodb.com/docs/atlas/pause-terminate-cluster/"

_PRIVATE = lazy_compile(r"-pri\.|-pl-\d+|^pl-\d+-|-lb\.")


def _atlas_seeds(evidence: Evidence) -> tuple[Host, ...]:
    seeds = evidence.seeds or ()
    return seeds if seeds and all(of.is_atlas(seed) for seed in seeds) else ()


def ip_not_allowed(evidence: Evidence, host: None) -> Match | None:
    """TCP stands and TLS is aborted with alert 80, on every node: the access list.

    On one of three nodes it is that node's own fault, and `tls.alert-internal-error`.
    """
    seeds = _atlas_seeds(evidence)
    aborted = [seed for seed in seeds if _aborts(evidence, str(seed))]
    if not seeds or len(aborted) < len(seeds):
        return None
    names = tuple(map(str, seeds))
    return Match(
        f"TCP stands to {len(seeds)} of {len(seeds)} nodes, and each of them aborts TLS with alert 80",
        hosts=names,
    )


def _aborts(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("tls", host)
    return failure is not None and failure.kind == "alert" and failure.code == 80


def cluster_paused(evidence: Evidence, host: None) -> Match | None:
    """SRV answers, and no node that it names exists in the DNS."""
    seeds = _atlas_seeds(evidence)
    srv = evidence.result("srv")
    if not seeds or srv is None or not srv.ok:
        return None
    gone = [seed for seed in seeds if _gone(evidence, str(seed))]
    if len(gone) < len(seeds):
        return None
    return Match(
        f"the SRV record names {len(seeds)} nodes, and none of them exists in the DNS",
        hosts=tuple(map(str, seeds)),
    )


def _gone(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("addresses", host)
    return failure is not None and failure.kind in NAME_ABSENT


def private_endpoint(evidence: Evidence, host: None) -> Match | None:
    """Names of a private endpoint or of peering, which lead into a network that this is not."""
    seeds = _atlas_seeds(evidence)
    if not seeds or not all(_PRIVATE.search(seed.name) for seed in seeds):
        return None
    lost = [seed for seed in seeds if _lost(evidence, str(seed))]
    if len(lost) < len(seeds):
        return None
    return Match(
        f"{seeds[0].name} is a name for a private network, and none of its {len(seeds)} nodes can be reached from here",
        hosts=tuple(map(str, seeds)),
    )


def _lost(evidence: Evidence, host: str) -> bool:
    failure = evidence.failure("tcp", host)
    return failure is not None and failure.kind in ("timeout", "unreachable", "refused")


def not_atlas(evidence: Evidence, host: None) -> Match | None:
    """`mongoping atlas` was given a string without any name of Atlas."""
    seen = observation(evidence, "uri")
    if evidence.settings.preset != "atlas" or seen is None or not seen.hosts:
        return None
    if any(of.is_atlas(one) for one in (*seen.hosts, *(evidence.seeds or ()))):
        return None
    lacks = ["its hosts are none of Atlas's, which end in .mongodb.net"]
    if seen.scheme != "mongodb+srv":
        lacks.append("it does not begin with mongodb+srv://")
        if not seen.options.get("tls"):
            lacks.append("TLS is off, without which Atlas takes no connection")
    return Match(f"the string is not one of Atlas: {'; '.join(lacks)}")


CAUSES = (
    Cause(
        code="atlas.not-atlas",
        title="The connection string is not one of an Atlas cluster",
        explanation="mongoping atlas expects what Atlas has: mongodb+srv://, a name that ends in "
        ".mongodb.net, TLS, and the Stable API. This string leads elsewhere, so what is said of "
        "it is true of that deployment and tells nothing of a cluster.",
        remedies=(
            "Copy the string from Atlas (Connect, Drivers); it begins with mongodb+srv:// and "
            "its host ends in .mongodb.net.",
            "For any other deployment use mongoping check, for this machine mongoping local.",
        ),
        links=("https://www.mongodb.com/docs/atlas/driver-connection/",),
        when=not_atlas,
        severity="warning",
        layer="uri",
    ),
    Cause(
        code="atlas.ip-not-allowed",
        title="This machine's address is not on the Atlas IP access list",
        explanation="Atlas accepts the TCP connection of a client that it does not know, and "
        "aborts the TLS handshake with alert 80. Drivers call it an internal error of TLS.",
        remedies=(
            "In Atlas, open Network Access and add this machine's current IP address; it takes effect within a minute.",
            "From the command line: atlas accessLists create --currentIp",
            "In CI and serverless environments the address changes: use a fixed egress address, or a private endpoint.",
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
        title="The cluster's nodes do not exist: it is paused, being made, or gone",
        explanation="The name of the cluster is still in the DNS, its nodes are not. A paused or "
        "deleted cluster looks like that, and one that is being made, for some minutes.",
        remedies=(
            "Open the cluster in Atlas and resume it; that takes some minutes.",
            "If it was just made, wait until Atlas shows it as ready.",
            "If it was deleted, use the connection string of the one that took its place.",
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
        title="This is the connection string for a private network, used from outside",
        explanation="Atlas has further names for a cluster behind private endpoints (-pl-) and "
        "peering (-pri). They lead to private addresses, which only machines in that network reach.",
        remedies=(
            "Run the program inside the peered network or the one with the private endpoint.",
            "From elsewhere use the standard connection string: Atlas shows it under Connect, Standard Connection.",
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
        title="A limit of the free or shared tier was reached",
        explanation="Small Atlas clusters limit connections, storage, and commands. Beyond the "
        "limit they refuse connections or commands, with a message of their own.",
        remedies=(
            "See the limit that was hit: Atlas, Metrics, and the limits of the tier.",
            "Use one client for each process, and lower maxPoolSize.",
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
