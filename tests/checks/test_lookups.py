"""Name resolution that is slow and works, with the system's own resolver and real packets.

Each case runs in a network of its own, in which /etc/resolv.conf names servers on loopback.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
FIRST, SECOND = "127.0.29.98", "127.0.29.53"

PROGRAM = """
import json, socket, subprocess, sys, threading
from mongoping.sandbox.nameserver import NameServer, srv
from mongoping.sandbox.played import Played, standalone

FIRST, SECOND = "127.0.29.98", "127.0.29.53"
given = json.loads(sys.argv[1])
dropped = {}

def serve(address, names, drop):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    def loop():
        while True:
            query, peer = udp.recvfrom(4096)
            question = query[12:]
            seen = dropped[question] = dropped.get(question, 0) + 1
            if drop == "all" or (drop == "first" and seen == 1):
                continue
            answer = names.reply(query, tcp=False)
            late = 3.0 if drop == "slow" else 0.0
            threading.Timer(late, udp.sendto, (answer, peer)).start()
    threading.Thread(target=loop, daemon=True).start()

with Played(standalone()) as server:
    zone = {("db.example.test", "A"): ["127.0.0.1"],
            ("db.example.test.corp.test", "A"): ["127.0.0.9"],
            ("db.wild.test.corp.test", "A"): ["127.0.0.1"],
            ("_mongodb._tcp.cluster.example.test", "SRV"): srv([("db.example.test", server.port)])}
    names = NameServer({**zone})
    for address, drop in given["servers"]:
        serve(address, names, drop)
    uri = given["uri"].replace("PORT", str(server.port))
    raise SystemExit(subprocess.call([sys.executable, "-m", "mongoping", "check", uri,
        "--format", "json", "--count", "2", *given.get("args", [])]))
"""


def isolated() -> bool:
    """Return whether this user may have a network and a resolv.conf of its own."""
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not isolated(), reason="needs namespaces")


def report(folder: Path, conf: str, **given: Any) -> dict[str, Any]:
    """Run mongoping where the system's resolver is configured as given."""
    (folder / "resolv.conf").write_text(conf)
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    (folder / "program.py").write_text(PROGRAM)
    script = (
        f"ip link set lo up; mount --bind {folder}/resolv.conf /etc/resolv.conf; "
        f"[ ! -e /etc/nsswitch.conf ] || mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf; "
        'exec "$0" "$@"'
    )
    ran = subprocess.run(
        [*NAMESPACE, "sh", "-ec", script, sys.executable, str(folder / "program.py"),
         json.dumps(given)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def slow(report: dict[str, Any]) -> str:
    """Return the detail of dns.slow."""
    (dns,) = [layer for layer in report["layers"] if layer["name"] == "dns"]
    (finding,) = [each for each in dns["findings"] if each["cause"] == "dns.slow"]
    return str(finding["detail"])


URI, CLUSTER = "mongodb://db.example.test:PORT/", "mongodb+srv://cluster.example.test/?tls=false"
TWO = f"nameserver {FIRST}\nnameserver {SECOND}\n"


@pytest.mark.parametrize("uri", [URI, CLUSTER])
def test_a_silent_first_name_server_delays_and_stops_nothing(uri: str, tmp_path: Path) -> None:
    servers = [(FIRST, "all"), (SECOND, "none")]
    found = report(tmp_path, TWO, uri=uri, servers=servers)
    assert found["verdict"] is None
    detail = slow(found)
    assert f"{FIRST} does not answer" in detail
    assert f"{SECOND} answers" in detail


def test_a_resolver_that_is_slow_for_each_address_stops_nothing(tmp_path: Path) -> None:
    """The driver resolves the name again for each connection; the pings have the time for it."""
    conf = f"nameserver {SECOND}\n"
    found = report(tmp_path, conf, uri=URI, servers=[(SECOND, "slow")])
    assert found["verdict"] is None
    assert found["latency"]["lost"] == 0
    assert slow(found)


def test_a_slow_resolver_and_a_short_run_blame_no_server(tmp_path: Path) -> None:
    given = {"uri": URI, "servers": [(SECOND, "slow")], "args": ["--timeout", "5"]}
    found = report(tmp_path, f"nameserver {SECOND}\n", **given)
    assert found["verdict"]["cause"].endswith(".unexplained")
    assert "This run ended before" in found["verdict"]["title"]


def test_one_lost_packet_is_no_silent_name_server(tmp_path: Path) -> None:
    conf = f"nameserver {SECOND}\noptions timeout:3\n"
    found = report(tmp_path, conf, uri=URI, servers=[(SECOND, "first")])
    assert found["verdict"] is None
    assert "does not answer" not in slow(found)


def test_a_run_that_is_too_short_blames_no_resolver(tmp_path: Path) -> None:
    servers = [(FIRST, "all"), (SECOND, "none")]
    given = {"uri": URI, "servers": servers, "args": ["--timeout", "3"]}
    found = report(tmp_path, TWO, **given)
    assert found["verdict"]["cause"] == "dns.unexplained"
    assert "in this run; PyMongo waits" in found["layers"][1]["summary"]
    assert "--timeout" in str(found["verdict"]["remedies"][0])


def test_name_servers_that_are_all_silent_are_named(tmp_path: Path) -> None:
    found = report(tmp_path, TWO, uri=URI, servers=[(FIRST, "all"), (SECOND, "all")])
    assert found["verdict"]["cause"] == "dns.timeout"


@pytest.mark.parametrize(
    ("host", "completed"),
    [("db.wild.test", True), ("db.wild.test.", None), ("db.example.test.", None)],
)
def test_an_answer_for_a_completed_name_is_shown(
    host: str, completed: bool | None, tmp_path: Path
) -> None:
    """ndots lets a search domain come before the name as it is."""
    conf = f"nameserver {SECOND}\nsearch corp.test\noptions ndots:5\n"
    found = report(tmp_path, conf, uri=f"mongodb://{host}:9/", servers=[(SECOND, "none")])
    (seen,) = found["layers"][1]["data"]["hosts"].values()
    assert seen.get("completed") == ("db.wild.test.corp.test" if completed else None)
