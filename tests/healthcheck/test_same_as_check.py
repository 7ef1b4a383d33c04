"""The health probe reads replies and records as `check` does; for faults see `test_faults`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.healthcheck.evidence import evidence_of
from mongoping.healthcheck.look import look
from mongoping.healthcheck.oneshot import settings_for
from mongoping.healthcheck.verdict import report_of
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.played import SimulatedServer, standalone
from mongoping.smoke.attempts import run_once
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from mongoping.model import Evidence


def both(uri: str, **settings: Any) -> tuple[Evidence, Evidence, list[str | None]]:
    """Return the evidence of the probe and of the lower checks, and the causes of both."""
    target, limits = parse(uri), settings_for(3.0).replace(**settings)
    outcome = look(target, limits)
    report = report_of(outcome)
    evidence, diagnosis, _ = asyncio.run(run_once(target, limits, "hello", asyncio.Event()))
    causes = [verdict and verdict.cause for verdict in (report.verdict, diagnosis.verdict)]
    return evidence_of(outcome), evidence, causes


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
FIELDS = ("role", "min_wire", "max_wire", "set_name", "me", "primary", "hosts", "passives",
            "arbiters", "hidden", "tags", "advertised", "requires_api", "service_id")  # fmt: skip


@pytest.mark.parametrize("fields", HELLOS, ids=[",".join(f)[:40] or "plain" for f in HELLOS])
def test_a_reply_to_hello_is_read_alike(fields: dict[str, Any]) -> None:
    with SimulatedServer(standalone(**fields)) as server:
        own, check, (cause, other) = both(f"mongodb://{server.address}/")
    actual, expected = (evidence.result("hello", server.address) for evidence in (own, check))
    assert actual is not None
    assert expected is not None
    assert actual.status == expected.status
    assert cause == other
    if actual.ok:
        for name in FIELDS:
            assert getattr(actual.data, name) == getattr(expected.data, name), name
    else:
        assert actual.failure.kind == expected.failure.kind  # type: ignore[union-attr]
        assert actual.failure.message == expected.failure.message  # type: ignore[union-attr]


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
        own, check, (cause, other) = both(uri, resolver=names.address)
    actual, expected = own.result("srv"), check.result("srv")
    assert actual is not None
    assert expected is not None
    assert len(own.seed_names) == len(check.seed_names)
    if "srvMaxHosts=1" not in options:  # which chooses at random
        assert own.seed_names == check.seed_names
    assert own.options == check.options
    assert sorted(actual.data.outside) == sorted(expected.data.outside)
    for name in ("parent", "txt", "txt_options", "txt_problem"):
        assert getattr(actual.data, name) == getattr(expected.data, name), name
    ports = [sorted(row["port"] for row in data.records) for data in (actual.data, expected.data)]
    assert ports[0] == ports[1]
    assert (actual.failure and actual.failure.kind) == (expected.failure and expected.failure.kind)
    assert cause == other
