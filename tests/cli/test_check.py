"""``mongoping check`` as a process: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from rich.cells import cell_len

from mongoping.cli import main as group
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from tests.cli.terminal import Terminal
from tests.cli.test_secrets import commands, ids
from tests.conftest import clean_environment, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.sandbox.deployment import Deployment

REFUSED = "mongodb://localhost:1/"
ESCAPE = "\x1b"
COPIED = re.compile(r"://|^  (?:mongoping|mkdir|openssl|python)\b")  # stays in one piece
SKIPPED_ROOT = Path("/proc/self/mem")  # a file that even root cannot read from its beginning


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "No connection string"),
        (("--uri-file", "absent"), "absent cannot be read: No such file or directory"),
        (("--uri-file", "/"), "/ cannot be read: Is a directory"),
        (("--uri-file", "binary"), "binary is not UTF-8 text"),
        (("--uri-file", "empty"), "empty is empty"),
        (("--uri-file", "blank"), "blank is empty"),
        (("--uri-file", "large"), "large is larger than 64 KiB"),
        (("-",), "standard input is empty"),
        ((REFUSED, "--uri-file", "empty"), "once"),
        (
            ("mongodb://ada@localhost:1/", "--password-file", "absent"),
            "The password file absent cannot be read",
        ),
        (
            ("mongodb://ada@localhost:1/", "--password-file", "empty"),
            "The password file empty is empty",
        ),
        ((REFUSED, "--password-file", "large", "--ask-password"), "once"),
        ((REFUSED, "--tls-certificate-key-file-password-file", "absent"), "absent cannot be read"),
        ((REFUSED, "--output", "/no/such/folder/x"), "/no/such/folder/x cannot be written"),
        ((REFUSED, "--output", "."), "--output . cannot be written"),
        ((REFUSED, "--timeout", "0"), "'--timeout'"),
        ((REFUSED, "--timeout", "nan"), "'nan' is not a duration"),
        ((REFUSED, "--timeout", "soon"), "'--timeout'"),
        ((REFUSED, "--count", "0"), "'--count'"),
        ((REFUSED, "--count", "1e3"), "'--count'"),
        ((REFUSED, "--max-lag", "-1"), "'--max-lag'"),
        ((REFUSED, "--clock-skew", "nan"), "'nan' is not a duration"),
        ((REFUSED, "--certificate-days", "x"), "'--certificate-days'"),
        ((REFUSED, "--api-version", "2"), "--api-version 2 does not exist"),
        ((REFUSED, "--resolver", "dns.example.test"), "'dns.example.test' is not an IP address"),
        (("",), "The connection string is empty"),
        (("@",), "List the names: mongoping targets"),
        (("--host", ""), "--host is empty: check that the variable"),
        (("--uri-file", ""), "--uri-file is empty"),
        ((REFUSED, "--tls-ca-file", ""), "--tls-ca-file is empty"),
        ((REFUSED, "-o", ""), "--output is empty"),
        ((REFUSED, "-u", ""), "--username is empty"),
        ((REFUSED, "--resolver", ""), "--resolver is empty"),
        (("--port", "abc"), "'abc' is not a valid whole number"),
        (("--port", "0"), "0 is not in the range 1 to 65535"),
        ((REFUSED, "--certificate-days", "-1"), "-1 is not in the range 0 or more"),
        ((REFUSED, "--resolver", "127.0.0.1:dns"), "'dns' is not a port"),
        ((REFUSED, "--resolver", "127.0.0.1:0"), "'0' is not a port"),
        ((REFUSED, "--format", "yaml"), "'--format'"),
        ((REFUSED, "--no-such-option"), "--no-such-option"),
        ((REFUSED, "another"), "another"),
        (("mongodb://a\udcff:x@h/",), "The connection string is not UTF-8 text"),
    ],
    ids=ids,
)
def test_wrong_usage_is_one_sentence_that_names_the_input(
    args: tuple[str, ...], said: str, run_mongoping: Any, tmp_path: Path
) -> None:
    """Exit 2, nothing on standard output, and no traceback."""
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    (tmp_path / "empty").touch()
    (tmp_path / "blank").write_text(" \n\n")
    (tmp_path / "large").write_text("x" * 70_000)
    run = run_mongoping("check", *args, stdin="" if "-" in args else None)
    assert run.code == 2, run
    assert run.out == ""
    assert said in last_line(run.err)
    assert last_line(run.err).startswith("Error: ")
    assert "Traceback" not in run.err


@pytest.mark.skipif(not SKIPPED_ROOT.exists(), reason="Linux has a file that nobody can read")
def test_a_file_that_cannot_be_read_is_named(run_mongoping: Any) -> None:
    run = run_mongoping("check", "--uri-file", str(SKIPPED_ROOT))
    assert run.code == 2
    assert f"{SKIPPED_ROOT} cannot be read" in last_line(run.err)


@pytest.mark.parametrize("name", ["MONGOPING_URI", "MONGODB_URI", "MONGOPING_PASSWORD"])
def test_a_variable_that_is_no_text_is_named(name: str, run_mongoping: Any) -> None:
    """The system hands any bytes on; no driver can send them."""
    run = run_mongoping("check", env={"MONGODB_URI": REFUSED, name: "x\udcff"})
    assert run.code == 2
    assert f"The environment variable {name} is not UTF-8 text." in run.err


@pytest.mark.parametrize("name", ["MONGOPING_URI", "MONGODB_URI", "MONGOPING_PASSWORD"])
def test_an_empty_variable_is_named(name: str, run_mongoping: Any) -> None:
    """A variable that is set and empty is a mistake of its own, not the lack of one."""
    env = {"MONGODB_URI": REFUSED, name: ""}
    run = run_mongoping("check", env=env)
    assert run.code == 2
    assert f"The environment variable {name} is empty." in run.err


def test_the_nearest_source_of_the_string_wins(run_mongoping: Any, tmp_path: Path) -> None:
    """Argument or file, then MONGOPING_URI, then MONGODB_URI."""

    def shown(*args: str, **env: str) -> str:
        run = run_mongoping("check", *args, "--format", "json", env=env)
        uri: str = run.json["target"]["uri"]
        return uri

    both = {"MONGOPING_URI": "mongodb://localhost:2/", "MONGODB_URI": "mongodb://localhost:3/"}
    (tmp_path / "file").write_text("\ufeff\nmongodb://localhost:4/\r\n\n")
    assert shown(REFUSED, **both) == REFUSED
    assert shown("--uri-file", "file", **both) == "mongodb://localhost:4/"
    assert shown(**both) == "mongodb://localhost:2/"
    assert shown(MONGODB_URI="mongodb://localhost:3/") == "mongodb://localhost:3/"


def test_a_connection_string_without_a_command_is_told_where_it_belongs(
    run_mongoping: Any,
) -> None:
    run = run_mongoping(REFUSED)
    assert run.code == 2
    assert "mongoping check URI" in run.err


@pytest.mark.parametrize("port", ["70000", "0", "-1", "abc", "27017a", ""])
def test_a_wrong_port_is_a_fault_of_the_string(port: str, run_mongoping: Any) -> None:
    """Exit 10 with a caret under the port, and no traffic."""
    run = run_mongoping("check", f"mongodb://localhost:{port}/")
    assert run.code == 10, run.out
    assert "uri.invalid-port" in run.out
    assert "^" in run.out


def test_a_healthy_deployment_is_told_layer_by_layer(
    mongod: Deployment, run_mongoping: Any
) -> None:
    """Each layer has a row with what it saw; the verdict is null and the exit code 0."""
    text = run_mongoping("check", mongod.uri, "--verbose")
    report = run_mongoping("check", mongod.uri, "--format", "json").json
    assert text.code == 0
    assert text.err == ""
    for layer in report["layers"]:
        assert layer["status"] in ("ok", "warn", "skip")
        name = "handshake" if layer["name"] == "hello" else layer["name"]
        assert re.search(rf"^[✓!–] {name} ", text.out, re.MULTILINE), name
    assert report["verdict"] is None
    assert report["latency"]["count"] == 10
    assert report["topology"]["members"][0]["reachable"] is True
    assert report["target"]["hosts"] == [mongod.host]
    assert report["target"]["deployment"] == "self-managed"


def test_strict_makes_a_warning_a_failure(mongod: Deployment, run_mongoping: Any) -> None:
    """An option that the driver drops is a warning: exit 0, and 1 with --strict."""
    uri = mongod.uri_with(retryWrite=True)
    assert run_mongoping("check", uri).code == 0
    strict = run_mongoping("check", uri, "--strict", "--format", "json")
    assert (strict.code, strict.json["status"], strict.json["verdict"]) == (1, "warn", None)


def test_a_failure_is_a_failure_in_every_form(run_mongoping: Any, tmp_path: Path) -> None:
    """The exit code is that of the layer, however the report is printed."""
    for more in ((), ("--format", "json"), ("--quiet",), ("--strict",), ("--output", "x"), ("-v",)):
        assert run_mongoping("check", REFUSED, *more).code == 12, more
    assert "tcp.refused" in (tmp_path / "x").read_text()


def test_output_takes_the_report_and_leaves_nothing_on_standard_output(
    run_mongoping: Any, tmp_path: Path
) -> None:
    """The file holds what would have been printed, and no colors."""
    run = run_mongoping("check", REFUSED, "--format", "json", "-o", "report.json")
    assert run.out == ""
    validate(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")))
    run_mongoping("check", REFUSED, "-o", "report.txt")
    assert ESCAPE not in (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "tcp.refused" in run_mongoping("check", REFUSED, "-o", "-").out


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(run_mongoping: Any) -> None:
    """Nobody waits for a report that has no place to go."""
    with Listener(listeners.silent) as listener:
        run = run_mongoping("check", f"mongodb://{listener.address}/", "-o", "/no/such/folder/x")
        assert listener.connections == 0
    assert run.code == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_a_full_disk_is_a_usage_error_that_keeps_the_verdict(run_mongoping: Any) -> None:
    run = run_mongoping("check", REFUSED, "-o", "/dev/full")
    assert run.code == 2
    error, verdict = run.err.splitlines()
    assert "/dev/full cannot be written: No space left on device" in error
    assert verdict == "Verdict: tcp.refused (exit code 12)."


def test_quiet_is_one_line(mongod: Deployment, run_mongoping: Any) -> None:
    """Status or cause, the string without its password, and the evidence."""
    good, bad = run_mongoping("check", mongod.uri, "-q"), run_mongoping("check", REFUSED, "-q")
    assert len(good.out.splitlines()) == len(bad.out.splitlines()) == 1
    assert bad.out.startswith("✗ tcp.refused mongodb://localhost:1/: ")
    assert " ok " in good.out or " warn " in good.out


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
            assert not [line for line in long if not COPIED.search(line)], uri


def test_a_pipe_gets_no_escapes_and_color_can_be_forced(run_mongoping: Any) -> None:
    """NO_COLOR and FORCE_COLOR are honoured, where they are not empty; NO_COLOR wins."""

    def escapes(**env: str) -> bool:
        return ESCAPE in run_mongoping("check", REFUSED, env=env).out

    assert not escapes()
    assert not escapes(NO_COLOR="1")
    assert escapes(FORCE_COLOR="1")
    assert escapes(FORCE_COLOR="1", NO_COLOR="")
    assert not escapes(FORCE_COLOR="")
    assert not escapes(FORCE_COLOR="1", NO_COLOR="1")


@pytest.mark.parametrize(
    ("env", "colored"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
    ],
)
def test_a_terminal_gets_color_unless_it_is_dumb(
    env: Mapping[str, str], colored: bool, tmp_path: Path
) -> None:
    """The colors of the report; the progress on standard error is not looked at here."""
    every = {**clean_environment(tmp_path), **env}
    with Terminal(
        ["check", REFUSED], env=every, cwd=tmp_path, streams=("stdin", "stdout")
    ) as terminal:
        shown = terminal.end()
    assert (ESCAPE in shown.screen) == colored
    assert "tcp.refused" in shown.screen
    assert shown.err == ""


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
        shown = terminal.end()
    assert "✓ tcp  ✓ handshake" in shown.screen
    assert "–" not in shown.screen
    assert shown.screen.endswith("\r\x1b[2K")
    assert all(cell_len(line) < columns for line in shown.screen.split("\r\x1b[2K"))
    validate(json.loads(shown.out))


def test_a_dumb_terminal_gets_no_progress(mongod: Deployment, tmp_path: Path) -> None:
    env = {**clean_environment(tmp_path), "TERM": "dumb"}
    with Terminal(["check", mongod.uri], env=env, cwd=tmp_path, streams=("stderr",)) as terminal:
        assert terminal.end().screen == ""


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """With ``| head`` and the like: no traceback, and the exit code is that of the report."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", "check", REFUSED],
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
        done = subprocess.run([*command, *more], env=env, capture_output=True, check=False)
        assert done.stderr == b""
        if more:
            assert json.loads(done.stdout)["target"]["uri"].startswith("mongodb://é日本")
        else:
            assert "dns." in done.stdout.decode(encoding)


CRASH = """
from mongoping.checks import ping
async def run(ctx):
    raise ZeroDivisionError("ahem")
ping.CHECK = ping.CHECK.replace(run=run)
"""


def test_a_crash_of_one_check_is_a_row_and_the_others_go_on(
    mongod: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    """Exit 70, the facts of the bug in its layer, and every other layer as ever."""
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    env = {"PYTHONPATH": str(tmp_path)}
    run = run_mongoping("check", mongod.uri, "--format", "json", env=env)
    assert run.code == 70
    layers = {layer["name"]: layer for layer in run.json["layers"]}
    assert layers["ping"]["status"] == "fail"
    assert layers["ping"]["data"]["failure"]["message"] == "ZeroDivisionError: ahem"
    assert layers["ping"]["data"]["failure"]["facts"]["where"]
    assert layers["auth"]["status"] == layers["hello"]["status"] == "ok"
    assert layers["topology"]["status"] == "ok"
    text = run_mongoping("check", mongod.uri, env=env)
    assert text.code == 70
    assert "internal error in mongoping: ZeroDivisionError: ahem" in text.out
    assert "Traceback" not in text.out + text.err


@pytest.mark.parametrize("words", [(), *commands()], ids=ids)
def test_every_command_explains_itself(words: tuple[str, ...], run_mongoping: Any) -> None:
    """-h and --help say the same, with a sentence about the command and each of its options."""
    short, long = run_mongoping(*words, "-h"), run_mongoping(*words, "--help")
    assert short.code == long.code == 0
    assert short.out == long.out
    assert short.err == ""
    assert short.out.startswith(" ".join(("Usage: python -m mongoping", *words)))
    assert all(len(line) <= 100 for line in short.out.splitlines())
    found = command_of(words)
    assert found.help
    for option in found.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, option.name
            assert max(option.opts, key=len) in short.out


def command_of(words: tuple[str, ...]) -> click.Command:
    found: click.Command = group
    for word in words:
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None
        found = inner
    return found


def test_the_version_is_told(run_mongoping: Any) -> None:
    from mongoping._version import __version__

    assert run_mongoping("--version").out == f"mongoping {__version__}\n"


def test_a_command_that_does_not_exist_is_wrong_usage(run_mongoping: Any) -> None:
    run = run_mongoping("chekc", REFUSED)
    assert run.code == 2
    assert "chekc" in last_line(run.err)
