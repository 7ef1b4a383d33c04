"""The health probe at its limits: names, files, descriptors, time and hostile peers."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox.nameserver import NameServer
from mongoping.sandbox.process import free_port
from tests.conftest import clean_environment
from tests.healthcheck.test_probe import answering, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

NAME = "db.example.test"


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution"),
        socket.gaierror(socket.EAI_FAMILY, "ai_family not supported"),
        OSError(5, "Input/output error"),
        UnicodeError("label too long"),
    ],
    ids=lambda error: f"{type(error).__name__} {error.args[0]}",
)
@pytest.mark.parametrize("host", ["localhost", NAME])
def test_a_failed_lookup_of_any_kind_is_a_cause_of_the_dns(
    host: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: the system's getaddrinfo is replaced by one that fails."""

    def getaddrinfo(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    result = look(f"mongodb://{host}:27017/")
    assert result.code == 11, result.report.verdict
    assert host in result.report.verdict.evidence[0]  # type: ignore[union-attr]


def test_a_link_local_address_without_an_interface_is_no_blackhole_route() -> None:
    result = look("mongodb://[fe80::1]:27017/")
    assert result.cause == "tcp.unreachable"
    assert "needs its interface" in result.report.verdict.evidence[0]  # type: ignore[union-attr]


def test_every_address_of_a_host_is_tried(mongod: Any) -> None:
    """Nothing listens on the first one."""
    zone: Any = {(NAME, "A"): ["127.0.0.9", "127.0.0.1"]}
    with NameServer(zone) as names:
        result = look(f"mongodb://{NAME}:{mongod.ports[0]}/", resolver=names.address)
        assert result.cause is None
        dead = look(f"mongodb://{NAME}:{free_port()}/", resolver=names.address)
    assert dead.cause == "tcp.refused"
    assert len(dead.look.visits[0].attempts) == 2


def test_a_resolver_at_which_nothing_listens_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    result = look(f"mongodb://{NAME}/", timeout=4.0, resolver=address)
    assert result.cause == "dns.resolver-config"


@pytest.mark.parametrize("option", ["tlsCAFile", "tlsCertificateKeyFile", "tlsCRLFile"])
@pytest.mark.parametrize("content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nx"])
def test_files_that_tls_cannot_use_are_causes(
    option: str, content: bytes | None, tmp_path: Path, mongod: Any
) -> None:
    """None: it is a folder, which `check` calls a fault of the connection string."""
    path = tmp_path / "file"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    result = look(f"mongodb://{mongod.host}/?tls=true&{option}={path}")
    expected = ("uri.file-not-found", 10) if content is None else ("tls.bad-key-file", 13)
    assert (result.cause, result.code) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
def test_the_limit_of_open_files_is_this_machines(tmp_path: Path) -> None:
    """The resident probe has the catalog loaded when its descriptors run out."""
    program = """
import os, resource, sys
from mongoping import registry
from mongoping.healthcheck.look import look
from mongoping.healthcheck.oneshot import settings_for
from mongoping.healthcheck.verdict import report_of
from mongoping.uri.target import parse
parsed, settings = parse("mongodb://127.0.0.1:1/"), settings_for(2.0)
report_of(look(parsed, settings))
used = os.open("/dev/null", os.O_RDONLY)
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, used + 1))
report = report_of(look(parsed, settings))
print(report.verdict.cause, report.exit_code())
"""
    process = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout == "client.fd-limit 19\n", process.stderr


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (struct.pack("<iiii", 40_000_000, 1, 1, 2013) + b"\0" * 4096, "hello.not-mongodb"),
        (struct.pack("<iiii", 47_999_999, 1, 1, 1) + b"\xff" * 65536, "hello.not-mongodb"),
        (struct.pack("<iiii", -5, 1, 1, 2013), "hello.not-mongodb"),
        (b"x" * 200_000, "hello.not-mongodb"),
    ],
)
def test_a_reply_of_any_size_is_bounded(reply: bytes, cause: str) -> None:
    with answering(reply) as port:
        assert look(f"mongodb://127.0.0.1:{port}/").cause == cause


def test_hosts_for_which_no_time_was_left_are_not_blamed() -> None:
    """Sixty silent hosts, and time for a few of them: the time of a probe is its own limit."""
    names = [f"h{number}.example.test" for number in range(60)]
    with answering(None) as port, NameServer({(n, "A"): ["127.0.0.1"] for n in names}) as dns:
        uri = f"mongodb://{','.join(f'{name}:{port}' for name in names)}/"
        result = look(uri, timeout=0.6, resolver=dns.address)
    assert result.look.left_out
    assert (result.cause, result.code) == ("hello.unexplained", 1)
    assert "in this run" in result.report.verdict.evidence[0]  # type: ignore[union-attr]


def test_a_socket_file_is_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "mongodb.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    with listener:
        assert look(f"mongodb://{str(path).replace('/', '%2F')}/", "tcp").cause is None
    dead = look(f"mongodb://{str(path).replace('/', '%2F')}/", "tcp")
    assert dead.cause == "tcp.refused"


def test_the_resident_probe_reports_roles_and_records(
    run_mongoping: Callable[..., Run], replica_set: Any
) -> None:
    uri = f"mongodb://{replica_set.servers[1].address}/"
    run = run_mongoping("smoke", "--probe", uri, "--until", "primary", "--format", "json")
    assert run.code == 0, run.err
    topology = json.loads(run.out)["topology"]
    roles = {member["host"]: member["role"] for member in topology["members"]}
    assert roles[replica_set.servers[0].address] == "primary"
    assert roles[replica_set.servers[1].address] == "secondary"
