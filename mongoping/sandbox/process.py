"""One mongod process: started on a free loopback port, watched until it answers, ended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping import signals
from mongoping.sandbox.servers import failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.sandbox.mongods import Mongod

START_S = 60.0  # a loaded CI machine needs a few seconds for what takes 0.7 s on an idle one
POLL_S = 0.02
PORT_TRIES = 5
PORTS = range(20_000, 27_000)  # below MongoDB's own, and those of outgoing connections
LISTENS = b'"id":23016,'  # "Waiting for connections", the same id from 4.4 to 8.0
ADDRESS_IN_USE = 48  # mongod's exit code for a port that was taken before it started
# what it logs if another program listens on the port while it starts; it aborts then
TAKEN_MEANWHILE = b"Error listening for new connections on listen address"

QUICK = (
    # Small caches and no preallocated journal: 9 MB of disk instead of 300 MB.
    *("--wiredTigerCacheSizeGB", "0.25"),
    *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=8MB)"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
)


class ServerDied(Exception):  # noqa: N818 - the name is the event
    """mongod ended, or never listened. The text ends with the tail of its own log."""


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free at the moment.

    It is none of those that operating systems hand out by themselves, so that it is likely
    to be free a moment later too. Raises OSError where there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tries = [secrets.choice(PORTS) for _ in range(PORT_TRIES)]
    for port in (*tries, 0):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                if port:
                    continue
                raise
            number: int = probe.getsockname()[1]
            return number
    raise AssertionError("port 0 is bound, or raises")


_servers: list[Server] = []


def servers() -> tuple[Server, ...]:
    """Return the servers of this process that have a port and were not removed yet."""
    return tuple(server for server in _servers if server.port)


class Server:
    """A running mongod of ours, its folder and its log.

    ``bind`` is a comma separated list of addresses, as mongod takes it. With ``socket_folder`` it
    listens on a UNIX socket there too, see `socket_path`.
    """

    def __init__(
        self,
        mongod: Mongod,
        options: Sequence[str] = (),
        *,
        bind: str = "127.0.0.1",
        socket_folder: Path | None = None,
    ) -> None:
        self.mongod = mongod
        self.port = 0
        self._socket_folder = socket_folder
        self._options = [*QUICK, "--bind_ip", bind, *options]
        self._process: subprocess.Popen[bytes] | None = None
        with signals.defer():
            self.folder = Path(tempfile.mkdtemp(prefix="mongoping-"))
            self._removal = signals.Removal(self._remove_at_once)
        _servers.append(self)

    @property
    def address(self) -> str:
        """Return the address on which it listens, as ``host:port``."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Return the ID of the current process, or of the last one."""
        return self._process.pid if self._process else None

    @property
    def data(self) -> Path:
        """Return the folder of its data."""
        return self.folder / "data"

    @property
    def runs(self) -> bool:
        """Return whether the process runs, also if it is paused."""
        return self._process is not None and self._process.poll() is None

    @property
    def socket_path(self) -> Path | None:
        """Return its UNIX socket, or None."""
        if self._socket_folder is None:
            return None
        return self._socket_folder / f"mongodb-{self.port}.sock"

    def spawn(self, port: int | None = None) -> None:
        """Start the program and return at once; `wait` until it listens."""
        self.port = port or free_port()
        self.data.mkdir(exist_ok=True)
        place = (
            ["--unixSocketPrefix", str(self._socket_folder)]
            if self._socket_folder
            else ["--nounixsocket"]
        )
        line = [str(self.mongod.path), "--dbpath", str(self.data), "--port", str(self.port), *place]
        with (self.folder / "log").open("wb") as log, signals.defer():
            self._process = subprocess.Popen(
                [*line, *self._options],
                env=self.mongod.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for us: we take the server away, in order
            )

    def wait(self) -> None:
        """Wait until it listens; a lost race for the port is run again on another one.

        Raises `ServerDied` if it ends, or is not ready after ``START_S`` seconds.
        """
        deadline = time.monotonic() + START_S
        tries = 1
        while not self._listens():
            code = self._process.poll() if self._process else None
            if code is not None and self._lost_port(code) and tries < PORT_TRIES:
                tries += 1
                self.spawn()
            elif code is not None:
                raise ServerDied(f"mongod {failures.ending(code)}.\n{self.log_tail()}")
            elif time.monotonic() > deadline:
                raise ServerDied(f"mongod is not ready after {START_S:g} s.\n{self.log_tail()}")
            time.sleep(POLL_S)

    def _listens(self) -> bool:
        # An open port is no proof: another process may have taken it just before.
        return LISTENS in (self.folder / "log").read_bytes()

    def _lost_port(self, code: int) -> bool:
        """Return whether it ended with this exit code because its port was taken."""
        return code == ADDRESS_IN_USE or TAKEN_MEANWHILE in (self.folder / "log").read_bytes()

    def log_tail(self, lines: int = 8) -> str:
        """Return the errors in mongod's log, else its last messages, one per line."""
        try:
            log = (self.folder / "log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        errors = [line for line in log if '"s":"E"' in line or '"s":"F"' in line]
        return "\n".join(_message(line) for line in (errors or log)[-lines:])

    def stop(self) -> None:
        """End the process and keep the data, as a crash would."""
        if self._process is not None:
            self._process.kill()  # the data is thrown away: nothing is worth a slow farewell
            self._process.wait()

    def restart(self, port: int | None = None) -> None:
        """Start it again on the same data, and by default on the same port."""
        self.stop()
        self.spawn(port or self.port)
        self.wait()

    def remove(self) -> None:
        """End the process and remove its folder."""
        with signals.defer():
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            self._removal.cancel()
        if self in _servers:
            _servers.remove(self)

    def _remove_at_once(self) -> None:
        """Do the same inside a signal handler, where the locks of `subprocess` may be taken."""
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(OSError):
                if sys.platform == "win32":
                    os.kill(process.pid, signal.SIGTERM)  # ends it at once there
                else:
                    os.kill(process.pid, signal.SIGKILL)
                    os.waitpid(process.pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)


def _message(line: str) -> str:
    """Return a line of mongod's structured log as plain text."""
    try:
        record = json.loads(line)
        attributes = record.get("attr") or {}
        error = attributes.get("error") or attributes.get("desc") or ""
        return f"  {record['s']} {record['msg']}{f': {error}' if error else ''}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"  {line}"
