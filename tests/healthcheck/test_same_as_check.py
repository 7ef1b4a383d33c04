"""The health probe beside `check`: the same replies and records, and every fault that both see.

A probe may know less than `check`, which opens further connections. It must not say something
else: its cause is the same, or a more general one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.healthcheck.evidence import evidence_of
from mongoping.healthcheck.look import look
from mongoping.healthcheck.oneshot import settings_for
from mongoping.healthcheck.verdict import report_of
from mongoping.sandbox.fault import FaultKind, faults, lending, people
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.played import Played, standalone
from mongoping.smoke.attempts import seen_once
from mongoping.uri.target import parse
from tests.conftest import having
from tests.test_faults import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.model import Evidence
    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "topology", "atlas")
LOWER = ("uri", "dns", "tcp", "tls", "hello")
OPTIONS = ("--resolver", "--tlsCAFile", "--timeout")
LATER = {"hello.too-many-connections:later"}  # seen only on connections after the first
SEEN = {
    code: kind
    for code, kind in faults().items()
    if code.partition(".")[0] in LAYERS and kind.preset in ("check", "atlas", "local")
    if code not in LATER
}


@pytest.fixture(scope="session")
def locked() -> Iterator[Deployment]:
    """A standalone with access control and the users that faults are made with."""
    from mongoping.sandbox.deployment import standalone

    with having(), standalone(users=people()) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def _lent(mongod: Deployment, locked: Deployment, replica_set: Deployment) -> Iterator[None]:
    """Deployments that faults share, instead of one each."""
    with lending(plain=mongod, locked=locked, replicas=replica_set):
        yield


@pytest.mark.usefixtures("_lent")
@pytest.mark.parametrize("kind", SEEN.values(), ids=list(SEEN))
def test_the_probe_never_contradicts_check(
    kind: FaultKind, run_mongoping: Callable[..., Run]
) -> None:
    """The cause of each fault is what `check` says, as `tests/test_faults.py` shows."""
    with having(kind.needs or None), kind.make() as made:
        if any(arg.startswith("--") and arg not in OPTIONS for arg in made.args):
            pytest.skip("the fault needs an option that a probe does not have")
        timed = () if "--timeout" in made.args else ("--timeout", PATIENCE_S)
        args = (*made.args, *timed, "--until", "primary", "--format", "json")
        run = run_mongoping("smoke", "--probe", made.uri, *args, env=made.env)
    assert run.code != 70, run.err
    verdict = run.json["verdict"]
    if verdict is None:
        assert kind.warning or made.cause.partition(".")[0] not in LOWER
        return
    assert said_of(made.cause, verdict), (verdict["cause"], verdict["evidence"])


def said_of(cause: str, verdict: dict[str, Any]) -> bool:
    """Return whether a verdict names a cause, or a more general one."""
    named = str(verdict["cause"])
    found = registry.cause(named)
    return (
        named == cause
        or named.endswith(".unexplained")
        or cause in [other["cause"] for other in verdict["alternatives"]]
        or (found is not None and cause in found.hidden_by)
    )


def both(uri: str, **settings: Any) -> tuple[Evidence, Evidence, list[str | None]]:
    """Return the evidence of the probe and of the lower checks, and the causes of both."""
    parsed, limits = parse(uri), settings_for(3.0).replace(**settings)
    seen = look(parsed, limits)
    report = report_of(seen)
    evidence, diagnosis, _ = asyncio.run(seen_once(parsed, limits, "hello", asyncio.Event()))
    causes = [verdict and verdict.cause for verdict in (report.verdict, diagnosis.verdict)]
    return evidence_of(seen), evidence, causes


SET = {"setName": "rs0", "hosts": ["{me}"], "me": "{me}", "primary": "{me}"}
HELLOS: list[dict[str, Any]] = [
    {},
    {"msg": "isdbgrid"},
    {"msg": "isdbgrid", "serviceId": "x"},
    {"isreplicaset": True, "isWritablePrimary": False},
    SET,
    SET | {"isWritablePrimary": False, "secondary": True},
    SET | {"isWritablePrimary": False, "secondary": True, "hidden": True},
    SET | {"isWritablePrimary": False, "arbiterOnly": True},
    SET | {"isWritablePrimary": False},
    SET | {"passives": ["Other:1"], "arbiters": ["[::1]:2"], "tags": {"a": "b"}},
    # of wrong types, huge, or of versions that do not meet
    {"setName": 5},
    {"setName": "s" * 2000, "me": 7, "primary": ["x"]},
    {"primary": "/tmp/x.sock", "setName": "rs0", "hosts": ["/tmp/x.sock"]},
    {"hosts": "x"},
    {"hosts": [1]},
    {"hosts": [f"h{number}:1" for number in range(100)]},
    {"tags": "x"},
    {"maxWireVersion": "x"},
    {"maxWireVersion": float("nan")},
    {"maxWireVersion": 6},
    {"ok": 0.0, "errmsg": "no", "code": 13},
    {"ok": 0.0, "errmsg": 5, "code": "x"},
    {"ok": 0.0, "errmsg": "x" * 100_000},
    {"topologyVersion": 5, "lastWrite": 7, "localTime": "x"},
]
COMPARED = ("role", "min_wire", "max_wire", "set_name", "me", "primary", "hosts", "passives",
            "arbiters", "hidden", "tags", "advertised", "requires_api", "service_id")  # fmt: skip


@pytest.mark.parametrize("fields", HELLOS, ids=[",".join(f)[:40] or "plain" for f in HELLOS])
def test_a_reply_to_hello_is_read_alike(fields: dict[str, Any]) -> None:
    with Played(standalone(**fields)) as server:
        own, checked, (cause, other) = both(f"mongodb://{server.address}/")
    seen, expected = (evidence.result("hello", server.address) for evidence in (own, checked))
    assert seen is not None
    assert expected is not None
    assert seen.status == expected.status
    assert cause == other
    if seen.ok:
        for name in COMPARED:
            assert getattr(seen.data, name) == getattr(expected.data, name), name
    else:
        assert seen.failure.kind == expected.failure.kind  # type: ignore[union-attr]
        assert seen.failure.message == expected.failure.message  # type: ignore[union-attr]


NAME = "c0.ab.example.test"
INSIDE = [("h0.ab.example.test", 1), ("H1.ab.example.test", 2)]
RECORDS: list[tuple[str, list[tuple[str, int]], str | None]] = [
    ("tls=false", INSIDE, None),
    ("tls=false", INSIDE, "authSource=a&replicaSet=rs0"),
    ("tls=false&replicaSet=own", INSIDE, "replicaSet=rs0"),
    ("tls=false", INSIDE, "ssl=false"),
    ("tls=false", INSIDE, "v=spf1 -all"),
    ("tls=false", INSIDE, "loadBalanced=true"),
    ("tls=false&replicaSet=rs0", INSIDE[:1], "loadBalanced=true"),
    ("tls=false&srvMaxHosts=1", INSIDE, "replicaSet=rs0"),
    ("tls=false&srvMaxHosts=2", INSIDE, None),
    ("tls=false", [("h.other.test", 1)], None),
    ("tls=false&srvAllowedHostsSuffix=other.test", [("h.other.test", 1)], None),
    ("tls=false&srvAllowedHostsSuffix=other.test", INSIDE, None),
    ("tls=false&srvServiceName=customer", INSIDE, None),
    ("tls=false", [(".", 0)], None),
]


@pytest.mark.parametrize(("options", "hosts", "txt"), RECORDS)
def test_srv_and_txt_records_are_read_alike(
    options: str, hosts: list[tuple[str, int]], txt: str | None
) -> None:
    with NameServer(cluster(NAME, hosts, txt)) as names:
        uri = f"mongodb+srv://{NAME}/?{options}"
        own, checked, (cause, other) = both(uri, resolver=names.address)
    seen, expected = own.result("srv"), checked.result("srv")
    assert seen is not None
    assert expected is not None
    assert len(own.seed_names) == len(checked.seed_names)
    if "srvMaxHosts=1" not in options:  # which chooses at random
        assert own.seed_names == checked.seed_names
    assert own.options == checked.options
    assert sorted(seen.data.outside) == sorted(expected.data.outside)
    for name in ("parent", "txt", "txt_options", "txt_problem"):
        assert getattr(seen.data, name) == getattr(expected.data, name), name
    ports = [sorted(row["port"] for row in data.records) for data in (seen.data, expected.data)]
    assert ports[0] == ports[1]
    assert (seen.failure and seen.failure.kind) == (expected.failure and expected.failure.kind)
    assert cause == other
