"""The programs of `tests.middleboxes` start, forward and end."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.listeners import Listener, banner
from tests.middleboxes import haproxy, nginx, stunnel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates


@pytest.mark.parametrize("program", ["haproxy", "nginx", "stunnel"])
def test_a_front_forwards_until_its_context_ends(
    program: str, tmp_path: Path, certificates: Certificates
) -> None:
    import ssl

    client = ssl.create_default_context(cafile=str(certificates.authority))
    with Listener(banner(b"behind")) as server:
        there = f"127.0.0.1:{server.port}"
        fronts: dict[str, AbstractContextManager[int]] = {
            "haproxy": haproxy(tmp_path, f"server a {there}", bind=f"ssl crt {certificates.good}"),
            "nginx": nginx(
                tmp_path,
                f"proxy_pass {there};",
                f"ssl_certificate {certificates.good};",
                f"ssl_certificate_key {certificates.good};",
                listen="ssl",
            ),
            "stunnel": stunnel(tmp_path, server.port, f"cert = {certificates.good}"),
        }
        with (
            fronts[program] as port,
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            client.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            assert secure.recv(16) == b"behind"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)
