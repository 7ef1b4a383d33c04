"""``mongoping fleet --dask`` on a real cluster, whose workers are in networks of their own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import unavailable
from tests.fleet.places import (
    OTHER_MONGOPING,
    OTHER_PYMONGO,
    SCHEDULER,
    SECURE,
    Cluster,
    Worker,
)
from tests.networks import NAME, WRONG, WRONG_DNS, has_namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.server

CANARY = "c4nary"
JSON = ("--format", "json", "--no-report")
TARGET = f"mongodb://{NAME}:PORT/?directConnection=true"
WORKERS = [
    Worker("pod-a", 11, environment={"SHOP_URI": TARGET}),
    Worker("pod-b", 12, dns=WRONG_DNS),
    Worker("pod-c", 13, environment={"SHOP_URI": f"mongodb://{WRONG}:1/?appName=c"}),
    Worker("frozen", 14),
    Worker("mortal", 18),
    Worker("old", 15, preload=OTHER_MONGOPING),
    Worker("driver", 16, preload=OTHER_PYMONGO),
    Worker("safe", 17, url=SECURE),
]
PODS = "pod-a,pod-b"
TLS = ("--dask-tls-ca", "CA", "--dask-tls-cert", "PEM", "--dask-tls-key", "PEM")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not has_namespaces():
        unavailable("this user may not create networks")
    cluster = Cluster(WORKERS, tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster
    finally:
        cluster.close()


def test_the_difference_between_two_places_is_named(cluster: Cluster) -> None:
    """One place looks names up elsewhere."""
    run = cluster.fleet("--dask", SCHEDULER, "--from", PODS, *JSON, targets=f"{TARGET}\n")
    by_place = {line["vantage"]: (line["status"], line["cause"]) for line in run.lines}
    assert by_place["pod-a"][0] in ("ok", "warn"), run
    assert by_place["pod-b"] == ("fail", "tcp.refused")
    assert run.summary["places"] == ["pod-a", "pod-b"]
    (difference,) = run.summary["differences"]
    assert "from pod-b" in difference["sentence"]
    assert "10.77.0.6" in difference["sentence"]
    assert "10.77.0.5" in difference["sentence"]
    assert run.code == 1


def test_the_text_and_the_page_show_every_place(cluster: Cluster) -> None:
    options = ("--dask", SCHEDULER, "--from", PODS)
    text = cluster.fleet(*options, targets=f"{TARGET}\n").out
    assert "1 target from 2 places in" in text
    assert "Not the same from every place:" in text
    page = cluster.fleet(*options, "--format", "html", targets=f"{TARGET}\n").out
    assert "<h2>By place</h2>" in page
    assert "<th>pod-a</th><th>pod-b</th>" in page


def test_each_worker_resolves_references_on_its_own_machine(cluster: Cluster) -> None:
    run = cluster.fleet(
        "--dask", SCHEDULER, "--from", "pod-a,pod-b,pod-c", *JSON, targets="env:SHOP_URI\n"
    )
    by_place = {line["vantage"]: line for line in run.lines}
    assert by_place["pod-a"]["status"] in ("ok", "warn")
    assert by_place["pod-c"]["cause"] == "tcp.refused"
    assert by_place["pod-b"]["cause"] is None
    assert by_place["pod-b"]["detail"] == "The environment variable SHOP_URI is not set."


def test_targets_are_spread_over_the_workers(cluster: Cluster) -> None:
    targets = "".join(f"10.77.0.5:PORT/?appName=a{number}\n" for number in range(30))
    targets += "".join(f"127.0.0.{number}:1\n" for number in range(1, 31))
    run = cluster.fleet(
        "--dask", SCHEDULER, "--from", "pod-a,pod-c", "--spread", *JSON, targets=targets
    )
    assert len(run.lines) == len({line["name"] for line in run.lines}) == 60
    assert {line["vantage"] for line in run.lines} == {"pod-a", "pod-c"}
    assert run.summary["causes"]["tcp.refused"] == 30
    assert "differences" not in run.summary


def test_a_worker_with_another_mongoping_is_a_row(cluster: Cluster) -> None:
    """Its version is simulated."""
    run = cluster.fleet("--dask", SCHEDULER, "--from", "old,pod-a", *JSON, targets="127.0.0.1:1\n")
    by_place = {line["vantage"]: line for line in run.lines}
    assert (by_place["old"]["status"], by_place["old"]["cause"]) == ("skip", None)
    assert "it has mongoping 0.0.1" in by_place["old"]["detail"]
    assert by_place["pod-a"]["cause"] == "tcp.refused"


def test_a_worker_with_another_pymongo_is_marked_or_left_out(cluster: Cluster) -> None:
    """Its version is simulated."""
    options = ("--dask", SCHEDULER, "--from", "driver,pod-a", *JSON)
    run = cluster.fleet(*options, targets="127.0.0.1:1\n")
    notes = {line["vantage"]: line.get("note") for line in run.lines}
    assert notes["pod-a"] is None
    assert "driver: it has PyMongo 4.0.0" in (notes["driver"] or "")
    spread = cluster.fleet(*options, "--spread", targets="127.0.0.1:1\n127.0.0.2:1\n")
    assert {line["vantage"] for line in spread.lines} == {"pod-a"}


def test_a_literal_secret_is_sent_only_over_tls_and_on_request(cluster: Cluster) -> None:
    targets = f"mongodb://ada:{CANARY}@127.0.0.1:1/\n"
    plain = cluster.fleet("--dask", SCHEDULER, targets=targets)
    assert (plain.code, plain.err.count("is not sent to the cluster")) == (2, 1)
    on_request = cluster.fleet("--dask", SCHEDULER, "--send-secrets", targets=targets)
    assert (on_request.code, on_request.err.count("Passwords are sent only over TLS")) == (2, 1)
    files = {"CA": cluster.ca, "PEM": cluster.pem}
    options = [files.get(word, word) for word in ("--dask", SECURE, *TLS, *JSON)]
    over_tls = cluster.fleet(*options, "--send-secrets", targets=targets)
    assert [line["cause"] for line in over_tls.lines] == ["tcp.refused"], over_tls
    assert [line["vantage"] for line in over_tls.lines] == ["safe"]
    for run in (plain, on_request, over_tls):
        assert CANARY not in run.out + run.err
    assert not any(CANARY in path.read_text() for path in cluster.folder.glob("*.log"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dask", "10.77.0.1:1"), "tcp://10.77.0.1:1 cannot be reached: Connection refused."),
        (("--dask", SECURE.replace("tls", "tcp")), "uses TLS: use tls://10.77.0.1:8790 with"),
        (("--dask", SECURE), "add --dask-tls-ca"),
        (
            ("--dask", SCHEDULER.replace("tcp", "tls"), *TLS),
            "does not use TLS: use tcp://10.77.0.1:8786",
        ),
        (("--dask", SCHEDULER, "--from", "pod-x"), "The cluster has no worker pod-x; it has"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(
    options: tuple[str, ...], message: str, cluster: Cluster
) -> None:
    files = {"CA": cluster.ca, "PEM": cluster.pem}
    words = [files.get(word, word) for word in options]
    run = cluster.fleet(*words, targets="127.0.0.1:1\n")
    assert run.code == 2
    assert run.out == ""
    assert message in run.err
    assert run.err.count("Error: ") == 1
    assert "Traceback" not in run.err


def test_ctrl_c_prints_the_results_so_far(cluster: Cluster) -> None:
    run = cluster.fleet(
        "--dask", SCHEDULER, "--from", "pod-a", *JSON, "--timeout", "600",
        targets=f"127.0.0.1:1\n{WRONG}:9999\n", act=("mongoping", signal.SIGINT, 1),
    )  # fmt: skip
    assert run.code == 130, run
    assert [line["cause"] for line in run.lines] == ["tcp.refused"], run
    assert run.summary["fail"] == 1


NAMES = [f"127.0.{part}.{host}:1" for part in range(4) for host in range(1, 40)]


def run_with_signal(
    cluster: Cluster, worker: str, number: signal.Signals, *options: str
) -> tuple[set[str], list[dict[str, Any]]]:
    """Send a signal to a worker after the first line; return what was measured, and what not."""
    places = ("--dask", SCHEDULER, "--from", f"{worker},pod-a")
    run = cluster.fleet(
        *places, *options, *JSON, "--module", "hello",
        targets="\n".join(NAMES), act=(worker, number, 1),
    )  # fmt: skip
    losses = [line for line in run.lines if line["status"] == "skip"]
    return {line["name"] for line in run.lines if line["cause"] == "tcp.refused"}, losses


def test_the_targets_of_a_worker_that_hangs_go_to_another(cluster: Cluster) -> None:
    names, losses = run_with_signal(cluster, "frozen", signal.SIGSTOP, "--spread")
    assert names == set(NAMES)
    assert losses == []


def test_the_targets_of_a_worker_that_dies_are_marked(cluster: Cluster) -> None:
    names, losses = run_with_signal(cluster, "mortal", signal.SIGKILL)
    assert names == set(NAMES)
    assert {line["vantage"] for line in losses} == {"mortal"}
    assert "Not measured from mortal: " in losses[0]["detail"]


def test_a_worker_that_does_not_answer_is_a_row(cluster: Cluster) -> None:
    """It hangs since the test before the last one, or from now on."""
    _, losses = run_with_signal(cluster, "frozen", signal.SIGSTOP)
    assert {line["vantage"] for line in losses} == {"frozen"}
