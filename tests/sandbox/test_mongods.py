"""Finding a mongod, and the message if there is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mongoping.sandbox import mongods
from mongoping.sandbox.mongods import SERVERS, NoMongod, find_mongod


def program(folder: Path, says: str, mode: int = 0o755) -> Path:
    """A program named mongod that says what it is told; it is played."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mongod"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(mode)
    return path


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any mongod: no wheel, nothing on PATH, no folder of old ones."""
    monkeypatch.setattr(mongods, "_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv(SERVERS, str(tmp_path / "servers"))
    return tmp_path


def test_a_mongod_on_path_comes_first(nothing: Path) -> None:
    path = program(nothing / "bin", "echo 'db version v8.0.4'")
    mongod = find_mongod()
    assert (mongod.path, mongod.version, dict(mongod.env)) == (path, "8.0.4", {})


def test_a_version_on_path_that_is_not_the_one_asked_for_is_passed_over(nothing: Path) -> None:
    program(nothing / "bin", "echo 'db version v8.0.4'")
    old = program(nothing / "servers" / "5.0.4", "echo 'db version v5.0.4'")
    assert find_mongod("5.0").path == old
    assert find_mongod("8.0").version == "8.0.4"


def test_a_version_is_matched_by_whole_numbers(nothing: Path) -> None:
    """5.0 is not 5.01, and 4 means every 4.x."""
    program(nothing / "servers" / "4.4.2", "echo 'db version v4.4.2'")
    assert find_mongod("4").version == "4.4.2"
    with pytest.raises(NoMongod):
        find_mongod("4.4.20")
    with pytest.raises(NoMongod):
        find_mongod("4.")


def test_an_old_server_gets_the_libraries_beside_it(nothing: Path) -> None:
    program(nothing / "servers" / "5.0.4", "echo 'db version v5.0.4'")
    libraries = find_mongod("5.0").env["LD_LIBRARY_PATH"]
    assert libraries == str(nothing / "servers" / "openssl-1.1")


def test_without_a_mongod_one_sentence_says_what_to_install(nothing: Path) -> None:
    with pytest.raises(NoMongod) as error:
        find_mongod()
    text = str(error.value)
    assert "mongod on PATH" in text or "put its mongod on PATH" in text
    sentence, _, command = text.partition("\n")
    assert sentence.count(". ") == 0
    assert sentence.endswith(":" if command else ".")


def test_a_mongod_that_does_not_run_is_named_with_its_reason(nothing: Path) -> None:
    path = program(nothing / "bin", "echo 'libssl.so.3: cannot open' >&2; exit 127")
    with pytest.raises(NoMongod, match=r"libssl\.so\.3: cannot open") as error:
        find_mongod()
    assert str(path) in str(error.value)


def test_a_program_without_the_executable_bit_gets_it(tmp_path: Path) -> None:
    path = program(tmp_path, "echo 'db version v6.0.5'", mode=0o644)
    assert mongods._executable(path) == path
    assert path.stat().st_mode & stat.S_IXUSR


def test_where_the_bit_cannot_be_set_a_copy_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path / "system", "echo 'db version v6.0.5'", mode=0o644)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    real, calls = Path.chmod, []

    def chmod(self: Path, mode: int) -> None:
        """The system's refusal is simulated, because tests may run as root."""
        calls.append(self)
        if self == path:
            raise PermissionError(1, "Operation not permitted")
        real(self, mode)

    monkeypatch.setattr(Path, "chmod", chmod)
    copy = mongods._executable(path)
    assert copy != path
    assert os.access(copy, os.X_OK)
    assert copy.read_bytes() == path.read_bytes()
    assert calls[0] == path


def test_a_server_gets_no_connection_string_from_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://ada:secret@db.example.com")
    monkeypatch.setenv("MONGOPING_PASSWORD", "secret")
    environment = mongods.Mongod(Path("mongod"), "6.0.5").environment()
    assert not any("secret" in value for value in environment.values())


def test_the_newest_release_of_a_series_is_found_by_its_numbers(nothing: Path) -> None:
    """As text, 5.0.9 would come after 5.0.10."""
    for version in ("5.0.4", "5.0.10", "5.0.9"):
        program(nothing / "servers" / version, f"echo 'db version v{version}'")
    assert find_mongod("5.0").version == "5.0.10"
