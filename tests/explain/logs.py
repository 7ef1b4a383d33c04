"""Record the logs of healthy runs, of a primary that is killed, and of servers that do not start.

``python -m tests.explain logs`` writes them to the corpus. Of lines that differ only in values, a
log keeps the first, and the first after each new kind of failure.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mongoping.sandbox.deployment import Deployment, replica_set, standalone
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.process import Server, free_port
from mongoping.sandbox.replication import until
from mongoping.sandbox.users import User
from tests.explain.clients import NODE, PROGRAMS
from tests.explain.harvest import Sample

HEALTHY, OUTAGE = "healthy", "topology.member-unreachable"
VERSIONS = ("6.0", "5.0", "4.4")
ADA = User("ada", "s3cret-of-ada")
ALSO = ("tcp.reset", "tcp.refused", "topology.no-primary")  # as which a client may report it
PATIENCE_S = 60
NODE_LOGS = {"MONGODB_LOG_ALL": "debug", "MONGODB_LOG_PATH": "stderr"}
SCRIPT = (
    "for (let i = 0; i < 20; i++) { db.getSiblingDB('shop').orders.insertOne({i}); sleep(100); }"
)


class Program:
    """A client that runs until it is stopped, with its output in a file."""

    def __init__(self, line: list[str], env: dict[str, str], folder: Path) -> None:
        self.output = folder / f"{len(list(folder.iterdir()))}.log"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                line, env={**os.environ, **env}, stdin=subprocess.PIPE, stdout=output, stderr=output
            )

    def wait(self) -> None:
        """Wait until it is connected."""
        until(lambda: "ready" in self.text().splitlines(), "The start of a client")

    def text(self) -> str:
        """Return what it has written."""
        return self.output.read_text("utf-8", "replace")

    def end(self) -> str:
        """Stop it in order, and return what it wrote."""
        self.process.communicate(b"stop\n", timeout=PATIENCE_S)
        return self.text()


def _clients(uri: str, folder: Path) -> dict[str, Program]:
    env = {"URI": uri, "NODE_HOME": str(NODE / "program.js"), "HOME": str(folder)}
    node = {**env, **NODE_LOGS}
    programs = {
        "pymongo": Program([sys.executable, str(PROGRAMS / "log_client.py")], env, folder),
        "node": Program(["node", str(PROGRAMS / "log_client.mjs")], node, folder),
    }
    for program in programs.values():
        program.wait()
    return programs


def _shell(uri: str, folder: Path) -> str:
    """Return what mongosh writes in debug mode."""
    program = NODE / "node_modules" / ".bin" / "mongosh"
    line = [str(program), uri, "--norc", "--verbose", "--eval", SCRIPT]
    return Program(line, {**NODE_LOGS, "HOME": str(folder)}, folder).end()


def healthy(folder: Path) -> Iterator[Sample]:
    """Yield the logs of clients and servers that start, work and end."""
    for version in VERSIONS:
        with standalone(users=[ADA], version=version) as deployment:
            programs = _clients(deployment.uri, folder) if version == VERSIONS[0] else {}
            logs = {name: program.end() for name, program in programs.items()}
            if programs:
                logs["mongosh"] = _shell(deployment.uri, folder)
            logs["mongod"] = _stop_and_read(deployment.servers[0])
        yield from (_sample(HEALTHY, name, version, text) for name, text in logs.items())
    for version in VERSIONS:
        with replica_set(users=[ADA], version=version) as deployment:
            _step_down(deployment)
            text = _stop_and_read(deployment.servers[0])
        yield _sample(HEALTHY, "mongod", version, text)


def _step_down(deployment: Deployment) -> None:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    with deployment.admin() as client, contextlib.suppress(PyMongoError):
        client.admin.command("replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)
    with MongoClient[dict[str, Any]](deployment.uri) as client:
        until(lambda: client.primary is not None, "The election of another primary")


def _stop_and_read(server: Server) -> str:
    """Shut a server down in order, and return its log."""
    process = server._process
    if process is not None:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    return (server.folder / "log").read_text("utf-8", "replace")


def outage(folder: Path) -> Iterator[Sample]:
    """Yield the logs of clients of a set whose primary is killed and comes back."""
    from pymongo import MongoClient

    with replica_set() as deployment, MongoClient[dict[str, Any]](deployment.uri) as client:
        programs = _clients(deployment.uri, folder)
        first = deployment.servers[0]
        place = ("127.0.0.1", first.port)
        first.stop()
        until(lambda: client.primary not in (None, place), "The election of another primary")
        first.restart()
        until(lambda: place in client.secondaries, "The return of the member")
        for name, program in programs.items():
            yield _sample(OUTAGE, name, "newest", program.end())


def _port_in_use(folder: Path) -> tuple[str, ...]:
    listener = socket.create_server(("127.0.0.1", free_port()))
    _listeners.append(listener)
    return ("--port", str(listener.getsockname()[1]))


def _key(content: str, mode: int) -> Callable[[Path], tuple[str, ...]]:
    def options(folder: Path) -> tuple[str, ...]:
        path = folder / "key"
        path.write_text(content)
        path.chmod(mode)
        return ("--replSet", "rs0", "--keyFile", str(path))

    return options


def _broken_certificate(folder: Path) -> tuple[str, ...]:
    path = folder / "server.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    return ("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(path))


_listeners: list[socket.socket] = []
STARTS: tuple[tuple[str, Callable[[Path], tuple[str, ...]]], ...] = (
    ("server.port-in-use", _port_in_use),
    ("server.data-directory", lambda folder: ("--dbpath", str(folder / "none"))),
    ("server.key-file", _key("abcdefgh", 0o644)),
    ("server.key-file", _key("abc$$$", 0o600)),
    ("tls.bad-key-file", _broken_certificate),
    ("server.feature-compatibility", lambda _: ("--storageEngine", "mmapv1")),
    ("server.not-started", lambda _: ("--nonsense",)),
    ("server.not-started", lambda _: ("--setParameter", "nonsense=1")),
    ("server.not-started", lambda _: ("--bind_ip", "203.0.113.7")),  # RFC 5737: of no machine
)


def refused_starts() -> Iterator[Sample]:
    """Yield the logs of servers that do not start."""
    for version in VERSIONS:
        program = find_mongod(version)
        for cause, options in STARTS:
            with tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
                settings = options(Path(folder))
                usual = {"--dbpath": folder, "--port": str(free_port()), "--bind_ip": "127.0.0.1"}
                defaults = [
                    text for name in usual if name not in settings for text in (name, usual[name])
                ]
                process = subprocess.run(
                    [str(program.path), "--nounixsocket", *defaults, *settings],
                    env=program.environment(),
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE_S,
                    check=False,
                )
            yield _sample(cause, "mongod", version, process.stdout + process.stderr)


def record() -> Iterator[Sample]:
    """Yield all logs."""
    with tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        yield from refused_starts()
        yield from healthy(Path(folder))
        yield from outage(Path(folder))


_KIND = re.compile(
    r"(?:message|commandName|failure|reason|operation|\"type|topology_type|server_type|\"msg|error"
    r"|newState)['\"]?: ?['\"]?([^'\",]{1,100})"
)
_SERVER = re.compile(r"serverPort['\"]?: ?(\d+)")
_FAILURE = re.compile(r"failed|newState|is now in state")
# what belongs to this machine, and lines that say nothing of connections
_NOISE = re.compile(
    r'"msg":"(?:Build Info|Operating System|Options set by command line|client metadata|Frame'
    r"|BACKTRACE|WiredTiger message|Setting featureCompatib)"
)


def _sample(cause: str, client: str, version: str, text: str) -> Sample:
    host = socket.gethostname()
    return Sample(cause, client, version, "log", 0, compact(text).replace(host, "db1"), "")


def compact(text: str) -> str:
    """Return a log with the first line of each kind, and again after each kind of failure."""
    output: list[str] = []
    kinds: set[object] = set()
    failures: set[object] = set()
    for line in text.splitlines():
        if _NOISE.search(line):
            continue
        words = _KIND.findall(line)[:12] or [line]
        kind = (*(re.sub(r"\d", "", word) for word in words), *_SERVER.findall(line)[:1])
        if _FAILURE.search(line) and kind not in failures:
            failures.add(kind)
            kinds = set(failures)
            output.append(line)
        elif kind not in kinds:
            kinds.add(kind)
            output.append(line)
    return "\n".join(output)
