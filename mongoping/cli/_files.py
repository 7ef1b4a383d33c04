"""Write files of the user: completely, or not at all if the disk is full."""

from __future__ import annotations

import contextlib
import os


def create(path: str, data: bytes, mode: int = 0o666) -> None:
    """Create a file.

    Raises:
        FileExistsError: there is something with this name; it is not changed.
        OSError: the file cannot be written; then it does not exist.
        ValueError: the name is not valid.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
            file.write(data)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108
        raise


def overwrite(path: str, data: bytes) -> None:
    """Replace the content of a file, which keeps its mode, its owner and its links.

    Raises:
        OSError: the file cannot be written; then it has its former content.
    """
    with open(path, "r+b", buffering=0) as file:  # noqa: PTH123
        former = file.read()
        try:
            _fill(file.fileno(), data)
        except OSError:
            with contextlib.suppress(OSError):  # its blocks still belong to it
                _fill(file.fileno(), former)
            raise


def append(path: str, data: bytes) -> None:
    """Add data to the end of a file, which is created if it is missing.

    Raises:
        OSError: the file cannot be written; then it has its former length.
    """
    with open(path, "ab", buffering=0) as file:  # noqa: PTH123
        length = file.tell()
        try:
            _write(file.fileno(), data)
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(length)
            raise


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _fill(descriptor: int, data: bytes) -> None:
    """Write from the start of a file and cut off the rest."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write(descriptor, data)
    os.ftruncate(descriptor, len(data))
