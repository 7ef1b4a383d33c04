"""Percentiles of samples, and a picture of them."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.checks.ping import CHECK, latency, sparkline
from mongoping.sandbox import scripts
from mongoping.sandbox.played import SimulatedServer, Wire, standalone
from tests.checks.real import look

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

SAMPLES = st.lists(st.none() | st.floats(0, 1e6), max_size=120)


@given(SAMPLES)
def test_percentiles_are_samples_in_their_order(samples: list[float | None]) -> None:
    """Nearest rank: each is a time that was measured."""
    facts = latency(samples)
    times = sorted(sample for sample in samples if sample is not None)
    assert (facts.count, facts.lost) == (len(samples), len(samples) - len(times))
    if not times:
        assert facts.min_ms is facts.p50_ms is facts.mean_ms is facts.stddev_ms is None
        return
    ranks = [facts.min_ms, facts.p50_ms, facts.p95_ms, facts.p99_ms, facts.max_ms]
    ranks_with_value = [rank for rank in ranks if rank is not None]
    assert all(rank in times for rank in ranks_with_value)
    assert ranks_with_value == sorted(ranks_with_value)
    assert (facts.p95_ms is None, facts.p99_ms is None) == (len(times) < 20, len(times) < 100)
    assert (facts.min_ms, facts.max_ms) == (times[0], times[-1])
    assert facts.mean_ms == pytest.approx(statistics.fmean(times))
    assert facts.stddev_ms == pytest.approx(statistics.pstdev(times), abs=1e-3)


def test_a_known_distribution_has_its_known_ranks() -> None:
    facts = latency([float(number) for number in range(1, 101)])
    assert (facts.p50_ms, facts.p95_ms, facts.p99_ms, facts.mean_ms) == (50.0, 95.0, 99.0, 50.5)
    assert latency([7.0]).p50_ms == 7.0


def test_stalls_are_no_part_of_the_statistics() -> None:
    """The second ping is mostly a stall of this process, so it may have been as fast as any."""
    seen = latency([1.0, 302.0, None, 4.0], 4, [0.0, 300.0, 50.0, 1.0])
    assert (seen.min_ms, seen.p50_ms, seen.max_ms, seen.lost) == (1.0, 2.0, 3.0, 1)
    assert seen.net_ms() == (1.0, 2.0, None, 3.0)
    assert (seen.disturbed, seen.least_ms(0.5)) == (1, 1.0)
    assert [line.text for line in CHECK.lines(seen) if line.label == "busy"] == [
        "this machine stalled during 1 of 4 pings; the times leave that out"
    ]


def test_a_slow_server_is_slow_whatever_this_machine_does() -> None:
    """The look-alike: short stalls do not make a long round trip another's."""
    seen = latency([300.0] * 3, 3, [5.0] * 3)
    assert (seen.p50_ms, seen.disturbed, seen.least_ms(0.5)) == (295.0, 0, 295.0)


@given(SAMPLES)
def test_a_picture_has_one_mark_for_each_of_the_last_samples(samples: list[float | None]) -> None:
    picture = sparkline(samples, 40)
    assert len(picture) == min(len(samples), 40)
    assert picture.count("×") == sum(sample is None for sample in samples[-40:])


def test_a_picture_reaches_from_the_fastest_to_the_slowest() -> None:
    assert sparkline([1.0, None, 8.0, 4.5]) == "▁×█▅"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([None]) == "×"


def test_as_many_pings_as_were_asked_for(mongod: Deployment) -> None:
    facts = look(mongod.uri, count=7).data("ping")
    assert (facts.count, facts.lost) == (7, 0)


@pytest.mark.parametrize("code", [10107, 11600, 59])
def test_an_answer_that_is_an_error_has_the_code_of_the_server(code: int) -> None:
    """Also where the driver makes NotPrimaryError of it. The server is played; three are enough."""
    with SimulatedServer(scripts.failing("ping", code, "not now")) as server:
        evidence = look(f"mongodb://{server.address}/", count=50)
        pings = sum("ping" in command for command in server.commands)
    failure = evidence.failure("ping")
    assert failure is not None
    assert (failure.kind, failure.message, failure.code) == ("command", "not now", code)
    assert evidence.data("ping").lost == 3
    assert pings < 10


def test_a_server_that_answers_no_ping_is_a_failure() -> None:
    """It is played; the run ends in time."""
    with SimulatedServer(scripts.mute("ping")) as server:
        evidence = look(f"mongodb://{server.address}/", deadline=4.0, cap=3.0)
    failure = evidence.failure("ping")
    assert failure is not None
    assert failure.kind == "timeout"
    assert evidence.data("ping").lost == evidence.data("ping").count


def test_a_ping_that_hangs_after_quick_ones_is_a_failure_with_the_earlier_answers() -> None:
    """It was cut off by mongoping's own limit, but after many times the others' time. Played."""
    answers = iter([{"ok": 1.0}] * 3)
    script = {"ping": lambda command, address: next(answers, Wire(b""))}
    with SimulatedServer(standalone() | script) as server:
        evidence = look(f"mongodb://{server.address}/", count=9, deadline=4.0, cap=3.0)
    facts, failure = evidence.data("ping"), evidence.failure("ping")
    assert failure is not None
    assert failure.kind == "timeout"
    assert (facts.lost, facts.samples_ms[-1]) == (1, None)
    assert failure.facts["answered"] == facts.count - 1
