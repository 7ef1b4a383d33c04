"""What Atlas does to a client, by names under ``mongodb.net`` that loopback alone answers."""

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
    """The URI and the zone of a cluster whose one node is a mongod behind a TLS front."""
    with workshop() as made, plain() as healthy:
        context = listeners.server_context(made.server(f"*.{atlas.DOMAIN}"))
        behind = listeners.forward("127.0.0.1", healthy.ports[0])
        with listeners.Listener(listeners.tls(context, behind)) as front:
            uri = f"mongodb+srv://{atlas.SRV}/?tlsCAFile={made.authority}"
            yield uri, cluster(atlas.SRV, [(atlas.HOSTS[0], front.port)])


@fault("atlas.ip-not-allowed", preset="atlas", layer="tls")
def ip_not_allowed() -> Iterator[Fault]:
    """Each of three nodes accepts TCP and aborts TLS with alert 80."""
    with ExitStack() as stack:
        uri, good = stack.enter_context(_one_node())
        refusing = [
            stack.enter_context(listeners.Listener(listeners.tls_alert_80)).port for _ in range(3)
        ]
        nodes = list(zip(atlas.HOSTS, refusing, strict=True))
        names = stack.enter_context(NameServer(cluster(atlas.SRV, nodes)))

        def repair() -> None:
            names.zone = good

        note = "The alerts are played. Once mended, one node stands for the cluster."
        yield Fault(
            uri,
            args=names.args,
            remedy="Add this machine's public IP address",
            repair=repair,
            note=note,
        )


@fault("atlas.cluster-paused", preset="atlas", layer="dns")
def cluster_paused() -> Iterator[Fault]:
    """The cluster's name is in the DNS, and its nodes are not."""
    with _one_node() as (uri, good):
        gone = {key: value for key, value in good.items() if key[1] != "A"}
        with NameServer(gone) as names:

            def repair() -> None:
                names.zone = good

            yield Fault(uri, args=names.args, remedy="Resume the cluster", repair=repair)


@fault("atlas.private-endpoint", preset="atlas", layer="tcp")
def private_endpoint() -> Iterator[Fault]:
    """The string is that of a private network, and this machine is not in it."""
    with _one_node() as (uri, good), NameServer(good) as names:
        private = f"cluster0-pri.{atlas.DOMAIN}"
        node = (f"pl-0-eu-west-1.{atlas.DOMAIN}", free_port())
        names.zone |= cluster(private, [node])
        yield Fault(
            uri.replace(atlas.SRV, private),
            args=names.args,
            note="The private address refuses; in the wild it mostly drops.",
        )
