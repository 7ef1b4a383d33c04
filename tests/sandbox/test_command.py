"""``mongoping sandbox`` as a process: what it prints, runs, returns, and takes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.cli._sandbox import with_needed_args
from mongoping.sandbox.fault import Fault
from mongoping.sandbox.mongods import SERVERS
from tests.conftest import clean_environment, having

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

SHOW = "import os, json; print(json.dumps(dict(os.environ)))"


def test_faults_are_listed_for_people_and_for_programs(run_mongoping: Callable[..., Run]) -> None:
    text = run_mongoping("sandbox", "--list-faults")
    faults = run_mongoping("sandbox", "--list-faults", "--format", "json").json["faults"]
    assert text.code == 0
    assert [line.split()[0] for line in text.out.splitlines()] == [
        fault["code"] for fault in faults
    ]
    assert {"tcp.refused", "tls.unknown-ca", "auth.failed"} <= {fault["cause"] for fault in faults}


def test_an_unknown_fault_is_met_with_the_nearest_ones(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("sandbox", "--fault", "tls.unkown-ca")
    assert run.code == 2
    assert "Did you mean tls.unknown-ca " in run.err
    assert run.out == ""
    assert "--list-faults" in run_mongoping("sandbox", "--fault", "zzz").err


@pytest.mark.parametrize(
    "args",
    [
        ("--fault", "tcp.refused", "--tls"),
        ("--like", "atlas", "--auth"),
        ("--kind", "standalone", "--members", "3"),
    ],
)
def test_options_that_exclude_each_other_are_wrong_usage(
    run_mongoping: Callable[..., Run], args: tuple[str, ...]
) -> None:
    assert run_mongoping("sandbox", *args).code == 2


def test_a_command_that_is_not_there_is_told_before_anything_starts(
    run_mongoping: Callable[..., Run],
) -> None:
    run = run_mongoping("sandbox", "--", "no-such-command-here")
    assert run.code == 127
    assert "no-such-command-here" in run.err


def test_a_command_that_is_not_executable_is_not_called_missing(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    path = tmp_path / "script"
    path.touch(0o644)
    run = run_mongoping("sandbox", "--", str(path))
    assert (run.code, run.err) == (126, f"Error: '{path}' is not an executable file.\n")
    path.unlink()
    run = run_mongoping("sandbox", "--", str(path))
    assert (run.code, run.err) == (127, f"Error: There is no file '{path}'.\n")


def test_without_a_mongod_a_sentence_says_what_to_install(
    run_mongoping: Callable[..., Run],
) -> None:
    """The folder of old servers is empty here, and this fault needs one of them."""
    env = {SERVERS: "/nonexistent", "PATH": str(Path(sys.executable).parent)}
    run = run_mongoping("sandbox", "--fault", "api.unsupported", env=env)
    assert run.code == 19
    assert run.err.startswith("Error: No mongod 4.4 was found")
    assert "Traceback" not in run.err


def test_a_command_gets_the_connection_string_and_gives_the_exit_code(
    run_mongoping: Callable[..., Run],
) -> None:
    """A fault of DNS also gives it the resolver, and no variable of ours hides the string."""
    with having():
        code = SHOW + "; raise SystemExit(7)"
        run = run_mongoping(
            *("sandbox", "--fault", "dns.srv-not-found", "--", sys.executable, "-c", code),
            env={"MONGOPING_URI": "mongodb://elsewhere/", "MONGOPING_PASSWORD": "x"},
        )
    variables = json.loads(run.out)
    assert run.code == 7
    assert variables["MONGODB_URI"].startswith("mongodb+srv://")
    assert variables["MONGOPING_RESOLVER"].startswith("127.0.0.1:")
    assert "MONGOPING_URI" not in variables
    assert "MONGOPING_PASSWORD" not in variables


def test_a_command_that_a_signal_ends_returns_as_in_a_shell(
    run_mongoping: Callable[..., Run],
) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with having():
        run = run_mongoping("sandbox", "--fault", "tcp.refused", "--", sys.executable, "-c", code)
    assert run.code == 128 + signal.SIGKILL


def test_options_after_the_command_are_the_command_s_own(run_mongoping: Callable[..., Run]) -> None:
    with having():
        run = run_mongoping("sandbox", "--tls", "--auth", sys.executable, "-c", SHOW)
    uri = json.loads(run.out)["MONGODB_URI"]
    assert uri.startswith("mongodb://ada:")
    assert "tls=true" in uri


def start(home: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mongoping", "sandbox", *args],
        env={**clean_environment(home), "TMPDIR": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_waits_until_it_is_told_to_end_and_takes_everything_away(
    tmp_path: Path, number: signal.Signals
) -> None:
    with having(), start(tmp_path, "--format", "json") as process:
        assert process.stdout
        details: dict[str, Any] = json.loads(process.stdout.readline())
        assert details["uri"].startswith("mongodb://localhost:")
        assert list(tmp_path.glob("mongoping-*"))
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_interrupted_before_it_is_ready_it_says_so(tmp_path: Path) -> None:
    """The signal comes while three servers start; none of them stays."""
    with having(), start(tmp_path, "--kind", "replica-set") as process:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("mongoping-*/log")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
def test_ctrl_c_reaches_the_command_and_the_sandbox_ends_after_it(tmp_path: Path) -> None:
    """The command's own exit code counts; a process group plays the terminal."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (time.sleep(0.2), sys.exit(3)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    args = ("--fault", "tcp.refused", "--", sys.executable, "-c", code)
    with having():
        process = subprocess.Popen(
            [sys.executable, "-m", "mongoping", "sandbox", *args],
            env={**clean_environment(tmp_path), "TMPDIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            process_group=0,
        )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    assert process.returncode == 3
    assert list(tmp_path.iterdir()) == []


def test_sigterm_is_passed_on_to_the_command(tmp_path: Path) -> None:
    code = "import time; print('ready', flush=True); time.sleep(60)"
    args = ("--fault", "tcp.refused", "--", sys.executable, "-c", code)
    with having(), start(tmp_path, *args) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_demonstration_has_no_warning_about_its_own_server(
    run_mongoping: Callable[..., Run],
) -> None:
    """The report states the end of life, and that the server is a throwaway one."""
    program = (sys.executable, "-m", "mongoping", "check", "--format", "json")
    with having():
        run = run_mongoping("sandbox", "--members", "1", "--", *program)
        warning_run = run_mongoping(
            "sandbox", "--fault", "compat.server-end-of-life", "--", *program
        )
    for report, severity in ((run.out, "info"), (warning_run.out, "warning")):
        layers = {layer["name"]: layer for layer in json.loads(report)["layers"]}
        by_cause = {row["cause"]: row for row in layers["compat"]["findings"]}
        finding = by_cause["compat.server-end-of-life"]
        assert finding["severity"] == severity
        assert ("throwaway server" in finding["detail"]) == (severity == "info")


def test_the_members_are_listed_with_their_processes(tmp_path: Path) -> None:
    with having(), start(tmp_path, "--members", "2", "--format", "json") as process:
        assert process.stdout
        members = json.loads(process.stdout.readline())["members"]
        for row in members:
            assert Path(row["data"]).is_dir()
            line = Path(f"/proc/{row['pid']}/cmdline").read_bytes().split(b"\0")
            assert str(row["port"]).encode() in line
            assert row["data"].encode() in line
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert [row["member"] for row in members] == [1, 2]


def test_the_table_of_members_is_on_standard_error(tmp_path: Path) -> None:
    with having(), start(tmp_path) as process:
        assert process.stdout
        uri = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    port = uri.rstrip("/").rpartition(":")[2]
    assert out == ""
    head, row, *_ = err.splitlines()
    assert head.split() == ["member", "address", "PID", "version", "data", "folder"]
    assert row.split()[:2] == ["1", f"127.0.0.1:{port}"]


@pytest.mark.parametrize(
    ("cmd", "expected"),
    [
        (["mongoping", "check", "-q"], ["mongoping", "check", "--max-lag", "2", "-q"]),
        (
            ["python3", "-m", "mongoping", "check", "x"],
            ["python3", "-m", "mongoping", "check", "--max-lag", "2", "x"],
        ),
        (["mongoping", "check", "--max-lag", "9"], ["mongoping", "check", "--max-lag", "9"]),
        (["mongoping", "uri"], ["mongoping", "uri"]),
        (["mongoping"], ["mongoping"]),
        (["mytool", "check"], ["mytool", "check"]),
        (["python3", "-m"], ["python3", "-m"]),
    ],
)
def test_a_command_of_mongoping_gets_the_options_that_the_fault_needs(
    cmd: list[str], expected: list[str]
) -> None:
    """The resolver is in the environment; the limit is not."""
    fault = Fault("mongodb://a/", args=("--resolver", "127.0.0.1:53", "--max-lag", "2"))
    line, note = with_needed_args(fault, cmd)
    assert line == expected
    assert ("--max-lag 2" in note) == ("--max-lag" not in cmd)


def test_the_options_that_a_fault_needs_are_used(run_mongoping: Callable[..., Run]) -> None:
    program = (sys.executable, "-m", "mongoping", "check", "--format", "json")
    with having():
        run = run_mongoping("sandbox", "--fault", "api.strict-violation", "--", *program)
        other = run_mongoping("sandbox", "--fault", "api.strict-violation", "--", "true")
    assert json.loads(run.out)["verdict"]["cause"] == "api.strict-violation"
    assert other.err == "sandbox: To see this fault, mongoping needs --api-strict.\n"


def test_all_resolvers_of_a_fault_are_passed_on(run_mongoping: Callable[..., Run]) -> None:
    program = (sys.executable, "-m", "mongoping", "check", "--format", "json")
    with having():
        run = run_mongoping("sandbox", "--fault", "dns.resolvers-disagree", "--", *program)
    report = json.loads(run.out)
    causes = [row["cause"] for layer in report["layers"] for row in layer["findings"]]
    assert report["verdict"] is None
    assert "dns.resolvers-disagree" in causes
