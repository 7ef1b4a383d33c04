"""Watches of real deployments of other kinds, and changes of their certificates and records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer
from tests.watch.test_real import QUICK

PATIENT = ("--timeout", "20")  # a busy machine needs time to connect


def test_a_rotated_certificate_is_reported(
    certificates: Certificates, watching: Callable[..., Any]
) -> None:
    from mongoping.sandbox.deployment import ServerTls, standalone

    path = certificates.server(days=200)
    with having(), standalone(tls=ServerTls(path, certificates.authority)) as deployment:
        with watching(deployment.uri, *QUICK, "--recheck", "0.5") as watch:
            watch.wait_until_settled(1, primary=False)
            path.write_bytes(certificates.server(days=20).read_bytes())
            with deployment.admin() as client:
                client.admin.command("rotateCertificates", 1)
            event = watch.event("certificate")
        assert event["host"] == deployment.host
        assert event["severity"] == "warning"
        assert 18 < event["facts"]["days"] <= 20
        assert watch.lines[-1]["pings"]["driver"]["lost"] == 0


def test_changed_and_failing_srv_records_are_reported(
    replica_set: Deployment, nameserver: NameServer, watching: Callable[..., Any]
) -> None:
    from mongoping.sandbox.nameserver import Answer

    name = "db.cluster.example.test"
    srv = f"_mongodb._tcp.{name}"
    rows = [
        f"0 0 {port} node{at}.cluster.example.test." for at, port in enumerate(replica_set.ports)
    ]
    for at in range(3):
        nameserver.zone[f"node{at}.cluster.example.test", "A"] = ["127.0.0.1"]
    nameserver.zone[srv, "SRV"] = rows[:2]
    uri = f"mongodb+srv://{name}/?tls=false&replicaSet=rs0"
    with watching(uri, *nameserver.args, *QUICK, "--recheck", "0.5") as watch:
        watch.wait_until_settled()
        nameserver.zone[srv, "SRV"] = rows[1:]
        change = watch.event("dns")
        nameserver.behaviors[srv] = Answer("SERVFAIL")
        watch.event("dns-failed")
        del nameserver.behaviors[srv]
        watch.event("dns-back")
    assert change["facts"]["new"] == [f"node2.cluster.example.test:{replica_set.ports[2]}"]
    assert change["facts"]["gone"] == [f"node0.cluster.example.test:{replica_set.ports[0]}"]


def test_a_name_that_resolves_later_is_watched_from_then_on(
    replica_set: Deployment, nameserver: NameServer, watching: Callable[..., Any]
) -> None:
    name = "db.cluster.example.test"
    uri = f"mongodb+srv://{name}/?tls=false"
    with watching(uri, *nameserver.args, *QUICK) as watch:
        watch.event("dns-failed")
        nameserver.zone["node.cluster.example.test", "A"] = ["127.0.0.1"]
        row = f"0 0 {replica_set.ports[0]} node.cluster.example.test."
        nameserver.zone[f"_mongodb._tcp.{name}", "SRV"] = [row]
        watch.event("dns-back")
        watch.wait_until_settled()


def test_a_refused_login_is_reported_and_not_repeated(
    mongod_auth: Deployment, watching: Callable[..., Any]
) -> None:
    """Members are still pinged. More attempts would be logged and might lock the account."""
    log = mongod_auth.servers[0].folder / "log"
    uri = f"mongodb://ada:not-the-password@{mongod_auth.host}/"
    before = log.read_text().count("Authentication failed")
    with watching(uri, "--interval", "0.3") as watch:
        watch.event("login-refused")
        watch.until(lambda: sum(line["type"] == "tick" for line in watch.lines) > 8, "eight ticks")
        assert watch.stop() == 18
    end = watch.lines[-1]
    assert end["pings"][mongod_auth.host]["lost"] == 0
    assert end["pings"]["driver"]["lost"] == end["pings"]["driver"]["sent"]
    assert "not-the-password" not in watch.record.read_text() + watch.out
    attempts = log.read_text().count("Authentication failed") - before
    assert attempts in (1, 2), "SCRAM-SHA-256 may be logged twice for one attempt"


def test_no_password_is_recorded(mongod_auth: Deployment, watching: Callable[..., Any]) -> None:
    with watching(mongod_auth.uri, *QUICK, *PATIENT, "--count", "3") as watch:
        assert watch.finish() == 0
    assert watch.lines[-1]["pings"]["driver"]["lost"] == 0
    assert "***" in watch.lines[0]["uri"]
    for user in mongod_auth.users:
        assert user.password
        assert user.password[:10] not in watch.record.read_text() + watch.out


def test_the_stable_api_is_declared_if_the_server_requires_it(watching: Callable[..., Any]) -> None:
    from mongoping.sandbox.deployment import standalone

    with (
        having(),
        standalone(require_api_version=True) as deployment,
        watching(deployment.uri, "--stable-api", *QUICK, *PATIENT, "--count", "3") as watch,
    ):
        assert watch.finish() == 0
    end = watch.lines[-1]["pings"]
    assert [row["lost"] for row in end.values()] == [0, 0]


def test_two_mongos_are_watched(watching: Callable[..., Any]) -> None:
    """Simulated: mongos is not available here."""
    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    script = played.standalone(msg="isdbgrid")
    with SimulatedServer(script) as first, SimulatedServer(script) as second:
        uri = f"mongodb://{first.address},{second.address}/"
        with watching(uri, *QUICK, *PATIENT, "--count", "4") as watch:
            assert watch.finish() == 0
    now = [line for line in watch.lines if line["type"] == "members"][-1]
    assert now["topology"] == "Sharded"
    assert {member["role"] for member in now["members"]} == {"mongos"}
    assert now["primary"] is None


def test_a_load_balancer_is_watched(watching: Callable[..., Any]) -> None:
    """Simulated: a load balancer that answers with a serviceId."""
    import bson

    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    script = played.standalone(msg="isdbgrid", serviceId=bson.ObjectId())
    with SimulatedServer(script) as balancer:
        uri = f"mongodb://{balancer.address}/?loadBalanced=true"
        with watching(uri, *QUICK, *PATIENT, "--count", "4") as watch:
            assert watch.finish() == 0
    assert [line for line in watch.lines if line["type"] == "members"][-1]["topology"] == (
        "LoadBalanced"
    )
