"""Names that do not resolve, with a real name server on loopback."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.nameserver import (
    EVERYTHING,
    Answer,
    Behavior,
    NameServer,
    Silence,
    Slow,
    cluster,
)
from mongoping.sandbox.process import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.nameserver import Zone

NAME = "cluster0.ab12c.example.test"
SRV = f"_mongodb._tcp.{NAME}"
HOST = "shard-00.ab12c.example.test"
URI = f"mongodb+srv://{NAME}/?tls=false"


@contextmanager
def _names(
    edit: Callable[[Zone], object] = lambda zone: None,
    behavior: Behavior | None = None,
    name: str = EVERYTHING,
    *,
    remedy: str = "",
) -> Iterator[Fault]:
    """Yield a fault in the zone of a cluster: changed records, or wrong answers.

    The repair restores the zone. ``behavior`` applies only to queries for ``name``.
    """
    with plain() as healthy:
        good = cluster(NAME, [(HOST, healthy.ports[0])])
        zone = dict(good)
        edit(zone)
        with NameServer(zone, {name: behavior} if behavior else None) as names:

            def repair() -> None:
                names.zone = good
                names.behaviors.clear()

            yield Fault(URI, args=names.args, remedy=remedy, repair=repair)


@contextmanager
def _resolver(behavior: Behavior) -> Iterator[Fault]:
    """Yield a fault of a resolver; the remedy is to use another one."""
    with plain() as healthy:
        zone = cluster(NAME, [(HOST, healthy.ports[0])])
        with NameServer(zone, {EVERYTHING: behavior}) as bad, NameServer(zone) as other:
            yield Fault(URI, args=bad.args, remedy="Try another resolver", remedy_args=other.args)


@fault("dns.srv-not-found")
def srv_not_found() -> Iterator[Fault]:
    """The cluster's name is misspelled, so it does not exist."""
    with _names() as fault_:
        yield Fault(
            URI.replace("cluster0", "cluster-0"),
            args=fault_.args,
            remedy="Copy the connection string again",
            remedy_uri=URI,
        )


@fault("dns.srv-empty")
def srv_empty() -> Iterator[Fault]:
    """The name exists, but has no SRV record."""

    with plain() as healthy:
        zone = cluster(NAME, [(HOST, healthy.ports[0])])
        empty = {key: value for key, value in zone.items() if key != (SRV, "SRV")}
        empty[SRV, "TXT"] = ['"nothing here"']
        with NameServer(empty) as bad, NameServer(zone) as other:
            yield Fault(URI, args=bad.args, remedy="Try another resolver", remedy_args=other.args)


@fault("dns.resolver-refused")
def resolver_refused() -> Iterator[Fault]:
    """The resolver answers REFUSED: it does not serve this client."""
    with _resolver(Answer("REFUSED")) as fault_:
        yield fault_


@fault("dns.resolver-config")
def resolver_closed() -> Iterator[Fault]:
    """Nothing listens on the resolver's address."""
    with _names() as fault_:
        args = ("--resolver", f"127.0.0.1:{free_port()}")
        yield Fault(URI, args=args, remedy="running resolver", remedy_args=fault_.args)


@fault("dns.resolver-failed")
def resolver_failed() -> Iterator[Fault]:
    """The resolver answers SERVFAIL."""
    with _names(behavior=Answer("SERVFAIL"), remedy="Try again") as fault_:
        yield fault_


@fault("dns.timeout")
def timeout() -> Iterator[Fault]:
    """The resolver does not answer."""
    with _resolver(Silence()) as fault_:
        yield fault_


@fault("dns.timeout:slow")
def slow() -> Iterator[Fault]:
    """The resolver takes three seconds, but dnspython waits two seconds per attempt."""
    with _resolver(Slow(3)) as fault_:
        yield fault_


@fault("dns.resolvers-disagree", warning=True)
def resolvers_disagree() -> Iterator[Fault]:
    """Two name servers return different addresses; the first one is right."""
    with plain() as healthy:
        zone = cluster(NAME, [(HOST, healthy.ports[0])])
        other = zone | {(HOST, "A"): ["127.0.0.9"]}
        with NameServer(zone) as first, NameServer(other) as second:
            args = (*first.args, *second.args)
            remedy = "correct the name server that is wrong"
            yield Fault(URI, args=args, remedy=remedy, repair=lambda: second.zone.update(zone))


@fault("dns.slow", warning=True)
def slow_answer() -> Iterator[Fault]:
    """The resolver takes more than a second for the SRV record."""
    with _names(behavior=Slow(1.2), name=SRV, remedy="Try another resolver") as fault_:
        yield fault_


@fault("dns.host-not-found")
def host_not_found() -> Iterator[Fault]:
    """The host name does not exist."""
    with plain() as healthy, NameServer({("db.example.test", "A"): ["127.0.0.1"]}) as names:
        yield Fault(
            f"mongodb://bd.example.test:{healthy.ports[0]}/",
            args=names.args,
            remedy="Compare the host name",
            remedy_uri=f"mongodb://db.example.test:{healthy.ports[0]}/",
        )


@fault("dns.host-not-found:no-address")
def no_address() -> Iterator[Fault]:
    """The host name exists, but has no address."""
    zone = {("db.example.test", "TXT"): ['"moved"']}
    with plain() as healthy, NameServer(zone) as names:

        def repair() -> None:
            names.zone["db.example.test", "A"] = ["127.0.0.1"]

        uri = f"mongodb://db.example.test:{healthy.ports[0]}/"
        yield Fault(uri, args=names.args, remedy="Add an address record", repair=repair)


@fault("dns.srv-parent-domain-mismatch")
def srv_parent_domain_mismatch() -> Iterator[Fault]:
    """An SRV record points to a host outside its own domain."""

    def edit(zone: Zone) -> None:
        port = zone[SRV, "SRV"][0].split()[2]
        zone[SRV, "SRV"] = [f"0 0 {port} shard-00.elsewhere.test."]
        zone["shard-00.elsewhere.test", "A"] = ["127.0.0.1"]

    with _names(edit, remedy="Correct the SRV record") as fault_:
        yield fault_


@fault("dns.txt-invalid")
def txt_invalid() -> Iterator[Fault]:
    """The TXT record sets an option that is not allowed there."""
    with _names(
        lambda zone: zone.update({(NAME, "TXT"): ['"ssl=false"']}),
        remedy="Remove the other options",
    ) as fault_:
        yield fault_


@fault("dns.txt-invalid:spf")
def txt_spf() -> Iterator[Fault]:
    """The cluster's TXT record is an SPF record (for email)."""
    with _names(
        lambda zone: zone.update({(NAME, "TXT"): ['"v=spf1 -all"']}), remedy="Move SPF"
    ) as fault_:
        yield fault_


@fault("dns.txt-invalid:two")
def txt_two() -> Iterator[Fault]:
    """The cluster's name has two TXT records."""
    texts = ['"authSource=admin"', '"replicaSet=rs0"']
    with _names(
        lambda zone: zone.update({(NAME, "TXT"): texts}), remedy="Keep one TXT record"
    ) as fault_:
        yield fault_
