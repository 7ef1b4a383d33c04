"""One page for a fleet: the groups by cause, and a table of all targets that can be sorted.

The page fetches nothing. The script only sorts and filters; without it, failures come first.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.code_spans import mark_code
from mongoping.columns import MARKS
from mongoping.escape import printable
from mongoping.fleet.results import MAX_NAMED, WORST_FIRST
from mongoping.fleet.text import headline
from mongoping.formats._page import page
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.fleet.line import Line
    from mongoping.fleet.results import Group, Results

CSS = """\
body { max-width: 80rem; }
.counts span { margin-right: 1.2rem; font-weight: 600; }
table.fleet th button { border: 0; padding: 0; font-weight: 600; color: inherit;
  font-size: inherit; background: none; white-space: nowrap; }
table.fleet th[aria-sort=ascending] button::after { content: " \\2191"; }
table.fleet th[aria-sort=descending] button::after { content: " \\2193"; }
table.matrix td.name { white-space: normal; width: auto; }
table.fleet td.name { white-space: normal; width: auto; min-width: 9rem; }
table.fleet code, table.matrix code { white-space: nowrap; }
table.fleet td.detail { min-width: 14rem; }
input.filter { font: inherit; padding: .35rem .6rem; margin: .3rem 0 .6rem; width: 100%;
  max-width: 24rem; color: var(--text); background: var(--back); border: 1px solid var(--line);
  border-radius: 4px; }
.label-pair { white-space: nowrap; margin-right: .6rem; }
@media (max-width: 40rem) { .wide-table { overflow-x: auto; } }
@media print { input.filter { display: none; } }
"""

MAX_MATRIX = 1_000  # rows of the table of places

SCRIPT = """\
const table = document.querySelector("table.fleet");
const body = table.tBodies[0];
const value = (row, at) => row.cells[at].dataset.sort ?? row.cells[at].textContent;
for (const [at, head] of [...table.tHead.rows[0].cells].entries()) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const rows = [...body.rows].map((row) => [value(row, at), row]);
    rows.sort((a, b) => compare(a[0], b[0]) * (down ? -1 : 1));
    body.append(...rows.map((pair) => pair[1]));
  });
}
const filter = document.createElement("input");
filter.type = "search";
filter.className = "filter";
filter.placeholder = "Filter: name, label, cause";
filter.setAttribute("aria-label", "Filter targets");
filter.addEventListener("input", () => {
  const wanted = filter.value.toLowerCase();
  for (const row of body.rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
});
table.parentElement.before(filter);
"""


def page_of(lines: Sequence[Line], results: Results) -> str:
    """Return the page."""
    counts = "".join(
        f'<span class="{status}">{MARKS[status]} {count:,} {status}</span>'
        for status, count in results.counts.items()
        if count
    )
    word = "interrupted after" if results.interrupted else "in"
    total = headline(results)
    title = f"{total} {word} {milliseconds(results.seconds * 1000)}"
    groups = "".join(map(_group, results.groups()))
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="counts">{counts}</p>',
        f"<h2>By cause</h2>\n{groups}" if groups else "",
        _matrix(results) if results.is_matrix else "",
        f"<h2>Targets</h2>\n{_table(lines)}",
    ]
    return page(f"mongoping: {total}", "\n".join(filter(None, parts)), script=SCRIPT, css=CSS)


def _e(text: str) -> str:
    """Escape text from outside mongoping."""
    return escape(printable(text))


def _code(text: str) -> str:
    return f"<code>{_e(text)}</code>"


def _group(group: Group) -> str:
    """Return the targets with one cause, what the cause means, and what to do first."""
    cause = None if group.cause is None else registry.cause(group.cause)
    names = ", ".join(map(_e, group.names))
    rest = group.count - min(group.count, MAX_NAMED)
    more = f" and {rest:,} more" if rest else ""
    first = f", first on {_e(group.expires)}" if group.expires else ""
    code = _code(group.cause) if group.cause else "not measured"
    severity = "error" if group.status in ("fail", "skip") else "warning"
    parts = [
        f"<h3>{group.count:,} \u00d7 {code}{first}</h3>",
        f"<p>{mark_code(group.title, _e, _code)}</p>",
        f"<p>{names}{more}</p>",
    ]
    if cause is not None:
        parts.append(f'<p class="detail">{mark_code(cause.explanation, _e, _code)}</p>')
    return f'<section class="finding {severity}">{"".join(parts)}</section>\n'


def _matrix(results: Results) -> str:
    """Return a table of targets and places; the first rows are those that differ."""
    places = results.places
    head = "".join(f"<th>{_e(place)}</th>" for place in places)
    differing = set(results.differing())
    names = sorted(results.outcomes, key=lambda name: (name not in differing, name))
    rows = []
    for name in names[:MAX_MATRIX]:
        why = results.differences.get(name)
        note = f'<br><span class="detail">{_e(why)}</span>' if why else ""
        cells = "".join(_cell(results.outcomes[name].get(place)) for place in places)
        rows.append(f'<tr><td class="name">{_e(name)}{note}</td>{cells}</tr>\n')
    rest = len(names) - len(rows)
    more = f"<p>and {rest:,} more targets</p>" if rest else ""
    return (
        '<h2>By place</h2>\n<div class="wide-table"><table class="matrix">'
        f"<tr><th>target</th>{head}</tr>\n{''.join(rows)}</table></div>{more}"
    )


def _cell(outcome: tuple[str, str | None] | None) -> str:
    if outcome is None:
        return "<td></td>"
    status, cause = outcome
    code = f"<br>{_code(cause)}" if cause and status != "ok" else ""
    return f'<td><span class="{status}">{MARKS[status]} {status}</span>{code}</td>'


def _table(lines: Sequence[Line]) -> str:
    vantages = any(line.vantage is not None for line in lines)
    labels = any(line.labels for line in lines)
    heads = ["status", "target"]
    heads += ["from"] if vantages else []
    heads += ["labels"] if labels else []
    heads += ["cause", "latency", "detail"]
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines_in_order = sorted(lines, key=lambda line: (WORST_FIRST.index(line.status), line.name))
    rows = "".join(_row(line, vantages=vantages, labels=labels) for line in lines_in_order)
    return (
        '<div class="wide-table"><table class="fleet">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>"
    )


def _row(line: Line, *, vantages: bool, labels: bool) -> str:
    rank = WORST_FIRST.index(line.status)
    latency = "" if line.latency_ms is None else milliseconds(line.latency_ms)
    sort = "" if line.latency_ms is None else f"{line.latency_ms:.3f}"
    status = f"{MARKS[line.status]} {line.status}"
    cells = [
        f'<td class="mark {line.status}" data-sort="{rank}">{status}</td>',
        f'<td class="name">{_e(line.name)}</td>',
    ]
    if vantages:
        cells.append(f"<td>{_e(line.vantage or '')}</td>")
    if labels:
        pairs = (f"{name}={value}" for name, value in line.labels.items())
        labels_text = "".join(f'<span class="label-pair">{_e(pair)}</span>' for pair in pairs)
        cells.append(f"<td>{labels_text}</td>")
    causes = "<br>".join(map(_code, filter(None, (line.cause, *line.also))))
    tells = line.note and line.status != "ok" and line.note not in (line.detail or "")
    note = f" ({_e(line.note or '')})" if tells else ""
    cells += [
        f"<td>{causes}</td>",
        f'<td class="time" data-sort="{sort}">{latency}</td>',
        f'<td class="detail">{_e(line.detail or "")}{note}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>\n"
