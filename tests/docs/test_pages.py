"""Every page, generated or not: commands parse, options exist, and nothing is missing."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from typing import TYPE_CHECKING

import click
from click.testing import CliRunner

from mongoping import pytest_plugin, registry
from mongoping.causes.messages import patterns_of
from mongoping.cli import causes as terminal
from mongoping.cli import main
from mongoping.model import Remedy
from tests.test_docs import FENCE, PAGES, ROOT, parse
from tools.docs import _usage, causes, commands
from tools.docs.__main__ import obsolete
from tools.docs._click import commands as every_command
from tools.docs._click import option_names
from tools.docs._known_by import any_check, checks, sentences
from tools.docs._looks import CLIENTS, looks
from tools.docs._markdown import block, code, prose, remedy

if TYPE_CHECKING:
    from pathlib import Path


SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OPTION = re.compile(r"(?<![\w-])--[a-z](?:[\w-]|\.(?=[a-z]))*")
OTHERS = {
    # options of other programs, in lines that do not name the program
    "--quick": "python -m benchmarks",
    "--rounds": "python -m benchmarks",
    "--seconds": "python -m benchmarks",
    "--build-arg": "docker",
    "--misses": "python -m benchmarks.driver_messages",
    "--no-executable": "python -m tools.release",
    "--once": "python -m tools.release",
    "--platform": "mypy",
    "--replSet": "mongod",
    "--ulimit": "docker",
    "--root": "python -m tools.docs",
    "--site": "python -m tools.docs",
}
PROGRAMS = "atlas|docker|kubectl|mongod|mongosh|pip|pytest|python3?"
FOREIGN = re.compile(rf"\b(?:{PROGRAMS})\b", re.IGNORECASE)
PLUGIN = frozenset(re.findall(r'"(--mongoping[\w-]*)"', inspect.getsource(pytest_plugin)))
INCOMPLETE = (
    click.BadOptionUsage,
    click.MissingParameter,
    getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit),  # since click 8.2
)  # raised for a command that is quoted without its arguments
PLACEHOLDERS = ("COMMAND", "X")  # for any command


def spans(page: Path) -> list[str]:
    """Return the inline code of a page, with unescaped bars."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return [span.replace("\\|", "|") for span in SPAN.findall(text)]


def inline() -> list[tuple[str, str]]:
    """Return mongoping's commands in prose, each with its page."""
    commands_in_pages = {
        (page.relative_to(ROOT).as_posix(), span)
        for page in PAGES
        for span in spans(page)
        if span.startswith("mongoping ") and span.split()[1] not in PLACEHOLDERS
    }
    return sorted(commands_in_pages)


def test_commands_in_prose_exist() -> None:
    wrong = [
        f"{page}: {line}: {error.format_message()}"
        for page, line in inline()
        if (error := usage_error(line)) is not None
    ]
    assert wrong == []


def usage_error(line: str) -> click.ClickException | None:
    """Return why a command that may lack arguments is refused, or None."""
    words = ["8.0" if word == "VERSION" else word for word in shlex.split(line)[1:]]
    try:
        parse(tuple(words))
    except INCOMPLETE as error:
        wrong_value = isinstance(error, click.BadOptionUsage) and "requires" not in error.message
        return error if wrong_value else None
    except click.ClickException as error:
        return error
    return None


def test_a_command_that_does_not_exist_is_found() -> None:
    assert usage_error("mongoping chek") is not None
    assert usage_error("mongoping check --no-such-option") is not None
    assert usage_error("mongoping snippet show") is None


def unknown_options(text: str) -> list[str]:
    """Return options that mongoping lacks, from sentences and lines that name no other program."""
    known_options = option_names() | PLUGIN | set(OTHERS)
    options = []
    for line in re.split(r"\n|(?<=[.:;]) ", text):
        if not FOREIGN.search(line):
            options += [option for option in OPTION.findall(line) if option not in known_options]
    return options


def test_every_option_that_a_page_names_exists() -> None:
    options_of_pages = {}
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = (body for language, body in FENCE.findall(text) if language == "sh")
        options_of_pages[page.name] = unknown_options("\n".join([FENCE.sub("", text), *blocks]))
    assert {name: options for name, options in options_of_pages.items() if options} == {}


def test_an_option_that_does_not_exist_is_found() -> None:
    text = "Use `--no-such=3`, or --quiet. With docker run --ulimit it is other.\nSee --nor-this"
    assert unknown_options(text) == ["--no-such", "--nor-this"]
    assert option_names() >= {"--timeout", "--no-tls", "--write-check", "--list-faults", "-o"}
    assert "--mongoping-wait" in PLUGIN


def test_a_command_has_a_page_with_examples_exit_codes_and_links() -> None:
    names = set(main.list_commands(click.Context(main)))
    assert set(_usage.EXAMPLES) == set(_usage.EXITS) == set(_usage.GUIDES) == names
    pages = commands.more()
    assert set(pages) == {f"docs/commands/{name}.md" for name in names}
    for name in names:
        text = pages[f"docs/commands/{name}.md"]
        for head in (f"# mongoping {name}", "## Examples", "## Exit codes", "## See also"):
            assert re.search(rf"^{re.escape(head)}$", text, re.MULTILINE)
        assert len(re.findall("^```sh$", text, re.MULTILINE)) >= 2


def test_a_page_lists_every_option_of_its_command_and_no_other() -> None:
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


def test_a_page_that_is_no_longer_generated_is_found(tmp_path: Path) -> None:
    old = tmp_path / "docs" / "commands" / "gone.md"
    old.parent.mkdir(parents=True)
    old.write_text("<!-- Generated from mongoping/cli -->\n", "utf-8")
    (tmp_path / "docs" / "own.md").write_text("# By hand\n", "utf-8")
    assert obsolete(tmp_path) == [old]


def test_every_cause_has_a_page_with_its_complete_record() -> None:
    for cause in registry.causes():
        text = causes.single(cause)
        assert text.startswith(f"# {cause.code}\n")
        for head in ("What to do", "How mongoping recognizes it", "Read more"):
            assert f"\n## {head}\n" in text, cause.code
        assert ("\n## How it looks\n" in text) == (cause.code in looks()), cause.code
        recognition = text.partition("## How mongoping recognizes it\n")[2].partition("\n## ")[0]
        if cause.is_decided and cause.layer != "expectation":
            assert checks(cause) or any_check(cause), f"{cause.code}: its predicate reads no check"
            assert "| check | layer |" in recognition or any_check(cause), cause.code
        for pattern in patterns_of(cause):
            assert pattern.rpartition(")")[2] in recognition, cause.code
        assert "Traceback" not in text, cause.code


def test_the_page_in_a_terminal_is_as_complete() -> None:
    """An installation has neither the corpus nor the tests, so it reads the generated data."""
    for cause in registry.causes():
        text = CliRunner().invoke(terminal.command, [cause.code], env={"COLUMNS": "100"}).output
        assert ("\nHow it looks\n" in text) == (cause.code in looks())
        for check in checks(cause):
            assert f"  {check.name}: " in text
        for sentence in sentences(cause):
            assert " ".join(sentence.split()) in " ".join(text.split())
    rows = json.loads(CliRunner().invoke(terminal.command, ["--format", "json"]).output)["causes"]
    assert {row["code"] for row in rows if row["looks"]} == set(looks())


def test_error_texts_are_short_and_come_from_every_client() -> None:
    """The corpus has six clients; a page shows the message without the frames of a traceback."""
    every_look = [look for looks_of_cause in looks().values() for look in looks_of_cause]
    assert {look.client for look in every_look} == set(CLIENTS)
    assert len(looks()) > 80
    for look in every_look:
        assert len(look.text) < 700
        assert "\n    at " not in look.text
        assert '  File "' not in look.text


def test_checks_and_sentences_are_recorded_from_the_positive_cases() -> None:
    cause = registry.cause("ping.lost")
    assert cause is not None
    assert any(text.startswith("1 of 3 pings") for text in sentences(cause))
    assert [check.name for check in checks(cause)] == ["ping"]


ANSWER = re.compile(
    r"^```(?:sh|text)\n(?:\$ )?(mongoping explain '[^\n]*)\n(?:```\n\n```text\n)?(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def test_the_answers_in_the_guide_to_explain_are_current() -> None:
    """The guide shows the beginning of each answer; line breaks do not matter."""
    answers = ANSWER.findall((ROOT / "docs" / "explain.md").read_text("utf-8"))
    assert len(answers) == 2
    for line, answer in answers:
        result = CliRunner().invoke(main, shlex.split(line)[1:]).output
        assert " ".join(result.split()).startswith(" ".join(answer.split())), line


def test_prose_marks_names_as_code_and_leaves_the_rest() -> None:
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


def test_a_command_in_a_remedy_is_shown_as_it_is() -> None:
    """Nothing in a command is escaped, and options in it are not marked separately."""
    upgrade = Remedy("Upgrade the driver:", "pip install --upgrade 'pymongo[aws]'")
    assert remedy(upgrade) == "Upgrade the driver: `pip install --upgrade 'pymongo[aws]'`"
    assert remedy(Remedy("Use:", uri="mongodb://a/?tls=true")) == "Use: `mongodb://a/?tls=true`"
    assert remedy("Look at the set: rs.status()") == "Look at the set: `rs.status()`"
    assert remedy("Add --tls [or not].") == "Add `--tls` \\[or not\\]."


def test_inline_code_contains_no_escapes() -> None:
    """Markdown shows a backslash in inline code; only a bar in a table needs one."""
    assert code("a|b") == "`a\\|b`"
    assert block("x = '```'").startswith("````text\n")
    for page in PAGES:
        text = FENCE.sub("", page.read_text("utf-8"))
        for span in SPAN.findall(text):
            assert not re.search(r"\\[<>\[\]*`]", span), span
