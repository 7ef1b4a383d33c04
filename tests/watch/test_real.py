"""Watches of real sets during failures and changes, compared with the servers' logs."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import having
from tests.watch.conftest import became, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.process import Server

QUICK = ("--interval", "0.5")
AGREES_S = 1.5  # max difference from the servers' logs, next to other tests


def primary_of(watch: Any) -> str:
    rows = [line for line in watch.lines if line["type"] == "members"]
    return str(rows[-1]["primary"])


def server(deployment: Deployment, host: str) -> Server:
    return next(candidate for candidate in deployment.servers if candidate.address == host)


def send_signal(process: Server, number: int) -> float:
    """Send a signal to a server and return the time."""
    assert process.pid is not None
    os.kill(process.pid, number)
    return time.time()


def test_the_seconds_of_a_step_down_agree_with_the_logs(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    """replSetFreeze delays the election by three seconds, so that there is a measurable gap."""
    from pymongo.errors import PyMongoError

    with watching(three.uri, *QUICK) as watch:
        watch.wait_until_settled()
        old = primary_of(watch)
        assert old == three.servers[0].address
        start = time.time()
        for other in (1, 2):
            with three.admin(other) as client:
                client.admin.command("replSetFreeze", 3)
        with three.admin() as client, suppress(PyMongoError):
            client.admin.command(
                {"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 0, "force": True}
            )
        loss = watch.event("primary-lost", old)
        election = watch.event("election")
    facts = election["facts"]
    assert facts["old"] == old
    demotion = became(three.servers[0], "SECONDARY", start)
    there = became(server(three, facts["new"]), "PRIMARY", start)
    assert moment(loss["at"]) == pytest.approx(demotion, abs=AGREES_S)
    assert moment(election["at"]) == pytest.approx(there, abs=AGREES_S)
    assert facts["seconds"] == pytest.approx(there - demotion, abs=AGREES_S)
    assert facts["seconds"] > 1
    assert watch.of("member-lost") == []


def test_a_set_with_tls_and_login_is_watched_through_a_step_down(
    certificates: Certificates, watching: Callable[..., Any]
) -> None:
    """New connections repeat the TLS handshake and the login; no member is lost."""
    from pymongo.errors import PyMongoError

    from mongoping.sandbox.deployment import ServerTls, replica_set
    from mongoping.sandbox.users import User

    tls = ServerTls(certificates.good, certificates.authority)
    with having(), replica_set(3, tls=tls, users=[User("ada")]) as deployment:
        with watching(deployment.uri, *QUICK) as watch:
            watch.wait_until_settled()
            old = primary_of(watch)
            start = time.time()
            with deployment.admin() as client, suppress(PyMongoError):
                client.admin.command({"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10})
            election = watch.event("election")
            watch.wait_until_settled()
        there = became(server(deployment, election["facts"]["new"]), "PRIMARY", start)
    assert election["facts"]["old"] == old
    assert election["facts"]["new"] != old
    assert moment(election["at"]) == pytest.approx(there, abs=AGREES_S)
    assert watch.of("member-lost") == watch.of("login-refused") == watch.of("certificate") == []
    assert (deployment.password or "")[:10] not in watch.record.read_text() + watch.out


def test_the_seconds_after_a_killed_primary_agree_with_the_logs(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    with watching(three.uri, *QUICK) as watch:
        watch.wait_until_settled()
        victim = server(three, primary_of(watch))
        kill_time = time.time()
        victim.stop()
        loss = watch.event("member-lost", victim.address)
        election = watch.event("election")
        victim.restart()
        back = watch.event("member-back", victim.address)
        return_time = time.time()
        watch.wait_until_settled()
    there = became(server(three, election["facts"]["new"]), "PRIMARY", kill_time)
    assert loss["facts"]["role"] == "primary"
    assert moment(loss["facts"]["since"]) == pytest.approx(kill_time, abs=AGREES_S)
    assert election["facts"]["old"] == victim.address
    assert moment(election["at"]) == pytest.approx(there, abs=AGREES_S)
    assert election["facts"]["seconds"] == pytest.approx(there - kill_time, abs=AGREES_S)
    assert 0 < back["facts"]["seconds"] <= return_time - kill_time + AGREES_S
    assert len(watch.of("election")) == 1
    end = watch.lines[-1]
    assert end["pings"][victim.address]["lost"] > 0
    assert end["without_primary_s"] == election["facts"]["seconds"]


def test_a_frozen_primary_is_lost_since_it_became_silent(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    with watching(three.uri, *QUICK, "--timeout", "1") as watch:
        watch.wait_until_settled()
        victim = server(three, primary_of(watch))
        stop_time = send_signal(victim, signal.SIGSTOP)
        try:
            loss = watch.event("member-lost", victim.address)
            election = watch.event("election")
        finally:
            send_signal(victim, signal.SIGCONT)
        watch.event("member-back", victim.address)
        watch.wait_until_settled()
    there = became(server(three, election["facts"]["new"]), "PRIMARY", stop_time)
    assert moment(loss["facts"]["since"]) == pytest.approx(stop_time, abs=AGREES_S)
    assert election["facts"]["seconds"] == pytest.approx(there - stop_time, abs=AGREES_S)
    assert moment(election["at"]) == pytest.approx(there, abs=AGREES_S)
    assert primary_of(watch) == election["facts"]["new"], "a stale primary was believed"
    assert len(watch.of("election")) == 1


def test_a_frozen_secondary_causes_no_election(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    victim = three.servers[2]
    with watching(three.uri, *QUICK, "--timeout", "1") as watch:
        watch.wait_until_settled()
        stop_time = send_signal(victim, signal.SIGSTOP)
        try:
            loss = watch.event("member-lost", victim.address)
        finally:
            resume_time = send_signal(victim, signal.SIGCONT)
        back = watch.event("member-back", victim.address)
        watch.wait_until_settled()
    assert moment(loss["facts"]["since"]) == pytest.approx(stop_time, abs=AGREES_S)
    assert moment(back["at"]) >= resume_time - 0.1
    assert back["facts"]["seconds"] == pytest.approx(moment(back["at"]) - stop_time, abs=AGREES_S)
    assert watch.of("election") == watch.of("primary-lost") == []


def test_a_reconfigured_set_reports_who_left_and_who_joined(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    from mongoping.sandbox import replication

    victim = three.servers[2].address
    old_rows: list[dict[str, Any]] = []

    def without(config: dict[str, Any]) -> dict[str, Any]:
        old_rows[:] = [row for row in config["members"] if row["host"] == victim]
        config["members"] = [row for row in config["members"] if row["host"] != victim]
        return config

    def again(config: dict[str, Any]) -> dict[str, Any]:
        config["members"].append(old_rows[0])
        return config

    with watching(three.uri_with(hosts=[three.hosts[0]]), *QUICK) as watch:
        watch.wait_until_settled()
        with three.admin() as client:
            replication.change(client, without)
            watch.event("member-gone", victim)
            replication.change(client, again)
            watch.event("member-new", victim)
        watch.wait_until_settled()
    assert watch.of("election") == []


def test_an_unreachable_deployment_and_its_return_are_events(
    three: Deployment, watching: Callable[..., Any]
) -> None:
    with watching(three.uri, *QUICK) as watch:
        watch.wait_until_settled()
        for member in three.servers:
            member.stop()
        watch.event("silent")
        for member in three.servers:
            member.restart()
        watch.event("reached")
        watch.event("election")
        watch.wait_until_settled()
        assert watch.stop() == 0
    assert len(watch.of("member-lost")) == 3
    assert len(watch.of("member-back")) == 3


def test_a_dropped_connection_is_not_a_lost_member(
    watching: Callable[..., Any],
) -> None:
    """One member is behind a relay, which first drops connections, then stops, then restarts."""
    import socket
    import threading

    from mongoping.sandbox import listeners, replication
    from mongoping.sandbox.deployment import replica_set

    release = [threading.Event()]

    with having(), replica_set(3, initiate=False) as deployment:
        last = deployment.servers[2]

        def relay(client: socket.socket, closing: threading.Event) -> None:
            with socket.create_connection(("127.0.0.1", last.port)) as behind:
                listeners.pump(client, behind, release[0])

        with listeners.Listener(relay) as between:
            port = between.port
            hosts = [deployment.servers[0].address, deployment.servers[1].address, between.address]
            members = [{"host": host} for host in hosts]
            members[2]["priority"] = 0  # type: ignore[assignment]
            config = replication.configuration("rs0", deployment.servers, members)
            replication.initiate(deployment.servers[0], config, None)
            replication.settle(deployment.servers[0], config, None, None)
            with watching(f"mongodb://{hosts[0]}/?replicaSet=rs0", *QUICK) as watch:
                watch.wait_until_settled()
                former, release[0] = release[0], threading.Event()
                former.set()  # end all connections, but accept new ones
                watch.event("drop", between.address)
                assert watch.of("member-lost") == []
                release[0].set()
                between.stop()
                watch.event("member-lost", between.address)
                release[0] = threading.Event()
                with listeners.Listener(relay, port=port):
                    watch.event("member-back", between.address)
                    watch.stop()
                release[0].set()
    assert watch.of("election") == []


def test_slow_pings_are_a_spell_with_a_start_and_an_end(watching: Callable[..., Any]) -> None:
    """Simulated: a server that answers slowly on request.

    A busy machine may cause shorter spells of its own, which do not count.
    """
    from mongoping.sandbox import played
    from mongoping.sandbox.played import SimulatedServer

    slow = [0.0]

    def longest(kind: str, fact: str) -> float:
        events = watch.of(kind, slow_server.address)
        return max((event["facts"][fact] for event in events), default=0.0)

    def ping(command: Any, address: str) -> dict[str, float]:
        time.sleep(slow[0])
        return {"ok": 1.0}

    with (
        SimulatedServer({**played.standalone(), "ping": ping}) as slow_server,
        watching(f"mongodb://{slow_server.address}/", "--interval", "0.1") as watch,
    ):
        watch.until(lambda: sum(line["type"] == "tick" for line in watch.lines) > 40, "ticks")
        slow[0] = 0.5
        watch.until(lambda: longest("slow", "ms") >= 450, "a slow ping")
        slow[0] = 0.0
        watch.until(lambda: longest("slow-over", "worst_ms") >= 450, "the end of the slow pings")
