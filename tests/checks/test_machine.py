"""Facts about this machine: listeners on its ports, and how to start a server on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mongoping.checks._process_table import (
    listening_of_own,
    owner,
    owner_by_psutil,
    owner_in_proc,
)
from mongoping.checks.listener import on_this_machine
from mongoping.checks.neighbors import Machine, advice
from mongoping.observations import Neighbor
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.process import free_port
from tests.checks.real import look

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def machine(platform: str = "linux", **more: bool) -> Machine:
    fields = dict.fromkeys(("container", "mongod", "docker", "systemd"), False) | more
    return Machine(platform, **fields)


MONGO = (Neighbor("127.0.0.1:27018", True),)


@pytest.mark.parametrize(
    ("here", "neighbors", "words"),
    [
        (machine(mongod=True, systemd=True), (), ["systemctl start mongod"]),
        (machine(mongod=True), (), ["mongod --dbpath"]),
        (machine("darwin"), (), ["brew services start"]),
        (machine("win32"), (), ["net start MongoDB"]),
        (machine("win32", mongod=True), (), ["net start MongoDB", r"mongod --dbpath C:\mongodb"]),
        (machine(docker=True), (), ["docker run"]),
        (machine(mongod=True, docker=True), (), ["mongod --dbpath", "docker run"]),
        (machine(container=True), (), []),
        (machine(container=True, docker=True), (), []),
        (machine(), (), ["mongoping local --sandbox"]),
        (machine(), MONGO, []),
    ],
)
def test_the_advice_is_made_for_the_machine(
    here: Machine, neighbors: tuple[Neighbor, ...], words: list[str]
) -> None:
    """One line for each way that there is, the likeliest first."""
    rows = advice(here, neighbors)
    assert len(rows) == len(words)
    assert all(word in row for word, row in zip(words, rows, strict=True))


@pytest.mark.parametrize(
    ("here", "rows"),
    [
        (
            machine(mongod=True, systemd=True, docker=True),  # the service has the default port
            [
                "Start the server: mkdir -p ~/mongodb-28017 && mongod --port 28017 --dbpath "
                "~/mongodb-28017",
                "Start a server with Docker: docker run --rm -d -p 28017:27017 mongo",
            ],
        ),
        (
            machine("win32", mongod=True),
            [
                "Start a server without the service: mkdir C:\\mongodb-28017; mongod --port 28017 "
                "--dbpath C:\\mongodb-28017"
            ],
        ),
    ],
)
def test_the_advice_has_the_port_of_the_target(here: Machine, rows: list[str]) -> None:
    assert list(advice(here, (), 28017)) == rows


@linux
def test_the_process_that_listens_is_named() -> None:
    """Our own, on IPv4 and IPv6 alike."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listening = socket.create_server((host, 0), family=family)
        except OSError:
            continue
        with listening:
            port = listening.getsockname()[1]
            listener = owner(port)
        comm = Path("/proc/self/comm").read_text().strip()
        assert listener is not None
        assert (listener.port, listener.name, listener.pid) == (port, comm, os.getpid())


@linux
def test_nobody_listens_on_a_free_port() -> None:
    assert owner(free_port()) is None


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_psutil_names_the_same_process_as_proc(host: str) -> None:
    """psutil is asked on macOS and Windows only; here, the answers can be compared."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        port = listening.getsockname()[1]
        listener, expected = owner_by_psutil(port), owner_in_proc(port)
        own = list(listening_of_own(psutil, port))
    assert listener is not None
    assert expected is not None
    assert listener.replace(name="") == expected.replace(name="")
    assert listener.name is not None
    assert listener.name.startswith(expected.name or "-")  # the kernel cuts it after 15 bytes
    assert own == [(host, os.getpid())]
    assert owner_by_psutil(port) is None


OTHER_USER = """
import os, sys, psutil
from mongoping.checks._process_table import owner_by_psutil
os.setuid(65534)
seen = owner_by_psutil(int(sys.argv[1]))
print(seen.name, seen.pid, seen.addresses)
"""


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_process_of_another_user_has_no_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-c", OTHER_USER, str(listening.getsockname()[1])]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout == "None None ('127.0.0.1',)\n", run.stderr


@pytest.mark.parametrize(
    ("address", "here"),
    [
        *[("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("192.0.2.1", False)],
        *[("fe80::1%eth0", False), ("/tmp/x.sock", False), (None, False)],
    ],
)
def test_loopback_is_this_machine(address: str | None, here: bool) -> None:
    assert on_this_machine(address) is here


@linux
def test_the_listener_is_looked_up_where_a_server_misbehaves() -> None:
    with Listener(listeners.close) as bad:
        evidence = look(f"mongodb://{bad.address}/")
    listener = evidence.data("listener", bad.address)
    assert (listener.port, listener.pid) == (bad.port, os.getpid())


def test_neighbors_are_looked_for_by_local_alone() -> None:
    dead_host = f"127.0.0.1:{free_port()}"
    assert look(f"mongodb://{dead_host}/").data("neighbors") is None
    facts = look(f"mongodb://{dead_host}/", preset="local").data("neighbors")
    assert isinstance(facts.found, tuple)
