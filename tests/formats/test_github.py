"""Workflow commands: one a line, and no text of a peer can become one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from mongoping.formats import github
from tests.examples import examples
from tests.formats.samples import (
    EVERY,
    STYLE,
    hostile,
    refused_report,
    report,
    texts,
    warning_report,
)

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


def read_commands(text: str) -> list[tuple[str, str, str]]:
    """The commands as the runner reads them; anything else would be a line of its own."""
    rows = []
    for line in text.rstrip("\n").split("\n"):
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        rows.append((match[1], _undo(match[2]), _undo(match[3])))
    return rows


def _undo(text: str) -> str:
    for code, mark in (("%3A", ":"), ("%2C", ","), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, mark)
    return text


def test_a_failure_is_an_error_with_cause_and_remedy() -> None:
    level, title, message = read_commands(github.render(refused_report(), STYLE))[0]
    assert level == "error"
    assert title == "mongoping: mongodb://ada:***@h:1/: tcp.refused"
    assert message.split("\n")[:3] == [
        "tcp.refused: h:1 refused the connection",
        "Try first: Start the server:",
        "  systemctl start mongod",
    ]


def test_a_warning_is_one_and_all_well_is_a_notice() -> None:
    ((level, _, message),) = read_commands(github.render(warning_report(), STYLE))
    assert level == "warning"
    assert message == "6 days left\nTry first: Renew the certificate:\n  certbot renew"
    assert [row[0] for row in read_commands(github.render(report(), STYLE))] == ["notice"]


@pytest.mark.parametrize("name", [name for name, cause in EVERY.items() if cause.exit_code()])
def test_what_does_not_exit_with_0_has_an_error(name: str) -> None:
    assert "error" in [row[0] for row in read_commands(github.render(EVERY[name], STYLE))]


@given(texts)
@examples(60)
def test_no_text_can_become_a_command(text: str) -> None:
    rows = read_commands(github.render(hostile(text), STYLE))
    assert all(title.startswith("mongoping: ") for _, title, _ in rows)
