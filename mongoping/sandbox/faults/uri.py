"""Connection strings that no driver takes. A whole server waits behind each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, locked, plain
from mongoping.sandbox.nameserver import NameServer, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "cluster0.ab12c.example.test"


@fault("uri.invalid-scheme")
def invalid_scheme() -> Iterator[Fault]:
    """The string begins with another scheme than MongoDB's."""
    with plain() as whole:
        yield Fault(f"http://{whole.host}/", remedy_uri=whole.uri)


@fault("uri.invalid-scheme:quoted")
def quoted() -> Iterator[Fault]:
    """The string has come with the quotes that its .env file put around it."""
    with plain() as whole:
        yield Fault(f'"{whole.uri}"', remedy_uri=whole.uri)


@fault("uri.srv-scheme-needed")
def srv_scheme_needed() -> Iterator[Fault]:
    """mongodb:// is used for a name that has SRV records and no address."""
    with plain() as whole:
        zone = cluster(PLACE, [(f"shard-00.{PLACE.partition('.')[2]}", whole.ports[0])])
        with NameServer(zone) as names:
            yield Fault(
                f"mongodb://{PLACE}/",
                args=names.args,
                remedy_uri=f"mongodb+srv://{PLACE}/?tls=false",
            )


@fault("uri.srv-host-too-short")
def srv_host_too_short() -> Iterator[Fault]:
    """mongodb+srv:// is used for a plain host, as localhost."""
    with plain() as whole:
        yield Fault("mongodb+srv://localhost/", remedy_uri=whole.uri)


@fault("uri.unescaped-credentials")
def unescaped_credentials() -> Iterator[Fault]:
    """The password holds '/', ':' and '@', and stands in the string as it is."""
    with locked() as whole:
        uri = f"mongodb://ada:{whole.password}@{whole.host}/"
        yield Fault(uri, remedy_uri=whole.uri)


@fault("uri.empty-credentials")
def empty_credentials() -> Iterator[Fault]:
    """The variable that should have held the password was empty."""
    with locked() as whole:
        yield Fault(f"mongodb://ada:@{whole.host}/", remedy_uri=whole.uri)


@fault("uri.placeholder-not-replaced")
def placeholder_not_replaced() -> Iterator[Fault]:
    """The string is the one of the documentation, <password> and all."""
    with locked() as whole:
        yield Fault(f"mongodb://ada:<password>@{whole.host}/", remedy_uri=whole.uri)


@fault("uri.invalid-option", warning=True)
def invalid_option() -> Iterator[Fault]:
    """An option is misspelt; the driver leaves it out with a warning."""
    with plain() as whole:
        yield Fault(whole.uri_with(retryWrite=True), remedy_uri=whole.uri_with(retryWrites=True))


@fault("uri.missing-host")
def missing_host() -> Iterator[Fault]:
    """There is no host: its variable was empty."""
    with plain() as whole:
        yield Fault("mongodb:///shop", remedy_uri=whole.uri)


@fault("uri.invalid-port")
def invalid_port() -> Iterator[Fault]:
    """The port is no number between 1 and 65535."""
    with plain() as whole:
        yield Fault("mongodb://localhost:270177/", remedy_uri=whole.uri)


@fault("uri.srv-with-port")
def srv_with_port() -> Iterator[Fault]:
    """A mongodb+srv:// string names a port."""
    with plain() as whole:
        zone = cluster(PLACE, [(f"shard-00.{PLACE.partition('.')[2]}", whole.ports[0])])
        with NameServer(zone) as names:
            yield Fault(
                f"mongodb+srv://{PLACE}:27017/?tls=false",
                args=names.args,
                remedy_uri=f"mongodb+srv://{PLACE}/?tls=false",
            )


@fault("uri.srv-multiple-hosts")
def srv_multiple_hosts() -> Iterator[Fault]:
    """A mongodb+srv:// string names two hosts."""
    with plain() as whole:
        parent = PLACE.partition(".")[2]
        zone = cluster(PLACE, [(f"shard-00.{parent}", whole.ports[0])])
        with NameServer(zone) as names:
            yield Fault(
                f"mongodb+srv://{PLACE},cluster1.{parent}/?tls=false",
                args=names.args,
                remedy_uri=f"mongodb+srv://{PLACE}/?tls=false",
            )


@fault("uri.conflicting-options")
def conflicting_options() -> Iterator[Fault]:
    """directConnection=true stands in a string with two hosts."""
    with plain() as whole:
        uri = f"mongodb://{whole.host},localhost:1/?directConnection=true"
        yield Fault(uri, remedy_uri=whole.uri_with(directConnection=True))


@fault("uri.conflicting-options:tls")
def conflicting_tls() -> Iterator[Fault]:
    """tls and its old name ssl say different things."""
    with plain() as whole:
        yield Fault(whole.uri_with(tls=True, ssl=False), remedy_uri=whole.uri)


@fault("uri.file-not-found")
def file_not_found() -> Iterator[Fault]:
    """tlsCAFile names a file that is not there."""
    with plain() as whole:
        yield Fault(
            whole.uri_with(tls=True, tlsCAFile="/etc/ssl/no-such-authority.pem"),
            remedy_uri=whole.uri,
        )


@fault("uri.malformed")
def malformed() -> Iterator[Fault]:
    """An option has no '=' and no value."""
    with plain() as whole:
        yield Fault(f"mongodb://{whole.host}/?retryWrites", remedy_uri=whole.uri)
