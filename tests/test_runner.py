"""The runner, given checks of the tests' own: order, needs, and hosts that are found.

Checks are its input, so these are no mocks. Nothing here touches a network.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from mongoping.model import Failure, Outcome
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host
from mongoping.uri.target import parse
from tests.plans import (
    FAILING,
    SHORT,
    SRV,
    check,
    look,
    rows,
)

if TYPE_CHECKING:
    from mongoping.context import Context
    from tests.plans import Run


def test_a_check_runs_once_or_for_each_host() -> None:
    evidence = look([check("one"), check("each", per_host=True)])
    assert list(rows(evidence, "one")) == [None]
    assert list(rows(evidence, "each")) == ["a:27017", "b:2"]
    assert all(result.ok and result.data == "seen" for result in evidence.results)
    assert evidence.hosts == evidence.seeds == (Host("a"), Host("b", 2))


def test_results_come_in_the_order_of_checks_then_of_hosts() -> None:
    """Whatever was faster."""

    async def slow(ctx: Context, host: Host | None = None) -> Outcome:
        await asyncio.sleep(0.05 if host == Host("a") else 0)
        return Outcome()

    evidence = look([check("each", slow, per_host=True), check("one")])
    assert [(result.check, result.host) for result in evidence.results] == [
        ("each", "a:27017"),
        ("each", "b:2"),
        ("one", None),
    ]


def test_what_is_needed_comes_first_and_has_to_succeed() -> None:
    order: list[str] = []

    def noting(name: str, failure: Failure | None = None) -> Run:
        async def run(ctx: Context, host: Host | None = None) -> Outcome:
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
    assert [name for name in order if name in ("first", "second", "third")] == [
        "first",
        "second",
        "third",
    ]
    assert "blocked" not in order
    assert "echo" not in order
    blocked_row, echo = evidence.results[4], evidence.results[5]
    assert (blocked_row.status, blocked_row.blocked_by, blocked_row.duration_ms) == (
        "skipped",
        "bad",
        0.0,
    )
    assert (echo.status, echo.blocked_by) == ("skipped", "blocked")
    assert evidence.results[6].ok
    assert order.index("after") > order.index("bad")


def test_a_host_waits_for_its_own_row_and_for_no_other() -> None:
    """One host's failure blocks what follows for that host alone."""

    async def first(ctx: Context, host: Host | None = None) -> Outcome:
        return Outcome(failure=Failure("x", "x") if host == Host("a") else None)

    evidence = look(
        [check("tcp", first, per_host=True), check("hello", per_host=True, needs=("tcp",))]
    )
    assert [result.status for result in evidence.of("hello")] == ["skipped", "ok"]


def test_hosts_run_at_once() -> None:
    """Each waits for the other: one after the other, neither would ever end."""
    here: dict[str, asyncio.Event] = {}

    async def meet(ctx: Context, host: Host | None = None) -> Outcome:
        for name in ("a", "b"):
            here.setdefault(name, asyncio.Event())
        assert host is not None
        here[host.name].set()
        await asyncio.gather(*(event.wait() for event in here.values()))
        return Outcome()

    assert all(result.ok for result in look([check("each", meet, per_host=True)]).results)


def test_one_host_that_got_through_is_enough_for_what_runs_once() -> None:
    """It begins while the other host is still silent, and sees the first."""
    hello_counts: list[int] = []

    async def first(ctx: Context, host: Host | None = None) -> Outcome:
        if host == Host("b", 2):
            await asyncio.sleep(3600)
        return Outcome()

    async def once(ctx: Context, host: Host | None = None) -> Outcome:
        hello_counts.append(len(ctx.evidence.of("hello")))
        return Outcome()

    evidence = look(
        [check("hello", first, per_host=True), check("driver", once, needs=("hello",))],
        settings=SHORT,
    )
    assert hello_counts == [1]
    late = rows(evidence, "hello")["b:2"].failure
    assert late is not None
    assert late.kind == "unfinished"
    assert re.fullmatch(r"no result within \d+\.\d s in this run", late.message)


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
    assert [(result.status, result.reason) for result in evidence.results[:2]] == [
        ("skipped", reason)
    ] * 2
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
    """While they are unknown, the report does not say that there are none."""
    seeds = [Host("x", 1), Host("y", 2)]
    evidence = look(
        [check("srv", expands=lambda data: seeds, seeds=True), check("tcp", per_host=True)], SRV
    )
    assert evidence.seeds == tuple(seeds)
    assert list(rows(evidence, "tcp")) == ["x:1", "y:2"]
    case = look([check("srv", FAILING, expands=lambda data: [], seeds=True)], SRV)
    assert case.seeds is None


def test_a_flood_of_hosts_is_dammed() -> None:
    crowd = [Host(f"h{number}") for number in range(5000)]
    evidence = look([check("hello", per_host=True, expands=lambda data: crowd)])
    assert len(evidence.hosts) == len(evidence.results) == len(evidence.seeds or ()) + MAX_MEMBERS


def test_every_seed_is_looked_at_however_many_there_are() -> None:
    """Whoever wrote the seed list means all of it: only what a server adds has a bound."""
    string = "mongodb://" + ",".join(f"127.0.0.1:{20000 + number}" for number in range(300))
    evidence = look([check("tcp", per_host=True)], parse(string))
    assert len(evidence.hosts) == len(evidence.results) == 300
