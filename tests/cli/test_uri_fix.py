"""``mongoping uri --fix``: the corrected string on standard output, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.cli._uri_fix import fix
from mongoping.uri.target import parse
from tests.cli.terminal import Terminal
from tests.conftest import clean_environment


def refuse(text: str) -> str:
    raise AssertionError(f"a password was asked for: {text}")


@pytest.mark.parametrize(
    ("text", "fixed_uri"),
    [
        ("mongodb://ada:p@ss@h/db", "mongodb://ada:p%40ss@h/db"),
        ("mongodb://ada:p/w?x@h:27017/db", "mongodb://ada:p%2Fw%3Fx@h:27017/db"),
        ("ada:p@ss@h/db", "mongodb://ada:p%40ss@h/db"),
        ("mongo://ada:pw@h", "mongodb://ada:pw@h"),
        ("mongodb+srv:/ada:pw@a.b.example.com", "mongodb+srv://ada:pw@a.b.example.com"),
        ("'mongodb://ada:pw@h'", "mongodb://ada:pw@h"),
        ("localhost:27017", "mongodb://localhost:27017"),
        ("mongodb://h/?retrywrite=true", "mongodb://h/?retryWrites=true"),
        ("mongodb+srv://ada:pw@a.b.c.com:27017/", "mongodb+srv://ada:pw@a.b.c.com/"),
        (
            "mongodb://ada:p@:x@h/?tlsCertificateKeyFilePassword=s%20s",
            "mongodb://ada:p%40%3Ax@h/?tlsCertificateKeyFilePassword=s%20s",
        ),
        ("mongodb://ada:p%40ss@h/", "mongodb://ada:p%40ss@h/"),
    ],
)
def test_what_is_known_is_corrected(text: str, fixed_uri: str, run_mongoping: Any) -> None:
    assert fix(text, refuse).uri == fixed_uri
    assert parse(fixed_uri).problem is None
    run = run_mongoping("uri", "--fix", text)
    assert (run.code, run.out) == (0, f"{fixed_uri}\n")
    assert run.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mongo://ada:pw@h", "replaced mongo with mongodb (uri.invalid-scheme)"),
        ("mongodb://h/?retrywrite=true", "replaced retrywrite with retryWrites"),
        ("mongodb+srv://a.b.c.com:27017/", "removed :27017 (uri.srv-with-port)"),
        ("mongodb://h/?tls", "added =true"),
        ("mongodb://fe80::1/", "replaced fe80::1 with [fe80::1]"),
        ("mongodb+srv://a.b.c.com,d.b.c.com/", "removed ,d.b.c.com"),
        ("'mongodb://ada:pw@h'", "removed ' and ' around mongodb://ada:***@h"),
    ],
)
def test_the_change_is_described(text: str, words: str, run_mongoping: Any) -> None:
    run = run_mongoping("uri", "--fix", text)
    assert run.err.startswith(f"Corrected: {words}"), run.err
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        "http://ada:canary@h/",
        "mongodb://<user>:canary@h/",
        "mongodb://ada:canary@h:0/",
        "mongodb://h/?tlsCertificateKeyFilePassword=canary x",
    ],
)
def test_what_is_not_known_is_one_sentence(text: str, run_mongoping: Any) -> None:
    run = run_mongoping("uri", "--fix", text)
    assert (run.code, run.out) == (10, "")
    assert run.err.count("\n") == 1
    assert "cannot be corrected" in run.err
    assert "canary" not in run.err


def test_a_secret_is_only_on_standard_output(run_mongoping: Any) -> None:
    run = run_mongoping("uri", "--fix", "mongodb://ada:can@ary@h/?retrywrite=true")
    assert run.out == "mongodb://ada:can%40ary@h/?retryWrites=true\n"
    assert "ary@" not in run.err
    assert "%40" not in run.err


@pytest.mark.parametrize(
    "text",
    [
        "mongodb://ada@h/",  # no password
        "mongodb://ada:<password>@h/",  # that of a template
        "mongodb://ada:p%40s@s@h/",  # a part of it may be encoded already
    ],
)
def test_an_unclear_password_is_asked_for_without_echo(text: str, tmp_path: Path) -> None:
    args = ["uri", "--fix", text]
    env = clean_environment(tmp_path)
    with Terminal(args, env=env, cwd=tmp_path, streams=("stdin", "stderr")) as terminal:
        terminal.wait_for("Password for ada at h:27017")
        terminal.type("s3cr3t/@\n")
        output = terminal.end()
    assert (output.code, output.out) == (0, "mongodb://ada:s3cr3t%2F%40@h/\n")
    assert "s3cr3t" not in output.screen


def test_json_and_fix_exclude_each_other(run_mongoping: Any) -> None:
    run = run_mongoping("uri", "--fix", "--format", "json", "mongodb://h")
    assert (run.code, "--fix prints only" in run.err) == (2, True)


PASSWORDS = st.text(min_size=1, max_size=20).filter(
    lambda text: not {*"%+"} & {*text} and text.isprintable()  # those may be encoded already
)


@given(PASSWORDS)
def test_a_password_survives_its_correction(password: str) -> None:
    """Whatever is printed has the password that was meant, or nothing is printed."""
    fixed_uri = fix(f"mongodb://ada:{password}@db.example.com/shop", lambda text: password).uri
    if fixed_uri is not None:
        parsed_uri = parse(fixed_uri)
        assert parsed_uri.problem is None
        assert parsed_uri.credentials is not None
        assert (
            password not in parsed_uri.shown or password in "mongodb://ada:***@db.example.com/shop"
        )
        assert parsed_uri.credentials.password == password
