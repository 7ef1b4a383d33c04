"""`mongoping topology` as a process: formats, widths, pipes, secrets, start-up."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run


def test_the_text_fits_forty_columns(five: Deployment, run_mongoping: Callable[..., Run]) -> None:
    """Only connection strings, which are meant to be copied, may be longer."""
    run = run_mongoping("topology", five.uri_with(hosts=[five.hosts[0]]), env={"COLUMNS": "40"})
    assert run.code == 0
    long = [line for line in run.out.splitlines() if len(line) > 40]
    assert all(line.strip().startswith("mongodb://") for line in long), long
    assert len(long) == 1
    for server in five.servers:
        assert server.address in run.out


def test_the_text_shows_every_member_and_the_selection(
    five: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("topology", five.uri, "--read-preference", "secondaryPreferred")
    assert run.err == ""
    for word in ("primary", "arbiter", "hidden", "delayed (by 600 s, hidden)", "priority 3"):
        assert word in run.out
    assert "read preference  secondaryPreferred" in run.out
    assert "selected:" in run.out
    assert "\x1b" not in run.out


def test_the_command_of_a_remedy_is_a_line_of_its_own(run_mongoping: Callable[..., Run]) -> None:
    """Nothing listens on port 1, and the command is longer than half of the terminal."""
    run = run_mongoping("topology", "mongodb://127.0.0.1:1/", env={"COLUMNS": "40"})
    assert run.code == 12
    lines = run.out.splitlines()
    assert "  mkdir -p ~/mongodb-1 && mongod --port 1 --dbpath ~/mongodb-1" in lines


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_verdict_is_laid_out_as_in_check(run_mongoping: Callable[..., Run], columns: str) -> None:
    run = run_mongoping("topology", "mongodb://127.0.0.1:1", env={"COLUMNS": columns})
    title, *rows = run.out.partition("\n✗ ")[2].splitlines()
    assert title.startswith("Nothing listens")
    assert title.endswith("  tcp.refused")
    assert rows[-1] == "  exit 12 · details: mongoping check"
    labels = (
        ("  Evidence: ", "  Try first: ") if columns == "40" else ("  Evidence   ", "  Try first  ")
    )
    assert all(any(row.startswith(label) for row in rows) for label in labels)
    commands = [row for row in rows if row.startswith("  mkdir ")]
    assert all(len(row) <= int(columns) for row in rows if row not in commands)


def test_only_the_branches_of_the_tree_are_dim_in_color(
    five: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("topology", five.uri, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert "\x1b[2m├─ \x1b[0m\x1b[32m✓" in run.out
    assert "\x1b[1;32mprimary" in run.out
    plain = run_mongoping("topology", five.uri, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b" not in plain.out


def test_no_format_shows_a_password(five: Deployment, run_mongoping: Callable[..., Run]) -> None:
    for form in ("text", "json", "svg"):
        uri = five.uri_with(hosts=[five.hosts[0]])
        run = run_mongoping("topology", uri, "--format", form, "--verbose")
        assert "***" in run.out
        for user in five.users:
            assert user.password
            assert user.password not in run.out + run.err
            assert user.password[:12] not in run.out + run.err


def test_the_svg_is_complete_and_fetches_nothing(
    five: Deployment, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    run = run_mongoping("topology", five.uri, "--format", "svg", "-o", str(tmp_path / "t.svg"))
    assert (run.code, run.out) == (0, "")
    text = (tmp_path / "t.svg").read_text("utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own picture
    assert text.count("http") == text.count("http://www.w3.org/2000/svg")
    assert "primary" in text


def test_quiet_prints_one_line(five: Deployment, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("topology", five.uri, "--quiet")
    assert run.out == "ReplicaSetWithPrimary rs0  5 members, 5 reached\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--tags", "dc"), "is not a tag set"),
        (("--read-preference", "fastest"), "fastest"),
        (("--format", "junit"), "junit"),
        (("--output", "/nowhere/at/all"), "cannot be written"),
    ],
)
def test_wrong_usage_is_one_clear_sentence(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], words: str
) -> None:
    run = run_mongoping("topology", "mongodb://127.0.0.1:1/", *args)
    assert run.code == 2
    assert words in run.err
    assert run.out == ""


def test_an_invalid_string_ends_as_in_check(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("topology", "mongodb://h:99999/")
    assert run.code == 10
    assert "uri.invalid-port" in run.out


def test_a_closed_pipe_ends_it_quietly(five: Deployment, tmp_path: Path) -> None:
    process = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m mongoping topology '{five.uri}' | head -1"],
        capture_output=True,
        text=True,
        env=clean_environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert process.stdout.startswith("mongoping topology")
    assert process.stderr == ""


def test_output_is_ascii_if_the_encoding_requires_it(
    five: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("topology", five.uri, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert run.code == 0
    assert run.out.isascii()
    assert "|- + " in run.out


def test_a_preference_that_no_member_matches_exits_with_17(
    five: Deployment, run_mongoping: Callable[..., Run]
) -> None:
    args = ("topology", five.uri, "--read-preference", "secondary", "--tags")
    assert run_mongoping(*args, "dc:west").code == 0
    run = run_mongoping(*args, "dc:nowhere")
    assert run.code == 17
    assert "its tags are dc:west" in run.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ("--read-preference", "secondary", "--max-staleness", "10"),
            "must be at least 90, not 10",
        ),
        (("--max-staleness", "120"), "cannot be combined with mode primary"),
    ],
)
def test_a_staleness_that_every_driver_refuses_is_a_usage_error(
    args: tuple[str, ...], words: str, run_mongoping: Callable[..., Run]
) -> None:
    """The error comes before any traffic: nothing listens at that address."""
    run = run_mongoping("topology", "mongodb://127.0.0.1:1/", *args)
    assert run.code == 2
    assert words in run.err
    assert run.out == ""
