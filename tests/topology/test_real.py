"""Trees of real deployments, and of simulated ones where the test says so."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import having
from tests.topology.conftest import DELAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer
from tests.topology.reports import marks, member, roles, set_name_by_pymongo


def with_password(uri: str, deployment: Deployment, name: str = "ada") -> str:
    from urllib.parse import quote_plus

    return uri.replace("***", quote_plus(deployment.named(name).password or ""))


def test_a_set_of_five_shows_its_configuration(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    report = topology(five.uri)
    addresses = [server.address for server in five.servers]
    assert roles(report) == dict(
        zip(addresses, ["primary", "secondary", "arbiter", "hidden", "delayed"], strict=True)
    )
    assert (report["type"], report["set_name"]) == ("ReplicaSetWithPrimary", "rs0")
    assert report["exit"] == 0
    rows = report["members"]
    assert [row["priority"] for row in rows] == [3, 1, 0, 0, 0]
    assert [row["votes"] for row in rows] == [1, 1, 1, 0, 0]
    assert [row["hidden"] for row in rows] == [False, False, False, True, True]
    assert rows[0]["tags"] == {"dc": "east", "use": "app"}
    assert rows[4]["delay_s"] == DELAY_S
    assert all(row["reachable"] and row["rtt_ms"] > 0 for row in rows)
    assert all(row["family"] == "ipv4" and row["version_wire"] for row in rows)
    assert rows[1]["lag_s"] is not None
    assert rows[1]["version"] == five.servers[1].mongod.version
    assert not any(marks(row) for row in rows)
    assert report["better"] is None
    assert report["notes"] == []


def test_a_monitoring_role_can_read_the_configuration(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    report = topology(five.uri_with(user=five.named("watcher")))
    assert len(report["members"]) == 5
    assert report["notes"] == []


def test_a_user_without_rights_gets_a_note_about_what_is_missing(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """Hidden members are in no hello reply; a note says that they are not shown."""
    report = topology(five.uri_with(user=five.named("reader")))
    assert report["exit"] == 0
    assert list(roles(report).values()) == ["primary", "secondary", "arbiter"]
    assert all(row["priority"] is None for row in report["members"])
    (rights, missing) = report["notes"]
    assert "replSetGetConfig" in rights
    assert "clusterMonitor" in rights
    assert "not shown" in missing


def test_a_user_without_any_role_is_a_note_not_an_error(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """For `check` this is an error, because such a user can do nothing."""
    report = topology(five.uri_with(user=five.named("roleless")))
    assert (report["exit"], report["verdict"], report["status"]) == (0, None, "warn")
    assert list(roles(report).values()) == ["primary", "secondary", "arbiter"]
    assert "auth.not-authorized" in report["notes"][0]
    assert any("clusterMonitor" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("args", "indexes"),
    [
        ((), [0]),
        (("--read-preference", "secondary"), [1]),
        (("--read-preference", "nearest"), [0, 1]),
        (("--read-preference", "nearest", "--tags", "dc:east"), [0]),
        (("--read-preference", "secondary", "--tags", "dc:north", "--tags", "dc:west"), [1]),
        (("--read-preference", "secondary", "--tags", "use:backup"), []),
        (("--read-preference", "secondaryPreferred", "--tags", "dc:north"), [0]),
        (("--read-preference", "SECONDARYPREFERRED", "--max-staleness", "120"), [1]),
    ],
)
def test_a_read_preference_selects_members(
    five: Deployment, topology: Callable[..., dict[str, Any]], args: tuple[str, ...], indexes: Any
) -> None:
    """localThresholdMS is large, so that load on this machine does not matter."""
    report = topology(five.uri_with(localThresholdMS=10_000), *args)
    rows = report["selection"]["members"]
    expected = [five.servers[at].address for at in indexes]
    assert [row["host"] for row in rows if row["selected"]] == expected
    assert report["selection"]["problem"] is None


def test_the_preference_in_the_string_is_explained(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    uri = five.uri_with(readPreference="secondary", readPreferenceTags="dc:west")
    report = topology(uri)
    assert report["selection"]["mode"] == "secondary"
    assert report["selection"]["tag_sets"] == [{"dc": "west"}]


def test_tags_with_primary_are_a_problem(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    report = topology(five.uri, "--tags", "dc:west")
    assert "tag sets cannot be combined" in report["selection"]["problem"]


def test_the_suggested_string_connects(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """The given string has one seed and no replicaSet."""
    report = topology(five.uri_with(hosts=[five.hosts[1]], replicaSet=None))
    uri = report["better"]["uri"]
    assert five.hosts[0] in uri
    assert five.hosts[1] in uri
    assert (five.password or "") not in uri
    assert set_name_by_pymongo(with_password(uri, five)) == "rs0"


def test_a_wrong_set_name_is_marked_and_the_suggested_string_connects(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    report = topology(five.uri_with(replicaSet="rs9"))
    assert report["exit"] == 17
    assert all("other-set" in marks(row) for row in report["members"])
    assert not any(row["eligible"] for row in report["selection"]["members"])
    assert set_name_by_pymongo(with_password(report["better"]["uri"], five)) == "rs0"


def test_a_seed_with_another_name_is_listed_below_its_member(
    five: Deployment, nameserver: NameServer, topology: Callable[..., dict[str, Any]]
) -> None:
    """One host has two names: one in DNS, one in the set."""
    nameserver.zone["published.example.test", "A"] = ["127.0.0.1"]
    seed = f"published.example.test:{five.ports[1]}"
    report = topology(five.uri_with(hosts=[seed]), *nameserver.args)
    own, alias = member(report, five.servers[1].address)["names"]
    assert (alias["host"], alias["seed"], alias["advertised"]) == (seed, True, False)
    assert [row["kind"] for row in alias["marks"]] == ["me-differs"]
    assert own["led_by"][0] == seed
    assert own["works"] is True
    assert seed not in roles(report)
    assert set_name_by_pymongo(with_password(report["better"]["uri"], five)) == "rs0"


def test_a_direct_connection_shows_the_other_members_too(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    uri = five.uri_with(hosts=[five.hosts[1]], replicaSet=None, directConnection=True)
    report = topology(uri)
    assert report["type"] == "Single"
    assert len(report["members"]) == 5
    assert all(row["reachable"] for row in report["members"])
    hosts = [row["host"] for row in report["selection"]["members"] if row["selected"]]
    assert hosts == [five.hosts[1]]
    assert "directConnection" not in report["better"]["uri"]


@pytest.fixture(scope="module")
def three() -> Iterator[Deployment]:
    """Provide three members; tests may stop, freeze or reconfigure them, and restore them."""
    from mongoping.sandbox.deployment import replica_set

    with having(), replica_set(3) as running:
        yield running


def wait_until_settled(deployment: Deployment) -> None:
    """Wait until all members are back in a stable state."""
    from mongoping.sandbox import replication

    def ready() -> bool:
        with deployment.admin() as client:
            rows = client.admin.command("replSetGetStatus")["members"]
            return all(row["stateStr"] in replication.SETTLED_STATES for row in rows)

    replication.until(ready, "The return of the members")


def test_a_member_that_is_down_is_listed_with_a_reason(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    server = three.servers[2]
    server.stop()
    try:
        report = topology(three.uri)
    finally:
        server.restart()
        wait_until_settled(three)
    entry = member(report, server.address)
    assert (entry["role"], entry["reachable"]) == ("unknown", False)
    assert marks(entry) == {"refused"}
    assert report["type"] == "ReplicaSetWithPrimary"
    assert report["exit"] == 0


def test_a_frozen_member_is_marked_silent(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    server = three.servers[2]
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        report = topology(three.uri, "--timeout", "12")
    finally:
        os.kill(pid, signal.SIGCONT)
        wait_until_settled(three)
    assert marks(member(report, server.address)) == {"silent"}
    assert roles(report)[three.servers[0].address] == "primary"


def test_a_changed_configuration_is_shown(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    from mongoping.sandbox import replication

    def edit(config: dict[str, Any]) -> dict[str, Any]:
        config["members"][2] |= {"priority": 0, "hidden": True, "tags": {"use": "reports"}}
        return config

    def undo(config: dict[str, Any]) -> dict[str, Any]:
        config["members"][2] |= {"priority": 1, "hidden": False, "tags": {}}
        return config

    with three.admin() as client:
        replication.change(client, edit)
        try:
            report = topology(three.uri_with(hosts=[three.hosts[0]]))
        finally:
            replication.change(client, undo)
    entry = member(report, three.servers[2].address)
    assert (entry["hidden"], entry["priority"]) == (True, 0)
    assert entry["tags"] == {"use": "reports"}
    assert three.servers[2].address not in report["better"]["uri"]


def test_after_a_step_down_the_tree_shows_the_new_primary(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    from contextlib import suppress

    from pymongo.errors import PyMongoError

    from mongoping.sandbox import replication

    def primary() -> str | None:
        with three.admin(1) as client:
            rows = client.admin.command("replSetGetStatus")["members"]
            return next((row["name"] for row in rows if row["stateStr"] == "PRIMARY"), None)

    old = primary()
    at = [server.address for server in three.servers].index(str(old))
    with three.admin(at) as client, suppress(PyMongoError):
        client.admin.command({"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10})
    replication.until(lambda: primary() not in (old, None), "Another primary")
    wait_until_settled(three)
    report = topology(three.uri)
    new = primary()
    assert new != old
    assert roles(report)[str(old)] == "secondary"
    assert [host for host, role in roles(report).items() if role == "primary"] == [new]
    assert [row["host"] for row in report["selection"]["members"] if row["selected"]] == [new]


def test_an_srv_string_has_an_equivalent_that_connects(
    three: Deployment, nameserver: NameServer, topology: Callable[..., dict[str, Any]]
) -> None:
    """A real name server answers for SRV, TXT and A records."""
    name = "db.cluster.example.test"
    rows = [f"0 0 {port} node{at}.cluster.example.test." for at, port in enumerate(three.ports)]
    nameserver.zone[f"_mongodb._tcp.{name}", "SRV"] = rows
    nameserver.zone[name, "TXT"] = ['"replicaSet=rs0"']
    for at in range(3):
        nameserver.zone[f"node{at}.cluster.example.test", "A"] = ["127.0.0.1"]
    report = topology(f"mongodb+srv://{name}/?tls=false", *nameserver.args)
    text = report["without_srv"]
    assert text.startswith("mongodb://node")
    assert "tls=false" in text
    assert "replicaSet=rs0" in text
    for at in range(3):
        text = text.replace(f"node{at}.cluster.example.test", "127.0.0.1")
    assert set_name_by_pymongo(text) == "rs0"
