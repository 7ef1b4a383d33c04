"""Faults of Atlas, with names under ``mongodb.net`` that a name server on loopback answers."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox import atlas, listeners
from mongoping.sandbox.fault import Fault, fault, plain, workshop
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.nameserver import Zone


@contextmanager
def _one_node() -> Iterator[tuple[str, Zone]]:
    """Yield the URI and the zone of a cluster with one node: a mongod behind a TLS proxy."""
    with workshop() as certificates, plain() as healthy:
        context = listeners.server_context(certificates.server(f"*.{atlas.DOMAIN}"))
        behind = listeners.forward("127.0.0.1", healthy.ports[0])
        with listeners.Listener(listeners.tls(context, behind)) as front:
            uri = f"mongodb+srv://{atlas.SRV}/?tlsCAFile={certificates.authority}"
            yield uri, cluster(atlas.SRV, [(atlas.HOSTS[0], front.port)])


@fault("atlas.ip-not-allowed", preset="atlas", layer="tls")
def ip_not_allowed() -> Iterator[Fault]:
    """All three nodes accept TCP connections, but abort the TLS handshake with alert 80."""
    with ExitStack() as stack:
        uri, good = stack.enter_context(_one_node())
        refusing = [
            stack.enter_context(listeners.Listener(listeners.tls_alert_80)).port for _ in range(3)
        ]
        nodes = list(zip(atlas.HOSTS, refusing, strict=True))
        names = stack.enter_context(NameServer(cluster(atlas.SRV, nodes)))

        def repair() -> None:
            names.zone = good

        note = "The alerts are simulated. After the repair, the cluster has one node."
        yield Fault(
            uri,
            args=names.args,
            remedy="Add this machine's public IP address",
            repair=repair,
            note=note,
        )


@fault("atlas.cluster-paused", preset="atlas", layer="dns")
def cluster_paused() -> Iterator[Fault]:
    """The SRV record exists, but the cluster's host names do not resolve."""
    with _one_node() as (uri, good):
        zone_without = {key: value for key, value in good.items() if key[1] != "A"}
        with NameServer(zone_without) as names:

            def repair() -> None:
                names.zone = good

            yield Fault(uri, args=names.args, remedy="Resume the cluster", repair=repair)


@fault("atlas.private-endpoint", preset="atlas", layer="tcp")
def private_endpoint() -> Iterator[Fault]:
    """The connection string is for a private endpoint that this machine cannot reach."""
    with _one_node() as (uri, good), NameServer(good) as names:
        private = f"cluster0-pri.{atlas.DOMAIN}"
        node = (f"pl-0-eu-west-1.{atlas.DOMAIN}", free_port())
        names.zone |= cluster(private, [node])
        yield Fault(
            uri.replace(atlas.SRV, private),
            args=names.args,
            note="Here, the private address refuses connections. Usually, packets are dropped.",
        )
