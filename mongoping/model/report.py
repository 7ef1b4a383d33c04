"""The complete report, and the style in which a format renders it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from mongoping.exit_codes import (
    EXIT_CODES,
    EXIT_DEFECT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_UNEXPLAINED,
)
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.model.check import Line
    from mongoping.model.findings import Finding, Verdict
    from mongoping.model.kinds import Role
    from mongoping.model.layers import Status
    from mongoping.model.waiting import Expectation, Waiting
    from mongoping.model.waterfall import Waterfall

LATE_PING_MS = 180.0  # TCP sends a lost segment again after 200 ms at the earliest (Linux)


class Latency(Record):
    """Round trips of ping, in milliseconds; ``count`` were sent of the ``asked`` ones.

    ``samples_ms`` has None for a lost ping, ``lost_why`` is the first error of one.
    ``stalls_ms`` is how much of each sample this process itself was held up. ``resent`` is
    how many segments this machine's kernel sent again during ``resent_pings`` further pings
    on a connection of mongoping's own; None where that was not measured.
    """

    count: int
    lost: int
    min_ms: float | None
    mean_ms: float | None
    stddev_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    samples_ms: tuple[float | None, ...] = ()
    asked: int = 0
    stalls_ms: tuple[float, ...] = ()
    lost_why: str | None = None
    resent: int | None = None
    resent_pings: int = 0

    def own_ms(self) -> tuple[float, ...]:
        """Return the times that the deployment is responsible for, in ms.

        This process's own stalls are deducted. A ping that follows a lost one is left out,
        since it waits until the driver has found the server again.
        """
        stalls = (*self.stalls_ms, *[0.0] * (len(self.samples_ms) - len(self.stalls_ms)))
        former = (0.0, *self.samples_ms)
        return tuple(
            max(sample - stall, 0.0)
            for sample, stall, before in zip(self.samples_ms, stalls, former, strict=False)
            if sample is not None and before is not None
        )

    def late_ms(self) -> tuple[float, ...]:
        """Return how much longer each late ping took than the fastest, in ms.

        Late means by `LATE_PING_MS` or more.
        """
        times = self.own_ms()
        least = min(times, default=0.0)
        return tuple(time - least for time in times if time - least >= LATE_PING_MS)


class Member(Record):
    """A member of the deployment, reachable or not; round trip in ms, lag in seconds."""

    host: str
    role: Role
    reachable: bool | None  # None: nobody asked, as with a direct connection to another
    rtt_ms: float | None = None
    lag_s: float | None = None
    version_wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    seed: bool = False
    advertised: bool = False
    error: str | None = None


class Topology(Record):
    """The deployment as the driver sees it. ``type`` is one of PyMongo's topology type names."""

    type: str
    set_name: str | None
    members: tuple[Member, ...]


class LayerReport(Record):
    """One layer of the report: ``data`` for programs, ``lines`` for people."""

    name: str
    status: Status
    duration_ms: float
    summary: str
    data: Mapping[str, Any]
    lines: tuple[Line, ...] = ()
    findings: tuple[Finding, ...] = ()
    crashed: bool = False


class NextStep(Record):
    """What a report leads to: a line of code, in ``sh`` or ``python``, and what it is for."""

    label: str
    code: str
    language: Literal["sh", "python"]


class Report(Record):
    """What `mongoping check` prints, before it is given a form.

    ``name``, ``expectations`` and ``waiting`` are there in the reports of ``smoke`` alone.
    ``defect``: something of it could not be weighed or told, by a fault of mongoping's own.
    """

    tool: Mapping[str, str | None]
    uri: str
    preset: str
    hosts: tuple[str, ...] | None
    deployment: str
    started_at: str
    duration_ms: float
    status: Status
    verdict: Verdict | None
    layers: tuple[LayerReport, ...]
    latency: Latency | None = None
    topology: Topology | None = None
    interrupted: bool = False
    caret: tuple[int, int] | None = None  # where in `uri` the problem stands: offset, length
    next_steps: tuple[NextStep, ...] = ()
    program: str | None = None  # the snippet for this deployment, where it was asked for
    name: str | None = None
    expectations: tuple[Expectation, ...] = ()
    waiting: Waiting | None = None
    waterfall: Waterfall | None = None  # where it was asked for
    defect: bool = False

    def exit_code(self, *, strict: bool = False) -> int:
        """The exit code of the contract. With ``strict``, warnings are failures."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if any(layer.crashed for layer in self.layers):
            return EXIT_DEFECT
        if self.verdict is not None:
            if self.verdict.cause.endswith(".unexplained"):
                return EXIT_DEFECT if self.defect else EXIT_UNEXPLAINED
            return EXIT_CODES.get(self.verdict.layer, EXIT_UNEXPLAINED)
        if any(one.status == "fail" for one in self.expectations):
            return EXIT_CODES["expectation"]
        return EXIT_UNEXPLAINED if strict and self.status == "warn" else EXIT_OK


class Style(Record):
    """How a format shall look: given to it, never looked for by it. ``width`` in columns."""

    width: int = 80
    color: bool = False
    unicode: bool = True
    verbose: bool = False
    quiet: bool = False
