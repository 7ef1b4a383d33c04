"""Causes that only the Atlas API can tell: the state of a cluster, its access list and its users.

Each needs a key of the API (docs/atlas.md). What the evidence of a connection shows by itself is
in `mongoping.causes.atlas`.
"""

from __future__ import annotations

from mongoping.causes import _atlas_account as account
from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Match, Remedy
from mongoping.shell import quote
from mongoping.units import plural

ACCESS_DOCS = "https://www.mongodb.com/docs/atlas/security/ip-access-list/"
USERS_DOCS = "https://www.mongodb.com/docs/atlas/security-add-mongodb-users/"
CLUSTERS_DOCS = "https://www.mongodb.com/docs/atlas/manage-clusters/"

COPY_AGAIN = (
    "Copy the connection string from Atlas again (Connect, Drivers): a cluster that was deleted "
    "and created again has another host name."
)
OTHER_ORGANIZATION = (
    "If the cluster belongs to another organization or project, use a key that can see it, or ask "
    "its owner whether it still exists."
)
WAIT = "Wait until Atlas shows the cluster as available; new clusters take up to ten minutes."
WAIT_FOR_ENTRY = "Wait until the entry is active, which usually takes less than a minute."
CREATE_USER = "Create the database user on the Database Access page of the project."
OTHER_PROJECT = (
    "If the user was created in another project, use the connection string of a cluster there: "
    "database users belong to one project."
)
LIFT_SCOPE = "Give the user access to this cluster: Database Access, Edit, Restrict Access."
CHANGING = {
    "CREATING": "being created",
    "DELETING": "being deleted",
    "REPAIRING": "being repaired",
    "UPDATING": "being changed",
}


def cluster_not_found(evidence: Evidence) -> Match | None:
    """Return a match if DNS and all projects that the key can see lack the cluster."""
    facts = of.atlas(evidence)
    if facts is None or not account.is_missing(evidence) or not account.names_fail(evidence):
        return None
    count = plural(facts.projects, "project")
    none_has = f"none of the {count} that" if facts.projects > 1 else "the only project that"
    verb = "has" if facts.projects > 1 else "does not have"
    detail = f"{none_has} this key can see {verb} this cluster, and DNS does not know its names"
    if facts.nearest is None:
        return Match(detail, explains=("srv", "addresses", "driver"), certain=True)
    action = "If the name is misspelled, use the nearest one that exists"
    return Match(
        f"{detail}; the nearest name is {facts.nearest}",
        (account.with_host(evidence, action, facts.nearest),),
        explains=("srv", "addresses", "driver"),
        certain=True,
    )


def cluster_changing(evidence: Evidence) -> Match | None:
    """Return a match if Atlas is working on the cluster."""
    place = account.cluster(evidence)
    if place is None or place.state not in CHANGING or place.paused:
        return None
    is_gone = place.state in ("CREATING", "DELETING") and account.names_fail(evidence)
    return Match(
        f"Atlas reports that {place.name} in the project {place.project} is {CHANGING[place.state]}",
        severity="error" if is_gone else None,
        explains=("srv", "addresses", "driver") if is_gone else (),
    )


def access_list_pending(evidence: Evidence) -> Match | None:
    """Return a match if the entry for this machine does not take effect yet."""
    facts, hosts = of.atlas(evidence), account.turned_away(evidence)
    waiting = account.pending_entry(evidence)
    if facts is None or not hosts or waiting is None:
        return None
    return Match(
        f"the entry {waiting.value}, which covers {facts.address}, has the status PENDING",
        hosts=hosts,
        explains=("tcp", "tls", "driver"),
        certain=True,
    )


def user_not_in_project(evidence: Evidence) -> Match | None:
    """Return a match if the project has no such user, or only one that has expired."""
    place, candidates = account.cluster(evidence), account.users(evidence)
    if place is None or candidates is None or any(not user.expired for user in candidates):
        return None
    target = evidence.target
    name = (target.username if target is not None else None) or ""
    title, expired_user = None, next((user for user in candidates if user.expired), None)
    detail = f"the project {place.project} has no database user {name}"
    if expired_user is not None:
        title = "The temporary database user has expired"
        detail = f"the database user {name} expired at {expired_user.expires}"
    create = f"atlas dbusers create readWriteAnyDatabase --username {quote(name)}"
    return Match(
        detail,
        (
            Remedy(
                "Create the user with the Atlas CLI, which asks for the password:",
                command=f"{create} {account.project_option(place)}",
            ),
            Remedy(f"Create it in the Atlas UI: {account.users_page(place)}"),
        ),
        instead_of=(CREATE_USER,),
        title=title,
        explains=("auth", "driver"),
        certain=True,
    )


def user_scoped_out(evidence: Evidence) -> Match | None:
    """Return a match if the user is restricted to other clusters."""
    place, user = account.cluster(evidence), account.user_in_use(evidence)
    if place is None or user is None or account.may_use_cluster(user, place):
        return None
    return Match(
        f"the user {user.name} may use only {', '.join(user.clusters)}, not {place.name}",
        (
            Remedy(
                "Add this cluster to the scope of the user with the Atlas CLI:",
                command=_scopes(user.name, (*user.clusters, place.name), place.project_id),
            ),
            Remedy(f"Change it in the Atlas UI: {account.users_page(place)}"),
        ),
        instead_of=(LIFT_SCOPE,),
        explains=("auth", "driver"),
        certain=True,
    )


def _scopes(name: str, clusters: tuple[str, ...], project: str) -> str:
    scopes = ",".join(f"{cluster}:CLUSTER" for cluster in clusters)
    return f"atlas dbusers update {quote(name)} --scope {scopes} --projectId {project}"


CAUSES = (
    Cause(
        code="atlas.cluster-not-found",
        title="Atlas has no such cluster",
        explanation="DNS does not know the names in the connection string, and no project that "
        "the API key can see has a cluster with them. The name is misspelled, the cluster was "
        "deleted, or it belongs to another organization.",
        remedies=(COPY_AGAIN, OTHER_ORGANIZATION),
        links=(CLUSTERS_DOCS,),
        when=cluster_not_found,
        layer="dns",
        outranks=("atlas.cluster-paused", "dns.srv-not-found", "dns.host-not-found"),
    ),
    Cause(
        code="atlas.cluster-changing",
        title="Atlas is working on the cluster",
        awaits="the cluster to finish its change",
        explanation="While Atlas creates, changes or repairs a cluster, its names may not resolve, "
        "its members restart one after the other, and connections are closed.",
        remedies=(WAIT,),
        links=(CLUSTERS_DOCS,),
        when=cluster_changing,
        severity="warning",
        layer="dns",
        outranks=("dns.srv-not-found", "dns.host-not-found"),
    ),
    Cause(
        code="atlas.access-list-pending",
        title="The entry on the Atlas IP access list does not take effect yet",
        awaits="the IP access list to take effect",
        explanation="Atlas takes up to a minute to distribute a new entry to all nodes. Until "
        "then, it aborts the TLS handshake with alert 80.",
        remedies=(WAIT_FOR_ENTRY,),
        links=(ACCESS_DOCS,),
        when=access_list_pending,
        layer="tls",
        outranks=("atlas.ip-not-allowed", "tls.alert-internal-error"),
    ),
    Cause(
        code="atlas.user-not-in-project",
        title="The project has no such database user",
        awaits="the user to be created",
        explanation="Database users belong to a project on Atlas. They are created on the Database "
        "Access page, and are not the accounts with which people log in to Atlas.",
        remedies=(CREATE_USER, OTHER_PROJECT),
        links=(USERS_DOCS,),
        when=user_not_in_project,
        layer="auth",
    ),
    Cause(
        code="atlas.user-scoped-out",
        title="The database user is restricted to other clusters",
        explanation="A database user of Atlas can be restricted to some clusters of its project. "
        "The others refuse its login, as if the password were wrong.",
        remedies=(LIFT_SCOPE,),
        links=(USERS_DOCS,),
        when=user_scoped_out,
        layer="auth",
    ),
)
