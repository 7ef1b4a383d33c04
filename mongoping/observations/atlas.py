"""What Atlas itself says about a cluster, from its Administration API."""

from __future__ import annotations

from mongoping.record import Record


class AtlasCluster(Record):
    """A cluster, with the connection strings that Atlas shows for it.

    Attributes:
        name: the name in the Atlas UI.
        project: the name of the project, or its ID if the name is not known.
        project_id: the ID of the project.
        state: ``IDLE``, ``CREATING``, ``UPDATING``, ``DELETING``, ``REPAIRING`` or another word.
        paused: whether the cluster is paused; None if Atlas does not say.
        version: the version of MongoDB.
        minimum_tls: the lowest TLS version that it accepts, such as ``TLS1_2``, or None.
        standard_srv: the string that begins with ``mongodb+srv://``, or None.
        standard: the string with all hosts, or None.
        private: the strings of private endpoints and of network peering.
        flex: whether it is a flex cluster.
        region: the provider and region, such as ``AWS EU_WEST_1``.
        tier: the instance size, such as ``M10``.
    """

    name: str
    project: str
    project_id: str
    state: str | None = None
    paused: bool | None = None
    version: str | None = None
    minimum_tls: str | None = None
    standard_srv: str | None = None
    standard: str | None = None
    private: tuple[str, ...] = ()
    flex: bool = False
    region: str | None = None
    tier: str | None = None


class AccessEntry(Record):
    """An entry of the IP access list of a project.

    Attributes:
        value: an address, a network in CIDR notation, or an AWS security group.
        status: ``ACTIVE``, ``PENDING``, ``FAILED`` or another word; None if it was not asked for.
        expires: when a temporary entry ends, as ISO 8601, or None.
        expired: whether that time has passed.
        covers: whether the address of this machine is in it; None if that is not known.
    """

    value: str
    status: str | None = None
    expires: str | None = None
    expired: bool = False
    covers: bool | None = None


class AtlasUser(Record):
    """A database user of the project.

    Attributes:
        name: the user name.
        source: the authentication database: ``admin`` or ``$external``.
        clusters: the clusters to which the user is restricted; empty if there is no restriction.
        expires: when a temporary user ends, as ISO 8601, or None.
        expired: whether that time has passed.
    """

    name: str
    source: str
    clusters: tuple[str, ...] = ()
    expires: str | None = None
    expired: bool = False


class FailedLogin(Record):
    """A failed login of the user in the access history of the cluster.

    Attributes:
        reason: why the server refused it, in its own words.
        source: the authentication database that the client named.
        at: the time, as Atlas writes it.
        here: whether it came from the address of this machine; None if that is not known.
    """

    reason: str
    source: str | None = None
    at: str | None = None
    here: bool | None = None


class AtlasFacts(Record):
    """What the Atlas API said about the cluster of a connection string.

    Attributes:
        address: the address of this machine as Atlas sees it.
        cluster: the cluster that owns the connection string, or None.
        private: whether the string is one of a private endpoint or of network peering.
        projects: how many projects were searched.
        complete: whether these were all that the key can see, and all of them answered.
        nearest: the name in the connection string of the cluster with the most similar name.
        access: the IP access list of the project, or None if it could not be read.
        users: the users with the name in the connection string, or None if that is not known.
        failed_logins: refused logins of that user, the newest first.
        notes: what could not be read, and why.
    """

    address: str | None = None
    cluster: AtlasCluster | None = None
    private: bool = False
    projects: int = 0
    complete: bool = False
    nearest: str | None = None
    access: tuple[AccessEntry, ...] | None = None
    users: tuple[AtlasUser, ...] | None = None
    failed_logins: tuple[FailedLogin, ...] = ()
    notes: tuple[str, ...] = ()
