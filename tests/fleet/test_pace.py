"""The pace: how many targets may run, which of them, and what load may have caused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.fleet.examine import BUSY, is_affected, settled_line, with_honest_latency
from mongoping.fleet.line import Line
from mongoping.fleet.pace import MIN, START, Pace, Waiting
from tests.evidence import evidence, failed, result

CALM, BETWEEN, LAGGING = 1.0, 20.0, 200.0


def test_the_pace_starts_low_grows_and_backs_off() -> None:
    pace = Pace(100)
    assert pace.limit == START
    for _ in range(50):
        pace.adapt(CALM, is_saturated=True)
    assert pace.limit == 100
    pace.adapt(BETWEEN, is_saturated=True)
    assert pace.limit == 100
    pace.adapt(LAGGING, is_saturated=True)
    assert pace.limit == 60
    for _ in range(50):
        pace.adapt(LAGGING, is_saturated=True)
    assert pace.limit == MIN


def test_a_pace_that_is_not_used_does_not_grow() -> None:
    pace = Pace(100)
    pace.adapt(CALM, is_saturated=False)
    assert pace.limit == START


def test_a_machine_with_few_descriptors_runs_few_targets() -> None:
    pace = Pace(2)
    pace.adapt(LAGGING, is_saturated=True)
    assert pace.limit == 2


targets = st.lists(
    st.tuples(st.sampled_from("abcd"), st.lists(st.sampled_from("xyz"), max_size=2)), max_size=40
)


@given(targets, st.randoms(use_true_random=False))
def test_every_target_runs_once_and_none_at_the_same_time_as_another_of_its_deployment(
    items: list[tuple[str, list[str]]], random: object
) -> None:
    waiting: Waiting[int] = Waiting(per_host=2)
    for number, (deployment, hosts) in enumerate(items):
        waiting.add(number, deployment, hosts)
    running: list[tuple[int, str, tuple[str, ...]]] = []
    numbers: list[int] = []
    while len(numbers) < len(items):
        while (ready := waiting.next()) is not None:
            running.append(ready)
        assert running, "a target waits that nothing will release"
        deployments = [deployment for _, deployment, _ in running]
        assert len(set(deployments)) == len(deployments)
        for host in "xyz":
            assert sum(host in hosts for _, _, hosts in running) <= 2
        number, deployment, hosts = running.pop(random.randrange(len(running)))  # type: ignore[attr-defined]
        numbers.append(number)
        waiting.done(deployment, hosts)
    assert sorted(numbers) == list(range(len(items)))
    assert len(waiting) == 0


TIMEOUT = failed("tcp", "timeout", "a:1")
SELECTION = failed("driver", "selection")
REFUSAL = failed("tcp", "refused", "a:1", errno="ECONNREFUSED")
CUT_SHORT = failed("hello", "unfinished", "a:1", busy=False)
NOT_REACHED = result("api", status="skipped", blocked_by="deadline")
UNFINISHED_CONNECT = failed("tcp", "unfinished", "a:1", busy=True)


@pytest.mark.parametrize(
    ("row", "line", "stalled_ms", "expected"),
    [
        (SELECTION, Line("a", "fail", cause="topology.no-primary"), 500.0, True),
        (SELECTION, Line("a", "fail", cause="topology.no-primary"), 5.0, False),
        # the runner has taken stalls into account: retries of silent hosts would take very long
        (TIMEOUT, Line("a", "fail", cause="tcp.timeout"), 500.0, False),
        (REFUSAL, Line("a", "fail", cause="tcp.refused"), 500.0, False),
        (UNFINISHED_CONNECT, Line("a", "fail", cause="tcp.unexplained"), 0.0, True),
        # the stalls came before this check, and left it too little of the run's time
        (CUT_SHORT, Line("a", "fail", cause="api.unexplained"), 500.0, True),
        (CUT_SHORT, Line("a", "fail", cause="api.unexplained"), 5.0, False),
        (NOT_REACHED, Line("a", "fail", cause="api.unexplained"), 500.0, True),
        (NOT_REACHED, Line("a", "fail", cause="api.unexplained"), 5.0, False),
        (NOT_REACHED, Line("a", "fail", cause="tcp.refused"), 500.0, False),
        (result("uri"), Line("a", "warn", cause="ping.slow"), 30.0, True),
        (result("uri"), Line("a", "warn", cause="ping.slow"), 3.0, False),
        (result("uri"), Line("a", "warn", cause="tls.certificate-expiring"), 500.0, False),
        (result("uri"), Line("a", "fail", cause="tcp.reset", also=("dns.slow",)), 30.0, True),
    ],
)
def test_what_the_load_of_this_process_may_have_caused(
    row: object, line: Line, stalled_ms: float, expected: bool
) -> None:
    slow_evidence = evidence(row).replace(duration_ms=1000.0)  # type: ignore[arg-type]
    assert is_affected(slow_evidence, line, stalled_ms) is expected


def test_what_load_may_have_caused_is_no_fault_of_the_deployment() -> None:
    line = settled_line(Line("a", "fail", cause="tcp.timeout", detail="no answer"))
    assert (line.status, line.cause) == ("skip", None)
    assert BUSY in (line.detail or "")
    slow = settled_line(Line("a", "warn", cause="ping.slow", latency_ms=700.0))
    assert (slow.status, slow.cause, slow.latency_ms, slow.note) == (
        "warn",
        "ping.slow",
        None,
        BUSY,
    )


def test_a_latency_that_is_mostly_load_is_not_reported() -> None:
    line = Line("a", "ok", latency_ms=10.0)
    hello = evidence(result("uri"))
    assert with_honest_latency(line, hello, 2.0) == line
    short = Line("a", "ok", latency_ms=0.4)
    assert with_honest_latency(short, hello, 30.0) == short
    busy = with_honest_latency(line, hello, 30.0)
    assert (busy.latency_ms, busy.note) == (None, BUSY)
    failure = with_honest_latency(line.replace(status="fail"), hello, 30.0)
    assert (failure.latency_ms, failure.note) == (None, None)
