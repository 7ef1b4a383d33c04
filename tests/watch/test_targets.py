"""Several targets, causes of silent ones, and commands that run on events."""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox.process import free_port
from mongoping.watch import hooks
from mongoping.watch.model import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

QUICK = ("--interval", "0.1", "--timeout", "20")  # a busy machine needs time to connect
LOSS = Event(1.0, "member-lost", "a:1", "a:1 is down: \x1b[31m\x00", "error", {"role": "primary"})


def test_several_targets_are_watched_at_once(
    mongod: Deployment, replica_set: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping(
        "watch", mongod.uri, replica_set.uri, *QUICK, "--count", "8", "--format", "json"
    )
    assert (run.code, run.err) == (0, "")
    names = {mongod.host, replica_set.hosts[0]}
    assert {row["target"] for row in run.json} == names
    ends = {row["target"]: row for row in run.json if row["type"] == "end"}
    assert set(ends) == names
    assert len(ends[replica_set.hosts[0]]["pings"]) == 4
    assert len(ends[mongod.host]["pings"]) == 2


def test_the_worst_target_decides_the_exit_code_and_is_named(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    dead = f"127.0.0.1:{free_port()}"
    run = run_mongoping(
        *("watch", mongod.uri, f"mongodb://{dead}/", *QUICK, "--count", "8", "--timeout", "0.2")
    )
    assert run.code == 18
    assert f"✗ {dead}: no ping was answered" in run.out
    assert any(line.startswith(f"{mongod.host}  ") for line in run.out.splitlines())


def test_the_same_host_twice_has_two_names(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("watch", mongod.uri, mongod.uri, *QUICK, "--count", "2", "--quiet")
    assert run.code == 0
    assert f"\n{mongod.host} #2\n" in run.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("mongodb://a/", "mongodb://b/", "--record", "r"), "--record takes one target"),
        (("-", "-"), "Give - only once"),
        (tuple("mongodb://a/" for _ in range(21)), "at most 20 targets"),
        (("--replay", "x", "--on-event", "true"), "remove TARGET"),
    ],
)
def test_targets_that_do_not_work_together_are_wrong_usage(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], words: str
) -> None:
    run = run_mongoping("watch", *args, "--count", "1")
    assert run.code == 2
    assert words in run.err


def test_one_bad_target_of_several_is_explained_before_any_tick(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("watch", mongod.uri, "mongodb://h:99999/", "--count", "1")
    assert run.code == 10
    assert "uri.invalid-port" in run.err
    assert run.out == ""


def test_a_dead_target_gets_its_cause_and_the_command(
    run_mongoping: Callable[..., Run], watching: Callable[..., Any]
) -> None:
    uri = f"mongodb://ada:secret-Canary@127.0.0.1:{free_port()}/"
    with watching(uri, *QUICK, "--timeout", "0.2") as watch:
        facts = watch.event("cause")["facts"]
    check = run_mongoping("check", uri, "--format", "json")
    assert facts["cause"] == check.json["verdict"]["cause"] == "tcp.refused"
    assert facts["title"] == check.json["verdict"]["title"]
    assert facts["command"] == f"mongoping check '{uri.replace('secret-Canary', '***')}'"
    assert "Canary" not in watch.out + watch.record.read_text()


def test_another_silence_has_another_cause(watching: Callable[..., Any]) -> None:
    """The same symptom, no member answers, but here another program listens."""
    from mongoping.sandbox import listeners

    with (
        listeners.Listener(listeners.ssh) as other,
        watching(f"mongodb://{other.address}/", *QUICK) as watch,
    ):
        event = watch.event("cause")
    assert event["facts"]["cause"] == "hello.not-mongodb"


def test_a_refused_login_is_not_repeated_to_find_its_cause(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    uri = f"mongodb://ada:wrong@{mongod_auth.host}/"
    run = run_mongoping("watch", uri, *QUICK, "--count", "15", "--format", "json")
    kinds = [row["kind"] for row in run.json if row["type"] == "event"]
    assert "login-refused" in kinds
    assert "cause" not in kinds


def test_a_command_runs_on_events_with_their_data(
    three: Deployment, watching: Callable[..., Any], tmp_path: Path
) -> None:
    """A member is killed and comes back; the command writes its environment to a file each."""
    seen_events = tmp_path / "events"
    seen_events.mkdir()
    command = f"env > {seen_events}/.$$ && mv {seen_events}/.$$ {seen_events}/$$"

    def events() -> list[dict[str, str]]:
        files = [path for path in seen_events.iterdir() if not path.name.startswith(".")]
        rows = [dict(line.split("=", 1) for line in f.read_text().splitlines()) for f in files]
        return sorted(rows, key=lambda row: row["MONGOPING_EVENT_AT"])

    uri = three.uri_with(appName="x")
    with watching(uri, "--interval", "0.5", "--on-event", command) as watch:
        watch.wait_until_settled()
        victim = three.servers[0]
        victim.stop()
        watch.event("election")
        watch.until(lambda: any(row["MONGOPING_EVENT"] == "primary" for row in events()), "primary")
        victim.restart()
        watch.event("member-back", victim.address)
        watch.until(lambda: any(row["MONGOPING_EVENT"] == "up" for row in events()), "up")
    by_event = {row["MONGOPING_EVENT"]: row for row in events()}
    assert by_event["down"]["MONGOPING_EVENT_HOST"] == victim.address
    assert by_event["down"]["MONGOPING_EVENT_ROLE"] == "primary"
    assert by_event["primary"]["MONGOPING_EVENT_OLD"] == victim.address
    assert by_event["primary"]["MONGOPING_EVENT_NEW"] != victim.address
    assert by_event["up"]["MONGOPING_EVENT_KIND"] == "member-back"
    assert by_event["up"]["MONGOPING_EVENT_TARGET"] == uri
    assert re.fullmatch(r"2\d{3}-.*Z", by_event["up"]["MONGOPING_EVENT_AT"])


def test_the_environment_of_a_command_has_no_password_and_no_control_characters() -> None:
    own = {"MONGOPING_PASSWORD": "x", "MONGODB_URI": "mongodb://a:b@c/", "HOME": "/h"}
    assert hooks.environment(own) == {"HOME": "/h"}
    variables = hooks.variables(LOSS, "mongodb://ada:***@a/")
    assert variables["MONGOPING_EVENT"] == "down"
    assert all("\x1b" not in text and "\0" not in text for text in variables.values())


def test_commands_that_hang_delay_nothing_and_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten events at once: four commands run, the others wait; at the end all are killed."""
    monkeypatch.setattr(hooks, "END_S", 0.2)
    command = f"echo $$ >> {tmp_path}/pids; exec sleep 60"

    async def main() -> None:
        sink = hooks.Hooks(command, "mongodb://a/")
        for _ in range(10):
            sink.tell(LOSS)
        await asyncio.to_thread(all_started)
        assert len(pids()) == hooks.MAX_RUNNING
        await sink.close()

    def all_started() -> None:
        deadline = time.monotonic() + 30
        while not (tmp_path / "pids").exists() or len(pids()) < hooks.MAX_RUNNING:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def pids() -> list[int]:
        return [int(line) for line in (tmp_path / "pids").read_text().splitlines()]

    asyncio.run(main())
    deadline = time.monotonic() + 30
    while any(runs(pid) for pid in pids()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_fails_does_not_end_the_watch(run_mongoping: Callable[..., Run]) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/"
    run = run_mongoping(
        *("watch", uri, *QUICK, "--count", "8", "--timeout", "0.2", "--quiet"),
        *("--on-event", "exit 3; no-such-command-here"),
    )
    assert run.code == 18
    assert run.err == ""
