"""Real servers that become ready late: the wait ends after that moment, never before.

Moments are those of mongod's own log, or of the command that changed something. Each change is
made once the progress on standard error shows that an attempt has failed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import replication
from mongoping.sandbox.deployment import replica_set, standalone
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.nameserver import srv
from mongoping.sandbox.process import Server, free_port
from mongoping.sandbox.users import User
from tests.conftest import clean_environment, having
from tests.smoke.conftest import end_of, log_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Run
    from tests.smoke.conftest import Wait

    Waiting = Callable[..., Wait]

pytestmark = pytest.mark.server

LISTENS = 23016  # mongod: "Waiting for connections"
PRIMARY = 21331  # mongod: "Transition to primary complete"
PATIENCE = ("--wait", "60", "--format", "json")
CLOCK = timedelta(milliseconds=5)  # mongod logs whole milliseconds


def ready_after(wait: Wait, moment: datetime) -> dict[str, Any]:
    """Return the report of a wait that ended well, and not before ``moment``."""
    run = wait.finish()
    assert run.code == 0, run.err
    report: dict[str, Any] = run.json
    assert report["waiting"]["ready"]
    assert end_of(report) >= moment - CLOCK, "ready before it was true"
    return report


@contextmanager
def unborn() -> Iterator[tuple[Server, int]]:
    """A server that is not yet started, and its port."""
    with having():
        server = Server(find_mongod())
        try:
            yield server, free_port()
        finally:
            server.remove()


@pytest.mark.parametrize("depth", ["tcp", "hello"])
def test_a_server_that_is_started_late(depth: str, waiting: Waiting) -> None:
    with unborn() as (server, port):
        wait = waiting(f"mongodb://127.0.0.1:{port}/", "--until", depth, *PATIENCE)
        wait.until("tcp.refused")
        start = datetime.now(UTC)
        server.spawn(port)
        report = ready_after(wait, start)
    assert report["waiting"]["changes"][0]["cause"] == "tcp.refused"
    layers = [layer["name"] for layer in report["layers"]]
    assert layers == ["uri", "dns", "tcp"] + (["tls", "hello"] if depth == "hello" else [])


def test_a_set_that_is_initiated_late(waiting: Waiting) -> None:
    with having(), replica_set(1, initiate=False) as deployment:
        wait = waiting(deployment.uri, "--until", "primary", *PATIENCE)
        wait.until("topology.not-initialized")
        config = replication.configuration("rs0", deployment.servers, [{}])
        replication.initiate(deployment.servers[0], config, None)
        (moment,) = log_times(deployment.servers[0], PRIMARY)
        report = ready_after(wait, moment)
    causes = [change["cause"] for change in report["waiting"]["changes"]]
    assert causes[0] == "topology.not-initialized"
    assert causes[-1] is None


def test_a_primary_that_is_elected_late(waiting: Waiting) -> None:
    """One member of three cannot be elected; a second one brings the majority back."""
    with having(), replica_set(3) as deployment:
        first, second, third = deployment.servers
        first.stop()
        second.stop()
        before = len(log_times(third, PRIMARY))
        wait = waiting(deployment.uri, "--until", "primary", *PATIENCE)
        wait.until("topology.no-primary")
        second.restart()
        run = wait.finish()
        moments = log_times(second, PRIMARY) + log_times(third, PRIMARY)[before:]
    assert run.code == 0, run.err
    assert end_of(run.json) >= min(moments) - CLOCK, "ready before it was true"
    assert "topology.no-primary" in [change["cause"] for change in run.json["waiting"]["changes"]]


@pytest.fixture(scope="module")
def with_users() -> Iterator[Any]:
    with having(), standalone(auth=True, users=[User("root")]) as deployment:
        yield deployment


def test_a_user_who_is_created_late(with_users: Any, waiting: Waiting) -> None:
    user = User("late", "pass/word", ({"role": "readWrite", "db": "shop"},))
    wait = waiting(with_users.uri_with(user=user), "--until", "auth", *PATIENCE)
    wait.until("auth.user-not-found")
    report = ready_after(wait, _create(with_users, user))
    causes = [change["cause"] for change in report["waiting"]["changes"]]
    assert causes[0] == "auth.user-not-found"
    assert causes[-1] is None


def _create(deployment: Any, user: User) -> datetime:
    """Create a user; return the moment before which there was none."""
    with deployment.admin() as client:
        moment = datetime.now(UTC)
        client[user.database].command(user.command)
    return moment


def test_a_right_to_write_that_is_granted_late(with_users: Any, waiting: Waiting) -> None:
    user = User("reader", "x", ({"role": "read", "db": "shop"},))
    _create(with_users, user)
    uri = with_users.uri_with(user=user).replace("/?", "/shop?authSource=admin&").rstrip("&")
    uri = uri if "/shop" in uri else uri.rstrip("/") + "/shop?authSource=admin"
    wait = waiting(uri, "--until", "write", *PATIENCE)
    wait.until("auth.not-authorized")
    with with_users.admin() as client:
        moment = datetime.now(UTC)
        role = {"role": "readWrite", "db": "shop"}
        client.admin.command("grantRolesToUser", user.name, roles=[role])
    report = ready_after(wait, moment)
    assert report["waiting"]["changes"][0]["cause"] == "auth.not-authorized"


def test_a_restart_within_the_time_of_stability_starts_it_again(waiting: Waiting) -> None:
    """The first start of an image: a server that replies, stops, and starts again."""
    with unborn() as (server, port):
        server.spawn(port)
        server.wait()
        wait = waiting(f"mongodb://127.0.0.1:{port}/", "--stable-for", "4", *PATIENCE)
        wait.until("ready")
        server.restart()
        moment = log_times(server, LISTENS)[-1]
        report = ready_after(wait, moment + timedelta(seconds=3.5))
    assert report["waiting"]["stable_s"] == 4
    assert len(report["waiting"]["changes"]) >= 2


@pytest.mark.parametrize("depth", ["tcp", "hello", "primary", "auth", "write"])
def test_what_never_comes_is_given_up_with_the_last_verdict(
    depth: str, run_mongoping: Callable[..., Run]
) -> None:
    """The exit code is that of the layer; what stood in the way is told on standard error."""
    run = run_mongoping(
        "smoke", f"mongodb://127.0.0.1:{free_port()}/", "--until", depth, "--wait", "1",
        "--format", "json",
    )  # fmt: skip
    assert run.code == 12
    assert run.json["verdict"]["cause"] == "tcp.refused"
    assert run.json["waiting"]["took_s"] > 0.9  # the wait is cut short by a tick
    assert run.json["waiting"]["attempts"] > 1
    assert "tcp.refused" in run.err
    assert run.err.count("\n") == 1, "only what changes is told"


def test_a_set_without_a_primary_is_not_ready_although_hello_is_answered(
    run_mongoping: Callable[..., Run],
) -> None:
    with having(), replica_set(1, initiate=False) as deployment:
        args = ("--wait", "1", "--format", "json")
        uri = f"mongodb://{deployment.host}/"
        hello = run_mongoping("smoke", uri, "--until", "hello", *args)
        primary = run_mongoping("smoke", uri, "--until", "primary", *args)
    assert hello.code == 0, hello.json["verdict"]
    assert primary.code == 17
    assert primary.json["verdict"]["cause"] == "topology.not-initialized"


def test_a_secondary_alone_is_healthy_and_takes_no_writes(
    replica_set: Any, run_mongoping: Callable[..., Run]
) -> None:
    uri = f"mongodb://{replica_set.servers[1].address}/?directConnection=true"
    uri += "&readPreference=secondary"
    assert run_mongoping("smoke", uri, "--format", "json").code == 0
    run = run_mongoping("smoke", uri, "--until", "primary", "--format", "json")
    assert run.code == 17
    assert run.json["verdict"]["cause"] == "topology.not-primary"


def test_a_wrong_password_ends_the_wait_at_once(
    with_users: Any, run_mongoping: Callable[..., Run]
) -> None:
    uri = with_users.uri_with(user=User("root", "wrong-canary"))
    run = run_mongoping("smoke", uri, *PATIENCE)
    assert run.code == 16
    assert run.json["verdict"]["cause"] == "auth.failed"
    assert run.json["waiting"]["attempts"] == 1
    assert "wrong-canary" not in run.out + run.err


def test_keep_waiting_outlasts_a_wrong_password(
    with_users: Any, run_mongoping: Callable[..., Run]
) -> None:
    uri = with_users.uri_with(user=User("root", "wrong"))
    run = run_mongoping("smoke", uri, "--wait", "5", "--keep-waiting", "--format", "json")
    assert run.code == 16
    assert run.json["waiting"]["attempts"] > 1


def test_a_public_name_without_srv_records_ends_the_wait_at_once(
    nameserver: Any, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping(
        "smoke", "mongodb+srv://no.such.example/", "--resolver", nameserver.address, *PATIENCE
    )
    assert run.code == 11
    assert run.json["waiting"]["attempts"] == 1


def test_a_name_that_is_published_late(mongod: Any, nameserver: Any, waiting: Waiting) -> None:
    """As that of a service in Compose or of a pod behind a headless service in Kubernetes."""
    name = "mongo-0.mongo.shop.svc.cluster.local"
    uri = f"mongodb://{name}:{mongod.ports[0]}/"
    wait = waiting(uri, "--resolver", nameserver.address, *PATIENCE)
    assert "waiting for the name to resolve" in wait.until("dns.host-not-found")
    moment = datetime.now(UTC)
    nameserver.zone[name, "A"] = ["127.0.0.1"]
    ready_after(wait, moment)


def test_local_srv_records_that_are_published_late(
    mongod: Any, nameserver: Any, waiting: Waiting
) -> None:
    name = "mongo.shop.svc.cluster.local"
    uri = f"mongodb+srv://{name}/?tls=false"
    wait = waiting(uri, "--resolver", nameserver.address, *PATIENCE)
    wait.until("dns.srv-not-found")
    moment = datetime.now(UTC)
    nameserver.zone[f"a.{name}", "A"] = ["127.0.0.1"]
    nameserver.zone[f"_mongodb._tcp.{name}", "SRV"] = srv([(f"a.{name}", mongod.ports[0])])
    ready_after(wait, moment)


def test_a_name_that_never_appears_is_given_up_when_the_wait_is_over(
    nameserver: Any, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping(
        *("smoke", "mongodb://nowhere.svc/", "--resolver", nameserver.address),
        *("--wait", "3", "--format", "json"),
    )
    assert run.code == 11
    assert run.json["verdict"]["cause"] == "dns.host-not-found"
    assert run.json["waiting"]["attempts"] > 1
    assert run.json["waiting"]["took_s"] >= 2.9


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://a:b@c@d/", "http://x/"])
def test_a_malformed_string_ends_the_wait_at_once(
    uri: str, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", uri, *PATIENCE)
    assert run.code == 10
    assert run.json["waiting"]["attempts"] == 1


def test_a_certificate_that_nobody_trusts_ends_the_wait_at_once(
    mongod_tls: Any, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", f"mongodb://{mongod_tls.host}/?tls=true", *PATIENCE)
    assert run.code == 13
    assert run.json["waiting"]["attempts"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_wait_still_prints_its_report(number: int, tmp_path: Path) -> None:
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "mongoping", "smoke", "--wait", "60"),
                    f"mongodb://127.0.0.1:{free_port()}/",
                ],
                env=clean_environment(tmp_path),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stderr is not None
        assert "tcp.refused" in process.stderr.readline()
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted after" in out
