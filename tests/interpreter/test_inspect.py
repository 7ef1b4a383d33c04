"""What another Python has, and what is said of a program that is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mongoping.interpreter.inspect import inspect, interpreter_of
from mongoping.interpreter.locate import locate
from mongoping.interpreter.record import InterpreterError, Place
from mongoping.interpreter.session import MAX_BYTES
from tests.interpreter.programs import HERE, environment, script

PLACE = Place("/python")


def test_this_python_is_described_with_its_trust_store() -> None:
    import ssl

    import pymongo

    interpreter = inspect(Place(str(HERE)))
    assert interpreter.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert interpreter.packages["pymongo"] == pymongo.version
    assert interpreter.pymongo_file == pymongo.__file__
    assert interpreter.openssl == ssl.OPENSSL_VERSION
    assert interpreter.store_digest


def test_the_digest_of_the_trust_store_is_that_of_the_check(tmp_path: Path) -> None:
    """Otherwise two Pythons that trust the same CAs would seem to differ."""
    from mongoping.checks.tls_files import fingerprint
    from mongoping.probe.tls import context

    digest, count = fingerprint(context({}), uses_folder=True)
    interpreter = inspect(Place(str(HERE)))
    assert (interpreter.store_digest, interpreter.store_count) == (digest, count)


def test_what_the_environment_prints_at_its_start_is_ignored(tmp_path: Path) -> None:
    hostile = f'print(\'{{"inventory": {{"version": "9.9"}}}}\'); print(\'x\' * {MAX_BYTES // 2})'
    python = environment(tmp_path / "noisy", start=hostile)
    interpreter = inspect(Place(str(python)))
    assert interpreter.version == "{}.{}.{}".format(*sys.version_info[:3])
    assert interpreter.pymongo_file is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo hello", "is not a Python: it did not run a script of Python."),
        ("echo mongoping cannot use Python 2.7", "is Python 2.7; mongoping needs 3.6 or newer."),
        ("exit 3", "is not a Python: it did not run a script of Python."),
        ('yes \'{"version": "3.12"}\'', "is not a Python: it did not run a script of Python."),
        ("cat", "is not a Python: it did not run a script of Python."),
        (
            "echo 'Fatal Python error: init_fs_encoding: no module\x1b[31m encodings' >&2",
            "cannot run a script of Python: "
            "Fatal Python error: init_fs_encoding: no module\\x1b[31m encodings.",
        ),
    ],
)
def test_what_is_no_python_is_one_sentence(text: str, words: str, tmp_path: Path) -> None:
    path = script(tmp_path / "program", text)
    with pytest.raises(InterpreterError) as error:
        inspect(Place(str(path)))
    assert str(error.value) == f"{path} {words}"


def test_a_python_that_hangs_is_one_sentence(tmp_path: Path) -> None:
    path = script(tmp_path / "program", "exec sleep 600")
    with pytest.raises(InterpreterError, match=r"did not answer within 0.2 s\.$"):
        inspect(Place(str(path)), 0.2)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"inventory": None},
        {"inventory": []},
        {"inventory": {"version": None}},
        {"inventory": {"version": 3}},
        {"inventory": {"version": "three"}},
        {"inventory": {"version": "3.12\x1b[31m"}},
        {"inventory": {"version": "3" * 500}},
    ],
)
def test_an_answer_without_a_version_is_none(answer: dict[str, object]) -> None:
    assert interpreter_of(answer.items(), PLACE) is None


@pytest.mark.parametrize("value", [None, True, 3, -1.5, "x" * 9999, [], {}, 2**70, [["x"]]])
def test_values_of_any_type_are_read(value: object) -> None:
    names = ("implementation", "packages", "openssl", "ca_file", "ca_folder", "certifi_file")
    more = ("store_digest", "store_count", "pymongo_file", "has_pip")
    interpreter = interpreter_of(
        {"inventory": {"version": "3.9.1", **dict.fromkeys((*names, *more), value)}}.items(), PLACE
    )
    assert interpreter is not None
    assert all(len(text) < 400 for text in vars(interpreter).values() if isinstance(text, str))
    assert interpreter.store_count is None or abs(interpreter.store_count) < 2**31


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (0o644, "the file is not executable"),
        (0o755, "it is not a program that this system can run"),
    ],
)
def test_a_file_in_the_current_folder_is_found_and_is_not_a_python(
    mode: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "README.md"
    path.write_text("# Read me")
    path.chmod(mode)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InterpreterError) as error:
        inspect(locate("README.md", {"PATH": "/usr/bin"}, tmp_path))
    assert str(error.value) == f"{path} is not a Python: {words}."
