"""Measure round trips of ``ping`` with the driver, one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mongoping import unfinished
from mongoping.checks._later import FOLLOW_UP_S, compare_connections, count_resent
from mongoping.driver_message import message_of
from mongoping.escape import clip
from mongoping.model import Failure, Latency, Line, Outcome
from mongoping.model.percentiles import percentile
from mongoping.runnable import OnceCheck
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.context import Context

BARS = "▁▂▃▄▅▆▇█"
SHARE = 0.6  # of the time left, in which to start pings

PING_TIMEOUT_MIN_MS = 500.0  # a ping that takes longer ...
PING_TIMEOUT_FACTOR = 20  # ... and this many times the slowest one is not merely slow
GIVE_UP = 3  # consecutive failures; more would show nothing new
RESENT_PINGS = 10  # with 5 % packet loss, nine of ten such series resend a segment


def latency(
    samples_ms: Sequence[float | None], count: int = 0, stalls_ms: Sequence[float] = ()
) -> Latency:
    """Return the statistics of round trips in ms (nearest rank), without stalls of this process.

    Args:
        samples_ms: The round trips as measured; None is a lost ping.
        count: The requested number of pings, which may be larger than that of the samples.
        stalls_ms: For each sample, how long this process was blocked meanwhile.
    """
    stalls = (*stalls_ms, *[0.0] * (len(samples_ms) - len(stalls_ms)))
    times_ms = sorted(
        max(sample - stall, 0.0)
        for sample, stall in zip(samples_ms, stalls, strict=True)
        if sample is not None
    )
    lost_pings = len(samples_ms) - len(times_ms)
    if not times_ms:
        none = None
        samples = tuple(samples_ms)
        return Latency(
            len(samples), lost_pings, none, none, none, none, none, none, none, samples, count
        )
    mean = math.fsum(times_ms) / len(times_ms)
    deviation = math.sqrt(math.fsum((sample - mean) ** 2 for sample in times_ms) / len(times_ms))
    return Latency(
        count=len(samples_ms),
        lost=lost_pings,
        min_ms=times_ms[0],
        mean_ms=mean,
        stddev_ms=deviation,
        p50_ms=percentile(times_ms, 0.50),
        p95_ms=percentile(times_ms, 0.95),
        p99_ms=percentile(times_ms, 0.99),
        max_ms=times_ms[-1],
        samples_ms=tuple(samples_ms),
        asked=count,
        stalls_ms=tuple(stalls_ms),
    )


def sparkline(samples_ms: Sequence[float | None], width: int = 40) -> str:
    """Return a bar for each of the last samples, scaled between the extremes; ``×`` if lost."""
    samples = list(samples_ms)[-width:]
    times_ms = [sample for sample in samples if sample is not None]
    if not times_ms:
        return "×" * len(samples)
    low, high = min(times_ms), max(times_ms)
    span = (high - low) or 1.0
    top = len(BARS) - 1
    return "".join(
        "×" if sample is None else BARS[round((sample - low) / span * top)] for sample in samples
    )


class _Series:
    """A series of pings, which decides when no more are needed.

    ``stopped`` is True if the last ping had no reply: the driver no longer gets answers, whatever
    it got before.
    """

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.asked = max(ctx.settings.count, 1)
        self.samples: list[float | None] = []
        self.stalls: list[float] = []
        self.first: Failure | None = None
        self.last: Failure | None = None
        remaining_s = ctx.remaining()
        self.soft = ctx.clock() + remaining_s * SHARE  # no ping starts later
        # a running ping may take longer, to distinguish a slow one from one that hangs
        self.hard = ctx.clock() + max(remaining_s - FOLLOW_UP_S, remaining_s * SHARE)

    @property
    def seen(self) -> Latency:
        """Return the statistics so far."""
        why = self.first.message if self.first is not None else None
        return latency(self.samples, self.asked, self.stalls).replace(lost_why=why)

    @property
    def stopped(self) -> bool:
        return bool(self.samples) and self.samples[-1] is None

    def _trailing(self) -> int:
        """Return the number of consecutive failures at the end."""
        return next(
            (at for at, sample in enumerate(reversed(self.samples)) if sample is not None),
            len(self.samples),
        )

    def _more(self) -> bool:
        now, failures = self.ctx.clock(), self._trailing()
        if failures and failures == len(self.samples) and failures >= GIVE_UP:
            return False
        if len(self.samples) < self.asked and now < self.soft:
            return True
        # do not end with a failure if the next ping might be answered
        return 0 < failures < GIVE_UP and now < self.hard

    async def run(self) -> None:
        while self._more():
            if not await self._ping():
                return

    async def _ping(self) -> bool:
        """Send one ping; return False if no time is left for another."""
        from pymongo.errors import PyMongoError

        began = self.ctx.clock()
        try:
            async with self.ctx.timeout(self.hard - began):
                await self.ctx.driver.command({"ping": 1})
        except TimeoutError:
            # stopped by mongoping's own limit, which counts only if other pings were far quicker
            waited_ms = self.ctx.own_ms(began)
            if waited_ms is not None and _took_far_longer(waited_ms, self.samples):
                self._record(
                    None, Failure("timeout", f"no answer within {milliseconds(waited_ms)}")
                )
            return False
        except (PyMongoError, OSError) as error:
            self._record(None, self._failure(error))
        else:
            self._record(self.ctx.elapsed_ms(began), None, self.ctx.stalled_ms(began))
        return True

    def _record(self, sample: float | None, failure: Failure | None, stall: float = 0.0) -> None:
        self.samples.append(sample)
        self.stalls.append(stall)
        self.first = self.first or failure
        self.last = failure

    def _failure(self, error: BaseException) -> Failure:
        from mongoping.client import failure_of
        from mongoping.uri.target import scrub

        failure = failure_of(error)
        message = failure.message.partition(" (configured timeouts:")[0]  # mongoping's own
        exception = message_of(error, self.ctx.credentials)
        return failure.replace(
            message=clip(scrub(message, self.ctx.credentials)),
            facts={**failure.facts, "exception": exception},
        )


async def run(ctx: Context) -> Outcome:
    """Send ``settings.count`` pings; if they have no reply, find out why."""
    series = _Series(ctx)
    ctx.keep_partial("ping", lambda: series.seen if series.samples else None)
    await series.run()
    latency = series.seen
    if series.stopped:
        return Outcome(latency, await _why_stopped(ctx, series))
    if not latency.samples_ms:
        return Outcome(latency, Failure(unfinished.KIND, "no time was left for a ping"))
    late = latency.replace(stalls_ms=()).late_ms()  # the kernel's count is certain despite stalls
    if len(late) > 1 or max(late, default=0.0) >= ctx.settings.slow_ping_ms:
        # network or server? only the kernel knows which segments it resent
        resent_packets = await count_resent(
            ctx, RESENT_PINGS, series.hard - ctx.clock() + FOLLOW_UP_S
        )
        if resent_packets is not None:
            latency = latency.replace(resent=resent_packets[0], resent_pings=resent_packets[1])
    return Outcome(latency)


async def _why_stopped(ctx: Context, series: _Series) -> Failure:
    """Return the first failure after the last reply, with how other connections behave."""
    failure = series.last or Failure("timeout", "no ping was answered")
    if series.first is not None and series.seen.lost == len(series.samples):
        failure = series.first  # later ones only repeat it as a server selection error
    answers = len(series.samples) - series.seen.lost
    facts = {**failure.facts, "answered": answers}
    if failure.kind != "command":
        facts |= await compare_connections(ctx)
    return failure.replace(facts=facts)


def _took_far_longer(waited_ms: float, samples: Sequence[float | None]) -> bool:
    """Return whether a ping without a reply took much longer than all others."""
    slowest = max((sample for sample in samples if sample is not None), default=0.0)
    return waited_ms > max(PING_TIMEOUT_MIN_MS, PING_TIMEOUT_FACTOR * slowest)


def _lines(latency: Latency) -> list[Line]:
    if latency.p50_ms is None:
        return [Line("lost", f"{latency.lost} of {latency.count}", "fail")]
    values = {
        "min": latency.min_ms,
        "p50": latency.p50_ms,
        "p95": latency.p95_ms,
        "max": latency.max_ms,
    }
    figures = [f"{name} {value:.2f}" for name, value in values.items() if value is not None]
    text = f"{'  '.join(figures)} ms"
    rows = [Line("", f"{text}  {sparkline(latency.net_ms())}")]
    if latency.lost:
        rows.append(Line("lost", f"{latency.lost} of {latency.count}", "warn"))
    if latency.disturbed:
        during = f"during {latency.disturbed} of {plural(latency.count, 'ping')}"
        rows.append(Line("busy", f"this machine stalled {during}; the times leave that out"))
    if latency.count < latency.asked:
        rows.append(Line("sent", f"{latency.count} of {latency.asked} (time limit reached)"))
    return rows


CHECK = OnceCheck(
    name="ping",
    layer="ping",
    summary="round trips of ping with the driver, with percentiles",
    waits_for="reply to a ping",
    driver_waits=("the server takes", None),
    resolves=True,
    run=run,
    needs=("driver", "auth"),
    summarize=lambda facts: (
        "all lost" if facts.p50_ms is None else f"p50 {milliseconds(facts.p50_ms)}"
    ),
    lines=_lines,
)
