"""Signs that a server which states a MongoDB version is not MongoDB's own. Pure.

Compared with the buildInfo of mongod 4.4, 5.0 and 6.0. A server may restrict buildInfo before a
login to version and versionArray (buildInfoAuthMode); such a reply is no sign of anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mongoping.compat import rules as compat
from mongoping.compat.facts import ServerSeries

VERSION_ONLY = frozenset(
    {"ok", "version", "versionArray", "$clusterTime", "operationTime", "lastCommittedOpTime"}
)
ALWAYS = ("gitVersion", "modules", "openssl")  # in every full buildInfo of mongod and mongos
OF_MONGODB = VERSION_ONLY | {
    # mongod and mongos
    *("allocator", "bits", "buildEnvironment", "debug", "gitVersion", "javascriptEngine"),
    *("maxBsonObjectSize", "modules", "openssl", "storageEngines", "sysInfo", "targetMinOS"),
    *("compilerFlags", "loaderFlags", "$gleStats", "$replData", "$configServerState"),
    # Percona Server for MongoDB, which is built from MongoDB's sources
    *("psmdbVersion", "proFeatures", "memory_available"),
}


def doubts(build: Mapping[str, Any], min_wire: int, max_wire: int) -> tuple[str, ...]:
    """Return what contradicts the version in a buildInfo reply, each in a few words."""
    reasons = []
    git = build.get("gitVersion")
    if git is not None and (not isinstance(git, str) or not git.strip("0")):
        reasons.append("gitVersion holds no revision")
    if set(build) - VERSION_ONLY:
        missing = [name for name in ALWAYS if name not in build]
        foreign = sorted(str(name)[:40] for name in set(build) - OF_MONGODB)
        if missing:
            reasons.append(f"buildInfo lacks {', '.join(missing)}")
        if foreign and (missing or reasons):
            reasons.append(f"buildInfo has {', '.join(foreign[:3])}, which MongoDB does not send")
    version = build.get("version")
    series = _series(version) if isinstance(version, str) else None
    if series is not None and series.max_wire != max_wire:
        reasons.append(
            f"MongoDB {series.series} has wire version {series.max_wire}, not {max_wire}"
        )
    if series is not None and 0 < min_wire <= max_wire:
        reasons.append(f"MongoDB {series.series} has a lowest wire version of 0, not {min_wire}")
    return tuple(reasons)


def _series(version: str) -> ServerSeries | None:
    try:
        return compat.server_series(version)
    except ValueError:
        return None
