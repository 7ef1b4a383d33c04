"""The documentation is correct: pages are up to date, and examples are commands that work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import pytest

from mongoping import registry
from mongoping.cli import main
from mongoping.exit_codes import EXIT_CODES
from mongoping.sandbox.fault import faults
from tests.conftest import clean_environment, having
from tools.docs import causes as causes_page
from tools.docs.exits import exit_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED_PREFIX = "<!-- Generated"
OPERATORS = ("|", "||", "&&", ";", "<", ">")  # of a shell: they end the command
OFFLINE = (
    "uri",
    "causes",
    "compat",
    "explain",
    "snippet list",
    "snippet show",
    "sandbox",
    "local --sandbox",
)


class Example(NamedTuple):
    """A command in a page; ``arguments`` are those of ``mongoping``."""

    page: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(('mongoping', *self.arguments))}"


def blocks(page: Path, *languages: str) -> list[str]:
    fences = FENCE.findall(page.read_text("utf-8"))
    return [text for language, text in fences if language in languages]


def examples() -> Iterator[Example]:
    """Yield every command of mongoping in a shell block, or after a $ in a console block."""
    for page in PAGES:
        lines = "".join(blocks(page, "sh", "bash")).replace("\\\n", " ").splitlines()
        console = "".join(blocks(page, "console")).splitlines()
        lines += [line.removeprefix("$ ") for line in console if line.startswith("$ ")]
        for line in lines:
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            ends = [index for index, word in enumerate(words) if word in OPERATORS]
            words = words[: ends[0]] if ends else words
            if words and words[0] == "mongoping":
                yield Example(str(page.relative_to(ROOT)), tuple(words[1:]))


EXAMPLES = list(dict.fromkeys(examples()))


def parse(arguments: tuple[str, ...]) -> click.Context:
    """Parse arguments as click would, without running anything. Raises `click.UsageError`."""
    command: click.Command = main
    context = click.Context(main, info_name="mongoping")
    rest = list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        inner = command.get_command(context, name)
        if inner is None:
            raise click.UsageError(f"no command {name}")
        command, context = inner, click.Context(inner, info_name=name, parent=context)
    try:
        command_context = command.make_context(context.info_name, rest, parent=context.parent)
    except click.exceptions.Exit:
        return context  # --help and --version
    command_context.close()  # ends what options start, such as --trace and -4
    return command_context


def test_there_are_examples_of_every_command() -> None:
    commands = {example.arguments[0] for example in EXAMPLES if example.arguments}
    assert commands >= set(main.list_commands(click.Context(main)))


def test_examples_are_commands_with_options_that_exist() -> None:
    wrong = {}
    for example in EXAMPLES:
        try:
            context = parse(example.arguments)
            inner = context.params.get("cmd") or ()
            if inner and inner[0] == "mongoping":
                parse(tuple(inner[1:]))
        except click.ClickException as error:
            wrong[str(example)] = error.format_message()
        else:
            fault = context.params.get("fault")
            if isinstance(fault, str) and fault not in faults():
                wrong[str(example)] = f"no fault {fault}"
    assert wrong == {}


def test_a_command_that_does_not_exist_is_found() -> None:
    for arguments in (("chek",), ("check", "--no-such-option"), ("causes", "--format", "xml")):
        with pytest.raises(click.UsageError):
            parse(arguments)


def runnable() -> list[Example]:
    """Return the examples of hand-written pages that need only this machine, each once."""
    by_hand = {
        str(page.relative_to(ROOT))
        for page in PAGES
        if not page.read_text("utf-8").startswith(GENERATED_PREFIX)
    }
    examples: dict[tuple[str, ...], Example] = {}
    for example in EXAMPLES:
        downloads = "--server" in example.arguments
        offline = shlex.join(example.arguments).startswith(OFFLINE) and not downloads
        if example.page in by_hand and offline:
            examples.setdefault(example.arguments, example)
    return list(examples.values())


@pytest.mark.parametrize("example", runnable(), ids=str)
def test_an_example_that_needs_only_this_machine_runs(
    example: Example, run_mongoping: Callable[..., Run]
) -> None:
    """It exits with 0, or with the code of the fault that it reproduces, and never crashes."""
    programs = str(Path(sys.executable).parent)
    env = {"PATH": os.pathsep.join([programs, os.environ["PATH"]])}
    needs_server = "sandbox" in example.arguments[0] or "--sandbox" in example.arguments
    if needs_server:
        with having():
            run = run_mongoping(*example.arguments, env=env, timeout=120)
    else:
        run = run_mongoping(*example.arguments, env=env, timeout=120)
    arguments = example.arguments
    if "--fault" in arguments:
        fault = faults()[arguments[arguments.index("--fault") + 1]]
        expected = {EXIT_CODES[fault.layer or fault.code.partition(".")[0]]}
    else:
        expected = {0, EXIT_CODES["compat"]} if arguments[0] == "compat" else {0}
    assert run.code in expected, run.out + run.err
    assert "Traceback" not in run.err


def test_generated_pages_are_up_to_date() -> None:
    """Update the pages with: python -m tools.docs"""
    process = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stdout


def test_every_layer_of_a_cause_has_a_description() -> None:
    assert {cause.layer for cause in registry.causes()} <= set(causes_page.LAYERS)


def test_every_exit_code_has_a_meaning() -> None:
    codes = re.findall(r"^\| (\d+) \|", exit_codes(), re.MULTILINE)
    assert {int(code) for code in codes} >= {0, 1, 2, 70, 130, *EXIT_CODES.values()}


def test_the_readme_has_the_table_of_exit_codes() -> None:
    assert exit_codes() in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_readme_has_a_line_to_set_up_and_run(name: str) -> None:
    """It is the only line of the block after its marker, where other programs look for it."""
    text = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(rf"^<!-- {name} line -->\n```sh\n(.+)\n```$", text, re.MULTILINE)
    assert len(lines) == 1
    assert lines[0].startswith("python3 -m venv .venv && .venv/bin/pip install -q ")


def verdict(report: str) -> list[str]:
    """Return the lines of a report from the title of the cause on, with PORT for the port."""
    lines = [re.sub(r":\d{4,5}\b", ":PORT", line.rstrip()) for line in report.splitlines()]
    return lines[max(index for index, line in enumerate(lines) if line.startswith("✗ ")) :]


def failing_report() -> str:
    """Return the block of the README with a command and its report."""
    (block,) = [text for text in blocks(ROOT / "README.md", "console") if "exit 13" in text]
    return block


def test_the_failing_report_in_the_readme_is_what_mongoping_prints(
    run_mongoping: Callable[..., Any],
) -> None:
    block = failing_report()
    with having(), faults()["tls.required-by-server"].make() as fault:
        uri = fault.uri.replace("localhost", "127.0.0.1")
        run = run_mongoping("check", uri, env={"COLUMNS": "80"})
    assert without_spaces(verdict(run.out)) == without_spaces(verdict(block))


def without_spaces(lines: list[str]) -> str:
    """Return the text without white space, because a shorter port moves the line breaks."""
    return re.sub(r"\s+", "", "".join(lines))


def test_the_program_in_the_readme_runs(mongod: Deployment, tmp_path: Path) -> None:
    (program,) = blocks(ROOT / "README.md", "python")
    assert "mongodb://localhost:27017" in program
    process = subprocess.run(
        [sys.executable, "-c", program.replace("localhost:27017", mongod.host)],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.split()[0] in ("ok", "warn")


QUOTATION = re.compile(r"^<!-- from (\S+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def quotations() -> list[tuple[str, str, str]]:
    """Return the page, the path and the text of each piece of code that a page quotes."""
    return [
        (page.name, file, text)
        for page in PAGES
        for file, text in QUOTATION.findall(page.read_text("utf-8"))
    ]


def test_quoted_code_is_in_the_project() -> None:
    """A failure shows the first line that the file no longer has in this place."""
    assert quotations()
    for page, file, text in quotations():
        code = (ROOT / file).read_text("utf-8")
        lines = text.splitlines(keepends=True)
        count = next((n for n in range(1, len(lines) + 1) if "".join(lines[:n]) not in code), 0)
        assert count == 0, f"{page} quotes {file}, which has changed at: {lines[count - 1]}"


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: lower case, no punctuation, a hyphen for each space."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_within_the_project_have_targets() -> None:
    assert [f"{page.name}: {link}" for page in PAGES for link in broken_links(page)] == []


def broken_links(page: Path) -> list[str]:
    """Return the links of a page to a file or an anchor that does not exist."""
    text = FENCE.sub("", page.read_text("utf-8"))
    links = re.findall(r"(?<!\\)\]\((?!https://)([^)]+)\)", text)
    return [link for link in links if not leads_somewhere(link, page)]


def leads_somewhere(link: str, page: Path) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](#here) [b](#there) [c](page.md#here) [d](no.md) [e](https://f)\n")
    assert broken_links(page) == ["#there", "no.md"]
