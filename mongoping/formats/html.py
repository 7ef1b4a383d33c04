"""HTML: one file that fetches nothing, for a wide screen, a phone, and paper.

The verdict comes first, with commands and connection strings that can be copied.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mongoping.code_spans import mark_code
from mongoping.escape import printable
from mongoping.formats._cases import cases, further, tally, title
from mongoping.formats._page import page
from mongoping.model.layers import ROW_NAMES
from mongoping.units import milliseconds, plural
from mongoping.waterfall.bars import LABELS, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import Finding, LayerReport, Remedy, Report, Style, Topology, Verdict
    from mongoping.model.waterfall import Lane, Waterfall

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "–"}
WORDS = {"ok": "It works", "warn": "It works, with warnings", "fail": "It does not work"}
SEVERITIES = {"warning": "warn", "error": "fail"}
BAR_WIDTH = 1000  # units of the drawing, which is scaled to the page


def _e(text: str) -> str:
    """Escape text from outside mongoping."""
    return escape(printable(text))


def _prose(text: str) -> str:
    """Return a sentence of the catalog, with its code marked as such."""
    return mark_code(text, _e, _code)


def render(report: Report, style: Style) -> str:
    """Return one report as a page."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return all reports as one page, with an overview if there are several."""
    name = title(reports[0]) if len(reports) == 1 else plural(len(reports), "target")
    overview = _overview(reports) if len(reports) > 1 else ""
    bodies = "\n".join(_article(at, report) for at, report in enumerate(reports))
    return page(f"mongoping: {_e(name)}", overview + bodies)


def _overview(reports: Sequence[Report]) -> str:
    rows = [
        f'<tr>{_mark(report.status)}<td><a href="#r{at}">{_e(title(report))}</a></td>'
        f'<td class="time">{milliseconds(report.duration_ms)}</td>'
        f'<td class="wide">{_code(report.verdict.cause) if report.verdict else ""}</td></tr>'
        for at, report in enumerate(reports)
    ]
    head = '<tr class="head"><th></th><th>target</th><th></th><th>cause</th></tr>'
    return f'<h1>mongoping</h1>\n<table class="stack">{head}{"".join(rows)}</table>\n'


def _mark(status: str) -> str:
    return f'<td class="mark {status}">{MARKS[status]} {status}</td>'


def _code(text: str) -> str:
    return f"<code>{_e(text)}</code>"


def _article(at: int, report: Report) -> str:
    word = "Interrupted" if report.interrupted else WORDS[report.status]
    name = f"{_e(report.name)}: " if report.name else ""
    parts = [
        f'<article id="r{at}">',
        f'<h1>{name}<span class="{report.status}">{MARKS[report.status]} {word}</span></h1>',
        f'<p class="target">{_target(report)}</p>',
    ]
    if report.verdict is not None:
        parts.append(_verdict(report, report.verdict))
    parts += map(_finding, further(report))
    parts.append(_layers(report))
    if report.waterfall is not None and report.waterfall.lanes:
        parts.append(_waterfall(report.waterfall))
    if report.expectations:
        parts.append(_expectations(report))
    if report.topology is not None:
        parts.append(_members(report.topology))
    parts += [*_waiting(report), _footer(report), "</article>"]
    return "\n".join(parts)


def _target(report: Report) -> str:
    """Return the connection string, where it comes from, and from where it was checked."""
    words = [_code(report.uri)]
    if report.source != "argument":
        words.append(f"from {_e(report.source)}")
    if report.vantage is not None:
        words.append(f"checked from {_e(report.vantage.name)} ({_e(report.vantage.host)})")
    note = f"<br>{_e(report.target_note)}" if report.target_note else ""
    return ", ".join(words) + note


def _verdict(report: Report, verdict: Verdict) -> str:
    others = ", ".join(
        f"{_prose(other.title)} ({_code(other.cause)})" for other in verdict.alternatives
    )
    parts = [
        f"<h2>{_prose(verdict.title)}</h2>",
        *(_with_label("Evidence", _mono(text)) for text in verdict.evidence),
        f"<p>{_prose(verdict.explanation)}</p>",
        _remedies(verdict.remedies),
        _with_label("Or it could be", others) if others else "",
        _advice("To find out", verdict.tell_apart) if verdict.tell_apart else "",
        _links(verdict.links),
        _with_label("Cause", f"{_code(verdict.cause)}, exit code {report.exit_code()}"),
    ]
    return f'<section class="verdict">{"".join(parts)}</section>'


def _finding(finding: Finding) -> str:
    """Return a finding that is not the verdict, with what to do about it."""
    parts = [
        f"<h3>{_prose(finding.title) if finding.title else _e(finding.detail)}</h3>",
        _with_label("Evidence", _mono(finding.detail)),
        _remedies(finding.remedies),
        _links(finding.links[:1]),
        _with_label("Cause", f"{_code(finding.cause)}, {finding.severity}"),
    ]
    return f'<section class="finding {finding.severity}">{"".join(parts)}</section>'


def _mono(text: str) -> str:
    return f'<span class="mono">{_e(text)}</span>'


def _with_label(label: str, text: str) -> str:
    return f'<p><span class="label">{label}</span> {text}</p>'


def _remedies(remedies: Sequence[Remedy]) -> str:
    """Return the remedies; they are alternatives and no steps, so they have no numbers."""
    parts = []
    for position, remedy in enumerate(remedies):
        parts.append(_advice("Also try" if position else "Try first", remedy))
    return "".join(parts)


def _advice(label: str, remedy: Remedy) -> str:
    """Return the sentence of a remedy, and what to paste as a block."""
    paste_blocks = "".join(_block(text) for text in (remedy.command, remedy.uri) if text)
    return _with_label(label, _prose(remedy.text)) + paste_blocks


def _block(text: str) -> str:
    return f'<div class="paste"><pre>{_e(text)}</pre></div>'


def _links(links: Sequence[str]) -> str:
    link_items = [
        f'<a href="{escape(link)}" rel="noreferrer">{_e(link)}</a>'
        for link in links
        if link.startswith("https://")
    ]
    return _with_label("Docs", "<br>".join(link_items)) if link_items else ""


def _layers(report: Report) -> str:
    by_name = {layer.name: layer for layer in report.layers}
    rows = [row for row in cases(report) if row.group != "expectation"]
    counts = tally(rows)
    words = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    body = "".join(_layer(row, by_name.get(row.name)) for row in rows)
    return f'<h2>Layers</h2>\n<table class="stack"><caption>{words}</caption>\n{body}</table>'


def _layer(row: Case, layer: LayerReport | None) -> str:
    lines = [] if layer is None else [line for line in layer.lines if not line.detail]
    texts = [
        f'<li class="{line.status if line.status != "ok" else ""}">'
        + (f'<span class="detail">{_e(line.label.strip())}</span> ' if line.label.strip() else "")
        + f"{_e(line.text)}</li>"
        for line in lines
    ]
    # what they say is above the table
    texts += [
        f'<li class="{SEVERITIES[finding.severity]}">{_code(finding.cause)}</li>'
        for finding in row.findings
        if finding.severity in SEVERITIES
    ]
    inner = f'<ul class="lines">{"".join(texts)}</ul>' if texts else _e(row.summary)
    took = milliseconds(row.duration_ms) if row.status != "skip" else ""
    name = _e(ROW_NAMES.get(row.name, row.name))
    return (
        f'<tr>{_mark(row.status)}<td class="name"><strong>{name}</strong></td>'
        f'<td class="wide">{inner}</td><td class="time">{took}</td></tr>\n'
    )


def _waterfall(waterfall: Waterfall) -> str:
    """Return the bars of all lanes to one scale; each is the median of a step."""
    scale = BAR_WIDTH / max(waterfall.end_ms, 1e-6)
    runs = plural(waterfall.asked, "run")
    body = "".join(_lane(waterfall, lane, scale) for lane in waterfall.lanes)
    caption = f"<caption>median of {runs}</caption>"
    return f'<h2>Waterfall</h2>\n<table class="waterfall">{caption}\n{body}</table>'


def _lane(waterfall: Waterfall, lane: Lane, scale: float) -> str:
    where = f" {_e(lane.address)}" if lane.address and lane.address not in lane.name else ""
    rows = [f'<tr><th colspan="3">{_e(lane.name)}<span class="detail">{where}</span></th></tr>\n']
    start = waterfall.start_ms(lane)
    for phase in lane.phases:
        took = phase.spread.p50_ms
        left_edge, width = start * scale, max(took * scale, 2.0)
        bar = (
            f'<svg viewBox="0 0 {BAR_WIDTH} 10" preserveAspectRatio="none" role="img" '
            f'aria-label="{number(took)} ms"><rect class="{phase.name}" '
            f'x="{min(left_edge, BAR_WIDTH - 2.0):.1f}" y="0" width="{width:.1f}" '
            'height="10"/></svg>'
        )
        rows.append(
            f"<tr><td>{LABELS.get(phase.name, phase.name)}</td>"
            f'<td class="bar">{bar}</td><td class="time">{number(took)} ms</td></tr>\n'
        )
        start += took
    if lane.note:
        rows.append(f'<tr><td colspan="3" class="warn">{_e(lane.note)}</td></tr>\n')
    return "".join(rows)


def _expectations(report: Report) -> str:
    rows = "".join(
        f"<tr>{_mark(row.status)}<td><strong>{_e(row.name)}</strong></td>"
        f'<td class="wide"><span class="detail">expected</span> {_e(row.expected)}</td>'
        f'<td class="wide"><span class="detail">found</span> {_e(row.found)}</td></tr>\n'
        for row in report.expectations
    )
    return f'<h2>Expectations</h2>\n<table class="stack">\n{rows}</table>'


def _members(topology: Topology) -> str:
    rows = []
    for member in topology.members:
        rtt = milliseconds(member.rtt_ms) if member.rtt_ms is not None else ""
        lag = f"{member.lag_s:.0f} s behind" if member.lag_s is not None else ""
        default = "not checked" if member.reachable is None else "no answer"
        why = "" if member.reachable else _e(member.error or default)
        rows.append(
            f"<tr>{_mark('ok' if member.reachable else 'fail')}<td>{_code(member.host)}</td>"
            f'<td>{_e(member.role)}</td><td class="time">{rtt}</td><td>{lag}</td>'
            f'<td class="wide">{why}</td></tr>\n'
        )
    name = f" {_e(topology.set_name)}" if topology.set_name else ""
    return f'<h2>{_e(topology.type)}{name}</h2>\n<table class="stack">\n{"".join(rows)}</table>'


def _waiting(report: Report) -> list[str]:
    waiting = report.waiting
    if waiting is None or not (waiting.limit_s or waiting.stable_s):
        return []
    word = "Ready" if waiting.ready else "Given up"
    rows = "".join(
        f'<tr><td class="time">{change.at_s:.1f} s</td>'
        f"<td>{_code(change.cause) if change.cause else ''}</td>"
        f'<td class="wide">{_e(change.detail)}</td></tr>\n'
        for change in waiting.changes
    )
    tries = plural(waiting.attempts, "attempt")
    head = f"<h2>{word} after {waiting.took_s:.1f} s, {tries}</h2>"
    return [f'{head}\n<table class="stack">{rows}</table>']


def _footer(report: Report) -> str:
    versions = [f"{name} {value}" for name, value in report.tool.items() if value]
    times = [report.started_at, milliseconds(report.duration_ms)]
    return f"<footer><p>{_e(', '.join([*versions, *times]))}</p></footer>"
