"""One connection, plain or TLS, on real sockets: what the peer did is told in facts."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.model import Failure
from mongoping.probe import tls, wire
from mongoping.probe.connection import ClosedByPeerError, Connection, failure_of
from mongoping.probe.stream import HEAD_BYTES
from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Handler, Listener
from mongoping.sandbox.played import SimulatedServer, Wire, standalone
from mongoping.sandbox.process import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

LIMIT_S = 5.0


def with_connection(port: int, use: Callable[[Connection], Awaitable[Any]]) -> Any:
    """Connect to loopback, do something, and let go."""

    async def run() -> Any:
        connection = await Connection.open(socket.AF_INET, ("127.0.0.1", port), LIMIT_S)
        try:
            async with asyncio.timeout(LIMIT_S):
                return await use(connection)
        finally:
            connection.close()
            assert connection.closed

    return asyncio.run(run())


def expect_failure(port: int, use: Callable[[Connection], Awaitable[Any]]) -> Failure:
    """The same, where it has to go wrong."""
    with pytest.raises((OSError, TimeoutError, ClosedByPeerError, wire.WireError)) as error:
        with_connection(port, use)
    return failure_of(error.value)


async def hello(connection: Connection) -> dict[str, Any]:
    return await connection.command({"hello": 1})


def test_a_real_server_answers(mongod: Deployment) -> None:
    """OP_MSG and, for what is older, OP_QUERY; the replies are those of a mongod."""
    assert with_connection(mongod.ports[0], hello)["isWritablePrimary"] is True

    async def legacy(connection: Connection) -> dict[str, Any]:
        return await connection.command({"ismaster": 1}, legacy=True)

    assert with_connection(mongod.ports[0], legacy)["ismaster"] is True


def test_an_error_of_the_server_is_a_reply(mongod: Deployment) -> None:
    async def ask(connection: Connection) -> dict[str, Any]:
        return await connection.command({"noSuchCommand": 1})

    reply = with_connection(mongod.ports[0], ask)
    assert (reply["ok"], reply["code"]) == (0, 59)


def test_questions_wait_for_their_turn(mongod: Deployment) -> None:
    """Asked at once on one connection, each gets its own answer."""

    async def ask(connection: Connection) -> list[dict[str, Any]]:
        return await asyncio.gather(
            *(connection.command({"ping": 1} if n % 2 else {"buildInfo": 1}) for n in range(20))
        )

    replies = with_connection(mongod.ports[0], ask)
    assert ["version" in reply for reply in replies] == [n % 2 == 0 for n in range(20)]


def test_a_question_without_an_answer_ends_the_connection() -> None:
    """A late answer must not be taken for the next one's."""

    async def ask(connection: Connection) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connection.command({"ping": 1})
        assert connection.closed
        with pytest.raises(OSError, match="Bad file descriptor"):
            await connection.command({"hello": 1})

    with SimulatedServer(standalone() | {"ping": Wire(b"")}) as server:
        with_connection(server.port, ask)


PEERS: dict[str, tuple[Handler, str]] = {
    "closes when spoken to": (listeners.close_after_first_bytes, "eof"),
    "resets": (listeners.reset_at_once, "reset"),
    "speaks HTTP": (listeners.http, "not-mongodb"),
    "speaks SSH": (listeners.ssh, "not-mongodb"),
    "speaks garbage": (listeners.garbage, "not-mongodb"),
    "lies about the length": (listeners.huge_length, "not-mongodb"),
    "a negative length": (listeners.negative_length, "not-mongodb"),
    "ends in the middle": (listeners.answer(b"\x40\x00\x00\x00"), "eof"),
}


@pytest.mark.parametrize(("handle", "kind"), PEERS.values(), ids=list(PEERS))
def test_what_a_peer_does_has_a_word(handle: Handler, kind: str) -> None:
    with Listener(handle) as listener:
        failure = expect_failure(listener.port, hello)
    assert failure.kind == kind
    assert failure.message


def test_a_peer_that_closes_before_a_word_is_an_end_or_a_reset() -> None:
    """Either may occur, depending on timing."""
    with Listener(listeners.close) as listener:
        assert expect_failure(listener.port, hello).kind in ("eof", "reset")


def test_a_closed_port_is_refused_by_its_symbol() -> None:
    failure = expect_failure(free_port(), hello)
    assert (failure.kind, failure.errno) == ("refused", "ECONNREFUSED")
    assert failure.message == "Connection refused"


def test_silence_is_a_timeout() -> None:
    async def ask(connection: Connection) -> None:
        async with asyncio.timeout(0.1):
            await connection.command({"hello": 1})

    with Listener(listeners.silent) as listener:
        assert expect_failure(listener.port, ask).kind == "timeout"


def test_a_port_that_drops_is_a_timeout() -> None:
    async def run(port: int) -> None:
        await Connection.open(socket.AF_INET, ("127.0.0.1", port), 0.2)

    with listeners.dropping() as port, pytest.raises(TimeoutError) as error:
        asyncio.run(run(port))
    assert failure_of(error.value).kind == "timeout"


def test_a_socket_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def run() -> None:
        await Connection.open(socket.AF_UNIX, str(tmp_path / "x.sock"), LIMIT_S)

    with pytest.raises(FileNotFoundError) as error:
        asyncio.run(run())
    assert (failure_of(error.value).kind, failure_of(error.value).errno) == (
        "not-found",
        "ENOENT",
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENETUNREACH, "unreachable"),
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.EADDRNOTAVAIL, "no-local-port"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.EPIPE, "reset"),
        (errno.ECONNABORTED, "reset"),
        (errno.EACCES, "prohibited"),
        (errno.EPERM, "prohibited"),
        (errno.EMFILE, "fd-limit"),
        (errno.ENOBUFS, "resource-limit"),
        (errno.EBADF, "os"),
    ],
)
def test_numbers_of_the_system_become_words(number: int, kind: str) -> None:
    """By their names, since numbers differ between systems."""
    failure = failure_of(OSError(number, "words of the system"), timeout_s=1)
    assert (failure.kind, failure.errno) == (kind, errno.errorcode[number])
    assert failure.facts == {"timeout_s": 1}


def test_what_is_no_failure_of_a_socket_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        failure_of(KeyError("ours"))


def test_the_first_bytes_are_kept_and_all_are_counted() -> None:
    text = b"SSH-2.0-x\r\n" + b"y" * 5000

    async def read(connection: Connection) -> tuple[bytes, int]:
        while connection.received < len(text):
            await connection.read()
        return connection.head, connection.received

    with Listener(listeners.banner(text)) as listener:
        head, size = with_connection(listener.port, read)
    assert head == text[:HEAD_BYTES]
    assert size == len(text)


async def shake(context: ssl.SSLContext, connection: Connection) -> str | None:
    await connection.start_tls(context, "localhost")
    await connection.command({"hello": 1})
    assert connection.tls is not None
    return connection.tls.version()


def test_tls_with_a_real_server(mongod_tls: Deployment, certificates: Certificates) -> None:
    """The driver's own context; the command goes through the handshake's connection."""
    context = tls.context({"tlsCAFile": str(certificates.authority)})
    assert with_connection(mongod_tls.ports[0], partial(shake, context)) in ("TLSv1.2", "TLSv1.3")


def test_a_certificate_that_is_refused_has_the_code_of_openssl(
    mongod_tls: Deployment, certificates: Certificates
) -> None:
    context = tls.context({"tlsCAFile": str(certificates.other_authority)})
    failure = expect_failure(mongod_tls.ports[0], partial(shake, context))
    assert failure.kind == "certificate"
    assert failure.code in (19, 20, 21)


def test_an_alert_is_told_by_its_name() -> None:
    context = tls.context({}, verify=False)
    with Listener(listeners.tls_alert_80) as listener:
        failure = expect_failure(listener.port, partial(shake, context))
    assert (failure.kind, failure.code) == ("alert", 80)


def test_an_alert_after_the_handshake_is_heard(certificates: Certificates) -> None:
    """TLS 1.3: a client without a certificate has shaken hands before it is refused."""
    wants = listeners.server_context(certificates.good, client_authority=certificates.authority)
    context = tls.context({"tlsCAFile": str(certificates.authority)})
    with SimulatedServer(scripts.standalone(), wrap=partial(listeners.tls, wants)) as server:
        failure = expect_failure(server.port, partial(shake, context))
    assert (failure.kind, failure.code) == ("alert", 116)


@pytest.mark.parametrize("handle", [listeners.close_after_first_bytes, listeners.close])
def test_a_handshake_that_ends_in_nothing_is_told_as_that(handle: Handler) -> None:
    context = tls.context({}, verify=False)
    with Listener(handle) as listener:
        failure = expect_failure(listener.port, partial(shake, context))
    assert failure.kind in ("eof", "reset")


def test_plain_words_in_a_handshake_are_no_tls(mongod: Deployment) -> None:
    """mongod without TLS closes on ClientHello; a web server answers in its own language."""
    context = tls.context({}, verify=False)
    assert expect_failure(mongod.ports[0], partial(shake, context)).kind in ("eof", "reset")
    with Listener(listeners.http) as listener:
        failure = expect_failure(listener.port, partial(shake, context))
    assert failure.kind == "tls"
