"""Expectations and write checks against real servers: met, unmet, and not to be confirmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.model import Remedy
from mongoping.sandbox.deployment import replica_set, standalone
from mongoping.sandbox.users import User
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Run

    Smoke = Callable[..., Run]

READER = User("reader", "r/pw", ({"role": "read", "db": "shop"},))
WRITER = User("writer", "w/pw", ({"role": "readWrite", "db": "shop"},))


@pytest.fixture(scope="module")
def with_users() -> Iterator[Any]:
    with having(), standalone(users=[User("root"), READER, WRITER]) as deployment:
        yield deployment


@pytest.fixture
def smoke(run_mongoping: Callable[..., Run]) -> Smoke:
    def run(uri: str, *args: str) -> Run:
        return run_mongoping("smoke", uri, *args, "--format", "json")

    return run


def rows(run: Run) -> dict[str, tuple[str, str]]:
    return {
        expectation["name"]: (expectation["status"], expectation["found"])
        for expectation in run.json["expectations"]
    }


def remedy(run: Run) -> str:
    """Return the first remedy of the write check, with its command."""
    (row,) = (row for row in run.json["expectations"] if row["name"] == "write-check")
    return str(Remedy(**row["remedies"][0]))


def expect(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--expect", text)]


def test_what_a_set_is_expected_to_be(replica_set: Any, smoke: Smoke) -> None:
    run = smoke(
        replica_set.uri,
        *expect("server=>=6.0,<7", "topology=replica-set", "members=3", "members=>=3", "primary"),
        *expect("all-reachable", "stable-api", "lag-s=60", "clock-skew-s=5", "connect-ms=30000"),
        *expect("p50-ms=10000", "p95-ms=10000", "p99-ms=10000"),
        *expect("read-concern=local", "write-concern=majority"),
    )
    assert run.code == 0, run.json["verdict"]
    assert {status for status, _ in rows(run).values()} == {"ok"}
    assert len(rows(run)) == 14


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("server=>=7", "6.0.5"),
        ("topology=standalone", "ReplicaSetWithPrimary"),
        ("topology=sharded", "ReplicaSetWithPrimary"),
        ("members=4", "3"),
        ("members=<3", "3"),
        ("tls-version=1.2", "no TLS"),
        ("certificate-days=1", "no TLS"),
        ("user=ada", "none: there was no login"),
        ("roles=read@shop", "no login, and no roles"),
        ("write-concern=1", "majority (the deployment's default)"),
        ("read-concern=majority", "local (the deployment's default)"),
    ],
)
def test_what_it_is_not_is_told_beside_it(
    text: str, detail: str, replica_set: Any, smoke: Smoke
) -> None:
    run = smoke(replica_set.uri, *expect(text))
    assert run.code == 18
    assert run.json["verdict"]["cause"] == "expectation.not-met"
    assert rows(run)[text.partition("=")[0]] == ("fail", detail)


def test_latency_and_time_to_connect_have_limits(mongod: Any, smoke: Smoke) -> None:
    run = smoke(mongod.uri, *expect("p50-ms=0.0001", "p99-ms=0.0001", "connect-ms=0.0001"))
    assert run.code == 18
    assert [status for status, _ in rows(run).values()] == ["fail", "fail", "fail"]


def test_a_member_that_is_down_is_unreachable_and_the_set_still_works(smoke: Smoke) -> None:
    with having(), replica_set(3) as deployment:
        deployment.servers[2].stop()
        run = smoke(deployment.uri, *expect("all-reachable", "members=3", "primary", "no-warnings"))
    assert run.code == 18
    results = rows(run)
    assert results["all-reachable"][0] == "fail"
    assert deployment.servers[2].address in results["all-reachable"][1]
    assert results["members"] == ("ok", "3")
    assert results["primary"][0] == "ok"
    assert results["no-warnings"][0] == "fail"


def test_the_options_of_the_string_come_before_the_default(replica_set: Any, smoke: Smoke) -> None:
    uri = replica_set.uri_with(w=1, readConcernLevel="majority")
    run = smoke(uri, *expect("write-concern=1", "read-concern=majority"))
    assert run.code == 0, rows(run)


def test_user_roles_and_privileges(with_users: Any, smoke: Smoke) -> None:
    uri = with_users.uri_with(user=WRITER)
    run = smoke(
        uri,
        *expect("user=writer@admin", "roles=readWrite@shop"),
        *expect("privileges=find@shop,insert@shop"),
    )
    assert run.code == 0, rows(run)
    reader = smoke(
        with_users.uri_with(user=READER),
        *expect("user=writer", "roles=readWrite@shop", "privileges=find@shop,insert@shop"),
    )
    assert reader.code == 18
    assert rows(reader)["user"] == ("fail", "reader@admin")
    assert rows(reader)["roles"] == ("fail", "read@shop")
    assert rows(reader)["privileges"] == ("fail", "missing: insert@shop")


def test_tls_version_and_certificate(mongod_tls: Any, smoke: Smoke) -> None:
    run = smoke(mongod_tls.uri, *expect("tls-version=1.2", "certificate-days=1"))
    assert run.code == 0, rows(run)
    run = smoke(mongod_tls.uri, *expect("certificate-days=99999"))
    assert run.code == 18


def test_a_fault_below_leaves_expectations_open(smoke: Smoke) -> None:
    run = smoke("mongodb://127.0.0.1:1/", *expect("members=3", "tls-version=1.2", "user=x"))
    assert run.code == 12
    assert {status for status, _ in rows(run).values()} == {"skip"}


def test_a_shallow_wait_looks_deeper_where_an_expectation_needs_it(
    mongod: Any, smoke: Smoke
) -> None:
    run = smoke(mongod.uri, "--until", "tcp", *expect("server=>=6"))
    assert run.code == 0
    assert [layer["name"] for layer in run.json["layers"]] == ["uri", "dns", "tcp", "tls", "hello"]


# The write check


def names(deployment: Any, user: User | None = None) -> tuple[set[str], list[str]]:
    """The databases, and the collections of the one that was written to."""
    with deployment.admin() as client:
        return set(client.list_database_names()), client["shop"].list_collection_names()


@pytest.mark.parametrize("database", ["shop", "a_new_one"])
def test_a_write_check_leaves_nothing_behind(database: str, replica_set: Any, smoke: Smoke) -> None:
    before = names(replica_set)
    run = smoke(replica_set.uri, "--write-check", database)
    assert run.code == 0, rows(run)
    assert rows(run)["write-check"] == ("ok", "written, read back with majority, deleted")
    assert names(replica_set) == before


def test_a_write_check_is_made_only_when_it_is_asked_for(replica_set: Any, smoke: Smoke) -> None:
    with replica_set.admin() as client:
        before = client.admin.command("serverStatus")["opcounters"]
    assert smoke(replica_set.uri, "--until", "write").code == 0
    with replica_set.admin() as client:
        after = client.admin.command("serverStatus")["opcounters"]
    assert (before["insert"], before["delete"]) == (after["insert"], after["delete"])


def test_a_collection_that_is_there_stays_there_as_it_was(with_users: Any, smoke: Smoke) -> None:
    with with_users.admin() as client:
        client["shop"]["kept"].insert_one({"_id": 1})
    run = smoke(with_users.uri_with(user=WRITER), "--write-check", "shop.kept")
    with with_users.admin() as client:
        documents = list(client["shop"]["kept"].find())
        client["shop"]["kept"].drop()
    assert run.code == 0, rows(run)
    assert documents == [{"_id": 1}]


def test_a_collection_that_is_not_there_is_not_made(with_users: Any, smoke: Smoke) -> None:
    run = smoke(with_users.uri_with(user=WRITER), "--write-check", "shop.nothere")
    assert run.code == 18
    assert "there is no collection" in rows(run)["write-check"][1]
    assert "nothere" not in names(with_users)[1]


def test_a_user_who_may_not_write_gets_the_command_that_grants_it(
    with_users: Any, smoke: Smoke
) -> None:
    run = smoke(with_users.uri_with(user=READER), "--write-check", "shop")
    assert run.code == 16
    assert run.json["verdict"]["cause"] == "auth.not-authorized"
    assert 'grantRolesToUser("reader", [{role: "readWrite", db: "shop"}])' in remedy(run)
    status, detail = rows(run)["write-check"]
    assert status == "fail"
    assert "may still be there" not in detail  # nothing was written


@pytest.mark.parametrize("user", [None, User("root")], ids=["open", "root"])
def test_a_missing_collection_is_no_missing_right(
    user: User | None, mongod: Any, with_users: Any, smoke: Smoke
) -> None:
    uri = mongod.uri if user is None else with_users.uri
    run = smoke(uri, "--write-check", "test.ux")
    assert run.code == 18
    assert "Create the collection test.ux" in remedy(run)
    assert remedy(run).endswith("--write-check test")


def test_a_majority_that_cannot_confirm_names_the_member_that_is_down(smoke: Smoke) -> None:
    """A primary, a dead secondary and an arbiter: reads work, majority writes do not."""
    with having(), replica_set([{}, {}, {"arbiterOnly": True}]) as deployment:
        deployment.servers[1].stop()
        run = smoke(deployment.uri, "--until", "primary", "--write-check", "shop")
        with deployment.admin() as client:
            collections = client["shop"].list_collection_names()
    status, detail = rows(run)["write-check"]
    assert status == "fail"
    assert "not confirmed by a majority" in detail
    assert f"down: localhost:{deployment.ports[1]}" in detail.replace("127.0.0.1", "localhost")
    assert "arbiter" in remedy(run)
    assert "readWrite" not in remedy(run)
    assert collections == []


def test_a_locked_server_is_named_and_nothing_is_written_later(smoke: Smoke) -> None:
    """fsyncLock: writes wait. They are given up by the server itself, and do not come later."""
    with having(), standalone() as deployment:
        with deployment.admin() as client:
            client.admin.command("fsync", lock=True)
        run = smoke(deployment.uri, "--write-check", "shop")
        with deployment.admin() as client:
            client.admin.command("fsyncUnlock")
            databases = client.list_database_names()
    assert "fsyncLock" in rows(run)["write-check"][1]
    assert "fsyncUnlock" in remedy(run)
    assert "shop" not in databases


def test_a_validator_that_rejects_the_document_is_no_missing_right(
    mongod: Any, smoke: Smoke
) -> None:
    with mongod.admin() as client:
        client["shop"].create_collection("strict", validator={"price": {"$type": "int"}})
        run = smoke(mongod.uri, "--write-check", "shop.strict")
        client["shop"].drop_collection("strict")
    assert run.code == 18
    assert "validator" in remedy(run)


def test_a_user_who_could_not_clean_up_writes_nothing(with_users: Any, smoke: Smoke) -> None:
    with with_users.admin() as client:
        actions = ["insert", "find", "remove", "listCollections"]
        resource = {"db": "shop", "collection": ""}
        client.admin.command(
            "createRole", "messy", privileges=[{"resource": resource, "actions": actions}], roles=[]
        )
        messy = User("messy", "m", ("messy",))
        client.admin.command(messy.command)
    before = names(with_users)
    run = smoke(with_users.uri_with(user=messy), "--write-check", "shop")
    assert run.code == 18
    assert "may not drop collections" in rows(run)["write-check"][1]
    assert names(with_users) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_write_check_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    """The server holds every insert of this database up, so the signal comes in the middle."""
    with having(), standalone(parameters={"enableTestCommands": 1}) as deployment:
        with deployment.admin() as client:
            client.admin.command(
                {
                    "configureFailPoint": "failCommand",
                    "mode": "alwaysOn",
                    "data": {
                        "failCommands": ["find"],
                        "blockConnection": True,
                        "blockTimeMS": 4000,
                        "appName": "mongoping write-check",
                    },
                }
            )
        process = subprocess.Popen(
            [sys.executable, "-m", "mongoping", "smoke", deployment.uri, "--write-check", "shop"],
            env=clean_environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        )
        _until_written(deployment)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
        with deployment.admin() as client:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        databases = names(deployment)[0]
    assert process.returncode == 130
    assert "write-check" in out
    assert "shop" not in databases


def _until_written(deployment: Any) -> None:
    """Wait until the document is there: the find that follows is held up by then."""
    deadline = time.monotonic() + 30
    with deployment.admin() as client:
        while time.monotonic() < deadline:
            for name in client["shop"].list_collection_names():
                if client["shop"][name].estimated_document_count():
                    return
            time.sleep(0.02)
    raise AssertionError("nothing was written")


def test_the_password_is_in_no_report_and_in_no_list_of_processes(
    with_users: Any, tmp_path: Path, run_mongoping: Callable[..., Run]
) -> None:
    """Every format at once, with a canary that is really used."""
    canary = "c4n4ry-of-the-cage"
    user = User("bird", canary, ({"role": "read", "db": "shop"},))
    with with_users.admin() as client:
        client.admin.command(user.command)
    forms = ("text", "json", "junit", "markdown", "github", "html", "svg", "sarif", "tap")
    reports = [part for form in forms for part in ("--report", f"{form}=out.{form}")]
    summary = tmp_path / "summary.md"
    env = {
        "MONGODB_URI": with_users.uri_with(user=user),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_ACTIONS": "true",
    }
    args = (*reports, "--write-check", "shop", "--verbose", "--wait", "1")
    run = run_mongoping("smoke", *args, env=env)
    assert run.code == 16
    texts = [run.out, run.err, summary.read_text(), *(
        (tmp_path / f"out.{form}").read_text() for form in forms
    )]  # fmt: skip
    assert len(texts) == len(forms) + 3
    for text in texts:
        assert text
        assert canary not in text


def test_the_summary_is_added_to_what_is_there(
    mongod: Any, tmp_path: Path, run_mongoping: Callable[..., Run]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    run = run_mongoping("smoke", mongod.uri, env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert run.code == 0
    text = summary.read_text()
    assert text.startswith("before\n###")
    assert "works" in text


def test_a_report_that_cannot_be_written_fails_at_the_start(
    mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", "mongodb://127.0.0.1:1/", "--wait", "60", "--report", "junit=/")
    assert run.code == 2
    assert run.out == ""
    assert "tcp.refused" not in run.err, "it connected before it opened its report"
    if os.geteuid():
        locked_file = Path("/etc/mongoping.xml")
        run = run_mongoping("smoke", mongod.uri, "--report", f"junit={locked_file}")
        assert run.code == 2
