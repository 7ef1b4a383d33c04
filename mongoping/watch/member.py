"""Keep what is known of one member: its roles, and its current failures. Pure."""

from __future__ import annotations


class Member:
    """A member as seen by the driver and on the wire, and its current failures."""

    __slots__ = (
        "beats",
        "dropped",
        "failed_at",
        "last_ok",
        "last_role",
        "lost_at",
        "pings",
        "role",
        "role_at",
        "up",
        "why",
        "wire_role",
    )

    def __init__(self) -> None:
        self.role = "unknown"  # in the driver's topology description
        self.wire_role: str | None = None
        self.last_role = "unknown"
        self.role_at = 0.0  # when it got that role
        self.up: bool | None = None
        self.beats = self.pings = 0  # consecutive failures
        self.failed_at: float | None = None
        self.why: str | None = None  # reason of the first failure
        self.last_ok: float | None = None
        self.lost_at: float | None = None
        self.dropped = -1e9  # when its last drop was reported

    @property
    def shown(self) -> str:
        """Return its role according to the driver, or else on the wire."""
        return self.role if self.role != "unknown" else self.wire_role or "unknown"
