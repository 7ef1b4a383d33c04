"""Places in networks of their own, and a real sshd in one of them.

This module is also the program that runs in a network namespace: it starts a real mongod, two name
servers and the places there. A place has its own address, routes and /etc/resolv.conf:

- ``far`` has another name server, for which the name of the mongod is an address without a server;
- ``lost`` has no route to anything;
- ``bare`` has no folder from which a program may be started.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.deployment import ServerTls, standalone
from tests.conftest import clean_environment, unavailable
from tests.middleboxes import SYSTEM_PATH
from tests.networks import RIGHT_DNS, SERVER, WRONG, WRONG_DNS, build_bridge, start_place

SILENT = 9999  # the only port at WRONG where something listens
FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/root")
PROGRAMS = ("ssh", "sshd", "ssh-keygen", "ip", "unshare", "nsenter")
CONTAINER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
TIMEOUT_S = 120
FORWARDER = """
import asyncio, sys

async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()

async def forward(reader, writer):
    there = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer), return_exceptions=True)

async def main():
    await asyncio.start_server(forward, "127.0.0.1", 27017)
    print(flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class Host(NamedTuple):
    """A place: its address with the length of the prefix, and its name server."""

    address: str
    dns: str = RIGHT_DNS
    noexec: bool = False


HOSTS = {
    "far": Host("10.77.0.7/24", WRONG_DNS),
    "lost": Host("10.77.0.8/32"),
    "bare": Host("10.77.0.9/24", noexec=True),
}


def program(name: str) -> str:
    """Return the path of a program, which may be in /usr/sbin."""
    return shutil.which(name, path=SYSTEM_PATH) or name


def _serve_silence() -> None:
    """Accept connections, say from where each comes, and never answer."""
    server = socket.create_server((WRONG, SILENT))
    peers = []

    def loop() -> None:
        while True:
            peer, address = server.accept()
            peers.append(peer)
            print(json.dumps(address[0]), flush=True)

    threading.Thread(target=loop, daemon=True).start()


def _files(folder: Path, name: str, dns: str, hosts: str) -> dict[str, Path]:
    """Write the files of /etc that a place sees in place of the system's, and return them."""
    own = {f"/etc/{file}": folder / f"{name}-{file}" for file in ("resolv.conf", "hosts")}
    own["/etc/resolv.conf"].write_text(f"nameserver {dns}\n")
    own["/etc/hosts"].write_text(hosts)
    return own


def _start(number: int, name: str, host: Host, folder: Path) -> subprocess.Popen[bytes]:
    """Start a place, which ends when its standard input does."""
    sshd = [f"{program('sshd')} -e -f {folder}/sshd.conf"] if name == "far" else []
    noexec = [f"mount -t tmpfs -o noexec none {place}" for place in FOLDERS if host.noexec]
    process = start_place(
        number,
        host.address,
        _files(folder, name, host.dns, "127.0.0.1 localhost\n"),
        ["cat"],
        folder=folder,
        preparation=[*sshd, *noexec, "echo ready"],
    )
    assert process.stdout is not None
    assert process.stdout.readline(), f"{name} has ended"
    return process


def main(folder: Path) -> None:
    """Start everything, say so on standard output, and stop when standard input ends."""
    for path, own in _files(folder, "here", RIGHT_DNS, "127.0.0.1 here\n").items():
        subprocess.run([program("mount"), "--bind", str(own), path], check=True)
    build_bridge()
    _serve_silence()
    with ExitStack() as stack:
        (folder / "certificates").mkdir()
        certificates = Certificates(folder / "certificates")
        key = certificates.server(SERVER)
        tls = ServerTls(key, certificates.authority, mode="allowTLS")
        deployment = stack.enter_context(standalone(bind=SERVER, host=SERVER, tls=tls))
        processes = {}
        for number, (name, host) in enumerate(HOSTS.items()):
            processes[name] = _start(number, name, host, folder)
            stack.callback(processes[name].kill)
        port = deployment.hosts[0].rpartition(":")[2]
        pids = {name: process.pid for name, process in processes.items()}
        facts = {"port": port, "pids": pids, "authority": str(certificates.authority)}
        print(json.dumps(facts), flush=True)
        sys.stdin.read()
        sshd = folder / "sshd.pid"
        if sshd.exists():
            os.kill(int(sshd.read_text()), signal.SIGTERM)


class World:
    """The running program, seen from a test.

    Attributes:
        port: of the mongod, with and without TLS.
        authority: the file of its CA.
        commands: a folder for simulated commands, which is first on PATH.
        temporary: the folder for temporary files in the places.
    """

    def __init__(self, folder: Path) -> None:
        missing = [name for name in PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]
        if missing or os.geteuid() != 0:
            unavailable(f"this needs root and {', '.join(missing) or 'namespaces'}")
        self.folder = folder
        self.commands, self.temporary = folder / "bin", folder / "temporary"
        self.commands.mkdir()
        self.temporary.mkdir()
        _configure_ssh(folder)
        real = program("ssh")
        self.command("ssh", f'exec {real} -F {folder}/ssh.conf "$@"')
        words = [sys.executable, "-m", __name__, str(folder)]
        self._process = subprocess.Popen(
            [program("unshare"), "--net", "--mount", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean_environment(folder) | {"PATH": SYSTEM_PATH},
            cwd=Path(__file__).parents[2],
        )
        facts = self._read()
        self.port = int(facts["port"])
        self.authority = Path(facts["authority"])
        self._pids: dict[str, int] = facts["pids"]

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program has ended"
        return json.loads(line)

    def wait_for(self, name: str) -> None:
        """Wait until a place has connected to the silent port."""
        while self._read() != HOSTS[name].address.partition("/")[0]:
            pass

    def command(self, name: str, script: str) -> None:
        """Write a simulated command."""
        path = self.commands / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def shell(self, name: str) -> str:
        """Return the line of a script that runs a shell in a place, as a container has it."""
        variables = f"env -i HOME=/root TMPDIR={self.temporary} PATH={CONTAINER_PATH}"
        return f"exec nsenter -t {self._pids[name]} -n -m {variables} sh"

    @contextlib.contextmanager
    def forwarding(self, name: str) -> Iterator[None]:
        """Forward localhost:27017 of a place to the mongod."""
        enter = [program("nsenter"), "-t", str(self._pids[name]), "-n"]
        words = [*enter, sys.executable, "-c", FORWARDER, SERVER, str(self.port)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline()
            yield
            process.stdin.close()

    def start(self, *args: str, **options: Any) -> subprocess.Popen[str]:
        """Start mongoping next to the mongod, without a terminal."""
        words = [sys.executable, "-m", "mongoping", *args]
        path = os.pathsep.join((str(self.commands), SYSTEM_PATH))
        return subprocess.Popen(
            [program("nsenter"), "-t", str(self._process.pid), "-n", "-m", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(self.folder) | {"PATH": path},
            start_new_session=True,
            **options,
        )

    def run(self, *args: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run mongoping next to the mongod."""
        process = self.start(*args)
        out, err = process.communicate(text, timeout=TIMEOUT_S)
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def leftovers(self) -> list[Path]:
        """Return the folders that exist in places."""
        return list(self.temporary.iterdir())

    def close(self) -> None:
        """End everything."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def _configure_ssh(folder: Path) -> None:
    """Write the keys, and the files of sshd and ssh."""
    for key in ("host", "user"):
        words = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
        subprocess.run(words, check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    address = HOSTS["far"].address.partition("/")[0]
    (folder / "sshd.conf").write_text(
        f"ListenAddress {address}\nHostKey {folder}/host\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/user.pub\nPidFile {folder}/sshd.pid\nPermitRootLogin yes\n"
        f"Banner /etc/hostname\nSetEnv TMPDIR={folder}/temporary\n"
    )
    public = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known").write_text(f"{address} {public}\n")
    (folder / "ssh.conf").write_text(
        f"Host unknown\n  UserKnownHostsFile {folder}/none\n"
        f"Host stranger\n  IdentityFile {folder}/host\n"
        f"Host far unknown\n  IdentityFile {folder}/user\n"
        f"Host far unknown stranger\n  HostName {address}\n  User root\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {folder}/known\n  RemoteCommand uptime\n  RequestTTY yes\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
