"""The root cause is reported before its consequences, against real servers."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.listeners import Listener, reset_at_once, server_context
from mongoping.sandbox.users import build_uri
from tests.checks.real import check_uri
from tests.middleboxes import haproxy

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from mongoping.model import Report
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

RUNS = 3  # the reset may overtake the alert
CLIENTS = {
    "none": ("tls.client-certificate-required", None),
    "foreign": ("tls.client-certificate-rejected", "foreign_client"),
}


def causes(report: Report) -> set[str]:
    return {finding.cause for layer in report.layers for finding in layer.findings}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_real_front_end_that_rejects_the_client_certificate(
    client: str, mongod: Deployment, certificates: Certificates, tmp_path: Path
) -> None:
    """HAProxy completes the handshake of TLS 1.3, sends an alert and closes."""
    expected, name = CLIENTS[client]
    bind = f"ssl crt {certificates.good} ca-file {certificates.authority} verify required"
    own = getattr(certificates, name)() if name else None
    with haproxy(tmp_path, f"server db 127.0.0.1:{mongod.ports[0]}", bind=bind) as port:
        uri = build_uri(
            [f"localhost:{port}"],
            tls=True,
            tlsCAFile=certificates.authority,
            tlsCertificateKeyFile=own,
        )
        _, report = check_uri(uri)
    assert report.verdict is not None
    assert (report.verdict.cause, report.exit_code()) == (expected, 13)
    assert "tcp.reset" not in causes(report)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_alert_and_then_a_reset(client: str, certificates: Certificates) -> None:
    """The front end is played: it resets the connection instead of closing it."""
    expected, name = CLIENTS[client]
    context = server_context(certificates.good, client_authority=certificates.authority)

    def handle(connection: socket.socket, closing: threading.Event) -> None:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with context.wrap_socket(connection, server_side=True) as session:
            session.recv(1)

    own = getattr(certificates, name)() if name else None
    with Listener(handle) as front:
        uri = build_uri(
            [f"localhost:{front.port}"],
            tls=True,
            tlsCAFile=certificates.authority,
            tlsCertificateKeyFile=own,
        )
        reports = [check_uri(uri)[1] for _ in range(RUNS)]
    for report in reports:
        assert report.verdict is not None
        assert (report.verdict.cause, report.exit_code()) == (expected, 13)
        assert "tcp.reset" not in causes(report)


def test_a_reset_without_an_alert_is_a_reset() -> None:
    """The look-alike: nothing says why."""
    with Listener(reset_at_once) as front:
        _, report = check_uri(f"mongodb://localhost:{front.port}/?tls=true")
    assert report.verdict is not None
    assert (report.verdict.cause, report.exit_code()) == ("tcp.reset", 12)
