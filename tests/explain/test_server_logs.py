"""Logs of real mongods that do not start, and of real ones that run."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mongoping.explaining import explain
from mongoping.explaining.log import read_log
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.process import Server, free_port
from tests.conftest import having
from tests.privileges import bound_by_permissions

VERSIONS = ["6.0", "5.0", "4.4"]
Options = tuple[str, ...]


def used_port(folder: Path) -> Options:
    return ("--port", str(BUSY_PORT[0]))


def missing_directory(folder: Path) -> Options:
    return ("--dbpath", str(folder / "none"))


def read_only_directory(folder: Path) -> Options:
    folder.chmod(0o500)
    return ()


def open_key(folder: Path) -> Options:
    return _key(folder, "abcdefgh", 0o644)


def short_key(folder: Path) -> Options:
    return _key(folder, "abc", 0o600)


def invalid_key(folder: Path) -> Options:
    return _key(folder, "abc$$$!!!", 0o600)


def _key(folder: Path, content: str, mode: int) -> Options:
    path = folder / "key"
    path.write_text(content)
    path.chmod(mode)
    return ("--replSet", "rs0", "--keyFile", str(path))


def unwritable_log(folder: Path) -> Options:
    return ("--logpath", str(folder / "none" / "mongod.log"))


def unknown_option(folder: Path) -> Options:
    return ("--nonsense",)


def missing_certificate(folder: Path) -> Options:
    return ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(folder / "none.pem"))


def broken_certificate(folder: Path) -> Options:
    path = folder / "server.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    return ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(path))


def unknown_parameter(folder: Path) -> Options:
    return ("--setParameter", "nonsense=1")


def unknown_name(folder: Path) -> Options:
    return ("--bind_ip", "no-such-host.invalid")


def foreign_address(folder: Path) -> Options:
    return ("--bind_ip", "203.0.113.7")  # RFC 5737: of no machine


BUSY_PORT: list[int] = []  # the port of `listener`


@pytest.fixture(scope="module", autouse=True)
def listener() -> Iterator[None]:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        BUSY_PORT[:] = [port]
        yield


def log_of_start(version: str, folder: Path, options: Options) -> str:
    """Return what a mongod writes that does not start."""
    with having(version):
        program = find_mongod(version)
        usual = {"--dbpath": str(folder), "--port": str(free_port()), "--bind_ip": "127.0.0.1"}
        defaults = [
            text for name, value in usual.items() if name not in options for text in (name, value)
        ]
        process = subprocess.run(
            bound_by_permissions([str(program.path), "--nounixsocket", *defaults, *options]),
            env=program.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert process.returncode
    return process.stdout + process.stderr


@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (used_port, "server.port-in-use"),
        (missing_directory, "server.data-directory"),
        (read_only_directory, "server.data-directory"),
        (open_key, "server.key-file"),
        (short_key, "server.key-file"),
        (invalid_key, "server.key-file"),
        (unwritable_log, "server.data-directory"),
        (unknown_option, "server.not-started"),
        (unknown_parameter, "server.not-started"),
        (missing_certificate, "tls.bad-key-file"),
        (broken_certificate, "tls.bad-key-file"),
        (foreign_address, "server.not-started"),
    ],
)
def test_a_log_names_why_mongod_did_not_start(
    fault: Callable[[Path], Options], cause: str, version: str, tmp_path: Path
) -> None:
    text = log_of_start(version, tmp_path, fault(tmp_path))
    (group,) = read_log(text.split("\n")).groups

    assert explain(text).cause == cause
    assert (group.explanation.cause, group.count) == (cause, 1)


@pytest.mark.server
@pytest.mark.parametrize(("old", "new"), [("4.4", "6.0"), ("6.0", "4.4")])
def test_data_files_of_another_version_are_recognized(old: str, new: str) -> None:
    with having(old):
        server = Server(find_mongod(old))
    try:
        server.spawn()
        server.wait()
        server.stop()
        (group,) = read_log(log_of_start(new, server.data, ()).split("\n")).groups
    finally:
        server.remove()

    assert (group.explanation.cause, group.count) == ("server.feature-compatibility", 1)


@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
def test_a_directory_in_use_is_recognized_and_its_user_logs_no_error(version: str) -> None:
    with having(version):
        server = Server(find_mongod(version))
    try:
        server.spawn()
        server.wait()
        (group,) = read_log(log_of_start(version, server.data, ()).split("\n")).groups
        server.stop()
        healthy = (server.folder / "log").read_text()
    finally:
        server.remove()

    assert (group.explanation.cause, group.count) == ("server.data-directory", 1)
    assert read_log(healthy.split("\n")).groups == ()
    assert explain(healthy).cause is None


@pytest.mark.server
def test_a_set_with_access_control_and_without_a_key_file(tmp_path: Path) -> None:
    (group,) = read_log(
        log_of_start("6.0", tmp_path, ("--replSet", "rs0", "--auth")).split("\n")
    ).groups

    assert (group.explanation.cause, group.count) == ("server.key-file", 1)


@pytest.mark.server
def test_a_name_that_a_server_cannot_resolve_follows_from_its_own_failure(tmp_path: Path) -> None:
    groups = read_log(log_of_start("6.0", tmp_path, unknown_name(tmp_path)).split("\n")).groups

    assert [group.explanation.cause for group in groups] == [
        "server.not-started",
        "topology.member-unresolvable",
    ]


@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["WiredTiger.turtle", "WiredTiger.wt"])
def test_damaged_data_files_are_no_files_of_another_version(name: str, version: str) -> None:
    with having(version):
        server = Server(find_mongod(version))
    try:
        server.spawn()
        server.wait()
        server.stop()
        (server.data / name).write_bytes(b"garbage" * 300)
        (group,) = read_log(log_of_start(version, server.data, ()).split("\n")).groups
    finally:
        server.remove()

    assert (group.explanation.cause, group.count) == ("server.not-started", 1)
