"""The additions of a smoke test to a report: expectations and the wait. Records only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model.findings import Remedy
    from mongoping.model.layers import Status


class Expectation(Record):
    """One row of a smoke test: what the user expects of the deployment, and what was found.

    ``status`` is ok, fail, or skip if the deployment failed before this could be checked.
    """

    name: str
    expected: str
    found: str
    status: Status
    remedy: Remedy | None = None


class Change(Record):
    """A change of the result, ``at_s`` seconds after the start of the wait.

    ``cause`` is None if the deployment became ready. ``awaited`` is what mongoping keeps waiting
    for, or None if the wait ended.
    """

    at_s: float
    cause: str | None
    detail: str
    awaited: str | None = None


class Waiting(Record):
    """The wait of a smoke test. Times are in seconds; ``until`` is the depth."""

    until: str | None
    limit_s: float
    stable_s: float
    took_s: float
    attempts: int
    changes: tuple[Change, ...] = ()
    ready: bool = False
