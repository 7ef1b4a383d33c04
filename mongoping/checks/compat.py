"""Collect the versions of Python, the driver, Motor and every server that answered.

This check sends nothing. It reads installed versions from the names of metadata folders, because
importing ``importlib.metadata`` would take longer than the whole check.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mongoping.checks._server_versions import is_version, servers
from mongoping.compat import rules as compat
from mongoping.compat.versions import release
from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import CompatFacts
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context

ZSTD_BACKPORT_SINCE = "4.16"  # PyMongo's zstd extra: zstandard before, backports.zstd since


def installed_version(package: str, distribution: str) -> str | None:
    """Return the version of the installed distribution that provides a package, or None.

    The package is not imported. A module of that name outside any distribution, such as a file
    ``motor.py`` in the working directory, counts as not installed.
    """
    import importlib.util
    import os
    from pathlib import Path

    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    first, last = f"{distribution}-", ".dist-info"
    try:
        beside = os.listdir(Path(next(iter(spec.submodule_search_locations))).parent)  # noqa: PTH208
    except OSError:  # the package is inside an archive
        beside = []
    versions = [
        name[len(first) : -len(last)]
        for name in beside
        if name.startswith(first) and name.endswith(last)
    ]
    version = versions[0] if len(versions) == 1 else _recorded_version(distribution)
    return version if version and is_version(version) else None


def _recorded_version(distribution: str) -> str | None:
    """Return the version according to the standard library, for other kinds of installation."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def missing_compressors(compressors: object, pymongo: str | None) -> tuple[str, ...]:
    """Return the requested compressors that this Python has no module for.

    PyMongo ignores them with a warning and uses the others.
    """
    names = compressors.split(",") if isinstance(compressors, str) else compressors
    if not isinstance(names, Iterable):
        return ()
    return tuple(
        str(name)
        for name in names
        if name in ("snappy", "zlib", "zstd") and not _have(name, pymongo)
    )


def _have(compressor: str, pymongo: str | None) -> bool:
    from importlib.util import find_spec

    module = compressor
    if compressor == "zstd":
        module = "zstandard"
        if pymongo is None or release(pymongo) >= release(ZSTD_BACKPORT_SINCE):
            module = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        return find_spec(module) is not None
    except ImportError:  # its parent package is missing too
        return False


def _install(compressors: Iterable[str]) -> str | None:
    """Return the command that installs the modules of compressors here; zlib has none."""
    extras = ",".join(name for name in compressors if name != "zlib")
    if not extras:
        return None
    from mongoping.installation import package_command

    return package_command(f"pymongo[{extras}]")


def driver_version() -> str | None:
    """Return the version of PyMongo, as loaded or else as installed; None if there is none."""
    loaded_version = getattr(sys.modules.get("pymongo"), "version", None)
    return (
        loaded_version
        if isinstance(loaded_version, str)
        else installed_version("pymongo", "pymongo")
    )


def _openssl() -> str | None:
    try:
        from ssl import OPENSSL_VERSION
    except ImportError:  # a Python that was built without OpenSSL
        return None
    return OPENSSL_VERSION


def claiming_hosts(evidence: Evidence) -> tuple[str, ...]:
    """Return the hosts that are not genuine MongoDB and only claim their version."""
    results = [result for result in evidence.of("hello") if result.ok]
    return tuple(str(result.host) for result in results if not result.data.genuine)


async def run(ctx: Context) -> Outcome:
    """Collect the versions of what is loaded, installed and connected. Never fails."""
    evidence, today = ctx.evidence, ctx.now.date()
    versions = {
        "pymongo": driver_version(),
        "dnspython": installed_version("dns", "dnspython"),
        "motor": installed_version("motor", "motor"),
    }
    python = ".".join(map(str, sys.version_info[:3]))
    implementation = {"cpython": "CPython", "pypy": "PyPy"}.get(sys.implementation.name, "other")
    server_versions, claims = servers(evidence), claiming_hosts(evidence)
    rows = list(compat.check(today, python=python, implementation=implementation, **versions))
    for version in dict.fromkeys(server_versions.values()):
        hosts = [host for host, own in server_versions.items() if own == version]
        genuine = not set(hosts) & set(claims)
        about = compat.check_server(
            today, version, pymongo=versions["pymongo"], python=python, genuine=genuine
        )
        rows = [*about, *rows]
    missing = missing_compressors(evidence.options.get("compressors"), versions["pymongo"])
    facts = CompatFacts(
        today=today.isoformat(),
        python=python,
        implementation=implementation,
        openssl=_openssl(),
        platform=evidence.tool.get("platform") or sys.platform,
        servers=server_versions,
        claims=claims,
        compressors_missing=missing,
        compressors_install=_install(missing),
        rows=tuple(rows),
        project_python=ctx.settings.project_python,
        **versions,
    )
    return Outcome(facts)


def _summary(facts: CompatFacts) -> str:
    parts = [f"{facts.implementation} {facts.python}"]
    parts += [f"PyMongo {facts.pymongo}"] if facts.pymongo else ["no PyMongo"]
    parts += [f"Motor {facts.motor}"] if facts.motor else []
    names = {host: "server claims" if host in facts.claims else "MongoDB" for host in facts.servers}
    parts += dict.fromkeys(f"{names[host]} {version}" for host, version in facts.servers.items())
    return ", ".join(parts)


def _lines(facts: CompatFacts) -> list[Line]:
    """Return the versions, and the problems that no cause of the catalog reports."""
    doubts = [row for row in facts.rows if row.status != "ok" and row.cause is None]
    return [
        Line("", _summary(facts)),
        *(Line(row.subject, f"{row.version}: {row.words}", row.status) for row in doubts),
    ]


CHECK = OnceCheck(
    name="compat",
    layer="compat",
    summary="whether this Python, the driver and the server are compatible",
    run=run,
    after=("hello", "driver"),
    summarize=_summary,
    lines=_lines,
)
