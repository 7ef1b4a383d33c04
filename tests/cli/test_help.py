"""The help of every command, the suggestions for typing errors, and how output looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mongoping.cli._nearest import nearest
from tests.cli.commands import commands, ids

REFUSED_URI = "mongodb://localhost:1/"


@pytest.mark.parametrize("words", list(commands()), ids=ids)
def test_examples_come_first_and_options_are_grouped(
    words: tuple[str, ...], run_mongoping: Any
) -> None:
    text = run_mongoping(*words, "--help").out
    lines = text.splitlines()
    assert lines[0].startswith("Usage: ")
    assert lines[2] == "Examples:"
    examples = [line for line in lines if line.startswith("  mongoping ")]
    assert examples[0].startswith(f"  mongoping {' '.join(words)}")
    headings = [line for line in lines if line[:1].isalpha() and line.endswith(":")]
    assert headings[-1] in ("Output:", "Commands:")
    if words[0] in ("check", "atlas", "local", "watch", "topology"):
        assert headings[-5:] == ["Connection:", "TLS:", "Stable API:", "Limits:", "Output:"]


def test_a_default_is_that_of_the_command(run_mongoping: Any) -> None:
    assert "[default: 10s]" in run_mongoping("check", "--help").out
    assert "[default: 3s]" in run_mongoping("local", "--help").out
    assert "[default: 5; 1 to 100000]" in run_mongoping("topology", "--help").out


def test_the_list_of_commands_has_complete_summaries(run_mongoping: Any) -> None:
    for words in ((), ("snippet",), ("completion",)):
        text = run_mongoping(*words, "--help", env={"COLUMNS": "80"}).out
        assert "..." not in text.partition("Commands:")[2]
        assert "Output:" not in text


def test_a_missing_choice_is_one_sentence(run_mongoping: Any) -> None:
    run = run_mongoping("completion", "show")
    assert run.code == 2
    assert run.err.splitlines()[-1] == "Error: Choose one of: bash, zsh, fish."


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("check", "--json"), "Use --format json."),
        (("check", "--formt", "json"), "Did you mean --format?"),
        (("causes", "tls.requred"), "Did you mean tls.required-by-server?"),
        (("sandbox", "--fault", "tls.requred"), "Did you mean tls.required-by-server?"),
        (("chekc",), "Did you mean check?"),
        (("localhost:27017",), "mongoping check localhost:27017"),
        (("check", REFUSED_URI, "-o", "json"), "use --format json"),
        (("topology", REFUSED_URI, "-o", "x.html"), "this command has no format html"),
        (("check", REFUSED_URI, "--timeout", "5 parsecs"), "write it like 5, 5s, 500ms or 2m"),
        (("check", REFUSED_URI, "--width", "3"), "'--width'"),
    ],
    ids=ids,
)
def test_a_typing_error_leads_to_the_right_words(
    args: tuple[str, ...], message: str, run_mongoping: Any
) -> None:
    run = run_mongoping(*args)
    assert run.code == 2
    assert message in run.err
    assert run.out == ""


def test_the_nearest_name() -> None:
    assert nearest("shp", ["shop", "stop", "x"], 1) == ["shop"]
    assert nearest("zzz", ["shop"]) == []


@pytest.mark.parametrize(
    ("name", "begins", "form"),
    [
        ("r.html", "<!doctype html>", "html"),
        ("r.json", "{", "json"),
        ("r.md", "#", "markdown"),
        ("r.xml", "<?xml", "junit"),
        ("r.SVG", "<svg", "svg"),
        ("r.txt", "", "text"),
        ("report", "", "text"),
    ],
)
def test_the_suffix_decides_the_format(
    name: str, begins: str, form: str, run_mongoping: Any, tmp_path: Path
) -> None:
    run = run_mongoping("check", REFUSED_URI, "-o", name)
    assert (run.code, run.out) == (12, "")
    assert run.err == f"Wrote {name} ({form}).\n"
    assert (tmp_path / name).read_text("utf-8").lower().startswith(begins)


def test_a_given_format_wins_over_the_suffix(run_mongoping: Any, tmp_path: Path) -> None:
    run_mongoping("check", REFUSED_URI, "-o", "r.txt", "--format", "json", "-q")
    assert (tmp_path / "r.txt").read_text().startswith("{")


def test_width_and_colors(run_mongoping: Any) -> None:
    color = {"FORCE_COLOR": "1"}
    assert "\x1b[" in run_mongoping("check", REFUSED_URI, env=color).out
    for args in (("check", REFUSED_URI), ("uri", REFUSED_URI), ("causes", "tcp.refused")):
        run = run_mongoping(*args, "--no-color", "--width", "60", env=color)
        assert "\x1b[" not in run.out
        # a command or a link stays on one line, to be copied
        prose = [line for line in run.out.splitlines() if not re.search("://|mkdir", line)]
        assert max(map(len, prose)) <= 60


def test_a_unit_of_a_duration(run_mongoping: Any) -> None:
    run = run_mongoping("check", REFUSED_URI, "--timeout", "1500ms", "-q")
    assert run.code == 12
    assert "3600" in run_mongoping("check", REFUSED_URI, "--timeout", "2h").err


def test_the_manual_page_is_printed(run_mongoping: Any) -> None:
    page = Path(__file__).parents[2] / "docs" / "man" / "mongoping.1"
    run = run_mongoping("--man")
    assert (run.code, run.out) == (0, page.read_text("utf-8"))


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("lint", ""), "PATH"),
        (("lint", ".", ""), "PATH"),
        (("fleet", ""), "FILE"),
        (("causes", ""), "CODE"),
        (("diff", "a.json", ""), "B"),
        (("snippet", "show", ""), "NAME"),
        (("uri", "--fix", ""), "The connection string"),
    ],
)
def test_an_empty_argument_is_wrong_usage(
    args: tuple[str, ...], name: str, run_mongoping: Any
) -> None:
    run = run_mongoping(*args)
    assert (run.code, run.out) == (2, "")
    assert f"{name} is empty: check that the variable it comes from is set." in run.err


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("lint", "a" * 400), 2),
        (("compat", "--python", "a" * 400), 2),
        (("compat", "--python", "~no-such-user/python"), 2),
        (("sandbox", "--", f"/{'a' * 400}"), 127),
    ],
)
def test_a_path_that_cannot_exist_is_one_sentence(
    args: tuple[str, ...], code: int, run_mongoping: Any
) -> None:
    run = run_mongoping(*args)
    assert run.code == code
    assert "bug in mongoping" not in run.err
