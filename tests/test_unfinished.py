"""A limit of mongoping ends a check: nothing follows from that for the deployment."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from mongoping import unfinished
from mongoping.diagnosis import diagnose
from mongoping.model import Failure, Outcome
from mongoping.settings import Settings
from mongoping.uri.host import Host
from tests.plans import check, look

if TYPE_CHECKING:
    from mongoping.context import Context

CAP = Settings(deadline=60.0, cap=0.4)
SILENCE = Failure("timeout", "no answer in time")


async def waiting(ctx: Context, host: Host | None = None) -> Outcome:
    """Wait as long as the check may, in vain."""
    await asyncio.sleep(ctx.remaining())
    return Outcome(None, SILENCE)


def failure(run: Any = waiting, settings: Settings = CAP, **fields: Any) -> Failure:
    row = look([check("hello", run).replace(**fields)], settings=settings).results[0]
    assert row.failure is not None
    return row.failure


def test_silence_that_was_too_short_to_judge_is_unfinished() -> None:
    result = failure(waits_for="reply", driver_waits=("connectTimeoutMS", 20.0))
    assert result.kind == unfinished.KIND
    assert result.message.startswith("no reply within 0.")
    assert result.message.endswith("in this run; PyMongo waits up to 20 s (connectTimeoutMS)")
    assert result.facts["driver_waits_s"] == 20.0


def test_silence_that_was_long_enough_is_judged() -> None:
    assert failure(judges_after_s=0.1) == SILENCE


def test_the_limit_of_the_user_or_of_the_system_is_judged() -> None:
    """The driver would end there too."""

    async def own(ctx: Context, host: Host | None = None) -> Outcome:
        return Outcome(None, SILENCE)  # long before the limit of the check

    async def system(ctx: Context, host: Host | None = None) -> Outcome:
        await asyncio.sleep(ctx.remaining())
        return Outcome(None, SILENCE.replace(errno="ETIMEDOUT"))

    assert failure(own, Settings(deadline=60.0, cap=3.0)) == SILENCE
    assert failure(system).kind == "timeout"


def test_a_machine_that_stalls_is_no_silent_server() -> None:
    """The answer was there, and this process had no time to read it."""

    async def stall(ctx: Context, host: Host | None = None) -> Outcome:
        await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251 - the stall
        return Outcome(None, SILENCE)

    result = failure(stall, judges_after_s=0.5)
    assert (result.kind, result.facts["busy"]) == (unfinished.KIND, True)


def test_the_report_says_what_ended_and_which_option_allows_more() -> None:
    evidence = look([check("hello", waiting)], settings=CAP)
    verdict = diagnose(evidence, []).verdict
    assert verdict is not None
    assert verdict.cause.endswith(".unexplained")
    assert verdict.title.startswith("This run ended before")
    assert "--timeout" in str(verdict.remedies[0])


def test_slow_lookups_give_later_checks_the_time_to_repeat_them() -> None:
    """The driver resolves the name again whenever it connects."""
    remaining_times: list[float] = []

    async def lookup(ctx: Context, host: Host | None = None) -> Outcome:
        ctx.note_slow_lookup(4.0)
        return Outcome()

    async def later(ctx: Context, host: Host | None = None) -> Outcome:
        remaining_times.append(ctx.remaining())
        return Outcome()

    checks = [check("addresses", lookup), check("driver", later, after=("addresses",))]
    look(checks, settings=Settings(deadline=3.0, extension=20.0, cap=1.0))
    assert remaining_times[0] > 4.0
