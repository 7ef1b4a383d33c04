"""The static part of a check, and the lines that it adds to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model.evidence import Evidence
    from mongoping.model.layers import CheckName, Status
    from mongoping.uri.host import Host


class Line(NamedTuple):
    """A line of a layer in a report for people.

    A line with ``detail`` is shown only with --verbose.
    """

    label: str
    text: str
    status: Status = "ok"
    detail: bool = False


class Check(Record):
    """A check as the schedule of a run and the reports know it.

    The coroutine that does the I/O belongs to the two kinds of `mongoping.runnable`.

    Attributes:
        needs: checks that must have succeeded first: for the same host if both run per host,
            for any host if only the needed one does.
        after: checks that must have ended first.
        after_any: like ``needs``, but without the success.
        applies: returns None, or the reason why the check does not apply.
        vacuous: if the check does not apply, those that need it run as if it had succeeded.
        expands: returns further hosts that the data names.
        seeds: whether these hosts are seeds, not advertised members.
        waits_for: what the check waits for, as in "no answer from the resolver within 5 s".
        driver_waits: the driver's option for this step, and its default in seconds.
        judges_after_s: silence for less time than this may be one lost packet.
        resolves: the driver resolves names again during this check.
        patient: the check may use all the time of the run, not only the limit of a check.
        aside: the check neither decides the status of its layer nor counts in its duration.
        summarize: returns the summary of the data. Pure.
        lines: returns the lines of the data. Pure.
    """

    per_host = False  # not a field: the class decides

    name: CheckName
    layer: str
    summary: str
    needs: tuple[CheckName, ...] = ()
    after: tuple[CheckName, ...] = ()
    after_any: tuple[CheckName, ...] = ()
    applies: Callable[[Evidence], str | None] = lambda evidence: None
    vacuous: bool = False
    expands: Callable[[Any], Iterable[Host]] | None = None
    seeds: bool = False
    waits_for: str = "result"
    driver_waits: tuple[str, float | None] = ("", None)
    judges_after_s: float = 1.2
    resolves: bool = False
    patient: bool = False
    aside: bool = False
    summarize: Callable[[Any], str] = lambda data: ""
    lines: Callable[[Any], Sequence[Line]] = lambda data: ()
