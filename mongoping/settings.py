"""What a run may take and ask. Each constant stands with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mongoping.record import NOTHING, Record

DEADLINE_S = 10.0  # whole run: a reader waits ten seconds, not thirty
DEADLINE_LOCAL_S = 3.0  # nothing on this machine needs longer
EXTENSION_S = 20.0  # what PyMongo allows for one DNS query; its user waits as long
CAP_S = 5.0  # one check: a silent host must not eat the budget of the others
CAP_LOCAL_S = 1.5
PINGS = 10  # enough for a median and a picture; 10 round trips are cheap everywhere
CERTIFICATE_DAYS = 30  # renewals are commonly automated at 30 days left
CLOCK_SKEW_S = 60.0  # certificates and cluster times bear a minute, not much more
LAG_S = 15.0  # an idle primary writes a no-op every 10 s: less may be two moments of asking
COMMON_WIRE = 9  # MongoDB 4.4: every supported PyMongo talks to a server that speaks this version
MAX_MEMBERS = 60  # a replica set has 50 at most; more is a hostile or broken answer
SLOW_RESOLVER_MS = 1000.0
SLOW_PING_MS = 500.0


class Settings(Record):
    """How to look. Times are in seconds unless the name says otherwise.

    ``stable_api`` is True or False when the user said so, None for the preset's own:
    on for ``atlas``, off elsewhere.
    """

    preset: str = "check"
    deadline: float = DEADLINE_S
    extension: float = 0.0  # what slow name resolution may add to the deadline
    cap: float = CAP_S
    count: int = PINGS
    stable_api: bool | None = None
    api_version: str = "1"
    api_strict: bool = False
    api_deprecation_errors: bool = False
    resolver: str | None = None
    certificate_days: int = CERTIFICATE_DAYS
    clock_skew: float = CLOCK_SKEW_S
    lag: float = LAG_S
    slow_resolver_ms: float = SLOW_RESOLVER_MS
    slow_ping_ms: float = SLOW_PING_MS
    extra: Mapping[str, Any] = NOTHING

    @property
    def uses_stable_api(self) -> bool:
        """Whether the driver declares an API version in this run."""
        return self.preset == "atlas" if self.stable_api is None else self.stable_api
