"""The tree of real deployments; those that no mongod here can be are played, and said to be."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import played
from mongoping.sandbox.fault import faults
from mongoping.sandbox.played import Played
from tests.conftest import having
from tests.topology.conftest import DELAY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer
    from tests.conftest import Run


def member(found: dict[str, Any], host: str) -> dict[str, Any]:
    return next(one for one in found["members"] if one["host"] == host)


def roles(found: dict[str, Any]) -> dict[str, str]:
    return {one["host"]: one["role"] for one in found["members"]}


def marks(one: dict[str, Any]) -> set[str]:
    return {mark["kind"] for name in one["names"] for mark in name["marks"]}


def pings(uri: str) -> str:
    """The set's name, as PyMongo finds it by a string that was advised."""
    from pymongo import MongoClient

    client: Any = MongoClient(uri, serverSelectionTimeoutMS=20_000)
    try:
        return str(client.admin.command("hello").get("setName"))
    finally:
        client.close()


def with_password(uri: str, whole: Deployment, name: str = "ada") -> str:
    from urllib.parse import quote_plus

    return uri.replace("***", quote_plus(whole.named(name).password or ""))


def test_a_set_of_five_is_shown_with_all_that_its_configuration_has(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    found = topology(five.uri)
    addresses = [server.address for server in five.servers]
    assert roles(found) == dict(
        zip(addresses, ["primary", "secondary", "arbiter", "hidden", "delayed"], strict=True)
    )
    assert (found["type"], found["set_name"]) == ("ReplicaSetWithPrimary", "rs0")
    assert found["exit"] == 0
    rows = found["members"]
    assert [one["priority"] for one in rows] == [3, 1, 0, 0, 0]
    assert [one["votes"] for one in rows] == [1, 1, 1, 0, 0]
    assert [one["hidden"] for one in rows] == [False, False, False, True, True]
    assert rows[0]["tags"] == {"dc": "east", "use": "app"}
    assert rows[4]["delay_s"] == DELAY_S
    assert all(one["reachable"] and one["rtt_ms"] > 0 for one in rows)
    assert all(one["family"] == "ipv4" and one["version_wire"] for one in rows)
    assert rows[1]["lag_s"] is not None
    assert rows[1]["version"] == five.servers[1].mongod.version
    assert not any(marks(one) for one in rows)
    assert found["better"] is None
    assert found["notes"] == []


def test_a_monitoring_role_sees_the_whole_configuration(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    found = topology(five.uri_with(user=five.named("watcher")))
    assert len(found["members"]) == 5
    assert found["notes"] == []


def test_a_user_without_rights_sees_what_is_visible_and_what_is_not(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """Hidden members are in no hello; that they may be there is a note, and no error."""
    found = topology(five.uri_with(user=five.named("reader")))
    assert found["exit"] == 0
    assert list(roles(found).values()) == ["primary", "secondary", "arbiter"]
    assert all(one["priority"] is None for one in found["members"])
    (rights, missing) = found["notes"]
    assert "replSetGetConfig" in rights
    assert "clusterMonitor" in rights
    assert "not shown" in missing


def test_a_user_without_any_role_is_a_note_and_no_error(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """For `check` it is one: such a user can do nothing. Who is there can be seen all the same."""
    found = topology(five.uri_with(user=five.named("nobody")))
    assert (found["exit"], found["verdict"], found["status"]) == (0, None, "warn")
    assert list(roles(found).values()) == ["primary", "secondary", "arbiter"]
    assert "auth.not-authorized" in found["notes"][0]
    assert any("clusterMonitor" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("args", "selected"),
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
def test_whom_a_read_preference_selects(
    five: Deployment, topology: Callable[..., dict[str, Any]], args: tuple[str, ...], selected: Any
) -> None:
    """With localThresholdMS wide open: a loaded machine must not decide."""
    found = topology(five.uri_with(localThresholdMS=10_000), *args)
    rows = found["selection"]["members"]
    wanted = [five.servers[at].address for at in selected]
    assert [one["host"] for one in rows if one["selected"]] == wanted
    assert found["selection"]["problem"] is None


def test_the_preference_of_the_string_is_explained(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    uri = five.uri_with(readPreference="secondary", readPreferenceTags="dc:west")
    found = topology(uri)
    assert found["selection"]["mode"] == "secondary"
    assert found["selection"]["tag_sets"] == [{"dc": "west"}]


def test_tags_with_primary_are_explained_as_the_drivers_refusal(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    found = topology(five.uri, "--tags", "dc:west")
    assert "tags choose among secondaries" in found["selection"]["problem"]


def test_the_string_that_is_advised_connects(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    """One seed, without replicaSet: the advised string, with the password in it, finds the set."""
    found = topology(five.uri_with(hosts=[five.hosts[1]], replicaSet=None))
    uri = found["better"]["uri"]
    assert five.hosts[0] in uri
    assert five.hosts[1] in uri
    assert (five.password or "") not in uri
    assert pings(with_password(uri, five)) == "rs0"


def test_a_wrong_set_name_is_told_and_the_advised_string_connects(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    found = topology(five.uri_with(replicaSet="rs9"))
    assert found["exit"] == 17
    assert all("other-set" in marks(one) for one in found["members"])
    assert not any(one["eligible"] for one in found["selection"]["members"])
    assert pings(with_password(found["better"]["uri"], five)) == "rs0"


def test_a_seed_by_another_name_stands_beside_the_name_that_it_led_to(
    five: Deployment, nameserver: NameServer, topology: Callable[..., dict[str, Any]]
) -> None:
    """One host under two names: what the name server says, and what the set says."""
    nameserver.zone["published.example.test", "A"] = ["127.0.0.1"]
    seed = f"published.example.test:{five.ports[1]}"
    found = topology(five.uri_with(hosts=[seed]), *nameserver.args)
    own, alias = member(found, five.servers[1].address)["names"]
    assert (alias["host"], alias["seed"], alias["advertised"]) == (seed, True, False)
    assert [one["kind"] for one in alias["marks"]] == ["me-differs"]
    assert own["led_by"][0] == seed
    assert own["works"] is True
    assert seed not in roles(found)
    assert pings(with_password(found["better"]["uri"], five)) == "rs0"


def test_a_direct_connection_shows_the_other_members_as_well(
    five: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    uri = five.uri_with(hosts=[five.hosts[1]], replicaSet=None, directConnection=True)
    found = topology(uri)
    assert found["type"] == "Single"
    assert len(found["members"]) == 5
    assert all(one["reachable"] for one in found["members"])
    used = [one["host"] for one in found["selection"]["members"] if one["selected"]]
    assert used == [five.hosts[1]]
    assert "directConnection" not in found["better"]["uri"]


@pytest.fixture(scope="module")
def three() -> Iterator[Deployment]:
    """Three members that tests may stop, freeze and reconfigure, and leave whole again."""
    from mongoping.sandbox.deployment import replica_set

    with having(), replica_set(3) as running:
        yield running


def settled(whole: Deployment) -> None:
    """Wait until all members are back."""
    from mongoping.sandbox import replication

    def ready() -> bool:
        with whole.admin() as client:
            rows = client.admin.command("replSetGetStatus")["members"]
            return all(one["stateStr"] in replication.SETTLED for one in rows)

    replication.until(ready, "The return of the members")


def test_a_member_that_is_down_is_listed_with_the_reason(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    server = three.servers[2]
    server.stop()
    try:
        found = topology(three.uri)
    finally:
        server.restart()
        settled(three)
    lost = member(found, server.address)
    assert (lost["role"], lost["reachable"]) == ("unknown", False)
    assert marks(lost) == {"refused"}
    assert found["type"] == "ReplicaSetWithPrimary"
    assert found["exit"] == 0


def test_a_member_that_is_frozen_is_silent(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    server = three.servers[2]
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        found = topology(three.uri, "--timeout", "4")
    finally:
        os.kill(pid, signal.SIGCONT)
        settled(three)
    assert marks(member(found, server.address)) == {"silent"}
    assert roles(found)[three.servers[0].address] == "primary"


def test_a_new_configuration_is_shown_as_it_is(
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
            found = topology(three.uri_with(hosts=[three.hosts[0]]))
        finally:
            replication.change(client, undo)
    changed = member(found, three.servers[2].address)
    assert (changed["hidden"], changed["priority"]) == (True, 0)
    assert changed["tags"] == {"use": "reports"}
    assert three.servers[2].address not in found["better"]["uri"]


def test_a_deployment_that_is_gone_is_a_tree_of_what_was_asked_for(
    topology: Callable[..., dict[str, Any]],
) -> None:
    from mongoping.sandbox.process import free_port

    host = f"127.0.0.1:{free_port()}"
    found = topology(f"mongodb://{host}/")
    assert found["exit"] == 12
    assert roles(found) == {host: "unknown"}
    assert marks(member(found, host)) == {"refused"}
    assert found["verdict"]["cause"] == "tcp.refused"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("topology.direct-connection-needed", "refused"),
        ("topology.member-unresolvable", "unresolvable"),
        ("topology.member-unresolvable:secondary", "unresolvable"),
        ("topology.member-unreachable:primary", "refused"),
    ],
)
def test_a_name_of_the_set_that_does_not_work_here_stands_beside_its_seed(
    topology: Callable[..., dict[str, Any]], fault: str, kind: str
) -> None:
    with having(), faults()[fault].make() as made:
        found = topology(made.uri, *made.args)
        bad = [one for one in found["members"] if kind in marks(one)]
        assert bad, roles(found)
        (name,) = [one for one in bad[0]["names"] if one["works"] is False]
        assert name["advertised"] is True
        assert name["led_by"]
        if fault == "topology.direct-connection-needed":
            assert "directConnection=true" in found["better"]["uri"]
            assert pings(found["better"]["uri"]) == "rs0"


def test_a_certificate_that_does_not_cover_a_name_of_the_set_is_marked(
    certificates: Certificates, topology: Callable[..., dict[str, Any]]
) -> None:
    """The seed is localhost, which the certificate is for; the set says 127.0.0.1."""
    from mongoping.sandbox.deployment import ServerTls, replica_set

    tls = ServerTls(certificates.server("localhost", days=40), certificates.authority)
    with having(), replica_set(1, tls=tls) as whole:
        seed = f"localhost:{whole.ports[0]}"
        found = topology(whole.uri_with(hosts=[seed]))
    (one,) = found["members"]
    assert one["host"] == whole.servers[0].address
    assert one["via"] == seed
    assert marks(one) == {"certificate", "me-differs"}
    assert 38 < one["certificate_days"] <= 40


def test_an_srv_name_is_told_with_the_string_that_it_means(
    three: Deployment, nameserver: NameServer, topology: Callable[..., dict[str, Any]]
) -> None:
    """SRV, TXT and addresses are real answers; the advised string connects without them."""
    name = "db.cluster.example.test"
    rows = [f"0 0 {port} node{at}.cluster.example.test." for at, port in enumerate(three.ports)]
    nameserver.zone[f"_mongodb._tcp.{name}", "SRV"] = rows
    nameserver.zone[name, "TXT"] = ['"replicaSet=rs0"']
    for at in range(3):
        nameserver.zone[f"node{at}.cluster.example.test", "A"] = ["127.0.0.1"]
    found = topology(f"mongodb+srv://{name}/?tls=false", *nameserver.args)
    text = found["without_srv"]
    assert text.startswith("mongodb://node")
    assert "tls=false" in text
    assert "replicaSet=rs0" in text
    for at in range(3):
        text = text.replace(f"node{at}.cluster.example.test", "127.0.0.1")
    assert pings(text) == "rs0"


def test_two_mongos_are_members_of_a_sharded_deployment(
    topology: Callable[..., dict[str, Any]],
) -> None:
    """Played: no mongos can be had here."""
    script = played.standalone(msg="isdbgrid")
    with Played(script) as one, Played(script) as two:
        found = topology(f"mongodb://{one.address},{two.address}/?localThresholdMS=10000")
        named = topology(f"mongodb://{one.address}/?replicaSet=rs0")
    assert found["type"] == "Sharded"
    assert set(roles(found).values()) == {"mongos"}
    assert sum(row["selected"] for row in found["selection"]["members"]) == 2
    assert named["better"]["uri"] == f"mongodb://{one.address}/"


def test_a_load_balancer_is_the_one_server(topology: Callable[..., dict[str, Any]]) -> None:
    """Played: a load balancer that answers with a serviceId."""
    import bson

    script = played.standalone(msg="isdbgrid", serviceId=bson.ObjectId())
    with Played(script) as one:
        found = topology(f"mongodb://{one.address}/?loadBalanced=true")
    assert found["type"] == "LoadBalanced"
    assert roles(found) == {one.address: "load-balancer"}
    assert [row["selected"] for row in found["selection"]["members"]] == [True]
    assert "load balancer" in found["selection"]["note"]


def test_a_hello_that_means_harm_is_shown_and_not_obeyed(run_mongoping: Callable[..., Run]) -> None:
    """Played: names and tags full of control characters and markup."""
    evil = "\x1b[2J[red]x\r\n\u202e:27017"
    script = played.standalone(
        setName="rs\x1b[31m", hosts=[evil, "{me}"], me=evil, secondary=True, tags={"a\x1b": "[b]"}
    )
    with Played(script) as one:
        done = run_mongoping("topology", f"mongodb://{one.address}/?directConnection=true")
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert "\\x1b" in done.out
    assert "[red]" in done.out


def test_after_a_step_down_the_tree_has_another_primary(
    three: Deployment, topology: Callable[..., dict[str, Any]]
) -> None:
    from contextlib import suppress

    from pymongo.errors import PyMongoError

    from mongoping.sandbox import replication

    def primary() -> str | None:
        with three.admin(1) as client:
            rows = client.admin.command("replSetGetStatus")["members"]
            return next((one["name"] for one in rows if one["stateStr"] == "PRIMARY"), None)

    old = primary()
    at = [server.address for server in three.servers].index(str(old))
    with three.admin(at) as client, suppress(PyMongoError):
        client.admin.command({"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10})
    replication.until(lambda: primary() not in (old, None), "Another primary")
    settled(three)
    found = topology(three.uri)
    new = primary()
    assert new != old
    assert roles(found)[str(old)] == "secondary"
    assert [host for host, role in roles(found).items() if role == "primary"] == [new]
    assert [one["host"] for one in found["selection"]["members"] if one["selected"]] == [new]
