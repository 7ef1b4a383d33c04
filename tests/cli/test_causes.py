"""``mongoping causes``: the catalogue is complete, and every page of it can be read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from mongoping import collect
from mongoping.cli import causes as shown
from mongoping.model import EXIT_CODES, LAYERS
from mongoping.sandbox.fault import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.model import Cause

CATALOGUE = collect.causes()
CODE = re.compile(r"[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*")
# the first words of codes: the layers, and what is seen in one of them
GROUPS = {*LAYERS, "atlas", "client", "expectation", "pool", "network"}
every = pytest.mark.parametrize("cause", CATALOGUE, ids=lambda one: one.code)


@every
def test_a_code_has_the_form_of_the_contract(cause: Cause) -> None:
    assert CODE.fullmatch(cause.code)
    assert cause.code.partition(".")[0] in GROUPS
    assert cause.layer in EXIT_CODES


def test_no_code_stands_twice() -> None:
    assert [
        code for code, count in Counter(one.code for one in CATALOGUE).items() if count > 1
    ] == []


@every
def test_a_cause_says_what_it_is_what_to_do_and_where_to_read_on(cause: Cause) -> None:
    assert cause.title
    assert not cause.title.endswith(".")
    assert cause.explanation.endswith(".")
    assert len(cause.remedies) >= 1
    assert all(remedy.strip() == remedy != "" for remedy in cause.remedies)
    assert cause.links
    assert all(link.startswith("https://") and " " not in link for link in cause.links)


@every
def test_a_cause_names_other_causes_that_exist(cause: Cause) -> None:
    others = {one.code for one in CATALOGUE} - {cause.code}
    assert set(cause.hidden_by) <= others
    assert set(cause.alternatives) <= others


def test_hiding_never_goes_in_circles() -> None:
    """Two causes that silence each other would leave a failure without a name."""
    hidden_by = {one.code: set(one.hidden_by) for one in CATALOGUE}
    for code in hidden_by:
        seen: set[str] = set()
        ahead = {code}
        while ahead:
            ahead = set().union(*(hidden_by[one] for one in ahead)) - seen
            seen |= ahead
        assert code not in seen


def test_every_cause_is_listed_under_its_layer_once() -> None:
    text = CliRunner().invoke(shown.command, []).output
    for cause in CATALOGUE:
        assert len(re.findall(rf"^  {re.escape(cause.code)}\s", text, re.MULTILINE)) == 1
    heads = re.findall(r"^([a-z]+)  \(exit code (\d+)\)$", text, re.MULTILINE)
    assert dict(heads) == {one.layer: str(EXIT_CODES[one.layer]) for one in CATALOGUE}


@every
def test_the_page_of_a_cause_holds_all_that_is_known_of_it(cause: Cause) -> None:
    text = flat(CliRunner().invoke(shown.command, [cause.code]).output)
    for words in (cause.title, cause.explanation, *cause.remedies, *cause.links):
        assert flat(words) in text
    for code in (*cause.hidden_by, *cause.alternatives):
        assert code in text
    assert f"layer {cause.layer}, exit code {shown.exit_code(cause)}" in text


@pytest.mark.parametrize("columns", [1, 40, 80, 300])
def test_a_page_fits_its_width_but_for_what_must_not_be_broken(columns: int) -> None:
    for cause in CATALOGUE:
        done = CliRunner().invoke(shown.command, [cause.code], env={"COLUMNS": str(columns)})
        for line in done.output.splitlines()[1:]:
            longest = max(map(len, line.split()), default=0)
            whole = line.strip().startswith(("https://", "mongoping "))
            assert whole or len(line) <= max(min(columns, 100), 40, longest + 5)


def flat(words: str) -> str:
    """Text without its line breaks."""
    return " ".join(words.split())


def test_the_object_of_a_cause_and_the_list_hold_the_same() -> None:
    whole = json.loads(CliRunner().invoke(shown.command, ["--format", "json"]).output)
    assert [one["code"] for one in whole["causes"]] == [one.code for one in CATALOGUE]
    for row in whole["causes"][::7]:
        one = CliRunner().invoke(shown.command, [row["code"], "--format", "json"]).output
        assert json.loads(one) == {"schema": 1, **row}


@pytest.mark.parametrize("word", ["tls", "atlas", "pool", "client"])
def test_a_layer_or_the_first_word_of_codes_lists_what_is_under_it(word: str) -> None:
    text = CliRunner().invoke(shown.command, [word]).output
    for cause in CATALOGUE:
        under = word in (cause.layer, cause.code.partition(".")[0])
        assert (
            re.search(rf"^  {re.escape(cause.code)}\s", text, re.MULTILINE) is not None
        ) == under


def test_the_faults_are_those_of_the_sandbox() -> None:
    """They are read off the files, which the sandbox imports."""
    assert sorted(shown.faults()) == sorted(faults())


def test_the_page_says_how_to_make_a_cause_real_where_the_sandbox_can() -> None:
    makeable = {code.partition(":")[0] for code in faults()}
    for cause in CATALOGUE:
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
def test_a_code_that_is_misspelt_is_answered_with_the_nearest(wrong: str, right: str) -> None:
    done = CliRunner().invoke(shown.command, [wrong])
    assert done.exit_code == 2
    assert right in done.output


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
def test_the_catalogue_opens_without_driver_network_or_rich(arguments: list[str]) -> None:
    program = (
        "import sys; from mongoping.cli import main\n"
        f"main(['causes', *{arguments!r}], standalone_mode=False)\n"
        "heavy = {'pymongo', 'bson', 'rich', 'asyncio', 'ssl', 'dns', 'cryptography'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"


def test_a_process_exits_with_zero_or_two(run_mongoping: Callable[..., Any]) -> None:
    assert run_mongoping("causes", "tcp.refused").code == 0
    assert run_mongoping("causes", "tcp.refusd").code == 2
