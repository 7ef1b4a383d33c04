"""What a check is, and the lines that it contributes to a report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model.evidence import Evidence, Outcome
    from mongoping.model.layers import CheckName, Status
    from mongoping.uri.host import Host


class Line(NamedTuple):
    """One line of a layer in a report for people: a label, a text and how it stands.

    What is only a ``detail`` is shown with --verbose.
    """

    label: str
    text: str
    status: Status = "ok"
    detail: bool = False


class Check(Record):
    """One thing that mongoping looks at.

    ``run(ctx, host)`` does the I/O; ``host`` is None unless ``per_host``. ``needs`` names
    the checks that must have succeeded first (for the same host where both are per host;
    for any host where only the needed one is), ``after`` those that must only have ended.
    ``applies`` returns None, or the reason why the check has nothing to do here; with
    ``vacuous`` those that need it then go on, as if it had succeeded.
    ``expands`` finds further hosts in the data. ``summarise`` and ``lines`` turn data into
    words; both are pure.

    A check that runs once and needs one that runs per host begins when any host has
    succeeded, or all have ended; the same holds for ``after_any``, without the success.
    """

    name: CheckName
    layer: str
    summary: str
    run: Callable[[Any, Any], Awaitable[Outcome]]
    per_host: bool = False
    needs: tuple[CheckName, ...] = ()
    after: tuple[CheckName, ...] = ()
    after_any: tuple[CheckName, ...] = ()
    applies: Callable[[Evidence], str | None] = lambda evidence: None
    vacuous: bool = False
    expands: Callable[[Any], Iterable[Host]] | None = None
    seeds: bool = False  # what `expands` finds are seeds, not advertised members
    waits_for: str = "result"  # as in "no answer from the resolver within 5 s"
    driver_waits: tuple[str, float | None] = ("", None)  # the driver's option, and its default in s
    judges_after_s: float = 1.2  # silence for less than that may be one lost packet
    resolves: bool = False  # the driver looks names up again during this check
    patient: bool = False  # may take all the time of a run, not only the limit of a check
    summarise: Callable[[Any], str] = lambda data: ""
    lines: Callable[[Any], Sequence[Line]] = lambda data: ()
