"""Several places in one machine: network namespaces with their own address, route and resolver.

The program below runs in a namespace of its own. It starts a real mongod and two name servers
there, and runs `mongoping check` from each place, whose network is connected by a pair of virtual
interfaces. The places also have their own /etc/resolv.conf and /etc/hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import clean_environment

NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
SERVER, WRONG = "10.77.0.5", "10.77.0.6"  # a mongod, and an address where nothing listens
RIGHT_DNS, WRONG_DNS = "10.77.0.53", "10.77.0.54"
NAME = "db1.example.test"
TIMEOUT_S = 180


@dataclass(frozen=True)
class Place:
    """One place, and what is special there.

    Attributes:
        address: its address, in the network of the server unless ``routed`` is False.
        routed: whether a route leads to the server.
        dns: its name server.
        hosts: its hosts file.
        environment: further environment variables; the value CA or OTHER is the file of a CA,
            and CLOCK a library that sets the clock to 2040.
        uri: its connection string; PORT is filled in, and CA with the file of the right CA.
        options: further options of `mongoping check`.
    """

    name: str
    address: str
    routed: bool = True
    dns: str = RIGHT_DNS
    hosts: str = "127.0.0.1 localhost\n"
    environment: Mapping[str, str] = field(default_factory=dict)
    uri: str = f"mongodb://{NAME}:PORT/?directConnection=true"
    options: Sequence[str] = ()


PROGRAM = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.deployment import ServerTls, standalone
from mongoping.sandbox.nameserver import NameServer

given, folder = json.loads(sys.argv[1]), Path(sys.argv[2])

def ip(*words):
    subprocess.run(["ip", *words], check=True)

def serve(address, answer):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    names = NameServer({(given["name"], "A"): [answer]})
    def loop():
        while True:
            query, peer = udp.recvfrom(4096)
            udp.sendto(names.reply(query, tcp=False), peer)
    threading.Thread(target=loop, daemon=True).start()

def start(number, place, port, authorities):
    conf, hosts = folder / f"resolv{number}", folder / f"hosts{number}"
    conf.write_text(f"nameserver {place['dns']}\\n")
    hosts.write_text(place["hosts"])
    uri = place["uri"].replace("PORT", port).replace("CA", authorities["CA"])
    environment = {**os.environ, **{
        name: authorities.get(value, value) for name, value in place["environment"].items()
    }}
    mask = "24" if place["routed"] else "32"
    script = (
        'echo ready; read go; ip link set lo up; ip link set eth0 up; '
        f'ip addr add {place["address"]}/{mask} dev eth0; '
        f'mount --bind {conf} /etc/resolv.conf; mount --bind {hosts} /etc/hosts; exec "$@"'
    )
    report = folder / f"{place['name']}.json"
    command = [sys.executable, "-m", "mongoping", "check", uri, "--count", "3", "-q",
               "-o", str(report), *place["options"]]
    process = subprocess.Popen(
        ["unshare", "--net", "--mount", "sh", "-c", script, "sh", *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=folder)
    process.stdout.readline()
    ip("link", "add", f"p{number}", "type", "veth", "peer", "name", "eth0",
       "netns", str(process.pid))
    ip("link", "set", f"p{number}", "master", "br0", "up")
    process.stdin.write(b"\\n")
    process.stdin.flush()
    return process

ip("link", "set", "lo", "up")
# a fixed address: a bridge takes another one when a port joins, and neighbors lose it
ip("link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge")
ip("link", "set", "br0", "up")
for last in ("1/24", "5/24", "6/24", "53/24", "54/24"):
    ip("addr", "add", f"10.77.0.{last}", "dev", "br0")
serve(given["right_dns"], given["server"])
serve(given["wrong_dns"], given["wrong"])
(folder / "certificates").mkdir()
certificates = Certificates(folder / "certificates")
authorities = {"CA": str(certificates.authority), "OTHER": str(certificates.other_authority),
               "CLOCK": str(folder / "clock.so")}
key = certificates.server(given["name"], given["server"])
tls = ServerTls(key, certificates.authority, mode="allowTLS")
with standalone(bind=given["server"], host=given["server"], tls=tls) as deployment:
    port = deployment.hosts[0].rpartition(":")[2]
    running = [start(*row, port, authorities) for row in enumerate(given["places"])]
    for process in running:
        process.communicate()
"""


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static const long LATER = 2208988800L;  /* 2040-01-01 */
int clock_gettime(clockid_t id, struct timespec *t) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int code = real(id, t);
  if (id == CLOCK_REALTIME) t->tv_sec = LATER;
  return code;
}
time_t time(time_t *t) { if (t) *t = LATER; return LATER; }
int gettimeofday(struct timeval *t, void *z) { t->tv_sec = LATER; t->tv_usec = 0; return 0; }
"""


def build_clock(folder: Path) -> bool:
    """Build the library that sets the clock of a process to 2040; return whether that worked."""
    compiler = shutil.which("cc")
    if compiler is None:
        return False
    (folder / "clock.c").write_text(CLOCK)
    command = [compiler, "-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0


def isolated() -> bool:
    """Return whether this user may have networks of its own, connected with each other."""
    try:
        test = ["sh", "-c", "ip link add br0 type bridge"]
        return subprocess.run([*NAMESPACE, *test], check=False).returncode == 0
    except OSError:
        return False


def reports(places: Sequence[Place], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the report of each place by name; they are also in ``folder``."""
    given = {
        "places": [asdict(place) for place in places],
        "name": NAME,
        "server": SERVER,
        "wrong": WRONG,
        "right_dns": RIGHT_DNS,
        "wrong_dns": WRONG_DNS,
    }
    (folder / "program.py").write_text(PROGRAM)
    environment = clean_environment(folder) | {"PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [*NAMESPACE, sys.executable, str(folder / "program.py"), json.dumps(given), str(folder)],
        env={**environment, "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return {place.name: json.loads((folder / f"{place.name}.json").read_text()) for place in places}
