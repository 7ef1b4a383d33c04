"""Servers and tools for running the snippets, started on demand once per session."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.certificates import subject
from mongoping.sandbox.deployment import Deployment, ServerTls, standalone
from mongoping.sandbox.users import User
from tests.conftest import ROOT, having, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates

NODE = ROOT / ".servers" / "node"


@pytest.fixture(scope="session")
def tls_server(certificates: Certificates) -> Iterator[Deployment]:
    """Provide MongoDB 6.0 with TLS and the user ada, by SCRAM and by X.509."""
    external = User(subject(certificates.client()), password=None, database="$external")
    tls = ServerTls(certificates.good, certificates.authority)
    with having(), standalone(users=[User("ada"), external], tls=tls) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def requiring_api() -> Iterator[Deployment]:
    """Provide MongoDB 6.0 that requires clients to declare an API version."""
    with having(), standalone(require_api_version=True) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def server_of(tls_server: Deployment) -> Iterator[Callable[[str], Deployment]]:
    """Return a server with access control by version: 6.0 with TLS, 5.0 and 4.4 without."""
    running = {"6.0": tls_server}
    with ExitStack() as stack:

        def start(version: str) -> Deployment:
            if version not in running:
                stack.enter_context(having(version))
                server = standalone(version=version, users=[User("ada")])
                running[version] = stack.enter_context(server)
            return running[version]

        yield start


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """Return a folder with the npm packages mongodb and mongosh, kept between runs."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("Node.js is not installed here")
    modules = NODE / "node_modules"
    if not (modules / ".bin" / "mongosh").exists() or not (modules / "mongodb").exists():
        NODE.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(NODE)]
        process = subprocess.run(
            [*words, "mongodb", "mongosh"], capture_output=True, text=True, check=False, timeout=300
        )
        if process.returncode != 0:
            unavailable(f"npm could not install mongodb and mongosh: {process.stderr[-200:]}")
    return modules


@pytest.fixture
def with_node(node_packages: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the driver available to Node.js, and put mongosh on PATH."""
    monkeypatch.setenv("NODE_PATH", str(node_packages))
    monkeypatch.setenv("PATH", f"{node_packages / '.bin'}{os.pathsep}{os.environ['PATH']}")
    return node_packages
