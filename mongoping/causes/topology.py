"""Causes in replica sets: their names, members and elections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._remedies import SET_HOST, corrected_string, texts
from mongoping.model import Cause, Evidence, Match, Remedy, Severity

if TYPE_CHECKING:
    from mongoping.observations import HelloFacts, SetStatusFacts

SDAM_DOCS = "https://www.mongodb.com/docs/manual/replication/"
URI_DOCS = (
    "https://www.mongodb.com/docs/manual/reference/connection-string-options/#replica-set-option"
)
INITIATE_DOCS = "https://www.mongodb.com/docs/manual/tutorial/deploy-replica-set/"
RECONFIG_DOCS = "https://www.mongodb.com/docs/manual/tutorial/change-hostnames-in-a-replica-set/"
NO_LONGER_MEMBER, NEVER_INITIATED = 93, 94
"""Error codes of replSetGetStatus: InvalidReplicaSetConfig, from a server that is not in its own
configuration, and NotYetInitialized."""
INITIATE = (
    Remedy(
        "Initiate the set once, on one member, in mongosh (with several members, list them with "
        "host names that clients can resolve):",
        command="rs.initiate()",
    ),
)
NAME_THE_SET = "Name the set: add replicaSet=NAME to the connection string."
ONE_SET = "List members of one set only."
REMOVE_SET = "Remove replicaSet from the connection string."
MAKE_SET = Remedy(
    "Make the server a set: start mongod with --replSet NAME, then run this once in mongosh:",
    command="rs.initiate()",
)
ACTUAL_NAME = Remedy("Use the name that the servers have, in mongosh:", command="rs.status().set")
WAIT_FOR_ELECTION = "If this just happened, wait: an election takes about ten seconds."
START_MEMBERS = Remedy(
    "Start members until a majority runs. Show which members see each other, in mongosh:",
    command="rs.status()",
)
MAKE_RESOLVE = (
    "Make the host name resolve here: with an entry in /etc/hosts, or by running the program in "
    "the same network."
)
GIVE_NAMES = Remedy(
    "Give the members host names that resolve for servers and clients alike, each in mongosh:",
    command=SET_HOST,
)
START_MEMBER = "Check that the member runs, and that this network reaches its address and port."
REACHABLE_NAMES = Remedy(
    "If the set uses internal addresses, give the members host names that clients can reach, each "
    "in mongosh:",
    command=SET_HOST,
)


def _wanted_set(evidence: Evidence) -> str | None:
    value = evidence.options.get("replicaSet")
    return None if value is None else str(value)


def set_name_missing(evidence: Evidence) -> Match | None:
    if evidence.options.get("replicaSet") == "":
        return _empty_set_name(evidence)
    if evidence.options.get("replicaSet"):
        return None
    sets: dict[str, list[str]] = {}
    for name, hello in of.hellos(evidence).items():
        if hello.set_name and of.is_seed(evidence, name):
            sets.setdefault(hello.set_name, []).append(name)
    if len(sets) < 2:
        return None
    sets_text = "; ".join(f"{', '.join(names)} in {name}" for name, names in sets.items())
    remedies = tuple(
        corrected_string(
            evidence, f"For the set {name}, list only its members", hosts=names, replicaSet=name
        )
        for name, names in sets.items()
    )
    return Match(
        f"the connection string lists members of {len(sets)} replica sets: {sets_text}",
        remedies,
        instead_of=(NAME_THE_SET, ONE_SET),
    )


def _empty_set_name(evidence: Evidence) -> Match | None:
    """Return a match for ``replicaSet=`` without a value."""
    facts = of.hellos(evidence)
    if not facts or of.driver_works(evidence):
        return None
    own = evidence.target is not None and "replicaSet" in evidence.target.options
    where = "connection string" if own else "TXT record"
    names = {hello.set_name for hello in facts.values()}
    (only,) = names if len(names) == 1 else (None,)
    if only:
        remedy = corrected_string(evidence, f"Name the set in the {where}", replicaSet=only)
    elif names == {None} and own:
        action = "Remove replicaSet=, since the server is not in a replica set"
        remedy = corrected_string(evidence, action, drop=["replicaSet"])
    else:
        remedy = Remedy(f"Name the set, or remove replicaSet= from the {where}.")
    return Match(
        f"replicaSet= has no value in the {where}, so the driver looks for a replica set with an empty name",
        (remedy,),
        instead_of=(NAME_THE_SET, ONE_SET) if only or names == {None} else (),
        hosts=tuple(facts),
    )


def set_name_mismatch(evidence: Evidence) -> Match | None:
    set_name = _wanted_set(evidence)
    set_names = {
        name: hello.set_name for name, hello in of.hellos(evidence).items() if hello.set_name
    }
    if set_name is None or not set_names or set_name in set_names.values():
        return None
    name, actual = next(iter(set_names.items()))
    where = "connection string" if evidence.target and evidence.target.replica_set else "TXT record"
    return Match(
        f"the {where} has replicaSet={set_name}, but {name} is a member of the set {actual}",
        (corrected_string(evidence, "Use the name of the set", replicaSet=actual),),
        instead_of=texts(ACTUAL_NAME),
        hosts=tuple(set_names),
    )


def not_a_replica_set(evidence: Evidence) -> Match | None:
    """Return a match if servers outside any set answer, and no member of the wanted set does."""
    set_name = _wanted_set(evidence)
    facts, strangers = of.hellos(evidence), of.strangers(evidence)
    outside = [
        name
        for name, hello in facts.items()
        if hello.role in ("standalone", "mongos") and name not in strangers
    ]
    if set_name is None or not outside or of.driver_works(evidence):
        return None
    if any(hello.set_name == set_name for hello in facts.values()):
        return None
    return Match(
        f"the connection string has replicaSet={set_name}, "
        f"but {', '.join(outside)} {'is' if len(outside) == 1 else 'are'} not in a replica set",
        (_remove_set(evidence),),
        instead_of=(REMOVE_SET,),
        hosts=tuple(outside),
    )


def _remove_set(evidence: Evidence) -> Remedy:
    if evidence.target is not None and not evidence.target.replica_set:
        return Remedy("Remove replicaSet from the TXT record.")
    return corrected_string(evidence, "Remove replicaSet", drop=["replicaSet"])


def not_initialized(evidence: Evidence) -> Match | None:
    """Return a match for servers without a set configuration.

    It is a warning if the driver works with other servers. A member of their set does not count
    here: it is only not ready.
    """
    facts, strangers = of.hellos(evidence), of.strangers(evidence)
    others = [hello for hello in facts.values() if hello.role != "uninitialized"]
    serves = of.driver_works(evidence) and bool(others)
    empty = [
        name
        for name, hello in facts.items()
        if hello.role == "uninitialized"
        and name not in strangers
        and not (serves and of.is_advertised(evidence, name))
    ]
    if not empty:
        return None
    hello = of.set_status(evidence)
    if hello is not None and (hello.code == NO_LONGER_MEMBER or hello.configured):
        match = _not_in_its_configuration(empty, hello)
    elif hello is not None and hello.code == NEVER_INITIATED:
        detail = f"{', '.join(empty)} runs with --replSet, but rs.initiate() was never run there"
        match = Match(detail, hosts=tuple(empty))
    else:
        match = _in_no_configuration(empty, hello)
    if serves:
        others_only = [str(host) for host in evidence.seeds or () if str(host) not in empty]
        action = f"Remove {', '.join(empty)} from the connection string"
        add = Remedy(
            "If it should be a member, add it to the set, on the primary in mongosh:",
            command=f'rs.add("{empty[0]}")',
        )
        remedies = (corrected_string(evidence, action, hosts=others_only), add)
        return match.replace(remedies=remedies, instead_of=texts(*INITIATE), severity="warning")
    return match


def _in_no_configuration(hosts: list[str], facts: SetStatusFacts | None) -> Match:
    """Return the match for a server that does not say whether it was ever initiated."""
    why = (
        f"refused, code {facts.code}"
        if facts is not None and facts.code is not None
        else "no reply"
    )
    return Match(
        f"{', '.join(hosts)} runs with --replSet, but is in no replica set configuration; whether "
        f"it was ever initiated is unknown (replSetGetStatus: {why})",
        (
            Remedy(
                "Find out whether the set was initiated before: log in on that server with mongosh, "
                "and look for its address in the configuration:",
                command="rs.conf()",
            ),
        ),
        hosts=tuple(hosts),
    )


def _not_in_its_configuration(hosts: list[str], facts: SetStatusFacts) -> Match:
    """Return the match for a server that was initiated before: it has moved, or was removed."""
    here = ", ".join(hosts)
    names = [member.host for member in facts.configured]
    if names:
        start_again = Remedy(
            f"Start it with the host name and port in its configuration: {' or '.join(names)}."
        )
    else:
        start_again = Remedy(
            "Start it with the host name and port in its configuration, which mongosh shows:",
            command="rs.conf()",
        )
    rename = Remedy(
        "If the new address is permanent, write it to the configuration, on this server:",
        command=f"mongosh --port {hosts[0].rpartition(':')[2]} --eval 'cfg = rs.conf(); "
        f'cfg.members[0].host = "{hosts[0]}"; rs.reconfig(cfg, {{force: true}})\'',
    )
    add = Remedy(
        "If it was removed, add it again, on the primary in mongosh:",
        command=f'rs.add("{hosts[0]}")',
    )
    its_hosts = f" (it lists {', '.join(names)})" if names else ""
    detail = (
        f"{here} runs as a replica set member, but its own configuration does not contain this "
        f"address{its_hosts}: it has moved to another address or port, or it was removed from the set"
    )
    remedies = (start_again, rename) if len(names) == 1 else (start_again, add, rename)
    return Match(detail, remedies, instead_of=texts(*INITIATE), hosts=tuple(hosts))


def no_primary(evidence: Evidence) -> Match | None:
    driver = of.driver(evidence)
    if driver is None or driver.type != "ReplicaSetNoPrimary":
        return None
    if not any(server.type in ("RSSecondary", "RSArbiter", "RSOther") for server in driver.servers):
        return None
    if any(hello.primary for hello in of.hellos(evidence).values()):
        return None
    if evidence.options.get("directConnection"):
        return None
    hello = of.members(evidence)
    rows = [
        member
        for member in (hello.topology.members if hello else ())
        if member.advertised or member.reachable
    ]
    down = [member.host for member in rows if member.reachable is False]
    if down and 2 * len(down) >= len(rows):
        detail = f"{len(down)} of {len(rows)} members cannot be reached ({', '.join(down)}), so the set has no majority to elect a primary"
        return Match(
            detail,
            (f"Start {' or '.join(down[:3])} again, so that a majority runs.",),
            instead_of=(WAIT_FOR_ELECTION,),
        )
    detail = f"{len(rows) - len(down)} of {len(rows)} members can be reached, but none is primary"
    up = {member.host for member in rows} - set(down)
    barred = {
        name for name, reply in of.hellos(evidence).items() if _cannot_be_elected(reply, name)
    }
    if not down:
        return Match(detail, instead_of=texts(START_MEMBERS))
    if up and up <= barred:
        return Match(
            f"{detail}: none of them may become primary (arbiters, or members with priority 0)",
            (
                Remedy(f"Start {' or '.join(down[:3])} again, which may become primary."),
                Remedy(
                    "Or let one of the others become primary, in mongosh on that member:",
                    command="var set = rs.conf(); set.members[1].priority = 1; "
                    "rs.reconfig(set, {force: true})",
                ),
            ),
            instead_of=(WAIT_FOR_ELECTION, *texts(START_MEMBERS)),
        )
    return Match(detail)


def _cannot_be_elected(hello: HelloFacts, host: str) -> bool:
    """Return whether a member can never become primary, by its own reply to hello."""
    return hello.role == "arbiter" or host in hello.passives


def _severity(evidence: Evidence, host: str) -> Severity:
    """Return "error" if the driver needs the missing member, else "warning"."""
    if not of.driver_works(evidence):
        # without a primary among the members that answer, the missing majority is the cause
        hellos = of.hellos(evidence).values()
        secondaries = [hello for hello in hellos if hello.role == "secondary"]
        if secondaries and not any(hello.primary for hello in hellos):
            return "warning"
        return "error"
    driver = of.driver(evidence)
    primaries = {hello.primary for hello in of.hellos(evidence).values() if hello.primary}
    return "error" if driver and not driver.has_primary and host in primaries else "warning"


def _use_directly(evidence: Evidence) -> tuple[Remedy, ...]:
    """Return the remedy that uses the only seed, whatever its set's configuration says."""
    seeds = [name for name in of.hellos(evidence) if of.is_seed(evidence, name)]
    if len(seeds) != 1 or len(evidence.seeds or ()) != 1:
        return ()
    action = f"To use only {seeds[0]}, connect to it directly"
    return (corrected_string(evidence, action, directConnection=True),)


def _has_one_member(evidence: Evidence) -> bool:
    """Return whether the set's configuration has a single member."""
    names = {
        name
        for hello in of.hellos(evidence).values()
        for name in (*hello.hosts, *hello.passives, *hello.arbiters)
    }
    return len(names) == 1


def member_unresolvable(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("addresses", host)
    if failure is None or not of.is_advertised(evidence, host):
        return None
    return Match(
        f"the set's configuration lists {host} as a member, but this host name does not resolve here ({failure.message})",
        _for_a_name(evidence, host),
        instead_of=texts(MAKE_RESOLVE, GIVE_NAMES),
        alternatives=_alternatives(evidence),
        severity=_severity(evidence, host),
    )


def _for_a_name(evidence: Evidence, host: str) -> tuple[Remedy | str, ...]:
    """Return the remedies for a member's name that does not resolve, most likely first.

    A set of one member is nearly always reached from outside its container: then a direct
    connection loses nothing.
    """
    name = of.host_of(evidence, host).name
    resolve = MAKE_RESOLVE.replace("the host name resolve", f"{name} resolve")
    direct = _use_directly(evidence)
    if _has_one_member(evidence):
        return (*direct, GIVE_NAMES, resolve)
    return (GIVE_NAMES, resolve, *direct)


def _alternatives(evidence: Evidence) -> tuple[str, ...]:
    """Return the alternative to a missing member: with one seed, a direct connection may be meant."""
    return ("topology.direct-connection-needed",) if len(evidence.seeds or ()) == 1 else ()


def member_unreachable(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tcp", host)
    if failure is None:
        silent = evidence.failure("hello", host)
        failure = silent if silent is not None and silent.kind == "timeout" else None
    if failure is None or not of.is_advertised(evidence, host):
        return None
    return Match(
        f"{host} is a member of the set, but cannot be reached ({failure.message})",
        _for_an_address(evidence, host),
        instead_of=texts(START_MEMBER, REACHABLE_NAMES),
        severity=_severity(evidence, host),
    )


def _for_an_address(evidence: Evidence, host: str) -> tuple[Remedy | str, ...]:
    """Return the remedies for a member that cannot be reached, most likely first.

    If another member names it as the primary, it runs: then its address is wrong for this client.
    """
    start = f"Check that {host} runs, and that this network reaches its address and port."
    direct = () if of.is_seed(evidence, host) else _use_directly(evidence)
    runs = any(hello.primary == host for hello in of.hellos(evidence).values())
    if _has_one_member(evidence):
        return (*direct, start, REACHABLE_NAMES)
    if runs:
        return (REACHABLE_NAMES, start, *direct)
    return (start, REACHABLE_NAMES, *direct)


CAUSES = (
    Cause(
        code="topology.set-name-missing",
        title="The connection string does not name one replica set",
        explanation="With an empty replicaSet=, the driver ignores every server. Without the "
        "option, and with hosts of several sets, it uses the set of the host that replies first, "
        "so each run may reach another deployment.",
        remedies=(NAME_THE_SET, ONE_SET),
        links=(URI_DOCS,),
        when=set_name_missing,
        outranks=("topology.set-name-mismatch",),
        says=(
            r"replica set name \"\"",
            r"replicaSet\W{0,3} cannot be specified with no value",
        ),
    ),
    Cause(
        code="topology.set-name-mismatch",
        title="The replica set has another name (wrong `replicaSet`)",
        explanation="With replicaSet=NAME, the driver ignores servers whose set has another name. "
        "Then none is left, and it reports that it found no servers.",
        remedies=(ACTUAL_NAME,),
        links=(URI_DOCS,),
        when=set_name_mismatch,
        hidden_by=("topology.set-name-missing",),
        outranks=("topology.direct-connection-needed",),
        says=(
            r"does not match setName found|is not part of the specified setName",
            r"Expecting replica set member from set '|InconsistentReplicaSetNames",
            r"set name (?:mismatch|does not match)|replica set name mismatch",
            r"(?#likely)No replica set members available for replica set name \"[^\"\n]",
            r"(?#likely)⟨servers none⟩",
            r"(?#also)or invalid replica set name",
        ),
    ),
    Cause(
        code="topology.not-a-replica-set",
        title="The server is not in a replica set",
        awaits="the server to join the replica set",
        explanation="The connection string has replicaSet, but the server is not in a replica "
        "set. The driver ignores it and reports that it found no servers.",
        remedies=(
            REMOVE_SET,
            MAKE_SET,
        ),
        links=(URI_DOCS, INITIATE_DOCS),
        when=not_a_replica_set,
        hidden_by=("topology.set-name-missing",),
        outranks=("topology.unexpected",),
        says=(
            r"not running with --replSet|not started with replication enabled|NoReplicationEnabled",
            r"found a STANDALONE",
            r"(?#also)No replica set members available for replica set name \"[^\"\n]|⟨servers none⟩",
        ),
    ),
    Cause(
        code="topology.not-initialized",
        title="The replica set is not initiated, or its configuration does not contain this server",
        awaits="the replica set to be initiated",
        explanation="The server runs as a replica set member (--replSet), but is in no set "
        "configuration: the set was never initiated, or its configuration has other addresses. "
        "The server replies, but serves neither reads nor writes.",
        remedies=INITIATE,
        links=(INITIATE_DOCS,),
        when=not_initialized,
        outranks=("topology.no-primary",),
        says=(
            r"no replset config has been received|NotYetInitialized|⟨code 94⟩",
            r"(?#likely)⟨member RSGhost⟩",
            r"run rs\.initiate\(",
            r"(?#likely)(?:valid replica set config|replica set config is invalid)|InvalidReplicaSetConfig",
            r"(?#also)no primary found in replica ?set",
        ),
    ),
    Cause(
        code="topology.no-primary",
        title="The replica set has no primary",
        awaits="a primary",
        explanation="Members reply, but none of them is primary: an election is in progress, or "
        "no majority of the members can reach each other. Writes wait, and so do reads that need "
        "the primary.",
        remedies=(
            WAIT_FOR_ELECTION,
            START_MEMBERS,
        ),
        links=("https://www.mongodb.com/docs/manual/core/replica-set-elections/",),
        when=no_primary,
        hidden_by=("client.fork-unsafe", "client.closed"),
        outranks=("topology.member-unresolvable",),
        says=(
            r"(?#likely)No primary node is available|\bNo master connection\b|PrimaryUnavailableException",
            r"(?#possible)channel can be found to the primary node|Channel not found from the primary node",
            r"(?#likely)⟨no primary⟩",
            r"(?#likely)no primary (?:server )?(?:found|available|is available)|No primary server is available",
            r"(?#likely)[Cc]ould not find (?:a )?(?:host matching read preference \{ mode: \"primary\"|primary)|⟨code 133⟩(?![^\n]{0,80}mode: \"(?!primary\"))",
            r"(?#also)⟨primary missing⟩",
        ),
    ),
    Cause(
        code="topology.member-unresolvable",
        title="A member's host name does not resolve here",
        awaits="the member's name to resolve",
        explanation="A driver uses the hosts in the connection string only to find the set. Then "
        "it connects to the host names in the set's own configuration. Names from containers and "
        "private networks do not resolve elsewhere.",
        remedies=(
            GIVE_NAMES,
            MAKE_RESOLVE,
        ),
        links=(RECONFIG_DOCS,),
        when_host=member_unresolvable,
        outranks=("topology.member-unreachable",),
        says=(
            r"(?#likely)No host described in new configuration[^\n]{0,200}maps to this node",
            r"(?#also)Replica set is configured with internal hostnames or IPs",
        ),
    ),
    Cause(
        code="topology.member-unreachable",
        title="A member of the set cannot be reached",
        awaits="the member to be reachable",
        explanation="This machine cannot connect to a member in the set's configuration. If the "
        "member is down, the set may still work without it. If only this machine cannot reach it, "
        "the driver may be unable to use the primary.",
        remedies=(
            START_MEMBER,
            REACHABLE_NAMES,
        ),
        links=(RECONFIG_DOCS, SDAM_DOCS),
        when_host=member_unreachable,
        hidden_by=("topology.direct-connection-needed",),
        outranks=("topology.member-not-ready",),
        says=(
            r"(?#likely)⟨primary missing⟩",
            r"(?#likely)\"c\":\"REPL\w{0,10}\"[^\n]{0,600}HostUnreachable",
            r"(?#likely)host matching read preference \{ mode: \"(?!primary\")",
            r"(?#likely)Host failed in replica set",
            r"(?#likely)socket exception \[(?:CONNECT_ERROR|SEND_ERROR|RECV_ERROR|RECV_TIMEOUT)\]",
            r"(?#likely)quorum check failed because not (?:all|enough) [^\n]{0,400} failed with ",
            r"(?#also)⟨no primary⟩",
        ),
    ),
)
