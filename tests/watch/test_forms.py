"""How a watch looks: lines, JSON, frames of every size, summaries. Pure."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mongoping.watch
from mongoping.watch import lines, replay, text
from mongoping.watch.board import KEPT_EVENTS, KEPT_PINGS, MAX_SERIES, Board, Numbers, judge
from mongoping.watch.frame import frame, plot
from mongoping.watch.lines import BadLineError
from mongoping.watch.model import DRIVER, Event, Limits, MemberNow, Now, Tick
from mongoping.watch.sinks import encoded

A, B = "a.example.com:27017", "b.example.com:27017"
NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
SCHEMA = json.loads((Path(mongoping.watch.__file__).parent / "watch.schema.json").read_text())
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
    one = Board("mongodb://ada:***@a.example.com/", NOON, 1.0)
    one.now = NOW
    for at in range(ticks):
        late = None if at % 7 == 3 else 0.5 + at / 8
        one.tick(Tick(at + 1, NOON + at, {DRIVER: 1.0, A: 0.3, B: late}))
    one.event(ELECTION)
    return one


def valid(line: str) -> Any:
    import jsonschema

    row = json.loads(line)
    jsonschema.validate(row, SCHEMA)
    return row


def test_each_kind_of_line_is_valid_and_read_again_as_it_was() -> None:
    tick = Tick(7, NOON + 6, {DRIVER: 0.612, A: None})
    for one in (tick, ELECTION, NOW):
        line = encoded(one, NOON)
        valid(line)
        assert line.endswith("\n")
        again = lines.read(line)
        if isinstance(one, Event):
            assert again == one.replace(facts={**one.facts, "since": "2026-01-01T12:00:01.750Z"})
        else:
            assert again == one


def test_start_and_end_are_valid() -> None:
    one = board()
    first = valid(lines.start(one, {"mongoping": "0.1.0", "python": "3.11.7"}))
    assert first["uri"] == one.uri
    numbers = {host: series.numbers for host, series in one.series.items()}
    last = valid(lines.end(one, judge(numbers, Limits()), interrupted=False))
    assert last["pings"][B]["lost"] == 4
    assert last["events"] == {"election": 1}
    assert last["without_primary_s"] == 2.25


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ("7", "no object"),
        ("{}", "no object"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z"}', "has pings"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": "1"}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": -1}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": NaN}}', "number"),
        ('{"type": "tick", "at": "2026-01-01T00:00:00Z", "pings": {"a": true}}', "number"),
        ('{"type": "tick", "pings": {}}', "time is missing"),
        ('{"type": "event", "at": "soon"}', "is no time"),
        ('{"type": "event", "at": 12}', "time is missing"),
        ('"' + "x" * 300_000 + '"', "longer than"),
    ],
)
def test_a_line_that_is_none_is_refused_in_words(line: str, words: str) -> None:
    with pytest.raises(BadLineError, match=words):
        lines.read(line)


def test_unknown_types_and_empty_lines_are_passed_over() -> None:
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
def test_any_json_is_a_line_or_refused_and_never_a_crash(value: Any, kind: str) -> None:
    row = {"at": "2026-01-01T00:00:00Z", **(value if isinstance(value, dict) else {}), "type": kind}
    try:
        line = lines.read(json.dumps(row))
    except BadLineError:
        return
    one = Board()
    if line is not None:
        replay.apply(line, one)
    for width, height in ((80, 24), (20, 5)):
        for drawn in frame(one, width, height, zone=UTC):
            "".join(part for part, _ in drawn).encode()


def test_a_recording_that_broke_off_is_shown_up_to_there() -> None:
    whole = [encoded(Tick(at, NOON + at, {A: 1.0}), NOON) for at in range(3)]
    found = list(replay.parse([*whole[:2], whole[2][:20]]))
    assert [one.number for one in found if isinstance(one, Tick)] == [0, 1]


def test_a_bad_line_in_the_middle_is_named_by_its_number() -> None:
    whole = [encoded(Tick(at, NOON + at, {A: 1.0}), NOON) for at in range(2)]
    with pytest.raises(BadLineError, match="line 2: it is not JSON"):
        list(replay.parse([whole[0], "nonsense\n", whole[1]]))


def test_a_board_filled_from_its_own_lines_is_the_same_board() -> None:
    one, again = board(), Board()
    told: list[str] = [lines.start(one, {})]
    for at in range(30):
        late = None if at % 7 == 3 else 0.5 + at / 8
        told.append(encoded(Tick(at + 1, NOON + at, {DRIVER: 1.0, A: 0.3, B: late}), NOON))
    told += [encoded(NOW, NOON), encoded(ELECTION, NOON)]
    for line in replay.parse(told):
        replay.apply(line, again)
    assert again.uri == one.uri
    assert again.now == one.now
    for host in (DRIVER, A, B):
        assert again.series[host].numbers == one.series[host].numbers
    assert again.without_primary == one.without_primary
    assert frame(again, 80, 24, zone=UTC) == frame(one, 80, 24, zone=UTC)


@pytest.mark.parametrize(
    ("former", "speed", "wait"),
    [(None, 1.0, 0.0), (NOON, 1.0, 4.0), (NOON, 10.0, 0.4), (NOON, 0.0, 0.0), (NOON - 9999, 1, 5)],
)
def test_a_replay_waits_as_long_as_life_did_by_its_speed(
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
    shown = flat(frame(board(), 100, 24, zone=UTC))
    for word in ("ReplicaSetWithPrimary rs0", "1 of 2 answer", "a primary", "b lost", "p95"):
        assert word in shown
    assert "12:00:04.0  election  a is primary" in shown
    assert "mongodb://ada:***@a.example.com/" in shown


def test_a_long_event_goes_on_in_the_next_row_of_a_narrow_terminal() -> None:
    one = Board("mongodb://a/", NOON)
    one.event(Event(NOON, "drop", "a", "old"))
    one.event(Event(NOON, "election", "a", "b.example.com:27017 is primary after 3.3 s without"))
    shown = flat(frame(one, 40, 20, zone=UTC)).splitlines()
    assert shown[-3:] == [
        "12:00:00  old",
        "12:00:00  b.example.com:27017 is primary",
        "  after 3.3 s without",
    ]
    assert flat(frame(one, 40, len(shown) - 2, zone=UTC)).endswith("b.example.com:27017 is primar…")


@pytest.mark.parametrize("text", ["", " " * 500, "x" * 500, "x " * 250])
def test_no_event_is_too_long_or_too_empty_for_a_frame(text: str) -> None:
    one = Board("mongodb://a/", NOON)
    one.event(Event(NOON, "drop", "a", text))
    for width in (20, 40, 80, 200):
        rows = frame(one, width, 12, zone=UTC)
        assert len(rows) <= 12
        assert all(sum(len(part) for part, _ in row) <= width for row in rows)


def test_a_frame_says_since_when_there_is_no_primary() -> None:
    one = board()
    one.now = NOW.replace(primary=None, without_since=NOON + 20)
    assert "no primary for 9 s" in flat(frame(one, 100, 24, zone=UTC))


def test_a_frame_of_a_hostile_deployment_is_harmless() -> None:
    one = Board(f"mongodb://{EVIL}/", NOON)
    one.now = Now(EVIL, EVIL, (MemberNow(EVIL, EVIL, True),), EVIL)
    one.tick(Tick(1, NOON, {EVIL: 1.0}))
    one.event(Event(NOON, EVIL, EVIL, EVIL))
    for shown in (
        flat(frame(one, 100, 24, zone=UTC)),
        text.summary(one, judge({}, Limits()), width=80, zone=UTC),
        text.tick(Tick(1, NOON, {EVIL: 1.0}), one.now, text.labels([EVIL]), UTC),
        text.event(one.events[0], UTC),
    ):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\r" not in shown
        assert "\\x1b" in shown


def test_a_plot_is_true_to_heights_and_marks_what_was_lost() -> None:
    (row,) = plot([1.0, 2.0, 4.0, None], 6, 1)
    shown = "".join(part for part, _ in row)
    assert len(shown) == 6
    assert shown.startswith("  ")
    assert shown[-1] == "×"
    assert shown[2] < shown[3] < shown[4]


def test_a_plot_of_several_rows_is_as_wide_as_asked() -> None:
    rows = plot([float(at) for at in range(500)], 33, 4)
    assert len(rows) == 4
    assert all(sum(len(part) for part, _ in row) == 33 for row in rows)


def test_a_spike_does_not_flatten_all_else() -> None:
    """Cut off at the top and drawn in another colour; the others keep their height."""
    (row,) = plot([1.0] * 40 + [900.0], 41, 1)
    assert row[-1] == ("█", "yellow")
    assert "▁" not in row[-2][0]


def test_plain_characters_where_the_terminal_knows_no_others() -> None:
    rows = frame(board(), 100, 24, zone=UTC, unicode=False)
    graph = [part for row in rows for part, style in row if style in ("green", "red")]
    assert graph
    assert all(part.isascii() for part in graph)


@pytest.mark.parametrize(
    ("hosts", "wanted"),
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
def test_names_are_as_short_as_they_can_be_told_apart(
    hosts: tuple[str, ...], wanted: list[str]
) -> None:
    assert list(text.labels([DRIVER, *hosts]).values()) == wanted


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_summary_fits_its_width_and_holds_everything(width: int) -> None:
    one = board()
    numbers = {host: series.numbers for host, series in one.series.items()}
    verdict = judge(numbers, Limits(loss=0.0, p95_ms=0.5))
    shown = text.summary(one, verdict, width=width, zone=UTC)
    assert all(len(line) <= width for line in shown.splitlines()), shown
    for word in ("30 ticks", "driver", "p95", "events: 1 election", "over 0.5 ms"):
        assert word in " ".join(shown.split())


def test_a_tick_line_marks_the_primary_and_says_what_was_lost() -> None:
    line = text.tick(
        Tick(3, NOON, {DRIVER: 12.34, A: 0.301, B: None}), NOW, text.labels([A, B]), UTC
    )
    assert line == "12:00:00 #3     driver 12.3    a* 0.30        b lost\n"


def test_a_board_keeps_the_last_and_counts_all() -> None:
    one = Board()
    for at in range(KEPT_EVENTS * 3):
        one.event(Event(float(at), "drop", A, "x"))
    for at in range(KEPT_PINGS * 2):
        one.tick(Tick(at, float(at), {A: 1.0}))
    assert (len(one.events), one.counts["drop"]) == (KEPT_EVENTS, KEPT_EVENTS * 3)
    assert (len(one.series[A].recent), one.series[A].numbers.sent) == (KEPT_PINGS, KEPT_PINGS * 2)


def test_a_set_whose_members_come_and_go_for_ever_is_no_leak() -> None:
    """The driver's own series and those of present members stay."""
    one = Board()
    one.now = Now("ReplicaSetWithPrimary", "rs0", (MemberNow(A, "primary", True),), A)
    for at in range(MAX_SERIES * 5):
        one.tick(Tick(at, float(at), {DRIVER: 1.0, A: 1.0, f"gone{at}:1": 1.0}))
    assert len(one.series) <= MAX_SERIES
    assert one.series[DRIVER].numbers.sent == one.series[A].numbers.sent == MAX_SERIES * 5


def numbers(sent: int, lost: int, p95: float | None = 1.0) -> Numbers:
    return Numbers(sent, lost, p95, p95, p95, p95, p95, p95)


@pytest.mark.parametrize(
    ("seen", "limits", "code", "reason"),
    [
        ({DRIVER: numbers(100, 0)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 99)}, Limits(), 0, None),
        ({DRIVER: numbers(100, 100, None)}, Limits(), 18, "no ping came back"),
        ({}, Limits(), 18, "no ping came back"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=1.0), 0, None),
        ({DRIVER: numbers(100, 2)}, Limits(loss=1.0), 18, "2.00 % of the driver's pings lost"),
        ({DRIVER: numbers(100, 1)}, Limits(loss=0.0), 18, "over 0 %"),
        ({DRIVER: numbers(100, 0, 9.0)}, Limits(p95_ms=9.0), 0, None),
        ({DRIVER: numbers(100, 0, 9.1)}, Limits(p95_ms=9.0), 18, "is 9.10 ms, over 9 ms"),
        ({DRIVER: numbers(9, 0), A: numbers(9, 9, None)}, Limits(loss=1.0), 0, None),
        ({A: numbers(9, 0), B: numbers(9, 3)}, Limits(loss=1.0), 18, B),
    ],
)
def test_the_exit_code_by_the_limits(
    seen: dict[str, Numbers], limits: Limits, code: int, reason: str | None
) -> None:
    """The driver's pings are what a program would feel; a member that is down is an event."""
    verdict = judge(seen, limits)
    assert verdict.code == code
    assert (reason in verdict.reasons[0]) if reason else (verdict.reasons == ())
