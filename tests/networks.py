"""Several networks in one machine, for programs that run in a network namespace of their own.

Such a program is started with `NAMESPACE`, with ``PYTHONPATH`` leading here. It builds a bridge,
which has the addresses of servers and name servers, and starts processes that are places: each has
its own address and routes, and a virtual cable to the bridge.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from mongoping.sandbox.nameserver import NameServer

NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
NAME = "db1.example.test"
SERVER, WRONG = "10.77.0.5", "10.77.0.6"  # a mongod, and an address where nothing listens
RIGHT_DNS, WRONG_DNS = "10.77.0.53", "10.77.0.54"  # they return SERVER and WRONG for NAME


def has_namespaces() -> bool:
    """Return whether this user may have networks of its own, connected with each other."""
    try:
        test = ["sh", "-c", "ip link add br0 type bridge"]
        return subprocess.run([*NAMESPACE, *test], check=False).returncode == 0
    except OSError:
        return False


def ip(*words: str) -> None:
    """Run a command of iproute2."""
    subprocess.run(["ip", *words], check=True)  # noqa: S607 - wherever it is


def build_bridge() -> None:
    """Build the bridge, and answer for `NAME` at the addresses of both name servers."""
    ip("link", "set", "lo", "up")
    # a fixed address: a bridge takes another one when a port joins, and neighbors lose it
    ip("link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge")
    ip("link", "set", "br0", "up")
    for address in ("10.77.0.1", SERVER, WRONG, RIGHT_DNS, WRONG_DNS):
        ip("addr", "add", f"{address}/24", "dev", "br0")
    serve_name(RIGHT_DNS, SERVER)
    serve_name(WRONG_DNS, WRONG)


def serve_name(address: str, answer: str) -> None:
    """Answer for `NAME` on port 53 of an address, until the program ends."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    names = NameServer({(NAME, "A"): [answer]})

    def loop() -> None:
        while True:
            query, peer = udp.recvfrom(4096)
            udp.sendto(names.reply(query, tcp=False) or b"", peer)

    threading.Thread(target=loop, daemon=True).start()


def start_place(
    number: int,
    address: str,
    files: Mapping[str, Path],
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    preparation: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start a command in a network of its own.

    Args:
        number: The number of the place.
        address: Its address, with the length of the prefix.
        files: Files that it sees in place of others, by the path of those.
        command: The program and its arguments.
        folder: The folder in which it runs.
        environment: Its environment, instead of that of the tests.
        log: The file that gets its output.
        preparation: Lines for the shell that come before the command.
    """
    output = f" > {shlex.quote(str(log))} 2>&1" if log else ""
    script = [
        "echo ready",
        "read go",
        "ip link set lo up",
        "ip link set eth0 up",
        f"ip addr add {address} dev eth0",
        *(f"mount --bind {shlex.quote(str(own))} {path}" for path, own in files.items()),
        *preparation,
        f'exec "$@"{output}',
    ]
    process = subprocess.Popen(
        [NAMESPACE[0], "--net", "--mount", "sh", "-ec", "; ".join(script), "sh", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=folder,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    peer = ("type", "veth", "peer", "name", "eth0", "netns", str(process.pid))
    ip("link", "add", f"p{number}", *peer)
    ip("link", "set", f"p{number}", "master", "br0", "up")
    process.stdin.write(b"\n")
    process.stdin.flush()
    return process
