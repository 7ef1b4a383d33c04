"""What the Atlas API says, as evidence for causes: every predicate needs `AtlasFacts`."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.model import Evidence, Match, Remedy
from mongoping.observations import AccessEntry, AtlasCluster, AtlasFacts, AtlasUser, FailedLogin
from mongoping.shell import quote
from mongoping.uri.edit import rewrite, valid
from mongoping.uri.host import Host
from mongoping.uri.hosts import name_of

ADD_ADDRESS = (
    "Add this machine's public IP address to the IP access list, under Network Access in Atlas or "
    "with the Atlas CLI; it takes effect within a minute:"
)
RESUME = "Resume the cluster in Atlas; this takes a few minutes."
STANDARD_STRING = (
    "From outside that network, use the standard connection string, which Atlas shows under "
    "Connect, Standard Connection."
)
NEW_CLUSTER = "If the cluster was just created, wait until Atlas shows it as ready."
REPLACEMENT = "If the cluster was deleted, use the connection string of its replacement."
"""Remedies of causes about which Atlas was not asked."""

SHOWN_ENTRIES = 3
WORKING = ("ACTIVE", None)  # the status of an entry that takes effect; None if it is not known
ALERT_80 = 80
WITHOUT_ANSWER = ("timeout", "reset", "eof", "refused", "unreachable")


def cluster(evidence: Evidence) -> AtlasCluster | None:
    """Return the cluster that owns the connection string, where Atlas named it."""
    facts = of.atlas(evidence)
    return facts.cluster if facts is not None else None


def is_missing(evidence: Evidence) -> bool:
    """Return whether Atlas has no such cluster in any project that the key can see."""
    facts = of.atlas(evidence)
    return facts is not None and facts.cluster is None and facts.complete and facts.projects > 0


def names_fail(evidence: Evidence) -> bool:
    """Return whether DNS knows none of the cluster's names."""
    if of.driver_works(evidence) or of.hellos(evidence):
        return False
    return any(True for _ in of.name_failures(evidence))


def is_unreachable(evidence: Evidence) -> bool:
    """Return whether no server answered hello, as for a client that is not allowed to connect."""
    return not of.hellos(evidence) and not of.driver_works(evidence)


def turned_away(evidence: Evidence) -> tuple[str, ...]:
    """Return the hosts that resolve, and end or ignore the connection before hello."""
    if not is_unreachable(evidence):
        return ()
    hosts = []
    for host in map(str, evidence.seeds or ()):
        handshake, connection = evidence.failure("tls", host), evidence.failure("tcp", host)
        is_aborted = handshake is not None and (
            handshake.code == ALERT_80 or handshake.kind in WITHOUT_ANSWER
        )
        if is_aborted or (connection is not None and connection.kind in WITHOUT_ANSWER):
            hosts.append(host)
    return tuple(hosts)


def covering(facts: AtlasFacts) -> tuple[AccessEntry, ...]:
    """Return the entries of the access list that contain the address of this machine."""
    return tuple(entry for entry in facts.access or () if entry.covers)


def is_allowed(evidence: Evidence) -> bool | None:
    """Return whether the access list lets this machine in; None if that is not known.

    Access over a private endpoint does not depend on the list. The addresses in a security
    group are not known.
    """
    facts = of.atlas(evidence)
    if facts is None or facts.cluster is None or facts.private:
        return None
    if facts.access is None or facts.address is None:
        return None
    if any(entry.status in WORKING and not entry.expired for entry in covering(facts)):
        return True
    return None if any(entry.covers is None for entry in facts.access) else False


def first_entries(facts: AtlasFacts) -> str:
    """Return the first entries of the access list, for a sentence."""
    values = [entry.value for entry in (facts.access or ())[:SHOWN_ENTRIES]]
    more = len(facts.access or ()) - len(values)
    if not values:
        return "the list is empty"
    return f"the list has {', '.join(values)}{f' and {more} more' if more > 0 else ''}"


def project_option(place: AtlasCluster) -> str:
    """Return the option of the Atlas CLI that names the project."""
    return f"--projectId {quote(place.project_id)}"


def network_page(place: AtlasCluster) -> str:
    """Return the address of the access list in the Atlas UI."""
    return f"https://cloud.mongodb.com/v2/{place.project_id}#/security/network/accessList"


def users_page(place: AtlasCluster) -> str:
    """Return the address of the database users in the Atlas UI."""
    return f"https://cloud.mongodb.com/v2/{place.project_id}#/security/database/users"


def clusters_page(place: AtlasCluster) -> str:
    """Return the address of the clusters in the Atlas UI."""
    return f"https://cloud.mongodb.com/v2/{place.project_id}#/clusters"


def with_host(evidence: Evidence, action: str, name: str) -> Remedy:
    """Return a remedy with the connection string for another SRV name."""
    target = evidence.target
    uri = None
    if target is not None and target.srv:
        uri = valid(rewrite(target.uri, hosts=[name]))
    return Remedy(f"{action}:", uri=uri) if uri else Remedy(f"{action}: {name}.")


def standard_host(place: AtlasCluster) -> str | None:
    """Return the name in the standard connection string of a cluster."""
    from mongoping.uri.target import parse

    target = parse(place.standard_srv).target if place.standard_srv else None
    hosts: tuple[Host, ...] = target.hosts if target is not None else ()
    return name_of(hosts[0]) if hosts else None


def login_failed(evidence: Evidence) -> bool:
    """Return whether the server refused the login with a user name."""
    failure = evidence.failure("auth")
    has_user = evidence.target is not None and evidence.target.username is not None
    return has_user and failure is not None and failure.kind == "command"


def users(evidence: Evidence) -> tuple[AtlasUser, ...] | None:
    """Return the users with this name after a refused login; None if they are not known."""
    facts = of.atlas(evidence)
    if facts is None or facts.cluster is None or not login_failed(evidence):
        return None
    return facts.users


def user_in_use(evidence: Evidence) -> AtlasUser | None:
    """Return the user in the authentication database that the driver named."""
    candidates = users(evidence) or ()
    return next((user for user in candidates if user.source == evidence.auth_source), None)


def may_use_cluster(user: AtlasUser, place: AtlasCluster) -> bool:
    """Return whether the scopes of a user include the cluster."""
    return not user.clusters or place.name in user.clusters


def refusal(evidence: Evidence) -> FailedLogin | None:
    """Return the newest refused login of this user that may be one of this machine."""
    facts = of.atlas(evidence)
    if facts is None or not login_failed(evidence):
        return None
    return next((login for login in facts.failed_logins if login.here is not False), None)


def cluster_paused(evidence: Evidence) -> Match | None:
    """Return a match if Atlas says that the cluster is paused."""
    place = cluster(evidence)
    if place is None or not place.paused or not is_unreachable(evidence):
        return None
    start = f"atlas clusters start {quote(place.name)} {project_option(place)}"
    return Match(
        f"Atlas reports {place.name} in the project {place.project} as paused",
        (
            Remedy("Resume the cluster with the Atlas CLI; this takes a few minutes:", start),
            Remedy(f"Resume it in the Atlas UI: {clusters_page(place)}"),
        ),
        instead_of=(RESUME, NEW_CLUSTER, REPLACEMENT),
        title="The cluster is paused",
        explanation="Atlas removes the host names of a paused cluster from DNS, so drivers "
        "report a name that cannot be resolved.",
        explains=("addresses", "srv", "tcp", "driver"),
        certain=True,
    )


def pending_entry(evidence: Evidence) -> AccessEntry | None:
    """Return the entry for this machine that Atlas has not distributed yet, if that is all it has."""
    facts = of.atlas(evidence)
    if facts is None or is_allowed(evidence) is not False:
        return None
    entries = (
        entry for entry in covering(facts) if entry.status == "PENDING" and not entry.expired
    )
    return next(entries, None)


def not_allowed(evidence: Evidence) -> Match | None:
    """Return a match if the access list does not contain the address of this machine."""
    facts, hosts = of.atlas(evidence), turned_away(evidence)
    if facts is None or facts.cluster is None or not hosts or is_allowed(evidence) is not False:
        return None
    if pending_entry(evidence) is not None:
        return None  # `atlas.access-list-pending`
    place, entries = facts.cluster, covering(facts)
    title = None
    detail = f"Atlas sees this machine as {facts.address}; {first_entries(facts)}"
    if any(entry.expired for entry in entries):
        expired_entry = next(entry for entry in entries if entry.expired)
        title = "The entry for this machine on the Atlas IP access list has expired"
        detail = f"the entry {expired_entry.value} for {facts.address} expired at {expired_entry.expires}"
    elif entries:
        failed_entry = entries[0]
        title = "The entry for this machine on the Atlas IP access list does not take effect"
        detail = f"the entry {failed_entry.value} for {facts.address} has the status {failed_entry.status}"
    add = f"atlas accessLists create {facts.address} --type ipAddress {project_option(place)}"
    return Match(
        f"{detail} (project {place.project})",
        (
            Remedy(
                "Add this address with the Atlas CLI; it takes effect within a minute:", command=add
            ),
            Remedy(f"Add it in the Atlas UI: {network_page(place)}"),
        ),
        instead_of=(ADD_ADDRESS,),
        hosts=hosts,
        title=title,
        explains=("tcp", "tls", "driver"),
        certain=True,
    )


def outside_private_network(evidence: Evidence) -> Match | None:
    """Return a match if the string is for a private network, and no host can be reached."""
    facts = of.atlas(evidence)
    if facts is None or facts.cluster is None or not facts.private or not is_unreachable(evidence):
        return None
    name = standard_host(facts.cluster)
    action = "From outside that network, use the standard connection string"
    remedy = with_host(evidence, action, name or "")
    return Match(
        f"Atlas has this connection string for a private endpoint or network peering of "
        f"{facts.cluster.name}",
        (remedy,) if name else (),
        instead_of=(STANDARD_STRING,) if name else (),
        hosts=tuple(map(str, evidence.seeds or ())),
        explains=("addresses", "tcp", "tls", "driver"),
        certain=True,
    )
