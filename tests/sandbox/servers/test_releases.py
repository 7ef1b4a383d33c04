"""Versions, lists of releases, checksums, and the choice of an archive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mongoping.sandbox.servers import releases, versions
from mongoping.sandbox.servers.machine import Platform
from mongoping.sandbox.servers.releases import Archive, NoListError

HERE = [Platform("linux-x86_64-debian12"), Platform("linux-x86_64-ubuntu2204")]
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "version", "release", "is_finished"),
    [
        ("8", True, False, False),
        ("8.0", True, False, False),
        ("8.0.4", True, True, True),
        ("8.0.0-rc9", True, True, False),
        ("8.0.4.1", False, False, False),
        ("v8.0", False, False, False),
        ("8.", False, False, False),
        ("latest", False, False, False),
        ("8.0/../..", False, False, False),
    ],
)
def test_versions_are_recognized(
    text: str, version: bool, release: bool, is_finished: bool
) -> None:
    assert versions.is_version(text) is version
    assert versions.is_release(text) is release
    assert versions.is_finished(text) is is_finished


def test_versions_are_sorted_by_their_numbers() -> None:
    texts = ["10.0.0", "8.0.4", "8.0.0", "node", "8.0.0-rc10", "6.0.5", "8.0.0-rc2"]
    expected = ["node", "6.0.5", "8.0.0-rc2", "8.0.0-rc10", "8.0.0", "8.0.4", "10.0.0"]
    assert sorted(texts, key=versions.key) == expected


def release(version: str, *platforms: str, **archive: Any) -> dict[str, Any]:
    """A release as MongoDB's lists have it, with an Enterprise and a source archive."""
    base = "https://fastdl.mongodb.org"
    names = [f"mongodb-{platform}-{version}.tgz" for platform in platforms]
    urls = [f"{base}/linux/{name}" for name in names]
    others = [
        f"{base}/linux/mongodb-linux-x86_64-enterprise-debian12-{version}.tgz",
        f"{base}/src/mongodb-src-r{version}.tar.gz",
        f"{base}/windows/mongodb-windows-x86_64-{version}.zip",
    ]
    downloads = [{"archive": {"url": url, "sha256": DIGEST, **archive}} for url in (*urls, *others)]
    return {"version": version, "production_release": True, "downloads": downloads}


def listing(*entries: Any) -> bytes:
    return json.dumps({"versions": entries}, indent=1).encode()


def test_a_list_gives_names_and_checksums_of_community_servers() -> None:
    data = listing(release("8.0.4", *(platform.name for platform in HERE)))
    assert list(releases.archives_in(data)) == [
        Archive("8.0.4", platform.name, DIGEST) for platform in HERE
    ]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {"downloads": None},
        {"downloads": [None, {}, {"archive": []}, {"archive": {"url": 5}}]},
        release("8.0.4", "linux-x86_64-debian12", url="https://x/../../etc/passwd"),
        release("8.0.4", "linux-x86_64-debian12", url="x" * 1000),
    ],
)
def test_odd_entries_of_a_list_are_skipped(entry: Any) -> None:
    good = release("7.0.1", "macos-arm64")
    assert [archive.version for archive in releases.archives_in(listing(entry, good))] == ["7.0.1"]


@pytest.mark.parametrize("digest", [None, 7, "abc", "z" * 64, DIGEST * 2])
def test_an_odd_checksum_is_none(digest: Any) -> None:
    data = listing(release("8.0.4", "linux-x86_64-debian12", sha256=digest))
    assert next(releases.archives_in(data)).sha256 is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>Log in to the guest network</title>",
        b"{}",
        b'{"versions": null}',
        listing(release("8.0.4", "macos-arm64"))[:-20],
        b'{"versions": [' + b"[" * 100_000,
    ],
    ids=["empty", "page", "object", "null", "truncated", "deep"],
)
def test_what_is_not_a_list_is_refused(data: bytes) -> None:
    with pytest.raises(NoListError):
        list(releases.archives_in(data))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("8.0", ("8.0.10", "linux-x86_64-debian12")),
        ("8", ("8.2.1", "linux-x86_64-ubuntu2204")),
        ("8.0.4", ("8.0.4", "linux-x86_64-debian12")),
        ("8.3.0-rc1", ("8.3.0-rc1", "linux-x86_64-debian12")),
        ("8.3", None),
        ("7.0", None),
        ("8.1", None),
    ],
)
def test_the_newest_release_that_runs_here_is_chosen(
    version: str, expected: tuple[str, str] | None
) -> None:
    both = [platform.name for platform in HERE]
    archives = [
        *(Archive("8.0.4", name) for name in both),
        *(Archive("8.0.10", name) for name in reversed(both)),
        Archive("8.2.1", both[1]),
        Archive("8.2.2", "linux-x86_64-rhel93"),
        Archive("8.3.0-rc1", both[0]),
        Archive("80.0.1", both[0]),
        Archive("8.1.0", "macos-arm64"),
    ]
    choice = releases.newest(archives, version, HERE)
    assert (choice and (choice.version, choice.platform)) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (f"{DIGEST}  mongodb-linux-x86_64-debian12-8.0.4.tgz\n".encode(), DIGEST),
        (DIGEST.upper().encode(), DIGEST),
        (f"\n{DIGEST}\n".encode(), DIGEST),
        (f"<html>Request {DIGEST}</html>".encode(), None),
        (f"{DIGEST}0".encode(), None),
        (b"\xff" * 100, None),
        (b"", None),
    ],
)
def test_a_checksum_file_starts_with_the_digest(data: bytes, expected: str | None) -> None:
    assert releases.checksum_in(data) == expected


@pytest.mark.parametrize(
    "name",
    [
        "mongodb-linux-x86_64-enterprise-ubuntu2204-8.0.4.tgz",
        "mongodb-src-r8.0.4.tar.gz",
        "mongodb-linux-x86_64-debian12-8.0.4.tgz.sha256",
        "mongodb-linux-x86_64-..-8.0.4.tgz",
        "mongodb-linux-x86_64-debian12-8.0.tgz",
    ],
)
def test_other_files_are_no_archives_of_the_community_server(name: str) -> None:
    assert releases.archive_named(name) is None
