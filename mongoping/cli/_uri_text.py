"""Render the explanation of a connection string as text, without importing Rich.

The text contains the styles of click, which removes them if the output shows no colors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mongoping.causes.uri import CAUSES
from mongoping.checks.uri import login, shown_value
from mongoping.cli._wrapping import (
    field_lines,
    link_fields,
    mark,
    remedy_fields,
    terminal_width,
    title_lines,
    wrap_lines,
)
from mongoping.code_spans import plain
from mongoping.columns import INDENT, width_of
from mongoping.escape import printable
from mongoping.model import Evidence, Result, remedies_to_offer
from mongoping.settings import Settings

if TYPE_CHECKING:
    from mongoping.cli._wrapping import Field
    from mongoping.model import Cause, CheckStatus, Match, Outcome
    from mongoping.observations import UriFacts

LABEL = 12  # columns before the text: as wide as the longest label, and gaps
REMEDIES = 4  # of an error
MAX_LINKS = 2


def render(outcome: Outcome, note: str | None = None) -> str:
    """Return the explanation of one connection string, without a final newline.

    ``note`` says how the given text was read if it is no complete connection string.
    """
    facts: UriFacts = outcome.data
    cause_matches = matches(outcome)
    status = "fail" if outcome.failure else "warn" if cause_matches else "ok"
    lines = [f"{mark(status)} {facts.uri}"]
    if outcome.failure is not None and "start" in outcome.failure.facts:
        lines.append(
            _caret(facts.uri, outcome.failure.facts["start"], outcome.failure.facts["length"])
        )
    if note is not None:
        lines += _row("note", note)
    if facts.scheme is not None:
        lines += _parts(facts)
        lines += _options(facts)
    for cause, match in cause_matches:
        lines += _finding(cause, match)
    return "\n".join(lines)


def fixed_uri(outcome: Outcome) -> str | None:
    """Return the corrected connection string, redacted, or None if it is not known."""
    remedies = (
        remedy for cause, match in matches(outcome) for remedy in remedies_to_offer(match, cause)
    )
    return next((remedy.uri for remedy in remedies if remedy.uri is not None), None)


def matches(outcome: Outcome) -> list[tuple[Cause, Match]]:
    """Return the causes that follow from the connection string, the error first."""
    status: CheckStatus = "failed" if outcome.failure else "ok"
    result = Result("uri", "uri", None, status, data=outcome.data, failure=outcome.failure)
    evidence = Evidence(target=None, settings=Settings(), results=(result,))
    rows = [(cause, match) for cause in CAUSES for _, match in cause.matches(evidence)]
    return sorted(rows, key=lambda row: row[1].severity == "warning")


def _row(label: str, text: str, indent: int = LABEL) -> list[str]:
    """Return a label and its wrapped text; a single word, such as a URI, is never broken."""
    head = click.style((" " * INDENT + label).ljust(indent - 1) + " ", dim=True)
    first, *rest = wrap_lines(printable(text), terminal_width(), indent)
    return [head + first.lstrip(), *rest]


def _caret(uri: str, start: int, length: int) -> str:
    """Return the marks under a part of the string, by the columns that it takes on a terminal."""
    before = width_of(uri[:start])
    mark_width = max(width_of(uri[start : start + length]), 1)
    return " " * (INDENT + before) + click.style("^" * mark_width, fg="red", bold=True)


def _parts(facts: UriFacts) -> list[str]:
    names = ", ".join(str(host) for host in facts.hosts)
    if facts.scheme == "mongodb+srv":
        service = facts.options.get("srvServiceName", "mongodb")
        rows = _row("name", f"{names}; servers and ports come from DNS, _{service}._tcp.{names}")
    else:
        rows = _row("host" if len(facts.hosts) == 1 else "hosts", names)
    rows += _row("user", login(facts))
    return rows + _row("database", facts.database or "(none)")


def _options(facts: UriFacts) -> list[str]:
    rows = []
    for number, option in enumerate(facts.explained):
        value = f"{option.name}={shown_value(option.value)}"
        note = "" if option.given else "Set implicitly by another option. "
        rows += _row("options" if not number else "", printable(value))
        text = f"{note}{option.meaning} Default: {option.default}."
        rows += _row("", f"{text}", LABEL + 2)
    return rows


def _finding(cause: Cause, match: Match) -> list[str]:
    error = match.severity != "warning"
    columns = terminal_width()
    fields: list[Field] = [("Evidence", match.detail)]
    if error:
        fields.append(("What it means", plain(match.explanation or cause.explanation)))
    fields += remedy_fields(remedies_to_offer(match, cause)[: REMEDIES if error else 1])
    if error:
        fields += link_fields(cause.links[:MAX_LINKS])
    title = plain(match.title or cause.title)
    rows = title_lines("fail" if error else "warn", title, cause.code, columns)
    return [*rows, *field_lines(fields, columns)]
