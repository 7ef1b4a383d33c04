"""A fleet that is interrupted: the results so far, the exit code, and no process left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from tests.cli.conftest import start
from tests.cli.running import ENDLESS, SIGNALS, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.running import Running

__all__ = ["start"]  # a fixture


def test_how_to_continue_is_printed(tmp_path: Path, start: Callable[..., Running]) -> None:
    with Listener(listeners.silent) as silent:
        names = ["127.0.0.1:1", f"mongodb://{silent.address}/"]
        (tmp_path / "list.txt").write_text("\n".join(names))
        run = start(
            "fleet", "list.txt", "--format", "json", "--no-report", "-o", "first.jsonl", *ENDLESS
        )
        file = tmp_path / "first.jsonl"
        run.until(lambda: file.exists() and file.read_bytes().count(b"\n") == 1)
        code, _ = run.end(SIGNALS[0])
    assert code == 130
    errors = run.err.decode()
    assert "Interrupted after 1 of 2 targets." in errors
    assert "--resume first.jsonl" in errors
    assert json.loads(file.read_text().splitlines()[-1])["summary"]["interrupted"] is True


@pytest.mark.parametrize(("processes", "number"), list(zip(("1", "2"), SIGNALS, strict=False)))
def test_the_results_so_far_are_printed(
    processes: str, number: int, tmp_path: Path, start: Callable[..., Running]
) -> None:
    with Listener(listeners.silent) as silent:
        names = [f"mongodb://{silent.address}/?appName=a{n}" for n in range(3)]
        names += [f"127.0.0.{n}:1" for n in range(1, 9)]
        (tmp_path / "list.txt").write_text("\n".join(names))
        args = ["fleet", "list.txt", "--processes", processes, "--format", "json", "--no-report"]
        run = start(*args, *ENDLESS)
        assert run.process.stdout is not None
        first = [run.process.stdout.readline() for _ in range(8)]
        children = run.children()
        code, rest = run.end(number)
    *lines, last = [json.loads(line) for line in (*first, *rest.splitlines())]
    assert code == 130
    assert {line["cause"] for line in lines} == {"tcp.refused"}
    assert last["summary"]["targets"] == last["summary"]["fail"] == 8
    assert last["summary"]["interrupted"] is True
    assert not any(map(is_alive, children))
