"""``mongoping lint`` on real files, in folders with and without git."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.privileges import bound_by_permissions

BAD = "uri: mongodb://h:99999/\n"
SECRET = "MONGO_URL=mongodb://ada:canary@db.example.com/\n"


def git(folder: Path, *args: str) -> None:
    command = [shutil.which("git") or "git", "-C", str(folder), *args]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "values.yaml").write_text(BAD)
    (tmp_path / ".env").write_text(SECRET)
    (tmp_path / "own.env").write_text(SECRET)
    (tmp_path / "blob.bin").write_bytes(b"\0mongodb://h:99999/")
    (tmp_path / "huge.txt").write_bytes(b"mongodb://h:99999/ " * 200_000)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.js").write_text(BAD)
    git(tmp_path, "add", "deploy", ".env")
    return tmp_path


def test_every_problem_has_file_line_and_column(repository: Path, run_mongoping: Any) -> None:
    run = run_mongoping("lint")
    assert run.code == 10
    assert run.out == (
        ".env:1:11: warning lint.password-in-file: the file is tracked and contains the password "
        "of db.example.com:27017\n"
        "  mongodb://ada:***@db.example.com/\n"
        "deploy/values.yaml:1:18: error uri.invalid-port: the port must be between 1 and 65535, "
        "not 99999\n"
        "  mongodb://h:99999/\n"
        "3 connection strings in 3 files: 1 error, 1 warning (left out: 1 binary, "
        "1 larger than 2 MB)\n"
    )


def test_json_has_the_same(repository: Path, run_mongoping: Any) -> None:
    run = run_mongoping("lint", "--format", "json")
    rows = [(row["path"], row["line"], row["code"]) for row in run.json["problems"]]
    assert rows == [
        (".env", 1, "lint.password-in-file"),
        ("deploy/values.yaml", 1, "uri.invalid-port"),
    ]
    assert run.json["skipped"] == {"binary": 1, "large": 1, "reports": 0}
    assert "canary" not in run.out


def test_github_annotates_the_lines(repository: Path, run_mongoping: Any) -> None:
    lines = run_mongoping("lint", "--format", "github").out.splitlines()
    assert lines[1].startswith("::error file=deploy/values.yaml,line=1,col=18,title=mongoping")


def test_sarif_has_the_places(repository: Path, run_mongoping: Any) -> None:
    run = run_mongoping("lint", "--format", "sarif", "-o", "out.sarif")
    assert run.code == 10
    assert not run.out
    log = json.loads((repository / "out.sarif").read_text())
    results = log["runs"][0]["results"]
    place = results[1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "deploy/values.yaml"
    assert place["region"]["startLine"] == 1
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in results] == [
        result["ruleId"] for result in results
    ]
    schema = {"required": ["message", "locations", "partialFingerprints"]}
    for result in results:
        jsonschema.validate(result, schema)


def test_a_baseline_leaves_out_what_is_known(repository: Path, run_mongoping: Any) -> None:
    baseline = run_mongoping("lint", "--write-baseline", "known.json")
    assert baseline.code == 0
    assert "canary" not in (repository / "known.json").read_text()
    (repository / "deploy" / "values.yaml").write_text(f"# moved\n{BAD}")
    assert run_mongoping("lint", "--baseline", "known.json", "--strict").code == 0
    (repository / "new.yaml").write_text(BAD)
    run = run_mongoping("lint", "--baseline", "known.json")
    assert run.code == 10
    assert "new.yaml:1:18" in run.out
    assert "2 known" in run.out


@pytest.mark.parametrize(
    "args",
    [
        ("lint", "--format", "json"),
        ("lint", "--format", "sarif"),
        ("check", "mongodb://127.0.0.1:1/?w=x&tls=maybe", "--format", "json"),
        ("check", "mongodb://127.0.0.1:1/?w=x&tls=maybe", "--format", "sarif"),
        ("check", "mongodb://127.0.0.1:1/?w=x&tls=maybe", "--format", "junit"),
        ("fleet", "deploy/list.txt", "--format", "json"),
    ],
)
def test_what_mongoping_wrote_is_not_checked(
    args: tuple[str, ...], repository: Path, run_mongoping: Any
) -> None:
    (repository / "deploy" / "list.txt").write_text("mongodb://127.0.0.1:1/?w=x&tls=maybe\n")
    before = run_mongoping("lint", "--format", "json").json
    run_mongoping(*args, "--output", "own")
    assert "mongodb://" in (repository / "own").read_text()
    after = run_mongoping("lint", "--format", "json").json
    assert after["problems"] == before["problems"]
    assert after["skipped"]["reports"] == 1


def test_the_file_that_a_run_writes_is_not_checked(repository: Path, run_mongoping: Any) -> None:
    args = ("lint", "-o", "./found.txt", "--format", "text")
    run_mongoping(*args)
    first = (repository / "found.txt").read_text()
    assert "mongodb://h:99999/" in first
    run_mongoping(*args)
    assert (repository / "found.txt").read_text() == first
    assert "found.txt" in run_mongoping("lint").out


def test_a_program_that_mentions_a_report_is_checked(repository: Path, run_mongoping: Any) -> None:
    (repository / "a.json").write_text(
        '{"tool": {"mongoping": "1"}, "driver": {"name": "other"}, "uri": "mongodb://h:99999/"}'
    )
    assert "a.json:1:" in run_mongoping("lint").out


def test_quiet_prints_problems_only(repository: Path, run_mongoping: Any) -> None:
    run = run_mongoping("lint", "-q", ".env")
    assert run.out.startswith(".env:1:11: warning")
    assert run.out.count("\n") == 2
    clean = run_mongoping("lint", "--quiet", "own.env", "-o", "out.txt")
    assert (clean.code, clean.out, clean.err) == (0, "", "")
    assert (repository / "out.txt").read_text() == ""


def test_files_can_be_left_out(repository: Path, run_mongoping: Any) -> None:
    run = run_mongoping("lint", "--exclude", "deploy", "--exclude", "*.env")
    assert run.code == 0
    assert "node_modules" not in run.out
    explicit = run_mongoping("lint", "node_modules/a.js")
    assert explicit.code == 10


def test_warnings_fail_only_if_strict(repository: Path, run_mongoping: Any) -> None:
    assert run_mongoping("lint", ".env").code == 0
    assert run_mongoping("lint", "--strict", ".env").code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere",), "nowhere does not exist."),
        (("--baseline", "nowhere"), "nowhere"),
        (("--baseline", "deploy/values.yaml"), "is not a baseline: write one"),
    ],
)
def test_bad_input_is_one_sentence(
    args: tuple[str, ...], words: str, repository: Path, run_mongoping: Any
) -> None:
    run = run_mongoping("lint", *args)
    assert run.code == 2
    assert words in " ".join(run.err.split())


def test_a_named_path_that_cannot_be_read_does_not_pass(
    repository: Path, run_mongoping: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a pipeline would be green without a check."""
    monkeypatch.chdir(repository)  # the path of a socket may be too long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("server")
        run = run_mongoping("lint", "server")
    assert (run.code, "server is a socket, not a file." in run.err) == (2, True)
    unreadable = repository / "hidden.env"
    unreadable.touch(mode=0o200)
    process = subprocess.run(
        bound_by_permissions([sys.executable, "-m", "mongoping", "lint", str(unreadable)]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 2
    assert process.stderr.endswith("hidden.env cannot be read: Permission denied.\n")


def test_an_unreadable_file_is_named_and_the_others_are_checked(
    repository: Path, run_mongoping: Any
) -> None:
    (repository / "loop").symlink_to("loop")
    (repository / "dangling").symlink_to("nowhere")
    assert run_mongoping("lint").code == 10


def test_a_folder_without_git_has_no_tracked_files(tmp_path: Path, run_mongoping: Any) -> None:
    (tmp_path / ".env").write_text(SECRET)
    run = run_mongoping("lint")
    assert run.code == 0
    assert run.out == "1 connection string in 1 file: no problem\n"
