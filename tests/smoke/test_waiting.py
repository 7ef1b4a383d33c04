"""The decisions of waiting, by tables and a clock of the test's own: no server, no loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping import registry
from mongoping.model import Verdict
from mongoping.smoke.waiting import (
    LAST_DELAY_S,
    Mark,
    Plan,
    Step,
    Wait,
    waits_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TOOK_S = 0.05


def verdict(cause: str) -> Verdict:
    layer = cause.partition(".")[0]
    return Verdict(cause, layer, "title", "why", ("do",), (), (), ("detail",))


def play(plan: Plan, observations: Sequence[str | Mark | None]) -> tuple[Wait, Step, float]:
    """Let attempts of 50 ms each come to these ends; what the last one led to, and when."""
    state, now = Wait(plan), 0.0
    step = Step("again")
    for at, what in enumerate(observations):
        assert step.kind == "again", f"it ended before attempt {at}"
        start, now = now, now + TOOK_S
        failure = verdict(what) if isinstance(what, str) else None
        mark = what if isinstance(what, Mark) else Mark()
        state, step = state.after(failure, mark, start, now)
        now += step.delay
    return state, step, now


def test_without_waiting_one_attempt_is_all() -> None:
    for cause in (None, "tcp.refused", "auth.failed"):
        state, step, _ = play(Plan(), [cause])
        assert step.kind == "end"
        assert state.attempts == 1


def test_what_passes_is_asked_again_and_what_is_ready_ends_it() -> None:
    state, step, now = play(Plan(wait=30), ["tcp.refused"] * 5 + [None])
    assert step.kind == "end"
    assert state.record(now).ready
    assert [change.cause for change in state.changes] == ["tcp.refused", None]


@pytest.mark.parametrize("cause", ["auth.failed", "uri.malformed", "tls.unknown-ca"])
def test_what_does_not_pass_ends_it_at_once(cause: str) -> None:
    state, step, _ = play(Plan(wait=30), [cause])
    assert step.kind == "end"
    assert state.attempts == 1
    assert not state.record(1).ready


def test_keep_waiting_goes_on_through_what_does_not_pass() -> None:
    _, step, _ = play(Plan(wait=30, keep=True), ["auth.failed"] * 6)
    assert step.kind == "again"


def test_what_looks_permanent_in_the_middle_of_a_change_is_asked_once_more() -> None:
    """A user that is created between the login and the question about it."""
    plan = Plan(wait=30)
    _, step, _ = play(plan, ["auth.user-not-found", "auth.failed"])
    assert step.kind == "again"
    _, step, _ = play(plan, ["auth.user-not-found", "auth.failed", None])
    assert step.kind == "end"
    _, step, _ = play(plan, ["auth.user-not-found", "auth.failed", "auth.failed"])
    assert step.kind == "end"


def test_giving_up_is_no_earlier_and_hardly_later_than_the_wait() -> None:
    state, now = Wait(Plan(wait=3)), 0.0
    for _ in range(1000):
        start, now = now, now + TOOK_S
        state, step = state.after(verdict("tcp.refused"), Mark(), start, now)
        if step.kind == "end":
            break
        now += step.delay
    assert 3 <= now <= 3 + 2 * TOOK_S


def test_stable_means_that_no_attempt_failed_in_between() -> None:
    plan = Plan(wait=30, stable=1)
    state, step, _ = play(plan, [None, None, None, "tcp.refused", None])
    assert step.kind == "again"
    assert state.ready_at is not None
    assert state.ready_at > 3 * TOOK_S


@pytest.mark.parametrize(
    "later",
    [
        Mark({"a:1": "new"}, frozenset({"a:1"})),
        Mark({"a:1": "old"}, frozenset({"b:1"})),
    ],
)
def test_a_restart_or_an_election_begins_the_time_of_stability_anew(later: Mark) -> None:
    before = Mark({"a:1": "old"}, frozenset({"a:1"}))
    plan = Plan(wait=30, stable=1)
    state, step, now = play(plan, [before, before, later])
    assert step.kind == "again"
    assert state.ready_at is not None
    assert now - state.ready_at <= LAST_DELAY_S


def test_a_member_more_or_less_is_no_restart() -> None:
    one = Mark({"a:1": "x"}, frozenset({"a:1"}))
    two = Mark({"a:1": "x", "b:1": "y"}, frozenset({"a:1"}))
    assert not one.differs(two)
    assert not two.differs(one)


@given(
    st.lists(
        st.sampled_from([None, "tcp.refused", "topology.no-primary", "auth.failed"]), max_size=60
    ),
    st.floats(0, 20),
    st.floats(0, 5),
)
def test_whatever_happens_ready_is_never_told_before_it_lasted(
    causes: list[str | None], wait: float, stable: float
) -> None:
    """The last attempts, over the whole time of stability, all have to be ready ones."""
    state, now = Wait(Plan(wait, None, stable)), 0.0
    failed_at = -1.0
    for what in causes:
        start, now = now, now + TOOK_S
        if what is not None:
            failed_at = now
        state, step = state.after(verdict(what) if what else None, Mark(), start, now)
        assert 0 <= step.delay <= LAST_DELAY_S
        if step.kind == "end":
            assert state.record(now).ready == (what is None)
            if what is None:
                assert now - max(failed_at, 0.0) >= stable
            return
        now += step.delay


def test_a_wait_says_what_the_catalog_says_of_the_cause() -> None:
    texts = {cause.code: waits_for(cause.code, ("mongo",)) for cause in registry.causes()}
    assert texts == {cause.code: cause.awaits or None for cause in registry.causes()}


def test_a_wrong_connection_string_is_not_waited_for() -> None:
    assert [
        cause.code for cause in registry.causes() if cause.layer == "uri" and cause.awaits
    ] == []


@pytest.mark.parametrize(
    ("cause", "names", "waits"),
    [
        ("dns.host-not-found", ("mongo",), True),
        ("dns.host-not-found", ("mongo-0.mongo.shop.svc.cluster.local",), True),
        ("dns.host-not-found", ("db.example.com",), True),  # external-dns publishes late, too
        ("dns.host-not-found", ("db.example.com", "c0-00.ab1cd.mongodb.net"), True),
        ("dns.host-not-found", ("c0-00.ab1cd.mongodb.net",), False),
        ("dns.srv-not-found", ("mongo.shop.svc.cluster.local",), True),
        ("dns.srv-not-found", ("db.corp.internal",), True),
        ("dns.srv-not-found", ("c0.ab1cd.mongodb.net",), False),
        ("dns.srv-not-found", ("db.example.com",), False),
        ("dns.srv-not-found", ("db.notlocal",), False),
        ("dns.srv-empty", ("mongo.shop.svc",), True),
        ("dns.srv-parent-domain-mismatch", ("mongo.shop.svc",), False),
    ],
)
def test_names_that_may_appear_later(cause: str, names: tuple[str, ...], waits: bool) -> None:
    assert (waits_for(cause, names) is not None) is waits
    _, step, _ = play(Plan(wait=30, names=names), [cause])
    assert (step.kind == "again") is waits


def test_the_progress_says_what_is_awaited_until_the_wait_ends() -> None:
    state, _, _ = play(Plan(wait=30, names=("mongo",)), ["dns.host-not-found", "auth.failed", None])
    texts = [change.awaited for change in state.changes]
    assert texts == ["the name to resolve", "a second result", None]
    state, _, _ = play(Plan(wait=30), ["tls.unknown-ca"])
    assert state.changes[0].awaited is None


@pytest.mark.parametrize(
    "cause",
    [
        "tcp.refused",
        "topology.not-initialized",
        "topology.no-primary",
        "topology.not-a-replica-set",
        "auth.user-not-found",
        "atlas.ip-not-allowed",
        "hello.no-reply",
        "tcp.unexplained",
    ],
)
def test_what_a_deployment_that_is_being_set_up_shows_passes(cause: str) -> None:
    """not-a-replica-set too: an image's first start runs a standalone before the real server."""
    assert waits_for(cause) is not None
