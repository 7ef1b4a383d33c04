"""A login in a connection string that is wrong, or in another argument, is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import click
import pytest

from mongoping.cli import main as group
from tests.cli.canary import CANARY, LEAK, harmless
from tests.cli.commands import commands, ids

WITHOUT_LOGIN = ("FILE", "FOLDER", "LOG", "PATH|auto", "FORMAT=FILE", "DATABASE")  # as in the help


HOSTILE = ("ada:Kanarie1@x", "mongodb://ada:Kanarie1@h", "mongodb+srv://ada:Kanarie1@h/?tls=true")


BROKEN_STRINGS = [
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


@pytest.mark.parametrize("shape", BROKEN_STRINGS)
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
    tried_flags = set()
    for words in commands():
        context, command = click.Context(group, info_name="mongoping"), group
        for word in words:
            inner = command.get_command(context, word)  # type: ignore[attr-defined]
            assert inner is not None
            command = inner
        arguments = ["x" for param in command.params if param.required and param.nargs]
        for option in command.params:
            if not isinstance(option, click.Option) or option.metavar not in WITHOUT_LOGIN:
                continue
            flag = max(option.opts, key=len)
            value_of_option = f"junit={value}" if option.metavar == "FORMAT=FILE" else value
            with pytest.raises(click.UsageError) as refusal:
                command.make_context(
                    words[-1], [*arguments, f"{flag}={value_of_option}"], parent=context
                )
            assert not LEAK.search(refusal.value.message), (words, flag)
            assert "looks like part of a connection string" in refusal.value.message
            tried_flags.add(flag)
    assert {"--tls-ca-file", "--uri-file", "--output", "--config", "--report"} <= tried_flags


def test_a_file_that_exists_may_have_such_a_name(run_mongoping: Any, tmp_path: Path) -> None:
    (tmp_path / "ada:x@h").write_text("mongodb://localhost:1/")
    assert run_mongoping("uri", "--uri-file", "ada:x@h").code == 0


TYPED_LINES = [
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


@pytest.mark.parametrize("words", TYPED_LINES, ids=ids)
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
