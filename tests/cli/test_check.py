"""``mongoping check`` as a process: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from mongoping.cli import main as group
from tests.cli.commands import commands, ids

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

REFUSED_URI = "mongodb://localhost:1/"
SKIPPED_ROOT = Path("/proc/self/mem")  # a file that even root cannot read from its beginning


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "No connection string"),
        (("--uri-file", "absent"), "absent cannot be read: No such file or directory"),
        (("--uri-file", "/"), "/ cannot be read: Is a directory"),
        (("--uri-file", "binary"), "binary is not UTF-8 text"),
        (("--uri-file", "empty"), "empty is empty"),
        (("--uri-file", "blank"), "blank is empty"),
        (("--uri-file", "large"), "large is larger than 64 KiB"),
        (("-",), "standard input is empty"),
        ((REFUSED_URI, "--uri-file", "empty"), "once"),
        (
            ("mongodb://ada@localhost:1/", "--password-file", "absent"),
            "The password file absent cannot be read",
        ),
        (
            ("mongodb://ada@localhost:1/", "--password-file", "empty"),
            "The password file empty is empty",
        ),
        ((REFUSED_URI, "--password-file", "large", "--ask-password"), "once"),
        (
            (REFUSED_URI, "--tls-certificate-key-file-password-file", "absent"),
            "absent cannot be read",
        ),
        ((REFUSED_URI, "--output", "/no/such/folder/x"), "/no/such/folder/x cannot be written"),
        ((REFUSED_URI, "--output", "."), "--output . cannot be written"),
        ((REFUSED_URI, "--timeout", "0"), "'--timeout'"),
        ((REFUSED_URI, "--timeout", "nan"), "'nan' is not a duration"),
        ((REFUSED_URI, "--timeout", "soon"), "'--timeout'"),
        ((REFUSED_URI, "--count", "0"), "'--count'"),
        ((REFUSED_URI, "--count", "1e3"), "'--count'"),
        ((REFUSED_URI, "--max-lag", "-1"), "'--max-lag'"),
        ((REFUSED_URI, "--clock-skew", "nan"), "'nan' is not a duration"),
        ((REFUSED_URI, "--certificate-days", "x"), "'--certificate-days'"),
        ((REFUSED_URI, "--api-version", "2"), "--api-version 2 does not exist"),
        (
            (REFUSED_URI, "--resolver", "dns.example.test"),
            "'dns.example.test' is not an IP address",
        ),
        (("",), "The connection string is empty"),
        (("@",), "List the names: mongoping targets"),
        (("--host", ""), "--host is empty: check that the variable"),
        (("--uri-file", ""), "--uri-file is empty"),
        ((REFUSED_URI, "--tls-ca-file", ""), "--tls-ca-file is empty"),
        ((REFUSED_URI, "-o", ""), "--output is empty"),
        ((REFUSED_URI, "-u", ""), "--username is empty"),
        ((REFUSED_URI, "--resolver", ""), "--resolver is empty"),
        (("--port", "abc"), "'abc' is not a valid whole number"),
        (("--port", "0"), "0 is not in the range 1 to 65535"),
        ((REFUSED_URI, "--certificate-days", "-1"), "-1 is not in the range 0 or more"),
        ((REFUSED_URI, "--resolver", "127.0.0.1:dns"), "'dns' is not a port"),
        ((REFUSED_URI, "--resolver", "127.0.0.1:0"), "'0' is not a port"),
        ((REFUSED_URI, "--format", "yaml"), "'--format'"),
        ((REFUSED_URI, "--no-such-option"), "--no-such-option"),
        ((REFUSED_URI, "another"), "another"),
        (("mongodb://a\udcff:x@h/",), "The connection string is not UTF-8 text"),
    ],
    ids=ids,
)
def test_wrong_usage_is_one_sentence_that_names_the_input(
    args: tuple[str, ...], message: str, run_mongoping: Any, tmp_path: Path
) -> None:
    """Exit 2, nothing on standard output, and no traceback."""
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    (tmp_path / "empty").touch()
    (tmp_path / "blank").write_text(" \n\n")
    (tmp_path / "large").write_text("x" * 70_000)
    run = run_mongoping("check", *args, stdin="" if "-" in args else None)
    assert run.code == 2, run
    assert run.out == ""
    assert message in last_line(run.err)
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
    run = run_mongoping("check", env={"MONGODB_URI": REFUSED_URI, name: "x\udcff"})
    assert run.code == 2
    assert f"The environment variable {name} is not UTF-8 text." in run.err


@pytest.mark.parametrize("name", ["MONGOPING_URI", "MONGODB_URI", "MONGOPING_PASSWORD"])
def test_an_empty_variable_is_named(name: str, run_mongoping: Any) -> None:
    """A variable that is set and empty is a mistake of its own, not the lack of one."""
    env = {"MONGODB_URI": REFUSED_URI, name: ""}
    run = run_mongoping("check", env=env)
    assert run.code == 2
    assert f"The environment variable {name} is empty." in run.err


def test_the_nearest_source_of_the_string_wins(run_mongoping: Any, tmp_path: Path) -> None:
    """Argument or file, then MONGOPING_URI, then MONGODB_URI."""

    def uri_of(*args: str, **env: str) -> str:
        run = run_mongoping("check", *args, "--format", "json", env=env)
        uri: str = run.json["target"]["uri"]
        return uri

    both = {"MONGOPING_URI": "mongodb://localhost:2/", "MONGODB_URI": "mongodb://localhost:3/"}
    (tmp_path / "file").write_text("\ufeff\nmongodb://localhost:4/\r\n\n")
    assert uri_of(REFUSED_URI, **both) == REFUSED_URI
    assert uri_of("--uri-file", "file", **both) == "mongodb://localhost:4/"
    assert uri_of(**both) == "mongodb://localhost:2/"
    assert uri_of(MONGODB_URI="mongodb://localhost:3/") == "mongodb://localhost:3/"


def test_a_connection_string_without_a_command_is_told_where_it_belongs(
    run_mongoping: Any,
) -> None:
    run = run_mongoping(REFUSED_URI)
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
        assert run_mongoping("check", REFUSED_URI, *more).code == 12, more
    assert "tcp.refused" in (tmp_path / "x").read_text()


def test_quiet_is_one_line(mongod: Deployment, run_mongoping: Any) -> None:
    """Status or cause, the string without its password, and the evidence."""
    good, bad = run_mongoping("check", mongod.uri, "-q"), run_mongoping("check", REFUSED_URI, "-q")
    assert len(good.out.splitlines()) == len(bad.out.splitlines()) == 1
    assert bad.out.startswith("✗ tcp.refused mongodb://localhost:1/: ")
    assert " ok " in good.out or " warn " in good.out


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
    command = command_of(words)
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, option.name
            assert max(option.opts, key=len) in short.out


def command_of(words: tuple[str, ...]) -> click.Command:
    command: click.Command = group
    for word in words:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), word)
        assert inner is not None
        command = inner
    return command


def test_the_version_is_told(run_mongoping: Any) -> None:
    from mongoping._version import __version__

    assert run_mongoping("--version").out == f"mongoping {__version__}\n"


def test_a_command_that_does_not_exist_is_wrong_usage(run_mongoping: Any) -> None:
    run = run_mongoping("chekc", REFUSED_URI)
    assert run.code == 2
    assert "chekc" in last_line(run.err)
