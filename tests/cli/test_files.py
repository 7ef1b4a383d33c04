"""Files of the user are written completely, or keep what was in them if the disk is full.

A full disk is simulated by a limit on the size of files: the write fails after a part of it.
"""

from __future__ import annotations

import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.cli._files import append, create, overwrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size in bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_cannot_be_created_does_not_remain(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with full_after(4), pytest.raises(OSError, match="File too large"):
        create(str(path), b"0123456789")
    assert not path.exists()
    create(str(path), b"0123456789", 0o600)
    assert path.read_bytes() == b"0123456789"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create(str(path), b"other")
    assert path.read_bytes() == b"0123456789"


def test_a_file_that_cannot_be_overwritten_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"former text")
    with full_after(14), pytest.raises(OSError, match="File too large"):
        overwrite(str(path), b"a new and longer text")
    assert path.read_bytes() == b"former text"
    overwrite(str(path), b"short")
    assert path.read_bytes() == b"short"


def test_a_file_that_cannot_be_extended_keeps_its_length(tmp_path: Path) -> None:
    path = tmp_path / "start-up"
    append(str(path), b"first\n")
    with full_after(10), pytest.raises(OSError, match="File too large"):
        append(str(path), b"another line\n")
    assert path.read_bytes() == b"first\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", "localhost:1", "--anonymize-key", "/dev/full/key"), "cannot be created: "),
        (("smoke", "--init", "--config", "/dev/full/x"), "cannot be written: "),
        (("lint", ".", "--write-baseline", "/dev/full"), "cannot be written: No space left"),
        (("lint", ".", "--output", "/dev/full"), "cannot be written: No space left"),
    ],
)
def test_a_full_disk_is_one_sentence(args: tuple[str, ...], words: str, run_mongoping: Any) -> None:
    run = run_mongoping(*args)
    assert run.code == 2, run
    assert words in run.err
    assert "Wrote" not in run.err
    assert "Traceback" not in run.err
