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
from tests.networks import NAME, NAMESPACE, RIGHT_DNS

TIMEOUT_S = 180


@dataclass(frozen=True)
class Place:
    """One place, and what is special there.

    Attributes:
        address: its address, in the network of the server unless ``has_route`` is False.
        has_route: whether a route leads to the server.
        dns: its name server.
        hosts: its hosts file.
        environment: further environment variables; the value CA or OTHER is the file of a CA,
            and CLOCK a library that sets the clock to 2040.
        uri: its connection string; PORT is filled in, and CA with the file of the right CA.
        options: further options of `mongoping check`.
    """

    name: str
    address: str
    has_route: bool = True
    dns: str = RIGHT_DNS
    hosts: str = "127.0.0.1 localhost\n"
    environment: Mapping[str, str] = field(default_factory=dict)
    uri: str = f"mongodb://{NAME}:PORT/?directConnection=true"
    options: Sequence[str] = ()


PROGRAM = """
import json, os, sys
from pathlib import Path
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.deployment import ServerTls, standalone
from tests.networks import NAME, SERVER, build_bridge, start_place

given, folder = json.loads(sys.argv[1]), Path(sys.argv[2])

def start(number, place, port, authorities):
    conf, hosts = folder / f"resolv{number}", folder / f"hosts{number}"
    conf.write_text(f"nameserver {place['dns']}\\n")
    hosts.write_text(place["hosts"])
    uri = place["uri"].replace("PORT", port).replace("CA", authorities["CA"])
    environment = {**os.environ, **{
        name: authorities.get(value, value) for name, value in place["environment"].items()
    }}
    report = folder / f"{place['name']}.json"
    command = [sys.executable, "-m", "mongoping", "check", uri, "--count", "3", "-q",
               "-o", str(report), *place["options"]]
    return start_place(
        number, f"{place['address']}/{24 if place['has_route'] else 32}",
        {"/etc/resolv.conf": conf, "/etc/hosts": hosts}, command,
        folder=folder, environment=environment)

build_bridge()
(folder / "certificates").mkdir()
certificates = Certificates(folder / "certificates")
authorities = {"CA": str(certificates.authority), "OTHER": str(certificates.other_authority),
               "CLOCK": str(folder / "clock.so")}
tls = ServerTls(certificates.server(NAME, SERVER), certificates.authority, mode="allowTLS")
with standalone(bind=SERVER, host=SERVER, tls=tls) as deployment:
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


def reports(places: Sequence[Place], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the report of each place by name; they are also in ``folder``."""
    request = {"places": [asdict(place) for place in places]}
    (folder / "program.py").write_text(PROGRAM)
    environment = clean_environment(folder) | {"PYTHONPATH": str(Path.cwd())}
    process = subprocess.run(
        [*NAMESPACE, sys.executable, str(folder / "program.py"), json.dumps(request), str(folder)],
        env={**environment, "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert process.returncode == 0, process.stderr.decode()
    return {place.name: json.loads((folder / f"{place.name}.json").read_text()) for place in places}
