"""``mongoping causes``: the catalog is complete, and every page of it can be read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from mongoping import registry
from mongoping.cli import causes as shown
from mongoping.code_spans import plain
from mongoping.columns import MAX_COLUMNS
from mongoping.exit_codes import EXIT_CODES
from mongoping.model import LAYERS, remedy_of
from mongoping.sandbox.fault import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import Cause

CATALOG = registry.causes()
CODE = re.compile(r"[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*")
# the first words of codes: the layers, and what is seen in one of them
GROUPS = {*LAYERS, "atlas", "client", "expectation", "pool", "network", "server"}


def offenders(is_wrong: Callable[[Cause], bool]) -> list[str]:
    """Return the codes of all causes for which ``is_wrong`` is true."""
    return [cause.code for cause in CATALOG if is_wrong(cause)]


def test_every_code_has_the_form_of_the_contract() -> None:
    assert offenders(lambda cause: not CODE.fullmatch(cause.code)) == []
    assert offenders(lambda cause: cause.code.partition(".")[0] not in GROUPS) == []
    assert offenders(lambda cause: cause.layer not in EXIT_CODES) == []


def test_every_title_and_explanation_is_punctuated_like_the_others() -> None:
    assert offenders(lambda cause: not cause.title or cause.title.endswith(".")) == []
    assert offenders(lambda cause: not cause.explanation.endswith(".")) == []


def test_every_cause_has_remedies_and_links() -> None:
    assert offenders(lambda cause: not cause.remedies or not cause.links) == []
    texts = {cause.code: [*map(str, cause.remedies)] for cause in CATALOG}
    assert offenders(lambda cause: any(t != t.strip() or not t for t in texts[cause.code])) == []
    assert [
        link
        for cause in CATALOG
        for link in cause.links
        if not link.startswith("https://") or " " in link
    ] == []


COMMAND_LINE = re.compile(
    r"mongodb(?:\+srv)?://\w"
    r"|\bmongosh (?:-|['\"]|mongodb)"
    r"|\b(?:pip|npm) install\b|\bpython3? -|\bdocker (?:run|exec)\b|\bsystemctl \w"
    r"|\bmongoping (?:check|uri|compat|snippet|topology|watch|local|smoke|causes) [-@'\"A-Z]"
    r"|\b(?:rs|db|sh)\.\w+\(|\bAsyncMongoClient\([^)]*="
)
"""Commands and connection strings, but not the mere name of a command or option."""


def test_what_to_paste_is_never_in_the_sentence_of_a_remedy() -> None:
    assert [
        f"{cause.code}: {remedy.text}"
        for cause in CATALOG
        for remedy in map(remedy_of, cause.remedies)
        if COMMAND_LINE.search(remedy.text)
    ] == []


def test_hiding_never_goes_in_circles() -> None:
    """Two causes that silence each other would leave a failure without a name."""
    hidden_by = {cause.code: set(cause.hidden_by) for cause in CATALOG}
    for code in hidden_by:
        causes_before: set[str] = set()
        ahead = {code}
        while ahead:
            ahead = set().union(*(hidden_by[name] for name in ahead)) - causes_before
            causes_before |= ahead
        assert code not in causes_before


def test_every_cause_is_listed_under_its_layer_once() -> None:
    text = CliRunner().invoke(shown.command, []).output
    for cause in CATALOG:
        assert len(re.findall(rf"^  {re.escape(cause.code)}\s", text, re.MULTILINE)) == 1
    heads = re.findall(r"^([a-z]+)  \(exit code (\d+)\)$", text, re.MULTILINE)
    assert dict(heads) == {cause.layer: str(EXIT_CODES[cause.layer]) for cause in CATALOG}


def test_the_page_of_every_cause_shows_its_whole_record() -> None:
    for cause in CATALOG:
        output = CliRunner().invoke(shown.command, [cause.code]).output
        page = flat(output.replace(f" {cause.code}\n", "\n", 1))  # which is beside the title
        texts = (
            *map(plain, (cause.title, cause.explanation, *map(str, cause.remedies))),
            *cause.links,
        )
        other_codes = (*cause.hidden_by, *cause.alternatives)
        exits = f"layer {cause.layer}, exit code {shown.exit_code(cause)}"
        assert [text for text in (*texts, *other_codes, exits) if flat(text) not in page] == [], (
            cause
        )


@pytest.mark.parametrize("columns", [1, 40, 80, 300])
def test_a_page_fits_its_width_but_for_what_must_not_be_broken(columns: int) -> None:
    for cause in CATALOG:
        result = CliRunner().invoke(shown.command, [cause.code], env={"COLUMNS": str(columns)})
        commands = {remedy_of(remedy).command for remedy in cause.remedies}
        for line in result.output.splitlines()[1:]:
            longest = max(map(len, line.split()), default=0)
            ends_with_link = line.split()[-1:] and line.split()[-1].startswith(
                ("https://", "mongodb://")
            )
            whole = line.strip() in commands or line.strip().startswith("mongoping ")
            assert (
                ends_with_link
                or whole
                or len(line) <= max(min(columns, MAX_COLUMNS), 40, longest + 5)
            )


def flat(words: str) -> str:
    """Text without its line breaks."""
    return " ".join(words.split())


def test_the_object_of_a_cause_and_the_list_hold_the_same() -> None:
    whole = json.loads(CliRunner().invoke(shown.command, ["--format", "json"]).output)
    assert [cause["code"] for cause in whole["causes"]] == [cause.code for cause in CATALOG]
    for row in whole["causes"][::7]:
        one = CliRunner().invoke(shown.command, [row["code"], "--format", "json"]).output
        assert json.loads(one) == {"schema": 2, **row}


@pytest.mark.parametrize("word", ["tls", "atlas", "pool", "client"])
def test_a_layer_or_the_first_word_of_codes_lists_what_is_under_it(word: str) -> None:
    text = CliRunner().invoke(shown.command, [word]).output
    for cause in CATALOG:
        under = word in (cause.layer, cause.code.partition(".")[0])
        assert (
            re.search(rf"^  {re.escape(cause.code)}\s", text, re.MULTILINE) is not None
        ) == under


def test_the_faults_are_those_of_the_sandbox() -> None:
    """They are read off the files, which the sandbox imports."""
    assert sorted(shown.faults()) == sorted(faults())


def test_the_page_says_how_to_make_a_cause_real_where_the_sandbox_can() -> None:
    makeable = {code.partition(":")[0] for code in faults()}
    for cause in CATALOG:
        text = CliRunner().invoke(shown.command, [cause.code]).output
        assert (f"mongoping sandbox --fault {cause.code}" in text) == (cause.code in makeable)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("auth.faild", "auth.failed"),
        ("hostname-mismatch", "tls.hostname-mismatch"),
        ("TLS.Unknown-CA", "tls.unknown-ca"),
    ],
)
def test_a_code_that_is_misspelled_is_answered_with_the_nearest(wrong: str, right: str) -> None:
    result = CliRunner().invoke(shown.command, [wrong])
    assert result.exit_code == 2
    assert right in result.output


@pytest.mark.parametrize("wrong", ["", "zzzzzzzz", ".", "unexplained", "nowhere.unexplained"])
def test_a_code_that_is_near_to_none_is_a_usage_error(wrong: str) -> None:
    with pytest.raises(click.UsageError):
        shown.select(wrong)


def test_unexplained_has_a_page_for_every_layer() -> None:
    for layer in LAYERS:
        text = CliRunner().invoke(shown.command, [f"{layer}.unexplained"]).output
        assert "exit code 1" in text
        assert "--verbose" in text


@pytest.mark.parametrize("arguments", [[], ["auth.failed"], ["--format", "json"]])
def test_the_catalog_opens_without_driver_network_or_rich(arguments: list[str]) -> None:
    program = (
        "import sys; from mongoping.cli import main\n"
        f"main(['causes', *{arguments!r}], standalone_mode=False)\n"
        "heavy = {'pymongo', 'bson', 'rich', 'asyncio', 'ssl', 'dns', 'cryptography'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert process.returncode == 0
    assert process.stderr.strip() == "[]"


def test_a_process_exits_with_zero_or_two(run_mongoping: Callable[..., Any]) -> None:
    assert run_mongoping("causes", "tcp.refused").code == 0
    assert run_mongoping("causes", "tcp.refusd").code == 2
