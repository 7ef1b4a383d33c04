"""List and read the files to check."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from typing import NamedTuple

from mongoping.decoding import decode, encoding_of
from mongoping.lazy_re import lazy_compile
from mongoping.lint.strings import SCHEME

MAX_BYTES = 2 * 1024 * 1024  # larger files are data, logs or bundles
HEAD = 8192  # a NUL byte in it makes a file binary, as for git
LEFT_OUT = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".terraform", ".gradle", ".idea",
    }
)  # fmt: skip
"""Folders that tools fill; a file in one is checked if it is named."""
GIT_S = 30
HEAD_OF_REPORT = 2048  # bytes, in which a report of mongoping names it
OWN_OUTPUT = lazy_compile(
    r'"driver":\s*\{\s*"name":\s*"mongoping'  # SARIF
    r'|^\{\s*"schema":\s*\d+,\s*"tool":\s*\{\s*"mongoping"'  # JSON of check and lint
    r'|^\{"name": "[^"]*", "labels": \{[^{}]*\}, "vantage": '  # JSON lines of fleet
    r'|<testsuites name="mongoping"'
)


class Candidate(NamedTuple):
    """A file to check, and whether a repository tracks it."""

    path: str
    tracked: bool


class Read(NamedTuple):
    """The content of a file, or the reason why there is none.

    Attributes:
        text: None for a file that was not read, or that has no connection string.
        skipped: ``binary``, ``large``, ``report`` for mongoping's own output, a sentence about an
            error, or None.
    """

    text: str | None = None
    skipped: str | None = None


def candidates(paths: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[Candidate]:
    """Yield the files that are named, and those in the folders that are named, each once.

    ``exclude`` has patterns of paths, or of names of files and folders, to leave out of folders.
    """
    paths_so_far: set[str] = set()
    for path in paths:
        tracked_files = _tracked_files(path)
        for file in map(with_slashes, _walk(path, exclude)):
            if file not in paths_so_far:
                paths_so_far.add(file)
                yield Candidate(file, real_path(file) in tracked_files)


def real_path(path: str) -> str:
    """Return the path by which a file is recognized, however it is written."""
    return os.path.normcase(os.path.realpath(path))


def with_slashes(path: str, separator: str = os.sep) -> str:
    """Return a path as reports show it on every system: with ``/``, and without ``./``."""
    return path.replace(separator, "/").removeprefix("./")


def _is_left_out(entry: os.DirEntry[str], exclude: Sequence[str]) -> bool:
    path = with_slashes(entry.path)
    return any(fnmatch(path, pattern) or fnmatch(entry.name, pattern) for pattern in exclude)


def _walk(path: str, exclude: Sequence[str]) -> Iterator[str]:
    """Yield the files below a path, in the order of their names."""
    if not os.path.isdir(path):  # noqa: PTH112 - a thousand paths a second
        yield path
        return
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield folder  # reading it reports why
            continue
        below = []
        for entry in entries:
            if exclude and _is_left_out(entry, exclude):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in LEFT_OUT:
                    below.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield entry.path
        folders += reversed(below)


def _tracked_files(path: str) -> frozenset[str]:
    """Return the real paths of the files below a path that git tracks; none outside of git."""
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."  # noqa: PTH112, PTH120
    try:
        top = _git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")
        listing = _git(folder, "ls-files", "-z", "--full-name", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    root = os.path.realpath(os.fsdecode(top))
    names = (os.fsdecode(name) for name in listing.split(b"\0") if name)
    return frozenset(os.path.normcase(f"{root}/{name}") for name in names)


def _git(folder: str, *args: str) -> bytes:
    """Return what git prints. Raises OSError or `subprocess.SubprocessError`."""
    command = [shutil.which("git") or "git", "-C", folder, *args]
    return subprocess.run(command, capture_output=True, timeout=GIT_S, check=True).stdout


def _is_report(data: bytes) -> bool:
    """Return whether a file was written by mongoping: SARIF, JSON, JSON lines or JUnit."""
    head = decode(data[:HEAD_OF_REPORT], "replace").lstrip()
    return head.startswith(("{", "<")) and OWN_OUTPUT.search(head) is not None


def read(path: str) -> Read:
    """Return the text of a file that contains a connection string."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a thousand files a second
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                return Read(skipped="large")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Read(skipped=error.strerror or "it cannot be read")
    if len(data) > MAX_BYTES:
        return Read(skipped="large")
    if encoding_of(data) == "utf-16":
        return Read(decode(data, "replace"))
    if b"\0" in data[:HEAD]:
        return Read(skipped="binary")
    if SCHEME not in data:
        return Read()
    if _is_report(data):
        return Read(skipped="report")
    return Read(decode(data, "replace"))
