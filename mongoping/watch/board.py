"""What a watch has seen so far: numbers, the last events, the deployment now. Pure, and bounded.

The same board is filled by a live watch and by a recording that is shown again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.record import Record
from mongoping.watch.model import DRIVER, Event, Limits, Now, Tick
from mongoping.watch.sketch import Sketch

KEPT_EVENTS = 500  # the last ones; all are counted
KEPT_PINGS = 600  # of each target, for the plot: ten minutes at one a second
SHARES = (0.50, 0.95, 0.99)
SETTLED = 20  # pings, after which one more moves a percentile by little
STALE = 5  # pings until a view looks the percentiles up again
MAX_SERIES = 100  # of targets ever seen; sets that change their members for months


class Numbers(NamedTuple):
    """The pings of one target in milliseconds; percentiles to within one percent."""

    sent: int
    lost: int
    min_ms: float | None
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @property
    def loss(self) -> float:
        """Percent of the pings that were lost."""
        return 100 * self.lost / self.sent if self.sent else 0.0


class Series:
    """The pings of one target: all of them counted, the last ones kept."""

    __slots__ = ("_due", "_shown", "last", "lost", "recent", "sketch")

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.lost = 0
        self.last: float | None = None
        self.recent: deque[float | None] = deque(maxlen=KEPT_PINGS)
        self._shown: Sequence[float | None] = (None, None, None)
        self._due = 0

    def add(self, ms: float | None) -> None:
        """Take note of a ping; None was lost."""
        self.last = ms
        self.recent.append(ms)
        if ms is None:
            self.lost += 1
        else:
            self.sketch.add(ms)

    @property
    def loss(self) -> float:
        """Percent of the pings that were lost."""
        sent = self.sketch.count + self.lost
        return 100 * self.lost / sent if sent else 0.0

    @property
    def percentiles(self) -> Sequence[float | None]:
        """p50, p95 and p99 for a view: of a moment ago, as they move slowly and cost time."""
        count = self.sketch.count
        if count >= self._due:
            self._shown = self.sketch.percentiles(SHARES)
            self._due = count + (1 if count < SETTLED else STALE)
        return self._shown

    @property
    def numbers(self) -> Numbers:
        """Everything that can be said of it in numbers."""
        sketch = self.sketch
        p50, p95, p99 = sketch.percentiles(SHARES)
        seen = sketch.count > 0
        return Numbers(
            sent=sketch.count + self.lost,
            lost=self.lost,
            min_ms=sketch.least if seen else None,
            mean_ms=sketch.mean,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            max_ms=sketch.greatest if seen else None,
        )


class Board:
    """Filled tick by tick and event by event; never larger than its bounds."""

    def __init__(self, uri: str = "", started: float = 0.0, interval: float = 1.0) -> None:
        self.uri = uri
        self.started = started
        self.interval = interval
        self.at = started
        self.ticks = 0
        self.series: dict[str, Series] = {}
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.counts: Counter[str] = Counter()
        self.without_primary = 0.0  # seconds in all, of elections that are over
        self.now = Now()

    def tick(self, tick: Tick) -> None:
        """Take note of the pings of one tick."""
        self.ticks += 1
        self.at = max(self.at, tick.at)
        for host, ms in tick.pings.items():
            if host not in self.series:
                self._make_room()
                self.series[host] = Series()
            self.series[host].add(ms)

    def event(self, event: Event) -> None:
        """Take note of an event."""
        self.at = max(self.at, event.at)
        self.events.append(event)
        self.counts[event.kind] += 1
        if event.kind == "election" and isinstance(event.facts.get("seconds"), (int, float)):
            self.without_primary += event.facts["seconds"]

    def _make_room(self) -> None:
        """Forget the target that left the deployment first."""
        here = {DRIVER, *(one.host for one in self.now.members)}
        while len(self.series) >= MAX_SERIES:
            gone = next((host for host in self.series if host not in here), None)
            if gone is None:
                gone = next(host for host in self.series if host != DRIVER)
            del self.series[gone]

    @property
    def targets(self) -> list[str]:
        """The driver, the members of now, then those that left, with pings of their own."""
        here = [one.host for one in self.now.members]
        rows = [DRIVER, *here, *self.series]
        return [host for host in dict.fromkeys(rows) if host in self.series or host in here]

    @property
    def seconds(self) -> float:
        """How long the watch has lasted."""
        return max(self.at - self.started, 0.0)


class Verdict(Record):
    """What the limits make of it: the exit code, and why where that is not 0."""

    code: int
    reasons: tuple[str, ...] = ()


def judge(numbers: Mapping[str, Numbers], limits: Limits) -> Verdict:
    """Hold the driver's pings against the limits; without any, those of the worst member.

    That no ping at all came back is a failure under any limit.
    """
    if DRIVER in numbers and numbers[DRIVER].sent:
        judged = {"the driver's pings": numbers[DRIVER]}
    else:
        judged = {host: one for host, one in numbers.items() if one.sent}
    reasons = []
    if not any(one.sent > one.lost for one in judged.values()):
        reasons.append("no ping came back")
    elif judged:
        worst = max(judged, key=lambda host: judged[host].loss)
        if limits.loss is not None and judged[worst].loss > limits.loss:
            words = f"{judged[worst].loss:.2f} % of {worst} lost, over {limits.loss:g} %"
            reasons.append(words)
        slow = max(judged, key=lambda host: judged[host].p95_ms or 0.0)
        p95 = judged[slow].p95_ms
        if limits.p95_ms is not None and p95 is not None and p95 > limits.p95_ms:
            reasons.append(f"p95 of {slow} is {p95:.2f} ms, over {limits.p95_ms:g} ms")
    return Verdict(EXIT_CODES["ping"] if reasons else EXIT_OK, tuple(reasons))
