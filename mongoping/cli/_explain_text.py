"""Render explanations as text for ``mongoping explain``. Pure: the caller removes the styles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from mongoping.cli._wrapping import (
    alternative_fields,
    field_lines,
    link_fields,
    remedy_fields,
    show_cause,
    title_lines,
)
from mongoping.code_spans import plain
from mongoping.explaining import catalog
from mongoping.explaining.advice import NAMES
from mongoping.model import Remedy
from mongoping.units import plural, span

if TYPE_CHECKING:
    from mongoping.cli._wrapping import Field
    from mongoping.explaining import Explanation
    from mongoping.explaining.log import Summary
    from mongoping.explaining.tally import Group

MAX_HOSTS = 6  # per line; the JSON lists all
NO_CAUSE = "No cause can be named"


def render(answer: Explanation, columns: int) -> str:
    """Return one explanation as a page."""
    if answer.cause is None:
        lines = title_lines("warn", NO_CAUSE, "", columns)
        return "\n".join([*lines, *field_lines([*_advice("", answer.missing or "")], columns)])
    fields = [
        *_reading(answer),
        ("What it means", plain(answer.explanation)),
        *_next_steps(answer),
        ("Cause", Remedy("Show its page:", command=f"mongoping causes {answer.cause}")),
    ]
    return "\n".join([*_title(answer, columns), *field_lines(fields, columns)])


def _title(answer: Explanation, columns: int, times: str = "") -> list[str]:
    """Return the title of the cause behind the mark that a report would give it."""
    cause = catalog.cause(answer.cause or "")
    status = "fail" if cause is None or cause.severity == "error" else "warn"
    return title_lines(status, f"{times}{plain(answer.title or '')}", answer.cause or "", columns)


def _reading(answer: Explanation) -> Iterator[Field]:
    """Yield what the text shows: its own words, the hosts, and how certain the cause is."""
    if answer.quote:
        yield "Evidence", answer.quote
    if hosts := _hosts(answer.hosts):
        yield "Host" if answer.host else "Hosts", hosts
    client = f", {NAMES[answer.client]}" if answer.client in NAMES else ""
    yield "Certainty", f"{answer.confidence}{client}"


def _hosts(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - MAX_HOSTS} more" if len(hosts) > MAX_HOSTS else ""
    return ", ".join(hosts[:MAX_HOSTS]) + more


def _next_steps(answer: Explanation) -> Iterator[Field]:
    """Yield the remedies, the alternatives, how to tell them apart, and the links."""
    yield from remedy_fields(answer.remedies)
    yield from alternative_fields(filter(None, map(catalog.cause, answer.alternatives)))
    if answer.missing:
        yield from _advice("To find out", answer.missing)
    yield from link_fields(answer.links)


def _advice(label: str, text: str) -> Iterator[Field]:
    """Yield the sentences of advice; an indented line is the command of the one above it."""
    sentences: list[Remedy] = []
    for line in text.split("\n"):
        if line.startswith(" ") and sentences:
            sentences[-1] = sentences[-1].replace(command=line.strip())
        else:
            sentences.append(Remedy(line))
    yield from ((label if at == 0 else "", sentence) for at, sentence in enumerate(sentences))


def render_log(summary: Summary, columns: int, note: str | None = None) -> str:
    """Return a paragraph for each cause of errors in a log, the most frequent first.

    ``note`` says which part of the log was not read.
    """
    count = plural(summary.errors, "MongoDB error") if summary.errors else "no MongoDB error"
    head = f"{count} in {plural(summary.lines, 'line')}"
    lines = [click.style(head, bold=True), *([note] if note else [])]
    for group in summary.groups:
        lines += ["", *_group(group, columns)]
    codes = [group.explanation.cause for group in summary.groups if group.explanation.cause]
    if codes:
        lines += ["", *field_lines([("", show_cause(codes))], columns)]
    return "\n".join(lines)


def _group(group: Group, columns: int) -> list[str]:
    explanation = group.explanation
    times = f"{group.count} × "
    where = ", ".join([f"line {group.line}", *_times(group), *_end(group)])
    fields: list[Field] = [("Evidence", where)]
    if hosts := _hosts(group.hosts):
        fields.append(("Host" if len(group.hosts) == 1 else "Hosts", hosts))
    if explanation.cause is None:
        fields += _advice("To find out", explanation.missing or "")
        return [
            *title_lines("warn", f"{times}{NO_CAUSE}", "", columns),
            *field_lines(fields, columns),
        ]
    if group.follows:
        fields.append(("Follows from", f"probably the server that does not run ({group.follows})"))
    fields.append(("Certainty", explanation.confidence or ""))
    causes = filter(None, map(catalog.cause, explanation.alternatives))
    fields += [*remedy_fields(explanation.remedies[:1]), *alternative_fields(causes)]
    return [*_title(explanation, columns, times), *field_lines(fields, columns)]


def _end(group: Group) -> list[str]:
    """Return how the errors ended, if the log shows it."""
    if group.resolved is None:
        return []
    return [f"resolved after {span(group.seconds)}" if group.seconds is not None else "resolved"]


def _times(group: Group) -> list[str]:
    if group.first is None:
        return []
    if group.last is None or group.last == group.first:
        return [group.first]
    return [f"{group.first} to {group.last}"]
