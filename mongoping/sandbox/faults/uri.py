"""Connection strings that drivers reject, each for a healthy server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, locked_standalone, plain, replicas, workshop
from mongoping.sandbox.faults.tls import tls_server
from mongoping.sandbox.nameserver import NameServer, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "cluster0.ab12c.example.test"


@fault("uri.invalid-scheme")
def invalid_scheme() -> Iterator[Fault]:
    """The string begins with http:// instead of mongodb://."""
    with plain() as healthy:
        yield Fault(f"http://{healthy.host}/")


@fault("uri.invalid-scheme:quoted")
def quoted_string() -> Iterator[Fault]:
    """The string is still in the quotes from its .env file."""
    with plain() as healthy:
        yield Fault(f'"{healthy.uri}"')


@fault("uri.srv-scheme-needed")
def srv_scheme_needed() -> Iterator[Fault]:
    """mongodb:// is used with a name that has SRV records but no address."""
    with plain() as healthy:
        zone = cluster(PLACE, [(f"shard-00.{PLACE.partition('.')[2]}", healthy.ports[0])])
        with NameServer(zone) as names:
            yield Fault(f"mongodb://{PLACE}/?tls=false", args=names.args)


@fault("uri.srv-host-too-short")
def srv_host_too_short() -> Iterator[Fault]:
    """mongodb+srv:// is used with a plain host name (localhost)."""
    yield Fault(
        "mongodb+srv://localhost/",
        no_remedy_here="The corrected string has port 27017, where the sandbox starts no server.",
    )


@fault("uri.unescaped-credentials")
def unescaped_credentials() -> Iterator[Fault]:
    """The password contains '/', ':' and '@' that are not percent-encoded."""
    with locked_standalone() as healthy:
        uri = f"mongodb://ada:{healthy.password}@{healthy.host}/"
        yield Fault(uri, remedy="Encode the password", remedy_uri=healthy.uri)


@fault("uri.empty-credentials")
def empty_credentials() -> Iterator[Fault]:
    """The password is empty, because its variable was not set."""
    with locked_standalone() as healthy:
        yield Fault(
            f"mongodb://ada:@{healthy.host}/",
            remedy="Add the password of ada",
            remedy_uri=healthy.uri,
        )


@fault("uri.placeholder-not-replaced")
def placeholder_not_replaced() -> Iterator[Fault]:
    """The string still contains the placeholder <password>."""
    with locked_standalone() as healthy:
        yield Fault(
            f"mongodb://ada:<password>@{healthy.host}/",
            remedy="Replace the placeholder",
            remedy_uri=healthy.uri,
        )


@fault("uri.invalid-option", warning=True)
def invalid_option() -> Iterator[Fault]:
    """An option is misspelled; the driver ignores it with a warning."""
    with plain() as healthy:
        yield Fault(healthy.uri_with(retryWrite=True))


@fault("uri.missing-host")
def missing_host() -> Iterator[Fault]:
    """The host is missing, because its variable was empty."""
    with plain() as healthy:
        yield Fault("mongodb:///shop", remedy="Name the host", remedy_uri=healthy.uri)


@fault("uri.invalid-port")
def invalid_port() -> Iterator[Fault]:
    """The port is not a number between 1 and 65535."""
    with plain() as healthy:
        yield Fault("mongodb://localhost:270177/", remedy="Write the port", remedy_uri=healthy.uri)


@fault("uri.srv-with-port")
def srv_with_port() -> Iterator[Fault]:
    """A mongodb+srv:// string has a port."""
    with plain() as healthy:
        zone = cluster(PLACE, [(f"shard-00.{PLACE.partition('.')[2]}", healthy.ports[0])])
        with NameServer(zone) as names:
            yield Fault(f"mongodb+srv://{PLACE}:27017/?tls=false", args=names.args)


@fault("uri.srv-multiple-hosts")
def srv_multiple_hosts() -> Iterator[Fault]:
    """A mongodb+srv:// string has two hosts."""
    with plain() as healthy:
        parent = PLACE.partition(".")[2]
        zone = cluster(PLACE, [(f"shard-00.{parent}", healthy.ports[0])])
        with NameServer(zone) as names:
            yield Fault(f"mongodb+srv://{PLACE},cluster1.{parent}/?tls=false", args=names.args)


@fault("uri.conflicting-options")
def conflicting_options() -> Iterator[Fault]:
    """A string with three hosts has directConnection=true."""
    with replicas() as healthy:
        yield Fault(healthy.uri_with(directConnection=True))


@fault("uri.conflicting-options:tls")
def conflicting_tls() -> Iterator[Fault]:
    """tls and its alias ssl have different values."""
    with plain() as healthy:
        yield Fault(healthy.uri_with(tls=False, ssl=True))


@fault("uri.file-not-found")
def file_not_found() -> Iterator[Fault]:
    """tlsCAFile names a file that does not exist."""
    with workshop() as certificates, tls_server(certificates) as healthy:
        yield Fault(
            healthy.uri_with(tlsCAFile="/etc/ssl/no-such-authority.pem"),
            remedy="Correct the path in tlsCAFile",
            remedy_uri=healthy.uri,
        )


@fault("uri.malformed")
def malformed_option() -> Iterator[Fault]:
    """An option has no '=' and no value."""
    with plain() as healthy:
        yield Fault(f"mongodb://{healthy.host}/?retryWrites")
