"""The promise of mongoping: each fault made real is named, and following its remedy mends it.

Every fault of `mongoping.sandbox.faults` runs here, on real sockets; where a part of it is
played, its note says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox.fault import Fault, FaultKind, faults, lending, people
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

SILENT = {  # what never answers is waited for until the cap: shorter here than people have it
    "dns.timeout",
    "dns.timeout:slow",
    "hello.no-reply",
    "hello.not-mongodb:endless",
    "hello.not-mongodb:ssh",
    "ping.timeout",
    "ping.timeout:later",
    "tcp.timeout",
}
PATIENCE_S = "8"  # long enough to judge silence, shorter than the default


@pytest.fixture(scope="session")
def locked() -> Iterator[Deployment]:
    """A standalone with access control and the users that faults are made with."""
    from mongoping.sandbox.deployment import standalone

    with having(), standalone(users=people()) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def _lent(mongod: Deployment, locked: Deployment, replica_set: Deployment) -> Iterator[None]:
    """Whole deployments that faults share, instead of one each."""
    with lending(plain=mongod, locked=locked, replicas=replica_set):
        yield


def findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for layer in report["layers"] for one in layer["findings"]]


def outcome(run: Run) -> str:
    """What to show of a run that was not as expected."""
    verdict = run.json and run.json["verdict"]
    found = run.json and [
        (one["cause"], one["severity"], one["detail"]) for one in findings(run.json)
    ]
    return f"exit {run.code}, verdict {verdict and verdict['cause']}, found {found}, {run.err}"


def args_of(kind: FaultKind, args: tuple[str, ...]) -> tuple[str, ...]:
    timed = ("--timeout", PATIENCE_S) if kind.code in SILENT and "--timeout" not in args else ()
    return (*args, *timed, "--format", "json")


@pytest.mark.usefixtures("_lent")
@pytest.mark.parametrize("kind", faults().values(), ids=list(faults()))
def test_a_fault_is_named_and_its_remedy_mends_it(
    kind: FaultKind, run_mongoping: Callable[..., Run]
) -> None:
    """The verdict names the cause with its exit code; what a remedy says makes it healthy."""
    with having(kind.needs or None), kind.make() as made:
        seen = run_mongoping(kind.preset, made.uri, *args_of(kind, made.args), env=made.env)
        _named(kind, made, seen)
        if not made.has_remedy:
            return
        if made.mend is not None:
            made.mend()
        args = made.args if made.remedy_args is None else made.remedy_args
        mended = run_mongoping(
            kind.preset, made.remedy_uri or made.uri, *args, "--format", "json", env=made.env
        )
    assert mended.code == 0, outcome(mended)
    assert mended.json["verdict"] is None
    assert mended.json["status"] in ("ok", "warn")


def _named(kind: FaultKind, made: Fault, seen: Run) -> None:
    """One report in JSON (its schema is looked at when it is read), and nothing else said."""
    assert seen.json is not None, outcome(seen)
    assert seen.code == made.expect_exit, outcome(seen)
    assert seen.err == "", outcome(seen)
    assert not any(one["cause"].endswith(".unexplained") for one in findings(seen.json)), outcome(
        seen
    )
    if kind.warning:
        causes = {one["cause"] for one in findings(seen.json) if one["severity"] != "error"}
        assert made.cause in causes, outcome(seen)
        assert seen.json["verdict"] is None
        return
    verdict = seen.json["verdict"]
    assert verdict is not None, outcome(seen)
    assert verdict["cause"] == made.cause, outcome(seen)
    assert verdict["title"]
    assert verdict["explanation"]
    assert verdict["remedies"]
    assert seen.json["status"] == "fail"


def test_there_are_faults_of_every_layer_and_most_have_a_remedy() -> None:
    """The tests above are no empty promise: they walk all layers, and forty causes or more."""
    kinds = faults().values()
    layers = {kind.code.partition(".")[0] for kind in kinds}
    assert layers >= {"uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology"}
    assert len({kind.code.partition(":")[0] for kind in kinds}) >= 40
