"""``mongoping explain`` from the outside: its sources, what it prints, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Run

REFUSAL = "MongooseServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017"
SILENT = "MongoServerSelectionError: Server selection timed out after 30000 ms"
KEYS = ["cause", "confidence", "alternatives", "title", "remedies", "client", "host", "missing"]


def test_a_text_is_explained(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", REFUSAL)

    assert run.code == 0
    assert run.err == ""
    first, *rest = run.out.splitlines()
    assert first.split() == ["✗", *["Nothing", "listens", "on", "that", "port"], "tcp.refused"]
    assert any(line.split() == ["Certainty", "likely,", "mongoose"] for line in rest)
    assert any(line.startswith("  Try first  ") for line in rest)
    assert "  mongoping causes tcp.refused" in rest


def test_words_without_quotes_are_one_text(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", *REFUSAL.split(), "--format", "json")

    assert run.json["cause"] == "tcp.refused"


def test_the_object_has_the_fields_of_the_contract(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", REFUSAL, "--format", "json")

    assert list(run.json) == KEYS
    assert run.json["confidence"] in ("certain", "likely", "possible")
    assert run.json["host"] == "127.0.0.1:27017"
    assert all(set(remedy) == {"text", "command", "uri"} for remedy in run.json["remedies"])
    assert run.json["remedies"]


def test_a_text_that_cannot_tell_ends_with_1(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", SILENT, "--format", "json")

    assert run.code == 1
    assert run.json["cause"] is None
    assert "mongoping check" in run.json["missing"]
    assert run_mongoping("explain", SILENT).code == 1


@pytest.mark.parametrize("args", [("-",), ()])
def test_a_pipe_is_read(run_mongoping: Callable[..., Run], args: tuple[str, ...]) -> None:
    run = run_mongoping("explain", *args, "--format", "json", stdin=f"{REFUSAL}\n")

    assert (run.code, run.json["cause"]) == (0, "tcp.refused")


def test_a_long_pipe_is_read_as_a_log(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", "--format", "json", stdin=f"{REFUSAL}\n" * 8_000)

    assert run.json["errors"] == 8_000
    assert run.json["cause"] == "tcp.refused"


def test_a_log_is_grouped(run_mongoping: Callable[..., Run], tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(
        f"2026-01-02 03:04:05 INFO up\n2026-01-02 03:04:06 ERROR {REFUSAL}\n"
        "2026-01-02 03:04:07 ERROR MongoServerError: bad auth : Authentication failed.\n"
        f"2026-01-02 03:04:08 ERROR {REFUSAL}\n"
    )
    run = run_mongoping("explain", "--file", str(log), "--format", "json")

    assert run.code == 0
    assert list(run.json) == [*KEYS, "lines", "errors", "groups"]
    assert (run.json["cause"], run.json["lines"], run.json["errors"]) == ("tcp.refused", 4, 3)
    first, second = run.json["groups"]
    assert (first["cause"], first["count"], first["line"]) == ("tcp.refused", 2, 2)
    assert (first["first"], first["last"]) == ("2026-01-02 03:04:06", "2026-01-02 03:04:08")
    assert (second["cause"], second["count"]) == ("auth.failed", 1)

    report = run_mongoping("explain", "--file", str(log)).out
    assert "3 MongoDB errors in 4 lines" in report
    assert "✗ 2 × Nothing listens on that port" in report


def test_a_log_without_errors_ends_with_1(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_text("all is well\n" * 10)
    run = run_mongoping("explain", "--file", str(log), "--format", "json")

    assert (run.code, run.json["cause"], run.json["errors"]) == (1, None, 0)
    assert "no MongoDB error in 10 lines" in run_mongoping("explain", "--file", str(log)).out


def test_a_log_that_powershell_wrote_is_read(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(f"{REFUSAL}\r\n".encode("utf-16"))

    assert run_mongoping("explain", "--file", str(log), "--format", "json").json["errors"] == 1


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\x01\0\0\0 mongodb ECONNREFUSED", b"PK\x03\x04\0\0"]
)
def test_a_binary_file_is_no_text(
    run_mongoping: Callable[..., Run], tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "program"
    file.write_bytes(data * 100)
    run = run_mongoping("explain", "--file", str(file), "--format", "json")

    assert (run.code, run.json["cause"]) == (1, None)
    assert "not text" in run.json["missing"]


def test_bytes_that_are_no_utf_8_do_no_harm(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"caf\xe9 " + REFUSAL.encode() + b" \xff\xfe\n")

    assert run_mongoping("explain", "--file", str(log), "--format", "json").json["errors"] == 1


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (("text", "--file", "x.log"), None, "not both"),
        (("--file", "no-such.log"), None, "cannot be read"),
        (("--file", "/dev/zero"), None, "The log /dev/zero is a device, which may never end."),
        (("-",), "", "empty"),
        (("",), None, "empty"),
        (("  \n",), None, "empty"),
        (("--format", "yaml", "text"), None, "yaml"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], stdin: str | None, words: str
) -> None:
    run = run_mongoping("explain", *args, stdin=stdin)

    assert run.code == 2
    assert words in run.err
    assert "Traceback" not in run.err


def test_the_name_of_a_file_in_the_place_of_the_text_is_noticed(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "app.log").write_text(REFUSAL)
    run = run_mongoping("explain", "app.log")

    assert run.code == 1
    assert "--file app.log" in run.out


def test_colors_are_for_who_wants_them(run_mongoping: Callable[..., Run]) -> None:
    assert "\x1b[" not in run_mongoping("explain", REFUSAL).out
    assert "\x1b[" in run_mongoping("explain", REFUSAL, env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in run_mongoping("explain", REFUSAL, env={"NO_COLOR": "1"}).out


def test_it_starts_without_what_it_does_not_need() -> None:
    """No driver, event loop, TLS or Rich, and no module of the causes."""
    script = (
        "import sys; sys.argv = ['mongoping', 'explain', 'mongodb connect ECONNREFUSED h:27017'];"
        "from mongoping.__main__ import run; run();"
        "heavy = {'pymongo', 'bson', 'rich', 'asyncio', 'ssl', 'dns', 'cryptography', 'socket'};"
        "print(sorted(name for name in sys.modules "
        "if name in heavy or name.startswith('mongoping.causes')))"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert process.stdout.splitlines()[-1] == "[]"


def test_the_library_gives_what_the_command_prints(run_mongoping: Callable[..., Run]) -> None:
    from mongoping import explain

    explanation = explain(REFUSAL)
    document: dict[str, Any] = json.loads(run_mongoping("explain", REFUSAL, "--format", "json").out)

    assert explanation.cause == document["cause"]
    assert explanation.confidence == document["confidence"]
    assert [remedy.as_json() for remedy in explanation.remedies] == document["remedies"]
    assert explanation.host == document["host"]
