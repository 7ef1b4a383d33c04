"""Text files in the encodings that Windows tools write, and consoles with a small character set."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mongoping.cli import main
from tests.conftest import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

URI = "mongodb://127.0.0.1:1/shop"
TOML = '[targets.shop]\nuri = "mongodb://127.0.0.1:1/"\n'
LOG = "pymongo.errors.ServerSelectionTimeoutError: db:27017: [WinError 10061] refused\r\n"
INPUTS = [
    ("uri.txt", f"{URI}\r\n", ("uri", "--uri-file", "uri.txt"), 0, "shop"),
    (".env", f"MONGODB_URI={URI}\r\n", ("uri",), 0, "shop"),
    ("mongoping.toml", TOML, ("targets",), 0, "shop"),
    ("app.env", "A=mongodb://db/?tls=maybe\r\n", ("lint", "app.env"), 0, "app.env:1:3"),
    ("app.log", LOG, ("explain", "--file", "app.log"), 0, "tcp.refused"),
    ("all.txt", f"{URI}\r\n", ("fleet", "all.txt", "--timeout", "5"), 1, "tcp.refused"),
]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("name", "text", "args", "code", "output"), INPUTS, ids=[row[0] for row in INPUTS]
)
def test_files_of_powershell_are_read(
    encoding: str,
    name: str,
    text: str,
    args: tuple[str, ...],
    code: int,
    output: str,
    tmp_path: Path,
    run_mongoping: Any,
) -> None:
    (tmp_path / name).write_bytes(text.encode(encoding))
    run = run_mongoping(*args)
    assert run.code == code, run.err
    assert output in run.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_standard_input_of_powershell_is_read(encoding: str) -> None:
    text = "mongodb://a/\r\nmongodb://b/\r\n"
    run = CliRunner().invoke(main, ["uri", "-", "--format", "json"], input=text.encode(encoding))
    assert run.exit_code == 0, run.output
    entries = map(json.loads, run.output.splitlines())
    assert [entry["hosts"][0]["host"] for entry in entries] == ["a", "b"]


def test_utf_16_without_an_end_is_read_as_far_as_it_goes(
    tmp_path: Path, run_mongoping: Any
) -> None:
    (tmp_path / "uri.txt").write_bytes(URI.encode("utf-16") + b"x")
    run = run_mongoping("uri", "--uri-file", "uri.txt")
    assert run.code == 2
    assert "uri.txt is not UTF-8 text" in run.err


OUTPUTS = [
    ("cp437", ("check", URI, "-v")),
    ("cp1252", ("topology", URI)),
    ("ascii", ("watch", URI, "--count", "1")),
    ("cp437", ("causes", "tcp.refused")),
    ("cp1252", ("causes", "tcp.refused")),
    ("cp932", ("uri", "mongodb://größe/?appName=✓")),
]


@pytest.mark.parametrize(("encoding", "args"), OUTPUTS, ids=[f"{a}-{b[0]}" for a, b in OUTPUTS])
def test_a_small_character_set_gets_ascii_marks(
    encoding: str, args: tuple[str, ...], tmp_path: Path
) -> None:
    """``:strict`` would raise UnicodeEncodeError for a character that the set lacks."""
    run = subprocess.run(
        [sys.executable, "-m", "mongoping", *args],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**clean_environment(tmp_path), "PYTHONIOENCODING": f"{encoding}:strict"},
    )
    assert run.returncode in (0, 12, 18), run.stderr
    text = run.stdout.decode(encoding)
    assert text
    assert b"Traceback" not in run.stderr
    assert "?" not in text[:1]
    assert "\\u" not in text.replace("\\u2713", "")
