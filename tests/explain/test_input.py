"""Input may be compressed, in any encoding, truncated, or not text at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from mongoping.cli import _explain_input as given
from mongoping.cli import _explain_text, main
from mongoping.explaining import log
from mongoping.explaining.log import Summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

REFUSAL = "MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017"


def read(data: bytes) -> str:
    return "".join(given.text(given.chunks(io.BytesIO(data))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_of_a_shell_is_read(encoding: str) -> None:
    assert read(f"fällt aus: {REFUSAL}\r\n".encode(encoding)) == f"fällt aus: {REFUSAL}\r\n"


def test_what_is_latin_1_keeps_what_decides() -> None:
    assert REFUSAL in read(f"fällt aus: {REFUSAL}".encode("latin-1"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01\0\0\0 mongodb",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        bytes(range(256)) * 20,
        b"\x01\x02\x03\x04mongodb ECONNREFUSED",
    ],
)
def test_what_is_binary_is_no_text(data: bytes) -> None:
    with pytest.raises(given.NotText):
        read(data)


@pytest.mark.parametrize("gap", [1, 7, 9, 20_000])
def test_a_log_that_was_truncated_while_open_is_text(gap: int) -> None:
    """The writer goes on at its old position, and the file has a gap before it."""
    line = b"connect ECONNREFUSED 192.0.2.7:27017\n"
    zeros = b"\0" * gap

    assert "".join(given.text([zeros + line])) == line.decode()
    assert "".join(given.text([zeros, line])) == line.decode()
    assert "".join(given.text([line + zeros + line])) == 2 * line.decode()


def test_nothing_is_nothing() -> None:
    assert read(b"") == ""


def test_what_gzip_packed_is_unpacked() -> None:
    """Also of several files behind each other, and with padding at the end."""
    one, two = gzip.compress(b"first\n"), gzip.compress(b"second\n")

    assert read(one) == "first\n"
    assert read(one + two + b"\0\0") == "first\nsecond\n"


def test_a_packed_log_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    text = os.urandom(30_000).hex()
    archive = gzip.compress(text.encode())

    beginning = read(archive[: len(archive) // 2])
    assert text.startswith(beginning)
    assert len(beginning) > len(text) // 4


def test_what_only_begins_like_gzip_is_told() -> None:
    with pytest.raises(given.BrokenInput):
        read(given.GZIP + b"and then something else")


def test_a_packed_log_is_never_whole_in_memory() -> None:
    """64 MB of one letter pack to 64 kB."""
    archive = gzip.compress(b"x" * 64_000_000)
    tracemalloc.start()
    size = sum(len(piece) for piece in given.text(given.chunks(io.BytesIO(archive))))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size == 64_000_000
    assert most < 16_000_000


def test_a_packed_log_is_grouped_as_any(run_mongoping: Callable[..., Run], tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    log.write_bytes(gzip.compress(f"{REFUSAL}\n".encode() * 3))
    run = run_mongoping("explain", "--file", str(log), "--format", "json")

    assert (run.code, run.json["errors"], run.json["cause"]) == (0, 3, "tcp.refused")


def test_a_packed_log_may_come_by_a_pipe() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "mongoping", "explain"],
        input=gzip.compress(f"{REFUSAL}\n".encode() * 3),
        capture_output=True,
        check=False,
    )

    assert process.returncode == 0
    assert b"3 MongoDB errors in 3 lines" in process.stdout


def test_a_broken_archive_is_wrong_usage(run_mongoping: Callable[..., Run], tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    log.write_bytes(given.GZIP + b"and then something else")
    run = run_mongoping("explain", "--file", str(log))

    assert run.code == 2
    assert "cannot be decompressed" in run.err
    assert "Traceback" not in run.err


def bomb(size: int) -> bytes:
    """Pack a text of a size in MiB."""
    piece = b"a" * (1024 * 1024 - 1) + b"\n"
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as file:
        for _ in range(size):
            file.write(piece)
    return buffer.getvalue()


def test_a_packed_log_is_read_within_bounds() -> None:
    """A few kilobytes unpack to any size."""
    bounds = given.Bounds(size=3 * 1024 * 1024)
    size = sum(map(len, given.text(given.chunks(io.BytesIO(bomb(20))), bounds)))
    assert size == 3 * 1024 * 1024
    assert bounds.stopped == "the first 3 MiB of the decompressed log"
    late = given.Bounds(seconds=0)
    assert sum(map(len, given.text(given.chunks(io.BytesIO(bomb(20))), late))) <= given.CHUNK
    assert late.stopped is not None
    whole = given.Bounds()
    assert sum(map(len, given.text(given.chunks(io.BytesIO(bomb(2))), whole))) == 2 * 1024 * 1024
    assert whole.stopped is None


def test_nothing_is_read_behind_the_bound_of_a_packed_log() -> None:
    """Not even as text that was never compressed."""
    archive = bomb(20)
    pieces = [archive[:50_000], archive[50_000:]]
    bounds = given.Bounds(size=given.CHUNK)

    assert len("".join(given.text(pieces, bounds))) == given.CHUNK


def test_a_plain_log_is_read_for_a_limited_time() -> None:
    """Its size is not limited, and a log that ends at the bound is complete."""
    pieces = [f"{REFUSAL}\n".encode() * 20_000] * 3
    late = given.Bounds(reading_seconds=0)
    assert "".join(given.text(pieces, late)) == pieces[0].decode()
    assert late.stopped == "the first 1 MiB (0 s of CPU time) of the log"

    complete = given.Bounds(reading_seconds=0)
    assert "".join(given.text(pieces[:1], complete)) == pieces[0].decode()
    assert complete.stopped is None


def test_what_was_left_out_of_a_packed_log_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is lowered here, since it takes seconds to reach it."""
    monkeypatch.setattr(given, "Bounds", partial(given.Bounds, size=3 * 1024 * 1024))
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(f"{REFUSAL}\n".encode()) + bomb(20))
    run = CliRunner().invoke(main, ["explain", "--file", str(log), "--format", "json"])
    assert run.exit_code == 0
    assert "tcp.refused" in run.output
    missing = json.loads(run.output)["missing"]
    assert re.fullmatch(r"Only .* was read\.", missing)
    assert missing in _explain_text.render_log(Summary(1, 0), 80, missing)


def test_the_number_of_errors_that_were_not_explained_is_stated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is lowered here, since it takes thousands of different errors to reach it."""
    monkeypatch.setattr(log, "MAX_EXPLAINED", 1)
    path = tmp_path / "app.log"
    path.write_text(f"{REFUSAL}\n" * 9_000 + "MongoServerError: bad auth\n" * 2)
    run = CliRunner().invoke(main, ["explain", "--file", str(path), "--format", "json"])
    document = json.loads(run.output)

    assert (document["cause"], document["errors"]) == ("tcp.refused", 9_000)
    assert document["missing"].startswith("2 records that may be errors were not explained")
