"""Faults of the client and its machine."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.faults.hello import simulated_fault
from mongoping.sandbox.played import standalone

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("client.compressor-missing", warning=True)
def compressor_missing() -> Iterator[Fault]:
    """The string sets a compressor whose module is not installed."""
    with plain() as healthy:
        yield Fault(
            healthy.uri_with(compressors="snappy"),
            no_remedy_here="The sandbox does not install packages.",
            note="Works only if python-snappy is not installed.",
        )


@fault("client.module-shadowed")
def module_shadowed() -> Iterator[Fault]:
    """A file in the program is named bson.py."""
    with plain() as healthy, tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        file = Path(folder) / "bson.py"
        file.write_text("notes = []\n")
        env = {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        yield Fault(healthy.uri, env=env, runs_command=True)


@fault("client.bson-conflict")
def bson_conflict() -> Iterator[Fault]:
    """The program's Python has the package bson, which replaced a part of PyMongo."""
    import venv

    import pymongo

    with plain() as healthy, tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        venv.create(folder, symlinks=True)
        (site_packages,) = (Path(folder) / "lib").glob("python3*/site-packages")
        for name in ("pymongo", "gridfs"):
            (site_packages / name).symlink_to(Path(pymongo.__file__).parents[1] / name)
        (site_packages / "bson").mkdir()
        (site_packages / "bson" / "__init__.py").write_text("")
        about = site_packages / "bson-0.5.10.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text("Metadata-Version: 2.1\nName: bson\nVersion: 0.5.10\n")
        yield Fault(
            healthy.uri,
            ("--python", str(Path(folder) / "bin" / "python")),
            no_remedy_here="The sandbox does not install packages.",
            note="The package bson is an empty one. Needs Linux or macOS, and a Python: the "
            "standalone executable cannot create an environment.",
        )


@fault("client.fd-limit")
def fd_limit() -> Iterator[Fault]:
    """The program may open 8 files, and its connections need more."""
    with plain() as healthy, tempfile.TemporaryDirectory(prefix="mongoping-") as folder:
        file = Path(folder) / "sitecustomize.py"
        file.write_text(
            "import resource\n"
            "_, most = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (8, most))\n"
        )
        env = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        yield Fault(
            healthy.uri,
            env=env,
            remedy="Create one client for the program",
            repair=file.unlink,
            note="The limit applies to Python programs, as with ulimit -n 8.",
        )


@fault("client.clock-skew", warning=True, layer="hello")
def clock_skew() -> Iterator[Fault]:
    """The server's clock is an hour ahead of this machine's."""
    later = datetime.now(UTC) + timedelta(hours=1)
    with simulated_fault(standalone(localTime=later), "The server is simulated.") as fault_:
        yield replace(fault_, remedy="Synchronize the clocks")
