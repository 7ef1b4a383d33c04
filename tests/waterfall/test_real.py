"""Waterfalls of real deployments, and their logins on servers of several versions."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.probe.login import Login, LoginError
from mongoping.probe.replset import address
from mongoping.probe.walk import Way, walk
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer
    from tests.conftest import Run

# on a busy machine, three walks to each host may take longer than the default limit allows
FEW = ("--count", "3", "--format", "json", "--timeout", "60")


def lane(report: Any, name: str) -> dict[str, Any]:
    """Return the lane of a host or of the driver, with its phases by name."""
    fall = report["waterfall"]
    rows = [*fall["hosts"], fall["driver"], fall["names"]]
    entry = next(row for row in rows if row and row["name"] == name)
    return {**entry, "by": {phase["name"]: phase for phase in entry["phases"]}}


def log_in(deployment: Deployment, login: Login) -> float:
    """Log in on a new connection and return the milliseconds of its round trips."""

    async def main() -> float:
        way = Way(address(deployment.host), {"hello": 1})
        outcome = await walk(way, 10.0, time.monotonic)
        assert outcome.connection is not None, outcome.failure
        try:
            durations = await login.run(outcome.connection, time.monotonic)
            reply = await outcome.connection.command({"connectionStatus": 1})
            users = [user["user"] for user in reply["authInfo"]["authenticatedUsers"]]
            assert users == [login._user]
            return durations
        finally:
            outcome.connection.close()

    return asyncio.run(main())


@pytest.mark.parametrize("version", [None, "5.0", "4.4"])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_scram_logs_in_on_servers_of_every_version(version: str | None, mechanism: str) -> None:
    """The password needs percent-encoding; the name has both characters that SCRAM escapes."""
    from mongoping.sandbox.deployment import standalone
    from mongoping.sandbox.users import User

    user = User("a=d,a", "p%40ss wörd/:@,=")
    with having(version), standalone(users=[user], version=version) as deployment:
        right = Login(mechanism, user.name, user.password or "", "admin", {})
        assert log_in(deployment, right) > 0
        assert log_in(deployment, right) > 0, "the derived key works a second time"
        wrong = Login(mechanism, user.name, "another", "admin", {})
        with pytest.raises(LoginError, match="code 18"):
            log_in(deployment, wrong)


def test_the_repr_of_a_login_hides_its_password() -> None:
    login = Login("SCRAM-SHA-256", "ada", "the-secret", "admin", {})
    assert "the-secret" not in repr(login)
    assert not hasattr(login, "__dict__")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"r=other,s=AAAA,i=15000", "nonce does not begin"),
        (b"", "nonce does not begin"),
        (None, "no payload"),
        ("{nonce},s=AAAA,i=1", "asks for 1 iterations"),
        ("{nonce},s=AAAA,i=99999999999", "asks for 99,999,999,999 iterations"),
        ("{nonce},i=many", "no first message of SCRAM"),
    ],
)
def test_an_invalid_scram_reply_ends_the_login(reply: Any, message: str) -> None:
    """Simulated: replies to saslStart that no correct server sends."""
    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    def start(command: Any, where: str) -> dict[str, Any]:
        payload = reply
        if isinstance(reply, str):
            own = command["payload"].decode().partition("r=")[2]
            payload = reply.replace("{nonce}", f"r={own}x").encode()
        return {"ok": 1.0, "conversationId": 1, "payload": payload, "done": False}

    async def main(where: str) -> None:
        outcome = await walk(Way(address(where), {"hello": 1}), 10.0, time.monotonic)
        assert outcome.connection is not None
        try:
            login = Login("SCRAM-SHA-256", "ada", "secret", "admin", {})
            await login.run(outcome.connection, time.monotonic)
        finally:
            outcome.connection.close()

    with (
        SimulatedServer({**played.standalone(), "saslStart": start}) as server,
        pytest.raises(LoginError, match=message),
    ):
        asyncio.run(main(server.address))


def test_every_phase_of_a_set_with_tls_and_login_is_measured(
    certificates: Certificates, run_mongoping: Callable[..., Run]
) -> None:
    """An arbiter has no users, so there is no login to measure."""
    from mongoping.sandbox.deployment import ServerTls, replica_set
    from mongoping.sandbox.users import User

    tls = ServerTls(certificates.good, certificates.authority)
    members: list[dict[str, Any]] = [{}, {}, {"arbiterOnly": True}]
    with having(), replica_set(members, users=[User("ada")], tls=tls) as deployment:
        quick_run = run_mongoping("check", deployment.uri, "--waterfall", *FEW)
        text_run = run_mongoping("check", deployment.uri, "--waterfall", "--count", "1")
        log = (deployment.servers[2].folder / "log").read_text()
    assert quick_run.code == 0
    assert quick_run.json["waterfall"]["asked"] == 3
    assert quick_run.json["waterfall"]["names"] is None
    for at, server in enumerate(deployment.servers):
        host_lane = lane(quick_run.json, server.address)
        phase_names = ["tcp", "tls", "hello", *(["auth"] if at < 2 else []), "ping"]
        assert list(host_lane["by"]) == phase_names, host_lane
        assert [phase["count"] for phase in host_lane["phases"]] == [3] * len(phase_names), (
            host_lane
        )
        assert min(phase["p50_ms"] for phase in host_lane["phases"]) > 0, host_lane
        assert (host_lane["address"], host_lane["note"]) == ("127.0.0.1", None)
    assert list(lane(quick_run.json, "driver")["by"]) == ["discover", "first-ping", "ping"]
    assert "waterfall, 1 run, ms" in text_run.out
    assert "login" in text_run.out
    assert "Authentication failed" not in log
    for run in (quick_run, text_run):
        assert (deployment.password or "?") not in run.out + run.err


def test_a_network_delay_shows_in_every_step_with_a_round_trip(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    """A relay delays each reply by 60 ms: hello and ping need one round trip, a login two."""
    from mongoping.sandbox import listeners

    port = mongod_auth.ports[0]
    with listeners.Listener(listeners.forward("127.0.0.1", port, delay=0.06)) as slow:
        uri = mongod_auth.uri_with(hosts=[slow.address], directConnection=True)
        run = run_mongoping("check", uri, "--waterfall", *FEW)
    by_phase = lane(run.json, slow.address)["by"]
    assert by_phase["hello"]["min_ms"] >= 60
    assert by_phase["ping"]["min_ms"] >= 60
    assert by_phase["auth"]["min_ms"] >= 120
    assert lane(run.json, "driver")["by"]["ping"]["min_ms"] >= 60


def test_srv_txt_and_address_lookups_are_separate_phases(
    mongod: Deployment, nameserver: NameServer, run_mongoping: Callable[..., Run]
) -> None:
    from mongoping.sandbox.nameserver import Slow

    name = "db.cluster.example.test"
    srv = f"_mongodb._tcp.{name}"
    nameserver.zone[srv, "SRV"] = [f"0 0 {mongod.ports[0]} node.cluster.example.test."]
    nameserver.zone["node.cluster.example.test", "A"] = ["127.0.0.1"]
    nameserver.behaviors[srv] = Slow(0.08)
    uri = f"mongodb+srv://{name}/?tls=false"
    run = run_mongoping("atlas", uri, "--waterfall", *FEW, *nameserver.args)
    names = lane(run.json, name)["by"]
    assert names["srv"]["min_ms"] >= 80
    assert names["txt"]["p50_ms"] > 0
    host = lane(run.json, f"node.cluster.example.test:{mongod.ports[0]}")
    assert list(host["by"]) == ["dns", "tcp", "hello", "ping"]


def test_a_host_that_does_not_answer_has_a_note(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    from mongoping.sandbox.process import free_port

    dead = f"127.0.0.1:{free_port()}"
    uri = f"mongodb://{mongod.host},{dead}/"
    run = run_mongoping("check", uri, "--waterfall", *FEW)
    assert lane(run.json, dead)["phases"] == []
    assert lane(run.json, dead)["note"] == "not measured: Connection refused"
    alone = run_mongoping("check", f"mongodb://{dead}/", "--waterfall", *FEW)
    assert alone.code == 12
    assert alone.json["waterfall"]["driver"] is None


def test_local_renders_a_waterfall_as_svg(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("local", mongod.host, "--waterfall", "--count", "2", "--format", "svg")
    assert run.code == 0
    text = run.out.replace("&#160;", " ")
    assert "waterfall, 2 runs" in text
    assert "first ping" in text


def test_there_is_no_waterfall_without_the_option(
    mongod: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("check", mongod.uri, *FEW)
    assert "waterfall" not in run.json


def test_a_refused_login_is_not_repeated(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    uri = f"mongodb://ada:not-the-password@{mongod_auth.host}/"
    log = mongod_auth.servers[0].folder / "log"
    before = log.read_text().count("Authentication failed")
    plain = run_mongoping("check", uri, *FEW)
    between = log.read_text().count("Authentication failed")
    run = run_mongoping("check", uri, "--waterfall", *FEW)
    assert plain.code == run.code == 16
    assert "auth" not in lane(run.json, mongod_auth.host)["by"]
    after = log.read_text().count("Authentication failed")
    assert after - between == between - before
    assert run.json["waterfall"]["driver"] is None


def test_login_with_a_client_certificate_is_measured(
    certificates: Certificates, run_mongoping: Callable[..., Run]
) -> None:
    """MONGODB-X509 needs one round trip; the certificate was presented during the TLS handshake."""
    from mongoping.sandbox.certificates import subject
    from mongoping.sandbox.deployment import ServerTls, standalone
    from mongoping.sandbox.users import User

    client = certificates.client()
    tls = ServerTls(certificates.good, certificates.authority, client_certificate=client)
    user = User(subject(client), None, database="$external")
    make = partial(standalone, users=[user], tls=tls)
    with having(), make() as deployment:
        uri = deployment.uri_with(
            user=None,
            authMechanism="MONGODB-X509",
            tlsCertificateKeyFile=client,
        )
        run = run_mongoping("check", uri, "--waterfall", *FEW)
    assert run.code == 0, run
    assert lane(run.json, deployment.host)["by"]["auth"]["count"] == 3


def test_plain_sends_the_same_message_as_the_driver(run_mongoping: Callable[..., Run]) -> None:
    """Simulated: PLAIN needs a server with LDAP, which is not available here.

    The simulated server accepts any login; the test compares the messages that are sent.
    """
    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    who = {"authenticatedUsers": [{"user": "ada", "db": "$external"}], "authenticatedUserRoles": []}
    script = played.standalone() | {
        "saslStart": {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0},
        "connectionStatus": {"authInfo": who, "ok": 1.0},
    }
    with SimulatedServer(script) as server:
        uri = f"mongodb://ada:open%40sesame@{server.address}/?authMechanism=PLAIN"
        run = run_mongoping("check", uri, "--waterfall", *FEW)
        host = lane(run.json, server.address)
        messages = [command for command in server.commands if "saslStart" in command]
    assert host["by"]["auth"]["count"] == 3
    assert host["by"]["ping"]["count"] == 3
    assert "sesame" not in run.out + run.err
    assert len(messages) > 3
    assert {command["mechanism"] for command in messages} == {"PLAIN"}
    assert {command["$db"] for command in messages} == {"$external"}
    assert {bytes(command["payload"]) for command in messages} == {b"\0ada\0open@sesame"}


def test_a_refused_plain_login_reports_the_code_and_no_secret() -> None:
    """Simulated, as above."""
    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    refusal = played.error(18, "Authentication failed.", "AuthenticationFailed")
    login = Login("PLAIN", "ada", "open-sesame", "$external", {})
    with SimulatedServer(played.standalone() | {"saslStart": refusal}) as server:

        async def main() -> None:
            outcome = await walk(Way(address(server.address), {"hello": 1}), 10.0, time.monotonic)
            assert outcome.connection is not None, outcome.failure
            with pytest.raises(LoginError, match=r"^the server refuses it \(code 18\)$"):
                await login.run(outcome.connection, time.monotonic)
            outcome.connection.close()

        asyncio.run(main())
        assert [next(iter(command)) for command in server.commands] == ["hello", "saslStart"]
