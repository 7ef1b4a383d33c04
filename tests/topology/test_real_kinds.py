"""Trees of deployments of other kinds, some of them simulated where the test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import played
from mongoping.sandbox.fault import faults
from mongoping.sandbox.played import SimulatedServer
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.certificates import Certificates
    from tests.conftest import Run
from tests.topology.reports import marks, member, roles, set_name_by_pymongo


def test_an_unreachable_deployment_is_a_tree_of_its_seeds(
    topology: Callable[..., dict[str, Any]],
) -> None:
    from mongoping.sandbox.process import free_port

    host = f"127.0.0.1:{free_port()}"
    report = topology(f"mongodb://{host}/")
    assert report["exit"] == 12
    assert roles(report) == {host: "unknown"}
    assert marks(member(report, host)) == {"refused"}
    assert report["verdict"]["cause"] == "tcp.refused"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("topology.direct-connection-needed", "refused"),
        ("topology.member-unresolvable", "unresolvable"),
        ("topology.member-unresolvable:secondary", "unresolvable"),
        ("topology.member-unreachable:primary", "refused"),
    ],
)
def test_a_member_name_that_does_not_work_is_listed_with_its_source(
    topology: Callable[..., dict[str, Any]], fault: str, kind: str
) -> None:
    with having(), faults()[fault].make() as instance:
        report = topology(instance.uri, *instance.args)
        bad = [row for row in report["members"] if kind in marks(row)]
        assert bad, roles(report)
        (name,) = [name for name in bad[0]["names"] if name["works"] is False]
        assert name["advertised"] is True
        assert name["led_by"]
        if fault == "topology.direct-connection-needed":
            assert "directConnection=true" in report["better"]["uri"]
            assert set_name_by_pymongo(report["better"]["uri"]) == "rs0"


def test_a_certificate_that_does_not_cover_a_member_name_is_marked(
    certificates: Certificates, topology: Callable[..., dict[str, Any]]
) -> None:
    """The certificate covers the seed, localhost; the set advertises 127.0.0.1."""
    from mongoping.sandbox.deployment import ServerTls, replica_set

    tls = ServerTls(certificates.server("localhost", days=40), certificates.authority)
    with having(), replica_set(1, tls=tls) as deployment:
        seed = f"localhost:{deployment.ports[0]}"
        report = topology(deployment.uri_with(hosts=[seed]))
    (row,) = report["members"]
    assert row["host"] == deployment.servers[0].address
    assert row["via"] == seed
    assert marks(row) == {"certificate", "me-differs"}
    assert 38 < row["certificate_days"] <= 40


def test_two_mongos_are_members_of_a_sharded_deployment(
    topology: Callable[..., dict[str, Any]],
) -> None:
    """Simulated: mongos is not available here."""
    script = played.standalone(msg="isdbgrid")
    with SimulatedServer(script) as first, SimulatedServer(script) as second:
        report = topology(f"mongodb://{first.address},{second.address}/?localThresholdMS=10000")
        other = topology(f"mongodb://{first.address}/?replicaSet=rs0")
    assert report["type"] == "Sharded"
    assert set(roles(report).values()) == {"mongos"}
    assert sum(row["selected"] for row in report["selection"]["members"]) == 2
    assert other["better"]["uri"] == f"mongodb://{first.address}/"


def test_a_load_balancer_is_the_only_server(topology: Callable[..., dict[str, Any]]) -> None:
    """Simulated: a load balancer that answers with a serviceId."""
    import bson

    script = played.standalone(msg="isdbgrid", serviceId=bson.ObjectId())
    with SimulatedServer(script) as server:
        report = topology(f"mongodb://{server.address}/?loadBalanced=true")
    assert report["type"] == "LoadBalanced"
    assert roles(report) == {server.address: "load-balancer"}
    assert [row["selected"] for row in report["selection"]["members"]] == [True]
    assert "load balancer" in report["selection"]["note"]


def test_control_characters_and_markup_in_hello_are_escaped(
    run_mongoping: Callable[..., Run],
) -> None:
    """Simulated: names and tags contain control characters and markup."""
    evil = "\x1b[2J[red]x\r\n\u202e:27017"
    script = played.standalone(
        setName="rs\x1b[31m", hosts=[evil, "{me}"], me=evil, secondary=True, tags={"a\x1b": "[b]"}
    )
    with SimulatedServer(script) as server:
        run = run_mongoping("topology", f"mongodb://{server.address}/?directConnection=true")
    assert "\x1b" not in run.out
    assert "\u202e" not in run.out
    assert "\\x1b" in run.out
    assert "[red]" in run.out
