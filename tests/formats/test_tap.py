"""TAP: as many points as the plan says, and what failed is not ok."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given

from mongoping.formats import tap
from tests.examples import examples
from tests.formats.samples import EVERY, STYLE, hostile, refused_report, smoke_report, texts

POINT = re.compile(r"(not )?ok (\d+) - (.*?)( # SKIP .*)?")


def points(text: str) -> list[tuple[bool, int, str, bool]]:
    """The points of a document; every other line has to be within a YAML block."""
    lines = text.rstrip("\n").split("\n")
    assert lines[0] == "TAP version 14"
    rows, block = [], None
    for line in lines[2:]:
        if line == "  ---":
            block = []
        elif line == "  ...":
            assert block
            assert yaml.safe_load("\n".join(block))["message"] is not None
            block = None
        elif block is not None:
            assert line.startswith("  ")
            block.append(line)
        else:
            match = POINT.fullmatch(line)
            assert match, line
            rows.append((not match[1], int(match[2]), match[3], bool(match[4])))
    assert lines[1] == f"1..{len(rows)}"
    assert [point[1] for point in rows] == list(range(1, len(rows) + 1))
    return rows


@pytest.mark.parametrize("name", EVERY)
def test_a_report_that_does_not_exit_with_0_is_not_ok(name: str) -> None:
    rows = points(tap.render(EVERY[name], STYLE))
    assert all(row[0] for row in rows) == (EVERY[name].exit_code() == 0)


def test_targets_are_told_apart_and_what_was_not_tried_is_skipped() -> None:
    rows = points(tap.render_all([smoke_report(), refused_report()], STYLE))
    assert [row[2] for row in rows if not row[0]] == [
        "orders: expectation members",
        "mongodb://ada:***@h:1/: layer tcp",
    ]
    assert sum(row[3] for row in rows) == 8


def test_a_failure_and_a_warning_have_what_to_paste() -> None:
    def block(name: str) -> dict[str, Any]:
        lines = tap.render(EVERY[name], STYLE).split("\n")
        inner = lines[lines.index("  ---") + 1 : lines.index("  ...")]
        fields: dict[str, Any] = yaml.safe_load("\n".join(inner))
        return fields

    failure = block("refused")
    assert (failure["severity"], failure["cause"]) == ("fail", "tcp.refused")
    assert (failure["remedy"], failure["command"]) == (
        "Start the server:",
        "systemctl start mongod",
    )
    (warning,) = block("warned")["findings"]
    assert (warning["cause"], warning["command"]) == ("tls.certificate-expiring", "certbot renew")


@given(texts)
@examples(60)
def test_no_text_can_become_a_point_or_a_directive(text: str) -> None:
    rows = points(tap.render(hostile(text), STYLE))
    assert len(rows) == 13
    assert [row[3] for row in rows].count(True) == 1
