"""Remedies and programs for the language of the reader's program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.model import Remedy
from mongoping.reader_language import CLIENTS, fit_remedies, language_named
from mongoping.snippets import all_snippets
from tests.formats.reports import report, verdict

if TYPE_CHECKING:
    from tests.conftest import Deployment, Mongoping


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("node", "Node.js"),
        ("Node.js", "Node.js"),
        ("GO", "Go"),
        (" c# ", "C#"),
        ("python", "Python"),
        ("cobol", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_its_usual_spellings(word: str, language: str | None) -> None:
    assert language_named(word) == language


def test_every_language_with_snippets_has_a_client() -> None:
    assert set(CLIENTS) == {snippet.language for snippet in all_snippets()}


def test_a_remedy_for_python_is_replaced_by_that_of_the_language() -> None:
    """Remedies that fit every language stay."""
    upgrade = Remedy("Upgrade the driver:", command="pip install --upgrade pymongo")
    other = Remedy("Add `tls=true` to the connection string.")
    report_for_python = report(verdict=verdict(remedies=(upgrade, other)))
    verdict_for_node = fit_remedies(report_for_python, "Node.js").verdict
    assert verdict_for_node is not None
    assert [remedy.command for remedy in verdict_for_node.remedies] == [
        "npm install mongodb@latest",
        None,
    ]
    assert fit_remedies(report_for_python, "Python") == report_for_python


def test_a_healthy_report_suggests_a_program_in_the_language(
    run_mongoping: Mongoping, mongod: Deployment
) -> None:
    ran = run_mongoping("check", mongod.uri, "--language", "go", "-v")
    assert "mongoping snippet emit go-local" in ran.out


def test_an_unknown_language_is_one_sentence(run_mongoping: Mongoping) -> None:
    ran = run_mongoping("check", "localhost", "--language", "cobol")
    assert ran.code == 2
    assert "--language cobol is unknown. Use one of: Python, Node.js" in ran.err
