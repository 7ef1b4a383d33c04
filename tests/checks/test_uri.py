"""The check of the connection string: what it sees, and the files that it opens."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mongoping.checks.uri import CHECK, file_fact, login, look, shown_value
from mongoping.model import Outcome
from mongoping.model.to_jsonable import to_jsonable
from mongoping.observations import FileFact, UriFacts
from mongoping.uri.target import parse
from tests.privileges import bound_by_permissions


def facts_of_uri(uri: str) -> UriFacts:
    data = look(parse(uri)).data
    assert isinstance(data, UriFacts)
    return data


def test_a_valid_string_is_seen_whole() -> None:
    outcome = look(parse("mongodb://ada:pw@h:1,b/shop?tls=true&w=2"))
    assert outcome.failure is None
    data = outcome.data
    assert (data.scheme, data.username, data.auth_source, data.database) == (
        *("mongodb", "ada", "shop", "shop"),
    )
    assert [(option.name, option.value, option.given) for option in data.explained] == [
        *[("tls", True, True), ("w", 2, True)],
    ]
    assert data.problem is None


def test_nobody_signs_in_without_a_user() -> None:
    assert facts_of_uri("mongodb://h/shop").auth_source is None
    assert "(none)" in login(facts_of_uri("mongodb://h/shop"))
    assert facts_of_uri("mongodb://h/?authMechanism=MONGODB-X509").auth_source == "$external"


def test_a_refused_string_fails_with_its_cause_and_its_place() -> None:
    outcome = look(parse("mongodb://h:0"))
    assert outcome.failure is not None
    assert outcome.failure.facts == {"cause": "uri.invalid-port", "start": 12, "length": 1}
    assert outcome.data.uri == "mongodb://h:0"
    assert outcome.data.scheme is None


def test_tls_that_another_option_needs_is_said_to_be_implied(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("x")
    rows = {
        option.name: option.given
        for option in facts_of_uri(f"mongodb://h/?tlsCAFile={file}").explained
    }
    assert rows == {"tlsCAFile": True, "tls": False}


def test_each_state_of_a_file_has_its_name(tmp_path: Path) -> None:
    """By what the system says; the number of an error differs between systems, so it is a name."""
    readable = tmp_path / "ca.pem"
    readable.write_text("x")
    assert file_fact("tlsCAFile", str(readable)) == FileFact("tlsCAFile", str(readable), "readable")
    for path, state, name in (
        (tmp_path / "no.pem", "missing", "ENOENT"),
        (readable / "no.pem", "missing", "ENOTDIR"),
        (tmp_path, "directory", "EISDIR"),
        ("x" * 5000, "unusable", "ENAMETOOLONG"),
        ("a\0b", "unusable", None),
    ):
        fact = file_fact("tlsCAFile", str(path))
        assert (fact.state, fact.errno) == (state, name)


def test_a_file_without_read_permission_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("x")
    file.chmod(0)
    program = (
        "import sys; from mongoping.checks.uri import file_fact;"
        "print(file_fact('tlsCertificateKeyFile', sys.argv[1]).state)"
    )
    command = bound_by_permissions([sys.executable, "-c", program, str(file)])
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert process.stdout == "unreadable\n"


def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer, for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert file_fact("tlsCAFile", str(pipe)).state == "pipe"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert file_fact("tlsCAFile", str(tmp_path / "s")).state == "readable"


@pytest.mark.parametrize("option", ["tlsCAFile", "tlsCertificateKeyFile", "tlsCRLFile"])
def test_a_missing_file_fails_and_is_pointed_at(option: str) -> None:
    uri = f"mongodb://h/?w=1&{option.upper()}=/nonexistent/x.pem&retryReads=true"
    failure = look(parse(uri)).failure
    assert failure is not None
    assert (failure.kind, failure.errno) == ("file", "ENOENT")
    assert failure.facts["cause"] == "uri.file-not-found"
    start, length = failure.facts["start"], failure.facts["length"]
    assert uri[start : start + length] == f"{option.upper()}=/nonexistent/x.pem"


@pytest.mark.parametrize(
    ("path", "words"),
    [("~/ca.pem", "'~' is not expanded"), ("ca.pem", "in the working directory")],
)
def test_a_missing_file_brings_the_likely_reason(path: str, words: str) -> None:
    failure = look(parse(f"mongodb://h/?tlsCAFile={path}")).failure
    assert failure is not None
    assert words in failure.message


def test_the_check_looks_at_the_string_of_its_context() -> None:
    context = SimpleNamespace(uri=parse("mongodb+srv://ada:pw@a.b.c/?w=majority"))
    outcome = asyncio.run(CHECK.run(context))
    assert isinstance(outcome, Outcome)
    assert CHECK.summarize(outcome.data) == "mongodb+srv, 1 SRV name, user ada, 1 option"
    labels = [line.label for line in CHECK.lines(outcome.data)]
    assert labels == ["name", "user", "option"]


def test_a_refused_string_has_lines_too() -> None:
    data = look(parse("mongodb://h:0")).data
    assert CHECK.summarize(data) == "invalid"
    assert [line.status for line in CHECK.lines(data)] == ["fail"]


def test_what_is_seen_is_plain_data() -> None:
    """For the JSON report: no secret, no object."""
    data = to_jsonable(
        facts_of_uri("mongodb://ada:hunter22@h/?bogus=1&tlsCertificateKeyFilePassword=sesame88")
    )
    assert data["has_password"] is True
    assert data["options"]["tlsCertificateKeyFilePassword"] == "***"
    assert data["warnings"][0]["option"] == "bogus"
    assert "hunter22" not in str(data)
    assert "sesame88" not in str(data)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1500, "1500"),
        (["zstd", "zlib"], "zstd,zlib"),
        ([{"dc": "ny"}, {}], "dc:ny,"),
        (
            {"SERVICE_NAME": "x", "CANONICALIZE_HOST_NAME": False},
            "SERVICE_NAME:x,CANONICALIZE_HOST_NAME:false",
        ),
    ],
)
def test_values_are_shown_as_a_string_has_them(value: object, text: str) -> None:
    assert shown_value(value) == text
