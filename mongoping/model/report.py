"""The complete report, and the style in which a format renders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mongoping.exit_codes import (
    EXIT_BUG,
    EXIT_CODES,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_UNEXPLAINED,
)
from mongoping.model.evidence import is_disturbed
from mongoping.model.measurements import Measurements
from mongoping.model.percentiles import percentile
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.model.check import Line
    from mongoping.model.findings import Finding, Verdict
    from mongoping.model.headline import Headline
    from mongoping.model.kinds import Role
    from mongoping.model.layers import Status
    from mongoping.model.waiting import Expectation, Waiting
    from mongoping.model.waterfall import Waterfall

MIN_STEP_MS = 0.001  # no round trip takes less
LATE_PING_MS = 180.0  # Linux retransmits a lost TCP segment after 200 ms at the earliest


class Latency(Record):
    """Round trips of ping, in milliseconds. The statistics do not include stalls of this process.

    Attributes:
        count: the number of pings sent, of the ``asked`` ones.
        samples_ms: the round trips as measured; None for a lost ping.
        lost_why: the first error of a lost ping.
        stalls_ms: for each sample, how long this process was blocked meanwhile.
        resent: how many TCP segments the kernel retransmitted during ``resent_pings`` further
            pings on a connection of mongoping's own; None if that was not measured.
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

    def _net(self) -> tuple[tuple[float | None, bool], ...]:
        """Return each sample without its stall, and whether that stall is the larger part."""
        stalls = (*self.stalls_ms, *[0.0] * (len(self.samples_ms) - len(self.stalls_ms)))
        rows: list[tuple[float | None, bool]] = []
        for sample, stall in zip(self.samples_ms, stalls, strict=False):
            own = None if sample is None else max(sample - stall, 0.0)
            rows.append((own, own is not None and is_disturbed(own, stall)))
        return tuple(rows)

    def net_ms(self) -> tuple[float | None, ...]:
        """Return the samples without stalls of this process, in ms; None for a lost ping."""
        return tuple(own for own, _ in self._net())

    @property
    def disturbed(self) -> int:
        """Return how many round trips are mostly a stall of this process."""
        return sum(is_stall for _, is_stall in self._net())

    def least_ms(self, share: float) -> float | None:
        """Return the smallest value that a percentile can have, in ms.

        A part of a stall is not measured, so a disturbed ping may have been as fast as any.
        """
        answered = [(own, is_stall) for own, is_stall in self._net() if own is not None]
        return percentile(
            sorted(MIN_STEP_MS if is_stall else own for own, is_stall in answered), share
        )

    def own_ms(self) -> tuple[float, ...]:
        """Return the round trips without delays caused by this process, in ms.

        Stalls are subtracted, and a slow ping that they disturbed is left out. So is a ping that
        follows a lost one, because it waits until the driver has discovered the server again.
        """
        former = (0.0, *self.samples_ms)
        return tuple(
            own
            for (own, is_stall), before in zip(self._net(), former, strict=False)
            if own is not None and before is not None and (own < LATE_PING_MS or not is_stall)
        )

    def late_ms(self) -> tuple[float, ...]:
        """Return the delay of each late ping compared with the fastest one, in ms.

        A ping is late if its delay is `LATE_PING_MS` or more.
        """
        times = self.own_ms()
        fastest = min(times, default=0.0)
        return tuple(time - fastest for time in times if time - fastest >= LATE_PING_MS)


class Member(Record):
    """A member of the deployment, reachable or not."""

    host: str
    role: Role
    reachable: bool | None  # None if not checked, as with a direct connection to another
    rtt_ms: float | None = None
    lag_s: float | None = None
    version_wire: tuple[int, int] | None = None
    tags: Mapping[str, str] = NOTHING
    seed: bool = False
    advertised: bool = False
    error: str | None = None


class Topology(Record):
    """The deployment as the driver sees it; ``type`` is PyMongo's topology type name."""

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
    """A line of code at the end of a report.

    Attributes:
        label: what the code is for.
        code: the line.
        language: of the code.
        text: what to do with the code, in one sentence that the code follows. Only steps after a
            failure have it.
    """

    label: str
    code: str
    language: Literal["sh", "python"]
    text: str = ""


class Vantage(Record):
    """The place from which a deployment was checked: its configured name, and the host."""

    name: str
    host: str


class Location(Record):
    """A place in a file; ``line`` and ``column`` count from 1 and are None if not known."""

    path: str
    line: int | None = None
    column: int | None = None


class Report(Record):
    """The report of `mongoping check`, before a format renders it.

    Only reports of ``smoke`` have ``expectations`` and ``waiting``.

    Attributes:
        name: The name of the target in a configuration file.
        source: Where the target comes from, as `mongoping.uri.origin` lists it.
        target_note: How the target was read if it is no complete connection string.
        location: The file in which the target is written, if it comes from one.
        vantage: From where the deployment was checked, if not from this machine.
        caret: The position of the problem in ``uri``: offset, length.
        bug: Whether an internal error kept mongoping from checking a cause or rendering a
            result.
        driver_message: The exception that the driver raises in the user's program, as the last
            line of its traceback, without secrets; None if it raised none or did not run.
            Formats show it with `Style.verbose`.
        interpreter: What became of the connection in the program's Python, in one phrase; None if
            there was no other Python.
        measurements: The figures that limits apply to, and the dates and clocks of hosts.
        anonymized: Identifies the pseudonyms that replaced the names; None if they are real.
        places: The reports from other places, with their ``vantage``.
        comparison: What makes the difference between the places, as `mongoping diff` prints it.
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
    headline: Headline | None = None
    interrupted: bool = False
    caret: tuple[int, int] | None = None
    next_steps: tuple[NextStep, ...] = ()
    program: str | None = None  # the snippet for this deployment, if requested
    name: str | None = None
    source: str = "argument"
    location: Location | None = None
    vantage: Vantage | None = None
    expectations: tuple[Expectation, ...] = ()
    waiting: Waiting | None = None
    waterfall: Waterfall | None = None  # if requested
    bug: bool = False
    target_note: str | None = None
    driver_message: str | None = None
    interpreter: str | None = None
    measurements: Measurements = Measurements()
    anonymized: str | None = None
    places: tuple[Report, ...] = ()
    comparison: Mapping[str, Any] | None = None

    def exit_code(self, *, strict: bool = False) -> int:
        """Return the exit code of all places. With ``strict``, warnings count as failures."""
        own = self.own_exit_code(strict=strict)
        others = [report.own_exit_code(strict=strict) for report in self.places]
        return worst_code([own, *others]) if others else own

    def own_exit_code(self, *, strict: bool = False) -> int:
        """Return the exit code of this place."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if any(layer.crashed for layer in self.layers):
            return EXIT_BUG
        if self.verdict is not None:
            if self.bug and self.verdict.cause.endswith(".unexplained"):
                return EXIT_BUG
            return self.verdict.exit_code
        if any(expectation.status == "fail" for expectation in self.expectations):
            return EXIT_CODES["expectation"]
        return EXIT_UNEXPLAINED if strict and self.status == "warn" else EXIT_OK


def worst_code(codes: Sequence[int]) -> int:
    """Return the code of the first failure; an interruption or a bug of ours takes precedence."""
    for code in (EXIT_INTERRUPTED, EXIT_BUG):
        if code in codes:
            return code
    failure_codes = [code for code in codes if code not in (EXIT_OK, EXIT_UNEXPLAINED)]
    return failure_codes[0] if failure_codes else max(codes, default=EXIT_UNEXPLAINED)


class Checkout(Record):
    """The working copy of a repository, in which a code scanning service shows findings.

    Attributes:
        root: the absolute path of its top folder; empty if not known.
        folder: the absolute path of the current folder.
        default: the file, relative to the root, for targets that no file in it contains.
    """

    root: str = ""
    folder: str = ""
    default: str = "mongoping.toml"


class Style(Record):
    """Options for rendering a report; ``width`` is in columns.

    Attributes:
        strict: Whether warnings make the command fail.
        hyperlinks: Whether the terminal shows hyperlinks (OSC 8).
    """

    width: int = 80
    color: bool = False
    unicode: bool = True
    verbose: bool = False
    quiet: bool = False
    strict: bool = False
    hyperlinks: bool = False
    checkout: Checkout = Checkout()  # only SARIF uses it
