"""Which files can be compared, and the one sentence for those that cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mongoping.comparison.documents import DocumentError, pairs, read
from mongoping.comparison.results import compare_pairs
from tests.comparison.documents import report

GOOD = json.dumps(report())


def row(name: str, vantage: str | None, document: dict[str, Any] | None) -> str:
    """Return a line as `mongoping fleet --format json` prints it."""
    line = {"name": name, "labels": {}, "vantage": vantage, "status": "ok", "cause": None}
    return json.dumps(line if document is None else line | {"report": document})


SUMMARY = json.dumps({"summary": {"targets": 2, "ok": 1}})


def views(text: str | bytes) -> list[str]:
    """Return the names of the targets in a file."""
    data = text if isinstance(text, bytes) else text.encode()
    return list(read(data, "folder/a.json", "a.json"))


def test_a_file_with_one_report() -> None:
    assert views(GOOD) == ["mongodb://db1.example.com:27017/"]
    assert views(json.dumps(report(), indent=2)) == ["mongodb://db1.example.com:27017/"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_powershell_wrote(encoding: str) -> None:
    assert len(views(GOOD.encode(encoding))) == 1


def test_the_lines_of_a_fleet_are_matched_by_name_and_place() -> None:
    first = "\n".join([row("orders", "pod-a", report()), row("users", None, report()), SUMMARY])
    second = "\n".join([row("users", None, report("tcp.timeout")), row("new", None, report())])
    matches = pairs(read(first.encode(), "a", "a"), read(second.encode(), "b", "b"))
    assert [pair.name for pair in matches.pairs] == ["users"]
    assert matches.only_first == ("orders from pod-a",)
    assert matches.only_second == ("new",)
    result = compare_pairs(matches, ("a", "b"))
    assert not result.same


def test_the_reports_of_several_targets_in_one_object() -> None:
    both = [report(), report()]
    both[1]["target"] = both[1]["target"] | {"name": "orders"}
    text = json.dumps({"schema": 2, "status": "ok", "targets": both})
    assert views(text) == ["mongodb://db1.example.com:27017/", "orders"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "folder/a.json is empty."),
        ("mongodb://db1/", "it is not JSON in line 1"),
        (GOOD[: len(GOOD) // 2], "it ends too early in line 1"),
        (GOOD + "\n" + GOOD[:-5], "it ends too early in line 2"),
        ("[1, 2]", "folder/a.json is not a report."),
        ("{}", "folder/a.json is not a report of mongoping."),
        (SUMMARY, "folder/a.json contains no report."),
        ('{"schema": 2, "members": []}', "is the output of mongoping topology, not a report."),
        (
            json.dumps(report() | {"schema": 1}),
            "has schema 1, and this mongoping compares schema 2",
        ),
        (json.dumps(report() | {"schema": 3}), "compares schema 2. Update mongoping."),
        (row("orders", None, None), "is not a report of mongoping."),
        ("[" * 100_000, "it is not JSON in line 1"),
        (b"\xff\xfe\x00", "folder/a.json is not a text file."),
        (b"\x80PNG", "folder/a.json is not a text file."),
        ("9" * 10_000, "it is not JSON in line 1"),
    ],
)
def test_a_file_that_cannot_be_compared(text: str | bytes, sentence: str) -> None:
    with pytest.raises(DocumentError) as error:
        views(text)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_partial_report_is_compared() -> None:
    document = report("tcp.timeout")
    partial = {name: document[name] for name in ("schema", "status", "target", "verdict")}
    views_by_name = read(
        json.dumps(partial | {"layers": document["layers"][:3]}).encode(), "a", "a"
    )
    (view,) = views_by_name.values()
    assert (view.state, view.cause) == ("fails", "tcp.timeout")


def test_reports_of_two_targets_are_refused_unless_requested() -> None:
    other = json.loads(GOOD.replace("db1.example.com", "localhost"))
    first = read(GOOD.encode(), "a.json", "a.json")
    second = read(json.dumps(other).encode(), "b.json", "b.json")
    with pytest.raises(DocumentError, match="is about localhost:27017"):
        pairs(first, second)
    assert len(pairs(first, second, any_target=True).pairs) == 1
