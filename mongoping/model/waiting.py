"""What a smoke test adds to a report: expectations, and how it was waited for. Pure records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model.layers import Status


class Expectation(Record):
    """One row of a smoke test: what the user expects of the deployment, and what was found.

    ``status`` is ok, fail, or skip where the deployment failed before it could be looked at.
    """

    name: str
    expected: str
    found: str
    status: Status
    remedy: str | None = None


class Change(Record):
    """A new result of the attempts, ``at_s`` seconds after the waiting began.

    ``cause`` is None if the deployment became ready. ``awaited`` is what mongoping goes on
    waiting for, None if the wait ended.
    """

    at_s: float
    cause: str | None
    detail: str
    awaited: str | None = None


class Waiting(Record):
    """How a smoke test came to its report. Times are in seconds; ``until`` names the depth."""

    until: str | None
    limit_s: float
    stable_s: float
    took_s: float
    attempts: int
    changes: tuple[Change, ...] = ()
    ready: bool = False
