"""`mongoping diff` as a command: output, exit codes, width, colors, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.comparison.documents import report
from tests.conftest import Run

Mongoping = Callable[..., Run]

BAD = report("tcp.timeout", addresses=("10.0.0.7",), resolvers=("10.9.0.53",))


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Return the paths of a report that works and of one that fails."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(report()))
    after.write_text(json.dumps(BAD))
    return str(before), str(after)


def test_the_difference_is_named_and_marked(
    run_mongoping: Mongoping, files: tuple[str, str]
) -> None:
    run = run_mongoping("diff", *files, "--width", "80")
    assert run.code == 1
    assert run.out.splitlines()[:2] == [
        "✗ Fails in after.json only: there db1.example.com resolves to 10.0.0.7",
        "  (according to 10.9.0.53), in before.json to 10.0.0.5 (according to 10.1.0.53).",
    ]
    assert "  ✗ dns  addresses of db1.example.com:27017  10.0.0.5 → 10.0.0.7" in run.out
    assert max(map(len, run.out.splitlines())) <= 80


def test_a_wide_terminal_keeps_a_row_on_one_line(
    run_mongoping: Mongoping, files: tuple[str, str]
) -> None:
    wide = run_mongoping("diff", *files, "--width", "200")
    assert wide.out.splitlines()[0].endswith("(according to 10.1.0.53).")


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR"])
def test_colors_follow_the_environment(
    run_mongoping: Mongoping, files: tuple[str, str], variable: str
) -> None:
    run = run_mongoping("diff", *files, env={variable: "1"})
    assert ("\x1b[" in run.out) is (variable == "FORCE_COLOR")


def test_the_same_verdict_exits_with_zero(run_mongoping: Mongoping, files: tuple[str, str]) -> None:
    run = run_mongoping("diff", files[0], files[0])
    assert run.code == 0
    assert run.out.startswith("✓ It works in both reports; nothing else differs.")


def test_new_warnings_count_only_with_strict(
    run_mongoping: Mongoping, files: tuple[str, str], tmp_path: Path
) -> None:
    slow = tmp_path / "slow.json"
    slow.write_text(json.dumps(report(warnings=("ping.slow",), p50_ms=900.0)))
    assert run_mongoping("diff", files[0], str(slow)).code == 0
    assert run_mongoping("diff", files[0], str(slow), "--strict").code == 1


def test_one_report_from_standard_input(run_mongoping: Mongoping, files: tuple[str, str]) -> None:
    run = run_mongoping("diff", files[0], "-", stdin=json.dumps(BAD))
    assert run.code == 1
    assert "Fails in standard input only" in run.out
    assert run_mongoping("diff", "-", "-", stdin="").code == 2


def test_json_has_the_sentence_and_the_difference(
    run_mongoping: Mongoping, files: tuple[str, str]
) -> None:
    document = json.loads(run_mongoping("diff", *files, "--format", "json").out)
    assert document["schema"] == 2
    assert document["same_verdict"] is False
    assert document["explanations"][0]["difference"] == {
        "kind": "addresses",
        "subject": "db1.example.com:27017",
        "label": "addresses of db1.example.com:27017",
        "layer": "dns",
        "there": [["10.0.0.7"]],
        "elsewhere": [["10.0.0.5"]],
    }
    assert {row["kind"] for row in document["differences"]} == {"addresses", "resolver"}


def test_markdown_escapes_what_a_report_contains(
    run_mongoping: Mongoping, tmp_path: Path, files: tuple[str, str]
) -> None:
    hostile = tmp_path / "hostile.json"
    document = report("tcp.timeout", options={"replicaSet": "<img src=x> | @ops \x1b[31m"})
    hostile.write_text(json.dumps(document))
    run = run_mongoping("diff", files[0], str(hostile), "--format", "markdown")
    assert "`<img src=x> \\| @ops \\x1b[31m`" in run.out
    assert "\x1b" not in run.out
    assert "\x1b" not in run_mongoping("diff", files[0], str(hostile)).out


def test_output_goes_to_a_file_in_the_format_of_its_suffix(
    run_mongoping: Mongoping, files: tuple[str, str], tmp_path: Path
) -> None:
    run = run_mongoping("diff", *files, "-o", str(tmp_path / "changes.md"))
    assert (run.code, run.out) == (1, "")
    assert (tmp_path / "changes.md").read_text("utf-8").startswith("### ✗ Fails in after.json")


@pytest.mark.parametrize("text", ["", "nonsense", "{}", '{"schema": 1, "layers": [], "status": 1}'])
def test_bad_input_is_one_sentence_and_exit_code_2(
    run_mongoping: Mongoping, files: tuple[str, str], tmp_path: Path, text: str
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    run = run_mongoping("diff", files[0], str(bad))
    assert run.code == 2
    assert f"Error: {bad} " in run.err
    assert "Traceback" not in run.err


def test_a_missing_file_is_named(
    run_mongoping: Mongoping, files: tuple[str, str], tmp_path: Path
) -> None:
    run = run_mongoping("diff", files[0], str(tmp_path / "none.json"))
    assert run.code == 2
    assert "none.json cannot be read: No such file or directory." in run.err


def test_a_comparison_can_be_anonymized(run_mongoping: Mongoping, files: tuple[str, str]) -> None:
    for form in ("text", "json", "markdown"):
        run = run_mongoping("diff", *files, "--anonymize", "--format", form)
        assert run.code == 1
        assert "private-ip-2" in run.out
        for name in ("db1", "10.0.0.", "10.9.0.53"):
            assert name not in run.out


def test_reports_with_different_pseudonyms_are_compared_without_names(
    run_mongoping: Mongoping, tmp_path: Path
) -> None:
    paths = []
    for number, document in enumerate((report(), BAD | {"tool": {"openssl": "OpenSSL 1"}})):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document | {"anonymized": f"run-{number}"}))
        paths.append(str(path))
    run = run_mongoping("diff", *paths)
    assert run.code == 1
    assert "Make both with the same --anonymize-key." in " ".join(run.out.split())
    assert "OpenSSL version" in run.out
    assert "addresses" not in run.out.replace("hosts, addresses and other", "")
