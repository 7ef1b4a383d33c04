"""Faults of Atlas that its API knows: a cluster on loopback, and a played API that fits it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox import atlas, listeners
from mongoping.sandbox.atlas_account import (
    ADDRESS,
    Account,
    AccountServer,
    cluster_document,
    failed_login,
    in_days,
    user_document,
)
from mongoping.sandbox.fault import Fault, fault, locked_standalone, workshop
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.process import free_port
from mongoping.sandbox.users import User, build_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import Zone

NAME = "Cluster0"
NOTE = "The Atlas API is simulated, and the cluster has one node."
EVERYWHERE = "0.0.0.0/0"
OFFICE = "198.51.100.0/24"


class Cluster:
    """A cluster with one node, and the account to which it belongs.

    ``names`` answers for it, ``zone`` is what it says when all is well, and ``refusing`` the same
    with a node that aborts TLS handshakes, as Atlas does for addresses that are not allowed.
    """

    def __init__(
        self, server: Deployment, authority: str, names: NameServer, zone: Zone, refusing: Zone
    ) -> None:
        self.server = server
        self.authority = authority
        self.names = names
        self.zone = zone
        self.refusing = refusing
        self.document = cluster_document(NAME, atlas.SRV)
        self.account = Account(
            clusters=[self.document],
            entries={ADDRESS: "ACTIVE"},
            users=[user_document(self.user.name)],
        )

    @property
    def user(self) -> User:
        """Return the user that may log in."""
        return self.server.named("ada")

    def uri(self, user: User | None = None, srv: str = atlas.SRV, source: str | None = None) -> str:
        """Return the connection string of a user; ``source`` is its authSource."""
        return build_uri(
            [srv],
            scheme="mongodb+srv",
            user=user or self.user,
            tlsCAFile=self.authority,
            authSource=source,
        )

    @property
    def without_hosts(self) -> Zone:
        """Return the zone of a paused cluster: the SRV record without addresses."""
        return {key: value for key, value in self.zone.items() if key[1] != "A"}


@contextmanager
def _cluster() -> Iterator[tuple[Cluster, AccountServer]]:
    with ExitStack() as stack:
        certificates = stack.enter_context(workshop())
        server = stack.enter_context(locked_standalone())
        context = listeners.server_context(certificates.server(f"*.{atlas.DOMAIN}"))
        behind = listeners.forward("127.0.0.1", server.ports[0])
        front = stack.enter_context(listeners.Listener(listeners.tls(context, behind)))
        refusing = stack.enter_context(listeners.Listener(listeners.tls_alert_80))
        zone, away = (
            cluster(atlas.SRV, [(atlas.HOSTS[0], listener.port)]) for listener in (front, refusing)
        )
        names = stack.enter_context(NameServer(zone))
        running = Cluster(server, str(certificates.authority), names, zone, away)
        api = stack.enter_context(AccountServer(running.account))
        yield running, api


def _args(running: Cluster, api: AccountServer) -> tuple[str, ...]:
    return (*running.names.args, *api.args)


@fault("atlas.cluster-paused:api", preset="atlas", layer="dns")
def cluster_paused() -> Iterator[Fault]:
    """The cluster is paused, and the API says so."""
    with _cluster() as (running, api):
        running.names.zone = running.without_hosts
        running.document["paused"] = True

        def repair() -> None:
            running.names.zone = running.zone
            running.document["paused"] = False

        yield Fault(
            running.uri(),
            args=_args(running, api),
            env=api.key,
            remedy="Resume the cluster with the Atlas CLI",
            repair=repair,
            note=NOTE,
        )


@fault("atlas.cluster-not-found", preset="atlas", layer="dns")
def not_found() -> Iterator[Fault]:
    """DNS does not know the name, and no project has a cluster with it; a similar one exists."""
    with _cluster() as (running, api):
        yield Fault(
            running.uri(srv=atlas.SRV.replace("cluster0", "cluser0")),
            args=_args(running, api),
            env=api.key,
            note=NOTE,
        )


@fault("atlas.cluster-changing", preset="atlas", layer="dns")
def creating() -> Iterator[Fault]:
    """The cluster is being created, and its names do not resolve yet."""
    with _cluster() as (running, api):
        running.names.zone = running.without_hosts
        running.document["stateName"] = "CREATING"

        def repair() -> None:
            running.names.zone = running.zone
            running.document["stateName"] = "IDLE"

        yield Fault(
            running.uri(),
            args=_args(running, api),
            env=api.key,
            remedy="Wait until Atlas shows",
            repair=repair,
            note=NOTE,
        )


def _not_admitted(entries: dict[str, str], remedy: str, **expires: str) -> Iterator[Fault]:
    """Yield a cluster that turns this machine away, and its access list."""
    with _cluster() as (running, api):
        running.names.zone = running.refusing
        running.account.entries = entries
        running.account.expires = dict.fromkeys(entries, expires["at"]) if expires else {}

        def repair() -> None:
            running.names.zone = running.zone
            running.account.entries = {**entries, ADDRESS: "ACTIVE"}
            running.account.expires = {}

        yield Fault(
            running.uri(),
            args=_args(running, api),
            env=api.key,
            remedy=remedy,
            repair=repair,
            note=NOTE,
        )


@fault("atlas.ip-not-allowed:api", preset="atlas", layer="tls")
def not_on_list() -> Iterator[Fault]:
    """The access list has entries, but none for the address that Atlas sees."""
    yield from _not_admitted({OFFICE: "ACTIVE"}, "Add this address with the Atlas CLI")


@fault("atlas.ip-not-allowed:expired", preset="atlas", layer="tls")
def entry_expired() -> Iterator[Fault]:
    """The entry for this machine was temporary and has expired."""
    yield from _not_admitted(
        {ADDRESS: "ACTIVE"}, "Add this address with the Atlas CLI", at=in_days(-1)
    )


@fault("atlas.access-list-pending", preset="atlas", layer="tls")
def entry_pending() -> Iterator[Fault]:
    """The entry for this machine was just added and is not active yet."""
    yield from _not_admitted({ADDRESS: "PENDING"}, "Wait until the entry is active")


@fault("tls.alert-internal-error:atlas-api", preset="atlas", layer="tls")
def allowed_everywhere() -> Iterator[Fault]:
    """The node aborts TLS with alert 80, but the access list allows every address."""
    yield from _not_admitted({EVERYWHERE: "ACTIVE"}, "Check the log of the server")


def _refused_user(running: Cluster, api: AccountServer, user: User, remedy: str) -> Fault:
    """Return a fault of a user whose login the server refuses, repaired by the real user."""
    return Fault(
        running.uri(user),
        args=_args(running, api),
        env=api.key,
        remedy=remedy,
        remedy_uri=running.uri(),
        note=NOTE,
    )


@fault("atlas.user-not-in-project", preset="atlas", layer="auth")
def no_user() -> Iterator[Fault]:
    """The project has no such database user."""
    with _cluster() as (running, api):
        yield _refused_user(running, api, User("grace"), "Create the user with the Atlas CLI")


@fault("atlas.user-not-in-project:expired", preset="atlas", layer="auth")
def user_expired() -> Iterator[Fault]:
    """The database user was temporary and has expired."""
    with _cluster() as (running, api):
        running.account.users.append(user_document("grace", deleteAfterDate=in_days(-1)))
        yield _refused_user(running, api, User("grace"), "Create the user with the Atlas CLI")


@fault("atlas.user-scoped-out", preset="atlas", layer="auth")
def scoped_out() -> Iterator[Fault]:
    """The database user is restricted to another cluster."""
    with _cluster() as (running, api):
        scopes = [{"name": "Reporting", "type": "CLUSTER"}]
        running.account.users.append(user_document("grace", scopes=scopes))
        yield _refused_user(running, api, User("grace"), "Add this cluster to the scope")


@fault("auth.wrong-auth-source:atlas-api", preset="atlas", layer="auth")
def elsewhere() -> Iterator[Fault]:
    """The user is in admin, but authSource makes the driver look in shop."""
    with _cluster() as (running, api):
        yield Fault(running.uri(source="shop"), args=_args(running, api), env=api.key, note=NOTE)


@fault("auth.failed:atlas-api", preset="atlas", layer="auth")
def wrong_password() -> Iterator[Fault]:
    """The user exists, and the access history says why its login was refused."""
    with _cluster() as (running, api):
        reason = "AuthenticationFailed: SCRAM authentication failed, storedKey mismatch"
        running.account.history = [failed_login(running.user.name, reason)]
        user = User(running.user.name)
        yield _refused_user(running, api, user, "Check the password")


@fault("atlas.private-endpoint:api", preset="atlas", layer="tcp")
def private_endpoint() -> Iterator[Fault]:
    """The connection string is one of a private endpoint, whose addresses are not reachable."""
    with _cluster() as (running, api):
        private = f"cluster0-pl-0.{atlas.DOMAIN}"
        node = (f"pl-0-eu-west-1.{atlas.DOMAIN}", free_port())
        running.names.zone = {**running.zone, **cluster(private, [node])}
        document = cluster_document(NAME, atlas.SRV, private=private)
        running.account.clusters[0] = document
        yield Fault(running.uri(srv=private), args=_args(running, api), env=api.key, note=NOTE)
