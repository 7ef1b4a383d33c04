"""Peers that are not MongoDB or mean harm, on real sockets: what they are, and what is refused."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import bson
import pymongo
import pytest
from pymongo.errors import PyMongoError

from mongoping.api import examine
from mongoping.checks.srv import CHECK
from mongoping.client import new_client
from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Listener, server_context
from mongoping.sandbox.nameserver import NameServer, srv
from mongoping.sandbox.played import Body, SimulatedServer, error, standalone
from mongoping.settings import MAX_MEMBERS, Settings
from mongoping.topology import config
from mongoping.uri.target import parse
from mongoping.watch.board import Board
from mongoping.watch.session import Session
from mongoping.watch.ticker import Plan
from tests.checks.real import check_uri
from tests.test_hostile import look  # noqa: F401  (a fixture)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.listeners import Handler
    from mongoping.sandbox.played import Document, Reply, Script
    from tests.test_hostile import Output

AMQP = b"AMQP\0\0\x09\x01"
FIRST_WORDS = {
    b"220 mail.example.test ESMTP\r\n": "a mail server (SMTP)",
    b"SSH-2.0-OpenSSH_9.2p1\r\n": "an SSH server",
    b"J\0\0\0\n8.0.36\0xxxxxxxxxxxxxxxxx": "a MySQL server",
    b"hello": "hello",
    b"\x30\0\0\0\x01": "0\\x00\\x00\\x00\\x01",
}
REPLIES = {
    AMQP: "a message broker",
    b"ERROR\r\n": "a memcached server",
    b"\x05\xff": "a SOCKS proxy",
    b"\0\x5b" + bytes(6): "a SOCKS proxy",
    b"-ERR unknown command\r\n": "a Redis server",
    b"<!DOCTYPE HTML>\n<html lang=en>": "a web server (HTTP)",
    b"E\0\0\0\x90SFATAL\0C08P01\0Minvalid length": "a PostgreSQL server",
}


def greeting(text: bytes, *, close: bool) -> Handler:
    """Send some bytes before anything is received; then close, or wait for the end."""

    def handle(client: socket.socket, closing: threading.Event) -> None:
        client.sendall(text)
        if not close:
            closing.wait()

    return handle


def answering(text: bytes, *, close: bool) -> Handler:
    """Send some bytes once something is received; then close, or wait for the end."""

    def handle(client: socket.socket, closing: threading.Event) -> None:
        if client.recv(4096):
            client.sendall(text)
            if close:
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
            else:
                closing.wait()

    return handle


def verdict(handle: Handler, options: str = "", **settings: Any) -> tuple[str, str]:
    """Return the cause and its evidence."""
    with Listener(handle) as listener:
        uri = f"mongodb://{listener.address}/{options}"
        _, report = check_uri(uri, **{"deadline": 6.0, "cap": 3.0, **settings})
    assert report.verdict is not None
    return report.verdict.cause, " ".join(report.verdict.evidence)


@pytest.mark.parametrize("options", ["", "?tls=true"], ids=["plain", "tls"])
@pytest.mark.parametrize("close", [True, False], ids=["closes", "stays"])
@pytest.mark.parametrize(("text", "sentence"), REPLIES.items(), ids=REPLIES.values())
def test_a_reply_in_another_protocol_is_no_silence(
    text: bytes, sentence: str, close: bool, options: str
) -> None:
    cause, words = verdict(answering(text, close=close), options)
    assert cause == "hello.not-mongodb"
    assert sentence in words


@pytest.mark.parametrize("options", ["", "?tls=true"], ids=["plain", "tls"])
@pytest.mark.parametrize(("text", "sentence"), FIRST_WORDS.items(), ids=FIRST_WORDS.values())
def test_a_server_that_sends_data_first_is_not_mongodb(
    text: bytes, sentence: str, options: str
) -> None:
    cause, words = verdict(greeting(text, close=False), options)
    assert cause == "hello.not-mongodb"
    assert sentence in words


@pytest.mark.parametrize("options", ["", "?tls=true"], ids=["plain", "tls"])
def test_what_returns_each_message_is_no_server_without_tls(options: str) -> None:
    """It answers hello with hello, which has none of the fields of a reply."""

    def echo(client: socket.socket, closing: threading.Event) -> None:
        while data := client.recv(4096):
            client.sendall(data)

    cause, text = verdict(echo, options)
    assert cause == "hello.not-mongodb"
    assert "not use TLS" not in text


def test_a_service_behind_tls_is_recognized_too(certificates: Certificates) -> None:
    good = certificates.good
    handler = listeners.tls(server_context(good), then=answering(AMQP, close=False))
    cause, words = verdict(handler, f"?tls=true&tlsCAFile={certificates.authority}")
    assert cause == "hello.not-mongodb"
    assert "AMQP" in words


@pytest.mark.parametrize(
    ("handle", "cause"),
    [
        (answering(b"\x15\x03\x01\0\x02\x02\x46", close=True), "tls.required-by-server"),
        (answering(b"\x30\0\0\0\x01", close=True), "hello.closed-by-server"),
        (answering(b"\x30\0\0\0\x01", close=False), "hello.no-reply"),
        (listeners.silent, "hello.no-reply"),
        (listeners.close_after_first_bytes, "hello.closed-by-server"),
    ],
    ids=["an alert", "the beginning of a reply", "a reply that stops", "silence", "an end"],
)
def test_what_may_be_mongodb_is_not_called_something_else(handle: Handler, cause: str) -> None:
    """A short limit: two of these never answer."""
    assert verdict(handle, cap=1.5)[0] == cause


def login(server: SimulatedServer) -> str:
    return f"mongodb://ada:secret@{server.address}/"


@pytest.mark.parametrize("speculative", [True, False], ids=["in hello", "in saslStart"])
@pytest.mark.parametrize("count", ["2147483647", "1000001", "100"])
def test_a_costly_login_is_refused_before_anything_is_computed(
    count: str, speculative: bool
) -> None:
    with SimulatedServer(scripts.costly_login(count, speculative=speculative)) as server:
        _, report = check_uri(login(server))
        commands = [next(iter(command)) for command in server.commands]
    assert report.verdict is not None
    assert report.verdict.cause == "auth.iteration-count"
    assert "saslContinue" not in commands
    assert commands.count("saslStart") <= 1


def test_a_usual_login_that_fails_is_not_taken_for_a_costly_one() -> None:
    with SimulatedServer(scripts.costly_login("15000")) as server:
        _, report = check_uri(login(server))
        commands = [next(iter(command)) for command in server.commands]
    assert report.verdict is not None
    assert report.verdict.cause == "auth.failed"
    assert commands.count("saslContinue") == 1


def test_the_largest_count_that_is_computed_logs_in(mongod_auth: Deployment) -> None:
    """A real server, whose users have its usual count: the driver's login goes through."""
    _, report = check_uri(mongod_auth.uri)
    assert report.verdict is None


@pytest.mark.parametrize("count", ["2147483647", "15000"], ids=["costly", "refused"])
def test_topology_logs_in_once(count: str) -> None:
    settings = Settings(deadline=8.0, cap=4.0, count=2)
    with SimulatedServer(scripts.costly_login(count, speculative=False)) as server:
        asyncio.run(examine(parse(login(server)), settings, further=(config.CHECK,)))
        commands = [next(iter(command)) for command in server.commands]
    assert commands.count("saslStart") == 1


def test_watch_refuses_a_costly_login_once() -> None:
    async def run(uri: str) -> None:
        parsed_uri = parse(uri)
        plan = Plan(interval=0.05, count=5, timeout=1.0)
        await Session(parsed_uri, Settings(), plan, Board(parsed_uri.shown), ()).run(
            asyncio.Event()
        )

    with SimulatedServer(scripts.costly_login(speculative=False)) as server:
        asyncio.run(run(login(server)))
        commands = [next(iter(command)) for command in server.commands]
    assert commands.count("saslStart") == 1
    assert "saslContinue" not in commands


@cache
def huge() -> Body:
    """Return an error of 45 MB, encoded once: a slow server would be another failure."""
    return Body(bson.encode(error(1, "x" * 45_000_000)))


def good_to_probes(reply: Reply) -> Script:
    """A server that sends another reply to the driver, which connects after the probes."""
    usual = standalone()["hello"]

    def answer(command: Document, address: str) -> Reply:
        client = command.get("client", {}).get("driver", {}).get("name")
        assert callable(usual)
        return usual(command, address) if client == "mongoping" else reply

    return standalone() | {"hello": answer}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (lambda: {"hello": huge()}, 14),
        (lambda: good_to_probes(huge()), 14),
        (lambda: standalone() | {"ping": huge()}, 14),
        (lambda: standalone(maxMessageSizeBytes=2**31 - 1) | {"ping": huge()}, 14),
        (lambda: standalone() | {"endSessions": huge(), "connectionStatus": huge()}, 0),
    ],
    ids=["hello", "the driver's hello", "ping", "its own limit", "endSessions"],
)
def test_a_huge_reply_is_refused_before_it_is_read(
    script: Callable[[], Script],
    code: int,
    look: Callable[..., Output],  # noqa: F811
) -> None:
    with SimulatedServer(script()) as server:
        output = look(f"mongodb://{server.address}/", "--timeout", "8")
    assert output.code == code, output.out
    assert output.memory_mb < 100
    assert output.err == ""


def test_of_hundreds_of_srv_targets_only_some_are_checked() -> None:
    cluster = "c0.ab.example.test"
    targets = [(f"h{number}.ab.example.test", 1) for number in range(150)]
    zone = {(f"_mongodb._tcp.{cluster}", "SRV"): srv(targets)}
    zone |= {(name, "A"): ["127.0.0.1"] for name, _ in targets}
    with NameServer(zone) as names:
        evidence, _ = check_uri(f"mongodb+srv://{cluster}/?tls=false", resolver=names.args[1])
    assert len(evidence.hosts) == MAX_MEMBERS
    row = evidence.result("srv")
    assert row is not None
    assert any("only 60 of these 150" in line.text for line in CHECK.lines(row.data))


def test_only_our_own_clients_are_guarded() -> None:
    """No module of PyMongo is changed: a client of the caller's works as before."""

    async def pings(client: Any) -> str:
        try:
            return str((await client.admin.command("ping"))["ok"])
        except PyMongoError as error:
            return type(error).__name__
        finally:
            await client.close()

    async def both(uri: str) -> tuple[str, str]:
        ours = await pings(new_client(uri, serverSelectionTimeoutMS=500))
        theirs = await pings(pymongo.AsyncMongoClient(uri, serverSelectionTimeoutMS=500))
        return ours, theirs

    odd = standalone() | {"ping": {"ok": 1.0, "topologyVersion": 7}}
    with SimulatedServer(odd) as server:
        assert asyncio.run(both(f"mongodb://{server.address}/")) == ("ProtocolError", "1.0")


def test_an_advertised_path_is_shown_and_never_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    listener = socket.socket(socket.AF_UNIX)
    with ExitStack() as stack:
        stack.callback(listener.close)
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        script = scripts.member(hosts=["{me}", str(path)])
        server = stack.enter_context(SimulatedServer(script))
        _, report = check_uri(f"mongodb://{server.address}/?replicaSet=rs0")
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert report.verdict is None
    assert report.topology is not None
    reachability = {member.host: member.reachable for member in report.topology.members}
    assert reachability == {server.address: True, str(path): None}


@pytest.mark.parametrize("options", ["replicaSet=rs0", "replicaSet=rs0&tls=true"])
def test_an_advertised_host_gets_only_what_a_driver_sends(
    options: str, certificates: Certificates
) -> None:
    """It hangs up on everything: neither HTTP, nor OP_QUERY, nor a hello without TLS follows."""
    openings: list[bytes] = []

    def record(client: socket.socket, closing: threading.Event) -> None:
        openings.append(client.recv(4096))

    with ExitStack() as stack:
        other = stack.enter_context(Listener(record))
        wrap = None
        if "tls" in options:
            options += f"&tlsCAFile={certificates.authority}"
            wrap = partial(listeners.tls, server_context(certificates.good))
        script = scripts.member(hosts=["{me}", other.address])
        server = stack.enter_context(SimulatedServer(script, wrap=wrap))
        check_uri(f"mongodb://localhost:{server.port}/?{options}")
    assert openings
    if "tls" in options:
        assert {opening[:1] for opening in openings if opening} == {b"\x16"}
    else:
        opcodes = {int.from_bytes(opening[12:16], "little") for opening in openings if opening}
        assert opcodes == {2013}
