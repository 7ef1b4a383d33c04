"""Statistics of a phase, and bars drawn to scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.model.waterfall import Lane, Phase, Spread, Waterfall, phases, spread
from mongoping.waterfall.bars import EIGHTHS, number, rows

times = st.lists(st.floats(0.001, 1e5), min_size=1, max_size=120)


@given(times)
def test_percentiles_are_samples_in_ascending_order(samples: list[float]) -> None:
    figures = spread(samples)
    assert figures is not None
    every = [figures.min_ms, figures.p50_ms, figures.p95_ms, figures.p99_ms, figures.max_ms]
    ranks = [rank for rank in every if rank is not None]
    assert (figures.p95_ms is None, figures.p99_ms is None) == (
        len(samples) < 20,
        len(samples) < 100,
    )
    assert ranks == sorted(ranks)
    assert set(ranks) <= set(samples)
    assert (figures.min_ms, figures.max_ms) == (min(samples), max(samples))


def test_percentiles_are_by_nearest_rank() -> None:
    figures = spread([float(at) for at in range(1, 101)])
    assert figures is not None
    assert (figures.p50_ms, figures.p95_ms, figures.p99_ms) == (50.0, 95.0, 99.0)


def test_jitter_is_the_mean_difference_between_consecutive_runs() -> None:
    """A slow drift has little jitter even over a wide range; alternating values have much."""
    drift, alternating = spread([1.0, 2.0, 3.0, 4.0, 5.0]), spread([1.0, 5.0, 1.0, 5.0, 1.0])
    assert drift is not None
    assert alternating is not None
    assert drift.jitter_ms == pytest.approx(1.0)
    assert alternating.jitter_ms == pytest.approx(4.0)


def test_a_single_run_has_no_jitter() -> None:
    single = spread([3.0])
    assert single is not None
    assert single.jitter_ms is None


def test_a_step_without_samples_has_no_phase() -> None:
    assert phases(["tcp", "tls"], {"tcp": [], "other": [1.0]}) == ()


def test_phases_have_the_order_of_the_steps() -> None:
    rows = phases(["dns", "tcp", "ping"], {"ping": [1.0], "dns": [2.0]})
    assert [phase.name for phase in rows] == ["dns", "ping"]


def flat(ms: float) -> Spread:
    return Spread(10, ms, ms, ms, ms, ms, 0.0)


COMPLETE = Waterfall(
    asked=10,
    names=Lane("db.example.test", (Phase("srv", flat(10.0)), Phase("txt", flat(10.0)))),
    hosts=(
        Lane(
            "a.example.test:27017",
            (Phase("tcp", flat(20.0)), Phase("ping", flat(40.0))),
            "10.0.0.1",
        ),
        Lane("b.example.test:27017", note="not measured: Connection refused"),
    ),
    driver=Lane("driver", (Phase("discover", flat(50.0)), Phase("ping", flat(41.0)))),
)


def draw(waterfall: Waterfall, width: int, *, unicode: bool = True) -> list[str]:
    lines = rows(waterfall, width, unicode=unicode)
    return ["".join(text for text, _ in row) for row in lines]


def bar(lines: list[str], label: str, which: int = 0) -> tuple[int, float]:
    """Return where the bar of a phase begins and how long it is, in columns."""
    line = [line for line in lines if line.startswith(f"  {label}")][which][12:]
    body = line[: len(line) - len(line.lstrip("".join(EIGHTHS)))]
    blocks = body.lstrip(" ").rstrip()
    return len(body) - len(body.lstrip(" ")), sum(EIGHTHS.index(block) for block in blocks) / 8


def test_bars_are_to_scale_and_begin_where_the_previous_step_ends() -> None:
    lines = draw(COMPLETE, 120)
    (srv, srv_long), (txt, _) = bar(lines, "SRV"), bar(lines, "TXT")
    (tcp, tcp_long), (ping, ping_long) = bar(lines, "TCP"), bar(lines, "ping")
    assert srv == 0
    assert txt == pytest.approx(srv_long, abs=1)
    assert tcp == pytest.approx(2 * srv_long, abs=1)
    assert ping == pytest.approx(tcp + tcp_long, abs=1)
    assert tcp_long == pytest.approx(2 * srv_long, abs=0.3)
    assert ping_long == pytest.approx(2 * tcp_long, abs=0.3)


def test_the_drivers_bars_have_the_same_scale_and_begin_at_zero() -> None:
    lines = draw(COMPLETE, 120)
    discover, long = bar(lines, "discover")
    assert discover == 0
    assert long == pytest.approx(5 * bar(lines, "SRV")[1], abs=0.5)
    assert "driver overhead per ping: 1.00 ms" in lines[-1]


@pytest.mark.parametrize("width", [40, 50, 75, 76, 80, 120, 250])
@pytest.mark.parametrize("unicode", [True, False])
def test_every_row_fits_its_width(width: int, unicode: bool) -> None:
    lines = draw(COMPLETE, width, unicode=unicode)
    assert all(len(line.rstrip()) <= width for line in lines), lines
    text = " ".join(" ".join(lines).split())
    for word in ("a.example.test:27017", "not measured: Connection refused", "p95", "driver"):
        assert word in text


def test_each_phase_shows_its_numbers_beside_the_bar() -> None:
    wide = Waterfall(
        3, hosts=(Lane("h:1", (Phase("tls", Spread(3, 1.0, 2.0, 3.0, 4.0, 5.0, 0.5)),)),)
    )
    (line,) = [line for line in draw(wide, 100) if "TLS" in line]
    assert line.split()[-6:] == ["1.00", "2.00", "3.00", "4.00", "5.00", "0.50"]


def test_a_long_tail_stays_within_the_width() -> None:
    phase = Phase("ping", Spread(3, 1.0, 1.0, 1e6, 1e6, 1e6, 0.5))
    assert all(len(line) <= 80 for line in draw(Waterfall(3, hosts=(Lane("h:1", (phase,)),)), 80))


def test_nothing_is_drawn_if_nothing_was_measured() -> None:
    assert rows(Waterfall(10), 80) == []


def test_control_characters_in_names_are_escaped() -> None:
    evil = "\x1b[31m\u202e[bold]:1"
    lines = draw(Waterfall(1, hosts=(Lane(evil, (), evil, evil),)), 80)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


@pytest.mark.parametrize(
    ("ms", "text"), [(None, "–"), (0.123, "0.12"), (12.34, "12.3"), (1234.5, "1234")]
)
def test_numbers_have_three_significant_digits(ms: float | None, text: str) -> None:
    assert number(ms) == text
