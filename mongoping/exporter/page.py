"""The page of an exporter: the configured targets with their last verdicts. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from mongoping.code_spans import plain
from mongoping.escape import printable
from mongoping.formats._page import page as document
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.exporter.probes import Outcome

REFRESH_S = 15
MARKS = {"ok": "✓ ok", "warn": "! warn", "fail": "✗ fail", "skip": "– not run"}
MAX_TEXT = 300
CSS = """\
th { white-space: nowrap; } td.target { min-width: 9rem; } td.mark { width: 5.5rem; }
td.module { width: 1%; white-space: nowrap; }
"""


def page(names: Sequence[str], last: Mapping[str, Outcome], now: float, version: str) -> str:
    """Return the page; ``now`` is in seconds since 1970."""
    rows = "".join(_row(name, last.get(name), now) for name in names)
    counts = _counts(names, last)
    head = (
        '<tr class="head"><th></th><th>target</th><th>last verdict</th><th>module</th>'
        '<th class="time">took</th><th class="time">probed</th></tr>'
    )
    body = (
        f"<h1>mongoping exporter</h1>\n<p>{counts}</p>\n"
        f'<table class="stack">\n{head}\n{rows}</table>\n'
        '<p><a href="/metrics">metrics of this exporter</a></p>\n'
        f"<footer><p>mongoping {escape(version)}, refreshes every {REFRESH_S} s</p></footer>"
    )
    return document("mongoping exporter", body, css=CSS, refresh_s=REFRESH_S)


def _counts(names: Sequence[str], last: Mapping[str, Outcome]) -> str:
    """Return how many targets there are, and how many have which status."""
    if not names:
        return "No target is configured."
    statuses = [last[name].status for name in names if name in last]
    words = [
        f'<span class="{status}">{statuses.count(status)} {status}</span>'
        for status in ("fail", "warn", "ok")
        if status in statuses
    ]
    return ", ".join([plural(len(names), "target"), *words])


def _row(name: str, outcome: Outcome | None, now: float) -> str:
    address = f"/probe?target={quote(name, safe='', errors='replace')}"
    link = f'<a href="{escape(address)}"><strong>{_e(name)}</strong></a>'
    if outcome is None:
        return (
            f'<tr><td class="mark skip">{MARKS["skip"]}</td><td class="target">{link}</td>'
            '<td class="wide detail">not probed yet</td><td></td><td></td><td></td></tr>\n'
        )
    status = outcome.status or "skip"
    cause = f"<code>{_e(outcome.cause)}</code> " if outcome.cause else ""
    text = _e(plain(outcome.text)) if outcome.text else "it works"
    took = milliseconds(outcome.seconds * 1000) if outcome.status else ""
    return (
        f'<tr><td class="mark {status}">{MARKS[status]}</td><td class="target">{link}</td>'
        f'<td class="wide">{cause}{text}</td><td class="module">{outcome.module}</td>'
        f'<td class="time">{took}</td>'
        f'<td class="time">{_ago(now - outcome.at)}</td></tr>\n'
    )


def _ago(seconds: float) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def _e(text: str) -> str:
    return escape(printable(text, most=MAX_TEXT))
