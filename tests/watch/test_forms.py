"""Output of a watch: text lines, JSON lines, frames of every size, summaries."""

from __future__ import annotations

import io
import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mongoping.watch
from mongoping.watch import lines, replay, text
from mongoping.watch.board import KEPT_EVENTS, KEPT_PINGS, MAX_SERIES, Board, Numbers, Series, judge
from mongoping.watch.frame import frame, frames, plot, scale
from mongoping.watch.lines import BadLineError
from mongoping.watch.model import DRIVER, Event, Limits, MemberNow, Now, Tick
from mongoping.watch.sinks import TextLines, encode
from tests import schemas

A, B = "a.example.com:27017", "b.example.com:27017"
NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
SCHEMA = Path(mongoping.watch.__file__).parent / "watch.schema.json"
NOW = Now(
    "ReplicaSetWithPrimary",
    "rs0",
    (MemberNow(A, "primary", True), MemberNow(B, "secondary", False, NOON + 3)),
    A,
)
ELECTION = Event(
    NOON + 4,
    "election",
    A,
    "a is primary",
    "warning",
    {"old": B, "new": A, "seconds": 2.25, "since": NOON + 1.75},
)
EVIL = "\x1b[31m\r\n\u202e[bold]x[/bold]"


def board(ticks: int = 30) -> Board:
    board = Board("mongodb://ada:***@a.example.com/", NOON, 1.0)
    board.now = NOW
    for at in range(ticks):
        late = None if at % 7 == 3 else 0.5 + at / 8
        board.tick(Tick(at + 1, NOON + at, {DRIVER: 1.0, A: 0.3, B: late}))
    board.event(ELECTION)
    return board


def valid(line: str) -> Any:
    row = json.loads(line)
    schemas.validate(row, SCHEMA)
    return row


def test_each_kind_of_line_is_valid_and_round_trips() -> None:
    tick = Tick(7, NOON + 6, {DRIVER: 0.612, A: None})
    for original in (tick, ELECTION, NOW):
        line = encode(original, NOON)
        valid(line)
        assert line.endswith("\n")
        again = lines.read(line)
        if isinstance(original, Event):
            assert again == original.replace(
                facts={**original.facts, "since": "2026-01-01T12:00:01.750Z"}
            )
        else:
            assert again == original


def test_start_and_end_are_valid() -> None:
    sample = board()
    first = valid(lines.start(sample, {"mongoping": "0.1.0", "python": "3.11.7"}))
    assert first["uri"] == sample.uri
    numbers = {host: series.numbers for host, series in sample.series.items()}
    last = valid(lines.end(sample, judge(numbers, Limits()), was_interrupted=False))
    assert last["pings"][B]["lost"] == 4
    assert last["events"] == {"election": 1}
    assert last["without_primary_s"] == 2.25


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ("7", "not an object"),
        ("{}", "not an object"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z"}', "pings of the tick are missing"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": "1"}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": -1}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": NaN}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": true}}', "number"),
        ('{"type": "tick", "pings": {}}', "time is missing"),
        ('{"type": "event", "at": "soon"}', "is not a time"),
        ('{"type": "event", "at": 12}', "time is missing"),
        ('"' + "x" * 300_000 + '"', "longer than"),
    ],
)
def test_an_invalid_line_is_refused_with_a_reason(line: str, words: str) -> None:
    with pytest.raises(BadLineError, match=words):
        lines.read(line)


def test_unknown_types_and_empty_lines_are_skipped() -> None:
    assert lines.read("\n") is None
    assert lines.read('{"type": "of-a-later-version"}') is None


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "at", "pings", "members", "host", "role", "facts", "kind", "up", "n"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    ),
    st.sampled_from(["start", "tick", "event", "members", "end"]),
)
def test_any_json_is_parsed_or_refused_without_a_crash(value: Any, kind: str) -> None:
    row = {"at": "2026-01-01T00:00:00Z", **(value if isinstance(value, dict) else {}), "type": kind}
    try:
        line = lines.read(json.dumps(row))
    except BadLineError:
        return
    board = Board()
    if line is not None:
        replay.apply(line, board)
    for width, height in ((80, 24), (20, 5)):
        for screen_row in frame(board, width, height, zone=UTC):
            "".join(part for part, _ in screen_row).encode()


def test_a_truncated_recording_is_replayed_up_to_the_last_complete_line() -> None:
    recording = [encode(Tick(at, NOON + at, {A: 1.0}), NOON) for at in range(3)]
    results = list(replay.parse([*recording[:2], recording[2][:20]]))
    assert [line.number for line in results if isinstance(line, Tick)] == [0, 1]


def test_the_error_for_a_bad_line_has_its_number() -> None:
    recording = [encode(Tick(at, NOON + at, {A: 1.0}), NOON) for at in range(2)]
    with pytest.raises(BadLineError, match="line 2: it is not JSON"):
        list(replay.parse([recording[0], "nonsense\n", recording[1]]))


def test_an_empty_file_is_no_recording() -> None:
    for texts in ([], ["\n"]):
        with pytest.raises(BadLineError, match="contains no recording"):
            list(replay.parse(texts))


def test_a_replayed_board_equals_the_original() -> None:
    sample, again = board(), Board()
    recording: list[str] = [lines.start(sample, {})]
    for at in range(30):
        late = None if at % 7 == 3 else 0.5 + at / 8
        recording.append(encode(Tick(at + 1, NOON + at, {DRIVER: 1.0, A: 0.3, B: late}), NOON))
    recording += [encode(NOW, NOON), encode(ELECTION, NOON)]
    for line in replay.parse(recording):
        replay.apply(line, again)
    assert again.uri == sample.uri
    assert again.now == sample.now
    for host in (DRIVER, A, B):
        assert again.series[host].numbers == sample.series[host].numbers
    assert again.without_primary == sample.without_primary
    assert frame(again, 80, 24, zone=UTC) == frame(sample, 80, 24, zone=UTC)


@pytest.mark.parametrize(
    ("former", "speed", "wait"),
    [(None, 1.0, 0.0), (NOON, 1.0, 4.0), (NOON, 10.0, 0.4), (NOON, 0.0, 0.0), (NOON - 9999, 1, 5)],
)
def test_the_pause_of_a_replay_depends_on_its_speed(
    former: float | None, speed: float, wait: float
) -> None:
    assert replay.pause(former, ELECTION, speed) == pytest.approx(wait)


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


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ((A, B), ["a", "b"]),
        (("127.0.0.1:1", "127.0.0.1:2"), [":1", ":2"]),
        (("10.0.0.1:27017", "10.0.0.2:27017"), ["10.0.0.1", "10.0.0.2"]),
        (("a.x.test:1", "b.x.test:2"), ["a:1", "b:2"]),
        (("a.x.test:1", "a.y.test:1"), ["a.x.test", "a.y.test"]),
        ((A,), [A]),
        (("/tmp/one.sock", "/tmp/two.sock"), ["/tmp/one.sock", "/tmp/two.sock"]),
    ],
)
def test_names_are_shortened_as_long_as_they_differ(
    hosts: tuple[str, ...], expected: list[str]
) -> None:
    assert list(text.labels([DRIVER, *hosts]).values()) == expected


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_summary_fits_its_width_and_is_complete(width: int) -> None:
    sample = board()
    numbers = {host: series.numbers for host, series in sample.series.items()}
    verdict = judge(numbers, Limits(loss=0.0, p95_ms=0.5))
    output = text.summary(sample, verdict, width=width, zone=UTC)
    assert all(len(line) <= width for line in output.splitlines()), output
    for word in ("30 ticks", "driver", "p95", "events: 1 election", "limit: 0.5 ms"):
        assert word in " ".join(output.split())


def test_a_tick_line_marks_the_primary_and_lost_pings() -> None:
    line = text.tick(
        Tick(3, NOON, {DRIVER: 12.34, A: 0.301, B: None}), NOW, text.labels([A, B]), UTC
    )
    assert line == "12:00:00.0 #3     driver 12.3    a* 0.30        b lost\n"


def test_a_tick_written_after_an_event_is_not_earlier() -> None:
    """A tick is written when its pings are done; an event may happen meanwhile."""
    stream = io.StringIO()
    sink = TextLines(stream, Board(), UTC, unicode=True)
    sink.tell(Event(NOON + 0.4, "member-lost", B, "b is down", "warning"))
    sink.tell(Tick(1, NOON, {DRIVER: 1.0}))
    sink.tell(Tick(2, NOON + 1, {DRIVER: 1.0}))
    stamps = [line.split()[0] for line in stream.getvalue().splitlines()]
    assert stamps == ["12:00:00.4", "12:00:00.4", "12:00:01.0"]


def test_a_board_keeps_recent_events_and_counts_all() -> None:
    board = Board()
    for at in range(KEPT_EVENTS * 3):
        board.event(Event(float(at), "drop", A, "x"))
    for at in range(KEPT_PINGS * 2):
        board.tick(Tick(at, float(at), {A: 1.0}))
    assert (len(board.events), board.counts["drop"]) == (KEPT_EVENTS, KEPT_EVENTS * 3)
    assert (len(board.series[A].recent), board.series[A].numbers.sent) == (
        KEPT_PINGS,
        KEPT_PINGS * 2,
    )


def test_the_number_of_series_is_bounded() -> None:
    """The series of the driver and of current members are kept."""
    board = Board()
    board.now = Now("ReplicaSetWithPrimary", "rs0", (MemberNow(A, "primary", True),), A)
    for at in range(MAX_SERIES * 5):
        board.tick(Tick(at, float(at), {DRIVER: 1.0, A: 1.0, f"gone{at}:1": 1.0}))
    assert len(board.series) <= MAX_SERIES
    assert board.series[DRIVER].numbers.sent == board.series[A].numbers.sent == MAX_SERIES * 5


@pytest.mark.parametrize(
    ("sent_count", "lost_count", "has_percentiles"),
    [
        (4, 0, (True, False, False)),
        (19, 0, (True, False, False)),
        (20, 0, (True, True, False)),
        (20, 1, (True, False, False)),
        (99, 0, (True, True, False)),
        (100, 0, (True, True, True)),
        (3, 3, (False, False, False)),
    ],
)
def test_a_percentile_needs_enough_answered_pings(
    sent_count: int, lost_count: int, has_percentiles: tuple[bool, bool, bool]
) -> None:
    series = Series()
    for at in range(sent_count):
        series.add(None if at < lost_count else 1.0)
    numbers = series.numbers
    assert tuple(value is not None for value in numbers[4:7]) == has_percentiles
    assert list(series.percentiles) == [numbers.p50_ms, numbers.p95_ms, numbers.p99_ms]


def test_with_too_few_pings_the_maximum_is_compared_with_the_limit() -> None:
    few = numbers(4, 0)._replace(p95_ms=None, p99_ms=None, max_ms=9.1)
    verdict = judge({DRIVER: few}, Limits(p95_ms=9.0))
    assert (verdict.code, verdict.reasons) == (
        18,
        ("maximum of the driver's pings is 9.10 ms (limit: 9 ms)",),
    )
    assert judge({DRIVER: few}, Limits(p95_ms=9.1)).code == 0


def numbers(sent_count: int, lost_count: int, p95: float | None = 1.0) -> Numbers:
    return Numbers(sent_count, lost_count, p95, p95, p95, p95, p95, p95)


@pytest.mark.parametrize(
    ("series", "limits", "code", "reason"),
    [
        ({DRIVER: numbers(100, 0)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 99)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 100, None)}, Limits(), 18, "no ping was answered"),
        ({}, Limits(), 18, "no ping was answered"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=1.0), 0, None),
        ({DRIVER: numbers(100, 2)}, Limits(loss=1.0), 18, "lost 2.00 % of the driver's pings"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=0.0), 18, "limit: 0 %"),
        ({DRIVER: numbers(100, 0, 9.0)}, Limits(p95_ms=9.0), 0, None),
        ({DRIVER: numbers(100, 0, 9.1)}, Limits(p95_ms=9.0), 18, "is 9.10 ms (limit: 9 ms)"),
        ({DRIVER: numbers(9, 0), A: numbers(9, 9, None)}, Limits(loss=1.0), 0, None),
        ({A: numbers(9, 0), B: numbers(9, 3)}, Limits(loss=1.0), 18, B),
    ],
)
def test_the_exit_code_follows_the_limits(
    series: dict[str, Numbers], limits: Limits, code: int, reason: str | None
) -> None:
    """Only the driver's pings count, as a program's would; a lost member is an event."""
    verdict = judge(series, limits)
    assert verdict.code == code
    assert (reason in verdict.reasons[0]) if reason else (verdict.reasons == ())
