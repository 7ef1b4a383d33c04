"""Find the process that listens on a port of this machine.

Linux shows it in ``/proc``. On other systems psutil finds it, an optional package that is imported
only here, after a failure. macOS shows the sockets of other users to root only; then the port has
an address and no name, or is not found.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from mongoping.observations import ListenerFacts

LISTEN = "0A"  # TCP_LISTEN of the kernel's include/net/tcp_states.h
MAX_PROCESSES = 20_000
MAX_NAME = 100  # characters of the name of a process


class Listening(NamedTuple):
    """A listening socket; the process is None if this user may not see it."""

    address: str
    pid: int | None


def available() -> bool:
    """Return whether this system shows processes, or psutil is installed. Imports nothing."""
    return sys.platform == "linux" or find_spec("psutil") is not None


def owner(port: int) -> ListenerFacts | None:
    """Return the process that listens on a port; None if there is none or none is visible."""
    return owner_in_proc(port) if sys.platform == "linux" else owner_by_psutil(port)


def sockets(port: int) -> dict[str, str]:
    """Return the local sockets that listen on a port, as inodes with their addresses."""
    inodes = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            parts = row.split()
            if (
                len(parts) > 9
                and parts[3] == LISTEN
                and int(parts[1].rpartition(":")[2], 16) == port
            ):
                inodes[parts[9]] = address_of(parts[1].partition(":")[0])
    return inodes


def address_of(text: str) -> str:
    """Return the address in a field of /proc/net/tcp: hexadecimal words in native byte order."""
    words = (text[at : at + 8] for at in range(0, len(text), 8))
    address_bytes = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    return socket.inet_ntop(
        socket.AF_INET6 if len(address_bytes) == 16 else socket.AF_INET, address_bytes
    )


def owner_in_proc(port: int) -> ListenerFacts | None:
    """Return the process that listens on a port according to ``/proc``."""
    listening = sockets(port)
    socket_links = {f"socket:[{inode}]" for inode in listening}
    if not socket_links:
        return None
    where = tuple(dict.fromkeys(listening.values()))
    for path in sorted(Path("/proc").glob("[0-9]*"))[:MAX_PROCESSES]:
        try:
            is_owner = any(str(fd.readlink()) in socket_links for fd in (path / "fd").iterdir())
            if is_owner:
                name = (path / "comm").read_text().strip()
                return ListenerFacts(port, name, int(path.name), where)
        except OSError:
            continue
    return ListenerFacts(port, None, addresses=where)


def owner_by_psutil(port: int) -> ListenerFacts | None:
    """Return the process that listens on a port according to psutil, if that is installed."""
    try:
        import psutil
    except (ImportError, OSError):  # not installed, or made for another system
        return None
    try:
        try:
            processes = list(_all_listening(psutil, port))
        except psutil.AccessDenied:
            processes = list(listening_of_own(psutil, port))
    except (psutil.Error, OSError, RuntimeError):
        return None
    if not processes:
        return None
    where = tuple(dict.fromkeys(row.address for row in processes))
    pid = next((row.pid for row in processes if row.pid is not None), None)
    name = None if pid is None else _name(psutil, pid)
    return ListenerFacts(port, name, pid, where)


def _all_listening(psutil: ModuleType, port: int) -> Iterator[Listening]:
    """Yield the sockets of all users. Raises psutil's AccessDenied on macOS, except for root."""
    for row in psutil.net_connections(kind="tcp"):
        if row.status == psutil.CONN_LISTEN and row.laddr.port == port:
            yield Listening(row.laddr.ip, row.pid)


def listening_of_own(psutil: ModuleType, port: int) -> Iterator[Listening]:
    """Yield the sockets of the processes that this user may see, usually the user's own."""
    for _, process in zip(range(MAX_PROCESSES), psutil.process_iter(), strict=False):
        look = getattr(process, "net_connections", None) or process.connections  # before 6.0
        try:
            rows = look(kind="tcp")
        except (psutil.Error, OSError):
            continue
        for row in rows:
            if row.status == psutil.CONN_LISTEN and row.laddr.port == port:
                yield Listening(row.laddr.ip, process.pid)


def _name(psutil: ModuleType, pid: int) -> str | None:
    try:
        return str(psutil.Process(pid).name())[:MAX_NAME] or None
    except (psutil.Error, OSError):
        return None
