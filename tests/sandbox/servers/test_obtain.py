"""Servers from a mirror: which archive is taken, what is verified, and what is kept."""

from __future__ import annotations

import os
import resource
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.mongods import NoMongod, find_mongod, preferring
from mongoping.sandbox.obtain import MIRROR, check_name, obtain
from mongoping.sandbox.servers import cache
from tests.sandbox.servers.mirror import Answer, Mirror, archive, here, name_of, script

if TYPE_CHECKING:
    from collections.abc import Iterator
from tests.sandbox.servers.obtaining import DIGEST, Messages, failure, leftovers

pytestmark = pytest.mark.skipif(not here(), reason="MongoDB builds no server for this machine")


def test_the_newest_release_of_a_series_is_downloaded_once(mirror: Mirror, bare: Path) -> None:
    for version in ("8.0.4", "8.0.10"):
        mirror.put(name_of(version), archive(script(version)))
    digests = {name_of(version): DIGEST for version in ("8.0.4", "7.0.1")}
    best = mirror.put(name_of("8.0.10"), archive(script("8.0.10")))
    mirror.put_list("current.json", {**digests, name_of("8.0.10"): best})
    mongod = obtain("8.0", Messages())
    assert mongod.version == "8.0.10"
    assert mongod.path == bare / name_of("8.0.10").removesuffix(".tgz") / "mongod"
    assert mirror.paths == ["/current.json", f"/{here()[0].folder}/{name_of('8.0.10')}"]
    assert [path.name for path in mongod.path.parent.iterdir()] == ["mongod"]
    mirror.requests.clear()
    assert obtain("8.0", Messages()) == mongod
    assert obtain("8.0.10", Messages()) == mongod
    assert find_mongod() == mongod
    assert mirror.requests == []


def test_a_release_is_downloaded_without_a_list(mirror: Mirror) -> None:
    """The first platform has no archive of it, as for a distribution that is newer."""
    name = name_of("8.0.4", rank=1)
    mirror.put(name, archive(script("8.0.4")))
    messages = Messages()
    assert obtain("8.0.4", messages).version == "8.0.4"
    assert messages.sentences[0].startswith(f"{name} from {mirror.address} ")
    assert messages.sentences[1] == "The SHA-256 matches the published one."
    assert not [path for path in mirror.paths if path.endswith(".json")]


def test_a_series_that_is_no_longer_current_is_in_the_long_list(mirror: Mirror) -> None:
    digest = mirror.put(name_of("4.4.2"), archive(script("4.4.2")), checksum=False)
    mirror.put_list("current.json", {name_of("8.0.4"): DIGEST})
    mirror.put_list("full.json", {name_of("8.0.4"): DIGEST, name_of("4.4.2"): digest})
    assert obtain("4.4", Messages()).version == "4.4.2"


def test_a_release_whose_checksum_is_only_in_a_list(mirror: Mirror) -> None:
    digest = mirror.put(name_of("8.0.4"), archive(script("8.0.4")), checksum=False)
    mirror.put_list("current.json", {name_of("8.0.4"): digest})
    assert obtain("8.0.4", Messages()).version == "8.0.4"


def test_a_file_with_another_checksum_is_deleted(mirror: Mirror, bare: Path) -> None:
    """An archive that was replaced on the server: what is in it never runs."""
    marker = bare.parent / "was-run"
    name = name_of("8.0.4")
    actual = mirror.put(name, archive(f"#!/bin/sh\ntouch {marker}\n".encode()), checksum=False)
    mirror.put_list("current.json", {name: DIGEST})
    text = failure("8.0")
    assert text == (
        f"{name} was deleted, because its SHA-256 does not match the published one: "
        f"expected {DIGEST}, actual {actual}."
    )
    assert leftovers(bare) == []
    assert not marker.exists()


def test_a_connection_that_ends_early_is_not_called_a_wrong_checksum(
    mirror: Mirror, bare: Path
) -> None:
    name = name_of("8.0.4")
    data = archive(script("8.0.4"))
    mirror.put(name, data)
    place = f"/{here()[0].folder}/{name}"
    mirror.answers[place] = Answer(data[:50], length=len(data))
    text = failure("8.0.4")
    assert f"ended after 50 of {len(data):,} bytes" in text
    assert "SHA-256" not in text
    assert leftovers(bare) == []


def test_a_login_page_is_not_taken_for_a_checksum(mirror: Mirror) -> None:
    page = f"<html>Guest network. Session {DIGEST}</html>".encode()
    mirror.answers[f"/{here()[0].folder}/{name_of('8.0.4')}.sha256"] = Answer(page)
    assert "contains no SHA-256" in failure("8.0.4")
    mirror.answers["/current.json"] = Answer(page)
    assert "is not MongoDB's list of releases" in failure("8.0")


def test_an_error_of_the_server_is_not_called_a_missing_version(mirror: Mirror) -> None:
    mirror.answers["/current.json"] = Answer(b"busy", 503)
    text = failure("8.0")
    assert f"{mirror.address} answered 503 for {mirror.url}/current.json" in text


def test_a_version_that_does_not_exist_is_said_to_be_missing(mirror: Mirror) -> None:
    missing = failure("8.0.99")
    assert missing.startswith("MongoDB 8.0.99 for ")
    assert "check the version, and whether a proxy or the server refuses such files" in missing
    assert f"{mirror.address} has no current.json and full.json, or refuses them" in failure("8.0")
    for name in ("current.json", "full.json"):
        mirror.put_list(name, {name_of("8.0.4"): DIGEST})
    assert "lists no MongoDB 9.9" in failure("9.9")
    assert "lists no MongoDB 8.0.99" in failure("8.0.99")


def test_a_version_without_a_build_for_this_machine_says_what_is_missing(mirror: Mirror) -> None:
    from mongoping.sandbox.servers.machine import platforms, this_machine

    lacking = [platform for platform in platforms(this_machine()) if platform.lacks]
    if not lacking:
        pytest.skip("every build runs on this machine")
    for name in ("current.json", "full.json"):
        mirror.put_list(name, {lacking[0].archive("3.9.1"): DIGEST})
    text = failure("3.9")
    assert f"its build {lacking[0].name} needs {lacking[0].lacks}" in text
    for name in ("current.json", "full.json"):
        mirror.put_list(name, {"mongodb-linux-s390x-rhel8-3.9.1.tgz": DIGEST})
    assert "MongoDB 3.9 has no archive for" in failure("3.9")


def test_without_a_network_a_sentence_says_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mirror().running() as dead_mirror:
        monkeypatch.setenv(MIRROR, dead_mirror.url)
    text = failure("8.0")
    assert text.startswith(
        f"MongoDB 8.0 cannot be downloaded, because {dead_mirror.address} refused the connection; "
    )
    assert "--server PATH" in text


@pytest.mark.parametrize("value", ["mirror.example.com", "ftp://mirror.example.com", "https://"])
def test_a_mirror_that_is_no_url_is_refused(
    bare: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(MIRROR, value)
    assert failure("8.0") == f"{MIRROR} must be a URL that starts with https:// or http://."


def test_a_second_process_waits_for_the_first_one(mirror: Mirror, bare: Path) -> None:
    """The other process is this thread: a lock belongs to an open file."""
    name = name_of("8.0.4")
    mirror.put(name, archive(script("8.0.4")))
    messages, mongods = Messages(), []
    waiting = threading.Thread(target=lambda: mongods.append(obtain("8.0.4", messages)))
    folder = name.removesuffix(".tgz")
    with cache.reserve(folder, lambda: None):
        waiting.start()
        assert messages.waiting.wait(30)
        program = cache.program_of(folder)
        program.parent.mkdir()
        program.write_bytes(script("8.0.4"))
        program.chmod(0o755)
    waiting.join()
    assert mongods[0].path == program
    assert f"/{here()[0].folder}/{name}" not in mirror.paths


def test_what_a_killed_process_left_is_removed(mirror: Mirror, bare: Path) -> None:
    name = name_of("8.0.4")
    mirror.put(name, archive(script("8.0.4")))
    stale = bare / f"{name.removesuffix('.tgz')}{cache.DRAFT}abc"
    other = bare / f"{name_of('7.0.1').removesuffix('.tgz')}{cache.DRAFT}abc"
    for folder in (stale, other):
        folder.mkdir(parents=True)
        (folder / "archive.tgz").write_bytes(b"half")
    obtain("8.0.4", Messages())
    assert not stale.exists()
    assert other.exists()


def test_a_cache_that_cannot_be_written_is_named(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.put(name_of("8.0.4"), archive(script("8.0.4")))
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = tmp_path / "file" / "mongoping" / "servers"
    assert failure("8.0.4") == f"The server cannot be kept in {folder}: Not a directory."


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """Let the system refuse files that are larger than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_leaves_no_partial_file(mirror: Mirror, bare: Path) -> None:
    """A limit of file sizes plays the full disk: writing fails in the middle."""
    mirror.put(name_of("8.0.4"), archive(os.urandom(200_000)))
    with small_files(100_000):
        text = failure("8.0.4")
    assert f"cannot be kept in {bare}: File too large" in text
    assert leftovers(bare) == []


def test_an_archive_that_is_too_large_is_refused_by_its_stated_size(
    mirror: Mirror, bare: Path
) -> None:
    mirror.put(name_of("8.0.4"), b"")
    mirror.answers[f"/{here()[0].folder}/{name_of('8.0.4')}"] = Answer(b"", length=1 << 40)
    assert "more than the limit of" in failure("8.0.4")


def test_a_server_on_this_machine_is_not_downloaded(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "mongod"
    program.parent.mkdir()
    program.write_bytes(script("8.0.4"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    assert obtain("8.0", Messages()).path == program
    assert mirror.requests == []


def test_a_downloaded_server_that_does_not_run_is_not_downloaded_again(mirror: Mirror) -> None:
    missing = "mongod: error while loading shared libraries: libcurl.so.4: cannot open"
    mirror.put(name_of("8.0.4"), archive(f"#!/bin/sh\necho '{missing}' >&2; exit 127\n".encode()))
    text = failure("8.0.4")
    assert "needs the library libcurl.so.4, which is not installed (package libcurl4 " in text
    mirror.requests.clear()
    assert failure("8.0.4") == text
    assert mirror.requests == []


def test_a_preferred_server_is_used_unless_another_version_is_needed(
    bare: Path, tmp_path: Path
) -> None:
    program = tmp_path / "own"
    program.write_bytes(script("8.0.4"))
    program.chmod(0o755)
    with preferring(obtain(str(program), Messages())):
        assert find_mongod().path == program
        assert find_mongod("8.0").path == program
        with pytest.raises(NoMongod):
            find_mongod("4.4")
    with pytest.raises(NoMongod):
        find_mongod()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("v8.0", "'v8.0' is neither a version such as 8.0 or 8.0.4, nor a URL"),
        ("ftp://ada:secret@host/x.tgz", "ftp://host/x.tgz is no URL that starts with https://"),
        ("https://", "is no URL"),
        ("no/such/file", "nor a file or folder that exists"),
        ("", "neither a version"),
        ("~no-such-user/mongod", "neither a version"),
        ("x" * 5000, "neither a version"),
    ],
)
def test_other_names_are_refused_with_a_sentence(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"https://|version") as error:
        check_name(name)
    assert words in str(error.value)
    assert "secret" not in str(error.value)
