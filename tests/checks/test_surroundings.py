"""What a run notes about its own machine, for comparing it with another."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from mongoping.checks._socket_addresses import source_address
from mongoping.checks.machine import entries, proxies
from mongoping.checks.tls_files import fingerprint
from tests.checks.real import look

HOSTS = """\
127.0.0.1   localhost
10.0.0.7    db1.example.com db1   # a comment names db2
fd00::7     DB1.example.com.
10.0.0.8
"""


def test_the_hosts_file_is_read_like_the_system_reads_it() -> None:
    addresses = entries(HOSTS, ["db1.example.com", "DB1", "db2", "localhost"])
    assert addresses == {
        "db1.example.com": ("10.0.0.7",),
        "DB1": ("10.0.0.7",),
        "db2": (),
        "localhost": ("127.0.0.1",),
    }


@pytest.mark.parametrize(
    ("value", "noted_value"),
    [
        ("http://proxy.example.com:3128", "proxy.example.com:3128"),
        ("http://ada:c4n4ry@proxy.example.com:3128/", "proxy.example.com:3128"),
        ("ada:c4n4ry@10.0.0.1:80", "10.0.0.1:80"),
        ("http://ada:c4n/4r@y@[fd00::1]:3128/path?c4n4ry", "[fd00::1]:3128"),
        ("proxy:3128?key=c4n4ry", "proxy:3128"),
        ("c4n4ry \x1b[31m", "set"),
    ],
)
def test_a_proxy_is_noted_without_its_login(value: str, noted_value: str) -> None:
    assert proxies({"https_proxy": value}) == {"HTTPS_PROXY": noted_value}
    assert proxies({"HTTPS_PROXY": value}) == {"HTTPS_PROXY": noted_value}


def test_no_proxy_variable_is_invented() -> None:
    assert proxies({"PATH": "/bin", "HTTP_PROXY": ""}) == {}


def test_the_digest_of_the_trusted_certificates_depends_on_nothing_else(
    tmp_path: Path, certificates: tuple[str, str]
) -> None:
    one, other = certificates
    first, second = tmp_path / "one.pem", tmp_path / "both.pem"
    first.write_text(one)
    second.write_text(other + one)
    third = tmp_path / "again.pem"
    third.write_text(one + other)
    digests = []
    for path in (first, second, third):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(path)
        digests.append(fingerprint(context, uses_folder=False))
    assert [count for _, count in digests] == [1, 2, 2]
    assert digests[1] == digests[2] != digests[0]


@pytest.fixture
def certificates() -> tuple[str, str]:
    """Return two CA certificates in PEM form."""
    import trustme

    one, other = (trustme.CA().cert_pem.bytes().decode() for _ in range(2))
    return one, other


def test_the_source_address_is_that_of_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        evidence = look(f"mongodb://127.0.0.1:{port}/", cap=0.5)
    (attempt,) = evidence.data("tcp", f"127.0.0.1:{port}").attempts  # type: ignore[attr-defined]
    assert attempt.source == "127.0.0.1"
    machine = evidence.data("machine")
    assert machine.hosts_file == {f"127.0.0.1:{port}": ()}  # type: ignore[attr-defined]


def test_a_unix_socket_has_no_source_address() -> None:
    assert source_address(socket.AF_UNIX, "/tmp/mongodb-27017.sock") is None
