"""Settings and limits of a run, each with the reason for its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.interpreter.record import Interpreter, Place

Preset = Literal["check", "atlas", "local", "smoke", "fleet"]
"""What kind of run it is; it decides some defaults and remedies."""

DEADLINE_S = 10.0  # of a run; people wait ten seconds, not thirty
DEADLINE_LOCAL_S = 3.0  # local servers need no longer
EXTENSION_S = 20.0  # what PyMongo allows for one DNS query, so its user waits as long
CAP_S = 5.0  # of one check; a silent host must not use up the time of the others
CAP_LOCAL_S = 1.5
PINGS = 10  # enough for a median and a sparkline; 10 round trips are cheap everywhere
CERTIFICATE_DAYS = 30  # automatic renewals commonly happen 30 days before expiry
CLOCK_SKEW_S = 60.0  # certificates and cluster times tolerate a minute, not much more
LAG_S = 15.0  # an idle primary writes a no-op every 10 s, so smaller lags may not be real
COMMON_WIRE = 9  # MongoDB 4.4, which every supported PyMongo can use
ATLAS_API_S = 3.0  # for all requests to the Atlas API, which run next to the other checks
SYSTEM_RESOLVER = "system"
"""The value of ``--resolver`` that means the resolver of this machine."""

MAX_RESOLVERS = 8  # that are compared; each is asked for every name
MAX_MEMBERS = 60  # a replica set has at most 50; more is a hostile or broken reply
SLOW_RESOLVER_MS = 1000.0
SLOW_PING_MS = 500.0
Quantity = Literal["p50", "p95", "p99", "connect", "lag", "certificate-days"]
"""The figures of a run that limits can be set for."""


LOCAL_SETTINGS = frozenset({"python", "project_python"})
"""The settings that mean nothing on another machine."""


class Limit(NamedTuple):
    """A limit for a figure, in seconds or days; ``critical`` ones make the run fail."""

    name: Quantity
    critical: bool
    value: float


class Settings(Record):
    """The settings of a run. Times are in seconds unless the name says otherwise.

    ``stable_api`` is the user's choice, or None for the default of the preset: on for ``atlas``,
    off otherwise. ``resolvers`` are those whose answers are compared, if there are several; the
    run itself uses the first, which is ``resolver`` too unless it is `SYSTEM_RESOLVER`.
    ``sandbox_ports`` are the ports on loopback where `mongoping sandbox`, which
    started this run, has its throwaway servers. ``language`` is that of the reader's program, for
    remedies and snippets; None is Python. ``limits`` are those that the user set for figures.
    ``atlas_api_url`` is the address of the Atlas API, or None if it is not asked. ``python`` is the
    Python of the user's program, or None if none was named; ``project_python`` is one
    that was found and is not started. ``sandbox_command`` starts a server like that of this run, if
    that is a throwaway server which ends with the run.
    """

    preset: Preset = "check"
    deadline: float = DEADLINE_S
    extension: float = 0.0  # what may be added to the deadline, see `Context.extend`
    cap: float = CAP_S
    count: int = PINGS
    stable_api: bool | None = None
    api_version: str = "1"
    api_strict: bool = False
    api_deprecation_errors: bool = False
    resolver: str | None = None
    resolvers: tuple[str, ...] = ()
    certificate_days: int = CERTIFICATE_DAYS
    clock_skew: float = CLOCK_SKEW_S
    lag: float = LAG_S
    slow_resolver_ms: float = SLOW_RESOLVER_MS
    slow_ping_ms: float = SLOW_PING_MS
    sandbox_ports: tuple[int, ...] = ()
    sandbox_command: str | None = None
    language: str | None = None
    limits: tuple[Limit, ...] = ()
    atlas_api_url: str | None = None
    python: Interpreter | None = None
    project_python: Place | None = None

    @property
    def uses_stable_api(self) -> bool:
        """Return whether the driver declares an API version in this run."""
        return self.preset == "atlas" if self.stable_api is None else self.stable_api
