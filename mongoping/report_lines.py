"""Render the text of each check's result, and the lines of a layer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mongoping.escape import bug_location
from mongoping.model import Check, CheckName, Evidence, Line, Result
from mongoping.record import Record


class ResultText(Record):
    """The text of one result; ``bug`` is set if the check raised while writing it."""

    summary: str = ""
    lines: tuple[Line, ...] = ()
    bug: str | None = None


Texts = Mapping[tuple[CheckName, str | None], ResultText]


def render_results(evidence: Evidence, checks: Sequence[Check]) -> Texts:
    """Return the text of every result."""
    texts = {}
    for check in checks:
        for result in evidence.of(check.name):
            texts[check.name, result.host] = _render_result(check, result)
    return texts


def _render_result(check: Check, result: Result) -> ResultText:
    if result.data is None:
        return ResultText()
    try:
        return ResultText(
            check.summarize(result.data) if result.ok else "", tuple(check.lines(result.data))
        )
    except Exception as error:
        return ResultText(bug=bug_location(error))


def lines_of_layer(
    results: Sequence[Result], checks: Sequence[Check], evidence: Evidence, texts: Texts
) -> list[Line]:
    """Return the lines of a layer; with several hosts, each host's name precedes its lines."""
    short = aliases([str(host) for host in evidence.hosts])
    rows: list[Line] = []
    for check in checks:
        shown_lines: set[tuple[str, str]] = (
            set()
        )  # lines of earlier hosts, which others need not repeat
        for result in [result for result in results if result.check == check.name]:
            words = list(texts[check.name, result.host].lines)
            for row in _result_lines(
                words, result, short, shown_lines, several=len(evidence.hosts) > 1
            ):
                full = row.text
                if check.layer not in ("uri", "dns"):
                    for name, alias in short.items():
                        full = full.replace(name, alias)
                rows.append(row._replace(text=full))
    return rows


def aliases(hosts: Sequence[str]) -> dict[str, str]:
    """Return a short name for each host, for use after the full name was shown.

    Empty for a single host, and if the hosts share no domain that could be left out.
    """
    splits = [host.rpartition(":")[0].split(".") for host in hosts]
    if len(hosts) < 2 or any(len(labels) < 3 or labels[-1].isdigit() for labels in splits):
        return {}
    domains = {tuple(labels[1:]) for labels in splits}
    if len(domains) > 1:
        return {}
    ports = {host.rpartition(":")[2] for host in hosts}
    names = [labels[0] for labels in splits]
    if len(set(names)) < len(names):
        return {}
    ends = [f":{host.rpartition(':')[2]}" if len(ports) > 1 else "" for host in hosts]
    return {host: f"{name}…{end}" for host, name, end in zip(hosts, names, ends, strict=True)}


def _result_lines(
    rows: list[Line],
    result: Result,
    short: dict[str, str],
    shown_lines: set[tuple[str, str]],
    *,
    several: bool,
) -> list[Line]:
    if result.status == "skipped":
        return []
    has_failed = result.status in ("failed", "crashed")
    if has_failed and result.failure is not None and not any(row.status == "fail" for row in rows):
        code = f" (code {result.failure.code})" if result.failure.code is not None else ""
        rows.append(Line("", result.failure.message + code, "fail"))
    if result.host is None:
        return rows
    new_rows = [
        row
        for row in rows
        if not row.label or row.status == "fail" or (row.label, row.text) not in shown_lines
    ]
    shown_lines |= {(row.label, row.text) for row in rows}
    name = short.get(result.host, result.host)
    if several or not rows:
        return _under_host(name, new_rows, has_failed=has_failed)
    return rows


def _under_host(name: str, rows: Sequence[Line], *, has_failed: bool) -> list[Line]:
    """Return a host's lines below its name; a first line without label follows the name."""
    if rows and not rows[0].label:
        first = rows[0]._replace(text=f"{name}  {rows[0].text}")
        return [first, *(row._replace(label=f"  {row.label}") for row in rows[1:])]
    head = Line("", name, "fail" if has_failed else "ok")
    return [head, *(row._replace(label=f"  {row.label}") for row in rows)]
