"""Names that lead nowhere. A real name server on loopback gives the answers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.nameserver import (
    EVERYTHING,
    Answer,
    Behaviour,
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
    behaviour: Behaviour | None = None,
    name: str = EVERYTHING,
) -> Iterator[Fault]:
    """The zone of a whole cluster, edited or misbehaving until it is mended.

    With ``name`` it misbehaves for that one alone.
    """
    with plain() as whole:
        good = cluster(NAME, [(HOST, whole.ports[0])])
        zone = dict(good)
        edit(zone)
        with NameServer(zone, {name: behaviour} if behaviour else None) as names:

            def repair() -> None:
                names.zone = good
                names.behaviours.clear()

            yield Fault(URI, args=names.args, repair=repair)


@fault("dns.srv-not-found")
def srv_not_found() -> Iterator[Fault]:
    """The cluster's name does not exist: misspelt, or the cluster is gone."""
    with _names(lambda zone: zone.clear()) as made:
        yield made


@fault("dns.srv-empty")
def srv_empty() -> Iterator[Fault]:
    """The name exists, but has no SRV record."""

    def edit(zone: Zone) -> None:
        zone[SRV, "TXT"] = ['"nothing here"']
        del zone[SRV, "SRV"]

    with _names(edit) as made:
        yield made


@fault("dns.resolver-refused")
def resolver_refused() -> Iterator[Fault]:
    """The resolver answers REFUSED: it does not serve this client."""
    with _names(behaviour=Answer("REFUSED")) as made:
        yield made


@fault("dns.resolver-config")
def resolver_closed() -> Iterator[Fault]:
    """Nothing listens at the resolver's address."""
    with _names() as made:
        yield Fault(URI, args=("--resolver", f"127.0.0.1:{free_port()}"), remedy_args=made.args)


@fault("dns.resolver-failed")
def resolver_failed() -> Iterator[Fault]:
    """The resolver answers SERVFAIL."""
    with _names(behaviour=Answer("SERVFAIL")) as made:
        yield made


@fault("dns.timeout")
def timeout() -> Iterator[Fault]:
    """The resolver is silent."""
    with _names(behaviour=Silence()) as made:
        yield made


@fault("dns.timeout:slow")
def slow() -> Iterator[Fault]:
    """The resolver needs three seconds, and dnspython waits two for each attempt."""
    with _names(behaviour=Slow(3)) as made:
        yield made


@fault("dns.slow", warning=True)
def slow_answer() -> Iterator[Fault]:
    """The resolver takes more than a second for the SRV record."""
    with _names(behaviour=Slow(1.2), name=SRV) as made:
        yield made


@fault("dns.host-not-found")
def host_not_found() -> Iterator[Fault]:
    """The host's name does not exist."""
    with plain() as whole, NameServer({("db.example.test", "A"): ["127.0.0.1"]}) as names:
        yield Fault(
            f"mongodb://bd.example.test:{whole.ports[0]}/",
            args=names.args,
            remedy_uri=f"mongodb://db.example.test:{whole.ports[0]}/",
        )


@fault("dns.host-not-found:no-address")
def no_address() -> Iterator[Fault]:
    """The host's name exists and has no address."""
    zone = {("db.example.test", "TXT"): ['"moved"']}
    with plain() as whole, NameServer(zone) as names:

        def repair() -> None:
            names.zone["db.example.test", "A"] = ["127.0.0.1"]

        uri = f"mongodb://db.example.test:{whole.ports[0]}/"
        yield Fault(uri, args=names.args, repair=repair)


@fault("dns.srv-parent-domain-mismatch")
def srv_parent_domain_mismatch() -> Iterator[Fault]:
    """An SRV record leads out of the domain of its name."""

    def edit(zone: Zone) -> None:
        port = zone[SRV, "SRV"][0].split()[2]
        zone[SRV, "SRV"] = [f"0 0 {port} shard-00.elsewhere.test."]
        zone["shard-00.elsewhere.test", "A"] = ["127.0.0.1"]

    with _names(edit) as made:
        yield made


@fault("dns.txt-invalid")
def txt_invalid() -> Iterator[Fault]:
    """The TXT record sets an option that it may not set."""
    with _names(lambda zone: zone.update({(NAME, "TXT"): ['"ssl=false"']})) as made:
        yield made


@fault("dns.txt-invalid:spf")
def txt_spf() -> Iterator[Fault]:
    """The cluster's name has a TXT record for mail instead of MongoDB."""
    with _names(lambda zone: zone.update({(NAME, "TXT"): ['"v=spf1 -all"']})) as made:
        yield made


@fault("dns.txt-invalid:two")
def txt_two() -> Iterator[Fault]:
    """The cluster's name has two TXT records."""
    texts = ['"authSource=admin"', '"replicaSet=rs0"']
    with _names(lambda zone: zone.update({(NAME, "TXT"): texts})) as made:
        yield made
