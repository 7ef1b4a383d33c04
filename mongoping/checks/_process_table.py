"""Find the process that listens on a port of this machine. Linux only (/proc)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from mongoping.observations import ListenerFacts

LISTEN = "0A"  # TCP_LISTEN of the kernel's include/net/tcp_states.h
MAX_PROCESSES = 20_000


def sockets(port: int) -> dict[str, str]:
    """Return the local sockets that listen on a port, as inodes with their addresses."""
    found = {}
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
                found[parts[9]] = address_of(parts[1].partition(":")[0])
    return found


def address_of(text: str) -> str:
    """Return the address in a field of /proc/net/tcp: hexadecimal words in native byte order."""
    words = (text[at : at + 8] for at in range(0, len(text), 8))
    packed = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    return socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed)


def owner(port: int) -> ListenerFacts | None:
    """Return the process that listens on a port, or None if there is none or this is not Linux."""
    listening = sockets(port)
    wanted = {f"socket:[{inode}]" for inode in listening}
    if not wanted:
        return None
    where = tuple(dict.fromkeys(listening.values()))
    for path in sorted(Path("/proc").glob("[0-9]*"))[:MAX_PROCESSES]:
        try:
            held = any(str(fd.readlink()) in wanted for fd in (path / "fd").iterdir())
            if held:
                name = (path / "comm").read_text().strip()
                return ListenerFacts(port, name, int(path.name), where)
        except OSError:
            continue
    return ListenerFacts(port, None, addresses=where)
