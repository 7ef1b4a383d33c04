"""Limits of this machine stop mongoping itself: they are named, whatever runs out first."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import validate

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

ARGV = [sys.executable, "-m", "mongoping"]
NAMESPACE = ["unshare", "--user", "--map-root-user", "--net"]


def has_namespaces() -> bool:
    """Return whether this user may have a network namespace."""
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False).returncode == 0
    except OSError:
        return False


def report_of(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the report that a run printed, which must be valid."""
    report: dict[str, Any] = json.loads(ran.stdout)
    validate(report)
    return report


def with_few_descriptors(descriptors: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run mongoping in a process with a limit of open files."""
    return subprocess.run(
        [*ARGV, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),
    )


# with fewer than six, Python may not even get as far as importing mongoping
@pytest.mark.parametrize("descriptors", [*range(6, 13), 16, 20, 30])
def test_too_few_descriptors_are_named_or_do_not_matter(
    descriptors: int, mongod: Deployment
) -> None:
    """Whatever needs the one that is missing: an import, the loop, a socket, a data file."""
    ran = with_few_descriptors(descriptors, "check", mongod.uri, "--format", "json")
    report = report_of(ran)
    assert ran.stderr == ""
    if ran.returncode:
        assert (ran.returncode, report["verdict"]["cause"]) == (19, "client.fd-limit")
    else:
        assert report["verdict"] is None
    assert ran.returncode == 0 or descriptors < 20


@pytest.mark.parametrize("command", [["topology"], ["watch", "--count", "1"], ["smoke", "--probe"]])
@pytest.mark.parametrize("descriptors", [6, 7, 8])
def test_no_command_takes_a_limit_for_a_bug(
    command: list[str], descriptors: int, mongod: Deployment
) -> None:
    ran = with_few_descriptors(descriptors, *command, mongod.uri)
    assert ran.returncode != 70
    assert "Traceback" not in ran.stderr


def in_namespace(script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script as root of a network that only it sees."""
    mongoping = " ".join(ARGV)
    return subprocess.run(
        [*NAMESPACE, "sh", "-ec", f"ip link set lo up\n{script}".replace("MONGOPING", mongoping)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "MONGOPING_URI": ""},
    )


RULES = [
    ("ip route add prohibit 192.0.2.1", "192.0.2.1", "tcp.prohibited", 12),
    ("ip route add blackhole 192.0.2.1", "192.0.2.1", "tcp.unreachable", 12),
    ("ip route add unreachable 192.0.2.1", "192.0.2.1", "tcp.unreachable", 12),
    ("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6", "[::1]", "tcp.unreachable", 12),
    ("true", "127.0.0.1", "tcp.refused", 12),
]


@pytest.mark.skipif(not has_namespaces(), reason="needs a network namespace")
@pytest.mark.parametrize(("rule", "host", "cause", "code"), RULES)
def test_rules_of_this_machine_are_told_from_the_server(
    rule: str, host: str, cause: str, code: int
) -> None:
    ran = in_namespace(f"{rule}\nexec MONGOPING check mongodb://{host}:27017 --format json")
    assert ran.returncode == code, ran.stderr
    assert report_of(ran)["verdict"]["cause"] == cause


PORTS = """
import socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 27017))
held = []
if sys.argv[1] == "full":
    try:
        while True:
            held.append(socket.create_connection(("127.0.0.1", 27017)))
    except OSError:
        pass
else:
    server.close()
raise SystemExit(subprocess.call([sys.executable, "-m", "mongoping", "check",
    "mongodb://127.0.0.1:27017", "--format", "json"]))
"""


@pytest.mark.skipif(not has_namespaces(), reason="needs a network namespace")
@pytest.mark.parametrize(
    ("socket_kind", "cause", "code"),
    [("full", "client.no-local-port", 19), ("free", "tcp.refused", 12)],
)
def test_used_up_local_ports_are_no_missing_route(
    socket_kind: str, cause: str, code: int, tmp_path: Path
) -> None:
    """Both a missing route and used-up ports are EADDRNOTAVAIL to connect(2)."""
    program = tmp_path / "ports.py"
    program.write_text(PORTS)
    ran = in_namespace(
        'echo "40000 40001" > /proc/sys/net/ipv4/ip_local_port_range\n'
        f"exec {sys.executable} {program} {socket_kind}"
    )
    assert ran.returncode == code, ran.stderr
    assert report_of(ran)["verdict"]["cause"] == cause
