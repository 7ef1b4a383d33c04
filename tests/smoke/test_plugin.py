"""The pytest plug-in, in a pytest of its own: one wait, one verdict, one exit code."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.played import SimulatedServer
from mongoping.sandbox.process import Server, free_port
from mongoping.sandbox.scripts import failing
from mongoping.sandbox.users import User
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TESTS = """
def test_one(mongoping_ready):
    assert mongoping_ready.status in ("ok", "warn")

def test_two(mongoping_ready):
    assert mongoping_ready.topology.type == "Single"

def test_three():
    pass
"""
CLOSED_PORT = "mongodb://127.0.0.1:1/"
PATIENCE_S = 60.0

Session = "Callable[..., subprocess.CompletedProcess[str]]"


@pytest.fixture
def session(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run pytest with the plug-in in a folder of its own."""
    (tmp_path / "test_things.py").write_text(TESTS)

    def run(
        *args: str, env: dict[str, str] | None = None, ini: str = ""
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
        plugin = ("-p", "mongoping.pytest_plugin", "-p", "no:cacheprovider")
        return subprocess.run(
            [sys.executable, "-m", "pytest", *plugin, *args],
            env={
                **clean_environment(tmp_path),
                **(env or {}),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_session_with_a_database_that_is_ready(session: Any, mongod: Any) -> None:
    process = session("--mongoping", mongod.uri)
    assert process.returncode == 0, process.stdout
    assert "3 passed" in process.stdout
    assert f"mongoping: {mongod.uri} is ready after" in process.stdout


@pytest.mark.parametrize("way", ["option", "ini", "environment"])
def test_a_session_without_one_ends_with_the_verdict_and_runs_no_test(
    way: str, session: Any
) -> None:
    args: dict[str, Any] = {
        "option": {"args": ("--mongoping", CLOSED_PORT, "--mongoping-wait", "0.5")},
        "ini": {"ini": f"mongoping_uri = {CLOSED_PORT}\nmongoping_wait = 0.5"},
        "environment": {"env": {"MONGODB_URI": CLOSED_PORT}, "args": ("--mongoping-wait", "0.5")},
    }[way]
    process = session(*args.pop("args", ()), **args)
    text = process.stdout + process.stderr
    assert process.returncode == 12, text
    assert "tcp.refused" in text
    assert "passed" not in text
    assert "Traceback" not in text
    assert "  Try first: Start the server" in text


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mongodb://ada@127.0.0.1:1/?authMechanism=PLAIN", "combined with MONGOPING_PASSWORD"),
        ("mongodb://127.0.0.1:1/?authMechanism=MONGODB-AWS", "MONGODB-AWS credentials"),
        ("mongodb://127.0.0.1:1/?tls=true&tlsCertificateKeyFile=a.pem", "client certificate"),
    ],
)
def test_an_ini_file_adds_no_secret_of_this_machine_to_its_own_address(
    uri: str, words: str, session: Any
) -> None:
    process = session(ini=f"mongoping_uri = {uri}", env={"MONGOPING_PASSWORD": "canary"})
    text = process.stdout + process.stderr
    assert process.returncode == 4, text
    assert words in text
    assert "canary" not in text


def test_a_string_of_the_user_gets_the_password_of_the_environment(session: Any) -> None:
    """The look-alike: the user named the address."""
    env = {"MONGOPING_PASSWORD": "x", "MONGOPING_URI": "mongodb://ada@127.0.0.1:1/"}
    assert session("--mongoping-wait", "0.1", env=env).returncode == 12


def test_no_line_of_the_verdict_is_a_command_for_a_runner(session: Any) -> None:
    """The server is played: its reply ends a line and begins a workflow command."""
    script = failing("hello", 59, "no\n::error::x")
    with SimulatedServer(script) as server:
        uri = f"mongodb://{server.address}/"
        process = session(
            *("--mongoping", uri, "--mongoping-wait", "0"), env={"GITHUB_ACTIONS": "true"}
        )
    lines = (process.stdout + process.stderr).splitlines()
    assert process.returncode not in (0, 70)
    assert not [line for line in lines if line.lstrip().startswith("::")]


def test_the_session_waits_for_a_server_that_comes_late(session: Any) -> None:
    """First something else has the port: the server is started once the session has met it."""
    with having():
        server = Server(find_mongod())
    port = free_port()
    contact = threading.Event()

    def close(client: socket.socket, closing: threading.Event) -> None:
        contact.set()

    def start() -> None:
        with Listener(close, port=port):
            ready.set()
            contact.wait(PATIENCE_S)
        server.spawn(port)

    ready = threading.Event()
    thread = threading.Thread(target=start)
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        process = session(
            "--mongoping", f"mongodb://127.0.0.1:{port}/", "--mongoping-until", "primary"
        )
    finally:
        thread.join()
        server.remove()
    assert process.returncode == 0, process.stdout + process.stderr
    assert "3 passed" in process.stdout


def test_without_a_string_the_session_ends_as_wrong_usage(session: Any) -> None:
    process = session()
    assert process.returncode == 4
    assert "MONGODB_URI" in process.stdout + process.stderr


def test_tests_that_ask_for_nothing_wait_for_nothing(session: Any) -> None:
    process = session("-k", "three")
    assert process.returncode == 0
    assert "1 passed" in process.stdout


@pytest.mark.parametrize("ini", ["mongoping_wait = soon", "mongoping_until = ready"])
def test_a_wrong_setting_is_told(ini: str, session: Any) -> None:
    process = session("--mongoping", CLOSED_PORT, ini=ini)
    assert process.returncode == 4
    assert ini.partition(" ")[0] in process.stdout + process.stderr


def test_the_password_is_in_nothing_that_pytest_prints(session: Any, mongod_auth: Any) -> None:
    uri = mongod_auth.uri_with(user=User("ada", "canary-of-the-session"))
    for args in (("--mongoping", "-"), ()):
        process = session(*args, "-vv", "--showlocals", env={"MONGODB_URI": uri})
        assert process.returncode == 16, process.stdout + process.stderr
        assert "canary" not in process.stdout + process.stderr


def test_the_module_imports_nothing_before_it_is_asked() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import mongoping.pytest_plugin;"
        "new = set(sys.modules) - before; print(sorted(n for n in new if 'mongoping' not in n))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = ("asyncio", "pymongo", "rich", "click", "ssl", "dns")
    assert not any(f"'{name}'" in process.stdout for name in heavy), process.stdout
