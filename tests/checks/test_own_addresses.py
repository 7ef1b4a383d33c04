"""Addresses of this machine, in a network of its own: interfaces, and what listens where."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = ["unshare", "--user", "--map-root-user", "--net"]
PROGRAM = """
import json, socket, subprocess, sys, threading
from mongoping.sandbox.played import SimulatedServer, standalone

command, uri, address = sys.argv[1:4]

def forward(port, listener):
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=pump, args=(source, target), daemon=True).start()

def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.close()

with SimulatedServer(standalone()) as played:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    name, _, zone = address.partition("%")
    listener.bind((name, 27017, 0, socket.if_nametoindex(zone)) if zone else (name, 27017))
    listener.listen()
    threading.Thread(target=forward, args=(played.port, listener), daemon=True).start()
    raise SystemExit(subprocess.call([sys.executable, "-m", "mongoping", command, uri,
        "--format", "json", "--count", "2"]))
"""


def has_namespaces() -> bool:
    """Return whether this user may have a network of its own."""
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not has_namespaces(), reason="needs a network namespace")


def report(folder: Path, command: str, uri: str, address: str) -> dict[str, Any]:
    """Run mongoping beside a server, which is played, that listens on one address."""
    (folder / "program.py").write_text(PROGRAM)
    script = (
        "ip link set lo up; ip link add net0 type veth peer name net1; "
        "ip link set net0 up; ip link set net1 up; "
        "ip addr add fe80::77/64 dev net0 nodad; ip addr add 10.77.0.2/24 dev net0; "
        'exec "$0" "$@"'
    )
    ran = subprocess.run(
        [*NAMESPACE, "sh", "-ec", script, sys.executable, str(folder / "program.py"), command,
         uri, address],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


@pytest.mark.parametrize(
    "uri", ["mongodb://[fe80::77%25net0]:27017/", "mongodb://[fe80::77%net0]/"]
)
def test_a_link_local_address_with_its_interface_connects(uri: str, tmp_path: Path) -> None:
    document = report(tmp_path, "check", uri, "fe80::77%net0")
    assert document["verdict"] is None


def test_without_an_interface_the_report_names_those_there_are(tmp_path: Path) -> None:
    document = report(tmp_path, "check", "mongodb://[fe80::77]:27017/", "fe80::77%net0")
    assert document["verdict"]["cause"] == "tcp.unreachable"
    assert "mongodb://[fe80::77%25net" in json.dumps(document["verdict"]["remedies"])
    assert "net0" in json.dumps(document["layers"])


def test_a_server_on_another_address_of_this_machine_is_named(tmp_path: Path) -> None:
    document = report(tmp_path, "local", "localhost", "10.77.0.2")
    assert document["verdict"]["cause"] == "tcp.refused"
    assert "listens on 10.77.0.2:27017" in json.dumps(document)
    assert "mongodb://10.77.0.2:27017" in json.dumps(document["verdict"]["remedies"][0])
    assert "docker" not in json.dumps(document["verdict"]["remedies"]).lower()
