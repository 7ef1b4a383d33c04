"""A fleet with the Python of a program: real environments, and real servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.interpreter.programs import PYMONGO, environment

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

pytestmark = pytest.mark.server
OPTIONS = ("--timeout", "60", "--count", "1", "--format", "json")
WITHOUT_BSON = tuple(pattern for pattern in PYMONGO if pattern != "bson")


def lines_of(run: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the lines by target, and the summary."""
    *lines, last = map(json.loads, run.out.splitlines())
    return {line["name"]: line for line in lines}, last["summary"]


def test_one_start_serves_all_targets(
    mongod: Deployment, mongod_auth: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    note = f"open({str(starts)!r}, 'a').write('x')"
    python = environment(tmp_path / "program", *PYMONGO, start=note)
    wrong_login = f"mongodb://ada:c4nary@{mongod_auth.hosts[0]}/"
    closed_port = "mongodb://127.0.0.1:1/"
    targets = f"{mongod.uri}\n{wrong_login}\n{closed_port}\n"
    run = run_mongoping("fleet", "-", "--python", str(python), *OPTIONS, stdin=targets)
    lines, summary = lines_of(run)
    assert starts.read_text() == "xx"  # one to ask for its versions, and one to connect
    causes = [line["cause"] for line in lines.values() if line["status"] == "fail"]
    assert sorted(causes) == ["auth.failed", "tcp.refused"]
    for line in lines.values():
        [program] = [
            layer["data"]["program"]
            for layer in line["report"]["layers"]
            if "program" in layer["data"]
        ]
        works = line["name"] == mongod.uri
        assert [attempt["error"] is None for attempt in program["attempts"]] == [works]
        assert program["problem"] is None
    assert summary["python"].keys() >= {"Python", "PyMongo"}
    assert "c4nary" not in run.out + run.err


def test_the_cause_is_named_for_each_target(
    mongod: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    """In worker processes: a target that fails in both Pythons is not blamed on that one."""
    python = environment(tmp_path / "program", *WITHOUT_BSON)
    targets = f"{mongod.uri}\nmongodb://127.0.0.1:1/\n"
    options = ("--python", str(python), "--processes", "2", *OPTIONS)
    lines, summary = lines_of(run_mongoping("fleet", "-", *options, stdin=targets))
    assert lines[mongod.uri]["cause"].startswith("client.")
    assert lines["mongodb://127.0.0.1:1/"]["cause"] == "tcp.refused"
    assert summary["fail"] == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--module", "hello"), "--python needs --module full, not hello."),
        (("--dask", "h"), "--python names a Python of this machine: leave out --dask"),
    ],
)
def test_what_needs_another_run_is_refused(
    options: tuple[str, ...], words: str, run_mongoping: Any, tmp_path: Path
) -> None:
    python = environment(tmp_path / "program", *PYMONGO)
    run = run_mongoping("fleet", "-", "--python", str(python), *options, stdin="a\n")
    assert run.code == 2
    assert words in run.err
