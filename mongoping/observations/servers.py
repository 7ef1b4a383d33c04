"""What the checks observe of servers: their replies, the login and the replica set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from mongoping.compat.rules import IMITATIONS
from mongoping.model import Flavour, Role, Topology
from mongoping.record import NOTHING, Record
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.probe.replset import MemberConfig, MemberState


class HelloFacts(Record):
    """The reply to hello. ``skew_s`` is the local clock minus the server's, in seconds.

    ``skew_s`` is 0 where the difference is no larger than half the round trip, since it may
    then be nothing but the delay of the request or of the reply.
    """

    role: Role
    min_wire: int
    max_wire: int
    flavour: Flavour = "unknown"
    version: str | None = None  # as buildInfo states it
    doubts: tuple[str, ...] = ()  # what contradicts that version, see `mongoping.probe.genuine`
    set_name: str | None = None
    me: str | None = None
    primary: str | None = None
    hosts: tuple[str, ...] = ()
    passives: tuple[str, ...] = ()
    arbiters: tuple[str, ...] = ()
    hidden: bool = False
    tags: Mapping[str, str] = NOTHING
    mechanisms: tuple[str, ...] | None = None  # of the user asked for; None: no such user
    asked_user: str | None = None
    requires_api: bool = False
    local_time: datetime | None = None
    skew_s: float | None = None
    last_write: datetime | None = None
    rtt_ms: float = 0.0
    build_ms: float = 0.0  # how long buildInfo took, which is asked after hello
    build_lost: bool = False  # buildInfo got no reply, or the connection broke
    legacy: bool = False  # answered OP_QUERY only: older than MongoDB 3.6
    info: str | None = None
    service_id: bool = False
    advertised: tuple[Host, ...] = ()
    advertised_count: int = 0
    process: str | None = None  # which run of the server answers; another one after a restart
    resent: int | None = None  # TCP segments sent again so far, None where the system does not say
    config_server: bool = False  # holds the metadata of a sharded cluster, and no data of users

    @property
    def genuine(self) -> bool:
        """Return whether the server is MongoDB's own, as far as its replies show."""
        return not (self.doubts or self.flavour in IMITATIONS)


class ApiFacts(Record):
    """The server's handling of the Stable API.

    ``enforced`` is None if that could not be checked. ``declared`` is the version that the
    driver sends in this run, and ``works`` whether the server accepts it. ``find_code`` and
    ``find_message`` are the error of a query, if one was sent.
    """

    declared: str | None
    strict: bool = False
    deprecation_errors: bool = False
    enforced: bool | None = None
    required: bool = False
    answer_code: int | None = None
    works: bool | None = None
    code: int | None = None
    message: str | None = None
    find_code: int | None = None
    find_message: str | None = None


class AuthFacts(Record):
    """The login as the server reports it.

    Attributes:
        access_control: whether an unauthenticated getParameter is refused.
        user_found_in: for each database that was checked, the user's mechanisms there, or None
            if the user does not exist in it.
        reads: whether the user can read the database of the connection string; None if unknown.
        writes: whether the user can write to it; None if unknown.
        login_ms: duration of the driver's first command, which opens its connection and logs
            in, without stalls of this process; None if they disturbed it.
        unfit: why SASLprep (RFC 4013) rejects the password, if it does.
        pings: whether the server answers without a login; None if it answered the login.
    """

    user: str | None
    source: str
    mechanism: str | None
    access_control: bool | None = None
    server_mechanisms: tuple[str, ...] | None = None
    user_found_in: Mapping[str, tuple[str, ...] | None] = NOTHING
    as_user: str | None = None
    roles: tuple[str, ...] = ()
    database: str | None = None
    reads: bool | None = None
    writes: bool | None = None
    pings: bool | None = None
    unfit: str | None = None
    login_ms: float | None = None


class MemberAnswer(Record):
    """The server that answered on one connection.

    ``me`` is its own name, ``process`` the identifier of its process; None if not stated.
    """

    role: Role
    me: str | None = None
    process: str | None = None


class MembersFacts(Record):
    """The topology, and which server answers at each address.

    ``me`` maps each address to the name that the member there has for itself. ``answers`` has
    the addresses to which several connections were made, with the server found on each.
    """

    topology: Topology
    me: Mapping[str, str]
    answers: Mapping[str, tuple[MemberAnswer, ...]] = NOTHING


class SetStatusFacts(Record):
    """The replica set's report about members without a role.

    ``code`` is the error code of replSetGetStatus on a server that is in no configuration:
    94 if it was never initiated, 93 if its configuration does not contain it. ``configured``
    are the members in the configuration, and ``states`` their states, both empty if they were
    not asked for or cannot be read. ``modes`` are the names of its write concern modes.
    """

    code: int | None = None
    configured: tuple[MemberConfig, ...] = ()
    states: tuple[MemberState, ...] = ()
    modes: tuple[str, ...] | None = None
