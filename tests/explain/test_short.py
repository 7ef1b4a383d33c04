"""A short file may be one pasted error, which is read as one text; a log keeps its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.explaining.short import MAX_LINES, read_short

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

BROKEN_LINES = """\
ERROR worker > Error: Server selection timeout: No available servers. Topology: { Type: Unknow
n, Servers: [ { Address: db1.shop.example:27017, Type: Unknown, Error: Kind: I/O error: Connec
tion refused (os error 111) }, { Address: db2.shop.example:27017, Type: Unknown, Error: Kind: I/
O error: Connection refused (os error 111) } ] }
"""
MARKER_BEFORE = "Unable to reach MongoDB:\ngetaddrinfo ENOTFOUND orders-db\n"
LOG = """\
2026-01-02 03:04:05 ERROR MongooseServerSelectionError: connect ECONNREFUSED 192.0.2.7:27017
2026-01-02 03:04:06 ERROR MongoServerError: bad auth : Authentication failed.
"""
TRACEBACK_TAIL = """\
  File "/app/pymongo/pool.py", line 12, in checkout
    raise AutoReconnect('connection pool paused')
pymongo.errors.AutoReconnect: db1.shop.example:27017: connection pool paused
"""


@pytest.mark.parametrize(
    ("text", "cause"), [(BROKEN_LINES, "tcp.refused"), (MARKER_BEFORE, "dns.host-not-found")]
)
def test_a_short_file_is_one_error(text: str, cause: str) -> None:
    summary = read_short(text)

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [(cause, 1)]
    assert summary.lines == text.count("\n")


def test_a_short_log_keeps_its_errors_apart() -> None:
    summary = read_short(LOG)

    assert [group.explanation.cause for group in summary.groups] == ["tcp.refused", "auth.failed"]
    assert summary.errors == 2


def test_a_long_file_is_a_log() -> None:
    assert read_short(MARKER_BEFORE + "and so on\n" * MAX_LINES).errors == 0


def test_the_end_of_a_traceback_counts_once() -> None:
    text = "2026-01-02 03:04:05 INFO up\n" * MAX_LINES + TRACEBACK_TAIL

    assert read_short(text).errors == 1


@pytest.mark.parametrize("length", [255, 256, 1023, 1024, 5_000])
def test_a_text_of_any_length_is_text(run_mongoping: Callable[..., Run], length: int) -> None:
    run = run_mongoping("explain", "x" * length)

    assert (run.code, run.err) == (1, "")


@pytest.mark.parametrize("text", ["a\0b", "~", "/", "../..", "\ud800"])
def test_a_text_is_never_opened(run_mongoping: Callable[..., Run], text: str) -> None:
    assert run_mongoping("explain", stdin=text.encode("utf-8", "replace").decode()).code == 1


def test_a_short_file_gives_what_its_text_gives(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    file = tmp_path / "error.txt"
    file.write_text(MARKER_BEFORE)
    run = run_mongoping("explain", "--file", str(file), "--format", "json")

    assert (run.code, run.json["cause"], run.json["errors"]) == (0, "dns.host-not-found", 1)
