"""The runner, given checks of the tests' own: order, clocks, crashes, and the way out.

Checks are its input, so these are no mocks. Nothing here touches a network.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.model import Check, Evidence, Failure, Host, Outcome, Result
from mongoping.runner import MAX_HOSTS, gather
from mongoping.settings import Settings
from mongoping.target import Parsed, parse
from mongoping.words import MAX_CHARS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mongoping.context import Context

    Run = Callable[[Context, Host | None], Awaitable[Outcome]]

TWO = parse("mongodb://a,b:2/")
SRV = parse("mongodb+srv://c0.ab.example.test/")
QUICK = Settings(deadline=5.0, cap=2.0)
SHORT = Settings(deadline=0.4, cap=0.2)


def returning(data: Any = "seen", failure: Failure | None = None) -> Run:
    async def run(ctx: Context, host: Host | None) -> Outcome:
        return Outcome(data, failure)

    return run


def raising(error: BaseException) -> Run:
    async def run(ctx: Context, host: Host | None) -> Outcome:
        raise error

    return run


async def forever(ctx: Context, host: Host | None) -> Outcome:
    await asyncio.sleep(3600)
    return Outcome()


async def stubborn(ctx: Context, host: Host | None) -> Outcome:
    """Swallows the first cancellation, as a driver's operation may."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
    return Outcome("too late")


FAILING = returning(failure=Failure("refused", "no"))


def check(name: str, run: Run | None = None, **more: Any) -> Check:
    return Check(name, more.pop("layer", "tcp"), name, run or returning(), **more)


def look(
    checks: Sequence[Check],
    parsed: Parsed = TWO,
    chosen: Settings = QUICK,
    **more: Any,
) -> Evidence:
    return asyncio.run(gather(parsed, chosen, checks, **more))


def rows(evidence: Evidence, name: str) -> dict[str | None, Result]:
    return {one.host: one for one in evidence.of(name)}


def test_a_check_runs_once_or_for_each_host() -> None:
    evidence = look([check("one"), check("each", per_host=True)])
    assert list(rows(evidence, "one")) == [None]
    assert list(rows(evidence, "each")) == ["a:27017", "b:2"]
    assert all(one.ok and one.data == "seen" for one in evidence.results)
    assert evidence.hosts == evidence.seeds == (Host("a"), Host("b", 2))


def test_results_come_in_the_order_of_checks_then_of_hosts() -> None:
    """Whatever was faster."""

    async def slow(ctx: Context, host: Host | None) -> Outcome:
        await asyncio.sleep(0.05 if host == Host("a") else 0)
        return Outcome()

    evidence = look([check("each", slow, per_host=True), check("one")])
    assert [(one.check, one.host) for one in evidence.results] == [
        ("each", "a:27017"),
        ("each", "b:2"),
        ("one", None),
    ]


def test_what_is_needed_comes_first_and_has_to_succeed() -> None:
    order: list[str] = []

    def noting(name: str, failure: Failure | None = None) -> Run:
        async def run(ctx: Context, host: Host | None) -> Outcome:
            await asyncio.sleep(0.01)
            order.append(name)
            return Outcome(failure=failure)

        return run

    evidence = look(
        [
            check("third", noting("third"), needs=("second",)),
            check("second", noting("second"), needs=("first",)),
            check("first", noting("first")),
            check("bad", noting("bad", Failure("x", "x"))),
            check("blocked", noting("blocked"), needs=("bad",)),
            check("echo", noting("echo"), needs=("blocked",)),
            check("after", noting("after"), after=("bad", "blocked")),
        ]
    )
    assert [one for one in order if one in ("first", "second", "third")] == [
        "first",
        "second",
        "third",
    ]
    assert "blocked" not in order
    assert "echo" not in order
    blocked, echo = evidence.results[4], evidence.results[5]
    assert (blocked.status, blocked.blocked_by, blocked.duration_ms) == ("skipped", "bad", 0.0)
    assert (echo.status, echo.blocked_by) == ("skipped", "blocked")
    assert evidence.results[6].ok
    assert order.index("after") > order.index("bad")


def test_a_host_waits_for_its_own_row_and_for_no_other() -> None:
    """One host's failure blocks what follows for that host alone."""

    async def first(ctx: Context, host: Host | None) -> Outcome:
        return Outcome(failure=Failure("x", "x") if host == Host("a") else None)

    evidence = look(
        [check("tcp", first, per_host=True), check("hello", per_host=True, needs=("tcp",))]
    )
    assert [one.status for one in evidence.of("hello")] == ["skipped", "ok"]


def test_hosts_run_at_once() -> None:
    """Each waits for the other: one after the other, neither would ever end."""
    here: dict[str, asyncio.Event] = {}

    async def meet(ctx: Context, host: Host | None) -> Outcome:
        for name in ("a", "b"):
            here.setdefault(name, asyncio.Event())
        assert host is not None
        here[host.name].set()
        await asyncio.gather(*(one.wait() for one in here.values()))
        return Outcome()

    assert all(one.ok for one in look([check("each", meet, per_host=True)]).results)


def test_one_host_that_got_through_is_enough_for_what_runs_once() -> None:
    """It begins while the other host is still silent, and sees the first."""
    seen: list[int] = []

    async def first(ctx: Context, host: Host | None) -> Outcome:
        if host == Host("b", 2):
            await asyncio.sleep(3600)
        return Outcome()

    async def once(ctx: Context, host: Host | None) -> Outcome:
        seen.append(len(ctx.evidence.of("hello")))
        return Outcome()

    evidence = look(
        [check("hello", first, per_host=True), check("driver", once, needs=("hello",))],
        chosen=SHORT,
    )
    assert seen == [1]
    assert rows(evidence, "hello")["b:2"].failure == Failure("timeout", "nothing within 0.2 s")


def test_after_any_waits_for_one_success_or_for_all_to_end() -> None:
    evidence = look(
        [
            check("hello", FAILING, per_host=True),
            check("driver", after_any=("hello",)),
            check("needy", needs=("hello",)),
        ]
    )
    assert rows(evidence, "driver")[None].ok
    assert rows(evidence, "needy")[None].blocked_by == "hello"


def test_what_does_not_apply_says_why_and_blocks_unless_it_is_vacuous() -> None:
    reason = "nothing to do"
    evidence = look(
        [
            check("no", applies=lambda evidence: reason),
            check("void", applies=lambda evidence: reason, vacuous=True),
            check("after-no", needs=("no",)),
            check("after-void", needs=("void",)),
        ]
    )
    assert [(one.status, one.reason) for one in evidence.results[:2]] == [("skipped", reason)] * 2
    assert evidence.results[2].blocked_by == "no"
    assert evidence.results[3].ok


def test_a_vacuous_check_that_was_blocked_blocks() -> None:
    """Having nothing to do is one thing, having been kept from it another."""
    evidence = look(
        [
            check("bad", FAILING),
            check("void", needs=("bad",), vacuous=True),
            check("last", needs=("void",)),
        ]
    )
    assert evidence.results[2].blocked_by == "void"


def test_hosts_that_are_found_get_rows_as_well() -> None:
    """Once each, also when they advertise each other, and also of checks that are done."""

    def others(data: Any) -> list[Host]:
        return [Host("a"), Host("c"), Host("c", 3)]

    evidence = look(
        [check("tcp", per_host=True), check("hello", per_host=True, needs=("tcp",), expands=others)]
    )
    names = ["a:27017", "b:2", "c:27017", "c:3"]
    assert [str(host) for host in evidence.hosts] == names
    assert list(rows(evidence, "tcp")) == list(rows(evidence, "hello")) == names
    assert evidence.seeds == (Host("a"), Host("b", 2))


def test_seeds_come_from_srv() -> None:
    """Until they are known, nobody says that there are none."""
    seeds = [Host("x", 1), Host("y", 2)]
    found = look(
        [check("srv", expands=lambda data: seeds, seeds=True), check("tcp", per_host=True)], SRV
    )
    assert found.seeds == tuple(seeds)
    assert list(rows(found, "tcp")) == ["x:1", "y:2"]
    lost = look([check("srv", FAILING, expands=lambda data: [], seeds=True)], SRV)
    assert lost.seeds is None


def test_a_flood_of_hosts_is_dammed() -> None:
    crowd = [Host(f"h{number}") for number in range(5000)]
    evidence = look([check("hello", per_host=True, expands=lambda data: crowd)])
    assert len(evidence.hosts) == len(evidence.results) == len(evidence.seeds or ()) + MAX_HOSTS


def test_every_seed_is_looked_at_however_many_there_are() -> None:
    """Whoever wrote the seed list means all of it: only what a server adds has a bound."""
    string = "mongodb://" + ",".join(f"127.0.0.1:{20000 + number}" for number in range(300))
    evidence = look([check("tcp", per_host=True)], parse(string))
    assert len(evidence.hosts) == len(evidence.results) == 300


CRASHES: dict[str, Check] = {
    "run": check("bad", raising(RuntimeError("ahem"))),
    "applies": check("bad", applies=lambda evidence: 1 / 0),  # type: ignore[arg-type]
    "expands": check("bad", expands=lambda data: [1 / 0]),
    "no outcome": check("bad", returning().__class__),
    "cancels itself": check("bad", raising(asyncio.CancelledError())),
    "a timeout of its own": check("bad", raising(TimeoutError("ahem"))),
}


@pytest.mark.parametrize("bad", CRASHES.values(), ids=list(CRASHES))
def test_a_crash_is_a_row_and_the_others_go_on(bad: Check) -> None:
    """With its facts and where it happened; what needs it is skipped."""
    evidence = look(
        [bad, check("good"), check("needy", needs=("bad",)), check("x", after=("bad",))]
    )
    crashed = evidence.results[0]
    assert crashed.status == "crashed"
    assert crashed.failure is not None
    assert crashed.failure.kind == "crashed"
    assert [one.status for one in evidence.results[1:]] == ["ok", "skipped", "ok"]


def test_the_place_of_a_crash_is_told() -> None:
    failure = look([check("bad", raising(RuntimeError("ahem")))]).results[0].failure
    assert failure is not None
    assert failure.message == "RuntimeError: ahem"
    assert failure.facts["where"][-1].startswith("test_runner.py:")


@pytest.mark.parametrize("run", [forever, stubborn])
def test_a_check_that_hangs_is_stopped_at_its_cap(run: Run) -> None:
    evidence = look([check("slow", run), check("after", after=("slow",))], chosen=SHORT)
    assert evidence.results[0].failure == Failure("timeout", "nothing within 0.2 s")
    assert evidence.results[1].ok


def test_at_the_deadline_what_was_not_tried_is_a_row() -> None:
    """Each host and each check is in the report, with the reason."""
    late = [check("one", forever, per_host=True)]
    late += [check(f"next{n}", forever, per_host=True, after=("one",)) for n in range(2)]
    late += [check("last", per_host=True, after=("next0", "next1"))]
    evidence = look(late, chosen=Settings(deadline=0.3, cap=0.3))
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
        asyncio.get_running_loop().call_later(0.05, stop.set)
        return await gather(TWO, QUICK, [check("one"), check("slow", forever)], stop=stop)

    evidence = asyncio.run(main())
    assert evidence.interrupted
    assert evidence.results[0].ok
    assert (evidence.results[1].status, evidence.results[1].reason) == ("skipped", "interrupted")


def test_a_caller_without_patience_leaves_nothing_behind() -> None:
    """What a check opened is closed, and nothing of it runs on."""

    class Undone:
        left = False

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            self.left = True

    undone = Undone()

    async def opens(ctx: Context, host: Host | None) -> Outcome:
        ctx.on_close(undone)
        await asyncio.sleep(3600)
        return Outcome()

    async def main() -> int:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gather(TWO, QUICK, [check("slow", opens)]), 0.05)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1
    assert undone.left


def test_every_result_is_told_as_it_comes() -> None:
    told: list[Result] = []
    evidence = look([check("one"), check("each", per_host=True)], progress=told.append)
    assert set(told) == set(evidence.results)


def test_without_a_target_only_what_runs_once_has_a_row() -> None:
    evidence = look([check("uri", FAILING), check("tcp", per_host=True, needs=("uri",))], parse(""))
    assert [one.check for one in evidence.results] == ["uri"]
    assert (evidence.target, evidence.seeds, evidence.hosts) == (None, None, ())


def test_no_failure_holds_a_secret_or_a_book() -> None:
    """Whatever a check says of it: the runner takes passwords out, and ends it somewhere."""
    parsed = parse("mongodb://ada:K4narie@a/")
    spoken = Failure("x", "the password is K4narie, " + "y" * 10_000)
    crash = raising(RuntimeError("mongodb://ada:K4narie@a/"))
    evidence = look([check("one", returning(failure=spoken)), check("two", crash)], parsed)
    for one in evidence.results:
        assert one.failure is not None
        assert "K4narie" not in repr(one)
        assert len(one.failure.message) < MAX_CHARS + 100


def test_the_tool_and_the_clock_are_stamped() -> None:
    evidence = look([check("one")])
    assert evidence.started_at.endswith("Z")
    assert evidence.duration_ms >= evidence.results[0].duration_ms >= 0
    assert set(evidence.tool) == {"mongoping", "python", "pymongo", "openssl", "platform"}


KINDS = ("ok", "failed", "crashed", "hangs", "skips", "grows")


@st.composite
def plans(draw: st.DrawFn) -> list[Check]:
    """Checks that need, follow and find each other in any way that is no circle."""
    made: list[Check] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [one.name for one in made]
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
        made.append(
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
    return made


@settings(max_examples=40)
@given(plans())
def test_any_plan_ends_with_one_row_for_each_check_and_host(checks: list[Check]) -> None:
    evidence = look(checks, chosen=Settings(deadline=0.4, cap=0.15))
    places = [(one.check, one.host) for one in evidence.results]
    assert len(places) == len(set(places))
    wanted = {
        (one.name, host)
        for one in checks
        for host in ([str(host) for host in evidence.hosts] if one.per_host else [None])
    }
    assert set(places) == wanted
    assert evidence.duration_ms < 2000
