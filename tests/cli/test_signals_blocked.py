"""SIGINT, SIGTERM and SIGHUP end a command that starts, imports, reads, writes or looks up a name.

Each process is signalled once it is known to be where the test needs it: the handler is set, a
module is imported, a read or a write blocks.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.process import free_port
from tests.cli.running import (
    ENDLESS,
    PATIENCE_S,
    READ,
    WRITE,
    Running,
    full_pipe,
    with_signals,
)
from tests.resolvers import silent_resolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc shows where a process is")


STARTING = [
    ("causes",),
    ("compat",),
    ("uri", "mongodb://a/"),
    ("explain", "x"),
    ("--help",),
    ("check",),
]


@pytest.mark.parametrize(("args", "number"), with_signals(STARTING))
def test_a_command_that_has_just_begun_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    """It may also be done before the signal reaches it; nothing else may happen."""
    running = start(*args)
    limit = time.monotonic() + PATIENCE_S
    while not (has_ended := running.process.poll() is not None) and not running.has_handler():
        assert time.monotonic() < limit
    if not has_ended:
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


@pytest.mark.parametrize(("module", "number"), with_signals(MODULES))
def test_a_run_that_imports_a_module_ends(
    module: str, number: int, mongod: Deployment, start: Callable[..., Running]
) -> None:
    """A late import, that of the driver, runs in a thread."""
    args = ("check", mongod.uri, "--count", "100000", *ENDLESS)
    running = start(*args, python=("-X", "importtime"))
    running.until(lambda: module in modules_in(running.err))
    code, _ = running.end(number)
    lines = [line for line in running.err.splitlines() if not line.startswith(b"import time:")]
    assert code == 130
    assert lines in ([], [b"Interrupted."])


def modules_in(log: bytes) -> set[str]:
    """Return the names of modules in what ``python -X importtime`` has printed so far."""
    return {line.rpartition("|")[2].strip() for line in log.decode().splitlines()}


BUSY_MACHINE = """
import hashlib, os, sys, threading, time
from mongoping import signals

def wait(wanted):
    while signals._is_starved() != wanted:
        time.sleep(0.01)
    os._exit(0)

busy = sys.argv[1] == "works"
threading.Thread(target=wait, args=[busy]).start()
if busy:
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**30)
time.sleep(3600)
"""


@pytest.mark.parametrize("main_thread", ["works", "sleeps"])
def test_a_main_thread_that_waits_for_a_cpu_is_not_idle(main_thread: str) -> None:
    """The process ends once the other thread sees the main thread so."""
    line = [sys.executable, "-c", BUSY_MACHINE, main_thread]
    assert subprocess.run(line, timeout=PATIENCE_S, check=False).returncode == 0


READING = [("uri", "-"), ("explain",), ("explain", "--file", "-"), ("check", "-")]


@pytest.mark.parametrize(("args", "number"), with_signals(READING))
def test_a_command_that_reads_its_input_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    running = start(*args)
    running.until(lambda: running.waits_in(READ))
    assert running.end(number) == (130, b"")


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


@pytest.mark.parametrize(("args", "number"), with_signals(WRITING))
def test_a_command_whose_output_is_not_read_ends(
    args: tuple[str, ...], number: int, start: Callable[..., Running]
) -> None:
    address = f"127.0.0.1:{free_port()}"
    words = {"REFUSED": f"mongodb://{address}/", "ADDRESS": address}
    with full_pipe() as pipe:
        running = start(*(words.get(word, word) for word in args), stdout=pipe)
        running.until(lambda: running.waits_in(WRITE))
        assert running.end(number)[0] == 130


@pytest.mark.parametrize(
    ("command", "number"), with_signals(["check", "topology", "smoke --probe", "watch"])
)
def test_a_command_whose_name_lookup_hangs_ends(
    command: str, number: int, tmp_path: Path, start: Callable[..., Running]
) -> None:
    """The system's own resolver waits for a name server that is silent."""
    with silent_resolver(tmp_path) as (inside, silent):
        silent.settimeout(PATIENCE_S)
        words = f"[*{inside!r}, sys.executable, *sys.argv[1:]]"
        program = f"import os, sys; os.execvp('unshare', {words})"
        patience = () if command == "watch" else ENDLESS
        uri = "mongodb://db.example.test/"
        running = start(*command.split(), uri, *patience, python=("-c", program, "-P"))
        silent.recv(512)
        code, _ = running.end(number)
    assert code == (18 if command == "watch" else 130)
