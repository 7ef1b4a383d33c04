"""Members of real replica sets that are not what a connection string takes them for."""

from __future__ import annotations

import json
import secrets
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import deployment, replication
from mongoping.sandbox.users import User
from tests.checks.real import check_uri
from tests.conftest import having
from tests.middleboxes import haproxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.model import Finding, Report
    from mongoping.sandbox.deployment import Deployment

RUNS = 8  # a member is met by chance: one run says nothing about the next


def findings(report: Report) -> dict[str, Finding]:
    return {finding.cause: finding for layer in report.layers for finding in layer.findings}


def verdict(report: Report) -> str | None:
    return report.verdict.cause if report.verdict else None


def direct(replicas: Deployment, member: int, **options: object) -> str:
    address = replicas.servers[member].address
    return replicas.uri_with([address], replicaSet=None, directConnection=True, **options)


def test_a_secondary_by_itself_is_healthy_with_a_note(replica_set: Deployment) -> None:
    """Checking each member of a set is what monitoring does."""
    _, report = check_uri(direct(replica_set, 1))
    assert report.exit_code() == 0
    note = findings(report)["topology.not-primary"]
    assert note.severity == "info"
    assert replica_set.servers[0].address in note.detail
    _, report = check_uri(direct(replica_set, 1, w="majority"))
    assert (report.exit_code(), verdict(report)) == (17, "topology.not-primary")


@pytest.fixture(scope="module")
def odd_set() -> Iterator[Deployment]:
    """A set with users, an arbiter and a hidden member."""
    rows = [{}, {"arbiterOnly": True}, {"priority": 0, "hidden": True}]
    with having(), deployment.replica_set(rows, users=[User("ada")]) as running:
        yield running


def test_an_arbiter_is_named_as_the_cause_of_what_it_refuses(odd_set: Deployment) -> None:
    """It has no users, so the driver's ping ends with a refused login (code 18)."""
    evidence, report = check_uri(direct(odd_set, 1))
    refusal = evidence.failure("ping")
    assert refusal is not None
    assert refusal.code == 18
    assert (report.exit_code(), verdict(report)) == (17, "topology.not-primary")
    assert "an arbiter" in report.verdict.evidence[0]  # type: ignore[union-attr]


def test_a_hidden_member_by_itself_is_healthy(odd_set: Deployment) -> None:
    _, report = check_uri(direct(odd_set, 2))
    assert report.exit_code() == 0
    assert findings(report)["topology.not-primary"].severity == "info"


def test_hidden_members_count_for_the_write_concern(odd_set: Deployment) -> None:
    """hello lists one member with data. The configuration has another one, which is hidden."""
    _, report = check_uri(odd_set.uri_with(user=odd_set.keeper, w=2, authSource="admin"))
    assert "topology.write-concern-unsatisfiable" not in findings(report)
    _, report = check_uri(odd_set.uri_with(user=odd_set.keeper, w=3, authSource="admin"))
    warning = findings(report)["topology.write-concern-unsatisfiable"]
    assert "the set rs0 has 2: every write" in warning.detail


def test_the_name_of_a_write_concern_mode_has_to_be_defined(replica_set: Deployment) -> None:
    _, report = check_uri(replica_set.uri_with(w="twoDc"))
    assert report.exit_code() == 0
    assert "does not define" in findings(report)["topology.write-concern-unsatisfiable"].detail


def test_a_member_in_maintenance_is_a_warning_for_the_set_and_an_error_by_itself() -> None:
    with having(), deployment.replica_set(3) as replicas, replicas.admin(2) as client:
        client.admin.command("replSetMaintenance", True)
        _, of_set = check_uri(replicas.uri)
        _, alone = check_uri(direct(replicas, 2))
    assert of_set.exit_code() == 0
    warning = findings(of_set)["topology.member-not-ready"]
    assert warning.hosts == (replicas.servers[2].address,)
    assert "is in state RECOVERING and serves no reads; its last write is from" in warning.detail
    assert (alone.exit_code(), verdict(alone)) == (17, "topology.member-not-ready")


def test_a_member_in_its_initial_sync_has_no_data_yet() -> None:
    """A failpoint of the server holds the sync, so that it lasts as long as the test."""
    hang = "failpoint.initialSyncHangBeforeCopyingDatabases"
    with having(), deployment.replica_set(3, parameters={"enableTestCommands": 1}) as replicas:
        server = replicas.servers[2]
        server.stop()
        shutil.rmtree(server.folder / "data")
        server._options += ["--setParameter", f"{hang}={json.dumps({'mode': 'alwaysOn'})}"]
        server.spawn(server.port)
        server.wait()
        with replicas.admin(2) as client:
            replication.until(
                lambda: client.admin.command("hello").get("setName") == "rs0", "The first heartbeat"
            )
        _, report = check_uri(replicas.uri)
    assert report.exit_code() == 0
    findings_of_set = findings(report)
    assert "is in state STARTUP2 and serves no reads; it has no data yet" in (
        findings_of_set["topology.member-not-ready"].detail
    )
    assert "initialSyncStatus" in str(
        findings_of_set["topology.member-not-ready"].match.remedies[0]
    )
    assert "topology.replication-lag" not in findings_of_set


def test_a_member_with_another_key_file_is_told_apart_from_one_in_maintenance(
    tmp_path: Path,
) -> None:
    """With permission to read the set's state; without it, the keyFile is one alternative."""
    with having(), deployment.replica_set(3, users=[User("ada", roles=("read",))]) as replicas:
        server = replicas.servers[2]
        server.stop()
        key = tmp_path / "key"
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32))
        server._options[server._options.index("--keyFile") + 1] = str(key)
        server.spawn(server.port)
        server.wait()
        with replicas.admin() as client:
            replication.until(
                lambda: any(
                    member.get("authenticated") is False
                    for member in client.admin.command("replSetGetStatus")["members"]
                ),
                "The first heartbeat",
            )
        with replicas.admin(2) as client:
            replication.until(
                lambda: (
                    client.admin.command("hello").get("setName") == "rs0"
                    and not client.admin.command("hello")["secondary"]
                ),
                "The loss of its role",
            )
        _, with_login = check_uri(replicas.uri_with(user=replicas.keeper, authSource="admin"))
        _, without_login = check_uri(replicas.uri)
    with_detail = findings(with_login)["topology.member-not-ready"]
    assert "cannot authenticate to each other" in with_detail.detail
    assert "same keyFile" in str(with_detail.match.remedies[0])
    without_detail = findings(without_login)["topology.member-not-ready"]
    assert "login" not in without_detail.detail
    assert with_login.exit_code() == without_login.exit_code() == 0


def test_one_address_in_front_of_three_members_has_one_verdict_in_every_run(
    replica_set: Deployment, tmp_path: Path
) -> None:
    """HAProxy takes the members in turn, so which one is met first differs from run to run."""
    lines = [f"server m{number} 127.0.0.1:{port}" for number, port in enumerate(replica_set.ports)]
    with haproxy(tmp_path, "balance roundrobin", *lines) as port:
        uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        reports = [check_uri(uri)[1] for _ in range(RUNS)]
    assert {verdict(report) for report in reports} == {"topology.unexpected"}
    assert {report.exit_code() for report in reports} == {17}
    for report in reports:
        assert "reach different servers" in report.verdict.evidence[0]  # type: ignore[union-attr]


def test_one_address_in_front_of_one_member_is_no_fault(
    replica_set: Deployment, tmp_path: Path
) -> None:
    """The member calls itself by another name here too, as behind any forwarded port."""
    with haproxy(tmp_path, f"server m 127.0.0.1:{replica_set.ports[0]}") as port:
        evidence, report = check_uri(f"mongodb://127.0.0.1:{port}/?directConnection=true")
    answers = evidence.data("members").answers[f"127.0.0.1:{port}"]
    assert len(answers) > 2
    assert len({answer.process for answer in answers}) == 1
    assert report.exit_code() == 0
    assert "topology.unexpected" not in findings(report)


def test_names_that_lead_to_another_set_of_the_same_name_are_a_warning() -> None:
    """The driver works, but with the server of this machine instead of the one that was named."""
    from mongoping.sandbox import listeners
    from mongoping.sandbox.process import free_port

    port = free_port()
    name = [{"host": f"localhost:{port}"}]
    with ExitStack() as stack:
        stack.enter_context(having())
        there, here = (
            stack.enter_context(deployment.replica_set(1, initiate=False)).servers[0]
            for _ in range(2)
        )
        for server in (there, here):
            forwarding = listeners.forward("127.0.0.1", server.port)
            with listeners.Listener(forwarding, port=port):
                config = replication.configuration("rs0", [server], name)
                replication.initiate(server, config, None)
        stack.enter_context(
            listeners.Listener(listeners.forward("127.0.0.1", here.port), port=port)
        )
        _, report = check_uri(f"mongodb://{there.address}/?replicaSet=rs0")
    by_cause: Any = findings(report)
    causes = {"topology.unexpected", "topology.direct-connection-needed"} & {*by_cause}
    assert len(causes) == 1, by_cause
    assert f"from this machine a different server answers at localhost:{port} (primary of rs0)" in (
        by_cause[causes.pop()].detail
    )


def test_a_config_server_is_not_taken_for_the_deployment() -> None:
    """Started by hand: its configuration has to say configsvr."""
    with (
        having(),
        deployment.replica_set(1, initiate=False, extra=["--configsvr"]) as config_server,
    ):
        server = config_server.servers[0]
        config = replication.configuration("rs0", config_server.servers, [{}])
        replication.initiate(server, {**config, "configsvr": True}, None)
        _, report = check_uri(config_server.uri)
    assert report.exit_code() == 0
    assert "is a config server" in findings(report)["topology.unexpected"].detail


def test_one_address_in_front_of_independent_servers(
    mongod: Deployment, mongod_auth: Deployment, tmp_path: Path
) -> None:
    """Standalone servers have no name of their own; their processes differ, by turns."""
    lines = [
        f"server m{number} 127.0.0.1:{server.ports[0]}"
        for number, server in enumerate((mongod, mongod_auth))
    ]
    with haproxy(tmp_path, "balance roundrobin", *lines) as port:
        evidence, report = check_uri(f"mongodb://127.0.0.1:{port}/")
    processes = [answer.process for answer in evidence.data("members").answers[f"127.0.0.1:{port}"]]
    assert len({*processes}) == 2
    assert findings(report)["topology.unexpected"].severity == "error"
    assert report.exit_code() in (16, 17)  # one of the two servers requires a login


def test_a_member_that_was_removed_is_a_warning_where_the_others_serve() -> None:
    with having(), deployment.replica_set(3) as replicas:

        def without_the_last(config: dict[str, Any]) -> dict[str, Any]:
            return {**config, "members": config["members"][:2]}

        with replicas.admin() as client, replicas.admin(2) as client_of_third:
            replication.change(client, without_the_last)
            replication.until(
                lambda: bool(client_of_third.admin.command("hello").get("isreplicaset")),
                "The removal",
            )
        _, report = check_uri(replicas.uri)
    assert report.exit_code() == 0
    warning = findings(report)["topology.not-initialized"]
    assert warning.severity == "warning"
    assert "it has moved to another address or port, or it was removed" in warning.detail
    assert not any("rs.initiate" in remedy for remedy in map(str, warning.match.remedies))


def test_a_moved_member_that_requires_a_login_is_not_told_to_initiate_first() -> None:
    """replSetGetStatus is refused without a login, so whether it was initiated is unknown."""
    from mongoping.sandbox.process import free_port

    with having(), deployment.replica_set(1, users=[User("ada")]) as replicas:
        server = replicas.servers[0]
        server.stop()
        server.spawn(free_port())
        server.wait()
        _, of_set = check_uri(replicas.uri_with([server.address]))
        _, by_itself = check_uri(direct(replicas, 0))
    for report in (of_set, by_itself):
        assert report.verdict is not None
        assert (report.verdict.cause, report.exit_code()) == ("topology.not-initialized", 17)
        assert "rs.initiate" not in str(report.verdict.remedies[0])
    assert "is unknown" in of_set.verdict.evidence[0]  # type: ignore[union-attr]
