"""A forked process of mongoping does the same as one that is started: see `tests.preloaded`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.listeners import Listener, silent
from tests.conftest import clean_environment, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from tests.preloaded import Preloader


@pytest.mark.parametrize(
    ("args", "stdin", "env"),
    [
        (("--help",), None, {}),
        (("uri", "mongodb://ada:secret@h/"), None, {"MONGOPING_PASSWORD": "x"}),
        (("explain",), "pymongo.errors.OperationFailure: Authentication failed., code 18\n", {}),
        (("uri", "mongodb://h:0/"), None, {"COLUMNS": "60"}),
        (("check", "--config", "here.toml"), None, {}),
        (("no-such-command",), "", {}),
    ],
)
def test_a_forked_process_prints_and_returns_the_same(
    args: tuple[str, ...],
    stdin: str | None,
    env: dict[str, str],
    tmp_path: Path,
    preloader: Preloader,
) -> None:
    environment = {**clean_environment(tmp_path), **env}
    assert preloader.can_run(environment, args)
    fork, new_process = (
        run(args, env=environment, cwd=tmp_path, stdin=stdin, timeout=60)
        for run in (preloader.run, run_python)
    )
    assert fork.returncode == new_process.returncode
    assert fork.stdout == new_process.stdout
    assert fork.stderr == new_process.stderr


def test_a_process_that_takes_too_long_is_killed(tmp_path: Path, preloader: Preloader) -> None:
    with Listener(silent) as peer:
        args = ("check", f"mongodb://{peer.address}/", "--timeout", "60")
        environment = clean_environment(tmp_path)
        with pytest.raises(subprocess.TimeoutExpired):
            preloader.run(args, env=environment, cwd=tmp_path, stdin=None, timeout=0.5)


@pytest.mark.parametrize(
    "env", [{"PYTHONPATH": "x"}, {"LC_ALL": "C"}, {"TZ": "UTC"}, {"NAME": "x" * 100_000}]
)
def test_settings_of_the_interpreter_need_an_interpreter(
    env: dict[str, str], tmp_path: Path, preloader: Preloader
) -> None:
    assert not preloader.can_run({**clean_environment(tmp_path), **env}, ("--help",))


def test_a_descriptor_is_not_left_open(tmp_path: Path, preloader: Preloader) -> None:
    def run() -> int:
        preloader.run(
            ("--help",), env=clean_environment(tmp_path), cwd=tmp_path, stdin="", timeout=60
        )
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    assert run() == run()
