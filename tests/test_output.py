"""Nothing that is written is obeyed by a runner or a terminal, and no error hides a verdict."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.output import Output, inert
from mongoping.sandbox.played import SimulatedServer, error, hello
from tests.conftest import clean_environment
from tests.examples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = re.compile(r"(?m)^(?:\s|\x1b\[[0-9;]*m)*::|##\w*\[")
PIECES = st.sampled_from(
    [
        *[":", "::", "::error::x", " ", "\t", "\n", "#", "##", "##[group]", "##vso[", "vso", "["],
        *["a", "\x1b[31m", "\u2003", "\x85", "::stop-commands::x", "\r", "fe80::1"],
    ]
)


def output_of(pieces: list[str], form: str = "text", *, in_ci: bool = True) -> str:
    """Return what a stream makes of several writes."""
    raw = io.BytesIO()
    stream = Output(raw, "test", in_ci=in_ci, encoding="utf-8", newline="")
    stream.form = form
    for piece in pieces:
        stream.write(piece)
    stream.flush()
    return raw.getvalue().decode()


@given(st.lists(PIECES, max_size=12))
def test_no_line_is_a_command_however_it_is_written(pieces: list[str]) -> None:
    output = output_of(pieces)
    assert not COMMAND.search(output)
    assert output.count("\n") == "".join(pieces).count("\n")


@given(st.lists(PIECES, max_size=12))
def test_outside_of_a_runner_the_text_stays(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\r", "").replace("\x85", "")
    assert output_of([text], in_ci=False) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_what_a_terminal_obeys_becomes_an_escape(text: str) -> None:
    output = output_of([text], in_ci=False)
    assert not re.search("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", output)
    assert not re.search(r"\x1b(?!\[[0-9;:]*m)", output)


def test_an_address_is_no_command() -> None:
    assert output_of(["see fe80", "::1 and a::b"]) == "see fe80::1 and a::b"


@given(st.lists(PIECES, max_size=12))
def test_documents_for_programs_keep_their_meaning(pieces: list[str]) -> None:
    value = {"".join(pieces): ["".join(pieces)]}
    text = inert(json.dumps(value, indent=1, ensure_ascii=False), "json")
    assert json.loads(text) == value
    assert not COMMAND.search(text)
    content = "".join(pieces).translate({27: None, 13: None, 0x85: None})
    document = ET.tostring(_element(content), encoding="unicode")
    text = inert(document, "junit")
    assert ET.fromstring(text).text == (content or None)  # noqa: S314 - made above
    assert not COMMAND.search(text)


def _element(text: str) -> ET.Element:
    element = ET.Element("a")
    element.text = text
    return element


def test_annotations_are_commands() -> None:
    assert output_of(["::error title=a::b\n"], "github") == "::error title=a::b\n"


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    """A played server whose error has a command in every tenth column, so that one is wrapped."""
    words = "".join(f"{'x' * gap} ::error::pwned ##[group]a " for gap in range(60))
    script: Any = {"hello": hello(), "ping": error(1, words), "buildInfo": error(1, words)}
    script |= {"saslStart": error(18, words), "connectionStatus": error(1, words)}
    with SimulatedServer(script) as server:
        yield f"mongodb://ada:pw@{server.address}/?appName=a"


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["check", "--verbose"],
        ["check", "--format", "markdown"],
        ["check", "--format", "tap"],
        ["check", "--format", "json"],
        ["check", "--format", "junit"],
        ["check", "--quiet"],
        ["local"],
        ["topology"],
        ["smoke", "--wait", "0.3"],
        ["watch", "--count", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("system", ["GITHUB_ACTIONS", "TF_BUILD"])
def test_no_command_of_a_server_reaches_a_runner(
    words: list[str], system: str, hostile: str, run_mongoping: Any
) -> None:
    run = run_mongoping(*words, hostile, env={system: "true", "COLUMNS": "60"})
    assert run.code not in (2, 70), run.err
    assert not COMMAND.search(run.out)
    assert not COMMAND.search(run.err)


def test_a_pasted_text_reaches_no_runner(run_mongoping: Any) -> None:
    text = "x\n::error::pwned connect ECONNREFUSED 127.0.0.1:27017\n##[group]a"
    for form in ("text", "json"):
        run = run_mongoping("explain", text, "--format", form, env={"GITHUB_ACTIONS": "true"})
        assert not COMMAND.search(run.out)
    run = run_mongoping("uri", "mongodb://h/\n::error::x", env={"GITHUB_ACTIONS": "true"})
    assert not COMMAND.search(run.out + run.err)
    run = run_mongoping("\n::error::x", env={"GITHUB_ACTIONS": "true"})
    assert run.code == 2
    assert not COMMAND.search(run.out + run.err)


REFUSED_URI = "mongodb://127.0.0.1:1/"
COMMANDS: dict[str, tuple[int, str | None]] = {
    f"check {REFUSED_URI}": (12, "tcp.refused"),
    f"check --format json {REFUSED_URI}": (12, "tcp.refused"),
    f"local {REFUSED_URI}": (12, "tcp.refused"),
    f"topology {REFUSED_URI}": (12, "tcp.refused"),
    f"smoke {REFUSED_URI}": (12, "tcp.refused"),
    f"smoke --probe {REFUSED_URI}": (12, "tcp.refused"),
    f"smoke --probe --format json {REFUSED_URI}": (12, "tcp.refused"),
    f"watch --count 1 {REFUSED_URI}": (18, "no ping"),
    f"watch --count 1 --format json {REFUSED_URI}": (18, "no ping"),
    "uri mongodb://h:x": (10, None),
    "uri --format json mongodb://h:x": (10, None),
    "explain nothing": (1, None),
    "causes": (0, None),
    "causes tcp.refused --format json": (0, None),
    "compat": (0, None),
    "snippet list": (0, None),
    "snippet show pymongo-async-atlas": (0, None),
    "smoke --expect help": (0, None),
    "sandbox --list-faults": (0, None),
    "--help": (0, None),
    "--version": (0, None),
}


def shell(words: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``mongoping`` is the command."""
    return subprocess.run(
        ["/bin/bash", "-c", f'mongoping() {{ "{sys.executable}" -m mongoping "$@"; }}\n{words}'],
        cwd=folder,
        env={**clean_environment(folder), **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def assert_loss(
    process: subprocess.CompletedProcess[str], label: str, code: int, words: str | None
) -> None:
    """Assert one sentence on standard error, and the verdict behind it."""
    assert process.returncode == 2, process.stderr
    lines = process.stderr.splitlines()
    assert re.fullmatch(rf"Error: {re.escape(label)} cannot be written: .*\.", lines[0]), lines
    assert len(lines) <= 2
    if words is not None:
        assert lines[1].startswith("Verdict: ")
        assert words in lines[1]
        assert lines[1].endswith(f"(exit code {code}).")
    elif code:
        assert lines[1:] == [f"Otherwise the exit code would be {code}."]


@pytest.mark.parametrize("command", sample([*COMMANDS]))
def test_a_full_disk_behind_standard_output_hides_no_verdict(command: str, tmp_path: Path) -> None:
    code, words = COMMANDS[command]
    assert_loss(shell(f"mongoping {command} >/dev/full", tmp_path), "Standard output", code, words)


@pytest.mark.parametrize("command", ["uri mongodb://h:x", f"check {REFUSED_URI}"])
def test_a_closed_standard_output_hides_no_verdict(command: str, tmp_path: Path) -> None:
    code, words = COMMANDS[command]
    assert_loss(shell(f"mongoping {command} >&-", tmp_path), "Standard output", code, words)


@pytest.mark.parametrize("command", sample([*COMMANDS], 2))
def test_a_reader_that_leaves_is_no_error(command: str, tmp_path: Path) -> None:
    """The pipe has no reader from the start, so that the first write meets its end."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "mongoping", *command.split()],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert process.stderr == ""
    assert process.returncode == COMMANDS[command][0]


def test_a_full_disk_behind_both_streams_still_exits_with_2(tmp_path: Path) -> None:
    assert shell("mongoping uri mongodb://h:x >/dev/full 2>/dev/full", tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (f"check {REFUSED_URI} -o /dev/full", "--output /dev/full"),
        (f"check {REFUSED_URI} -o /dev/full --format html", "--output /dev/full"),
        (f"topology {REFUSED_URI} -o /dev/full", "--output /dev/full"),
        (f"smoke {REFUSED_URI} -o /dev/full", "--output /dev/full"),
        (f"smoke --probe {REFUSED_URI} -o /dev/full", "--output /dev/full"),
        (f"smoke {REFUSED_URI} --report junit=/dev/full", "The junit report /dev/full"),
    ],
)
def test_a_full_disk_behind_a_report_hides_no_verdict(
    arguments: str, label: str, tmp_path: Path
) -> None:
    process = shell(f"mongoping {arguments}", tmp_path)
    assert_loss(process, label, 12, "tcp.refused")
    if "--report" in arguments:
        assert "tcp.refused" in process.stdout


def test_a_full_disk_behind_the_summary_of_a_job_hides_no_verdict(tmp_path: Path) -> None:
    process = shell(f"mongoping smoke {REFUSED_URI}", tmp_path, GITHUB_STEP_SUMMARY="/dev/full")
    assert_loss(process, "GITHUB_STEP_SUMMARY /dev/full", 12, "tcp.refused")
    assert "tcp.refused" in process.stdout


def test_a_full_disk_behind_a_recording_ends_the_watch(tmp_path: Path) -> None:
    """It is no use to go on: the next line will not be written either."""
    command = f"mongoping watch --interval 0.05 --record /dev/full {REFUSED_URI}"
    process = shell(command, tmp_path)
    assert process.returncode == 2
    assert "--record /dev/full cannot be written" in process.stderr
    assert "ticks" in process.stdout or "tick in" in process.stdout


def test_a_watch_ends_when_its_reader_leaves(tmp_path: Path) -> None:
    process = shell(f"mongoping watch --interval 0.05 {REFUSED_URI} | head -n 2", tmp_path)
    assert process.returncode == 0
    assert process.stderr == ""


@pytest.mark.parametrize("path", [".", "/nowhere/x", "a\\0b", "/dev/full/x"])
def test_a_file_that_cannot_be_opened_is_one_sentence(path: str, run_mongoping: Any) -> None:
    name = path.replace("\\0", "")
    for words in (
        ("check", REFUSED_URI, "-o", name if name != "ab" else "x/y"),
        ("smoke", REFUSED_URI, "--report", f"junit={name if name != 'ab' else 'x/y'}"),
        ("watch", REFUSED_URI, "--record", name if name != "ab" else "x/y"),
    ):
        run = run_mongoping(*words)
        assert run.code == 2
        assert run.err.count("Error:") == 1
        assert "cannot be written" in run.err
