"""Frames of the live view in terminals of every size."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from mongoping.watch import lines, text
from mongoping.watch.board import Board, judge
from mongoping.watch.frame import frame, frames, plot, scale
from mongoping.watch.model import DRIVER, Event, Limits, MemberNow, Now, Tick
from mongoping.watch.sinks import encode
from tests.watch.boards import ELECTION, NOON, NOW, board, valid

EVIL = "\x1b[31m\r\n\u202e[bold]x[/bold]"


@pytest.mark.parametrize("width", [20, 40, 71, 72, 80, 120, 300])
@pytest.mark.parametrize("height", [4, 5, 10, 24, 60])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_frame_fits_its_terminal(width: int, height: int, unicode: bool) -> None:
    rows = frame(board(), width, height, zone=UTC, unicode=unicode)
    assert len(rows) <= height
    for row in rows:
        assert sum(len(part) for part, _ in row) <= width


def flat(rows: Any) -> str:
    return "\n".join("".join(part for part, _ in row) for row in rows)


def test_a_frame_shows_members_numbers_and_events() -> None:
    output = flat(frame(board(), 100, 24, zone=UTC))
    for word in ("ReplicaSetWithPrimary rs0", "1 of 2 members up", "a primary", "b lost", "p95"):
        assert word in output
    assert "12:00:04.0  election  a is primary" in output
    assert "mongodb://ada:***@a.example.com/" in output


def test_a_long_event_is_wrapped_in_a_narrow_terminal() -> None:
    board = Board("mongodb://a/", NOON)
    board.event(Event(NOON, "drop", "a", "old"))
    board.event(Event(NOON, "election", "a", "b.example.com:27017 is primary after 3.3 s without"))
    rows = flat(frame(board, 40, 20, zone=UTC)).splitlines()
    assert rows[-3:] == [
        "12:00:00  old",
        "12:00:00  b.example.com:27017 is primary",
        "  after 3.3 s without",
    ]
    assert flat(frame(board, 40, len(rows) - 2, zone=UTC)).endswith(
        "b.example.com:27017 is primar…"
    )


@pytest.mark.parametrize("text", ["", " " * 500, "x" * 500, "x " * 250])
def test_very_long_and_empty_events_fit_a_frame(text: str) -> None:
    board = Board("mongodb://a/", NOON)
    board.event(Event(NOON, "drop", "a", text))
    for width in (20, 40, 80, 200):
        rows = frame(board, width, 12, zone=UTC)
        assert len(rows) <= 12
        assert all(sum(len(part) for part, _ in row) <= width for row in rows)


def test_a_frame_shows_the_seconds_without_a_primary() -> None:
    sample = board()
    sample.now = NOW.replace(primary=None, without_since=NOON + 20)
    assert "no primary for 9 s" in flat(frame(sample, 100, 24, zone=UTC))


def test_control_characters_in_a_frame_are_escaped() -> None:
    board = Board(f"mongodb://{EVIL}/", NOON)
    board.now = Now(EVIL, EVIL, (MemberNow(EVIL, EVIL, True),), EVIL)
    board.tick(Tick(1, NOON, {EVIL: 1.0}))
    board.event(Event(NOON, EVIL, EVIL, EVIL))
    for output in (
        flat(frame(board, 100, 24, zone=UTC)),
        text.summary(board, judge({}, Limits()), width=80, zone=UTC),
        text.tick(Tick(1, NOON, {EVIL: 1.0}), board.now, text.labels([EVIL]), UTC),
        text.event(board.events[0], UTC),
    ):
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "\r" not in output
        assert "\\x1b" in output


def test_a_plot_is_to_scale_and_marks_lost_pings() -> None:
    (row,) = plot([1.0, 2.0, 4.0, None], 6, 1, 5.0)
    bars = "".join(part for part, _ in row)
    assert len(bars) == 6
    assert bars.startswith("  ")
    assert bars[-1] == "×"
    assert bars[2] < bars[3] < bars[4]


def test_a_plot_of_several_rows_has_the_given_width() -> None:
    rows = plot([float(at) for at in range(500)], 33, 4, 600.0)
    assert len(rows) == 4
    assert all(sum(len(part) for part, _ in row) == 33 for row in rows)


def test_a_spike_does_not_flatten_the_other_values() -> None:
    """The spike is cut off and drawn in yellow; the others keep their height."""
    board = Board()
    for at, ms in enumerate([*[1.0] * 40, 900.0]):
        board.tick(Tick(at, NOON + at, {DRIVER: ms}))
    (row,) = plot(board.series[DRIVER].recent, 41, 1, scale([board], 41))
    assert row[-1] == ("█", "yellow")
    assert "▁" not in row[-2][0]


def two_boards() -> list[tuple[str, Board]]:
    """Return a board with pings of one millisecond, and one with pings of eight."""
    boards = []
    for name, ms in (("fast", 1.0), ("slow", 8.0)):
        board = Board(f"mongodb://{name}/", NOON, 1.0)
        for at in range(40):
            board.tick(Tick(at + 1, NOON + at, {DRIVER: ms}))
        boards.append((name, board))
    return boards


@pytest.mark.parametrize("width", [80, 120, 200])
def test_unit_and_scale_are_shown_and_all_rows_share_the_scale(width: int) -> None:
    rows = frames(two_boards(), width, 40, zone=UTC)
    titles = [row for row in flat(rows).splitlines() if row.startswith("in ms")]
    assert len(titles) == 2
    assert all(title.endswith(" 0 to 10.0 ms") for title in titles)
    bars = {text[-1] for row in rows for text, style in row if style == "green" and text.strip()}
    assert bars == {"▂", "▅", "█"}, "1 ms is not an eighth of the height of 8 ms"


def test_a_board_of_several_has_its_name_and_an_equal_share() -> None:
    rows = frames(two_boards(), 100, 20, zone=UTC)
    output = flat(rows).splitlines()
    assert output[0].startswith("fast  mongodb://fast/")
    assert output[10].startswith("slow  mongodb://slow/")


def test_boards_that_do_not_fit_are_counted() -> None:
    output = flat(frames([*two_boards(), *two_boards()], 100, 9, zone=UTC)).splitlines()
    assert output[-1] == "2 more in a higher terminal"
    assert len(output) == 9


def test_a_silent_deployment_shows_its_cause_and_the_command_until_it_answers() -> None:
    sample = board()
    facts = {"cause": "tcp.refused", "command": "mongoping check 'mongodb://a/?x=1&y=2'"}
    sample.event(Event(NOON + 40, "cause", None, f"tcp.refused: Nothing {EVIL}", "error", facts))
    output = flat(frame(sample, 100, 24, zone=UTC)).splitlines()
    at = next(number for number, row in enumerate(output) if row.startswith("✗ tcp.refused"))
    assert output[at + 1].strip() == facts["command"]
    assert "\x1b[31m" not in "\n".join(output)
    summary = text.summary(sample, judge({}, Limits()), width=40, zone=UTC)
    assert f"\n  {facts['command']}\n" in summary, "the command is not on a line of its own"
    sample.event(Event(NOON + 50, "reached", None, "reachable again"))
    assert "✗ tcp.refused" not in flat(frame(sample, 100, 24, zone=UTC)).partition("events")[0]


def test_a_line_names_its_target_if_there_are_several() -> None:
    line = lines.with_target(encode(Tick(1, NOON, {DRIVER: 1.0}), NOON), 'a"b')
    assert valid(line)["target"] == 'a"b'
    assert "target" not in valid(lines.with_target(encode(ELECTION, NOON), None))


def test_a_frame_without_unicode_is_ascii() -> None:
    rows = frame(board(), 100, 24, zone=UTC, unicode=False)
    graph = [part for row in rows for part, style in row if style in ("green", "red")]
    assert graph
    assert all(part.isascii() for part in graph)
