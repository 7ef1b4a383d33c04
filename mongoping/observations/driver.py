"""What the checks observe of the client's side: the driver and the versions in use."""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.compat import rules as compat
from mongoping.interpreter.record import Place
from mongoping.model import DiscoveryState, Failure
from mongoping.record import NOTHING, Record


class ImportFacts(Record):
    """The imported driver, and the wire versions that it supports."""

    version: str
    min_wire: int
    max_wire: int
    min_server: str
    ocsp_extra: bool = False  # pyOpenSSL and what it needs, which the async API never uses


class ServerFacts(Record):
    """A member as the driver sees it. ``rtt_ms`` is its average round trip in milliseconds."""

    address: str
    type: str
    rtt_ms: float | None = None
    set_name: str | None = None
    wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    last_write: float | None = None  # seconds since the epoch
    me: str | None = None
    error: str | None = None


class DriverFacts(Record):
    """The result of discovery, and the deployment as the driver sees it.

    ``selection_ms`` does not include stalls of this process, and is None if they disturbed it.
    ``again`` is the result of another hello to each host that had answered one, but not the
    driver: ``ok``, or the kind of failure. ``kept`` is the result of a ping on the connection to it
    that mongoping opened before. ``large`` is the result of a longer hello, if ``again`` is ``ok``.
    """

    state: DiscoveryState
    type: str
    set_name: str | None
    servers: tuple[ServerFacts, ...]
    failures: Mapping[str, Failure] = NOTHING
    compatible: bool = True
    incompatible_why: str | None = None
    readable: bool | None = None  # whether a member matches the read preference of the URI
    read_preference: str | None = None
    again: Mapping[str, str] = NOTHING
    kept: Mapping[str, str] = NOTHING
    large: Mapping[str, str] = NOTHING
    selection_ms: float | None = None  # from the first connection to a known topology
    exception: str | None = None  # what a program's first operation raises

    @property
    def has_primary(self) -> bool:
        """Return whether the driver knows a server that accepts writes."""
        return any(server.type in ("RSPrimary", "Standalone", "Mongos") for server in self.servers)


class CompatFacts(Record):
    """The versions of this run, and how well they fit together on that day.

    ``servers`` maps hosts to the version that they state, or to the series of their wire
    version. ``compressors_missing`` are requested by the connection string, but this Python has
    no module for them; ``compressors_install`` is the command that installs these modules where
    mongoping runs, or None if nothing can be added there. ``today`` is the date in ISO form.
    ``project_python`` is the Python of the project in the current folder, which was not started.
    """

    today: str
    python: str
    implementation: str
    pymongo: str | None = None
    dnspython: str | None = None
    motor: str | None = None
    openssl: str | None = None
    platform: str = ""
    servers: Mapping[str, str] = NOTHING
    claims: tuple[str, ...] = ()  # hosts that are not MongoDB and only claim their version
    compressors_missing: tuple[str, ...] = ()
    compressors_install: str | None = None
    rows: tuple[compat.Row, ...] = ()
    project_python: Place | None = None
