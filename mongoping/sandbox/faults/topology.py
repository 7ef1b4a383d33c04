"""Replica sets that do not match the connection string, or have unavailable members."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from mongoping.sandbox import listeners, replication, scripts
from mongoping.sandbox.fault import Fault, fault, plain, replicas, workshop
from mongoping.sandbox.nameserver import NameServer
from mongoping.sandbox.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.deployment import Deployment


@fault("topology.set-name-mismatch")
def set_name_mismatch() -> Iterator[Fault]:
    """The string has replicaSet=prod, but the set is named rs0."""
    with replicas() as healthy:
        yield Fault(healthy.uri_with(replicaSet="prod"))


@fault("topology.set-name-missing")
def set_name_missing() -> Iterator[Fault]:
    """The string has replicaSet= without a name: its variable was empty."""
    with replicas() as healthy:
        yield Fault(healthy.uri_with(replicaSet=""))


@fault("topology.not-a-replica-set")
def not_a_replica_set() -> Iterator[Fault]:
    """The string has replicaSet=rs0, but the server is not in a replica set."""
    with plain() as healthy:
        yield Fault(healthy.uri_with(replicaSet="rs0"))


@fault("topology.not-initialized")
def not_initialized() -> Iterator[Fault]:
    """The server runs with --replSet, and rs.initiate() was never run."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(1, initiate=False) as healthy:

        def repair() -> None:
            config = replication.configuration("rs0", healthy.servers, [{}])
            replication.initiate(healthy.servers[0], config, None)

        yield Fault(healthy.uri, remedy="rs.initiate()", repair=repair)


@fault("topology.not-initialized:moved")
def member_moved() -> Iterator[Fault]:
    """The only member of a set was restarted on a port that is not in its configuration."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(1) as healthy:
        server, port = healthy.servers[0], healthy.ports[0]
        server.restart(free_port())

        def repair() -> None:
            server.restart(port)
            _elect(healthy, 0)

        yield Fault(
            f"mongodb://{server.address}/?replicaSet=rs0",
            remedy="Start it with the host name and port in its configuration",
            remedy_uri=healthy.uri,
            repair=repair,
        )


@fault("topology.no-primary")
def no_primary() -> Iterator[Fault]:
    """Two of three members are down, so there is no majority."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as healthy:
        first, second, _ = healthy.servers
        first.stop()
        second.stop()

        def repair() -> None:
            first.restart()
            _elect(healthy, 2)

        yield Fault(healthy.uri, remedy=f"Start {first.address}", repair=repair)


def _elect(healthy: Deployment, member: int) -> None:
    """Make a member primary, as soon as it can be."""
    with healthy.admin(member) as client:

        def attempt() -> bool:
            if not client.admin.command("hello")["isWritablePrimary"]:
                client.admin.command("replSetStepUp")
            return bool(client.admin.command("hello")["isWritablePrimary"])

        replication.until(attempt, "The election")


@fault("topology.not-primary")
def not_primary() -> Iterator[Fault]:
    """With directConnection=true, the driver writes (w=majority) to a secondary."""
    with replicas() as healthy:
        uri = healthy.uri_with(
            hosts=[healthy.hosts[1]], replicaSet=None, directConnection=True, w="majority"
        )
        yield Fault(uri)


@fault("topology.no-matching-server")
def no_matching_server() -> Iterator[Fault]:
    """The read preference requires a tag that no member has."""
    with replicas() as healthy:
        uri = healthy.uri_with(readPreference="secondary", readPreferenceTags="dc:nowhere")
        yield Fault(uri)


@fault("topology.direct-connection-needed")
def direct_connection_needed() -> Iterator[Fault]:
    """The set's configuration has an address that is only reachable at the far end of a tunnel."""
    from mongoping.sandbox.deployment import replica_set

    with ExitStack() as stack:
        healthy = stack.enter_context(replica_set(1, initiate=False))
        server = healthy.servers[0]
        # The server must reach itself at this address while it is initiated.
        with listeners.Listener(listeners.forward("127.0.0.1", server.port)) as inside:
            members = [{"host": inside.address}]
            config = replication.configuration("rs0", healthy.servers, members)
            replication.initiate(server, config, None)
        yield Fault(f"mongodb://{server.address}/")


@fault("topology.direct-connection-needed:elsewhere")
def names_lead_elsewhere() -> Iterator[Fault]:
    """The host name in the set's configuration leads to a standalone server on this machine."""
    from mongoping.sandbox.deployment import replica_set, standalone

    with replica_set(1, initiate=False) as healthy, standalone() as other:
        server = healthy.servers[0]
        port = free_port()
        with listeners.Listener(listeners.forward("127.0.0.1", server.port), port=port):
            members = [{"host": f"localhost:{port}"}]
            config = replication.configuration("rs0", healthy.servers, members)
            replication.initiate(server, config, None)
        with listeners.Listener(listeners.forward("127.0.0.1", other.ports[0]), port=port):
            yield Fault(f"mongodb://{server.address}/?replicaSet=rs0")


@fault("topology.member-not-ready", warning=True)
def member_not_ready() -> Iterator[Fault]:
    """One of three members is in maintenance mode (RECOVERING) and serves no reads."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as healthy, healthy.admin(2) as client:
        client.admin.command("replSetMaintenance", True)

        def repair() -> None:
            client.admin.command("replSetMaintenance", False)
            replication.until(
                lambda: bool(client.admin.command("hello")["secondary"]), "The end of maintenance"
            )

        yield Fault(healthy.uri, remedy="replSetMaintenance: false", repair=repair)


@fault("topology.write-concern-unsatisfiable", warning=True)
def write_concern_unsatisfiable() -> Iterator[Fault]:
    """The string sets w=5, but the set has three members."""
    with replicas() as healthy:
        yield Fault(healthy.uri_with(w=5))


@contextmanager
def _two_sided(primary: str, secondary: str) -> Iterator[Fault]:
    """Yield a fault of a set with two members, one of which clients cannot reach by its name.

    Members connect to each other on loopback, and clients by the horizons in the configuration.
    The seed is the member with the reachable name.
    """
    from mongoping.sandbox.deployment import ServerTls, replica_set

    with workshop() as certificates, NameServer() as names:
        members: list[dict[str, Any]] = [
            {"horizon": primary},
            {"horizon": secondary, "priority": 0},
        ]
        with replica_set(
            members, tls=ServerTls(certificates.good, certificates.authority)
        ) as healthy:
            good = 0 if primary == GOOD else 1
            seed = GOOD.format(port=healthy.ports[good])

            def repair() -> None:
                def edit(config: dict[str, Any]) -> dict[str, Any]:
                    for member, port in zip(config["members"], healthy.ports, strict=True):
                        member["horizons"] = {"outside": GOOD.format(port=port)}
                    return config

                with healthy.admin() as client:
                    replication.change(client, edit)

            yield Fault(
                healthy.uri_with(hosts=[seed]),
                args=names.args,
                remedy="the members host names",
                repair=repair,
            )


GOOD = "localhost:{port}"
UNKNOWN_HOST = "mongo-a.cluster.internal:{port}"


@fault("topology.member-unresolvable")
def member_unresolvable() -> Iterator[Fault]:
    """The primary's host name does not resolve here."""
    with _two_sided(primary=UNKNOWN_HOST, secondary=GOOD) as fault_:
        yield fault_


@fault("topology.member-unresolvable:secondary", warning=True)
def secondary_unresolvable() -> Iterator[Fault]:
    """A secondary's host name does not resolve here; the others work."""
    with _two_sided(primary=GOOD, secondary=UNKNOWN_HOST) as fault_:
        yield fault_


@fault("topology.member-unreachable", warning=True)
def member_unreachable() -> Iterator[Fault]:
    """One of three members is down; the set works without it."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as healthy:
        last = healthy.servers[2]
        last.stop()
        yield Fault(healthy.uri, remedy=f"Check that {last.address} runs", repair=last.restart)


@fault("topology.member-unreachable:primary")
def primary_unreachable() -> Iterator[Fault]:
    """The primary works, but the address it advertises is a closed port."""
    with _two_sided(primary=f"localhost:{free_port()}", secondary=GOOD) as fault_:
        yield fault_


@fault("topology.replica-set-required", warning=True)
def replica_set_required() -> Iterator[Fault]:
    """The string sets w=2, but the server is a standalone."""
    with plain() as healthy:
        yield Fault(healthy.uri_with(w=2))


@fault("topology.unexpected")
def unexpected_servers() -> Iterator[Fault]:
    """The two hosts in the string are independent servers."""
    from mongoping.sandbox.deployment import standalone

    with plain() as healthy, standalone() as other:
        yield Fault(healthy.uri_with(hosts=[healthy.host, other.host]))


@fault("topology.mixed-versions", warning=True)
def mixed_versions() -> Iterator[Fault]:
    """The members run different release series, as in the middle of an upgrade."""
    from mongoping.sandbox.played import SimulatedServer

    with SimulatedServer({}) as first, SimulatedServer({}) as second:
        hosts = [first.address, second.address]
        first.script |= scripts.member(hosts=hosts)
        second.script |= scripts.member(
            hosts=hosts, primary=first.address, isWritablePrimary=False, secondary=True
        )
        newer = {"buildInfo": {"version": "8.0.4", "ok": 1.0}}

        def repair() -> None:
            first.script |= newer

        second.script |= newer
        uri = f"mongodb://{','.join(hosts)}/?replicaSet=rs0"
        yield Fault(
            uri,
            remedy="Finish the upgrade",
            repair=repair,
            note="The members are simulated.",
        )


@fault("topology.load-balanced-mismatch")
def load_balanced_mismatch() -> Iterator[Fault]:
    """The string has loadBalanced=true, but there is no load balancer."""
    with plain() as healthy:
        yield Fault(healthy.uri_with(loadBalanced=True))


@fault("topology.replication-lag", warning=True)
def replication_lag() -> Iterator[Fault]:
    """A secondary is four seconds behind, because its storage is locked (fsyncLock)."""
    from mongoping.sandbox.deployment import replica_set

    def sync_from_primary(config: dict[str, Any]) -> dict[str, Any]:
        """Keep the other secondary from waiting for the locked one."""
        return {**config, "settings": {**config["settings"], "chainingAllowed": False}}

    with replica_set(3) as healthy, healthy.admin() as primary, healthy.admin(2) as secondary:
        replication.change(primary, sync_from_primary)
        primary.shop.orders.insert_one({})

        def lock() -> bool:
            """Lock the storage, which the server refuses before its first stable checkpoint."""
            return bool(secondary.admin.command("fsync", 1, lock=True)["ok"])

        replication.until(lock, "Locking the storage")
        time.sleep(4)  # hello rounds the time of the last write to seconds
        primary.shop.orders.insert_one({})

        def repair() -> None:
            secondary.admin.command("fsyncUnlock")
            newest = primary.admin.command("hello")["lastWrite"]["lastWriteDate"]
            replication.until(
                lambda: secondary.admin.command("hello")["lastWrite"]["lastWriteDate"] >= newest,
                "Catching up",
            )

        yield Fault(
            healthy.uri,
            args=("--max-lag", "2"),
            remedy="Check the disk, long operations",
            repair=repair,
        )
