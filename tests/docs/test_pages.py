"""Every page, written by hand or not: commands parse, options exist, nothing is left out."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from mongoping import pytest_plugin, registry
from mongoping.cli import causes as terminal
from mongoping.cli import main
from tests.test_docs import FENCE, PAGES, ROOT, parse
from tools.docs import _usage, causes, commands
from tools.docs.__main__ import left_over
from tools.docs._click import commands as every_command
from tools.docs._click import option_names
from tools.docs._known_by import any_check, checks, sentences
from tools.docs._looks import CLIENTS, looks
from tools.docs._markdown import block, code, prose

if TYPE_CHECKING:
    from pathlib import Path


SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
OTHERS = {
    # options of other programs that stand where these are not named
    "--quick": "python -m benchmarks",
    "--replSet": "mongod",
    "--ulimit": "docker",
    "--root": "python -m tools.docs",
    "--site": "python -m tools.docs",
}
FOREIGN = re.compile(r"\b(?:atlas|docker|mongod|mongosh|pip|pytest|python3?)\b", re.IGNORECASE)
PLUGIN = frozenset(re.findall(r'"(--mongoping[\w-]*)"', inspect.getsource(pytest_plugin)))
INCOMPLETE = (
    click.BadOptionUsage,
    click.MissingParameter,
    getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit),  # since click 8.2
)  # what a command takes is left out
WHOLE = ("COMMAND", "X")  # stand for any command


def spans(page: Path) -> list[str]:
    """What a page sets as code in its running text and its tables, bars unescaped."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return [found.replace("\\|", "|") for found in SPAN.findall(text)]


def inline() -> list[tuple[str, str]]:
    """Commands of mongoping that stand in running text."""
    found = {
        (page.relative_to(ROOT).as_posix(), one)
        for page in PAGES
        for one in spans(page)
        if one.startswith("mongoping ") and one.split()[1] not in WHOLE
    }
    return sorted(found)


@pytest.mark.parametrize(("page", "line"), inline())
def test_a_command_in_running_text_is_one_that_exists(page: str, line: str) -> None:
    words = ["8.0" if word == "VERSION" else word for word in shlex.split(line)[1:]]
    try:
        parse(tuple(words))
    except INCOMPLETE as error:
        if isinstance(error, click.BadOptionUsage) and "requires" not in error.message:
            raise


def strange(text: str) -> list[str]:
    """Options that are none of ours, in sentences and lines that name no other program."""
    known = option_names() | PLUGIN | set(OTHERS)
    found = []
    for line in re.split(r"\n|(?<=[.:;]) ", text):
        if not FOREIGN.search(line):
            found += [one for one in OPTION.findall(line) if one not in known]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_a_page_names_exists(page: Path) -> None:
    blocks = (body for language, body in FENCE.findall(page.read_text("utf-8")) if language == "sh")
    running = FENCE.sub("", page.read_text("utf-8"))
    assert strange("\n".join([running, *blocks])) == []


def test_an_option_that_does_not_exist_would_be_noticed() -> None:
    text = "Use `--no-such=3`, or --quiet. With docker run --ulimit it is other.\nSee --nor-this"
    assert strange(text) == ["--no-such", "--nor-this"]
    assert option_names() >= {"--timeout", "--no-tls", "--write-check", "--list-faults", "-o"}
    assert "--mongoping-wait" in PLUGIN


def test_a_command_has_a_page_with_examples_exit_codes_and_what_leads_on() -> None:
    names = set(main.list_commands(click.Context(main)))
    assert set(_usage.EXAMPLES) == set(_usage.EXITS) == set(_usage.GUIDES) == names
    pages = commands.more()
    assert set(pages) == {f"docs/commands/{name}.md" for name in names}
    for name in names:
        text = pages[f"docs/commands/{name}.md"]
        for head in (f"# mongoping {name}", "## Examples", "## Exit codes"):
            assert re.search(rf"^{re.escape(head)}$", text, re.MULTILINE)
        assert len(re.findall("^```sh$", text, re.MULTILINE)) >= 2


def test_a_page_has_every_option_of_its_command_and_no_other() -> None:
    pages = commands.more()
    for command in every_command():
        text = pages[f"docs/commands/{command.name.split()[1]}.md"]
        for option in (*command.own, *command.common):
            assert text.count(f"| {code(option.names)} |") >= 1, option.names
        assert not [name for name in command.without if f"| {code(name)} |" in text]
        if command.common:
            own = {option.names for option in command.own}
            assert not own & {option.names for option in command.common}
    assert "## mongoping snippet emit" in pages["docs/commands/snippet.md"]
    assert "`--waterfall`" not in pages["docs/commands/watch.md"]


def test_a_page_that_is_made_no_longer_is_noticed(tmp_path: Path) -> None:
    old = tmp_path / "docs" / "commands" / "gone.md"
    old.parent.mkdir(parents=True)
    old.write_text("<!-- Generated from mongoping/cli -->\n", "utf-8")
    (tmp_path / "docs" / "own.md").write_text("# By hand\n", "utf-8")
    assert left_over(tmp_path) == [old]


def test_every_cause_has_a_page_with_its_whole_record() -> None:
    for cause in registry.causes():
        text = causes.single(cause)
        assert text.startswith(f"# {cause.code}\n")
        for head in ("What to do", "How mongoping knows it", "Read more"):
            assert f"\n## {head}\n" in text, cause.code
        assert ("\n## How it looks\n" in text) == (cause.code in looks()), cause.code
        known = text.partition("## How mongoping knows it\n")[2].partition("\n## ")[0]
        if cause.when is not None and cause.layer != "expectation":
            assert checks(cause) or any_check(cause), f"{cause.code}: its predicate reads no check"
            assert "| check | layer |" in known or any_check(cause), cause.code
        for pattern in cause.says:
            assert pattern.rpartition(")")[2] in known, cause.code
        assert "Traceback" not in text, cause.code


def test_the_page_in_a_terminal_holds_it_too() -> None:
    """What is installed has no corpus and no tests: it reads what was written down of them."""
    for cause in registry.causes():
        text = CliRunner().invoke(terminal.command, [cause.code], env={"COLUMNS": "100"}).output
        assert ("\nHow it looks\n" in text) == (cause.code in looks())
        for one in checks(cause):
            assert f"  {one.name}: " in text
        for sentence in sentences(cause):
            assert " ".join(sentence.split()) in " ".join(text.split())
    rows = json.loads(CliRunner().invoke(terminal.command, ["--format", "json"]).output)["causes"]
    assert {one["code"] for one in rows if one["looks"]} == set(looks())


def test_what_drivers_say_is_short_and_of_every_client() -> None:
    """The corpus has six clients; a page shows the message, not the way to it."""
    every = [look for some in looks().values() for look in some]
    assert {one.client for one in every} == set(CLIENTS)
    assert len(looks()) > 80
    for one in every:
        assert len(one.text) < 700
        assert "\n    at " not in one.text
        assert '  File "' not in one.text


def test_checks_and_sentences_are_recorded_from_the_positive_cases() -> None:
    cause = registry.cause("ping.lost")
    assert cause is not None
    assert any(text.startswith("1 of 3 pings") for text in sentences(cause))
    assert [check.name for check in checks(cause)] == ["ping"]


def test_prose_sets_what_is_a_name_and_leaves_the_rest() -> None:
    assert (
        prose("Use --tls or not, at mongodb://a:1/.") == "Use `--tls` or not, at `mongodb://a:1/`."
    )
    assert prose("server='>=6.0' or <b>") == "`server='>=6.0'` or \\<b>"
    assert prose("`set` already, and tlsCAFile=FILE.") == "`set` already, and `tlsCAFile=FILE`."
    assert (
        prose("run mongoping check URI --count 3: see")
        == "run `mongoping check URI --count 3`: see"
    )
    assert prose("half-open, 3 - 4 and a * b") == "half-open, 3 `-` 4 and a \\* b"


def test_nothing_escapes_what_is_code() -> None:
    """A backslash between backticks would be shown; only a bar in a table needs one."""
    assert code("a|b") == "`a\\|b`"
    assert block("x = '```'").startswith("````text\n")
    for page in PAGES:
        text = FENCE.sub("", page.read_text("utf-8"))
        for one in SPAN.findall(text):
            assert not re.search(r"\\[<>\[\]*`]", one), one
