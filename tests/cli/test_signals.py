"""SIGINT, SIGTERM and SIGHUP end every command at every moment and leave nothing behind.

Each process is signalled once it is known to be where the test wants it: the handler is set, a
module is imported, a peer has its connection, a read or a write blocks. No command here would end
by itself within an hour, so its exit shows that the signal ended it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.process import free_port
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc shows where a process is")

PATIENCE_S = 60.0
ENDLESS = ("--timeout", "3600")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
READ, WRITE = "anon_pipe_read", "anon_pipe_write"  # where the kernel has a process wait


class Running:
    """A mongoping process whose temporary files are in a folder of its own."""

    def __init__(self, args: list[str], folder: Path, *, stdout: int, python: list[str]) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environment = {**clean_environment(folder), "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(
            [sys.executable, *python, "-m", "mongoping", *args],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self.err = b""
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.err += line

    def until(self, reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE_S
        while not reached():
            assert self.process.poll() is None, self.err
            assert time.monotonic() < limit, self.err
            time.sleep(0.005)

    def has_handler(self) -> bool:
        """Return whether SIGTERM is caught, which Python itself does not do."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        return bool(int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1))

    def waits_in(self, place: str) -> bool:
        found = Path(f"/proc/{self.process.pid}/wchan").read_text()
        return found.removeprefix("anon_") == place.removeprefix("anon_")

    def children(self) -> list[int]:
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in lists for pid in file.read_text().split()]

    def end(self, number: int) -> tuple[int, bytes]:
        """Send the signal; return the exit code and standard output."""
        self.process.send_signal(number)
        out = self.process.stdout.read() if self.process.stdout else b""
        code = self.process.wait(PATIENCE_S)
        self._collector.join(PATIENCE_S)
        assert b"Traceback" not in self.err, self.err
        assert b"Exception ignored" not in self.err
        assert b"never retrieved" not in self.err
        assert list(self.temporary.iterdir()) == []
        return code, out


Start = "Callable[..., Running]"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def begin(
            *args: str, stdout: int = subprocess.PIPE, python: tuple[str, ...] = ()
        ) -> Running:
            running = Running(list(args), tmp_path, stdout=stdout, python=list(python))
            stack.callback(_finish, running.process)
            return running

        yield begin


def _finish(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


WAITING = {
    "check": ("check", "URI", *ENDLESS),
    "atlas": ("atlas", "URI", *ENDLESS),
    "local": ("local", "ADDRESS", *ENDLESS),
    "topology": ("topology", "URI", *ENDLESS),
    "waterfall": ("check", "URI", "--waterfall", *ENDLESS),
    "smoke": ("smoke", "URI", *ENDLESS),
    "smoke --wait": ("smoke", "URI", "--wait", "3600", *ENDLESS),
}
REPORTING = {"check", "atlas", "local", "topology", "waterfall", "smoke", "smoke --wait"}


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", WAITING)
def test_a_run_that_waits_for_a_peer_prints_its_partial_report(
    command: str, number: int, start: Callable[..., Running]
) -> None:
    with Listener(listeners.silent) as listener:
        uri = f"mongodb://{listener.address}/"
        words = {"URI": uri, "ADDRESS": listener.address}
        running = start(*(words.get(word, word) for word in WAITING[command]))
        running.until(lambda: listener.connections > 0)
        code, out = running.end(number)
    assert code == 130
    assert b"mongoping" in out
    assert b"Interrupted" in out


@pytest.mark.parametrize("number", SIGNALS)
def test_a_probe_ends(number: int, start: Callable[..., Running]) -> None:
    with Listener(listeners.silent) as listener:
        running = start("smoke", "--probe", f"mongodb://{listener.address}/", *ENDLESS)
        running.until(lambda: listener.connections > 0)
        assert running.end(number) == (130, b"")


def read_until(running: Running, text: bytes) -> None:
    assert running.process.stdout is not None
    while text not in (line := running.process.stdout.readline()):
        assert line, running.err


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("args", [(), ("--count", "100000")])
def test_a_watch_ends_with_its_summary(
    args: tuple[str, ...], number: int, mongod: Deployment, start: Callable[..., Running]
) -> None:
    """Without an end of its own, a watch that is stopped has done its work: exit code 0."""
    running = start("watch", mongod.uri, "--interval", "0.1", *args)
    read_until(running, b"#3")
    code, out = running.end(number)
    assert code == (130 if args else 0)
    assert b"ticks in" in out


@pytest.mark.parametrize("number", SIGNALS)
def test_a_resident_probe_removes_its_socket(
    number: int, mongod: Deployment, tmp_path: Path, start: Callable[..., Running]
) -> None:
    path = tmp_path / "health.sock"
    running = start("smoke", "--probe", mongod.uri, "--listen", str(path))
    running.until(lambda: b"answering on" in running.err)
    assert running.end(number)[0] == 0
    assert not path.exists()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_program_of_a_snippet_ends_too(number: int, start: Callable[..., Running]) -> None:
    with Listener(listeners.silent) as listener:
        uri = f"mongodb://{listener.address}/"
        running = start("snippet", "run", "pymongo-local", uri, *ENDLESS)
        running.until(lambda: listener.connections > 0)
        (child,) = running.children()
        assert running.end(number)[0] == 130
    assert not is_alive(child)


def command_line(pid: int) -> bytes:
    """Return the arguments of a process, or nothing if it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def has_server(running: Running) -> bool:
    return any(b"--dbpath" in command_line(child) for child in running.children())


SLOW_REMOVAL = """
import sys, time
from pathlib import Path
from mongoping import signals

def remove():
    time.sleep(1)
    Path(sys.argv[1]).touch()

signals.install()
removal = signals.Removal(remove)
print("ready", flush=True)
time.sleep(3600)
"""


@pytest.mark.parametrize("signals_sent", [1, 2])
def test_a_slow_removal_is_not_interrupted(signals_sent: int, tmp_path: Path) -> None:
    """A removal may block for longer than the main thread may otherwise be idle."""
    removed = tmp_path / "removed"
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_REMOVAL, str(removed)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        for _ in range(signals_sent):
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 130
    assert removed.exists()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", ["folder", "server", "connection", "report"])
def test_the_server_of_local_is_removed(
    moment: str, number: int, start: Callable[..., Running]
) -> None:
    reached: dict[str, Callable[[], bool]] = {
        "folder": lambda: any(running.temporary.iterdir()),
        "server": lambda: has_server(running),
        "connection": lambda: any(
            b"Connection accepted" in file.read_bytes() for file in running.temporary.glob("*/log")
        ),
        "report": lambda: running.waits_in(WRITE),
    }
    with having(), full_pipe() as pipe:
        count = ("--count", "100000", *ENDLESS) if moment == "connection" else ()
        stdout = pipe if moment == "report" else subprocess.PIPE
        running = start("local", "--sandbox", *count, stdout=stdout)
        servers: list[int] = []
        running.until(reached[moment])
        servers += running.children()
        code, _ = running.end(number)
    assert code == 130
    assert not any(is_alive(pid) for pid in servers)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("kind", [("--tls",), ("--kind", "replica-set", "--auth")])
def test_a_sandbox_is_removed_while_it_starts(
    kind: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    with having():
        running = start("sandbox", *kind)
        running.until(lambda: has_server(running))
        servers = running.children()
        assert running.end(number) == (130, b"")
    assert not any(is_alive(pid) for pid in servers)


def test_sighup_stays_ignored_under_nohup(
    mongod: Deployment, start: Callable[..., Running]
) -> None:
    """A watch that was started to outlive its terminal goes on."""
    program = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    program += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    args = ("watch", mongod.uri, "--interval", "0.1")
    running = start(*args, python=("-c", program, "-P"))
    read_until(running, b"#3")
    running.process.send_signal(signal.SIGHUP)
    read_until(running, b"#20")
    code, out = running.end(signal.SIGTERM)
    assert code == 0
    assert b"ticks in" in out


# At the start, and while modules are imported


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "args",
    [("causes",), ("compat",), ("uri", "mongodb://a/"), ("explain", "x"), ("--help",), ("check",)],
)
def test_a_command_that_has_just_begun_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    """It may also be done before the signal reaches it; nothing else may happen."""
    running = start(*args)
    limit = time.monotonic() + PATIENCE_S
    while not (ended := running.process.poll() is not None) and not running.has_handler():
        assert time.monotonic() < limit
    if not ended:
        code, _ = running.end(number)
        assert code in (130, 2 if args == ("check",) else 0)


MODULES = [
    "click",
    "mongoping.cli._options",
    "mongoping.uri.target",
    "asyncio",
    "ssl",
    "pymongo.common",
]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("module", MODULES)
def test_a_run_that_imports_a_module_ends(
    module: str, number: int, mongod: Deployment, start: Callable[..., Running]
) -> None:
    """A late import, that of the driver, runs in a thread."""
    args = ("check", mongod.uri, "--count", "100000", *ENDLESS)
    running = start(*args, python=("-X", "importtime"))
    running.until(lambda: module in imported(running.err))
    code, _ = running.end(number)
    said = [line for line in running.err.splitlines() if not line.startswith(b"import time:")]
    assert code == 130
    assert said in ([], [b"Interrupted."])


def imported(log: bytes) -> set[str]:
    """Return the names of modules in what ``python -X importtime`` has printed so far."""
    return {line.rpartition("|")[2].strip() for line in log.decode().splitlines()}


# While a read, a write or a lookup blocks


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "args", [("uri", "-"), ("explain",), ("explain", "--file", "-"), ("check", "-")]
)
def test_a_command_that_reads_its_input_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    running = start(*args)
    running.until(lambda: running.waits_in(READ))
    assert running.end(number) == (130, b"")


@contextmanager
def full_pipe() -> Iterator[int]:
    """A pipe that is not read, and takes nothing more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


WRITING = [
    ("causes",),
    ("compat",),
    ("uri", "mongodb://a/"),
    ("explain", "connection refused"),
    ("check", "REFUSED"),
    ("check", "REFUSED", "--format", "json"),
    ("topology", "REFUSED"),
    ("local", "ADDRESS"),
    ("smoke", "REFUSED"),
    ("smoke", "--probe", "REFUSED"),
    ("watch", "REFUSED"),
    ("snippet", "list"),
]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("args", WRITING, ids=" ".join)
def test_a_command_whose_output_is_not_read_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    address = f"127.0.0.1:{free_port()}"
    words = {"REFUSED": f"mongodb://{address}/", "ADDRESS": address}
    with full_pipe() as pipe:
        running = start(*(words.get(word, word) for word in args), stdout=pipe)
        running.until(lambda: running.waits_in(WRITE))
        assert running.end(number)[0] == 130


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["check", "topology", "smoke --probe", "watch"])
def test_a_command_whose_name_lookup_hangs_ends(
    command: str, number: int, tmp_path: Path, start: Callable[..., Running]
) -> None:
    """The system's own resolver waits for a name server that is silent."""
    config = tmp_path / "resolv.conf"
    address = f"127.29.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    config.write_text(f"nameserver {address}\noptions timeout:30 attempts:5\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.settimeout(PATIENCE_S)
        try:
            silent.bind((address, 53))
            line = ["unshare", "--mount", "true"]
            subprocess.run(line, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"not allowed to play the system's name server: {error}")
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        program = (
            "import os, sys; os.execvp('unshare', ['unshare', '--mount', 'sh', '-c', "
            f"{script!r}, {str(config)!r}, sys.executable, *sys.argv[1:]])"
        )
        patience = () if command == "watch" else ENDLESS
        uri = "mongodb://db.example.test/"
        running = start(*command.split(), uri, *patience, python=("-c", program, "-P"))
        silent.recv(512)
        code, _ = running.end(number)
    assert code == (18 if command == "watch" else 130)
