"""Causes where the deployment is not what the connection string describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Match
from mongoping.settings import Settings
from mongoping.units import plural

if TYPE_CHECKING:
    from mongoping.checks.set_status import SetStatusSeen

URI_DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
SDAM_DOCS = "https://www.mongodb.com/docs/manual/replication/"
PREFERENCE_DOCS = "https://www.mongodb.com/docs/manual/core/read-preference/"
BALANCER_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/"


CONCERN_DOCS = "https://www.mongodb.com/docs/manual/reference/write-concern/"
STATES_DOCS = "https://www.mongodb.com/docs/manual/reference/replica-states/"
WRITE_OPTIONS = ("w", "journal", "wTimeoutMS")
NAME_THE_SET = "Name the set: add replicaSet=NAME to the connection string."
ONE_SET = "List members of one set only."
ONE_DEPLOYMENT = "List members of one deployment only; list a standalone server by itself."
STAY = "Stay with the one member: add directConnection=true to the connection string."
RENAME_MEMBERS = (
    "Give the members names that lead to them from servers and clients alike: rs.reconfig() "
    "with new members[n].host."
)
NO_BALANCER = (
    "List the members themselves, without directConnection: mongodb://HOST1,HOST2,HOST3/"
    "?replicaSet=NAME. Drivers balance by themselves; a replica set needs no load balancer."
)
NO_BALANCER_ROUTERS = (
    "List the mongos themselves: mongodb://HOST1,HOST2/. Or let the balancer keep each client "
    "with one mongos (source IP affinity)."
)
ONE_SERVER = (
    "Let the address lead to one server only: independent servers do not share their data. For "
    "several servers with the same data, make them a replica set."
)
NUMBER_OF_MEMBERS = "Use a write concern that the set can meet: w=majority"
DEFINE_MODE = (
    "Define the mode: settings.getLastErrorModes in rs.reconfig(), with tags on the members."
)
SAME_KEY = (
    "Give all members the same keyFile, or certificates of one CA, and restart the one that "
    "differs; its log has 'Authentication failed' for each attempt."
)
NOT_READY: Mapping[str, tuple[str, ...]] = {
    "RECOVERING": (
        "If it was put into maintenance, end that on this member: mongosh --eval "
        "'db.adminCommand({replSetMaintenance: false})'",
        "If its log says 'too stale to catch up', its oplog no longer overlaps with that of "
        "the others: resync it from an empty data folder.",
    ),
    "STARTUP2": (
        "Let its initial sync finish; watch it on this member: mongosh --eval "
        "'rs.status().initialSyncStatus'",
    ),
    "ROLLBACK": (
        "Wait for the rollback to finish, then look at the documents it put into the rollback "
        "folder of the data folder.",
    ),
}
"""Remedies by the state of a member that has data to catch up with."""


def set_name_missing(evidence: Evidence, host: None) -> Match | None:
    if evidence.options.get("replicaSet") == "":
        return _empty_set_name(evidence)
    if evidence.options.get("replicaSet"):
        return None
    sets: dict[str, list[str]] = {}
    for name, seen in of.hellos(evidence).items():
        if seen.set_name and of.is_seed(evidence, name):
            sets.setdefault(seen.set_name, []).append(name)
    if len(sets) < 2:
        return None
    listed = "; ".join(f"{', '.join(names)} in {name}" for name, names in sets.items())
    remedies = tuple(
        f"For the set {name}, list only {', '.join(names)}, with replicaSet={name}."
        for name, names in sets.items()
    )
    return Match(
        f"the connection string lists members of {len(sets)} replica sets: {listed}",
        remedies,
        instead_of=(NAME_THE_SET,),
    )


def _empty_set_name(evidence: Evidence) -> Match | None:
    """Return a match for ``replicaSet=`` without a value."""
    found = of.hellos(evidence)
    if not found or of.driver_works(evidence):
        return None
    own = evidence.target is not None and "replicaSet" in evidence.target.options
    where = "connection string" if own else "TXT record"
    names = {seen.set_name for seen in found.values()}
    (only,) = names if len(names) == 1 else (None,)
    if only:
        remedy = f"Name the set in the {where}: replicaSet={only}"
    elif names == {None}:
        remedy = f"Remove replicaSet= from the {where}: no server that answers is in a set."
    else:
        remedy = f"Name the set, or remove replicaSet= from the {where}."
    return Match(
        f"replicaSet= has no value in the {where}, so the driver looks for a replica set with an empty name",
        (remedy,),
        instead_of=(NAME_THE_SET, ONE_SET) if only or names == {None} else (),
        hosts=tuple(found),
    )


def replica_set_required(evidence: Evidence, host: None) -> Match | None:
    wanted = evidence.options.get("w")
    single = [name for name, seen in of.hellos(evidence).items() if seen.role == "standalone"]
    needs_set = wanted >= 2 if isinstance(wanted, int) else wanted not in (None, "majority")
    if not single or not needs_set or not of.driver_works(evidence):
        return None
    return Match(
        f"w={wanted} needs a replica set, but {single[0]} is a standalone server: every write "
        "will fail",
        severity="warning",
    )


def write_concern(evidence: Evidence, host: None) -> Match | None:
    """Return a match for a w that needs more members, or another mode, than the set has."""
    wanted, seen = evidence.options.get("w"), of.set_status(evidence)
    sets = [found for found in of.hellos(evidence).values() if found.set_name]
    if not sets or wanted in (None, "majority") or not of.driver_works(evidence):
        return None
    if not isinstance(wanted, int):
        if seen is None or seen.modes is None or str(wanted) in seen.modes:
            return None
        modes = ", ".join(seen.modes) or "none"
        return Match(
            f"w={wanted} names a write concern mode that the set {sets[0].set_name} does not "
            f"define (its modes: {modes}): every write will fail with code 79",
            (DEFINE_MODE, NUMBER_OF_MEMBERS),
            instead_of=(NUMBER_OF_MEMBERS,),
        )
    known = [member for member in seen.configured if not member.arbiter] if seen else []
    listed = {name.lower() for found in sets for name in (*found.hosts, *found.passives)}
    count = len(known) or len(listed)
    if wanted <= count:
        return _waits_for_members(evidence, wanted, count, listed)
    hidden = "" if known else ", not counting hidden members"
    return Match(
        f"w={wanted} needs {wanted} data-bearing members, but the set {sets[0].set_name} has "
        f"{count}{hidden}: every write will fail with code 100"
    )


def _waits_for_members(
    evidence: Evidence, wanted: int, count: int, listed: set[str]
) -> Match | None:
    """Return a match if the set has enough members for w, but too few are available."""
    seen = of.members(evidence)
    missing = [
        member.host
        for member in (seen.topology.members if seen else ())
        if member.host in listed and (member.reachable is False or member.role == "recovering")
    ]
    if wanted <= count - len(missing):
        return None
    return Match(
        f"w={wanted} needs {wanted} of {count} data-bearing members, but {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} not available: if the other members cannot reach "
        f"{'it' if len(missing) == 1 else 'them'} either, every write waits"
    )


def _write_option(evidence: Evidence) -> str | None:
    """Return the option of the connection string that only matters for writes, or None.

    A read preference other than primary means that the member is there for reads.
    """
    options = evidence.options
    if str(options.get("readPreference") or "primary") != "primary":
        return None
    return next((name for name in WRITE_OPTIONS if options.get(name)), None)


def not_primary(evidence: Evidence, host: None) -> Match | None:
    """Return a match if directConnection leads to another member than the primary.

    A secondary serves reads, so it is an error only if an option of the string is about writes.
    """
    if not evidence.options.get("directConnection") or not of.driver_works(evidence):
        return None
    for name, seen in of.hellos(evidence).items():
        if seen.role not in ("secondary", "hidden", "arbiter"):
            continue
        primary = f"; the primary is {seen.primary}" if seen.primary else ""
        remedies = (f"Connect to the primary: {seen.primary}",) if seen.primary else ()
        if seen.role == "arbiter":
            return Match(
                f"directConnection leads to {name}, an arbiter, which has no data and no users and "
                f"refuses logins, reads and writes{primary}",
                remedies,
                explains=("auth", "ping", "api"),
            )
        kind = "a hidden member" if seen.role == "hidden" else "a secondary"
        detail = f"directConnection leads to {name}, {kind}, which serves reads but refuses writes"
        option = _write_option(evidence)
        if option is None:
            return Match(detail + primary, remedies, severity="info")
        return Match(f"{detail}; the option {option} is about writes{primary}", remedies)
    return None


def member_not_ready(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a member that is neither primary nor secondary.

    It is an error only with directConnection, where the driver uses no other member.
    """
    seen = of.hello(evidence, host)
    if seen is not None and seen.role == "uninitialized":
        return _without_configuration(evidence, host)
    if seen is None or seen.role != "recovering":
        return None
    status = of.set_status(evidence)
    names = {host, (seen.me or host).lower()}
    states = [member for member in (status.states if status else ()) if member.host in names]
    refused = any(row.authenticated is False for row in states) or _refuses_all(status, names)
    state = next((row.state for row in states if row.state in NOT_READY), None)
    written = seen.last_write if seen.last_write and seen.last_write.timestamp() else None
    since = (
        f"its last write is from {written:%Y-%m-%d %H:%M:%S} UTC"
        if written
        else "it has no data yet"
    )
    is_state = f"is in state {state}" if state else "is neither primary nor secondary"
    detail = f"{host} {is_state} and serves no reads; {since}"
    if refused:
        detail += "; it and the other members cannot authenticate to each other"
    remedies = (SAME_KEY,) if refused else NOT_READY.get(state or "", ())
    direct = bool(evidence.options.get("directConnection"))
    return Match(
        detail,
        remedies,
        instead_of=(SAME_KEY,) if refused else (),
        severity="error" if direct else "warning",
    )


def _without_configuration(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a member of a working set that has no set configuration yet."""
    if not of.driver_works(evidence) or not of.advertised(evidence, host):
        return None
    if host in of.strangers(evidence):
        return None
    return Match(
        f"{host} is a member of the set, but has not received the set's configuration (STARTUP)",
        (SAME_KEY, "Check that the members reach each other by the names in rs.conf()."),
        instead_of=(SAME_KEY,),
    )


def _refuses_all(status: SetStatusSeen | None, names: set[str]) -> bool:
    """Return whether a member's own status shows that it accepts no other member's login."""
    others = [row for row in (status.states if status else ()) if row.host not in names]
    return bool(others) and all(row.authenticated is False for row in others)


def no_matching_server(evidence: Evidence, host: None) -> Match | None:
    driver = of.driver(evidence)
    if driver is None or driver.readable is not False or not of.driver_works(evidence):
        return None
    if driver.type == "ReplicaSetNoPrimary" and driver.read_preference == "Primary":
        return None  # that is `topology.no-primary`
    if "maxStalenessSeconds" in (driver.read_preference or ""):
        return None  # an impossible value, refused before selection: that is `uri.invalid-option`
    return Match(
        f"no member matches the read preference of the connection string ({driver.read_preference})"
    )


def direct_connection_needed(evidence: Evidence, host: None) -> Match | None:
    """Return a match if a seed answers, but the set's own host names lead nowhere, or elsewhere."""
    if of.driver_works(evidence) or evidence.options.get("directConnection"):
        return None
    if detail := _names_lead_elsewhere(evidence):
        seed = next(iter(of.strangers(evidence).values()))
        direct = STAY
        if len(evidence.seeds or ()) > 1:
            direct = f"List only {seed} in the connection string, and add directConnection=true."
        return Match(detail, (direct, RENAME_MEMBERS), instead_of=(STAY,) if direct != STAY else ())
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
        f"{seed} is a member of the set {seen.set_name}, but the host names in the set's own configuration "
        f"({', '.join(names[:5])}) cannot be reached from this machine, as through a tunnel or a forwarded port",
    )


def _names_lead_elsewhere(evidence: Evidence) -> str | None:
    """Return which server answers in place of a member at that member's name, or None."""
    found = of.hellos(evidence)
    for name, host in of.strangers(evidence).items():
        own, other = found[host], found[name]
        calls = f"calls itself {name}" if (own.me or "").lower() == name else f"lists {name}"
        of_set = f" of {other.set_name}" if other.set_name else ""
        return (
            f"{host} is {own.role} of {own.set_name} and {calls}, but from this machine a "
            f"different server answers at {name} ({other.role}{of_set})"
        )
    return None


def load_balanced_mismatch(evidence: Evidence, host: None) -> Match | None:
    if not evidence.options.get("loadBalanced"):
        return None
    plain = [name for name, seen in of.hellos(evidence).items() if not seen.service_id]
    if not plain:
        return None
    return Match(
        f"the connection string has loadBalanced=true, but {plain[0]} is not behind a load balancer (no serviceId in its hello)"
    )


def lag(evidence: Evidence, host: None) -> Match | None:
    seen = of.members(evidence)
    late = [
        member
        for member in (seen.topology.members if seen else ())
        if member.lag_s is not None and member.lag_s >= evidence.settings.lag
    ]
    if not late:
        return None
    listed = ", ".join(f"{member.host} by {member.lag_s:.0f} s" for member in late)
    return Match(f"behind the primary: {listed}", hosts=tuple(member.host for member in late))


def unexpected(evidence: Evidence, host: None) -> Match | None:
    """Return a match if the servers are not one deployment, as a driver assumes."""
    if match := _several_servers(evidence):
        return match
    if of.driver_works(evidence) and (detail := _names_lead_elsewhere(evidence)):
        return Match(
            f"{detail}; the driver uses the server that answers there",
            (RENAME_MEMBERS,),
            instead_of=(ONE_DEPLOYMENT,),
            severity="warning",
        )
    return _mixed_seeds(evidence) or _config_server(evidence)


def _several_servers(evidence: Evidence) -> Match | None:
    """Return a match for an address that leads to several servers, as behind a load balancer.

    For members of a set, this matters only if the driver stays with that address
    (directConnection); otherwise it connects to the members' own names. The mongos of a cluster
    have the same data, but cursors and transactions belong to one of them.
    """
    direct = bool(evidence.options.get("directConnection"))
    for host in of.hellos(evidence):
        answers = of.answers(evidence, host)
        names = {answer.me: answer.role for answer in answers if answer.me}
        if len(names) > 1 and direct:
            servers = ", ".join(f"{name} ({role})" for name, role in names.items())
            advice = NO_BALANCER
        elif _take_turns([answer.process for answer in answers if not answer.me]):
            servers = f"{len({answer.process for answer in answers})} different processes"
            advice = NO_BALANCER_ROUTERS if answers[0].role == "mongos" else ONE_SERVER
        else:
            continue
        routers = advice == NO_BALANCER_ROUTERS
        return Match(
            f"connections to {host} reach different servers: {servers}; the driver treats them "
            f"as one, so {'cursors and transactions' if routers else 'writes and cursors'} "
            "fail when a connection reaches another server",
            (advice,),
            instead_of=(ONE_DEPLOYMENT,),
            severity="warning" if routers else None,
        )
    return None


def _take_turns(processes: list[str | None]) -> bool:
    """Return whether several servers answered in turn; a process that restarted never returns."""
    order = [process for process in processes if process is not None]
    changes = [
        process for process, before in zip(order[1:], order, strict=False) if process != before
    ]
    return len(changes) > 1


def _config_server(evidence: Evidence) -> Match | None:
    servers = [name for name, seen in of.hellos(evidence).items() if seen.config_server]
    if not servers:
        return None
    return Match(
        f"{', '.join(servers)} is a config server: it has the metadata of a sharded cluster, not "
        "the cluster's data",
        ("Connect to the cluster's mongos instead; they usually listen on port 27017.",),
        instead_of=(ONE_DEPLOYMENT,),
        hosts=tuple(servers),
        severity="warning",
    )


def _mixed_seeds(evidence: Evidence) -> Match | None:
    """Return a match for seeds that no single deployment has; the driver ignores some of them."""
    seeds = evidence.seeds or ()
    roles = {
        name: seen.role for name, seen in of.hellos(evidence).items() if of.is_seed(evidence, name)
    }
    single = [name for name, role in roles.items() if role == "standalone"]
    routers = [name for name, role in roles.items() if role == "mongos"]
    others = [name for name in roles if name not in single and name not in routers]
    if not (single and len(seeds) > 1) and not (routers and others):
        return None
    listed = ", ".join(f"{name} is {role}" for name, role in roles.items())
    if single and len(roles) == 1:
        listed += f", but the connection string lists {plural(len(seeds) - 1, 'more host')}"
    return Match(
        f"the hosts in the connection string are not one deployment: {listed}",
        severity="warning" if of.driver_works(evidence) else None,
    )


def mixed_versions(evidence: Evidence, host: None) -> Match | None:
    versions = {name: seen.version for name, seen in of.hellos(evidence).items() if seen.version}
    series = {".".join(str(version).split(".")[:2]) for version in versions.values()}
    if len(series) < 2:
        return None
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Match(f"members run different release series: {listed}")


DEFAULT_LAG = Settings().lag

CAUSES = (
    Cause(
        code="topology.set-name-missing",
        title="The connection string does not name one replica set",
        explanation="With an empty replicaSet=, the driver ignores every server. Without the "
        "option, and with hosts of several sets, it uses the set of the host that replies first, "
        "so each run may reach another deployment.",
        remedies=(NAME_THE_SET, ONE_SET),
        links=(URI_DOCS + "#replica-set-option",),
        when=set_name_missing,
        outranks=("topology.set-name-mismatch",),
        says=(
            r"replica set name \"\"",
            r"replicaSet\W{0,3} cannot be specified with no value",
        ),
    ),
    Cause(
        code="topology.replica-set-required",
        title="This feature needs a replica set",
        explanation="Transactions, change streams, retryable writes and w greater than 1 need a "
        "replica set or a sharded cluster. A standalone server refuses them.",
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
        title="The server is not the primary",
        explanation="Only the primary of a replica set accepts writes. A direct connection uses "
        "the server in the connection string, whatever its role. A secondary serves reads, so it "
        "is only a note unless an option is about writes.",
        remedies=(
            "Leave directConnection=true out, so that the driver finds the primary itself.",
            "List several members in the connection string, with replicaSet=NAME.",
        ),
        links=(SDAM_DOCS,),
        when=not_primary,
        hidden_by=("topology.unexpected",),
        outranks=("topology.no-matching-server",),
        says=(
            r"⟨code (?:10107|13435|13436|10058|189)⟩",
            r"\bnot master\b|\bnot (?:the )?(?:writable )?primary\b|not in primary or recovering state",
        ),
    ),
    Cause(
        code="topology.member-not-ready",
        title="A member of the set is not ready",
        explanation="The member replies, but is neither primary nor secondary (RECOVERING, "
        "STARTUP2 or ROLLBACK). It serves no reads and cannot become primary, so the next failure "
        "may leave the set without one.",
        remedies=(
            "Compare the states of all members, on any of them: mongosh --eval 'rs.status()'",
            SAME_KEY,
        ),
        links=(STATES_DOCS,),
        when=member_not_ready,
        per_host=True,
        severity="warning",
        outranks=("topology.not-primary",),
    ),
    Cause(
        code="topology.write-concern-unsatisfiable",
        title="The set cannot satisfy the write concern of the connection string",
        explanation="w is the number of members that must acknowledge each write, or the name of "
        "a mode in the set's configuration. The connection and reads work, but every write fails, "
        "or waits for members that are not available.",
        remedies=(
            NUMBER_OF_MEMBERS,
            "Count arbiters out: they have no data and acknowledge nothing.",
        ),
        links=(CONCERN_DOCS,),
        when=write_concern,
        severity="warning",
        says=(r"⟨code (?:79|100)⟩", r"Not enough data-bearing nodes|No write concern mode named"),
    ),
    Cause(
        code="topology.no-matching-server",
        title="No member matches the read preference",
        explanation="No member satisfies readPreference, readPreferenceTags and "
        "maxStalenessSeconds. Every read waits until server selection times out.",
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
        title="The host names in the replica set's configuration do not lead to its members from here",
        explanation="A member replies at the address in the connection string, but a driver then "
        "connects to the host names in the set's configuration. From this network they lead "
        "nowhere, or to other servers: they are names of another machine, container or private "
        "network.",
        remedies=(
            STAY,
            "To use all members, forward each of them under the name and port that the set uses.",
        ),
        links=(URI_DOCS,),
        when=direct_connection_needed,
        outranks=("topology.not-a-replica-set",),
        says=(r"(?#also)Replica set is configured with internal hostnames or IPs|⟨set lost⟩",),
    ),
    Cause(
        code="topology.load-balanced-mismatch",
        title="The server is not behind a load balancer (wrong `loadBalanced`)",
        explanation="With loadBalanced=true, the driver expects a load balancer in front of mongos, "
        "and a serviceId in the reply to hello. This server sends none.",
        remedies=("Remove loadBalanced=true from the connection string, or from the TXT record.",),
        links=(BALANCER_DOCS,),
        when=load_balanced_mismatch,
        outranks=("topology.set-name-missing",),
        says=(r"load balanc\w{1,6} mode, but the server does not support",),
    ),
    Cause(
        code="topology.replication-lag",
        title="A secondary is behind the primary",
        explanation="Its last write is older than the primary's by more than the limit (--max-lag, "
        f"default {DEFAULT_LAG:g} s). Reads from it are stale, and majority writes may wait for it.",
        remedies=(
            "See who lags and why: rs.printSecondaryReplicationInfo(); slow disks, long operations and index builds are usual.",
        ),
        links=("https://www.mongodb.com/docs/manual/tutorial/troubleshoot-replica-sets/",),
        when=lag,
        severity="warning",
    ),
    Cause(
        code="topology.unexpected",
        title="The servers that reply are not one deployment",
        explanation="A driver expects all hosts in the connection string to be members of one "
        "replica set or mongos of one cluster, and a member's host name to lead to that member. "
        "It ignores servers that do not match, or uses them in place of the right ones.",
        remedies=(ONE_DEPLOYMENT,),
        links=(URI_DOCS,),
        when=unexpected,
        hidden_by=("topology.not-a-replica-set",),
        outranks=("topology.not-initialized",),
        says=(r"(?#likely)⟨servers dropped⟩",),
    ),
    Cause(
        code="topology.mixed-versions",
        title="Members run different versions",
        explanation="This is supported only during an upgrade. The oldest member limits the "
        "features of the set.",
        remedies=("Finish the upgrade: bring every member to the same release series.",),
        links=("https://www.mongodb.com/docs/manual/release-notes/",),
        when=mixed_versions,
        severity="warning",
    ),
)
