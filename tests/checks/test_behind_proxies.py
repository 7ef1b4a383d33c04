"""TLS and connections through real HAProxy, nginx and stunnel in front of a real mongod."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from tests.checks.real import check_uri
from tests.middleboxes import haproxy, nginx, stunnel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from mongoping.model import Verdict
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

FRONTS = ("haproxy", "nginx", "stunnel", "resetting", "resetting with TLS 1.2")


def verdict(uri: str, **settings: float) -> Verdict:
    _, report = check_uri(uri, **settings)
    assert report.verdict is not None, report.layers
    return report.verdict


def resetting(certificates: Certificates, version: ssl.TLSVersion) -> Listener:
    """Return a front end that sends OpenSSL's alert and resets the connection at once."""
    good, ca = certificates.good, certificates.authority
    context = listeners.server_context(good, client_authority=ca)
    context.maximum_version = version

    def handle(client: socket.socket, closing: threading.Event) -> None:
        with context.wrap_socket(client, server_side=True, do_handshake_on_connect=False) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLError:
                secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return Listener(handle)


def front(
    name: str, folder: Path, behind: int, certificates: Certificates
) -> AbstractContextManager[int]:
    """Return a front end that requires a client certificate of the sandbox's CA."""
    good, ca, there = certificates.good, certificates.authority, f"127.0.0.1:{behind}"
    if name == "haproxy":
        bind = f"ssl crt {good} ca-file {ca} verify required"
        return haproxy(folder, f"server db {there}", bind=bind)
    if name == "nginx":
        lines = [f"ssl_certificate {good};", f"ssl_certificate_key {good};"]
        lines += [f"ssl_client_certificate {ca};", "ssl_verify_client on;"]
        return nginx(folder, f"proxy_pass {there};", *lines, listen="ssl")
    return stunnel(folder, behind, f"cert = {good}", f"CAfile = {ca}", "verifyChain = yes")


@pytest.mark.parametrize("name", FRONTS)
@pytest.mark.parametrize("client", [None, "foreign", "expired", "wrong purpose"])
def test_a_refused_client_certificate_wins_over_the_reset(
    name: str, client: str | None, tmp_path: Path, certificates: Certificates, mongod: Deployment
) -> None:
    options = f"tls=true&tlsCAFile={certificates.authority}"
    if client is not None:
        path = {
            "foreign": certificates.foreign_client,
            "expired": certificates.expired_client,
            "wrong purpose": certificates.server_only_client,
        }[client]()
        options += f"&tlsCertificateKeyFile={path}"
    if name.startswith("resetting"):
        newest = ssl.TLSVersion.TLSv1_2 if "1.2" in name else ssl.TLSVersion.TLSv1_3
        with resetting(certificates, newest) as listener:
            root = verdict(f"mongodb://localhost:{listener.port}/?{options}")
    else:
        with front(name, tmp_path, mongod.ports[0], certificates) as port:
            root = verdict(f"mongodb://localhost:{port}/?{options}")
    state = "required" if client is None else "rejected"
    assert root.cause == f"tls.client-certificate-{state}", root
    remedy = {
        None: "Add a client certificate",
        "foreign": "Use a client certificate",
        "expired": "Renew the client certificate in",
        "wrong purpose": "reissued with extendedKeyUsage clientAuth",
    }[client]
    assert remedy in str(root.remedies[0])


@pytest.mark.parametrize("name", FRONTS[:3])
def test_a_good_client_certificate_passes(
    name: str, tmp_path: Path, certificates: Certificates, mongod: Deployment
) -> None:
    options = f"tls=true&tlsCAFile={certificates.authority}&directConnection=true"
    with front(name, tmp_path, mongod.ports[0], certificates) as port:
        uri = f"mongodb://localhost:{port}/?{options}"
        _, report = check_uri(f"{uri}&tlsCertificateKeyFile={certificates.client()}")
    assert report.verdict is None


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_proxy_that_expects_the_proxy_protocol_is_named(
    tls: bool, tmp_path: Path, certificates: Certificates, mongod: Deployment
) -> None:
    bind = f"accept-proxy ssl crt {certificates.good}" if tls else "accept-proxy"
    options = f"?tls=true&tlsCAFile={certificates.authority}" if tls else ""
    with haproxy(tmp_path, f"server db 127.0.0.1:{mongod.ports[0]}", bind=bind) as port:
        root = verdict(f"mongodb://localhost:{port}/{options}")
    assert root.cause in ("tcp.reset", "hello.closed-by-server")
    assert "begin with a PROXY protocol header" in root.evidence[0]
    assert "Turn the PROXY protocol off" in str(root.remedies[0])


def test_nginx_that_expects_the_proxy_protocol_is_named(tmp_path: Path, mongod: Deployment) -> None:
    there = f"proxy_pass 127.0.0.1:{mongod.ports[0]};"
    with nginx(tmp_path, there, listen="proxy_protocol") as port:
        root = verdict(f"mongodb://localhost:{port}/")
    assert "begin with a PROXY protocol header" in root.evidence[0]


def test_a_proxy_that_sends_the_proxy_protocol_is_one_of_the_readings(
    tmp_path: Path, mongod: Deployment
) -> None:
    """The client sees only that the connection ends at once, as without a server behind."""
    with haproxy(tmp_path, f"server db 127.0.0.1:{mongod.ports[0]} send-proxy") as port:
        root = verdict(f"mongodb://localhost:{port}/")
    assert root.cause in ("tcp.reset", "hello.closed-by-server")
    assert any("send-proxy" in remedy.text for remedy in root.remedies[:3])
    assert "PROXY protocol header" not in root.evidence[0]


def test_a_reset_connection_alone_is_no_sign_of_the_proxy_protocol() -> None:
    with Listener(listeners.reset_at_once) as listener:
        root = verdict(f"mongodb://localhost:{listener.port}/")
    assert root.cause == "tcp.reset"
    assert "PROXY" not in root.evidence[0]


def router(name: str, folder: Path, behind: int) -> AbstractContextManager[int]:
    """Return a router that passes TLS on by the name localhost, and nothing else."""
    if name == "haproxy":
        return haproxy(
            folder,
            "tcp-request inspect-delay 5s",
            "tcp-request content accept if { req_ssl_hello_type 1 }",
            "use_backend db if { req_ssl_sni -i localhost }",
            sections=(f"backend db\n  server db 127.0.0.1:{behind}",),
        )
    names = f"map $ssl_preread_server_name $there {{ localhost 127.0.0.1:{behind}; }}"
    return nginx(folder, "ssl_preread on;", "proxy_pass $there;", stream=(names,))


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
def test_a_router_by_name_needs_a_name(
    name: str, tmp_path: Path, certificates: Certificates, mongod_tls: Deployment
) -> None:
    options = f"tls=true&tlsCAFile={certificates.authority}&directConnection=true"
    with router(name, tmp_path, mongod_tls.ports[0]) as port:
        _, works = check_uri(f"mongodb://localhost:{port}/?{options}")
        root = verdict(f"mongodb://127.0.0.1:{port}/?{options}")
    assert works.verdict is None
    assert root.cause in ("tcp.reset", "hello.closed-by-server", "tls.hostname-mismatch")
    assert str(root.remedies[0]).startswith("Connect by host name: to an IP address, TLS sends no")


def test_a_front_end_without_a_certificate_for_the_name_is_named(
    tmp_path: Path, certificates: Certificates, mongod: Deployment
) -> None:
    other = certificates.server("db.example.test")
    bind = f"ssl crt {other} strict-sni"
    options = f"tls=true&tlsCAFile={certificates.authority}"
    with haproxy(tmp_path, f"server db 127.0.0.1:{mongod.ports[0]}", bind=bind) as port:
        by_name = verdict(f"mongodb://localhost:{port}/?{options}")
        by_address = verdict(f"mongodb://127.0.0.1:{port}/?{options}")
    assert by_name.cause == by_address.cause == "tls.hostname-mismatch"
    assert "has no certificate for localhost (TLS alert 112" in by_name.evidence[0]
    assert str(by_address.remedies[0]).startswith("Connect by host name")


def test_tls_that_is_terminated_twice_is_named(
    tmp_path: Path, certificates: Certificates, mongod_tls: Deployment
) -> None:
    """HAProxy speaks plain MongoDB to a server that requires TLS."""
    there = f"server db 127.0.0.1:{mongod_tls.ports[0]}"
    with haproxy(tmp_path, there, bind=f"ssl crt {certificates.good}") as port:
        root = verdict(f"mongodb://localhost:{port}/?tls=true&tlsCAFile={certificates.authority}")
    assert root.cause == "hello.closed-by-server"
    assert "expects TLS as well" in root.evidence[0]


def small_packets_only(port: int, limit: int = 600) -> listeners.Handler:
    """Return a played path that loses what the server sends in more than ``limit`` bytes.

    As with TCP, nothing arrives after a lost packet.
    """

    def handle(client: socket.socket, closing: threading.Event) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=forward_small, args=(server, client))
            back.start()
            with suppress(OSError):
                while data := client.recv(listeners.CHUNK):
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def forward_small(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while (data := server.recv(listeners.CHUNK)) and len(data) <= limit:
                client.sendall(data)
            if not data:
                client.shutdown(socket.SHUT_WR)

    return handle


def test_large_packets_that_are_lost_are_a_reading_where_short_answers_arrive(
    certificates: Certificates, mongod_tls: Deployment
) -> None:
    options = f"tls=true&tlsCAFile={certificates.authority}"
    with Listener(small_packets_only(mongod_tls.ports[0])) as path:
        root = verdict(f"mongodb://localhost:{path.port}/?{options}")
    assert root.cause == "hello.no-reply"
    assert "large packets are probably lost on the path (MTU" in root.evidence[0]
    assert str(root.remedies[0]).endswith("ping -M do -s 1372 localhost")


def test_silence_alone_is_no_sign_of_lost_packets(certificates: Certificates) -> None:
    with Listener(listeners.silent) as listener:
        options = f"tls=true&tlsCAFile={certificates.authority}"
        root = verdict(f"mongodb://localhost:{listener.port}/?{options}", cap=1.5)
    assert root.cause == "hello.no-reply"
    assert "MTU" not in root.evidence[0]
