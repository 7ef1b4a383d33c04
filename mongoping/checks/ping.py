"""Round trips of ``ping`` by the driver, one after the other."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mongoping.model import Check, Failure, Host, Latency, Line, Outcome

if TYPE_CHECKING:
    from mongoping.context import Context

BARS = "▁▂▃▄▅▆▇█"
SHARE = 0.6  # of what the run has left: pings are the last to ask, and the least to wait for

HUNG_MS, HUNG = 500.0, 20  # at least so long, and so many times the slowest: it will not come
GIVE_UP = 3  # failures before anything came back: more of them say no more


def latency(samples_ms: Sequence[float | None], asked: int = 0) -> Latency:
    """Percentiles of the samples in milliseconds (nearest rank); None stands for a lost one.

    ``asked`` is how many were to be sent, where time may have cut them short.
    """
    seen = sorted(one for one in samples_ms if one is not None)
    lost = len(samples_ms) - len(seen)
    if not seen:
        none = None
        shown = tuple(samples_ms)
        return Latency(len(shown), lost, none, none, none, none, none, none, none, shown, asked)
    mean = math.fsum(seen) / len(seen)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in seen) / len(seen))

    def rank(share: float) -> float:
        return seen[max(math.ceil(share * len(seen)) - 1, 0)]

    return Latency(
        count=len(samples_ms),
        lost=lost,
        min_ms=seen[0],
        mean_ms=mean,
        stddev_ms=deviation,
        p50_ms=rank(0.50),
        p95_ms=rank(0.95),
        p99_ms=rank(0.99),
        max_ms=seen[-1],
        samples_ms=tuple(samples_ms),
        asked=asked,
    )


def sparkline(samples_ms: Sequence[float | None], most: int = 40) -> str:
    """One bar for each sample, from the fastest to the slowest; ``×`` for a lost one."""
    shown = list(samples_ms)[-most:]
    seen = [one for one in shown if one is not None]
    if not seen:
        return "×" * len(shown)
    low, high = min(seen), max(seen)
    span = (high - low) or 1.0
    top = len(BARS) - 1
    return "".join("×" if one is None else BARS[round((one - low) / span * top)] for one in shown)


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Send ``settings.count`` pings; the clock is stopped before anything else is done."""
    from pymongo.errors import PyMongoError

    samples: list[float | None] = []
    asked = max(ctx.settings.count, 1)
    ctx.keep("ping", lambda: latency(samples, asked) if samples else None)
    limit = ctx.clock() + ctx.remaining() * SHARE
    last: BaseException | None = None
    for _ in range(asked):
        left = limit - ctx.clock()
        if left <= 0:
            break
        began = ctx.clock()
        try:
            async with asyncio.timeout(left):
                await ctx.driver.command({"ping": 1})
        except (PyMongoError, TimeoutError, OSError) as error:
            if isinstance(error, TimeoutError) and not _hung(ctx.elapsed_ms(began), samples):
                break  # cut off by our own limit, which says nothing of the server
            samples.append(None)
            last = error
            if len(samples) == GIVE_UP and not any(samples):
                break
        else:
            samples.append(ctx.elapsed_ms(began))
    seen = latency(samples, asked)
    if seen.lost < seen.count:
        return Outcome(seen)
    from mongoping.client import failure_of
    from mongoping.target import scrub

    if isinstance(last, PyMongoError):
        failure = failure_of(last)
        message = scrub(failure.message, ctx.credentials)
        return Outcome(seen, Failure(failure.kind, message, code=failure.code))
    return Outcome(seen, Failure("timeout", f"none of {seen.count} pings came back"))


def _hung(waited_ms: float, samples: Sequence[float | None]) -> bool:
    """Whether a ping that was cut off had been waited for much longer than any other took."""
    slowest = max((one for one in samples if one is not None), default=0.0)
    return waited_ms > max(HUNG_MS, HUNG * slowest)


def _lines(seen: Latency) -> list[Line]:
    if seen.p50_ms is None:
        return [Line("lost", f"{seen.lost} of {seen.count}", "fail")]
    words = f"min {seen.min_ms:.2f}  p50 {seen.p50_ms:.2f}  "
    words += f"p95 {seen.p95_ms:.2f}  max {seen.max_ms:.2f} ms"
    rows = [Line("", f"{words}  {sparkline(seen.samples_ms)}")]
    if seen.lost:
        rows.append(Line("lost", f"{seen.lost} of {seen.count}", "warn"))
    if seen.count < seen.asked:
        rows.append(Line("sent", f"{seen.count} of {seen.asked}: then the time was up"))
    return rows


CHECK = Check(
    name="ping",
    layer="ping",
    summary="round trips of ping, with percentiles",
    run=run,
    needs=("driver", "auth"),
    summarise=lambda seen: f"p50 {seen.p50_ms:.2f} ms" if seen.p50_ms is not None else "all lost",
    lines=_lines,
)
