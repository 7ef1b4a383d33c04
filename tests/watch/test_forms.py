"""Lines of a watch, as text and JSON, and recordings that are replayed."""

from __future__ import annotations

import io
import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.watch import lines, replay, text
from mongoping.watch.board import Board, judge
from mongoping.watch.frame import frame
from mongoping.watch.lines import BadLineError
from mongoping.watch.model import DRIVER, Event, Limits, Tick
from mongoping.watch.sinks import TextLines, encode
from tests.watch.boards import ELECTION, NOON, NOW, A, B, board, valid


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
