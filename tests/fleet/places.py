"""A Dask cluster whose workers are in networks of their own.

The program below runs in a namespace in which it may create networks. It starts a real mongod, two
name servers, a scheduler without TLS and one with TLS, and workers: each has its own address, route
and /etc/resolv.conf. It then runs mongoping next to the schedulers, as requested on standard
input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import clean_environment
from tests.networks import NAMESPACE, RIGHT_DNS

SCHEDULER, SECURE = "tcp://10.77.0.1:8786", "tls://10.77.0.1:8790"
OTHER_MONGOPING = "import mongoping._version; mongoping._version.__version__ = '0.0.1'"
OTHER_PYMONGO = """
import importlib.metadata
real = importlib.metadata.version
importlib.metadata.version = lambda name: "4.0.0" if name == "pymongo" else real(name)
"""

PROGRAM = """
import json, os, socket, subprocess, sys
from pathlib import Path
from mongoping.sandbox.certificates import Certificates
from mongoping.sandbox.deployment import standalone
from tests.networks import SERVER, WRONG, build_bridge, start_place
from tests.preloaded import Preloader

given, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
running = {}
preloader = Preloader(["distributed", "mongoping.fleet.cluster", "mongoping.fleet.remote"])

def quiet(name):
    return open(folder / f"{name}.log", "wb")

def scheduler(name, port, *options):
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "10.77.0.1",
             "--port", str(port), "--dashboard-address", ":0", "--no-dashboard", *options]
    running[name] = subprocess.Popen(words, stdout=quiet(name), stderr=subprocess.STDOUT)

def worker(name, number, dns, url, environment, preload, options):
    conf = folder / f"{name}.conf"
    conf.write_text(f"nameserver {dns}\\n")
    words = [sys.executable, "-m", "distributed.cli.dask_worker", url, "--name", name,
             "--no-nanny", "--no-dashboard", "--dashboard-address", ":0", "--nthreads", "1",
             "--host", f"10.77.0.{number}", *options]
    if preload:
        file = folder / f"{name}_preload.py"
        file.write_text(preload)
        words += ["--preload", str(file)]
    running[name] = start_place(
        number, f"10.77.0.{number}/24", {"/etc/resolv.conf": conf}, words,
        folder=folder, environment={**os.environ, **environment}, log=folder / f"{name}.log")

def wait_for(url, names, security):
    from distributed import Client, Security
    with Client(url, security=Security(**security) if security else None, timeout=60) as client:
        client.wait_for_workers(len(names), timeout=60)

def read_results(stream, count):
    out = ""
    while count and (line := stream.readline()):
        out += line
        count -= "status" in json.loads(line)
    return out

def mongoping(task):
    words = [word.replace("PORT", port) for word in task["args"]]
    if not task["act"]:
        done = preloader.run(words, env={**os.environ, **task["env"]}, cwd=folder,
                             stdin=task["stdin"].replace("PORT", port), timeout=120)
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", *words], cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **task["env"]})
    process.stdin.write(task["stdin"].replace("PORT", port))
    process.stdin.close()
    name, number, after = task["act"]
    out = read_results(process.stdout, after)
    os.kill((process if name == "mongoping" else running[name]).pid, number)
    out, err = out + process.stdout.read(), process.stderr.read()
    return {"code": process.wait(), "out": out, "err": err}

build_bridge()
silent = socket.create_server((WRONG, 9999))  # the kernel accepts, and nothing answers
(folder / "certificates").mkdir()
certificates = Certificates(folder / "certificates")
ca = str(certificates.authority)
pem = str(certificates.server("10.77.0.1"))
tls = ["--tls-ca-file", ca, "--tls-cert", pem, "--tls-key", pem]
secure = {"tls_ca_file": ca, "tls_client_cert": pem, "tls_client_key": pem,
          "require_encryption": True}
scheduler("scheduler", 8786)
scheduler("secure", 8790, *tls)
with standalone(bind=SERVER, host=SERVER) as deployment:
    port = deployment.hosts[0].rpartition(":")[2]
    try:
        for row in given["workers"]:
            options = tls if row["url"].startswith("tls") else []
            environment = {
                name: value.replace("PORT", port) for name, value in row["environment"].items()
            }
            worker(row["name"], row["number"], row["dns"], row["url"], environment,
                   row["preload"], options)
        for url, security in ((given["urls"][0], None), (given["urls"][1], secure)):
            wait_for(url, [row for row in given["workers"] if row["url"] == url], security)
        print(json.dumps({"ca": ca, "pem": pem, "port": port}), flush=True)
        for line in sys.stdin:
            print(json.dumps(mongoping(json.loads(line))), flush=True)
    finally:
        preloader.close()
        for process in running.values():
            process.kill()
"""


class Worker(NamedTuple):
    """A worker: its name, the last part of its address, and what is special about it."""

    name: str
    number: int
    dns: str = RIGHT_DNS
    url: str = SCHEDULER
    environment: Mapping[str, str] = {}
    preload: str = ""


class Run(NamedTuple):
    """A finished run of mongoping."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the JSON lines without the last one."""
        return [json.loads(line) for line in self.out.splitlines()[:-1]]

    @property
    def summary(self) -> dict[str, Any]:
        """Return the last JSON line."""
        summary: dict[str, Any] = json.loads(self.out.splitlines()[-1])["summary"]
        return summary


class Cluster:
    """The running cluster. ``ca`` and ``pem`` are the files for TLS."""

    def __init__(self, workers: list[Worker], folder: Path) -> None:
        arguments = {
            "workers": [worker._asdict() for worker in workers],
            "urls": [SCHEDULER, SECURE],
        }
        program = folder / "program.py"
        program.write_text(PROGRAM)
        environment = clean_environment(folder) | {"PYTHONPATH": str(Path.cwd())}
        self._process = subprocess.Popen(
            [*NAMESPACE, sys.executable, str(program), json.dumps(arguments), str(folder)],
            env={**environment, "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.folder = folder
        files = self._read()
        self.ca, self.pem = files["ca"], files["pem"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        logs = [path.read_text() for path in self.folder.glob("*.log")] if not line else []
        assert line, "\n".join(logs)
        message: dict[str, Any] = json.loads(line)
        return message

    def fleet(
        self,
        *args: str,
        targets: str = "",
        env: Mapping[str, str] | None = None,
        act: tuple[str, int, int] | None = None,
    ) -> Run:
        """Run ``mongoping fleet`` with a list of targets; PORT is replaced by the mongod's port.

        ``act`` is a worker or ``mongoping``, a signal for it, and how many results come first.
        """
        words = ["fleet", "-" if targets else "", *args]
        task = {
            "args": [word for word in words if word],
            "stdin": targets,
            "env": dict(env or {}),
            "act": act,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return Run(**self._read())

    def close(self) -> None:
        """End everything."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
