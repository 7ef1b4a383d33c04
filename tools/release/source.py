"""The commit that is released: what git says about the checkout."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

from tools.release.errors import NotReadyError


class Commit(NamedTuple):
    """A commit. ``time`` is that of the committer, in seconds since 1970."""

    name: str
    time: int
    tracked: tuple[str, ...]


def commit_of(root: Path) -> Commit:
    """Return the commit of a checkout.

    Raises `NotReadyError` if a file was changed or added, or if the folder is not a checkout.
    """
    if _git(root, "rev-parse", "--show-toplevel").strip() != str(root.resolve()):
        raise NotReadyError(f"{root} is not the top folder of a git checkout.")
    if changes := _git(root, "status", "--porcelain").splitlines():
        path = changes[0][3:]
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        raise NotReadyError(f"The checkout has changes in {path}{more}: commit or remove them.")
    name, time = _git(root, "log", "-1", "--format=%H %ct").split()
    tracked_files = _git(root, "ls-files", "-z").split("\0")
    return Commit(name, int(time), tuple(filter(None, tracked_files)))


def commit_of_tag(root: Path, tag: str) -> str | None:
    """Return the commit that a tag names, or None if there is no such tag."""
    return _git(root, "rev-list", "-n", "1", "--ignore-missing", tag).strip() or None


def export(root: Path, commit: str, folder: Path) -> None:
    """Write the files of a commit into a folder."""
    tar_data = _run(root, "archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(tar_data)) as archive:
        archive.extractall(folder, filter="data")


def _git(root: Path, *args: str) -> str:
    return _run(root, *args).decode("utf-8", "surrogateescape")


def _run(root: Path, *args: str) -> bytes:
    try:
        process = subprocess.run(
            ["git", "-C", str(root), *args],  # noqa: S607 - the developer's own git
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise NotReadyError("git is not installed.") from None
    if process.returncode:
        message_lines = process.stderr.decode("utf-8", "replace").strip().splitlines() or [
            "no message"
        ]
        raise NotReadyError(f"git {args[0]} failed in {root}: {message_lines[-1]}")
    return process.stdout
