"""The text reports of all causes, from the evidence in the tests of causes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.formats import text
from mongoping.model import Style
from mongoping.next_steps import next_steps
from mongoping.report import build
from mongoping.uri.target import parse
from tests.causes.positive import positive_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mongoping.model import Evidence, Report

COLUMNS = 80
URI = "mongodb://a:27017/"
MONGOSH = ("db.", "rs.", "sh.", "var ")
PYTHON = ("AsyncMongoClient(", "MongoClient(", "client = ")
SCHEMES = ("mongodb://", "mongodb+srv://")


class PrintedReport(NamedTuple):
    """A report, and its text on a terminal of 80 columns."""

    code: str
    report: Report
    text: str

    @property
    def rows(self) -> list[str]:
        """Return the rows that the text takes, since a terminal wraps long lines."""
        return rows_of(self.text)


@cache
def printed_reports() -> tuple[PrintedReport, ...]:
    """Return the report of each evidence on which a cause is true."""
    return tuple(_print(code, evidence) for code, evidence in positive_cases())


@cache
def verbose() -> tuple[PrintedReport, ...]:
    """Return the same reports with every remedy."""
    style = Style(width=COLUMNS, verbose=True)
    return tuple(page._replace(text=text.render(page.report, style)) for page in printed_reports())


def _print(code: str, evidence: Evidence) -> PrintedReport:
    report = build(
        evidence,
        diagnose(evidence, registry.causes()),
        registry.checks(),
        parse(evidence.target.uri if evidence.target else URI),
    )
    report = report.replace(next_steps=next_steps(evidence, report))
    return PrintedReport(code, report, text.render(report, Style(width=COLUMNS)))


def rows_of(page_text: str, columns: int = COLUMNS) -> list[str]:
    """Return a text in the rows of a terminal, which wraps long lines."""
    return [
        line[start : start + columns]
        for line in page_text.splitlines()
        for start in range(0, max(len(line), 1), columns)
    ]


def paste(page_text: str, strings: Sequence[str]) -> Iterator[str]:
    """Yield each of the strings to copy as a terminal gives it: one line, without its indent.

    Raises `LookupError` if it is not a line of its own, with at most two spaces before it.
    """
    lines = {line.strip(" "): line for line in page_text.splitlines()}
    for string in strings:
        line = lines.get(string.strip())
        if line is None or len(line) - len(line.lstrip(" ")) > 2:
            raise LookupError(f"{string!r} is not a line of its own")
        yield line.strip(" ")


def by_language(commands: Sequence[str]) -> Mapping[str, list[str]]:
    """Return what to copy by where it is pasted: a shell, mongosh, Python, or as a URI."""
    groups: dict[str, list[str]] = {"sh": [], "mongosh": [], "python": [], "uri": []}
    for command in dict.fromkeys(commands):
        if command.startswith(SCHEMES):
            language = "uri"
        elif command.startswith(MONGOSH):
            language = "mongosh"
        else:
            language = "python" if command.startswith(PYTHON) else "sh"
        groups[language].append(command)
    return groups
