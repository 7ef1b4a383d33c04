"""The run of a script in another Python: its secrets, its environment, its end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mongoping.interpreter.record import InterpreterError
from mongoping.interpreter.session import Session, child_environment
from tests.interpreter.programs import HERE, script

SECRET = "mongodb://ada:canary@127.0.0.1:1"


def test_the_request_is_in_no_argument_and_no_variable(tmp_path: Path) -> None:
    """The script in place of the Python writes down how it was started."""
    path = script(tmp_path / "program", f'echo "$@" > {tmp_path}/seen; env >> {tmp_path}/seen')
    Session(str(path), {"uri": SECRET}).run(20)
    dump = (tmp_path / "seen").read_text()
    assert "PYTHONDONTWRITEBYTECODE" in dump
    assert "canary" not in dump


def test_variables_with_the_connection_string_are_kept_from_the_other_python() -> None:
    harmless = {"PATH": "/bin", "PYTHONPATH": "/program", "AWS_ACCESS_KEY_ID": "the program's"}
    environment = child_environment(
        {**harmless, "MONGODB_URI": SECRET, "MONGOPING_PASSWORD": "canary"}
    )
    assert harmless.items() <= environment.items()
    assert "canary" not in str(environment)


def test_a_killed_session_ends_with_what_it_started_and_starts_nothing_more(
    tmp_path: Path,
) -> None:
    """Both processes hold the pipe open, so it ends when both have ended."""
    os.mkfifo(tmp_path / "pipe")
    text = f"exec 3> {tmp_path}/pipe; sleep 600 & echo up >&3; exec sleep 600"
    session = Session(str(script(tmp_path / "program", text)), {"packages": ()})
    thread = threading.Thread(target=session.run, args=(600,))
    thread.start()
    with (tmp_path / "pipe").open() as pipe:
        assert pipe.readline() == "up\n"
        session.kill()
        assert pipe.read() == ""
    thread.join()
    assert session.run(600) == []


def test_packages_on_pythonpath_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pymongo.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (_, inventory), _ = Session(str(HERE), {"packages": ()}).run(60)
    assert inventory["pymongo_file"] == str(tmp_path / "pymongo.py")


def test_a_program_that_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="cannot be started: Permission denied"):
        Session(str(tmp_path), {}).run(1)
    with pytest.raises(InterpreterError, match="cannot be started: the path is not valid"):
        Session("a\0b", {}).run(1)
