"""Passwords in messages about wrong arguments, and ordinary messages that stay as they are."""

from __future__ import annotations

import pytest

from mongoping.uri.typed import scrub_message


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("ssh:ada:s3cr3t@app-1", "ssh:ada:***@app-1"),
        ("--from=ssh:ada:s3cr3t@app-1", "--from=ssh:ada:***@app-1"),
        ("ssh//ada:s3cr3t@app-1", "ssh//ada:***@app-1"),
        ("ada:s3@cr3t@h", "ada:***@h"),
        ("@ada:s3cr3t", "@ada:***"),
        ("@ada:s3cr3t@h/db", "@ada:***"),
        (":s3cr3t@h", ":***@h"),
        ("ssh:ada@app-1", "ssh:ada@app-1"),
        ("docker:ada@app-1", "docker:ada@app-1"),
        ("@orders", "@orders"),
        ("--from=ssh:ada@app-1", "--from=ssh:ada@app-1"),
        ("mongodb://ada:s3cr3t@h:27017/", "mongodb://ada:***@h:27017/"),
        ("mongodb://h:27017,g:27018/?appName=a", "mongodb://h:27017,g:27018/?appName=a"),
        (r"C:\Users\ada@corp\report", r"C:\Users\ada@corp\report"),
        ("http://ada:s3cr3t@h:80/x", "http://ada:***@h:80/x"),
        ("http://h:80/x", "http://h:80/x"),
        ("h:27017", "h:27017"),
        ("ada@example.org", "ada@example.org"),
    ],
)
def test_an_argument_in_a_message(argument: str, expected: str) -> None:
    for before, after in (("--from ", ": no."), ("", ", and so on"), ("It is '", "'.")):
        message = scrub_message(f"{before}{argument}{after}", [argument])
        assert message == f"{before}{expected}{after}"


def test_a_piece_of_an_argument_is_hidden_as_well() -> None:
    assert scrub_message("ada:s3cr is not the name", ["kubectl:ada:s3cr/3t@pod"]) == (
        "ada:*** is not the name"
    )


def test_a_line_of_a_file_is_no_argument() -> None:
    output = scrub_message("a.csv, line 2: ssh:ada:s3cr3t@app-1: no; ssh:ada@b: no", ["a.csv"])
    assert output == "a.csv, line 2: ssh:ada:***@app-1: no; ssh:ada@b: no"


def test_long_arguments_take_linear_time() -> None:
    for piece in ("a:", "@", ":", "a@", "-=", "ssh:"):
        text = piece * 20_000
        assert scrub_message(text, [text])
