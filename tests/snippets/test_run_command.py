"""`mongoping snippet run` as a process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

    Mongoping = Callable[..., Run]
from tests.snippets.programs import PING_MESSAGE, SECRET


class TestRun:
    """``snippet run``."""

    def test_it_reports_output_and_time(
        self, run_mongoping: Mongoping, mongod_auth: Deployment
    ) -> None:
        run = run_mongoping("snippet", "run", "pymongo-async-atlas", mongod_auth.uri)
        assert run.code == 0, run.err
        first, last = run.out.splitlines()
        assert first == PING_MESSAGE
        assert re.fullmatch(r"pymongo-async-atlas: reached the deployment in \d+\.\d\d s\.", last)

    def test_the_end_of_a_long_error_is_shown(
        self, run_mongoping: Mongoping, mongod: Deployment, tmp_path: Path
    ) -> None:
        """A module that Python imports at its start prints it before the program runs."""
        (tmp_path / "sitecustomize.py").write_text(
            "import sys\n"
            "if 'mongoping' not in sys.orig_argv:\n"
            "    sys.stderr.write('x' * 50 + '\\n' + 'y\\n' * 5000 + 'the end\\n')\n"
        )
        env = {"PYTHONPATH": str(tmp_path)}
        run = run_mongoping("snippet", "run", "pymongo-local", mongod.uri, env=env)
        assert run.code == 0, run.err
        assert "\nthe end\n" in run.out

    def test_json_keeps_what_a_runner_would_take_for_a_command(
        self, run_mongoping: Mongoping, mongod: Deployment, tmp_path: Path
    ) -> None:
        text = "##[group]x"
        (tmp_path / "sitecustomize.py").write_text(
            f"import sys\nif 'mongoping' not in sys.orig_argv:\n    sys.stderr.write({text!r})\n"
        )
        env = {"PYTHONPATH": str(tmp_path), "TF_BUILD": "True"}
        words = ("snippet", "run", "pymongo-local", mongod.uri, "--format", "json")
        run = run_mongoping(*words, env=env)
        assert run.json["error"] == text
        assert text not in run.out

    def test_json_output_is_one_object(
        self, run_mongoping: Mongoping, mongod_auth: Deployment
    ) -> None:
        run = run_mongoping("snippet", "run", "pymongo-local", mongod_auth.uri, "--format", "json")
        assert run.json["ok"] is True
        assert run.json["output"] == f"{PING_MESSAGE}\n"
        assert 0 < run.json["duration_ms"] < 60_000
        assert (run.json["exit_code"], run.json["missing"]) == (0, None)

    def test_the_string_and_password_may_come_from_the_environment(
        self, run_mongoping: Mongoping, mongod_auth: Deployment
    ) -> None:
        """The password is in a separate variable."""
        user = mongod_auth.named("ada")
        uri = mongod_auth.uri_with(user=None).replace("://", "://ada@")
        environment = {"MONGOPING_URI": uri, "MONGOPING_PASSWORD": user.password or ""}
        run = run_mongoping("snippet", "run", "pymongo-local", env=environment)
        assert run.code == 0, run.out

    def test_a_failure_shows_no_secret(
        self, run_mongoping: Mongoping, mongod_auth: Deployment
    ) -> None:
        uri = mongod_auth.uri_with(user=None).replace("://", f"://ada:{SECRET}@")
        run = run_mongoping("snippet", "run", "pymongo-async-atlas", uri)
        assert run.code == 1
        assert "Authentication failed" in run.out
        assert "failed after" in run.out
        assert SECRET not in run.out + run.err

    def test_the_driver_fails_before_the_time_limit(self, run_mongoping: Mongoping) -> None:
        """The server selection timeout leaves time to start the program, also on a busy machine."""
        words = ["pymongo-async-atlas", "mongodb://127.0.0.1:1/", "--timeout", "8"]
        run = run_mongoping("snippet", "run", *words)
        assert run.code == 1
        assert "127.0.0.1:1" in run.out
        assert "stopped" not in run.out

    def test_a_program_that_hangs_is_stopped(
        self, run_mongoping: Mongoping, mongod: Deployment
    ) -> None:
        """Even the start of the interpreter takes longer than the limit."""
        words = ["pymongo-async-atlas", mongod.uri, "--timeout", "0.1"]
        run = run_mongoping("snippet", "run", *words)
        assert run.code == 1
        assert "stopped after" in run.out

    def test_a_missing_driver_is_reported_with_the_install_command(
        self, run_mongoping: Mongoping, tmp_path: Path
    ) -> None:
        """A problem of the client exits with 19."""
        (tmp_path / "motor").mkdir()
        (tmp_path / "motor" / "__init__.py").write_text("")  # an empty package is no driver
        run = run_mongoping(
            *("snippet", "run", "motor-asyncio-atlas", "mongodb://h/"),
            env={"PYTHONPATH": str(tmp_path)},
        )
        assert run.code == 19
        assert "No module named 'motor.motor_asyncio'" in run.out
        assert 'python -m pip install "motor>=3.7"' in run.out
        assert "--isolated" in run.out

    def test_a_language_that_cannot_be_run_is_refused(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "run", "rust-local", "mongodb://h/")
        assert run.code == 19
        assert "cargo add mongodb" in run.err
