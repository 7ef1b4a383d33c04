"""Name servers in place of the system's, for programs in a mount namespace of their own."""

from __future__ import annotations

import secrets
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def silent_resolver(folder: Path) -> Iterator[tuple[list[str], socket.socket]]:
    """Run a name server that never answers, and for which the system waits for minutes.

    Yields the words before a command that uses it, and the socket that receives the queries.
    Where this is not allowed, the test is skipped.
    """
    config = folder / "resolv.conf"
    address = f"127.29.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    config.write_text(f"nameserver {address}\noptions timeout:30 attempts:5\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        try:
            silent.bind((address, 53))
            line = ["unshare", "--mount", "true"]
            subprocess.run(line, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"not allowed to play the system's name server: {error}")
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        yield ["unshare", "--mount", "sh", "-c", script, str(config)], silent
