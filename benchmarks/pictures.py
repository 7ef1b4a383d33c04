"""``python -m benchmarks.pictures``: the pictures in docs/, drawn by mongoping itself.

A real set of four with TLS, access control and a member that is hidden, under names that a
name server on loopback knows: as it is, while its primary is killed, and its waterfall.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mongoping import signals
from mongoping.environment import SANDBOX_VARIABLE
from mongoping.sandbox import replication
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.deployment import Deployment, ServerTls, replica_set
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.users import User, build_uri

DOCS = Path(__file__).parents[1] / "docs"
DOMAIN = "example.com"
CLUSTER = f"shop.{DOMAIN}"
NAMES = [f"db{number}.{DOMAIN}" for number in range(1, 5)]
COLUMNS = "100"
WATCHED_S, KILLED_S, BACK_S = 24, 9, 16  # how long a watch is, and when the primary is away
ELECTION_MS = 3000
# Motor may be installed here, and what mongoping says about it belongs in no picture.
WITHOUT_MOTOR = (
    "import runpy, sys; sys.modules['motor'] = None;"
    "runpy.run_module('mongoping', run_name='__main__')"
)
MEMBERS: list[dict[str, Any]] = [
    {"priority": 2, "tags": {"dc": "east"}},
    {"tags": {"dc": "west"}},
    {"tags": {"dc": "west"}},
    {"priority": 0, "votes": 0, "hidden": True, "tags": {"use": "backup"}},
]


def main() -> None:
    """Start the set, and write every picture."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        certificates = Certificates(folder)
        (folder / "ca.pem").write_bytes(certificates.authority.read_bytes())
        certificate = certificates.server(*NAMES, "localhost", "127.0.0.1", days=73)
        members = [
            {**member, "horizon": f"{name}:{{port}}"}
            for member, name in zip(MEMBERS, NAMES, strict=True)
        ]
        tls = ServerTls(certificate, certificates.authority)
        whole = stack.enter_context(replica_set(members, users=[User("ada")], tls=tls))
        with whole.admin() as client:
            replication.change(client, hasten)
        seeds = list(zip(NAMES[:3], whole.ports, strict=False))
        zone = cluster(CLUSTER, seeds, "replicaSet=rs0&authSource=admin")
        server = stack.enter_context(NameServer(zone))
        server.zone[NAMES[3], "A"] = ["127.0.0.1"]
        draw(whole, server, folder)


def hasten(config: dict[str, Any]) -> dict[str, Any]:
    """Shorten the election timeout to three seconds, to fit the picture."""
    config["settings"]["electionTimeoutMillis"] = ELECTION_MS
    return config


def draw(whole: Deployment, server: NameServer, folder: Path) -> None:
    """Draw the three pictures; paths in them are relative to ``folder``."""
    user = whole.named("ada")
    options = {"user": user, "replicaSet": "rs0", "tls": True, "tlsCAFile": "ca.pem"}
    hosts = [f"{name}:{port}" for name, port in zip(NAMES[:3], whole.ports, strict=False)]
    uri = build_uri(hosts, **options)
    srv = build_uri([CLUSTER], scheme="mongodb+srv", user=user, tlsCAFile="ca.pem")

    def start(command: str, text: str, name: str, *args: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-c", WITHOUT_MOTOR, command, "-", *args, *server.args]
        line += ["--format", "svg", "--output", str(DOCS / name)]
        paths = os.pathsep.join([str(DOCS.parent), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "COLUMNS": COLUMNS, "TZ": "UTC", "PYTHONPATH": paths}
        environment[SANDBOX_VARIABLE] = ",".join(map(str, whole.ports))
        process = subprocess.Popen(line, stdin=subprocess.PIPE, cwd=folder, env=environment)
        if process.stdin is None:
            raise RuntimeError("a process without its standard input")
        process.stdin.write(text.encode())
        process.stdin.close()
        return process

    finish(start("topology", uri, "topology.svg", "--read-preference", "nearest"))
    finish(start("check", srv, "waterfall.svg", "--waterfall", "--count", "20"))
    watch = start("watch", uri, "watch.svg", "--interval", "0.5", "--duration", str(WATCHED_S))
    time.sleep(KILLED_S)
    whole.servers[0].stop()
    time.sleep(BACK_S - KILLED_S)
    whole.servers[0].restart()
    finish(watch)


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a picture. Raises RuntimeError where there is none."""
    if process.wait(120) != 0:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")


if __name__ == "__main__":
    with signals.raising():
        main()
