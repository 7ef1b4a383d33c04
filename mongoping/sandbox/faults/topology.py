"""Replica sets that are not what the connection string takes them for."""

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
    """The string says replicaSet=prod, and the set is called rs0."""
    with replicas() as whole:
        yield Fault(whole.uri_with(replicaSet="prod"), remedy_uri=whole.uri)


@fault("topology.set-name-missing")
def set_name_missing() -> Iterator[Fault]:
    """The string says replicaSet= and no name: its variable was empty."""
    with replicas() as whole:
        yield Fault(whole.uri_with(replicaSet=""), remedy_uri=whole.uri)


@fault("topology.not-a-replica-set")
def not_a_replica_set() -> Iterator[Fault]:
    """The string says replicaSet=rs0, and the server stands alone."""
    with plain() as whole:
        yield Fault(whole.uri_with(replicaSet="rs0"), remedy_uri=whole.uri)


@fault("topology.not-initialized")
def not_initialized() -> Iterator[Fault]:
    """The server runs with --replSet, and rs.initiate() was never run."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(1, initiate=False) as whole:

        def repair() -> None:
            config = replication.configuration("rs0", whole.servers, [{}])
            replication.initiate(whole.servers[0], config, None)

        yield Fault(whole.uri, repair=repair)


@fault("topology.not-initialized:moved")
def moved() -> Iterator[Fault]:
    """The only member of a set was restarted on another port than its configuration has."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(1) as whole:
        server = whole.servers[0]
        server.stop()
        server.spawn(free_port())
        server.wait()

        def repair() -> None:
            def edit(config: dict[str, Any]) -> dict[str, Any]:
                config["members"][0]["host"] = server.address
                return config

            with whole.admin() as client:
                replication.change(client, edit, force=True)
                replication.until(
                    lambda: bool(client.admin.command("hello")["isWritablePrimary"]),
                    "The election",
                )

        yield Fault(f"mongodb://{server.address}/?replicaSet=rs0", repair=repair)


@fault("topology.no-primary")
def no_primary() -> Iterator[Fault]:
    """Two of three members are down, so there is no majority."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as whole:
        first, second, _ = whole.servers
        first.stop()
        second.stop()

        def repair() -> None:
            first.restart()
            _elect(whole, 2)

        yield Fault(whole.uri, repair=repair)


def _elect(whole: Deployment, member: int) -> None:
    """Make a member primary, as soon as it can be."""
    with whole.admin(member) as client:

        def attempt() -> bool:
            if not client.admin.command("hello")["isWritablePrimary"]:
                client.admin.command("replSetStepUp")
            return bool(client.admin.command("hello")["isWritablePrimary"])

        replication.until(attempt, "The election")


@fault("topology.not-primary")
def not_primary() -> Iterator[Fault]:
    """directConnection=true leads to a secondary, and w=majority asks for writes."""
    with replicas() as whole:
        uri = whole.uri_with(
            hosts=[whole.hosts[1]], replicaSet=None, directConnection=True, w="majority"
        )
        yield Fault(uri, remedy_uri=whole.uri)


@fault("topology.no-matching-server")
def no_matching_server() -> Iterator[Fault]:
    """The string wants members with a tag that none has."""
    with replicas() as whole:
        uri = whole.uri_with(readPreference="secondary", readPreferenceTags="dc:nowhere")
        yield Fault(uri, remedy_uri=whole.uri_with(readPreference="secondary"))


@fault("topology.direct-connection-needed")
def direct_connection_needed() -> Iterator[Fault]:
    """The set names itself by an address that exists on the other side of a tunnel alone."""
    from mongoping.sandbox.deployment import replica_set

    with ExitStack() as stack:
        whole = stack.enter_context(replica_set(1, initiate=False))
        server = whole.servers[0]
        # It has to find itself at the address once, while it is initiated.
        with listeners.Listener(listeners.forward("127.0.0.1", server.port)) as inside:
            members = [{"host": inside.address}]
            config = replication.configuration("rs0", whole.servers, members)
            replication.initiate(server, config, None)
        uri = f"mongodb://{server.address}/"
        yield Fault(uri, remedy_uri=f"{uri}?directConnection=true")


@fault("topology.direct-connection-needed:elsewhere")
def names_lead_elsewhere() -> Iterator[Fault]:
    """The set's only name leads to a standalone server of this machine."""
    from mongoping.sandbox.deployment import replica_set, standalone

    with replica_set(1, initiate=False) as whole, standalone() as other:
        server = whole.servers[0]
        port = free_port()
        with listeners.Listener(listeners.forward("127.0.0.1", server.port), port=port):
            members = [{"host": f"localhost:{port}"}]
            config = replication.configuration("rs0", whole.servers, members)
            replication.initiate(server, config, None)
        with listeners.Listener(listeners.forward("127.0.0.1", other.ports[0]), port=port):
            uri = f"mongodb://{server.address}/"
            yield Fault(f"{uri}?replicaSet=rs0", remedy_uri=f"{uri}?directConnection=true")


@fault("topology.member-not-ready", warning=True)
def member_not_ready() -> Iterator[Fault]:
    """One of three members is in maintenance mode (RECOVERING) and serves no reads."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as whole, whole.admin(2) as client:
        client.admin.command("replSetMaintenance", True)

        def repair() -> None:
            client.admin.command("replSetMaintenance", False)
            replication.until(
                lambda: bool(client.admin.command("hello")["secondary"]), "The end of maintenance"
            )

        yield Fault(whole.uri, repair=repair)


@fault("topology.write-concern-unsatisfiable", warning=True)
def write_concern_unsatisfiable() -> Iterator[Fault]:
    """w=5 asks for more members than the three of the set."""
    with replicas() as whole:
        yield Fault(whole.uri_with(w=5), remedy_uri=whole.uri_with(w="majority"))


@contextmanager
def _two_sided(primary: str, secondary: str) -> Iterator[Fault]:
    """A set of two of which one bears a name for clients that leads nowhere.

    Members see one another on loopback, clients see the horizons of the configuration. The
    seed is the member whose name is good.
    """
    from mongoping.sandbox.deployment import ServerTls, replica_set

    with workshop() as made, NameServer() as names:
        members: list[dict[str, Any]] = [
            {"horizon": primary},
            {"horizon": secondary, "priority": 0},
        ]
        with replica_set(members, tls=ServerTls(made.good, made.authority)) as whole:
            good = 0 if primary == GOOD else 1
            seed = GOOD.format(port=whole.ports[good])

            def repair() -> None:
                def edit(config: dict[str, Any]) -> dict[str, Any]:
                    for member, port in zip(config["members"], whole.ports, strict=True):
                        member["horizons"] = {"outside": GOOD.format(port=port)}
                    return config

                with whole.admin() as client:
                    replication.change(client, edit)

            yield Fault(whole.uri_with(hosts=[seed]), args=names.args, repair=repair)


GOOD = "localhost:{port}"
UNKNOWN = "mongo-a.cluster.internal:{port}"


@fault("topology.member-unresolvable")
def member_unresolvable() -> Iterator[Fault]:
    """The set gives its primary a name that does not resolve here."""
    with _two_sided(primary=UNKNOWN, secondary=GOOD) as made:
        yield made


@fault("topology.member-unresolvable:secondary", warning=True)
def secondary_unresolvable() -> Iterator[Fault]:
    """The set gives a secondary a name that does not resolve here; the others serve."""
    with _two_sided(primary=GOOD, secondary=UNKNOWN) as made:
        yield made


@fault("topology.member-unreachable", warning=True)
def member_unreachable() -> Iterator[Fault]:
    """One of three members is down; the set goes on without it."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as whole:
        last = whole.servers[2]
        last.stop()
        yield Fault(whole.uri, repair=last.restart)


@fault("topology.member-unreachable:primary")
def primary_unreachable() -> Iterator[Fault]:
    """The primary works, and its address for clients leads to a closed port."""
    with _two_sided(primary=f"localhost:{free_port()}", secondary=GOOD) as made:
        yield made


@fault("topology.replica-set-required", warning=True)
def replica_set_required() -> Iterator[Fault]:
    """Writes shall be acknowledged by two members (w=2), and the server stands alone."""
    with plain() as whole:
        yield Fault(whole.uri_with(w=2), remedy_uri=whole.uri_with(w=1))


@fault("topology.unexpected")
def unexpected() -> Iterator[Fault]:
    """The two hosts of the string are two servers that have nothing to do with each other."""
    from mongoping.sandbox.deployment import standalone

    with plain() as whole, standalone() as other:
        yield Fault(whole.uri_with(hosts=[whole.host, other.host]), remedy_uri=whole.uri)


@fault("topology.mixed-versions", warning=True)
def mixed_versions() -> Iterator[Fault]:
    """The members are of two release series, as in the midst of an upgrade."""
    from mongoping.sandbox.played import Played

    with Played({}) as first, Played({}) as second:
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
        yield Fault(uri, repair=repair, note="The members are played.")


@fault("topology.load-balanced-mismatch")
def load_balanced_mismatch() -> Iterator[Fault]:
    """The string says loadBalanced=true, and there is no load balancer."""
    with plain() as whole:
        yield Fault(whole.uri_with(loadBalanced=True), remedy_uri=whole.uri)


@fault("topology.replication-lag", warning=True)
def replication_lag() -> Iterator[Fault]:
    """A secondary is four seconds behind: its storage is locked (fsyncLock)."""
    from mongoping.sandbox.deployment import replica_set

    with replica_set(3) as whole, whole.admin() as primary, whole.admin(2) as secondary:
        primary.shop.orders.insert_one({})
        secondary.admin.command("fsync", 1, lock=True)
        time.sleep(4)  # hello gives the time of the last write in whole seconds
        primary.shop.orders.insert_one({})

        def repair() -> None:
            secondary.admin.command("fsyncUnlock")
            newest = primary.admin.command("hello")["lastWrite"]["lastWriteDate"]
            replication.until(
                lambda: secondary.admin.command("hello")["lastWrite"]["lastWriteDate"] >= newest,
                "Catching up",
            )

        yield Fault(whole.uri, args=("--max-lag", "2"), repair=repair)
