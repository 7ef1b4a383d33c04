"""Which files the archives must contain, and how differences are reported."""

from __future__ import annotations

from pathlib import Path

from tools.release.contents import (
    SOURCE_EXCLUDED,
    checksums_text,
    differences,
    different_files,
    source_files,
    wheel_files,
)

TRACKED_PATHS = (
    ".gitattributes",
    "LICENSE",
    "docs/man/mongoping.1",
    "mongoping/__init__.py",
    "snippets/go/atlas.go",
    "tests/test_docs.py",
)


def test_the_wheel_contains_the_package_and_the_snippets() -> None:
    assert wheel_files(TRACKED_PATHS, "1.0") == {
        "mongoping/__init__.py",
        "mongoping/_snippets/go/atlas.go",
        "mongoping/data/mongoping.1",
        "mongoping-1.0.data/data/share/man/man1/mongoping.1",
        "mongoping-1.0.dist-info/METADATA",
        "mongoping-1.0.dist-info/RECORD",
        "mongoping-1.0.dist-info/WHEEL",
        "mongoping-1.0.dist-info/entry_points.txt",
        "mongoping-1.0.dist-info/licenses/LICENSE",
    }


def test_the_source_archive_contains_what_builds_and_tests_need() -> None:
    files = source_files(TRACKED_PATHS, "1.0")
    assert files == {f"mongoping-1.0/{path}" for path in (*TRACKED_PATHS[1:], "PKG-INFO")}


def test_no_test_reads_what_the_source_archive_lacks() -> None:
    tests = Path(__file__).parents[1].rglob("*.py")
    readers = [
        path.name
        for path in tests
        if path != Path(__file__)
        and any(pattern in path.read_text("utf-8") for pattern in SOURCE_EXCLUDED)
    ]
    assert readers == []


def test_equal_contents_have_no_differences() -> None:
    assert differences("a.whl", {"a", "b"}, ["b", "a"]) == []


def test_each_kind_of_difference_is_a_sentence() -> None:
    assert differences("a.whl", {"a", "b"}, ["b", "b", "c"]) == [
        "a.whl lacks a.",
        "a.whl contains c, which is not expected there.",
        "a.whl contains b twice.",
    ]


def test_long_lists_are_shortened() -> None:
    [problem] = differences("a.whl", set("abcdefgh"), [])
    assert problem == "a.whl lacks a, b, c, d, e and 3 more."


def test_builds_differ_in_checksums_and_in_files() -> None:
    assert different_files({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "3"}) == [
        "b",
        "c",
        "d",
    ]
    assert different_files({"a": "1"}, {"a": "1"}) == []


def test_checksums_are_in_the_format_of_sha256sum() -> None:
    assert checksums_text({"b": "22", "a": "11"}) == "11  a\n22  b\n"
