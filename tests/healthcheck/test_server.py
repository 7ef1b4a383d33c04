"""The resident probe: its answers, its limits, and its memory."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.healthcheck.server import MAX_CLIENTS, Answer, Health, respond
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.process import Server, free_port
from tests.conftest import clean_environment, having, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Run

PATIENCE_S = 30.0
GROWTH_KIB = 1024  # over a thousand requests; a leak of one answer each would be as much


class Resident:
    """A running ``smoke --probe --listen``."""

    def __init__(self, process: subprocess.Popen[str], family: int, address: Any) -> None:
        self.process, self.family, self.address = process, family, address

    def dial(self) -> socket.socket:
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.settimeout(PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                sock.connect(self.address)
            except BlockingIOError:  # the backlog of a UNIX socket is full at this moment
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return sock

    def ask(self, request: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> tuple[int, bytes]:
        with self.dial() as sock:
            sock.sendall(request)
            answer = b""
            while part := sock.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        if not request.startswith(b"HEAD"):
            assert len(body) == int(length[1])
        return int(head.split()[1]), body

    def until(self, status: int, text: bytes = b'"schema"') -> bytes:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer, body = self.ask()
            if answer == status and text in body:
                return body
            time.sleep(0.05)
        raise AssertionError(f"never {status}, last {body!r}")

    def memory(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])  # type: ignore[index]

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208


@contextmanager
def resident(tmp_path: Path, uri: str, *args: str, where: str | None = None) -> Iterator[Resident]:
    listen = where or str(free_port())
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mongoping", "smoke", "--probe", uri),
            *("--listen", listen, "--every", "0.2", *args),
        ],
        env=clean_environment(tmp_path),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "answering on" in line, line
        if where and "/" in where:
            yield Resident(process, socket.AF_UNIX, where)
        else:
            yield Resident(process, socket.AF_INET, ("127.0.0.1", int(listen.rpartition(":")[2])))
    finally:
        process.kill()
        process.wait()


def test_it_follows_the_server_down_and_up_again(tmp_path: Path) -> None:
    """200 with the report, 503 with the verdict, and 200 again: from the last look each time."""
    with having():
        server = Server(find_mongod())
    try:
        server.spawn()
        server.wait()
        with resident(tmp_path, f"mongodb://{server.address}/") as service:
            well = json.loads(service.until(200))
            validate(well)
            assert well["status"] == "ok"
            server.stop()
            # a probe that is under way sees its connection reset first
            ill = json.loads(service.until(503, b"tcp.refused"))
            validate(ill)
            assert ill["verdict"]["cause"] == "tcp.refused"
            server.restart()
            service.until(200)
    finally:
        server.remove()


def test_a_thousand_requests_make_it_no_larger(mongod: Any, tmp_path: Path) -> None:
    with resident(tmp_path, mongod.uri) as service:
        service.until(200)
        for _ in range(300):  # until every buffer and cache has been made
            service.ask()
        memory, descriptors = service.memory(), service.descriptors()
        for _ in range(1000):
            assert service.ask()[0] == 200
        assert service.memory() - memory < GROWTH_KIB
        assert service.descriptors() <= descriptors + 2  # a look may be under way
        assert service.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_good_order_and_takes_its_socket_away(
    number: int, mongod: Any, tmp_path: Path
) -> None:
    path = tmp_path / "health.sock"
    with resident(tmp_path, mongod.uri, where=str(path)) as service:
        service.until(200)
        service.process.send_signal(number)
        assert service.process.wait(PATIENCE_S) == 0
    assert not path.exists()


def test_a_socket_that_nobody_listens_on_any_more_is_replaced_and_no_other_file(
    mongod: Any, tmp_path: Path, run_mongoping: Callable[..., Run]
) -> None:
    path = tmp_path / "health.sock"
    with resident(tmp_path, mongod.uri, where=str(path)) as service:
        service.until(200)
        run = run_mongoping("smoke", "--probe", mongod.uri, "--listen", str(path))
        assert run.code == 2, "somebody listens there"
    assert path.exists(), "it was killed"
    with resident(tmp_path, mongod.uri, where=str(path)) as service:
        service.until(200)
    file = tmp_path / "file.sock"
    file.write_text("mine")
    run = run_mongoping("smoke", "--probe", mongod.uri, "--listen", str(file))
    assert run.code == 2
    assert file.read_text() == "mine"


def test_methods_and_nonsense(mongod: Any, tmp_path: Path) -> None:
    with resident(tmp_path, mongod.uri) as service:
        service.until(200)
        assert service.ask(b"HEAD /healthz HTTP/1.0\r\n\r\n") == (200, b"")
        assert service.ask(b"GET /healthz?x=y HTTP/1.1\r\n\r\n")[0] == 200
        assert service.ask(b"GET http://example.test/healthz HTTP/1.1\r\n\r\n")[0] == 200
        assert service.ask(b"GET http://example.test HTTP/1.1\r\n\r\n")[0] == 200
        for path in (b"/metrics", b"/healthz/", b"//", b"*", b"http://example.test/x"):
            assert service.ask(b"GET " + path + b" HTTP/1.1\r\n\r\n")[0] == 404
        assert service.ask(b"HEAD /favicon.ico HTTP/1.1\r\n\r\n") == (404, b"")
        assert service.ask(b"GET\r\n\r\n")[0] == 405
        assert service.ask(b"POST / HTTP/1.1\r\n\r\n")[0] == 405
        assert service.ask(b"\x16\x03\x01\r\n\r\n")[0] == 405
        # larger than any request: closed, and not kept
        with service.dial() as sock, suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4000)
            assert sock.recv(100) == b""
        assert service.ask()[0] == 200


@pytest.mark.parametrize("count", [60, 128, 300, 900])
@pytest.mark.parametrize("where", ["port", "unix"])
def test_idle_clients_delay_no_check(where: str, count: int, mongod: Any, tmp_path: Path) -> None:
    """A request is answered while all of them are still connected: the oldest have to leave."""
    path = str(tmp_path / "health.sock") if where == "unix" else None
    with resident(tmp_path, mongod.uri, where=path) as service, ExitStack() as stack:
        service.until(200)
        idle = [stack.enter_context(service.dial()) for _ in range(count)]
        assert service.ask()[0] == 200
        if count <= MAX_CLIENTS - 2:
            return
        assert idle[0].recv(1) == b"", "the oldest one was closed"
        idle[-1].sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert idle[-1].recv(100).startswith(b"HTTP/1.1 200")


def test_a_client_in_the_middle_of_its_request_is_served(mongod: Any, tmp_path: Path) -> None:
    with resident(tmp_path, mongod.uri) as service, service.dial() as slow:
        service.until(200)
        slow.sendall(b"GET /healthz HT")
        assert service.ask()[0] == 200
        slow.sendall(b"TP/1.1\r\n\r\n")
        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_a_file_that_took_the_place_of_its_socket_stays(mongod: Any, tmp_path: Path) -> None:
    """A socket of another process, or a plain file."""
    path = tmp_path / "health.sock"
    for kind in ("file", "socket"):
        with resident(tmp_path, mongod.uri, where=str(path)) as service, ExitStack() as stack:
            service.until(200)
            path.unlink()
            if kind == "file":
                path.write_text("mine")
            else:
                other = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                other.bind(str(path))
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(PATIENCE_S) == 0
        assert path.exists(), kind
        path.unlink()


def test_a_socket_with_a_full_backlog_is_in_use(
    mongod: Any, tmp_path: Path, run_mongoping: Callable[..., Run]
) -> None:
    """A process that listens and does not accept: connecting to it would wait for ever."""
    path = tmp_path / "health.sock"
    with ExitStack() as stack:
        busy = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        busy.bind(str(path))
        busy.listen(0)
        while True:
            client = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            client.setblocking(False)
            if client.connect_ex(str(path)) == errno.EAGAIN:
                break
        run = run_mongoping("smoke", "--probe", mongod.uri, "--listen", str(path))
    assert run.code == 2
    assert "in use" in run.err
    assert path.exists()


def test_a_deployment_that_hangs_does_not_make_the_answer_hang(tmp_path: Path) -> None:
    """The peer is played: it accepts and says nothing, so that every look takes its whole time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with resident(tmp_path, f"mongodb://127.0.0.1:{port}/", "--timeout", "3600") as service:
            assert service.ask()[0] == 503


@pytest.mark.parametrize("where", ["x", "-1", "99999", "nowhere/at/all.sock", "host:port"])
def test_a_place_that_is_none_exits_with_2(
    where: str, mongod: Any, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("smoke", "--probe", mongod.uri, "--listen", where)
    assert run.code == 2
    assert f"--listen {where}" in run.err


# Without a socket: what is answered, by a clock and looks of the test's own.


def never() -> tuple[bool, bytes]:
    raise AssertionError("nobody looks here")


def test_before_the_first_look_and_after_a_look_that_is_too_old_it_is_503() -> None:
    health = Health(never, every=1.0, patience=1.0)
    assert health.now()[0] == 503
    health._last = Answer(True, b"{}\n", time.monotonic())
    assert health.now() == (200, b"{}\n")
    health._last = Answer(True, b"{}\n", time.monotonic() - 6.1)
    status, body = health.now()
    assert status == 503
    assert json.loads(body)["status"] == "fail"


def test_a_look_that_fails_in_itself_is_no_health() -> None:
    """The second look begins when the first one was taken care of."""
    looks = threading.Semaphore(0)

    def failing() -> tuple[bool, bytes]:
        looks.release()
        raise AssertionError("this look always fails")

    health = Health(failing, every=0.05, patience=0.05)
    health.start()
    for _ in range(2):
        assert looks.acquire(timeout=PATIENCE_S)
    health.stop()
    assert health.now()[0] == 503


def test_the_answer_is_whole() -> None:
    health = Health(never, 1.0, 1.0)
    health._last = Answer(False, b'{"x": 1}\n', time.monotonic())
    answer = respond(b"GET / HTTP/1.1\r\n\r\n", health)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Connection: close\r\n" in answer
    assert answer.endswith(b'\r\n\r\n{"x": 1}\n')
