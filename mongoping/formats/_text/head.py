"""The first lines of a text report: the deployment, or the connection string that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.columns import INDENT
from mongoping.formats._text.styled import Text, cell_len
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.formats._text.page import Page
    from mongoping.model import Latency, Report

GAP = "  "
TYPED_SOURCES = frozenset({"argument", "default", "--host"})  # sources that need no mention


def healthy(report: Report, page: Page) -> list[Text]:
    """Return the deployment, and below it the facts about the connection."""
    headline = report.headline
    title = [report.name] if report.name else []
    if headline is None:
        title.append("It works")
        facts = report.uri
    else:
        title.append(headline.name)
        facts = ", ".join(filter(None, (headline.product, *headline.facts)))
    head = "  ".join(map(page.clean, title))
    rows = page.paragraph(f"{head}  {facts}")
    rows[0] = page.mark("ok").append(" ").append_text(rows[0].skip(INDENT))
    rows[0].stylize("bold", INDENT, INDENT + len(head))
    return [*rows, *_join(_facts(report), page)]


def _facts(report: Report) -> list[str]:
    """Return what is worth knowing about a connection that works."""
    facts = []
    if report.latency is not None and report.latency.p50_ms is not None:
        facts.append(_ping(report.latency, report.latency.p50_ms))
    if report.headline is not None and report.headline.tls:
        tls = " and ".join(report.headline.tls)
        days = report.headline.certificate_days
        facts.append(tls if days is None else f"{tls}, certificate {_validity(days)}")
    if report.headline is not None and report.headline.user:
        facts.append(f"signed in as {report.headline.user}")
    return [*facts, *_origin(report)]


def _validity(days: float) -> str:
    """Return how long a certificate is valid: ``284 days``, or ``expired 3 days ago``."""
    if days < 0:
        return f"expired {plural(round(-days), 'day')} ago"
    return plural(round(days), "day")


def _ping(latency: Latency, median: float) -> str:
    lost_text = f", {latency.lost} lost" if latency.lost else ""
    return f"ping {milliseconds(median)} (median of {latency.count}{lost_text})"


def _origin(report: Report) -> list[str]:
    """Return where the target comes from, unless the user typed it, and how long it took."""
    is_known = report.source in TYPED_SOURCES or report.source == f"@{report.name}"
    facts = [] if is_known else [f"target from {report.source}"]
    facts += [report.target_note] if report.target_note else []
    facts += [report.interpreter] if report.interpreter else []
    waiting = report.waiting
    if waiting is not None and (waiting.limit_s or waiting.stable_s):
        ending = "interrupted" if report.interrupted else "gave up"
        word = "ready" if waiting.ready else ending
        tries = plural(waiting.attempts, "attempt")
        facts.append(f"{word} after {waiting.took_s:.1f} s, {tries}")
    return facts


def _join(facts: list[str], page: Page) -> list[Text]:
    """Return the facts on as few lines as possible; none is broken unless it is too long."""
    lines: list[Text] = []
    for fact in facts:
        fact_text = page.clean(fact)
        last = lines[-1] if lines else None
        if last is not None and last.cell_len + 3 + cell_len(fact_text) <= page.width:
            last.append(page.dot, "dim").append(fact_text)
        else:
            lines += page.paragraph(fact)
    return lines


def failing(report: Report, page: Page) -> list[Text]:
    """Return the target, or where the problem is in its connection string."""
    name = f"{page.clean(report.name)}  " if report.name else ""
    took = milliseconds(report.duration_ms)
    if report.caret is not None and report.caret[0] < page.width * 3:
        facts = [name.strip(), *_origin(report)]
        return [*_join([fact for fact in facts if fact], page), *_caret(report, page)]
    target = f"{name}{report.uri}"
    if INDENT + cell_len(page.clean(target)) + len(GAP) + len(took) <= page.width:
        target += GAP + took
    rows = page.paragraph(target)
    for row in rows:
        row.stylize("dim")
    return [*rows, *_join(_origin(report), page)]


def full(report: Report, page: Page) -> list[Text]:
    """Return the command, the target and the duration, for --verbose."""
    command = f"mongoping {report.preset}"
    words = f"{command}  {page.clean(report.name)}" if report.name else command
    took = milliseconds(report.duration_ms)
    if report.caret is not None and report.caret[0] < page.width * 3:
        target = _caret(report, page)
    elif cell_len(f"{words}  {page.clean(report.uri)}{GAP}{took}") <= page.width:
        words, target = f"{words}  {report.uri}", []
    else:
        target = page.paragraph(report.uri)
    rows = page.paragraph(f"{words}{GAP}{took}", indent=0)
    rows[0].stylize("bold", 0, len(command))
    if report.caret is None:
        return [*rows, *target, *_join(_origin(report), page)]
    return [*rows, *_join(_origin(report), page), *target]


def _caret(report: Report, page: Page) -> list[Text]:
    """Return the connection string in rows, with marks under the part that is wrong."""
    start, length = report.caret or (0, 1)
    text = "".join(page.clean(char)[:1] or " " for char in report.uri)
    lines: list[Text] = []
    for at, row in _cut(text + " " * (start + 1 - len(text)), page.width - INDENT):
        lines.append(Text(" " * INDENT + row))
        first, last = max(start, at), min(start + length, at + len(row))
        if first < last:
            before, mark_width = cell_len(row[: first - at]), cell_len(row[first - at : last - at])
            lines.append(Text(" " * (INDENT + before) + "^" * max(mark_width, 1), "red"))
    return lines


def _cut(text: str, room: int) -> list[tuple[int, str]]:
    """Split a text into rows of ``room`` columns, each with the offset of its first character."""
    rows: list[tuple[int, str]] = []
    begin = columns = 0
    for at, char in enumerate(text):
        width = cell_len(char)
        if columns + width > room:
            rows.append((begin, text[begin:at]))
            begin, columns = at, 0
        columns += width
    return [*rows, (begin, text[begin:])]
