"""What Atlas does to a client, by names under ``mongodb.net`` that loopback alone answers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from mongoping.sandbox import atlas, listeners
from mongoping.sandbox.fault import Fault, fault, plain, workshop
from mongoping.sandbox.nameserver import NameServer, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("atlas.ip-not-allowed", preset="atlas", layer="tls")
def ip_not_allowed() -> Iterator[Fault]:
    """Each of three nodes accepts TCP and aborts TLS with alert 80."""
    with ExitStack() as stack:
        made = stack.enter_context(workshop())
        whole = stack.enter_context(plain())
        ports = [
            stack.enter_context(listeners.Listener(listeners.tls_alert_80)).port for _ in range(3)
        ]
        context = listeners.server_context(made.server(f"*.{atlas.DOMAIN}"))
        behind = listeners.forward("127.0.0.1", whole.ports[0])
        allowed = stack.enter_context(listeners.Listener(listeners.tls(context, behind)))
        nodes = list(zip(atlas.HOSTS, ports, strict=True))
        names = stack.enter_context(NameServer(cluster(atlas.SRV, nodes)))

        def mend() -> None:
            names.zone = cluster(atlas.SRV, [(atlas.HOSTS[0], allowed.port)])

        yield Fault(
            f"mongodb+srv://{atlas.SRV}/?tlsCAFile={made.authority}",
            args=names.args,
            mend=mend,
            note="The alerts are played. Once mended, one node stands for the cluster.",
        )


@fault("atlas.cluster-paused", preset="atlas", layer="dns")
def cluster_paused() -> Iterator[Fault]:
    """The cluster's name is in the DNS, and its nodes are not."""
    with workshop() as made, plain() as whole:
        context = listeners.server_context(made.server(f"*.{atlas.DOMAIN}"))
        behind = listeners.forward("127.0.0.1", whole.ports[0])
        with listeners.Listener(listeners.tls(context, behind)) as front:
            good = cluster(atlas.SRV, [(atlas.HOSTS[0], front.port)])
            gone = {key: value for key, value in good.items() if key[1] != "A"}
            with NameServer(gone) as names:

                def mend() -> None:
                    names.zone = good

                uri = f"mongodb+srv://{atlas.SRV}/?tlsCAFile={made.authority}"
                yield Fault(uri, args=names.args, mend=mend)
