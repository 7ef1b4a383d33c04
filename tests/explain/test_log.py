"""A log is cut into its errors, and these are grouped by cause, however long it is."""

from __future__ import annotations

import tracemalloc

import pytest

from mongoping.explaining import explain
from mongoping.explaining.log import Reader, read_log
from mongoping.explaining.prefixes import bare
from mongoping.explaining.records import MAX_LINE, lines, records, time_of
from mongoping.explaining.screening import screen
from tests.examples import sample
from tests.explain import corpus

TRACEBACK = """\
2026-01-02 03:04:05,678 ERROR app could not save
Traceback (most recent call last):
  File "/app/main.py", line 7, in save
    orders.insert_one(order)
pymongo.errors.ServerSelectionTimeoutError: db1:27017: [Errno 111] Connection refused

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in save
    raise Unsaved(order)
Unsaved: 7
2026-01-02 03:04:06,001 INFO app goes on
"""
NODE = """\
MongooseServerSelectionError: connect ECONNREFUSED 192.0.2.7:27017
    at _handleConnectionErrors (/app/node_modules/mongoose/lib/connection.js:909:11)
  reason: TopologyDescription {
    type: 'Unknown',
  },
}
listening on port 3000
"""
JAVA = """\
2026-01-02T03:04:05.678Z ERROR shop - failed
com.mongodb.MongoSocketOpenException: Exception opening socket
\tat com.mongodb.internal.connection.SocketStream.open(SocketStream.java:75)
Caused by: java.net.ConnectException: Connection refused
\t... 12 common frames omitted
2026-01-02T03:04:06.000Z INFO shop - retrying
"""


def cut(text: str) -> list[tuple[int, int]]:
    """Return the first line and the number of lines of each record."""
    return [(record.line, record.text.count("\n") + 1) for record in records(lines([text]))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(TRACEBACK, [(1, 12), (13, 1)]), (NODE, [(1, 6), (7, 1)]), (JAVA, [(1, 5), (6, 1)])],
)
def test_what_belongs_together_is_one_record(text: str, expected: list[tuple[int, int]]) -> None:
    assert cut(text) == expected


def test_a_traceback_behind_another_one_is_a_record_of_its_own() -> None:
    """A chained one is not, and both may be without anything between them."""
    first, second = TRACEBACK.splitlines()[1:], TRACEBACK.splitlines()[1:5]

    assert cut("\n".join([*first[:-1], *second, *second])) == [(1, 11), (12, 4), (16, 4)]


def test_a_level_behind_the_time_is_not_a_host() -> None:
    """Otherwise the logger would be taken for the writer, and its traceback for another's."""
    line = "2026-01-02T03:04:05.678Z ERROR shop.orders: failed"

    assert bare(line) == (line, "")
    assert bare(line.replace("ERROR", "web1"))[1] == "shop.orders"


def test_a_prefix_of_compose_does_not_part_what_belongs_together() -> None:
    text = "".join(f"web_1  | {line}\n" for line in JAVA.splitlines())

    assert cut(text) == cut(JAVA)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_lines_are_the_same_out_of_pieces_of_any_size(size: int) -> None:
    text = TRACEBACK + NODE

    assert list(lines(text[at : at + size] for at in range(0, len(text), size))) == (
        text.splitlines()
    )


def test_errors_are_grouped_by_cause_with_counts_and_times() -> None:
    more = TRACEBACK.replace("03:04", "03:05").replace("db1", "db2")
    login = (
        '{"t":{"$date":"2026-01-02T04:00:00.000+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"c",'
        '"msg":"Authentication failed","attr":{"error":"UserNotFound: Could not find user ada for '
        'db admin"}}\n'
    )
    summary = read_log(lines([TRACEBACK, "nothing\n" * 3, login, more]))

    assert summary.lines == 13 + 3 + 1 + 13
    assert summary.errors == 3
    first, second = summary.groups
    assert (first.explanation.cause, first.count, first.line) == ("tcp.refused", 2, 1)
    assert (first.first, first.last) == ("2026-01-02 03:04:05,678", "2026-01-02 03:05:05,678")
    assert first.hosts == ("db1:27017", "db2:27017")
    assert (second.explanation.cause, second.count) == ("auth.user-not-found", 1)
    assert second.first == "2026-01-02T04:00:00.000+00:00"


def test_what_a_driver_gave_up_on_without_a_word_is_counted_apart() -> None:
    summary = read_log(["MongoServerSelectionError: Server selection timed out after 30000 ms"] * 2)

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [(None, 2)]


JOURNAL = """\
Jan 02 03:04:05 host shop[7]: Traceback (most recent call last):
Jan 02 03:04:05 host shop[7]:   File "/app/main.py", line 7, in save
Jan 02 03:04:05 host shop[7]:     orders.insert_one(order)
Jan 02 03:04:05 host shop[7]: pymongo.errors.ServerSelectionTimeoutError: db1:27017: [Errno 111] no
Jan 02 03:04:06 host shop[7]: up again
"""


@pytest.mark.parametrize(
    "prefix",
    [
        "Jan 02 03:04:05 host shop[7]: ",
        "2026-01-02T03:04:05.000000+00:00 app[web.1]: ",
        "2026-01-02T03:04:05.123456789Z stderr F ",
        "[pod/shop-7d9f/api] ",
        "shop-1  | ",
    ],
)
def test_a_traceback_whose_lines_say_who_writes_is_one_record(prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in TRACEBACK.splitlines())

    assert cut(text) == cut(TRACEBACK)


def test_what_two_services_write_in_turns_is_told_apart() -> None:
    one = [f"web-1  | {line}" for line in TRACEBACK.splitlines()]
    other = [f"job-1  | {line}" for line in JAVA.splitlines()]
    longest = max(len(one), len(other))
    turns = [line for at in range(longest) for line in (*one[at : at + 1], *other[at : at + 1])]
    summary = read_log(turns)

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [
        ("tcp.refused", 2)
    ]
    assert summary.lines == len(turns)


def test_the_time_of_a_record_is_that_of_its_prefix() -> None:
    (group,) = read_log(lines([JOURNAL])).groups

    assert (group.explanation.cause, group.count) == ("tcp.refused", 1)
    assert (group.first, group.last) == ("Jan 02 03:04:05", "Jan 02 03:04:05")


def test_no_more_services_are_kept_apart_than_have_room() -> None:
    """A log in which every line has a name of its own comes to an end, and loses no error."""
    summary = read_log(
        f"job-{at}  | MongoServerError: bad auth : Authentication failed." for at in range(500)
    )

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [
        ("auth.failed", 500)
    ]


def test_the_vaguer_words_behind_a_clear_error_are_its_echo() -> None:
    summary = read_log(
        [
            "2026-01-02T03:04:05.000+0000 W NETWORK [js] Failed to connect to 192.0.2.7:27017 "
            "after 5000ms milliseconds, giving up.",
            "2026-01-02T03:04:05.001+0000 E QUERY [js] Error: couldn't connect to server 192.0.2.7",
        ]
    )

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [
        ("tcp.timeout", 1)
    ]


def test_errors_of_other_services_in_the_same_log_are_not_counted() -> None:
    summary = read_log(
        [
            "ERROR Error: connect ECONNREFUSED 127.0.0.1:6379",
            "ERROR psycopg2.OperationalError: connection refused on port 5432",
            "HTTP 500 Internal Server Error",
        ]
    )

    assert (summary.lines, summary.errors, summary.groups) == (3, 0, ())


def test_numbers_that_decide_are_never_taken_for_ids() -> None:
    """Two records that differ in a code alone are two causes."""
    summary = read_log(
        [
            "MongoServerError: failed { ok: 0, code: 18 }",
            "MongoServerError: failed { ok: 0, code: 13 }",
            "MongoServerError: failed { ok: 0, code: 18 }",
        ]
    )

    assert {group.explanation.cause: group.count for group in summary.groups} == {
        "auth.failed": 2,
        "auth.not-authorized": 1,
    }


def test_the_database_of_an_unknown_user_is_never_overlooked() -> None:
    line = (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":5286307,"ctx":'
        '"conn1","msg":"Failed to authenticate","attr":{"error":"UserNotFound: Could not find user '
        '\\"ada\\" for db \\"%s\\""}}'
    )
    summary = read_log([line % "admin", line % "shop", line % "admin"])

    assert {group.explanation.cause: group.count for group in summary.groups} == {
        "auth.user-not-found": 2,
        "auth.wrong-auth-source": 1,
    }


def test_every_text_of_the_corpus_is_found_in_a_log() -> None:
    """The quick search that precedes `explain` in a log skips no text that `explain` knows."""
    from mongoping.explaining import explain, foreign

    for case in sample(list(corpus.own()), 1):
        if screen().kind(case.text, case.text.lower()):
            continue
        assert explain(case.text).cause is None or not foreign.is_mongodb(case.text), case.text


def test_hosts_without_a_port_are_collected() -> None:
    (group,) = read_log(
        f"MongoServerSelectionError: getaddrinfo ENOTFOUND {name}.shop.example"
        for name in ("db1", "db2", "db1", "db3")
    ).groups

    assert group.hosts == ("db1.shop.example", "db2.shop.example", "db3.shop.example")


@pytest.mark.parametrize(
    ("cluster", "cause"), [("ab12c", "dns.host-not-found"), ("xy34z", "atlas.cluster-paused")]
)
def test_a_cluster_that_was_reached_is_not_paused(cluster: str, cause: str) -> None:
    """A connection to another cluster says nothing of this one."""
    node = "cluster0-shard-00-0%d.%s.mongodb.net"
    lines = [
        f"22 Nov 08:16:12 info: MongoDB Connected Successfully: {node % (0, cluster)}:27017/shop",
        f"22 Nov 15:56:10 error: job failed: getaddrinfo ENOTFOUND {node % (1, 'ab12c')}",
        "22 Nov 15:56:11 info: retrying",
    ]
    (group,) = read_log(lines).groups

    assert group.explanation.cause == cause
    assert explain("\n".join(lines)).cause == cause


def test_a_time_zone_is_no_host() -> None:
    line = (
        '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"I","c":"NETWORK","id":4712102,"ctx":"r",'
        '"msg":"Host failed in replica set","attr":{"host":"db%d.shop.example:27017"}}'
    )
    (group,) = read_log([line % 1, line % 2]).groups

    assert group.hosts == ("db1.shop.example:27017", "db2.shop.example:27017")


def test_memory_does_not_grow_with_the_log() -> None:
    """Ten times the errors, each of them different, and the same memory at its peak."""

    def peak(count: int) -> int:
        tracemalloc.start()
        source = (
            f"2026-01-02T03:04:05Z MongoNetworkError number {at:x}zz{at * 7919:x}qq: connect "
            f"ECONNREFUSED 10.0.{at % 250}.1:27017"
            for at in range(count)
        )
        read_log(source)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # compiles what is compiled once
    assert peak(15_000) < peak(1_500) + 4_000_000


def test_a_log_with_too_many_different_errors_is_explained_in_part() -> None:
    """Known errors still count, and the number of the others is stated."""
    refusal = "MongoNetworkError: connect ECONNREFUSED 192.0.2.7:27017"
    login = "MongoServerError: bad auth : Authentication failed."
    lines = [refusal, refusal, login, "nothing", login, f"{refusal} again"]
    summary = Reader(max_explained=1).read(lines)

    assert [(group.explanation.cause, group.count) for group in summary.groups] == [
        ("tcp.refused", 3)
    ]
    assert (summary.lines, summary.unread) == (6, 2)
    assert Reader().read(lines).unread == 0


def test_a_line_without_an_end_is_read_in_parts() -> None:
    text = "x" * (3 * MAX_LINE) + " mongodb connect ECONNREFUSED 192.0.2.7:27017"
    summary = read_log(lines([text]))

    assert [group.explanation.cause for group in summary.groups] == ["tcp.refused"]
    assert max(map(len, lines([text]))) <= MAX_LINE


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (
            '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"I"}',
            "2026-01-02T03:04:05.678+00:00",
        ),
        ("[2026-01-02 03:04:05,678] ERROR", "2026-01-02 03:04:05,678"),
        ("Jan  2 03:04:05 host app[1]: failed", "Jan  2 03:04:05"),
        ("03:04:05.678 | failed", "03:04:05.678"),
        ("[22 Nov, 2025 - 15:56:10:5610] error", "22 Nov, 2025 - 15:56:10:5610"),
        ('192.0.2.7 - - [22/Nov/2025:15:56:10 +0000] "GET', "22/Nov/2025:15:56:10 +0000"),
        ("[Nest] 7  - 11/22/2025, 3:56:10 PM   ERROR", "11/22/2025, 3:56:10 PM"),
        ("2025/11/22 15:56:10 dial tcp", "2025/11/22 15:56:10"),
        ("Sat Nov 22 15:56:10 UTC 2025 retrying", "Sat Nov 22 15:56:10 UTC 2025"[4:]),
        ("failed", None),
    ],
)
def test_the_time_of_a_record_is_read_as_it_stands(text: str, when: str | None) -> None:
    assert time_of(text) == when
