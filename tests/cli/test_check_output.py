"""Check where reports go, and their width, colors and encoding."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from tests.cli.terminal import Terminal
from tests.conftest import clean_environment, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.sandbox.deployment import Deployment

REFUSED_URI = "mongodb://localhost:1/"


ESCAPE = "\x1b"


COPYABLE = re.compile(r"://|^  (?:mongoping|mkdir|openssl|python)\b")  # stays in one piece


def test_output_takes_the_report_and_leaves_nothing_on_standard_output(
    run_mongoping: Any, tmp_path: Path
) -> None:
    """The file holds what would have been printed, and no colors."""
    run = run_mongoping("check", REFUSED_URI, "--format", "json", "-o", "report.json")
    assert run.out == ""
    validate(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")))
    run_mongoping("check", REFUSED_URI, "-o", "report.txt")
    assert ESCAPE not in (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "tcp.refused" in run_mongoping("check", REFUSED_URI, "-o", "-").out


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(run_mongoping: Any) -> None:
    """No run waits for a report that has no place to go."""
    with Listener(listeners.silent) as listener:
        run = run_mongoping("check", f"mongodb://{listener.address}/", "-o", "/no/such/folder/x")
        assert listener.connections == 0
    assert run.code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_a_full_disk_is_a_usage_error_that_keeps_the_verdict(run_mongoping: Any) -> None:
    run = run_mongoping("check", REFUSED_URI, "-o", "/dev/full")
    assert run.code == 2
    error, verdict = run.err.splitlines()
    assert "/dev/full cannot be written: No space left on device" in error
    assert verdict == "Verdict: tcp.refused (exit code 12)."


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_line_fits_the_width(
    width: int, replica_set: Deployment, mongod_tls: Deployment, run_mongoping: Any
) -> None:
    """Of healthy and of failing reports, except lines to copy: commands, strings and links."""
    strings = [
        replica_set.uri,
        mongod_tls.uri,
        f"mongodb://{mongod_tls.host}/",
        "mongodb://" + ",".join(f"a-rather-long-name-{n}.example.test" for n in range(8)) + "/?x=y",
        "mongodb://localhost:270177/a/rather/long/path/that/goes/on/and/on/for/more/than/a/line",
        "mongodb://ünïcödé-日本語日本語日本語日本語日本語日本語.example.test:port/",
    ]
    for uri in strings:
        for more in ((), ("--verbose",)):
            args = ("check", uri, "--resolver", "127.0.0.1:1", "--timeout", "1", *more)
            run = run_mongoping(*args, env={"COLUMNS": str(width)})
            long = [line for line in run.out.splitlines() if cell_len(line) > width]
            assert not [line for line in long if not COPYABLE.search(line)], uri


def test_a_pipe_gets_no_escapes_and_color_can_be_forced(run_mongoping: Any) -> None:
    """NO_COLOR and FORCE_COLOR are honoured, where they are not empty; NO_COLOR wins."""

    def escapes(**env: str) -> bool:
        return ESCAPE in run_mongoping("check", REFUSED_URI, env=env).out

    assert not escapes()
    assert not escapes(NO_COLOR="1")
    assert escapes(FORCE_COLOR="1")
    assert escapes(FORCE_COLOR="1", NO_COLOR="")
    assert not escapes(FORCE_COLOR="")
    assert not escapes(FORCE_COLOR="1", NO_COLOR="1")


@pytest.mark.parametrize(
    ("env", "has_color"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
    ],
)
def test_a_terminal_gets_color_unless_it_is_dumb(
    env: Mapping[str, str], has_color: bool, tmp_path: Path
) -> None:
    """The colors of the report; the progress on standard error is not looked at here."""
    every = {**clean_environment(tmp_path), **env}
    with Terminal(
        ["check", REFUSED_URI], env=every, cwd=tmp_path, streams=("stdin", "stdout")
    ) as terminal:
        output = terminal.end()
    assert (ESCAPE in output.screen) == has_color
    assert "tcp.refused" in output.screen
    assert output.err == ""


@pytest.mark.parametrize("columns", [40, 80])
def test_progress_is_for_a_terminal_on_standard_error(
    columns: int, mongod: Deployment, tmp_path: Path
) -> None:
    """Layers as they finish, in one line that is gone in the end; the report goes its own way."""
    env = {**clean_environment(tmp_path), "TERM": "xterm"}
    del env["COLUMNS"]
    args = ["check", mongod.uri, "--format", "json"]
    with Terminal(
        args, env=env, cwd=tmp_path, streams=("stdin", "stderr"), columns=columns
    ) as terminal:
        output = terminal.end()
    assert "✓ tcp  ✓ handshake" in output.screen
    assert "–" not in output.screen
    assert output.screen.endswith("\r\x1b[2K")
    assert all(cell_len(line) < columns for line in output.screen.split("\r\x1b[2K"))
    validate(json.loads(output.out))


def test_a_dumb_terminal_gets_no_progress(mongod: Deployment, tmp_path: Path) -> None:
    env = {**clean_environment(tmp_path), "TERM": "dumb"}
    with Terminal(["check", mongod.uri], env=env, cwd=tmp_path, streams=("stderr",)) as terminal:
        assert terminal.end().screen == ""


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """With ``| head`` and the like: no traceback, and the exit code is that of the report."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", "check", REFUSED_URI],
        env=clean_environment(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 12


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_is_utf_8_in_every_locale(encoding: str, tmp_path: Path) -> None:
    """Programs read it; text is written with what the locale has, and escapes for the rest."""
    env = {**clean_environment(tmp_path), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "mongoping", "check", "mongodb://é日本/?appName=\U0001f600"]
    command += ["--resolver", "127.0.0.1:1", "--timeout", "1"]
    for more in (["--format", "json"], []):
        process = subprocess.run([*command, *more], env=env, capture_output=True, check=False)
        assert process.stderr == b""
        if more:
            assert json.loads(process.stdout)["target"]["uri"].startswith("mongodb://é日本")
        else:
            assert "dns." in process.stdout.decode(encoding)
