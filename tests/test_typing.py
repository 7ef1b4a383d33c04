"""mypy reports mistakes in the use of evidence, and in the signatures of checks and predicates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args, get_overloads

import pytest

import mongoping
from mongoping import registry
from mongoping.model import CheckName
from mongoping.observations import observation
from mongoping.smoke.measures import CHECKS as OF_SMOKE
from mongoping.topology.config import CHECK as OF_TOPOLOGY

PACKAGE = Path(mongoping.__file__).parent
CHECKED_FILES = (
    "checks/hello.py",
    "context.py",
    "model",
    "observations",
    "record.py",
    "runnable.py",
    "uri/host.py",
)

SOURCE = """
from mongoping.context import Context
from mongoping.model import Cause, Evidence, Match, Outcome
from mongoping.observations import observation
from mongoping.runnable import HostCheck, OnceCheck
from mongoping.uri.host import Host


async def once(ctx: Context) -> Outcome:
    return Outcome()


async def each(ctx: Context, host: Host) -> Outcome:
    return Outcome()


async def named(ctx: Context, host: str) -> Outcome:
    return Outcome()


def blocking(ctx: Context) -> Outcome:
    return Outcome()


def decides(evidence: Evidence) -> Match | None:
    return None


def decides_host(evidence: Evidence, host: str) -> str | None:
    return None


def answers(evidence: Evidence) -> bool:
    return True


def read(evidence: Evidence) -> None:
    reply = observation(evidence, "hello", "a:1")
    {line}
"""
WRONG = {
    'observation(evidence, "neighbor")': "call-overload",
    'evidence.failure("helo")': "arg-type",
    "reply.role": "union-attr",
    "assert reply; reply.wire": "attr-defined",
    'observation(evidence, "hello")': "call-overload",
    'OnceCheck(name="ping", layer="ping", summary="", run=each)': "arg-type",
    'OnceCheck(name="ping", layer="ping", summary="", run=blocking)': "arg-type",
    'OnceCheck(name="ping", layer="ping", summary="")': "call-arg",
    'HostCheck(name="tcp", layer="tcp", summary="", run=once)': "arg-type",
    'HostCheck(name="tcp", layer="tcp", summary="", run=named)': "arg-type",
    'HostCheck(name="tpc", layer="tcp", summary="", run=each)': "arg-type",
    'Cause("tcp.x", "", "", (), when=decides_host)': "arg-type",
    'Cause("tcp.x", "", "", (), when=answers)': "arg-type",
    'Cause("tcp.x", "", "", (), when_host=decides)': "arg-type",
}
RIGHT = (
    "assert reply; reply.role.upper()",
    'OnceCheck(name="ping", layer="ping", summary="", run=once)',
    'HostCheck(name="tcp", layer="tcp", summary="", run=each)',
    'Cause("tcp.x", "", "", (), when=decides)',
    'Cause("tcp.x", "", "", (), when_host=decides_host)',
)


def test_every_check_is_in_the_literal() -> None:
    checks = {check.name for check in registry.checks()} | {*OF_SMOKE, OF_TOPOLOGY.name}
    assert checks == set(get_args(CheckName)), "correct CheckName in mongoping/model/layers.py"


def test_every_registered_check_has_a_typed_observation() -> None:
    """Otherwise mypy refuses to let a cause read what the check observed."""
    variants = get_overloads(observation)
    checks_with_type = {variant.__annotations__["check"].split("'")[1] for variant in variants}
    missing = {check.name for check in registry.checks()} - checks_with_type
    assert missing == set(), "add an overload for each to mongoping/observations/__init__.py"


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what mypy reports for each line, all in one run.

    Only the modules in TYPED are read, so that it takes a second or two.
    """
    folder = tmp_path_factory.mktemp("typed")
    lines = [*WRONG, *RIGHT]
    for number, line in enumerate(lines):
        (folder / f"line{number}.py").write_text(SOURCE.format(line=line), "utf-8")
    files = [str(PACKAGE / name) for name in CHECKED_FILES] + [
        str(path) for path in folder.iterdir()
    ]
    options = ["--config-file=", f"--cache-dir={folder / 'cache'}", "--follow-imports=skip"]
    command = [sys.executable, "-m", "mypy", *options, *files]
    output = subprocess.run(
        command, capture_output=True, text=True, cwd=PACKAGE.parent, check=False
    ).stdout
    return {
        line: "\n".join(row for row in output.splitlines() if f"line{number}.py" in row)
        for number, line in enumerate(lines)
    }


@pytest.mark.parametrize("line", WRONG)
def test_mypy_reports_a_mistake(line: str, messages: dict[str, str]) -> None:
    assert f"[{WRONG[line]}]" in messages[line]


@pytest.mark.parametrize("line", RIGHT)
def test_mypy_accepts_correct_use(line: str, messages: dict[str, str]) -> None:
    assert messages[line] == ""
