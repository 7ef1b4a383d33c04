"""Servers from a URL, a path or an archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from mongoping.sandbox.mongods import NoMongod, find_mongod
from mongoping.sandbox.obtain import obtain
from tests.sandbox.servers.mirror import Mirror, archive, here, pack, script
from tests.sandbox.servers.obtaining import DIGEST, Messages, failure, leftovers

pytestmark = pytest.mark.skipif(not here(), reason="MongoDB builds no server for this machine")


def test_an_archive_at_a_url_is_compared_with_the_checksum_beside_it(
    mirror: Mirror, bare: Path
) -> None:
    digest = mirror.put("own-build.tgz", archive(script("8.1.0")))
    url = f"{mirror.url}/linux/own-build.tgz"
    mongod = obtain(url, Messages())
    assert (mongod.version, mongod.path) == ("8.1.0", bare / digest[:32] / "mongod")
    with pytest.raises(NoMongod):  # it is not taken for one of MongoDB's own
        find_mongod("8.1")


def test_a_url_may_contain_the_checksum(mirror: Mirror) -> None:
    digest = mirror.put("own-build.tgz", archive(script("8.1.0")), checksum=False)
    url = f"{mirror.url}/linux/own-build.tgz"
    assert "add #sha256=" in failure(url)
    absent = f"{mirror.url}/linux/absent.tgz"
    assert f" answered 403 for {absent}; " in failure(absent)
    assert "does not match the one in the URL: expected " in failure(f"{url}#sha256={DIGEST}")
    assert "64 hex digits" in failure(f"{url}#sha256=abc")
    assert obtain(f"{url}#sha256={digest.upper()}", Messages()).version == "8.1.0"
    mirror.requests.clear()
    obtain(f"{url}#sha256={digest}", Messages())
    assert mirror.requests == []


def test_a_path_leads_to_a_program_a_folder_or_an_archive(bare: Path, tmp_path: Path) -> None:
    program = tmp_path / "install" / "bin" / "mongod"
    program.parent.mkdir(parents=True)
    program.write_bytes(script("7.0.1"))
    program.chmod(0o755)
    packed_file = tmp_path / "download.tgz"
    packed_file.write_bytes(archive(script("8.0.4")))
    for path in (program, program.parent, program.parents[1]):
        assert obtain(str(path), Messages()).path == program
    assert obtain(str(packed_file), Messages()).version == "8.0.4"
    assert packed_file.exists()


def test_a_path_without_a_server_is_named(bare: Path, tmp_path: Path) -> None:
    assert f"no bin/mongod in {tmp_path}" in failure(str(tmp_path))
    other = tmp_path / "other.tgz"
    other.write_bytes(archive(b"", name="x/bin/mongos"))
    assert failure(str(other)) == f"{other} cannot be used: it contains no bin/mongod."
    assert "does not report a version of mongod" in failure("/bin/true")
    assert failure("/dev/null") == "/dev/null is neither a file nor a folder."
    text = tmp_path / "notes"
    text.write_text("mongod")
    assert failure(str(text)).startswith(f"{text} is not executable: name a mongod, a folder ")
    text.chmod(0o755)
    text.write_bytes(b"\x7fELF")
    assert failure(str(text)) == f"{text} does not run here: Exec format error."
    other.write_bytes(b"<html>")
    assert failure(str(other)) == (
        f"{other} cannot be used: it is not a complete .tgz archive (not a gzip file)."
    )


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, b""


def plain(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    return entry, data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pack(link("x/bin/mongod", "/bin/sh")), "contains no bin/mongod"),
        (pack(plain("x/y/z/bin/mongod", b"#!")), "contains no bin/mongod"),
        (pack(plain("x/bin/mongod.sig", b"#!")), "contains no bin/mongod"),
        (archive(b"x" * 100_000)[:200], "not a complete .tgz archive"),
        (b"\x1f\x8bnonsense", "not a complete .tgz archive"),
    ],
    ids=["link", "deep", "other", "truncated", "damaged"],
)
def test_an_archive_without_a_usable_server_is_refused(
    bare: Path, tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "odd.tgz"
    path.write_bytes(data)
    assert words in failure(str(path))
    assert leftovers(bare) == []


def test_a_name_in_an_archive_never_becomes_a_path(bare: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.tgz"
    outside = tmp_path / "outside"
    path.write_bytes(pack(link("a", str(outside)), plain("../bin/mongod", script("8.0.4"))))
    mongod = obtain(str(path), Messages())
    assert mongod.path.parent.parent == bare
    assert not outside.exists()
    assert not (bare.parent / "bin").exists()
