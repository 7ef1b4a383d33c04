"""HTML: one file that fetches nothing, runs nothing, and reads well on paper too.

Its Content-Security-Policy forbids what it does without, in case a peer's text should ever
find a way past the escaping.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mongoping.escape import printable
from mongoping.formats._cases import cases, tally, title
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._cases import Case
    from mongoping.model import LayerReport, Report, Style, Topology, Verdict

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "–"}
WORDS = {"ok": "It works", "warn": "It works, with warnings", "fail": "It does not work"}
CSS = """\
:root { color-scheme: light dark; --ok: #1a7f37; --warn: #9a6700; --fail: #cf222e;
  --skip: #6e7781; --line: #d0d7de; --soft: #f6f8fa; --text: #1f2328; --back: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --warn: #d29922; --fail: #f85149;
  --skip: #8b949e; --line: #30363d; --soft: #161b22; --text: #e6edf3; --back: #0d1117; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: var(--text);
  background: var(--back); font: 15px/1.5 system-ui, "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: .92em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--skip); }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.time { width: 1%; text-align: right; white-space: nowrap; color: var(--skip); }
td.name { width: 5.5rem; }
td.mark { width: 4.2rem; white-space: nowrap; font-weight: 600; }
.ok { color: var(--ok); } .warn { color: var(--warn); } .fail { color: var(--fail); }
.skip { color: var(--skip); }
article { margin-bottom: 2.5rem; }
.verdict { border-left: 4px solid var(--fail); background: var(--soft); padding: .8rem 1rem; }
.verdict h2 { margin: 0 0 .4rem; } .verdict p { margin: .3rem 0; } ol { margin: .4rem 0; }
.detail { color: var(--skip); } ul.lines { list-style: none; margin: 0; padding: 0; }
footer { color: var(--skip); font-size: .85rem; }
@media print { body { max-width: none; } }
"""
HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
"""


def _e(text: str) -> str:
    """Escape text from outside mongoping."""
    return escape(printable(text))


def render(report: Report, style: Style) -> str:
    """Return one report as a page."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return all reports as one page, with an overview if there are several."""
    name = title(reports[0]) if len(reports) == 1 else plural(len(reports), "target")
    head = HEAD.format(title=f"mongoping: {_e(name)}", css=CSS)
    overview = _overview(reports) if len(reports) > 1 else ""
    bodies = "\n".join(_article(at, report) for at, report in enumerate(reports))
    return f"{head}{overview}{bodies}\n</body>\n</html>\n"


def _overview(reports: Sequence[Report]) -> str:
    rows = [
        f'<tr>{_mark(report.status)}<td><a href="#r{at}">{_e(title(report))}</a></td>'
        f"<td><code>{_e(report.verdict.cause) if report.verdict else ''}</code></td>"
        f'<td class="time">{milliseconds(report.duration_ms)}</td></tr>'
        for at, report in enumerate(reports)
    ]
    head = "<tr><th></th><th>target</th><th>cause</th><th></th></tr>"
    return f"<h1>mongoping</h1>\n<table>{head}{''.join(rows)}</table>\n"


def _mark(status: str) -> str:
    return f'<td class="mark {status}">{MARKS[status]} {status}</td>'


def _article(at: int, report: Report) -> str:
    word = "Interrupted" if report.interrupted else WORDS[report.status]
    name = f"{_e(report.name)}: " if report.name else ""
    parts = [
        f'<article id="r{at}">',
        f'<h1>{name}<span class="{report.status}">{MARKS[report.status]} {word}</span></h1>',
        f"<p><code>{_e(report.uri)}</code></p>",
    ]
    if report.verdict is not None:
        parts.append(_verdict(report, report.verdict))
    parts.append(_layers(report))
    if report.expectations:
        parts.append(_expectations(report))
    if report.topology is not None:
        parts.append(_members(report.topology))
    parts += [*_waited(report), _footer(report), "</article>"]
    return "\n".join(parts)


def _verdict(report: Report, verdict: Verdict) -> str:
    remedies = "".join(f"<li>{_e(str(remedy))}</li>" for remedy in verdict.remedies)
    links = "".join(
        f'<p><a href="{escape(link)}" rel="noreferrer">{_e(link)}</a></p>'
        for link in verdict.links
        if link.startswith("https://")
    )
    others = ", ".join(
        f"{_e(other.title)} (<code>{_e(other.cause)}</code>)" for other in verdict.alternatives
    )
    could = f"<p>Or it could be: {others}</p>" if others else ""
    seen = "".join(f'<p class="mono">{_e(detail)}</p>' for detail in verdict.evidence)
    code = f"<code>{_e(verdict.cause)}</code>, exit code {report.exit_code()}"
    return (
        f'<section class="verdict"><h2>{_e(verdict.title)}</h2>{seen}'
        f"<p>{_e(verdict.explanation)}</p><ol>{remedies}</ol>{could}{links}<p>{code}</p></section>"
    )


def _layers(report: Report) -> str:
    by_name = {layer.name: layer for layer in report.layers}
    rows = [row for row in cases(report) if row.group != "expectation"]
    counts = tally(rows)
    words = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    body = "".join(_layer(row, by_name.get(row.name)) for row in rows)
    return f"<h2>Layers</h2>\n<table><caption>{words}</caption>\n{body}</table>"


def _layer(row: Case, layer: LayerReport | None) -> str:
    lines = [] if layer is None else [line for line in layer.lines if not line.detail]
    texts = [
        f'<li class="{line.status if line.status != "ok" else ""}">'
        + (f'<span class="detail">{_e(line.label.strip())}</span> ' if line.label.strip() else "")
        + f"{_e(line.text)}</li>"
        for line in lines
    ]
    has_failure = any(line.status == "fail" for line in lines)  # else another layer shows the error
    marks = {"warning": "warn"} if has_failure else {"warning": "warn", "error": "fail"}
    texts += [
        f'<li class="{marks[finding.severity]}"><code>{_e(finding.cause)}</code> '
        f"{_e(finding.detail)}</li>"
        for finding in row.findings
        if finding.severity in marks
    ]
    inner = f'<ul class="lines">{"".join(texts)}</ul>' if texts else _e(row.summary)
    took = milliseconds(row.duration_ms) if row.status != "skip" else ""
    name = f'<td class="name"><strong>{_e(row.name)}</strong></td>'
    return f'<tr>{_mark(row.status)}{name}<td>{inner}</td><td class="time">{took}</td></tr>\n'


def _expectations(report: Report) -> str:
    rows = "".join(
        f"<tr>{_mark(expectation.status)}<td>{_e(expectation.name)}</td><td>{_e(expectation.expected)}</td>"
        f"<td>{_e(expectation.found)}</td></tr>\n"
        for expectation in report.expectations
    )
    head = "<tr><th></th><th>expectation</th><th>expected</th><th>found</th></tr>"
    return f"<h2>Expectations</h2>\n<table>{head}\n{rows}</table>"


def _members(topology: Topology) -> str:
    rows = []
    for member in topology.members:
        rtt = f"{member.rtt_ms:.1f} ms" if member.rtt_ms is not None else ""
        lag = f"{member.lag_s:.0f} s" if member.lag_s is not None else ""
        default = "not checked" if member.reachable is None else "no answer"
        why = "" if member.reachable else _e(member.error or default)
        rows.append(
            f"<tr>{_mark('ok' if member.reachable else 'fail')}"
            f"<td><code>{_e(member.host)}</code></td>"
            f"<td>{_e(member.role)}</td><td>{rtt}</td><td>{lag}</td><td>{why}</td></tr>\n"
        )
    name = f" {_e(topology.set_name)}" if topology.set_name else ""
    head = "<tr><th></th><th>member</th><th>role</th><th>round trip</th><th>lag</th><th></th></tr>"
    return f"<h2>{_e(topology.type)}{name}</h2>\n<table>{head}\n{''.join(rows)}</table>"


def _waited(report: Report) -> list[str]:
    waiting = report.waiting
    if waiting is None or not (waiting.limit_s or waiting.stable_s):
        return []
    word = "Ready" if waiting.ready else "Given up"
    rows = "".join(
        f'<tr><td class="time">{change.at_s:.1f} s</td>'
        f"<td><code>{_e(change.cause or '')}</code></td><td>{_e(change.detail)}</td></tr>\n"
        for change in waiting.changes
    )
    tries = plural(waiting.attempts, "attempt")
    return [f"<h2>{word} after {waiting.took_s:.1f} s, {tries}</h2>\n<table>{rows}</table>"]


def _footer(report: Report) -> str:
    words = [f"{name} {value}" for name, value in report.tool.items() if value]
    tail = [report.started_at, milliseconds(report.duration_ms)]
    return f"<footer><p>{_e(', '.join([*words, *tail]))}</p></footer>"
