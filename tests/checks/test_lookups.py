"""Name resolution that is slow and works, with the system's own resolver and real packets.

Each case runs in a network of its own, in which /etc/resolv.conf names servers on loopback.
The cases spend their time waiting for name servers, so all of them run at the same time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
FIRST, SECOND = "127.0.29.98", "127.0.29.53"

PROGRAM = """
import json, socket, subprocess, sys, threading
from mongoping.sandbox.nameserver import NameServer, srv
from mongoping.sandbox.played import SimulatedServer, standalone

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
            late = 1.5 if drop == "slow" else 0.0
            threading.Timer(late, udp.sendto, (answer, peer)).start()
    threading.Thread(target=loop, daemon=True).start()

with SimulatedServer(standalone()) as server:
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


def has_namespaces() -> bool:
    """Return whether this user may have a network and a resolv.conf of its own."""
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False).returncode == 0
    except OSError:
        return False


pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not has_namespaces(), reason="needs namespaces"),
]


Reports = Callable[[str], dict[str, Any]]


class Case(NamedTuple):
    """One run of mongoping.

    Attributes:
        conf: the content of /etc/resolv.conf.
        nss: the content of /etc/nsswitch.conf.
        servers: the address of each name server, and which questions it drops.
    """

    uri: str
    conf: str
    servers: tuple[tuple[str, str], ...]
    args: tuple[str, ...] = ()
    nss: str = "hosts: files dns\n"


URI, CLUSTER = "mongodb://db.example.test:PORT/", "mongodb+srv://cluster.example.test/?tls=false"
ONE, TWO = f"nameserver {SECOND}\n", f"nameserver {FIRST}\nnameserver {SECOND}\n"
IMPATIENT = f"{TWO}options timeout:2\n"  # seconds; the default is 5
COMPLETING = f"{ONE}search corp.test\noptions ndots:5\n"
ANSWERS = ((SECOND, "none"),)
FIRST_IS_SILENT, SLOW = ((FIRST, "all"), (SECOND, "none")), ((SECOND, "slow"),)

CASES = {
    "silent first server": Case(URI, IMPATIENT, FIRST_IS_SILENT),
    "silent first server, SRV": Case(CLUSTER, IMPATIENT, FIRST_IS_SILENT),
    "slow server": Case(URI, ONE, SLOW),
    "slow server, short run": Case(URI, ONE, SLOW, ("--timeout", "2.5")),
    "one lost packet": Case(URI, f"{ONE}options timeout:2\n", ((SECOND, "first"),)),
    "silent first server, short run": Case(URI, TWO, FIRST_IS_SILENT, ("--timeout", "3")),
    "silent servers": Case(URI, TWO, ((FIRST, "all"), (SECOND, "all"))),
} | {
    host: Case(f"mongodb://{host}:9/", COMPLETING, ((SECOND, "none"),))
    for host in ("db.wild.test", "db.wild.test.", "db.example.test.")
}


QUICK = {
    "files only": Case("mongodb://db.example.test:9/", ONE, ANSWERS, nss="hosts: files\n"),
    "no such name": Case("mongodb://no.example.test:9/", ONE, ANSWERS),
    "no address": Case("mongodb://db.example.test:9/", "nameserver not-an-address\n", ANSWERS),
}


def run(case: Case, folder: Path) -> dict[str, Any]:
    """Return the report of a run where the system's resolver is configured as given."""
    (folder / "resolv.conf").write_text(case.conf)
    (folder / "nsswitch.conf").write_text(case.nss)
    (folder / "program.py").write_text(PROGRAM)
    script = (
        f"ip link set lo up; mount --bind {folder}/resolv.conf /etc/resolv.conf; "
        f"[ ! -e /etc/nsswitch.conf ] || mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf; "
        'exec "$0" "$@"'
    )
    ran = subprocess.run(
        [*NAMESPACE, "sh", "-ec", script, sys.executable, str(folder / "program.py"),
         json.dumps(case._asdict())],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    """Start all cases, and return a function that waits for the report of one."""
    with ThreadPoolExecutor(len(CASES)) as pool:
        futures: dict[str, Future[dict[str, Any]]] = {
            name: pool.submit(run, case, tmp_path_factory.mktemp("case"))
            for name, case in CASES.items()
        }
        yield lambda name: futures[name].result()


def slow(report: dict[str, Any]) -> str:
    """Return the detail of dns.slow."""
    (dns,) = [layer for layer in report["layers"] if layer["name"] == "dns"]
    (finding,) = [finding for finding in dns["findings"] if finding["cause"] == "dns.slow"]
    return str(finding["detail"])


@pytest.mark.parametrize("case", ["silent first server", "silent first server, SRV"])
def test_a_silent_first_name_server_delays_and_stops_nothing(case: str, report: Reports) -> None:
    document = report(case)
    assert document["verdict"] is None
    detail = slow(document)
    assert f"{FIRST} does not answer" in detail
    assert f"{SECOND} answers" in detail


def test_a_resolver_that_is_slow_for_each_address_stops_nothing(report: Reports) -> None:
    """The driver resolves the name again for each connection; the pings have the time for it."""
    document = report("slow server")
    assert document["verdict"] is None
    assert document["latency"]["lost"] == 0
    assert slow(document)


def test_a_slow_resolver_and_a_short_run_blame_no_server(report: Reports) -> None:
    document = report("slow server, short run")
    assert document["verdict"]["cause"].endswith(".unexplained")
    assert "This run ended before" in document["verdict"]["title"]


def test_one_lost_packet_is_no_silent_name_server(report: Reports) -> None:
    document = report("one lost packet")
    assert document["verdict"] is None
    assert "does not answer" not in slow(document)


def test_a_run_that_is_too_short_blames_no_resolver(report: Reports) -> None:
    document = report("silent first server, short run")
    assert document["verdict"]["cause"] == "dns.unexplained"
    assert "in this run; " in document["layers"][1]["summary"]
    assert "--timeout" in str(document["verdict"]["remedies"][0])


def test_name_servers_that_are_all_silent_are_named(report: Reports) -> None:
    assert report("silent servers")["verdict"]["cause"] == "dns.timeout"


def test_a_system_that_does_not_ask_the_dns_is_no_missing_name(tmp_path: Path) -> None:
    """The look-alike is a name that the DNS does not have either."""
    found, other = (
        run(QUICK[name], tmp_path)["verdict"] for name in ("files only", "no such name")
    )
    assert found["cause"] == other["cause"] == "dns.host-not-found"
    assert "DNS has the address 127.0.0.1" in found["evidence"][0]
    assert found["remedies"][0]["command"] == "grep ^hosts /etc/nsswitch.conf"
    assert "does not exist in DNS" in other["evidence"][0]


def test_a_name_server_that_is_no_address_is_named(tmp_path: Path) -> None:
    """dnspython raises a special error for it."""
    found = run(QUICK["no address"], tmp_path)["verdict"]
    assert found["cause"] == "dns.resolver-config"
    assert "not-an-address, which is not an IP address" in found["evidence"][0]


@pytest.mark.parametrize(
    ("host", "is_completed"),
    [("db.wild.test", True), ("db.wild.test.", None), ("db.example.test.", None)],
)
def test_an_answer_for_a_completed_name_is_shown(
    host: str, is_completed: bool | None, report: Reports
) -> None:
    """ndots lets a search domain come before the name as it is."""
    (host_facts,) = report(host)["layers"][1]["data"]["hosts"].values()
    assert host_facts.get("completed") == ("db.wild.test.corp.test" if is_completed else None)
