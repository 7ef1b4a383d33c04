"""Every listener does its one wrong thing: seen by a plain socket."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener, forward, server_context, tls

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment


def dial(port: int, timeout: float = 5) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def exchange(listener: Listener, say: bytes = b"hello?") -> bytes:
    """Return the data received until the other side closes the connection."""
    with dial(listener.port) as client:
        client.sendall(say)
        return b"".join(iter(lambda: client.recv(4096), b""))


def test_a_silent_listener_accepts_and_says_nothing() -> None:
    with Listener(listeners.silent) as listener, dial(listener.port, timeout=0.2) as client:
        client.sendall(b"hello?")
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert listener.connections == 1


def test_a_reset_is_a_reset() -> None:
    """The reset may arrive while the client still connects, or only when it reads."""
    with (
        Listener(listeners.reset_at_once) as listener,
        pytest.raises(ConnectionResetError),
        dial(listener.port) as client,
    ):
        client.recv(1)


def test_a_closing_listener_ends_in_good_order_before_a_word() -> None:
    with Listener(listeners.close) as listener, dial(listener.port) as client:
        assert client.recv(1) == b""


def test_another_one_waits_for_the_first_word() -> None:
    with Listener(listeners.close_after_first_bytes) as listener, dial(listener.port) as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(5)
        client.sendall(b"hello?")
        assert client.recv(1) == b""


def test_strange_protocols_say_what_they_say() -> None:
    with Listener(listeners.http) as listener:
        assert exchange(listener).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    with Listener(listeners.ssh) as listener, dial(listener.port) as client:
        assert client.recv(100).startswith(b"SSH-2.0-")
    with Listener(listeners.garbage) as listener:
        assert exchange(listener)[:2] == b"\xff\xfe"
    with Listener(listeners.huge_length) as listener:
        assert struct.unpack_from("<i", exchange(listener)) == (0x7FFFFFFF,)
    with Listener(listeners.negative_length) as listener:
        assert struct.unpack_from("<i", exchange(listener)) == (-1,)


def test_an_endless_answer_goes_on() -> None:
    with Listener(listeners.endless) as listener, dial(listener.port) as client:
        client.sendall(b"hello?")
        size = 0
        while size < 5_000:
            size += len(client.recv(4096))
        assert size >= 5_000


def test_a_full_queue_leaves_the_next_syn_without_an_answer() -> None:
    with listeners.dropping() as port, pytest.raises(TimeoutError):
        dial(port, timeout=0.3)


def test_a_listener_on_a_unix_socket_takes_its_file_away(tmp_path: Path) -> None:
    path = tmp_path / "mongodb-27017.sock"
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with Listener(listeners.ssh, path=path) as listener, client:
        client.connect(listener.address)
        assert client.recv(3) == b"SSH"
    assert not path.exists()


def test_a_listener_on_ipv6_has_its_address_in_brackets() -> None:
    with Listener(listeners.close, host="::1") as listener:
        assert listener.address == f"[::1]:{listener.port}"


def test_the_end_of_a_listener_ends_its_connections() -> None:
    with Listener(listeners.banner(b"hello")) as listener:
        client = dial(listener.port)
        assert client.recv(5) == b"hello"
    with client:
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        dial(listener.port)


def handshake(port: int, authority: Path, client: Path | None = None) -> tuple[str | None, bytes]:
    """The version of a handshake, and what comes after a line of HTTP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if client is not None:
        context.load_cert_chain(client)
    with dial(port) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return secure.version(), secure.recv(400)


def test_a_tls_front_leads_to_the_server_behind_it(
    certificates: Certificates, mongod: Deployment
) -> None:
    """mongod without TLS answers HTTP; through the front it does so inside TLS."""
    behind = forward("127.0.0.1", mongod.ports[0])
    with Listener(tls(server_context(certificates.good), behind)) as front:
        version, answer = handshake(front.port, certificates.authority)
    assert version == "TLSv1.3"
    assert b"MongoDB over HTTP" in answer


def test_alerts_of_a_front_reach_the_client(certificates: Certificates) -> None:
    """Each by its own name, though TLS 1.3 sends them after the client's handshake."""
    authority = certificates.authority
    wanting = server_context(certificates.good, client_authority=authority)
    with Listener(tls(wanting, listeners.silent)) as front:
        for client, reason in (
            (None, "CERTIFICATE_REQUIRED"),
            (certificates.foreign_client(), "UNKNOWN_CA"),
            (certificates.expired_client(), "CERTIFICATE_EXPIRED"),
        ):
            with pytest.raises(ssl.SSLError) as error:
                handshake(front.port, authority, client)
            assert reason in str(error.value.reason)


def test_a_front_of_tls_1_0_is_refused_by_its_version(certificates: Certificates) -> None:
    old = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
    context = server_context(certificates.good, versions=old)
    front = Listener(tls(context, listeners.silent))
    with front, pytest.raises(ssl.SSLError) as error:
        handshake(front.port, certificates.authority)
    assert "PROTOCOL" in str(error.value.reason)


def test_alert_80_is_what_openssl_calls_an_internal_error(certificates: Certificates) -> None:
    with Listener(listeners.tls_alert_80) as listener, pytest.raises(ssl.SSLError) as error:
        handshake(listener.port, certificates.authority)
    assert error.value.reason == "TLSV1_ALERT_INTERNAL_ERROR"


def test_a_forwarder_carries_bytes_both_ways(mongod: Deployment) -> None:
    for delay in (0.0, 0.01):
        with Listener(forward("127.0.0.1", mongod.ports[0], delay=delay)) as proxy:
            assert b"MongoDB over HTTP" in exchange(proxy, b"GET / HTTP/1.0\r\n\r\n")


def test_a_mongod_that_requires_tls_closes_on_the_first_plain_byte(mongod_tls: Deployment) -> None:
    with dial(mongod_tls.ports[0]) as client:
        client.sendall(bytes(16))
        assert client.recv(100) == b""


def test_a_mongod_that_requires_tls_answers_http_in_plain(mongod_tls: Deployment) -> None:
    with dial(mongod_tls.ports[0]) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b"MongoDB over HTTP" in client.recv(400)
