"""Causes of a deployment that has another shape than the connection string says."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Match
from mongoping.settings import Settings

URI_DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
SDAM_DOCS = "https://www.mongodb.com/docs/manual/replication/"
PREFERENCE_DOCS = "https://www.mongodb.com/docs/manual/core/read-preference/"
BALANCER_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/"


def set_name_missing(evidence: Evidence, host: None) -> Match | None:
    if evidence.options.get("replicaSet") == "":
        names = tuple(of.hellos(evidence))
        own = evidence.target is not None and "replicaSet" in evidence.target.options
        where = "connection string" if own else "TXT record"
        return (
            Match(
                f"replicaSet= stands in the {where} without a name, and the driver looks for a set of that empty name",
                (f"Name the set, or remove replicaSet= from the {where}.",),
                hosts=names,
            )
            if names and not of.driver_works(evidence)
            else None
        )
    if evidence.options.get("replicaSet"):
        return None
    sets: dict[str, list[str]] = {}
    for name, seen in of.hellos(evidence).items():
        if seen.set_name and of.is_seed(evidence, name):
            sets.setdefault(seen.set_name, []).append(name)
    if len(sets) < 2:
        return None
    words = "; ".join(f"{', '.join(names)} of {name}" for name, names in sets.items())
    return Match(f"the seed list holds members of {len(sets)} sets: {words}")


def replica_set_required(evidence: Evidence, host: None) -> Match | None:
    wanted = evidence.options.get("w")
    alone = [name for name, seen in of.hellos(evidence).items() if seen.role == "standalone"]
    if not alone or not isinstance(wanted, int) or wanted < 2 or not of.driver_works(evidence):
        return None
    return Match(
        f"w={wanted} is asked for, and {alone[0]} belongs to no replica set: every write will fail",
        severity="warning",
    )


def not_primary(evidence: Evidence, host: None) -> Match | None:
    if not evidence.options.get("directConnection") or not of.driver_works(evidence):
        return None
    for name, seen in of.hellos(evidence).items():
        if seen.role in ("secondary", "hidden", "arbiter", "recovering"):
            primary = f"; the primary is {seen.primary}" if seen.primary else ""
            # who names another read preference means to read there
            reads = str(evidence.options.get("readPreference") or "primary") != "primary"
            return Match(
                f"directConnection leads to {name}, which is {seen.role}: writes will be refused{primary}",
                (f"Connect to {seen.primary}.",) if seen.primary else (),
                severity="warning" if reads else None,
            )
    return None


def no_matching_server(evidence: Evidence, host: None) -> Match | None:
    driver = of.driver(evidence)
    if driver is None or driver.readable is not False or not of.driver_works(evidence):
        return None
    if driver.type == "ReplicaSetNoPrimary" and driver.read_preference == "Primary":
        return None  # that is `topology.no-primary`
    if "maxStalenessSeconds" in (driver.read_preference or ""):
        return None  # refused before any member was weighed: that is `uri.invalid-option`
    return Match(
        f"no member fits the read preference of the connection string ({driver.read_preference})"
    )


def direct_connection_needed(evidence: Evidence, host: None) -> Match | None:
    """One seed answers, and of the names that its set has, none leads anywhere from here."""
    if of.driver_works(evidence) or evidence.options.get("directConnection"):
        return None
    answering = of.hellos(evidence)
    if len(evidence.seeds or ()) != 1 or len(answering) != 1:
        return None
    seed, seen = next(iter(answering.items()))
    names = [name.lower() for name in (*seen.hosts, *seen.passives, *seen.arbiters)]
    if not seen.set_name or not names or seed in names:
        return None
    if any(evidence.failure("addresses", name) for name in names):
        return None  # that is `topology.member-unresolvable`
    return Match(
        f"{seed} answers as a member of {seen.set_name}, whose own names ({', '.join(names[:5])}) cannot be "
        "reached from here, as through a tunnel or a forwarded port",
    )


def load_balanced_mismatch(evidence: Evidence, host: None) -> Match | None:
    if not evidence.options.get("loadBalanced"):
        return None
    plain = [name for name, seen in of.hellos(evidence).items() if not seen.service_id]
    if not plain:
        return None
    return Match(
        f"loadBalanced=true is asked for, and {plain[0]} is no load balancer (its hello has no serviceId)"
    )


def lag(evidence: Evidence, host: None) -> Match | None:
    seen = of.members(evidence)
    late = [
        one
        for one in (seen.topology.members if seen else ())
        if one.lag_s is not None and one.lag_s >= evidence.settings.lag
    ]
    if not late:
        return None
    words = ", ".join(f"{one.host} by {one.lag_s:.0f} s" for one in late)
    return Match(f"behind the primary: {words}", hosts=tuple(one.host for one in late))


def unexpected(evidence: Evidence, host: None) -> Match | None:
    """A standalone, or members of two kinds, in one seed list: the driver drops some of them."""
    seeds = evidence.seeds or ()
    roles = {
        name: seen.role for name, seen in of.hellos(evidence).items() if of.is_seed(evidence, name)
    }
    alone = [name for name, role in roles.items() if role == "standalone"]
    routers = [name for name, role in roles.items() if role == "mongos"]
    others = [name for name in roles if name not in alone and name not in routers]
    if not (alone and len(seeds) > 1) and not (routers and others):
        return None
    words = ", ".join(f"{name} is {role}" for name, role in roles.items())
    if alone and len(roles) == 1:
        words += f", and stands beside {len(seeds) - 1} other in the seed list"
    return Match(
        f"the seeds are not of one deployment: {words}",
        severity="warning" if of.driver_works(evidence) else None,
    )


def mixed_versions(evidence: Evidence, host: None) -> Match | None:
    versions = {name: seen.version for name, seen in of.hellos(evidence).items() if seen.version}
    series = {".".join(str(version).split(".")[:2]) for version in versions.values()}
    if len(series) < 2:
        return None
    words = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Match(f"members run different release series: {words}")


DEFAULT_LAG = Settings().lag

CAUSES = (
    Cause(
        code="topology.set-name-missing",
        title="The connection string does not say which replica set is meant",
        explanation="With replicaSet= and no name the driver drops every server. Without it, and "
        "with seeds of several sets, it joins the set of whichever seed answers first, and drops "
        "the others: which deployment it reaches is a matter of luck.",
        remedies=(
            "Name the set: add replicaSet=NAME to the connection string.",
            "List members of one set alone.",
        ),
        links=(URI_DOCS + "#replica-set-option",),
        when=set_name_missing,
        says=(
            r"replica set name \"\"",
            r"replicaSet\W{0,3} cannot be specified with no value",
        ),
    ),
    Cause(
        code="topology.replica-set-required",
        title="What is asked for needs a replica set",
        explanation="Transactions, change streams, retryable writes and w greater than 1 exist on "
        "replica sets and sharded clusters alone. A standalone server refuses them.",
        remedies=(
            "Make the server a set of one: start mongod with --replSet rs0, and run rs.initiate() once.",
            "Or do without: remove w, transactions and change streams.",
        ),
        links=("https://www.mongodb.com/docs/manual/tutorial/convert-standalone-to-replica-set/",),
        when=replica_set_required,
        says=(
            r"only allowed on a replica set member or mongos",
            r"only supported on replica sets",
            r"does not support retryable writes",
            r"(?:Transactions|Sessions) are not supported by (?:the MongoDB cluster|this deployment)",
            r"requires your MongoDB server to be run as a replica set|when a host is not replicated",
        ),
    ),
    Cause(
        code="topology.not-primary",
        title="The server that is connected to is not the primary",
        explanation="Only the primary of a replica set takes writes. A direct connection stays "
        "with the server it was given, whatever its role.",
        remedies=(
            "Leave directConnection=true out, so that the driver finds the primary itself.",
            "List several members in the connection string, with replicaSet=NAME.",
        ),
        links=(SDAM_DOCS,),
        when=not_primary,
        says=(
            r"⟨code (?:10107|13435|13436|10058|189)⟩",
            r"\bnot master\b|\bnot (?:the )?(?:writable )?primary\b|not in primary or recovering state",
        ),
    ),
    Cause(
        code="topology.no-matching-server",
        title="No member fits the read preference",
        explanation="readPreference, readPreferenceTags and maxStalenessSeconds choose among the "
        "members, and leave none. Every read waits until server selection gives up.",
        remedies=(
            "Compare readPreferenceTags with the members' own tags (rs.conf().members[n].tags); an empty last set, readPreferenceTags=, takes any member.",
            "Loosen it: readPreference=secondaryPreferred or nearest.",
        ),
        links=(PREFERENCE_DOCS,),
        when=no_matching_server,
        says=(
            r"match selector \"[^\"\n]{0,80}tag_sets=\[\{'",
            r"(?#likely)match selector \"(?!Primary\(\)|writable)",
            r"(?#likely)⟨all answer⟩",
        ),
    ),
    Cause(
        code="topology.direct-connection-needed",
        title="The set's own names cannot be reached from here",
        explanation="One member answers, but a driver goes on to the names in the set's "
        "configuration, and none of them leads anywhere from this network. Tunnels, port forwards "
        "and VPNs do that.",
        remedies=(
            "Stay with the one member: add directConnection=true to the connection string.",
            "For all members, forward every one of them under the name and port that the set uses.",
        ),
        links=(URI_DOCS,),
        when=direct_connection_needed,
        says=(r"(?#also)Replica set is configured with internal hostnames or IPs|⟨set lost⟩",),
    ),
    Cause(
        code="topology.load-balanced-mismatch",
        title="The server is no load balancer",
        explanation="With loadBalanced=true the driver expects a service that stands in front of "
        "mongos and says so in hello. This server does not.",
        remedies=("Remove loadBalanced=true from the connection string, or from the TXT record.",),
        links=(BALANCER_DOCS,),
        when=load_balanced_mismatch,
        says=(r"load balanc\w{1,6} mode, but the server does not support",),
    ),
    Cause(
        code="topology.replication-lag",
        title="A secondary is behind the primary",
        explanation="Its last write is older than the primary's by more than the threshold "
        f"(--max-lag, {DEFAULT_LAG:g} s unless told otherwise). Reads from it are stale, and a majority may wait for it.",
        remedies=(
            "See who lags and why: rs.printSecondaryReplicationInfo(); slow disks, long operations and index builds are usual.",
        ),
        links=("https://www.mongodb.com/docs/manual/tutorial/troubleshoot-replica-sets/",),
        when=lag,
        severity="warning",
    ),
    Cause(
        code="topology.unexpected",
        title="The seeds are not of one deployment",
        explanation="A driver takes several seeds for members of one replica set, or for mongos "
        "of one cluster. Standalone servers beside others are dropped, until none is left.",
        remedies=("List members of one deployment alone; for a standalone server, list it alone.",),
        links=(URI_DOCS,),
        when=unexpected,
        hidden_by=("topology.not-a-replica-set",),
        says=(r"(?#likely)⟨servers dropped⟩",),
    ),
    Cause(
        code="topology.mixed-versions",
        title="Members run different versions",
        explanation="That is meant for the length of an upgrade. Features and defaults follow the "
        "oldest member.",
        remedies=("Finish the upgrade: bring every member to the same release series.",),
        links=("https://www.mongodb.com/docs/manual/release-notes/",),
        when=mixed_versions,
        severity="warning",
    ),
)
