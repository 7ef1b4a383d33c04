"""A password is never shown, however it was given and whatever fails.

The canary holds every character that URIs treat specially. Any piece of it is a leak, in
any case and however it is encoded, so the pieces between those characters are looked for.
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import click
import pytest

from mongoping import registry
from mongoping.cli import main as group
from mongoping.sandbox.users import User
from tests.cli.terminal import Terminal
from tests.conftest import Run, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mongoping.sandbox.deployment import Deployment

CANARY = "Kanarie1/Kanarie2@Kanarie3:Kanarie4?Kanarie5#Kanarie6%25Kanarie7&Kanarie8 Kanarie9é"
KEY_CANARY = "KanarieKey"
LEAK = re.compile("kanarie", re.IGNORECASE)
ENDING = {("watch",): ("--duration", "3")}  # options of commands that would run until SIGINT


WITHOUT_LOGIN = ("FILE", "FOLDER", "LOG", "PATH|auto", "FORMAT=FILE", "DATABASE")  # as in the help
HOSTILE = ("ada:Kanarie1@x", "mongodb://ada:Kanarie1@h", "mongodb+srv://ada:Kanarie1@h/?tls=true")


def harmless(run: Run) -> None:
    """Nothing that was printed holds a piece of the canary."""
    for text in (run.out, run.err):
        found = LEAK.search(text)
        assert not found, text[max(found.start() - 200, 0) : found.end() + 50]


@pytest.fixture
def uri(mongod_auth: Deployment) -> str:
    """A string whose login fails, since the canary is not ada's password."""
    return mongod_auth.uri_with(user=User("ada", CANARY))


@pytest.fixture
def bare(mongod_auth: Deployment) -> str:
    """The same user without a password, for those that come apart."""
    return f"mongodb://ada@{mongod_auth.host}/"


def commands(found: click.Command = group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by its words, those of groups in groups as well."""
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))
    else:
        yield path


def ids(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


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
        harmless(interrupted(words, {**clean_environment(tmp_path), "MONGODB_URI": uri}, tmp_path))
    else:
        harmless(run_mongoping(*words, *ending, env={"MONGODB_URI": uri}))


@pytest.mark.parametrize("command", ["check", "topology", "watch"])
def test_a_trace_does_not_hold_it(command: str, uri: str, run_mongoping: Any) -> None:
    """The login is in the trace, with its payload hidden; also if the server refuses it."""
    ending = ENDING.get((command,), ())
    for given in (uri, uri.replace("@localhost", "x@localhost")):
        done = run_mongoping(command, given, "--trace", *ending)
        assert "saslStart" in done.err
        harmless(done)


def interrupted(words: Sequence[str], env: Mapping[str, str], folder: Path) -> Run:
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
        shown = terminal.end()
    assert "auth.failed" in shown.screen
    assert shown.code == 16
    assert not LEAK.search(shown.screen)


def test_without_a_terminal_the_password_cannot_be_asked_for(tmp_path: Path) -> None:
    """In a session without a terminal, getpass would warn, and read the password with echo."""
    done = subprocess.run(
        [sys.executable, "-m", "mongoping", "check", "mongodb://ada@h/", "--ask-password"],
        env=clean_environment(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "Error: The password cannot be asked for without a terminal: set MONGOPING_PASSWORD, "
        "or use --password-file."
    )
    assert "getpass" not in done.stderr


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


BROKEN = [
    "mongodb://ada:{raw}@localhost/",
    "mongodb://ada:{raw}@localhost/?tls=maybe",
    "mongodb+srv://ada:{raw}@localhost/",
    "mongodb+srv://ada:{quoted}@a.example.test:27017/",
    "mongodb://ada:{quoted}@localhost:port/",
    "mongodb://ada:{quoted}@/",
    "mongodb://ada:{quoted}@localhost/?retryWrites",
    "mongodb://ada:{quoted}@localhost/?tls=true&ssl=false",
    "mongodb:/ada:{quoted}@localhost",
    "http://ada:{raw}@localhost/",
    "'mongodb://ada:{raw}@localhost/'",
    "MONGODB_URI=mongodb://ada:{raw}@localhost/",
    "mongodb://ada:<{quoted}>@localhost/",
    "mongodb://ada%3A{quoted}@localhost/",
    "mongodb://:{raw}@localhost/",
    "mongodb://localhost/?authMechanism=MONGODB-AWS"
    "&authMechanismProperties=AWS_SESSION_TOKEN:{quoted}",
    "mongodb://localhost:1/?tls=true&tlsCertificateKeyFile=/none&"
    "tlsCertificateKeyFilePassword={quoted}",
    "mongodb://localhost:1/?tlsCertificateKeyFilePasword={quoted}",
    "mongodb://localhost:1/?pswd={quoted}",
    "mongodb://localhost:1/?authMechanismPropertes=AWS_SESSION_TOKEN:{quoted}",
    'mongosh "mongodb+srv://c.example.test/" --apiVersion 1 --username ada --password {raw}',
    "mongodb://localhost:1/ --password {quoted}",
    "mongodb://localhost:1/admin -u ada -p {raw}",
]


@pytest.mark.parametrize("shape", BROKEN)
def test_a_broken_string_keeps_it(shape: str, run_mongoping: Any) -> None:
    """However a string is broken, the caret stands under something harmless."""
    text = shape.format(raw=CANARY, quoted=quote_plus(CANARY))
    for run in (
        run_mongoping("check", text, "--verbose", "--timeout", "2"),
        run_mongoping("uri", text),
        run_mongoping("uri", text, "--format", "json"),
        run_mongoping("check", text, "--format", "json", "--timeout", "2"),
        run_mongoping("check", text, "--format", "junit", "--timeout", "2"),
    ):
        assert run.code != 70, run
        harmless(run)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_option_for_a_path_takes_a_login(value: str) -> None:
    """Walk all commands: a login in place of a path is refused before anything shows it.

    The value is not created as a file either.
    """
    tried = set()
    for words in commands():
        context, found = click.Context(group, info_name="mongoping"), group
        for word in words:
            inner = found.get_command(context, word)  # type: ignore[attr-defined]
            assert inner is not None
            found = inner
        needed = ["x" for param in found.params if param.required and param.nargs]
        for option in found.params:
            if not isinstance(option, click.Option) or option.metavar not in WITHOUT_LOGIN:
                continue
            flag = max(option.opts, key=len)
            given = f"junit={value}" if option.metavar == "FORMAT=FILE" else value
            with pytest.raises(click.UsageError) as refusal:
                found.make_context(words[-1], [*needed, f"{flag}={given}"], parent=context)
            assert not LEAK.search(refusal.value.message), (words, flag)
            assert "looks like part of a connection string" in refusal.value.message
            tried.add(flag)
    assert {"--tls-ca-file", "--uri-file", "--output", "--config", "--report"} <= tried


def test_a_file_that_exists_may_have_such_a_name(run_mongoping: Any, tmp_path: Path) -> None:
    (tmp_path / "ada:x@h").write_text("mongodb://localhost:1/")
    assert run_mongoping("uri", "--uri-file", "ada:x@h").code == 0


TYPED = [
    *(
        (*words, f"@ada:{rest}")
        for words in (("check",), ("uri",), ("topology",), ("watch",), ("smoke",), ("atlas",))
        for rest in ("Kanarie1", "Kanarie1@h", "Kanarie 1/Kanarie2")
    ),
    ("local", "@ada:Kanarie1"),
    ("local", "@ada:Kanarie1@h"),
    *(
        ("check", "mongodb://h/", "--from", f"{place}ada:Kanarie1/Kanarie2@app-1")
        for place in ("ssh:", "ssh://", "ssh//", "docker:", "kubectl:", "kubectl:ns/", "foo:", "")
    ),
    ("check", "mongodb://h/", "--from=ssh:ada:Kanarie1@app-1"),
    ("check", "mongodb://h/", "--resolver", "ada:Kanarie1:Kanarie2@x"),
    ("check", "mongodb://h/", "--python", "ada:Kanarie1@x"),
    ("fleet", "--from", "ssh:ada:Kanarie1@app-1", "fleet.csv"),
    ("check", "mongodb://h/", "--tls-ca-file", "ada:Kanarie1@x"),
    ("check", "mongodb://h/", "--auth-source", "ada:Kanarie1@x"),
    ("check", "mongodb://h/", "--auth-mechanism", "ada:Kanarie1@x"),
    ("topology", "mongodb://h/", "--tags", "mongodb://ada:Kanarie1@h/"),
    ("snippet", "emit", "mongodb://h/", "--app-name", "mongodb://ada:Kanarie1@h/"),
    ("smoke", "mongodb://h/", "--report", "junit=ada:Kanarie1@x"),
    ("fleet", "ada:Kanarie1@x"),
    ("causes", "ada:Kanarie1@x"),
    ("diff", "ada:Kanarie1@x", "b"),
    ("sandbox", "--server", "ada:Kanarie1@x"),
    ("lint", "ada:Kanarie1@x"),
    ("compat", "--python", "ada:Kanarie1@x"),
    ("ada:Kanarie1@x",),
]


@pytest.mark.parametrize("words", TYPED, ids=ids)
def test_a_usage_error_does_not_quote_a_login(words: tuple[str, ...], run_mongoping: Any) -> None:
    """A part of a connection string, pasted where it does not belong."""
    run = run_mongoping(*words)
    assert run.code == 2, run
    harmless(run)
    assert run.err


@pytest.mark.parametrize("program", ["ada:Kanarie1@x", "./ada:Kanarie1@x", "@ada:Kanarie1"])
def test_a_command_that_does_not_exist_is_shown_without_a_login(
    program: str, run_mongoping: Any
) -> None:
    run = run_mongoping("sandbox", "--", program)
    assert run.code == 127, run
    harmless(run)


def test_a_usage_error_still_quotes_a_user_of_a_place(run_mongoping: Any) -> None:
    run = run_mongoping("check", "mongodb://h/", "--from", "mongodb://ada:Kanarie1@h/")
    assert "Error: --from takes a place, not a connection string: use ssh:HOST, " in run.err
    run = run_mongoping("check", "mongodb://h/", "--from", "ssh:ada@app 1")
    assert "--from ssh:ada@app 1: that is not the name of a host for ssh." in run.err


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


def watched(process: subprocess.Popen[bytes], mark: str) -> set[str]:
    """The arguments of every process that has the mark in its environment, until the first ends."""
    seen: set[str] = set()
    while process.poll() is None:
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark.encode() in (path / "environ").read_bytes():
                    seen |= set((path / "cmdline").read_text().split("\0"))
    return seen


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
        arguments = watched(terminal.process, mark)
        shown = terminal.end()
    assert shown.code not in (0, 2, 70), shown
    assert "mongoping" in arguments
    assert not any(LEAK.search(argument) for argument in arguments)
    assert not LEAK.search(shown.out + shown.err)
