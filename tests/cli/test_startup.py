"""Start-up is a feature: what answers from data alone never imports the network stack."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.commands import commands, ids

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

HEAVY = frozenset({"pymongo", "bson", "rich", "asyncio", "ssl", "dns", "cryptography"})
NAMES = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)


def imports_of(run_mongoping: Any, *args: str, code: int = 0, **env: str) -> set[str]:
    """The modules that a run imported, as the interpreter itself tells."""
    run = run_mongoping(*args, env={"PYTHONPROFILEIMPORTTIME": "1", **env})
    assert run.code == code, run.err[-500:]
    modules = set(NAMES.findall(run.err))
    assert "click" in modules
    return modules


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("--version",),
        ("uri", "mongodb://ada:pw@a,b/shop?tls=true&replicaSet=rs0"),
        ("uri", "mongodb+srv://c0.ab.example.test/", "--format", "json"),
        ("compat",),
        ("causes",),
        ("causes", "auth.failed"),
        ("snippet", "list"),
        ("snippet", "show", "pymongo-async-local"),
        ("snippet", "emit", "pymongo-async-atlas"),
        ("explain", "bad auth : Authentication failed."),
    ],
    ids=ids,
)
def test_what_needs_no_network_imports_none(args: tuple[str, ...], run_mongoping: Any) -> None:
    """Neither the driver nor Rich nor asyncio, ssl and DNS."""
    if not args[0].startswith("-") and args[:1] not in {words[:1] for words in commands()}:
        pytest.skip(f"there is no command {args[0]} yet")
    assert not imports_of(run_mongoping, *args) & HEAVY


@pytest.mark.parametrize("words", list(commands()), ids=ids)
def test_no_help_imports_the_network(words: tuple[str, ...], run_mongoping: Any) -> None:
    assert not imports_of(run_mongoping, *words, "--help") & HEAVY


def test_a_broken_string_is_told_without_the_driver(run_mongoping: Any) -> None:
    """It is refused before any traffic, so nothing is loaded that could make some."""
    modules = imports_of(run_mongoping, "check", "mongodb://a:b:c@", "--format", "json", code=10)
    assert not modules & {"pymongo", "bson", "rich", "dns", "cryptography"}


def test_a_closed_port_is_told_without_the_driver(run_mongoping: Any) -> None:
    """The probe is much faster than the import that it replaces."""
    modules = imports_of(run_mongoping, "check", "mongodb://localhost:1/", "-q", code=12)
    assert not modules & {"pymongo", "bson", "dns", "cryptography"}


def test_a_healthy_run_imports_what_it_needs_and_no_more(
    mongod: Deployment, run_mongoping: Any
) -> None:
    """Without SRV no DNS, without TLS no certificates, and never the standard's heavy ones."""
    modules = imports_of(run_mongoping, "check", mongod.uri, "--format", "json")
    assert "pymongo" in modules
    assert not modules & {"dns", "cryptography", "rich", "requests", "OpenSSL"}
    assert not modules & {
        "mongoping.probe.nameservers",
        "mongoping.probe.walk",
        "mongoping.snippets.fill",
        "mongoping.waterfall",
    }


def test_a_report_for_people_needs_no_rich(mongod: Deployment, run_mongoping: Any) -> None:
    """Rich costs about a tenth of a healthy run; only tables, bars and --verbose need it."""
    assert "rich" not in imports_of(run_mongoping, "check", mongod.uri)
    assert "rich" not in imports_of(run_mongoping, "check", "mongodb://localhost:1/", code=12)


def test_importing_the_library_costs_nothing() -> None:
    """`import mongoping` loads no module of the package until a name is used."""
    program = "import sys; import mongoping; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in process.stdout.split()}
    assert not packages & (HEAVY | {"click"})
    ours = [name for name in process.stdout.split() if name.startswith("mongoping.")]
    assert ours == []
