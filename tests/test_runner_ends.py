"""The runner's ends, given checks of the tests' own: crashes, caps, the deadline, the way out.

Checks are its input, so these are no mocks. Nothing here touches a network.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.escape import MAX_CHARS
from mongoping.model import Evidence, Failure, Outcome, Result
from mongoping.runnable import RunnableCheck
from mongoping.runner import gather
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import parse
from tests.examples import examples
from tests.plans import (
    FAILING,
    QUICK,
    SHORT,
    TWO,
    check,
    forever,
    look,
    raising,
    returning,
    rows,
    stubborn,
)

if TYPE_CHECKING:
    from mongoping.context import Context
    from tests.plans import Run


CRASHES: dict[str, RunnableCheck] = {
    "run": check("bad", raising(RuntimeError("ahem"))),
    "applies": check("bad", applies=lambda evidence: 1 / 0),  # type: ignore[arg-type]
    "expands": check("bad", expands=lambda data: [1 / 0]),
    "no outcome": check("bad", returning().__class__),
    "cancels itself": check("bad", raising(asyncio.CancelledError())),
    "a timeout of its own": check("bad", raising(TimeoutError("ahem"))),
}


@pytest.mark.parametrize("bad", CRASHES.values(), ids=list(CRASHES))
def test_a_crash_is_a_row_and_the_others_go_on(bad: RunnableCheck) -> None:
    """With its facts and where it happened; what needs it is skipped."""
    evidence = look(
        [bad, check("good"), check("needy", needs=("bad",)), check("x", after=("bad",))]
    )
    crash = evidence.results[0]
    assert crash.status == "crashed"
    assert crash.failure is not None
    assert crash.failure.kind == "crashed"
    assert [result.status for result in evidence.results[1:]] == ["ok", "skipped", "ok"]


def test_the_place_of_a_crash_is_told() -> None:
    failure = look([check("bad", raising(RuntimeError("ahem")))]).results[0].failure
    assert failure is not None
    assert failure.message == "RuntimeError: ahem"
    assert failure.facts["where"][-1].startswith("plans.py:")


@pytest.mark.parametrize("run", [forever, stubborn])
def test_a_check_that_hangs_is_stopped_at_its_cap(run: Run) -> None:
    evidence = look([check("slow", run), check("after", after=("slow",))], settings=SHORT)
    failure = evidence.results[0].failure
    assert failure is not None
    assert failure.kind == "unfinished"
    assert re.fullmatch(r"no result within 0\.\d s in this run", failure.message)
    assert evidence.results[1].ok


def test_at_the_deadline_what_was_not_tried_is_a_row() -> None:
    """Each host and each check is in the report, with the reason."""
    late = [check("one", forever, per_host=True)]
    late += [check(f"next{n}", forever, per_host=True, after=("one",)) for n in range(2)]
    late += [check("last", per_host=True, after=("next0", "next1"))]
    evidence = look(late, settings=Settings(deadline=0.3, cap=0.3))
    assert len(evidence.results) == 8
    last = rows(evidence, "last")["a:27017"]
    assert (last.status, last.blocked_by, last.reason) == (
        "skipped",
        "deadline",
        "the deadline came first",
    )
    assert evidence.interrupted is False


def test_when_stopped_it_ends_with_what_it_has() -> None:
    async def main() -> Evidence:
        stop = asyncio.Event()

        async def stopped_then(ctx: Context, host: Host | None = None) -> Outcome:
            stop.set()
            return await forever(ctx, host)

        checks = [check("one"), check("slow", stopped_then, needs=("one",))]
        return await gather(TWO, QUICK, checks, stop=stop)

    evidence = asyncio.run(main())
    assert evidence.interrupted
    assert evidence.results[0].ok
    assert (evidence.results[1].status, evidence.results[1].reason) == ("skipped", "interrupted")


def test_a_caller_without_patience_leaves_nothing_behind() -> None:
    """Connections of a check are closed, and its tasks end."""

    class Resource:
        is_closed = False

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            self.is_closed = True

    resource = Resource()

    async def main() -> int:
        beginning = asyncio.Event()

        async def opens(ctx: Context, host: Host | None = None) -> Outcome:
            ctx.on_close(resource)
            beginning.set()
            return await forever(ctx, host)

        run = asyncio.create_task(gather(TWO, QUICK, [check("slow", opens)]))
        await beginning.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1
    assert resource.is_closed


def test_every_result_is_told_as_it_comes() -> None:
    results: list[Result] = []
    evidence = look([check("one"), check("each", per_host=True)], progress=results.append)
    assert set(results) == set(evidence.results)


def test_without_a_target_only_what_runs_once_has_a_row() -> None:
    evidence = look([check("uri", FAILING), check("tcp", per_host=True, needs=("uri",))], parse(""))
    assert [result.check for result in evidence.results] == ["uri"]
    assert (evidence.target, evidence.seeds, evidence.hosts) == (None, None, ())


def test_no_failure_holds_a_secret_or_a_book() -> None:
    """Whatever a check says of it: the runner takes passwords out, and ends it somewhere."""
    parsed_uri = parse("mongodb://ada:K4narie@a/")
    failure = Failure("x", "the password is K4narie, " + "y" * 10_000)
    crash = raising(RuntimeError("mongodb://ada:K4narie@a/"))
    evidence = look([check("one", returning(failure=failure)), check("two", crash)], parsed_uri)
    for result in evidence.results:
        assert result.failure is not None
        assert "K4narie" not in repr(result)
        assert len(result.failure.message) < MAX_CHARS + 100


def test_the_tool_and_the_clock_are_stamped() -> None:
    evidence = look([check("one")])
    assert evidence.started_at.endswith("Z")
    assert evidence.duration_ms >= evidence.results[0].duration_ms >= 0
    assert set(evidence.tool) == {"mongoping", "python", "pymongo", "openssl", "platform"}


KINDS = ("ok", "failed", "crashed", "hangs", "skips", "grows")


@st.composite
def plans(draw: st.DrawFn) -> list[RunnableCheck]:
    """Checks that need, follow and find each other in any way that is no circle."""
    checks: list[RunnableCheck] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [task.name for task in checks]
        kind = draw(st.sampled_from(KINDS))
        some = (
            st.lists(st.sampled_from(earlier), max_size=2, unique=True) if earlier else st.just([])
        )
        run = {
            "failed": FAILING,
            "crashed": raising(RuntimeError("x")),
            "hangs": forever,
        }.get(kind, returning())
        more: dict[str, Any] = {}
        if kind == "skips":
            more["applies"] = lambda evidence: "no"
        if kind == "grows":
            more["expands"] = lambda data, number=number: [Host("new", number + 1)]
        checks.append(
            check(
                f"c{number}",
                run,
                per_host=draw(st.booleans()),
                vacuous=draw(st.booleans()),
                needs=tuple(draw(some)),
                after=tuple(draw(some)),
                after_any=tuple(draw(some)),
                **more,
            )
        )
    return checks


@examples(40)
@given(plans())
def test_any_plan_ends_with_one_row_for_each_check_and_host(checks: list[RunnableCheck]) -> None:
    evidence = look(checks, settings=Settings(deadline=0.4, cap=0.15))
    places = [(result.check, result.host) for result in evidence.results]
    assert len(places) == len(set(places))
    expected = {
        (check.name, host)
        for check in checks
        for host in ([str(host) for host in evidence.hosts] if check.per_host else [None])
    }
    assert set(places) == expected
