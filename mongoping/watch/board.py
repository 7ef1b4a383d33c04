"""The state of a watch: latencies, recent events, the current deployment. Pure and bounded.

A live watch and a replay fill the same board.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.model.percentiles import MIN_SAMPLES
from mongoping.record import Record
from mongoping.watch.model import DRIVER, Event, Limits, Now, Tick
from mongoping.watch.sketch import Sketch

KEPT_EVENTS = 500  # older ones are only counted
KEPT_PINGS = 600  # per target, for the plot: ten minutes at one per second
SHARES = (0.50, 0.95, 0.99)
SETTLED_PINGS = 20  # pings; from here on, one more ping hardly moves a percentile
REFRESH_PINGS = 5  # between updates of the displayed percentiles
RECOVERIES = ("reached", "dns-back", "member-back")  # events after which the cause is gone
MAX_SERIES = 100  # targets; the members of a set may keep changing for months


class Numbers(NamedTuple):
    """Statistics of the pings of one target; percentiles are accurate to one percent.

    A percentile is None until enough pings were answered, see `MIN_SAMPLES`.
    """

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
        """Return the percentage of lost pings."""
        return 100 * self.lost / self.sent if self.sent else 0.0


class Series:
    """The pings of one target: all are counted, recent ones are kept."""

    __slots__ = ("_due", "_shown", "last", "lost", "recent", "sketch")

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.lost = 0
        self.last: float | None = None
        self.recent: deque[float | None] = deque(maxlen=KEPT_PINGS)
        self._shown: Sequence[float | None] = (None, None, None)
        self._due = 0

    def add(self, ms: float | None) -> None:
        """Add a ping; None means lost."""
        self.last = ms
        self.recent.append(ms)
        if ms is None:
            self.lost += 1
        else:
            self.sketch.add(ms)

    @property
    def loss(self) -> float:
        """Return the percentage of lost pings."""
        sent_pings = self.sketch.count + self.lost
        return 100 * self.lost / sent_pings if sent_pings else 0.0

    @property
    def percentiles(self) -> Sequence[float | None]:
        """Return p50, p95 and p99 for display, recomputed only every few pings to save CPU."""
        count = self.sketch.count
        if count >= self._due:
            self._shown = self._percentiles()
            self._due = count + (1 if count < SETTLED_PINGS else REFRESH_PINGS)
        return self._shown

    def _percentiles(self) -> list[float | None]:
        """Return p50, p95 and p99, each None if there are too few pings for it."""
        count = self.sketch.count
        percentiles = zip(SHARES, self.sketch.percentiles(SHARES), strict=True)
        return [
            value if count >= MIN_SAMPLES.get(share, 1) else None for share, value in percentiles
        ]

    @property
    def numbers(self) -> Numbers:
        """Return the current statistics."""
        sketch = self.sketch
        p50, p95, p99 = self._percentiles()
        has_answers = sketch.count > 0
        return Numbers(
            sent=sketch.count + self.lost,
            lost=self.lost,
            min_ms=sketch.minimum if has_answers else None,
            mean_ms=sketch.mean,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            max_ms=sketch.maximum if has_answers else None,
        )


class Board:
    """The state of a watch, updated by ticks and events; all collections are bounded."""

    def __init__(self, uri: str = "", started_at: float = 0.0, interval: float = 1.0) -> None:
        self.uri = uri
        self.started = started_at
        self.interval = interval
        self.at = started_at
        self.ticks = 0
        self.series: dict[str, Series] = {}
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.counts: Counter[str] = Counter()
        self.without_primary = 0.0  # seconds, total of completed elections
        self.now = Now()
        self.cause: Event | None = None  # why no member answers, while that is so

    def tick(self, tick: Tick) -> None:
        """Add the pings of one tick."""
        self.ticks += 1
        self.at = max(self.at, tick.at)
        for host, ms in tick.pings.items():
            if host not in self.series:
                self._make_room()
                self.series[host] = Series()
            self.series[host].add(ms)

    def event(self, event: Event) -> None:
        """Add an event."""
        self.at = max(self.at, event.at)
        self.events.append(event)
        self.counts[event.kind] += 1
        if event.kind in ("cause", *RECOVERIES):
            self.cause = event if event.kind == "cause" else None
        if event.kind == "election" and isinstance(event.facts.get("seconds"), (int, float)):
            self.without_primary += event.facts["seconds"]

    def _make_room(self) -> None:
        """Drop the oldest target that is no longer a member, if there are too many."""
        present = {DRIVER, *(member.host for member in self.now.members)}
        while len(self.series) >= MAX_SERIES:
            oldest = next((host for host in self.series if host not in present), None)
            if oldest is None:
                oldest = next(host for host in self.series if host != DRIVER)
            del self.series[oldest]

    @property
    def targets(self) -> list[str]:
        """Return the driver, the current members, then former members that were pinged."""
        members = [member.host for member in self.now.members]
        hosts = dict.fromkeys([DRIVER, *members, *self.series])
        return [host for host in hosts if host in self.series or host in members]

    @property
    def seconds(self) -> float:
        """Return the duration of the watch in seconds."""
        return max(self.at - self.started, 0.0)


class Verdict(Record):
    """The exit code, and the reasons if it is not 0."""

    code: int
    reasons: tuple[str, ...] = ()


def judge(numbers: Mapping[str, Numbers], limits: Limits) -> Verdict:
    """Compare the driver's pings with the limits; without any, those of the worst member.

    If no ping was answered, the watch fails whatever the limits.
    """
    if DRIVER in numbers and numbers[DRIVER].sent:
        numbers_by_name = {"the driver's pings": numbers[DRIVER]}
    else:
        numbers_by_name = {f"pings to {host}": row for host, row in numbers.items() if row.sent}
    reasons = []
    if not any(row.sent > row.lost for row in numbers_by_name.values()):
        reasons.append("no ping was answered")
    elif numbers_by_name:
        worst = max(numbers_by_name, key=lambda name: numbers_by_name[name].loss)
        loss = numbers_by_name[worst].loss
        if limits.loss is not None and loss > limits.loss:
            reasons.append(f"lost {loss:.2f} % of {worst} (limit: {limits.loss:g} %)")
        if limits.p95_ms is not None:
            reasons += _too_slow(numbers_by_name, limits.p95_ms)
    return Verdict(EXIT_CODES["ping"] if reasons else EXIT_OK, tuple(reasons))


def _too_slow(numbers_by_name: Mapping[str, Numbers], limit: float) -> list[str]:
    """Return why the pings exceed the limit for p95; with too few pings, the maximum counts."""
    values = {
        name: row.max_ms if row.p95_ms is None else row.p95_ms
        for name, row in numbers_by_name.items()
    }
    slowest = max(values, key=lambda name: values[name] or 0.0)
    value = values[slowest]
    if value is None or value <= limit:
        return []
    kind = "maximum" if numbers_by_name[slowest].p95_ms is None else "p95"
    return [f"{kind} of {slowest} is {value:.2f} ms (limit: {limit:g} ms)"]
