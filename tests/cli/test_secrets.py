"""A password is never shown, however it was given and whatever fails."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from mongoping import registry
from mongoping.sandbox.users import User
from tests.cli.terminal import Terminal
from tests.conftest import Run, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.sandbox.deployment import Deployment
from tests.cli.canary import CANARY, LEAK, harmless
from tests.cli.commands import commands, ids

KEY_CANARY = "KanarieKey"
ENDING = {("watch",): ("--duration", "3")}  # options of commands that would run until SIGINT


@pytest.fixture
def uri(mongod_auth: Deployment) -> str:
    """A string whose login fails, since the canary is not ada's password."""
    return mongod_auth.uri_with(user=User("ada", CANARY))


@pytest.fixture
def bare(mongod_auth: Deployment) -> str:
    """The same user without a password, for those that come apart."""
    return f"mongodb://ada@{mongod_auth.host}/"


@pytest.mark.parametrize("words", list(commands()), ids=ids)
def test_no_command_repeats_it(
    words: tuple[str, ...], uri: str, run_mongoping: Any, tmp_path: Path
) -> None:
    """Each command gets the string, also where it has no use for it and says so."""
    ending = ENDING.get(words, ())
    harmless(run_mongoping(*words, uri, *ending))
    harmless(run_mongoping(*words, f"--format={uri}"))
    harmless(run_mongoping(*words, uri, uri, *ending))
    if words == ("sandbox",):
        harmless(
            run_until_interrupt(
                words, {**clean_environment(tmp_path), "MONGODB_URI": uri}, tmp_path
            )
        )
    else:
        harmless(run_mongoping(*words, *ending, env={"MONGODB_URI": uri}))


@pytest.mark.parametrize("command", ["check", "topology", "watch"])
def test_a_trace_does_not_hold_it(command: str, uri: str, run_mongoping: Any) -> None:
    """The login is in the trace, with its payload hidden; also if the server refuses it."""
    ending = ENDING.get((command,), ())
    for address in (uri, uri.replace("@localhost", "x@localhost")):
        run = run_mongoping(command, address, "--trace", *ending)
        assert "saslStart" in run.err
        harmless(run)


def run_until_interrupt(words: Sequence[str], env: Mapping[str, str], folder: Path) -> Run:
    """Send SIGINT to a command after it has printed a line, and return its complete output."""
    with subprocess.Popen(
        [sys.executable, "-m", "mongoping", *words],
        env=dict(env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return Run(process.returncode, first + out, err)


@pytest.mark.parametrize("form", registry.names("formats"))
@pytest.mark.parametrize("how", [(), ("--verbose",), ("--quiet",)], ids=ids)
def test_no_form_of_the_report_holds_it(
    form: str, how: tuple[str, ...], uri: str, run_mongoping: Any, tmp_path: Path
) -> None:
    """A login that fails, in every form and verbosity; the longest one is written to a file too."""
    run = run_mongoping("check", uri, "--format", form, *how)
    assert run.code == (2 if form == "nagios" else 16)
    harmless(run)
    if "--verbose" in how:
        file = tmp_path / "report"
        harmless(run_mongoping("check", uri, "--format", form, *how, "--output", str(file)))
        harmless(Run(0, file.read_text(), ""))


def given_by_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "secret"
    path.write_text(f"{text}\n")
    return str(path)


def test_a_string_may_come_from_anywhere(uri: str, run_mongoping: Any, tmp_path: Path) -> None:
    """File, standard input and environment lead to the same login, and to the same silence."""
    file = given_by_file(tmp_path, uri)
    for run in (
        run_mongoping("check", "--uri-file", file, "-v"),
        run_mongoping("check", "-", "-v", stdin=f"{uri}\n"),
        run_mongoping("check", "-v", env={"MONGOPING_URI": uri}),
        run_mongoping("check", "-v", env={"MONGODB_URI": uri}),
    ):
        assert run.code == 16, run
        assert "auth.failed" in run.out
        harmless(run)


def test_a_password_may_come_apart(bare: str, run_mongoping: Any, tmp_path: Path) -> None:
    """A file's or a variable's password is tried, and refused, and not shown."""
    file = given_by_file(tmp_path, CANARY)
    for run in (
        run_mongoping("check", bare, "--password-file", file, "-v"),
        run_mongoping("check", bare, "--password-file", "-", "-v", stdin=CANARY),
        run_mongoping("check", bare, "-v", env={"MONGOPING_PASSWORD": CANARY}),
        run_mongoping("check", bare, "--format", "json", env={"MONGOPING_PASSWORD": CANARY}),
    ):
        assert run.code == 16, run
        assert "auth.failed" in run.out
        harmless(run)


@pytest.mark.parametrize("command", ["check", "local", "atlas"])
def test_a_password_may_be_typed(command: str, mongod_auth: Deployment, tmp_path: Path) -> None:
    """--ask-password shows neither what is typed nor, later, what was."""
    args = [command, f"mongodb://ada@{mongod_auth.host}/", "--ask-password", "-v"]
    with Terminal(args, env=clean_environment(tmp_path), cwd=tmp_path) as terminal:
        terminal.wait_for("Password")
        terminal.type(f"{CANARY}\n")
        output = terminal.end()
    assert "auth.failed" in output.screen
    assert output.code == 16
    assert not LEAK.search(output.screen)


def test_without_a_terminal_the_password_cannot_be_asked_for(tmp_path: Path) -> None:
    """In a session without a terminal, getpass would warn, and read the password with echo."""
    process = subprocess.run(
        [sys.executable, "-m", "mongoping", "check", "mongodb://ada@h/", "--ask-password"],
        env=clean_environment(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.splitlines()[-1] == (
        "Error: The password cannot be asked for without a terminal: set MONGOPING_PASSWORD, "
        "or use --password-file."
    )
    assert "getpass" not in process.stderr


def test_the_right_password_works_each_way(
    mongod_auth: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    """A hidden password is still used: with the right one, the report is healthy."""
    bare, password = f"mongodb://ada@{mongod_auth.host}/", str(mongod_auth.password)
    file = given_by_file(tmp_path, password)
    assert run_mongoping("check", bare, "--password-file", file).code == 0
    assert run_mongoping("check", bare, env={"MONGOPING_PASSWORD": password}).code == 0
    args = ["check", bare, "--ask-password"]
    with Terminal(args, env=clean_environment(tmp_path), cwd=tmp_path) as terminal:
        terminal.wait_for("Password")
        terminal.type(f"{password}\n")
        assert terminal.end().code == 0


def test_both_kinds_of_escapes_are_known(mongod_auth: Deployment, run_mongoping: Any) -> None:
    """A blank may be written as + or as %20, and letters in either case of hexadecimal."""
    for text in (quote(CANARY, safe=""), quote_plus(CANARY), quote(CANARY, safe="").lower()):
        run = run_mongoping("check", f"mongodb://ada:{text}@{mongod_auth.host}/", "-v")
        assert run.code == 16, run
        harmless(run)


def test_the_password_of_a_key_is_one_as_well(
    certificates: Any, mongod_tls: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    """A client key that its password does not open: its file and the reason, and no more."""
    key = certificates.locked(certificates.client(), "another")
    uri = mongod_tls.uri_with(tlsCertificateKeyFile=key)
    apart = given_by_file(tmp_path, KEY_CANARY)
    for run in (
        run_mongoping("check", f"{uri}&tlsCertificateKeyFilePassword={KEY_CANARY}", "-v"),
        run_mongoping("check", uri, "--tls-certificate-key-file-password-file", apart, "-v"),
    ):
        assert run.code == 13, run
        assert "tls.bad-key-file" in run.out
        harmless(run)


FIND_AGAIN = (  # they may have been found before
    "from mongoping import registry\nregistry.checks.cache_clear()\nregistry.causes.cache_clear()\n"
)
CRASHES = {
    "a check": (
        "from mongoping.checks import hello\n"
        "async def run(ctx, host):\n"
        "    raise RuntimeError(ctx.credentials.uri, ctx.credentials.password, ctx.credentials)\n"
        "hello.CHECK = hello.CHECK.replace(run=run)\n" + FIND_AGAIN
    ),
    "a check's own test": (
        "from mongoping.checks import auth\n"
        "import os\n"
        "def applies(evidence):\n"
        "    raise RuntimeError(os.environ['MONGOPING_URI'])\n"
        "auth.CHECK = auth.CHECK.replace(applies=applies)\n" + FIND_AGAIN
    ),
    "the catalog": (
        "from mongoping.causes import auth\n"
        "import os\n"
        "def when(evidence):\n"
        "    raise RuntimeError(os.environ['MONGOPING_URI'])\n"
        "auth.CAUSES = tuple(cause.replace(when=when) for cause in auth.CAUSES)\n" + FIND_AGAIN
    ),
    "the parser": (
        "from mongoping.uri import target\n"
        "def parse(text, **more):\n"
        "    raise RuntimeError(text)\n"
        "target.parse = parse\n"
    ),
}


@pytest.mark.parametrize("name", CRASHES)
def test_a_bug_of_our_own_keeps_it(name: str, uri: str, run_mongoping: Any) -> None:
    """An exception contains the connection string: exit 70, and no format prints the string.

    Every format is tried with the bug of a check, and three of them with the other bugs.
    """
    for form in registry.names("formats") if name == "a check" else ("text", "json", "nagios"):
        args = ("check", "--verbose", "--format", form)
        run = run_mongoping(*args, env={"MONGOPING_URI": uri}, prelude=CRASHES[name])
        assert run.code == (3 if form == "nagios" else 70), run
        assert "Traceback" not in run.err
        harmless(run)


def arguments_of(process: subprocess.Popen[bytes], mark: str) -> set[str]:
    """The arguments of every process that has the mark in its environment, until the first ends."""
    arguments: set[str] = set()
    while process.poll() is None:
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark.encode() in (path / "environ").read_bytes():
                    arguments |= set((path / "cmdline").read_text().split("\0"))
    return arguments


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the process table in /proc")
@pytest.mark.parametrize(
    "words",
    [("check", "-"), ("local", "--uri-file", "-"), ("snippet", "run", "pymongo-async-local", "-")],
    ids=ids,
)
def test_no_process_has_it_among_its_arguments(
    words: tuple[str, ...], uri: str, tmp_path: Path
) -> None:
    """Neither mongoping, when the string came in another way, nor what it starts."""
    mark = f"mark-{tmp_path}"
    env = {**clean_environment(tmp_path), "MONGODB_URI": uri, "MARK": mark}
    args = [word for word in words if word != "-"] if words[0] == "snippet" else list(words)
    with Terminal(args, env=env, cwd=tmp_path, streams=("stdin",)) as terminal:
        if "-" in args:
            terminal.type(f"{uri}\n\x04")
        arguments = arguments_of(terminal.process, mark)
        output = terminal.end()
    assert output.code not in (0, 2, 70), output
    assert "mongoping" in arguments
    assert not any(LEAK.search(argument) for argument in arguments)
    assert not LEAK.search(output.out + output.err)
