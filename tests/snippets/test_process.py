"""The process of a snippet: environment, time limit, and missing drivers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import UserDict
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from mongoping import signals
from mongoping.sandbox.listeners import Listener, silent
from mongoping.snippets import running
from mongoping.snippets.running import CannotRunError, RunResult, run

if TYPE_CHECKING:
    from collections.abc import KeysView

from tests.snippets.programs import find_snippet


class TestProcess:
    """The process of a snippet: environment, end and output."""

    SNIPPET = find_snippet("pymongo-local")

    def run_program(
        self, program: str, limit: float = 20, uri: str = "mongodb://u:canary@h/"
    ) -> RunResult:
        return run(self.SNIPPET, program, uri, limit=limit)

    def test_the_string_is_in_the_environment_and_not_in_the_arguments(self) -> None:
        """Any user can see the arguments with ``ps``."""
        result = self.run_program(
            "import os, sys; print(os.environ['MONGODB_URI'], sys.orig_argv, __file__)\n"
            "print(oct(os.stat(__file__).st_mode & 0o777))"
        )
        assert result.out.count("canary") == 1
        assert result.out.startswith("mongodb://u:canary@h/ [")
        if os.name == "posix":
            assert result.out.endswith("0o600\n")

    def test_settings_of_mongoping_are_not_passed_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """They may belong to another deployment."""
        monkeypatch.setenv("MONGOPING_URI", "mongodb://other/")
        monkeypatch.setenv("MONGOPING_PASSWORD", "other")
        monkeypatch.setenv("MONGODB_URI", "mongodb://other/")
        assert "other" not in self.run_program("import os; print(dict(os.environ))").out

    def test_a_program_that_hangs_is_stopped_with_its_children(self) -> None:
        """The program ignores SIGTERM and has children."""
        result = self.run_program(
            "import signal, subprocess, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "child = subprocess.Popen(['sleep', '90'])\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(90)\n",
            limit=3,  # on a busy machine it takes a while to start an interpreter
        )
        assert result.code is None
        assert not result.ok
        assert has_ended(int(result.out))

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_to_mongoping_also_ends_the_program(self, number: int, tmp_path: Path) -> None:
        """No process is left that keeps looking for a server."""
        file = tmp_path / "pid"
        program = (
            f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(90)"
        )
        script = (
            "from mongoping.snippets import find\n"
            "from mongoping.snippets.running import run\n"
            f"run(find('pymongo-local'), {program!r}, 'mongodb://h/', limit=60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
            while not (file.exists() and file.read_text()):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(number)
            process.communicate(timeout=20)
        assert has_ended(int(file.read_text()))

    def test_a_signal_while_the_program_starts_ends_it(self) -> None:
        """It arrives between the start of the process and the block that waits for it."""

        class Environment(UserDict[str, str]):
            def keys(self) -> KeysView[str]:
                os.kill(os.getpid(), signal.SIGINT)
                return super().keys()

        command, environment = ["sleep", "90"], Environment(os.environ)
        before = set(psutil.Process().children())
        start = running._start(command, environment, None)
        with pytest.raises(KeyboardInterrupt), signals.raising(), start:
            pytest.fail("the signal was lost")
        assert set(psutil.Process().children()) <= before

    def test_a_silent_server_does_not_block_the_program(self) -> None:
        """Unchanged, the program would wait 30 seconds for server selection."""
        with Listener(silent) as listener:
            snippet = find_snippet("pymongo-async-atlas")
            result = run(snippet, snippet.text, f"mongodb://{listener.address}/", limit=1)
        assert result.code is None
        assert result.out == ""

    @pytest.mark.parametrize(
        ("program", "missing"),
        [
            ("import motor_of_a_dream", "No module named 'motor_of_a_dream'"),
            ("from pymongo import ClientOfADream", "cannot import name 'ClientOfADream'"),
            (
                "raise SystemExit('Not connected to MongoDB: MONGODB-AWS authentication requires "
                "pymongo-auth-aws: install with')",
                "MONGODB-AWS authentication requires pymongo-auth-aws",
            ),
        ],
    )
    def test_a_missing_driver_is_reported_with_the_install_command(
        self, program: str, missing: str
    ) -> None:
        """The driver is missing, too old, or lacks an extra."""
        text = find_snippet("pymongo-async-aws").text.partition("import asyncio")[0] + program
        result = self.run_program(text)
        assert result.missing is not None
        assert result.missing.startswith(missing)
        assert result.install == 'python -m pip install "pymongo[aws]>=4.13"'

    def test_other_failures_are_not_taken_for_a_missing_driver(self) -> None:
        result = self.run_program("raise SystemExit('Not connected to MongoDB: refused')")
        assert (result.code, result.missing, result.install) == (1, None, None)

    def test_endless_output_is_cut(self) -> None:
        assert len(self.run_program("print('x' * 1_000_000)").out) == 20_000

    def test_languages_that_cannot_be_run_are_refused(self) -> None:
        """The message has the command that installs the driver."""
        snippet = find_snippet("ruby-local")
        with pytest.raises(CannotRunError, match="gem install mongo"):
            run(snippet, snippet.text, "mongodb://h/", limit=1)

    def test_a_missing_tool_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        snippet = find_snippet("mongosh-local")
        with pytest.raises(CannotRunError, match="npm install --global mongosh"):
            run(snippet, snippet.text, "mongodb://h/", limit=1)

    @pytest.mark.usefixtures("node_packages")
    def test_a_missing_driver_of_node_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("NODE_PATH", raising=False)
        snippet = find_snippet("node-local")
        result = run(snippet, snippet.text, "mongodb://h/", limit=20)
        assert (result.missing, result.install) == (
            "Cannot find module 'mongodb'",
            "npm install mongodb",
        )


def is_running(pid: int) -> bool:
    """Return whether the process exists and is not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def has_ended(pid: int) -> bool:
    """Return whether the process ends within some seconds; a killed one may not end at once."""
    for _ in range(500):
        if not is_running(pid):
            return True
        time.sleep(0.02)
    return False
