"""Causes where the deployment is not what the connection string describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._remedies import SET_HOST, corrected_string, texts
from mongoping.model import Cause, Evidence, Match, Remedy
from mongoping.settings import Settings
from mongoping.units import plural

if TYPE_CHECKING:
    from mongoping.observations import HelloFacts, SetStatusFacts

URI_DOCS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
SDAM_DOCS = "https://www.mongodb.com/docs/manual/replication/"
PREFERENCE_DOCS = "https://www.mongodb.com/docs/manual/core/read-preference/"
BALANCER_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/"


CONCERN_DOCS = "https://www.mongodb.com/docs/manual/reference/write-concern/"
STATES_DOCS = "https://www.mongodb.com/docs/manual/reference/replica-states/"
WRITE_OPTIONS = ("w", "journal", "wTimeoutMS")
ONE_DEPLOYMENT = "List members of one deployment only; list a standalone server by itself."
STAY = "Connect to the one member directly: add directConnection=true to the connection string."
RENAME_MEMBERS = Remedy(
    "Give the members host names that lead to them from servers and clients alike, each in "
    "mongosh:",
    command=SET_HOST,
)
NO_BALANCER = Remedy(
    "List the members themselves, without directConnection; a replica set needs no load balancer, "
    "since drivers find the primary:",
    uri="mongodb://HOST1,HOST2,HOST3/?replicaSet=NAME",
)
NO_BALANCER_ROUTERS = Remedy(
    "List the mongos themselves, or configure the load balancer to keep each client with one "
    "mongos (source IP affinity):",
    uri="mongodb://HOST1,HOST2/",
)
ONE_SERVER = (
    "Let the address lead to one server only: independent servers do not share their data. For "
    "several servers with the same data, make them a replica set."
)
NUMBER_OF_MEMBERS = "Use a write concern that the set can satisfy: w=majority."
NO_ARBITERS = "Do not count arbiters: they have no data and acknowledge no writes."
DEFINE_MODE = (
    "Define the mode: settings.getLastErrorModes in rs.reconfig(), with tags on the members."
)
SAME_KEY = (
    "Give all members the same keyFile, or certificates signed by the same CA, and restart the "
    "one that differs; its log has 'Authentication failed' for each attempt."
)
COMPARE_STATES = Remedy(
    "Compare the states of all members, on any of them in mongosh:", command="rs.status()"
)
NO_WRITE_CONCERN = "Remove w, transactions and change streams."
SET_OF_ONE = Remedy(
    "Make the server a set of one: start mongod with --replSet rs0, then run this once in mongosh:",
    command="rs.initiate()",
)
LEAVE_DIRECT = "Remove directConnection=true, so that the driver finds the primary."
LIST_MEMBERS = "List several members in the connection string, with replicaSet=NAME."
COMPARE_TAGS = Remedy(
    "Compare readPreferenceTags with the members' tags, in mongosh (an empty last "
    "readPreferenceTags= matches any member):",
    command="rs.conf().members.map(m => [m.host, m.tags])",
)
LOOSEN = "Use a less strict read preference, such as secondaryPreferred or nearest."
NOT_BALANCED = "Remove loadBalanced=true from the connection string, or from the TXT record."
NOT_READY: Mapping[str, tuple[Remedy | str, ...]] = {
    "RECOVERING": (
        Remedy(
            "If the member was put into maintenance, end that, on this member in mongosh:",
            command="db.adminCommand({replSetMaintenance: false})",
        ),
        "If its log says 'too stale to catch up', resync it from an empty data folder: its oplog "
        "no longer overlaps with that of the others.",
    ),
    "STARTUP2": (
        Remedy(
            "Wait until its initial sync is finished. Watch it on this member in mongosh:",
            command="rs.status().initialSyncStatus",
        ),
    ),
    "ROLLBACK": (
        "Wait until the rollback is finished, then check the documents that it wrote to the "
        "rollback folder of the data folder.",
    ),
}
"""Remedies by the state of a member that has data to catch up with."""


def replica_set_required(evidence: Evidence) -> Match | None:
    write_concern = evidence.options.get("w")
    single = [name for name, hello in of.hellos(evidence).items() if hello.role == "standalone"]
    needs_set = (
        write_concern >= 2
        if isinstance(write_concern, int)
        else write_concern not in (None, "majority")
    )
    if not single or not needs_set or not of.driver_works(evidence):
        return None
    return Match(
        f"w={write_concern} needs a replica set, but {single[0]} is a standalone server: every write "
        "will fail",
        (corrected_string(evidence, "Remove w", drop=["w"]),),
        instead_of=(NO_WRITE_CONCERN,),
        severity="warning",
    )


def write_concern(evidence: Evidence) -> Match | None:
    """Return a match for a w that needs more members, or another mode, than the set has."""
    write_concern, facts = evidence.options.get("w"), of.set_status(evidence)
    sets = [hello for hello in of.hellos(evidence).values() if hello.set_name]
    if not sets or write_concern in (None, "majority") or not of.driver_works(evidence):
        return None
    if not isinstance(write_concern, int):
        if facts is None or facts.modes is None or str(write_concern) in facts.modes:
            return None
        modes = ", ".join(facts.modes) or "none"
        return Match(
            f"w={write_concern} names a write concern mode that the set {sets[0].set_name} does not "
            f"define (its modes: {modes}): every write will fail with code 79",
            (_majority(evidence), DEFINE_MODE),
            instead_of=(NUMBER_OF_MEMBERS, NO_ARBITERS),
        )
    data_members = [member for member in facts.configured if not member.arbiter] if facts else []
    host_names = {name.lower() for hello in sets for name in (*hello.hosts, *hello.passives)}
    count = len(data_members) or len(host_names)
    if write_concern <= count:
        return _waits_for_members(evidence, write_concern, count, host_names)
    caveat = "" if data_members else ", not counting hidden members"
    return Match(
        f"w={write_concern} needs {write_concern} data-bearing members, but the set {sets[0].set_name} has "
        f"{count}{caveat}: every write will fail with code 100",
        (_majority(evidence),),
        instead_of=(NUMBER_OF_MEMBERS, *(() if _has_arbiters(sets) else (NO_ARBITERS,))),
    )


def _majority(evidence: Evidence) -> Remedy:
    return corrected_string(evidence, NUMBER_OF_MEMBERS.partition(":")[0], w="majority")


def _has_arbiters(hellos: list[HelloFacts]) -> bool:
    return any(hello.arbiters for hello in hellos)


def _waits_for_members(
    evidence: Evidence, min_members: int, count: int, host_names: set[str]
) -> Match | None:
    """Return a match if the set has enough members for w, but too few are available."""
    facts = of.members(evidence)
    missing = [
        member.host
        for member in (facts.topology.members if facts else ())
        if member.host in host_names and (member.reachable is False or member.role == "recovering")
    ]
    if min_members <= count - len(missing):
        return None
    return Match(
        f"w={min_members} needs {min_members} of {count} data-bearing members, but {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} not available: if the other members cannot reach "
        f"{'it' if len(missing) == 1 else 'them'} either, every write waits",
        (f"Bring {' and '.join(missing)} back.", _majority(evidence)),
        instead_of=(NUMBER_OF_MEMBERS, NO_ARBITERS),
    )


def _write_option(evidence: Evidence) -> str | None:
    """Return the option of the connection string that only matters for writes, or None.

    A read preference other than primary means that the member is there for reads.
    """
    options = evidence.options
    if str(options.get("readPreference") or "primary") != "primary":
        return None
    return next((name for name in WRITE_OPTIONS if options.get(name)), None)


def not_primary(evidence: Evidence) -> Match | None:
    """Return a match if directConnection leads to another member than the primary.

    A secondary serves reads, so it is an error only if an option of the string applies to writes.
    """
    if not evidence.options.get("directConnection") or not of.driver_works(evidence):
        return None
    for name, hello in of.hellos(evidence).items():
        if hello.role not in ("secondary", "hidden", "arbiter"):
            continue
        primary = f"; the primary is {hello.primary}" if hello.primary else ""
        remedies = (_find_primary(evidence, hello.set_name),)
        if hello.role == "arbiter":
            return Match(
                f"directConnection leads to {name}, an arbiter, which has no data and no users and "
                f"refuses logins, reads and writes{primary}",
                remedies,
                instead_of=(LEAVE_DIRECT, LIST_MEMBERS),
                explains=("auth", "ping", "api"),
            )
        kind = "a hidden member" if hello.role == "hidden" else "a secondary"
        detail = f"directConnection leads to {name}, {kind}, which serves reads but refuses writes"
        option = _write_option(evidence)
        if option is None:
            return Match(
                detail + primary,
                remedies,
                instead_of=(LEAVE_DIRECT, LIST_MEMBERS),
                severity="info",
            )
        return Match(
            f"{detail}; the option {option} applies to writes{primary}",
            remedies,
            instead_of=(LEAVE_DIRECT, LIST_MEMBERS),
        )
    return None


def _find_primary(evidence: Evidence, set_name: str | None) -> Remedy:
    """Return the remedy that lets the driver find the primary, also after the next election."""
    action = LEAVE_DIRECT.removesuffix(".")
    if set_name:
        return corrected_string(evidence, action, drop=["directConnection"], replicaSet=set_name)
    return corrected_string(evidence, action, drop=["directConnection"])


def member_not_ready(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a member that is neither primary nor secondary.

    It is an error only with directConnection, where the driver uses no other member.
    """
    facts = of.hello(evidence, host)
    if facts is not None and facts.role == "uninitialized":
        return _without_configuration(evidence, host)
    if facts is None or facts.role != "recovering":
        return None
    status = of.set_status(evidence)
    names = {host, (facts.me or host).lower()}
    states = [member for member in (status.states if status else ()) if member.host in names]
    is_refused = any(row.authenticated is False for row in states) or _refuses_all(status, names)
    state = next((row.state for row in states if row.state in NOT_READY), None)
    last_write = facts.last_write if facts.last_write and facts.last_write.timestamp() else None
    since = (
        f"its last write is from {last_write:%Y-%m-%d %H:%M:%S} UTC"
        if last_write
        else "it has no data yet"
    )
    is_state = f"is in state {state}" if state else "is neither primary nor secondary"
    detail = f"{host} {is_state} and serves no reads; {since}"
    if is_refused:
        detail += "; it and the other members cannot authenticate to each other"
    remedies = (SAME_KEY,) if is_refused else NOT_READY.get(state or "", ())
    direct = bool(evidence.options.get("directConnection"))
    return Match(
        detail,
        remedies,
        instead_of=(SAME_KEY,) if is_refused or remedies else (),
        severity="error" if direct else "warning",
    )


def _without_configuration(evidence: Evidence, host: str) -> Match | None:
    """Return a match for a member of a working set that has no set configuration yet."""
    if not of.driver_works(evidence) or not of.is_advertised(evidence, host):
        return None
    if host in of.strangers(evidence):
        return None
    return Match(
        f"{host} is a member of the set, but has not received the set's configuration (STARTUP)",
        (SAME_KEY, "Check that the members reach each other by the names in rs.conf()."),
        instead_of=(SAME_KEY,),
    )


def _refuses_all(status: SetStatusFacts | None, names: set[str]) -> bool:
    """Return whether a member's own status shows that it accepts no other member's login."""
    others = [row for row in (status.states if status else ()) if row.host not in names]
    return bool(others) and all(row.authenticated is False for row in others)


def no_matching_server(evidence: Evidence) -> Match | None:
    driver = of.driver(evidence)
    if driver is None or driver.readable is not False or not of.driver_works(evidence):
        return None
    if driver.type == "ReplicaSetNoPrimary" and driver.read_preference == "Primary":
        return None  # that is `topology.no-primary`
    if "maxStalenessSeconds" in (driver.read_preference or ""):
        return None  # an impossible value, refused before selection: that is `uri.invalid-option`
    if evidence.options.get("readPreferenceTags"):
        action = "Remove readPreferenceTags, which no member matches"
        remedy = corrected_string(evidence, action, drop=["readPreferenceTags"])
        instead_of: tuple[str, ...] = ()
    else:
        action = "Use secondaries where there are any, and the primary otherwise"
        remedy = corrected_string(evidence, action, readPreference="secondaryPreferred")
        instead_of = texts(COMPARE_TAGS, LOOSEN)
    return Match(
        f"no member matches the read preference of the connection string ({driver.read_preference})",
        (remedy,),
        instead_of=instead_of,
    )


def direct_connection_needed(evidence: Evidence) -> Match | None:
    """Return a match if a seed answers, but the set's own host names lead nowhere, or elsewhere."""
    if of.driver_works(evidence) or evidence.options.get("directConnection"):
        return None
    if detail := _names_lead_elsewhere(evidence):
        seed = next(iter(of.strangers(evidence).values()))
        action = f"Connect directly to {seed}, and to no other server"
        direct = corrected_string(evidence, action, hosts=[seed], directConnection=True)
        if evidence.seeds is not None and len(evidence.seeds) == 1:
            direct = _connect_directly(evidence)
        return Match(detail, (direct, RENAME_MEMBERS), instead_of=(STAY,))
    answering = of.hellos(evidence)
    if len(evidence.seeds or ()) != 1 or len(answering) != 1:
        return None
    seed, hello = next(iter(answering.items()))
    names = [name.lower() for name in (*hello.hosts, *hello.passives, *hello.arbiters)]
    if not hello.set_name or not names or seed in names:
        return None
    if any(evidence.failure("addresses", name) for name in names):
        return None  # that is `topology.member-unresolvable`
    where = "cannot be reached from this machine, as through a tunnel or a forwarded port"
    failures = [evidence.failure("hello", name) for name in names]
    if all(failure is not None and failure.kind == "not-mongodb" for failure in failures):
        where = "lead to other services than MongoDB from this machine"
    return Match(
        f"{seed} is a member of the set {hello.set_name}, but the host names in the set's own configuration "
        f"({', '.join(names[:5])}) {where}",
        (_connect_directly(evidence),),
        instead_of=(STAY,),
    )


def _connect_directly(evidence: Evidence) -> Remedy:
    return corrected_string(evidence, STAY.partition(":")[0], directConnection=True)


def _names_lead_elsewhere(evidence: Evidence) -> str | None:
    """Return which server answers in place of a member at that member's name, or None."""
    facts = of.hellos(evidence)
    for name, host in of.strangers(evidence).items():
        own, other = facts[host], facts[name]
        calls = f"calls itself {name}" if (own.me or "").lower() == name else f"lists {name}"
        of_set = f" of {other.set_name}" if other.set_name else ""
        return (
            f"{host} is {own.role} of {own.set_name} and {calls}, but from this machine a "
            f"different server answers at {name} ({other.role}{of_set})"
        )
    return None


def load_balanced_mismatch(evidence: Evidence) -> Match | None:
    if not evidence.options.get("loadBalanced"):
        return None
    plain = [name for name, hello in of.hellos(evidence).items() if not hello.service_id]
    if not plain:
        return None
    return Match(
        f"the connection string has loadBalanced=true, but {plain[0]} is not behind a load balancer (no serviceId in its hello)",
        (_without_balancer(evidence),),
        instead_of=(NOT_BALANCED,),
    )


def _without_balancer(evidence: Evidence) -> Remedy:
    if evidence.target is not None and "loadBalanced" not in evidence.target.options:
        return Remedy("Remove loadBalanced=true from the TXT record.")
    return corrected_string(evidence, "Remove loadBalanced", drop=["loadBalanced"])


def lag(evidence: Evidence) -> Match | None:
    facts = of.members(evidence)
    late = [
        member
        for member in (facts.topology.members if facts else ())
        if member.lag_s is not None and member.lag_s >= evidence.settings.lag
    ]
    if not late:
        return None
    lags = ", ".join(f"{member.host} by {member.lag_s:.0f} s" for member in late)
    return Match(f"behind the primary: {lags}", hosts=tuple(member.host for member in late))


def unexpected_servers(evidence: Evidence) -> Match | None:
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
            advice: Remedy | str = NO_BALANCER
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
    servers = [name for name, hello in of.hellos(evidence).items() if hello.config_server]
    if not servers:
        return None
    return Match(
        f"{', '.join(servers)} is a config server: it has the metadata of a sharded cluster, not "
        "the cluster's data",
        ("Connect to the cluster's mongos instead, which usually listens on port 27017.",),
        instead_of=(ONE_DEPLOYMENT,),
        hosts=tuple(servers),
        severity="warning",
    )


def _mixed_seeds(evidence: Evidence) -> Match | None:
    """Return a match for seeds that no single deployment has; the driver ignores some of them."""
    seeds = evidence.seeds or ()
    roles = {
        name: hello.role
        for name, hello in of.hellos(evidence).items()
        if of.is_seed(evidence, name)
    }
    single = [name for name, role in roles.items() if role == "standalone"]
    routers = [name for name, role in roles.items() if role == "mongos"]
    others = [name for name in roles if name not in single and name not in routers]
    if not (single and len(seeds) > 1) and not (routers and others):
        return None
    roles_text = ", ".join(f"{name} is {role}" for name, role in roles.items())
    if single and len(roles) == 1:
        roles_text += f", but the connection string lists {plural(len(seeds) - 1, 'more host')}"
    return Match(
        f"the hosts in the connection string are not one deployment: {roles_text}",
        _one_of_them(evidence, single, routers),
        instead_of=(ONE_DEPLOYMENT,),
        severity="warning" if of.driver_works(evidence) else None,
    )


def _one_of_them(evidence: Evidence, single: list[str], routers: list[str]) -> tuple[Remedy, ...]:
    """Return the remedies that keep only hosts of one deployment, a standalone by itself."""
    facts = of.hellos(evidence)
    seeds = [str(seed) for seed in evidence.seeds or ()]
    members = [name for name in seeds if name in facts and name not in (*single, *routers)]
    choices = [[name] for name in single[:2]]
    choices += [names for names in (members, routers) if names]
    return tuple(
        corrected_string(
            evidence, f"If the program needs {', '.join(names)}, list only that", hosts=names
        )
        for names in choices[:3]
    )


def mixed_versions(evidence: Evidence) -> Match | None:
    versions = {name: hello.version for name, hello in of.hellos(evidence).items() if hello.version}
    series = {".".join(str(version).split(".")[:2]) for version in versions.values()}
    if len(series) < 2:
        return None
    versions_text = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Match(f"members run different release series: {versions_text}")


DEFAULT_LAG = Settings().lag

CAUSES = (
    Cause(
        code="topology.replica-set-required",
        title="This feature needs a replica set",
        explanation="Transactions, change streams, retryable writes and w greater than 1 need a "
        "replica set or a sharded cluster. A standalone server refuses them.",
        remedies=(SET_OF_ONE, NO_WRITE_CONCERN),
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
        awaits="the member to become primary",
        explanation="Only the primary of a replica set accepts writes. A direct connection uses "
        "the server in the connection string, whatever its role. A secondary serves reads, so it "
        "is only a note unless an option applies to writes.",
        remedies=(LEAVE_DIRECT, LIST_MEMBERS),
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
        awaits="the member to become ready",
        explanation="The member replies, but is neither primary nor secondary (RECOVERING, "
        "STARTUP2 or ROLLBACK). It serves no reads and cannot become primary, so the next failure "
        "may leave the set without one.",
        remedies=(
            COMPARE_STATES,
            SAME_KEY,
        ),
        links=(STATES_DOCS,),
        when_host=member_not_ready,
        severity="warning",
        outranks=("topology.not-primary",),
    ),
    Cause(
        code="topology.write-concern-unsatisfiable",
        title="The set cannot satisfy the write concern of the connection string",
        awaits="enough members for the write concern",
        explanation="w is the number of members that must acknowledge each write, or the name of "
        "a mode in the set's configuration. The connection and reads work, but every write fails, "
        "or waits for members that are not available.",
        remedies=(
            NUMBER_OF_MEMBERS,
            NO_ARBITERS,
        ),
        links=(CONCERN_DOCS,),
        when=write_concern,
        severity="warning",
        says=(r"⟨code (?:79|100)⟩", r"Not enough data-bearing nodes|No write concern mode named"),
    ),
    Cause(
        code="topology.no-matching-server",
        title="No member matches the read preference",
        awaits="a member that fits the read preference",
        explanation="No member satisfies readPreference, readPreferenceTags and "
        "maxStalenessSeconds. Every read waits until server selection times out.",
        remedies=(COMPARE_TAGS, LOOSEN),
        links=(PREFERENCE_DOCS,),
        when=no_matching_server,
        hidden_by=("client.fork-unsafe", "client.closed"),
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
            "To use all members, forward each of them under the host name and port in the set's configuration.",
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
        remedies=(NOT_BALANCED,),
        links=(BALANCER_DOCS,),
        when=load_balanced_mismatch,
        outranks=("topology.set-name-missing",),
        says=(r"load balanc\w{1,6} mode, but the server does not support",),
    ),
    Cause(
        code="topology.replication-lag",
        title="A secondary is behind the primary",
        awaits="the secondaries to catch up",
        explanation="Its last write is older than the primary's by more than the limit (--max-lag, "
        f"default {DEFAULT_LAG:g} s). Reads from it are stale, and majority writes may wait for it.",
        remedies=(
            Remedy(
                "Check the disk, long operations and index builds of the member that lags. Show the "
                "lag of all members, in mongosh:",
                command="rs.printSecondaryReplicationInfo()",
            ),
        ),
        links=("https://www.mongodb.com/docs/manual/tutorial/troubleshoot-replica-sets/",),
        when=lag,
        severity="warning",
    ),
    Cause(
        code="topology.unexpected",
        title="The servers that reply are not one deployment",
        awaits="the topology to settle",
        explanation="A driver expects all hosts in the connection string to be members of one "
        "replica set or mongos of one cluster, and a member's host name to lead to that member. "
        "It ignores servers that do not match, or uses them in place of the right ones.",
        remedies=(ONE_DEPLOYMENT,),
        links=(URI_DOCS,),
        when=unexpected_servers,
        hidden_by=("topology.not-a-replica-set",),
        outranks=("topology.not-initialized",),
        says=(r"(?#likely)⟨servers dropped⟩",),
    ),
    Cause(
        code="topology.mixed-versions",
        title="Members run different versions",
        awaits="the upgrade to be complete",
        explanation="This is supported only during an upgrade. The oldest member limits the "
        "features of the set.",
        remedies=("Finish the upgrade: bring every member to the same release series.",),
        links=("https://www.mongodb.com/docs/manual/release-notes/",),
        when=mixed_versions,
        severity="warning",
    ),
)
