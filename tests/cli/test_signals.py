"""SIGINT, SIGTERM and SIGHUP end every command that waits, and leave nothing behind.

Each process is signalled once it is known to be where the test needs it: a peer has its
connection, a server runs. No command here would end by itself within an hour, so its exit shows
that the signal ended it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from tests.cli.running import (
    ENDLESS,
    PATIENCE_S,
    SIGNALS,
    WRITE,
    Running,
    full_pipe,
    is_alive,
    with_signals,
)
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc shows where a process is")


WAITING = {
    "check": ("check", "URI", *ENDLESS),
    "atlas": ("atlas", "URI", *ENDLESS),
    "local": ("local", "ADDRESS", *ENDLESS),
    "topology": ("topology", "URI", *ENDLESS),
    "waterfall": ("check", "URI", "--waterfall", *ENDLESS),
    "smoke": ("smoke", "URI", *ENDLESS),
    "smoke --wait": ("smoke", "URI", "--wait", "3600", *ENDLESS),
}


@pytest.mark.parametrize(("command", "number"), with_signals([*WAITING]))
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
    assert listener.address.encode() in out
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
    mark = tmp_path / "removed"
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_REMOVAL, str(mark)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        for _ in range(signals_sent):
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 130
    assert mark.exists()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", ["folder", "server", "connection", "report"])
def test_the_server_of_local_is_removed(
    moment: str, number: int, start: Callable[..., Running]
) -> None:
    conditions: dict[str, Callable[[], bool]] = {
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
        running.until(conditions[moment])
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


INTERRUPT_AT_IMPORT = """
import os, signal, sys
from mongoping.__main__ import main

class Interrupter:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal
sys.argv = ["mongoping", "uri", "mongodb://h/"]
sys.meta_path.insert(0, Interrupter())
main()
"""


@pytest.mark.parametrize(
    ("module", "code", "says"),
    [
        ("mongoping.signals", -signal.SIGINT, b""),  # shells report 130
        ("mongoping.cli", 130, b"Interrupted.\n"),
    ],
)
def test_an_interrupt_during_the_start_shows_no_traceback(
    module: str, code: int, says: bytes
) -> None:
    program = INTERRUPT_AT_IMPORT.format(module=module)
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (code, b"", says)
