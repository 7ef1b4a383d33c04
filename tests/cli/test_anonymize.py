"""--anonymize and --anonymize-key on the commands that print a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

Mongoping = Callable[..., Run]
URI = "mongodb://cnryuser:pw@cnryhost.invalid/cnrydb?replicaSet=cnryset"
QUICK = ("--timeout", "2", "--count", "1")


@pytest.mark.parametrize("command", ["check", "atlas", "smoke", "topology"])
def test_every_command_with_a_report_hides_names(run_mongoping: Mongoping, command: str) -> None:
    run = run_mongoping(command, URI, "--anonymize", "--format", "json", *QUICK)
    assert "cnry" not in run.out
    assert "user-1" in run.out
    assert run.code not in (0, 2, 70)


def test_a_server_on_this_machine(run_mongoping: Mongoping) -> None:
    run = run_mongoping("local", "localhost:9", "--anonymize", *QUICK)
    assert "localhost:9" in run.out


def test_the_same_key_gives_the_same_pseudonyms(run_mongoping: Mongoping, tmp_path: Path) -> None:
    key = str(tmp_path / "key")
    args = ("check", URI, "--anonymize-key", key, "--format", "json", *QUICK)
    first, second = run_mongoping(*args), run_mongoping(*args)
    assert "Created" in first.err
    assert second.err == ""
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert first.json["target"] == second.json["target"]
    assert first.json["anonymized"] == second.json["anonymized"]
    assert "cnry" not in first.out


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--anonymize-key", "short"), "has fewer than 16 bytes"),
        (("--anonymize-key", "none/key"), "cannot be created: No such file or directory."),
        (("--anonymize-key", "."), "cannot be read: Is a directory."),
        (("--anonymize", "--trace"), "--trace shows names: leave it out with --anonymize."),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    run_mongoping: Mongoping, tmp_path: Path, args: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "short").write_text("abc")
    run = run_mongoping("check", URI, *args, *QUICK)
    assert run.code == 2
    assert sentence in run.err


def test_two_anonymized_reports_are_compared(run_mongoping: Mongoping, tmp_path: Path) -> None:
    key = str(tmp_path / "key")
    for name, host in (("a", "127.0.0.1:9"), ("b", "127.0.0.1:9,cnryhost.invalid")):
        path = str(tmp_path / f"{name}.json")
        run_mongoping("check", f"mongodb://{host}/", "--anonymize-key", key, "-o", path, *QUICK)
        assert "cnry" not in Path(path).read_text()
    files = (str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    run = run_mongoping("diff", *files, "--format", "json")
    assert run.code in (0, 1)
    assert "pseudonyms" not in json.dumps(run.json)


@pytest.mark.parametrize("form", ["text", "json", "html", "markdown", "junit", "prometheus"])
def test_a_fleet_hides_the_names_of_its_targets(
    run_mongoping: Mongoping, tmp_path: Path, form: str
) -> None:
    (tmp_path / "list.txt").write_text(f"{URI}\n127.0.0.1:9\ncnryother\n")
    run = run_mongoping("fleet", "list.txt", "--anonymize", "--format", form, *QUICK)
    assert "cnry" not in run.out
    assert "target-3" in run.out
    assert run.code == 1


def test_a_smoke_test_shows_no_name_while_it_waits(run_mongoping: Mongoping) -> None:
    run = run_mongoping("smoke", URI, "--anonymize", "--wait", "2", "--count", "1")
    assert "cnry" not in run.out + run.err
    assert run.code == 11


def test_a_probe_hides_names(run_mongoping: Mongoping) -> None:
    for form in ("text", "json"):
        run = run_mongoping("smoke", "--probe", URI, "--anonymize", "--format", form)
        assert "cnry" not in run.out + run.err
        assert "user-1" in run.out


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ("smoke", "--probe", "--listen", "1", URI),
            "--listen cannot be combined with --anonymize",
        ),
        (("fleet", "-", "--output-dir", "reports"), "--output-dir keeps the names"),
        (("fleet", "-", "--dask", "tcp://127.0.0.1:9"), "cannot be combined with --dask"),
    ],
)
def test_what_would_show_names_is_refused(
    run_mongoping: Mongoping, args: tuple[str, ...], sentence: str
) -> None:
    run = run_mongoping(*args, "--anonymize-key", "team.key", stdin="a\n")
    assert run.code == 2
    assert sentence in run.err
