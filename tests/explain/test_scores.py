"""The command that prints the scores of explain fails below a floor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.explain import main

RIGHT = {"text": "connect ECONNREFUSED 127.0.0.1:27017", "acceptable": ["tcp.refused"]}
HEALTHY = {"text": "MongoDB listens on port 27017", "acceptable": []}
WRONG = {"text": "connect ECONNREFUSED 127.0.0.1:27017", "acceptable": ["auth.failed"]}


def cases(folder: Path, *entries: Mapping[str, object]) -> str:
    path = folder / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(case)}\n" for case in entries))
    return str(path)


def test_each_source_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--no-corpus", "--cases", cases(tmp_path, RIGHT, HEALTHY)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[2:] == [
        "| cases.jsonl | 2 | 2 | 0 | 0 | 0 | 0 | 100.0% | 85.0% |",
    ]


def test_a_source_below_its_floor_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--no-corpus", "--cases", cases(tmp_path, RIGHT, WRONG)]) == 1
    output = capsys.readouterr()
    assert "BELOW" in output.out
    assert "cases.jsonl is below its floor of 85.0%" in output.err


def test_a_source_needs_a_known_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([f"cobol={tmp_path}"])
    assert "cobol" in capsys.readouterr().err
