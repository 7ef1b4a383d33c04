"""Render explanations as text for ``mongoping explain``. Pure: the caller removes the styles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from mongoping import registry
from mongoping.cli._wrapping import remedy_lines, wrapped
from mongoping.escape import printable
from mongoping.explaining.advice import NAMES
from mongoping.units import plural

if TYPE_CHECKING:
    from mongoping.explaining import Explanation
    from mongoping.explaining.log import Group, Summary

MAX_HOSTS = 6  # per line; the JSON lists all


def render(answer: Explanation, columns: int) -> str:
    """Return one explanation as a page."""
    if answer.cause is None:
        head = click.style("No cause can be named.", bold=True)
        return "\n".join([head, "", *_advice(answer.missing or "", columns)])
    return "\n".join([*_head(answer, columns), *_body(answer, columns)])


def _head(answer: Explanation, columns: int) -> Iterator[str]:
    """Yield the code and its confidence, the title, and the quoted part of the text."""
    who = f", {NAMES[answer.client]}" if answer.client in NAMES else ""
    how = click.style(f"{answer.confidence}{who}", dim=True)
    yield f"{click.style(answer.cause or '', bold=True)}  {how}"
    yield ""
    yield from (click.style(line, bold=True) for line in wrapped(answer.title or "", columns))
    yield ""
    yield from wrapped(answer.explanation, columns)
    rows = [("text", answer.quote), ("host" if answer.host else "hosts", _hosts(answer.hosts))]
    shown = [(label, words) for label, words in rows if words]
    yield from ("" for _ in shown[:1])
    yield from (f"{label:<6} {printable(words)}" for label, words in shown)


def _hosts(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - MAX_HOSTS} more" if len(hosts) > MAX_HOSTS else ""
    return ", ".join(hosts[:MAX_HOSTS]) + more


def _body(answer: Explanation, columns: int) -> Iterator[str]:
    """Yield the remedies, the alternatives and the links."""
    yield from ["", click.style("What to do", bold=True)]
    yield from remedy_lines(answer.remedies, columns)
    if answer.alternatives:
        yield from ["", click.style("Or it could be", bold=True)]
        yield from _alternatives(answer.alternatives, columns)
    if answer.missing:
        yield from ["", click.style("To find out", bold=True)]
        yield from _advice(answer.missing, columns, 2)
    if answer.links:
        yield from [
            "",
            click.style("Read more", bold=True),
            *(f"  {link}" for link in answer.links),
        ]
    yield from ["", f"More about it: mongoping causes {answer.cause}"]


def _advice(text: str, columns: int, indent: int = 0) -> Iterator[str]:
    """Yield wrapped lines of advice; an indented line is a command and is never broken."""
    for line in text.split("\n"):
        if line.startswith(" "):
            yield " " * indent + line
        else:
            yield from wrapped(line, columns, indent)


def _alternatives(codes: Sequence[str], columns: int) -> Iterator[str]:
    indent = max(map(len, codes)) + 4
    for code in codes:
        cause = registry.cause(code)
        first, *rest = wrapped(cause.title if cause else "", columns, indent)
        yield from [f"  {code}".ljust(indent) + first.lstrip(), *rest]


def render_log(summary: Summary, columns: int, note: str | None = None) -> str:
    """Return a paragraph for each cause of errors in a log, the most frequent first.

    ``note`` says which part of the log was not read.
    """
    count = plural(summary.errors, "MongoDB error") if summary.errors else "no MongoDB error"
    head = f"{count} in {plural(summary.lines, 'line')}"
    lines = [click.style(head, bold=True), *([note] if note else [])]
    for group in summary.groups:
        lines += ["", *_group(group, columns)]
    if summary.groups:
        lines += ["", "More about one: mongoping causes CODE"]
    return "\n".join(lines)


def _group(group: Group, columns: int) -> Iterator[str]:
    found = group.explanation
    code = click.style(found.cause or "cannot tell", bold=True)
    sure = f"  {found.confidence}" if found.cause else ""
    yield f"{group.count:>6} × {code}{click.style(sure, dim=True)}"
    yield from _advice(found.title or found.missing or "", columns, 9)
    when = [f"line {group.line}", *_times(group)]
    yield from wrapped(", ".join(when), columns, 9)
    if group.hosts:
        yield from wrapped(_hosts(group.hosts), columns, 9)
    if found.remedies:
        first = found.remedies[0]
        yield from wrapped(f"→ {first.text}", columns, 9)
        yield from (f"  {pasted}" for pasted in (first.command, first.uri) if pasted)
    if found.alternatives:
        yield from wrapped(f"or {', '.join(found.alternatives)}", columns, 9)


def _times(group: Group) -> list[str]:
    if group.first is None:
        return []
    if group.last is None or group.last == group.first:
        return [printable(group.first)]
    return [f"{printable(group.first)} to {printable(group.last)}"]
