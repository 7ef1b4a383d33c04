"""Where downloaded servers are kept: one folder for each archive, below the user's cache."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mongoping.environment import make_folder
from mongoping.sandbox.servers import releases, versions
from mongoping.sandbox.servers.unpacking import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mongoping.sandbox.servers.machine import Platform

DRAFT = ".part-"  # between the name of an archive and a random text, while it is downloaded


class KeptServer(NamedTuple):
    """A server in the cache: its release and its program."""

    version: str
    program: Path


def base() -> Path:
    """Return the user's folder for files that mongoping can obtain again."""
    from platformdirs import user_cache_path

    return user_cache_path("mongoping", appauthor=False)


def folder() -> Path:
    """Return the folder of the servers."""
    return base() / "servers"


def program_of(name: str) -> Path:
    """Return the path of the server that came in the archive with this name."""
    return folder() / name / PROGRAM


def kept_servers(version: str | None, platforms: Sequence[Platform]) -> list[KeptServer]:
    """Return the servers of a series that are here and made for one of the platforms.

    The newest comes first; None is any series. A home folder may be shared by machines, so there
    may be servers for other platforms as well.
    """
    names = [platform.name for platform in platforms if not platform.lacks]
    entries = []
    for program in folder().glob(f"*/{PROGRAM}"):
        archive = releases.archive_named(f"{program.parent.name}.tgz")
        if archive and archive.platform in names and versions.belongs(archive.version, version):
            order = (versions.key(archive.version), -names.index(archive.platform))
            entries.append((order, KeptServer(archive.version, program)))
    return [entry for _, entry in sorted(entries, reverse=True)]


@contextlib.contextmanager
def reserve(name: str, wait: Callable[[], object]) -> Iterator[None]:
    """Let one process at a time fill the folder of an archive; call ``wait`` before waiting.

    Removes what a process that was killed has left. Where files cannot be locked, two processes may
    download the same archive, and the last one wins.

    Raises:
        OSError: the folder cannot be made or written.
    """
    place = folder()
    make_folder(place)
    with (place / f"{name}.lock").open("ab") as lock:
        _lock(lock.fileno(), wait)
        for draft in place.glob(f"{name}{DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)
        yield


def _lock(descriptor: int, wait: Callable[[], object]) -> None:
    """Lock a file until it is closed, also by the end of the process."""
    if sys.platform == "win32":  # servers are not downloaded there, only unpacked
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        wait()
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return  # a network file system without locks
