"""``mongoping uri``: where strings come from, what is printed, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from mongoping.causes.uri import CAUSES
from mongoping.cli import main
from tests.uri.target_strings import ROWS

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"pymongo", "bson", "rich", "asyncio", "ssl", "dns", "cryptography", "email", "socket"}


def run(*args: str, stdin: str | bytes | None = None, **env: str) -> Result:
    clean = {"MONGOPING_URI": None, "MONGODB_URI": None, "NO_COLOR": None, "FORCE_COLOR": None}
    runner = CliRunner(env={**clean, **env})
    return runner.invoke(main, ["uri", *args], input=stdin)


def objects(result: Result) -> list[dict[str, Any]]:
    """The JSON objects of the output, one a line and nothing else."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_object_as_promised() -> None:
    uri = (
        "mongodb://ada:s3cret@h1,[::1]:27018,127.0.0.1,%2Ftmp%2Fm.sock/shop"
        "?replicaSet=rs0&tls=True&tlsCertificateKeyFilePassword=sesame"
    )
    result = run(uri, "--format", "json")
    assert result.exit_code == 0
    masked_uri = uri.replace("s3cret", "***").replace("sesame", "***")
    (document,) = objects(result)
    assert document.pop("warnings")[0].keys() == {"cause", "option", "detail"}
    assert document == {
        "uri": masked_uri,
        "valid": True,
        "cause": None,
        "scheme": "mongodb",
        "hosts": [
            {"host": "h1", "port": 27017, "kind": "hostname"},
            {"host": "::1", "port": 27018, "kind": "ipv6"},
            {"host": "127.0.0.1", "port": 27017, "kind": "ipv4"},
            {"host": "/tmp/m.sock", "port": None, "kind": "unix"},
        ],
        "username": "ada",
        "auth_source": "shop",
        "database": "shop",
        "options": {
            "replicaSet": "rs0",
            "tlsCertificateKeyFilePassword": "***",
            "tls": True,
        },
        "fixed_uri": None,
    }


def test_an_srv_name_has_no_port() -> None:
    (document,) = objects(run("mongodb+srv://a.b.c/", "--format", "json"))
    assert document["hosts"] == [{"host": "a.b.c", "port": None, "kind": "hostname"}]


def test_a_refused_string_has_the_same_keys() -> None:
    valid, invalid = objects(run("mongodb://h", "mongodb://h:0", "--format", "json"))
    assert valid.keys() == invalid.keys()
    assert (invalid["valid"], invalid["cause"]) == (False, "uri.invalid-port")


@pytest.mark.parametrize(
    ("uri", "fixed_uri"),
    [
        ("mongodb+srv://ada:s3cret@db.example.com:27017/", "mongodb+srv://ada:***@db.example.com/"),
        ("mongodb:///tmp/mongodb-27017.sock", "mongodb://%2Ftmp%2Fmongodb-27017.sock"),
        ("mongodb://db.example.com:99999/", None),
        ("mongodb://db.example.com/", None),
    ],
)
def test_the_corrected_string_is_given_if_it_is_known(uri: str, fixed_uri: str | None) -> None:
    (document,) = objects(run(uri, "--format", "json"))
    assert document["fixed_uri"] == fixed_uri


def test_every_string_is_judged_and_any_invalid_one_decides_the_exit_code() -> None:
    assert run("mongodb://h", "mongodb://b").exit_code == 0
    result = run("mongodb://h", "mongodb://h:0", "mongodb://b", "--format", "json")
    assert result.exit_code == 10
    assert [document["valid"] for document in objects(result)] == [True, False, True]


def test_warnings_alone_are_no_failure() -> None:
    result = run("mongodb://h/?tls=True")
    assert result.exit_code == 0
    assert "uri.invalid-option" in result.stdout


def test_standard_input_is_read_line_by_line() -> None:
    result = run("-", "--format", "json", stdin="mongodb://h\r\n\n  \nmongodb://ada:pw@b/db\n")
    assert [document["uri"] for document in objects(result)] == [
        "mongodb://h",
        "mongodb://ada:***@b/db",
    ]
    assert result.exit_code == 0


def test_standard_input_stands_among_arguments() -> None:
    result = run("mongodb://a", "-", "mongodb://c", "--format", "json", stdin="mongodb://b")
    assert [document["uri"][-1] for document in objects(result)] == ["a", "b", "c"]


def test_the_environment_is_asked_last_and_in_order(tmp_path: Path) -> None:
    env = {"MONGODB_URI": "mongodb://second", "MONGOPING_URI": "mongodb://first"}
    assert "first" in run(**env).stdout
    assert "second" in run(MONGODB_URI="mongodb://second").stdout
    assert "given" in run("mongodb://given", **env).stdout
    file = tmp_path / "uri"
    file.write_text("mongodb://filed\n")
    assert "filed" in run("--uri-file", str(file), **env).stdout


def test_a_value_of_the_environment_is_taken_as_it_is() -> None:
    """A program would pass its line end on to the driver as well."""
    result = run(MONGODB_URI="mongodb://h:27017\n")
    assert result.exit_code == 10
    assert "white space" in result.stdout


@pytest.mark.parametrize(
    ("args", "stdin", "env"),
    [
        ((), None, {}),
        ((), None, {"MONGODB_URI": ""}),
        (("-",), "", {}),
        (("-",), "\n \n", {}),
        (("-",), b"\xfe\x80\x00mongodb://h", {}),
        (("-",), b"\xff\xfe\x00", {}),
        (("-",), "x" * 70_000, {}),
        (("--uri-file", "/nonexistent"), None, {}),
        (("--uri-file", "/"), None, {}),
        (("mongodb://h", "--uri-file", "/etc/hosts"), None, {}),
        (("mongodb://h", "--format", "xml"), None, {}),
    ],
)
def test_wrong_usage_is_said_in_words(
    args: tuple[str, ...], stdin: str | bytes | None, env: dict[str, str]
) -> None:
    """Exit code 2, standard output empty, one sentence on standard error and no traceback."""
    result = run(*args, stdin=stdin, **env)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_binary_file_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "uri"
    file.write_bytes(b"\x7fELF\x02\x01\x01\x00\xff\xff")
    result = run("--uri-file", str(file))
    assert result.exit_code == 2
    assert "not UTF-8 text" in result.stderr


def test_without_any_string_the_ways_are_named() -> None:
    words = run().stderr
    for way in ("argument", "--uri-file", "standard", "MONGOPING_URI", "MONGODB_URI"):
        assert way in words


def test_a_missing_file_makes_the_string_invalid() -> None:
    """As for the driver, which opens it in its constructor."""
    result = run("mongodb://h/?tlsCAFile=/nonexistent/ca.pem", "--format", "json")
    assert result.exit_code == 10
    assert objects(result)[0]["cause"] == "uri.file-not-found"


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("mongodb://h:99999/db", "99999"),
        ("mongodb://ada:p@ss@h/", "ada:***"),
        ("mongodb://ada:pw@h/?w=1&authSource=", "authSource="),
        ("mongodb://h/a\x1b[31m b", "a\\x1b[31m b"),
        ("mongodb://\u6771\u4eac:0/", "0"),
    ],
)
def test_the_mark_stands_under_what_is_wrong(uri: str, part: str) -> None:
    """By columns: east asian characters take two, escapes as many as they are shown with."""
    first, second = run(uri).stdout.splitlines()[:2]
    wide = "".join(f"{char} " if "\u6771" in char or "\u4eac" in char else char for char in first)
    start, end = second.index("^"), second.rindex("^") + 1
    assert wide[start:end] == part


def test_nothing_that_a_terminal_obeys_comes_out() -> None:
    hostile = "mongodb://h\x1b[2J\u202e/d\x9bb?\x07=1&appName=\x1b]0;x\x07"
    for form in ("text", "json"):
        output = run(hostile, "--format", form).stdout
        assert output.replace("\n", "").isprintable()


def test_arguments_that_are_not_utf8_do_no_harm() -> None:
    for form in ("text", "json"):
        result = run("mongodb://h\udcff/?appName=\udc80", "--format", form)
        assert result.exit_code == 0
        result.stdout.encode()


def test_an_output_that_is_not_unicode_gets_escapes() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "mongoping", "uri", "mongodb://ada@h\u00fc/\u6771"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert process.returncode == 10
    assert b"h\\xfc/\\u6771" in process.stdout
    assert process.stderr == b""


def test_an_error_brings_title_remedies_and_links() -> None:
    output = " ".join(run("mongodb://ada:pw@h:0/").stdout.split())
    cause = next(cause for cause in CAUSES if cause.code == "uri.invalid-port")
    assert cause.title in output
    assert str(cause.remedies[0]) in output
    assert cause.links[0] in output


def test_a_command_to_copy_stands_on_one_line() -> None:
    assert any(
        "python3 -c" in line and line.rstrip().endswith('"')
        for line in run("mongodb://ada:p@ss@h/").stdout.splitlines()
    )


def test_options_are_explained_with_their_defaults() -> None:
    output = " ".join(run("mongodb://h/?retryWrites=false&directConnection=true").stdout.split())
    assert "retryWrites=false" in output
    assert "discover no others. Default: false." in output


def test_colors_are_for_those_who_want_them() -> None:
    uri = "mongodb://h:0"
    assert "\x1b[" not in run(uri).stdout
    assert "\x1b[" in run(uri, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(uri, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" not in run(uri, "--format", "json", FORCE_COLOR="1").stdout


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_string_of_the_table_comes_out_in_both_forms(form: str) -> None:
    """Whatever the string: an answer, the right exit code, and no secret."""
    result = run(*(uri.replace("pw", "HUNTER") for _, uri in ROWS), "--format", form)
    assert result.exit_code == 10
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "HUNTER" not in result.output
    if form == "json":
        assert [document["valid"] for document in objects(result)] == [
            not cause for cause, _ in ROWS
        ]


@pytest.mark.parametrize(
    "args", [("mongodb+srv://ada:pw@a.b.c/?tls=true", "mongodb://h:0"), ("--help",)]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_it_starts_without_the_driver_and_without_the_network(
    args: tuple[str, ...], form: str
) -> None:
    """Neither PyMongo nor Rich, asyncio or ssl is imported, however the command ends."""
    code = (
        "import sys\nfrom mongoping.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, "uri", *args, "--format", form],
        capture_output=True,
        text=True,
        check=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("COV")},
    )
    assert process.stdout
    assert HEAVY & set(process.stderr.split()) == set()
