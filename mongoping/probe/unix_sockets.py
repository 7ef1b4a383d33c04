"""UNIX sockets, which Python has on every system except Windows."""

from __future__ import annotations

import errno
import socket
import sys

FAMILY: int = getattr(socket, "AF_UNIX", 1)  # 1 is AF_UNIX of winsock2.h, too


def available() -> bool:
    """Return whether Python has UNIX sockets on this system; PyMongo decides in the same way."""
    return hasattr(socket, "AF_UNIX")


def new_socket() -> socket.socket:
    """Return a new UNIX stream socket. Raises OSError where Python has none."""
    if sys.platform == "win32" or not available():
        raise unavailable()
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def unavailable() -> OSError:
    """Return the error for a UNIX socket where Python has none, in the words of PyMongo."""
    return OSError(errno.EOPNOTSUPP, "UNIX-sockets are not supported on this system")
