"""The code at the end of a report."""

from __future__ import annotations

import pytest

from mongoping.cli.local import sandbox_command
from mongoping.diagnosis import diagnose
from mongoping.next_steps import next_steps
from mongoping.report import build
from mongoping.uri.target import parse
from tests.evidence import evidence

URI = "mongodb://localhost:27017/"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (None, "mongoping snippet emit pymongo-async-local"),
        ("mongoping sandbox", "mongoping sandbox"),
    ],
)
def test_a_server_that_is_gone_has_no_program(command: str | None, code: str) -> None:
    """After ``local --sandbox``, no program can connect to the server of the report."""
    case = evidence(uri=URI, preset="local", sandbox_command=command)
    report = build(case, diagnose(case, ()), (), parse(URI))
    assert [step.code for step in next_steps(case, report)] == [code]


@pytest.mark.parametrize(
    ("server", "command"),
    [
        (None, "mongoping sandbox"),
        ("8.0", "mongoping sandbox --server 8.0"),
        ("/opt/my mongod", "mongoping sandbox --server '/opt/my mongod'"),
    ],
)
def test_the_command_for_a_server_that_stays_has_its_version(
    server: str | None, command: str
) -> None:
    assert sandbox_command(server) == command
