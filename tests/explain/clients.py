"""The clients whose errors are collected: PyMongo of two ages, Motor, Node's driver, mongosh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".servers"
PROGRAMS = Path(__file__).parent / "programs"
NODE = PACKAGES / "node"
OLDEST = "4.15.1"  # the oldest PyMongo that mongoping's own metadata allows
TIMEOUTS = {"serverSelectionTimeoutMS": 2500, "connectTimeoutMS": 2000}
PATIENCE_S = 60

REQUIREMENTS = {  # folder: what pip puts there, apart from the interpreter's own packages
    f"pymongo-{OLDEST}": (f"pymongo=={OLDEST}", "dnspython"),
    "pymongo-4.8": ("pymongo==4.8.0", "dnspython"),
    "pymongo-alone": (f"pymongo=={OLDEST}", "--no-deps"),
    "motor-3.3": ("motor==3.3.2", "--no-deps"),
    "bson-conflict": ("bson==0.5.10", "six", "python-dateutil"),
}
NODE_PACKAGES = ("mongodb@7", "mongosh@2", "mongoose@9")


@dataclass(frozen=True)
class Client:
    """One client: what it is called in the corpus, and how its program is run.

    ``form`` is how the program tells its error: the traceback, the message alone, the name and
    the message, or what its logger makes of it.
    """

    name: str
    version: str
    kind: str
    form: str
    packages: str | None = None

    def run(self, uri: str, api: Mapping[str, Any] | None, env: Mapping[str, str]) -> Output:
        """Run its program against a deployment."""
        settings = {
            "uri": uri,
            "client": self.kind,
            "form": self.form,
            "options": TIMEOUTS,
            "api": api,
        }
        program = {"PROGRAM": json.dumps(settings)}
        if self.kind in ("node", "mongoose"):
            line = ["node", str(PROGRAMS / "node_client.mjs")]
            return run_program(line, {**env, **program, "NODE_HOME": str(NODE / "program.js")})
        if self.kind == "mongosh":
            return run_program(shell_line(uri, api), env)
        line = [sys.executable, str(PROGRAMS / "python_client.py")]
        return run_program(line, {**env, **program, **python_path(self.packages)})


@dataclass(frozen=True)
class Output:
    """The exit code and the output of a program."""

    code: int
    text: str = field(repr=False)


CLIENTS = (
    Client("pymongo", "newest", "sync", "traceback"),
    Client("pymongo", "newest", "async", "named"),
    Client("pymongo", OLDEST, "sync", "repr", f"pymongo-{OLDEST}"),
    Client("pymongo", OLDEST, "async", "traceback", f"pymongo-{OLDEST}"),
    Client("motor", "3.7", "motor", "message"),
    Client("node", "7", "node", "traceback"),
    Client("node", "7", "node", "message"),
    Client("mongoose", "9", "mongoose", "inspect"),
    Client("mongosh", "2", "mongosh", "output"),
)


def python_path(packages: str | None) -> dict[str, str]:
    """The variable that puts pinned packages before the interpreter's own."""
    return {"PYTHONPATH": str(PACKAGES / packages)} if packages else {}


def shell_line(uri: str, api: Mapping[str, Any] | None) -> list[str]:
    """mongosh, doing what the programs do."""
    program = NODE / "node_modules" / ".bin" / "mongosh"
    api_args = ["--apiVersion", "1"] if api is not None else []
    strict = ["--apiStrict"] if api and api.get("strict") else []
    script = (
        "db.adminCommand({ping: 1}); db.getSiblingDB('shop').orders.findOne({number: 7});"
        "db.getSiblingDB('shop').orders.insertOne({number: 7})"
    )
    return [str(program), uri, "--norc", "--quiet", *api_args, *strict, "--eval", script]


def run_program(line: list[str], env: Mapping[str, str], patience: float = PATIENCE_S) -> Output:
    """Run a program in a home of its own; what it prints on both streams."""
    basics = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="mongoping-home-") as home:
        settings = {"HOME": home, "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
        try:
            process = subprocess.run(
                line,
                env={**basics, **settings, **env},
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return Output(-1, (late.stdout or b"").decode("utf-8", "replace"))
    return Output(process.returncode, process.stdout.decode("utf-8", "replace"))


def install() -> None:
    """Fetch what is not there yet: pinned packages by pip, Node's by npm."""
    for folder, what in REQUIREMENTS.items():
        place = PACKAGES / folder
        if not place.exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place)]
            subprocess.run([*pip, "--disable-pip-version-check", *what], check=True)
    names = [package.partition("@")[0] for package in NODE_PACKAGES]
    if not all((NODE / "node_modules" / name).exists() for name in names):
        NODE.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(NODE)]
        subprocess.run([*npm, *NODE_PACKAGES], check=True)
