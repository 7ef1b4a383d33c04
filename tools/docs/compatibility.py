"""Generate the page of compatible versions from the facts in `mongoping.compat.facts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.compat.facts import PymongoSupport, facts, ranges
from mongoping.compat.rules import newest_pymongo_for, pymongo_pin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PATH = "docs/compatibility.md"

HEAD = """\
<!-- Generated from mongoping/data/compat.json: edit that, then run `python -m tools.docs`. -->

# Compatibility

Which versions of servers, PyMongo, Python and Motor work together.
`mongoping compat` checks the Python environment in which it runs,
and `mongoping compat --server 4.2 --pymongo 4.20` checks a combination.
These tables were compiled on {made}.
"""

PYMONGO = """
## PyMongo

PyMongo refuses servers older than the first one in its row.
Servers newer than the last one also work, except for their new features.
*Python* is the range that the package declares, or its minimum version if it declares no range.
*Async API* is `AsyncMongoClient`.
"""

SERVERS = """
## Servers

A server states the highest *wire version* that it supports; drivers use it to recognize its age.
Drivers released more than {years} years after a server's end of life may drop support for it.
The last column is the newest PyMongo that still supports it, as a requirement for `pip install`.
A rapid release is supported for a few months, until the next one.
A dash means that no date is published.
"""

STABLE = """
## Stable API

Servers support version 1 of the Stable API since MongoDB {since}.
Older ones ignore it in `hello` and `ping`, so a client that declares it seems to work until its
first query ({source}).
"""

FAULTS = """
## Releases to avoid

These releases of PyMongo fix bugs that look like a broken connection.
mongoping itself needs the newest of them.
"""

MOTOR = """
## Motor

Motor was deprecated on {deprecated} and reached its end of life on {end_of_life}.
Critical bugs are fixed until {critical_until} ({source}).
Its successor is PyMongo's own `AsyncMongoClient`.
"""

SOURCES = """
## Sources

`mongoping/data/compat.json` names the source of each fact. In short:
"""


def page() -> str:
    """Return the page in Markdown."""
    table_facts = facts()
    parts = [HEAD.format(made=table_facts.made), PYMONGO, _pymongo()]
    parts += [SERVERS.format(years=table_facts.promise_years), _servers()]
    parts.append(
        STABLE.format(since=table_facts.stable_api_since, source=table_facts.stable_api_source)
    )
    parts += [
        FAULTS,
        _table(("PyMongo", "fixes"), ((fix.version, fix.fixed) for fix in table_facts.fixes)),
    ]
    parts += [MOTOR.format(**table_facts.motor_life._asdict()), _motor(), SOURCES, _sources()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _pymongo() -> str:
    rows = (
        (
            _span(series.first, series.last),
            _span(*series.servers),
            series.python.replace(" - ", " to ") or "not known",
            series.async_api,
        )
        for series in ranges()
    )
    return _table(("PyMongo", "MongoDB", "Python", "async API"), rows)


def _servers() -> str:
    rows = []
    for server in reversed(facts().servers):
        kind = "pre-release" if server.prerelease else "rapid" if server.rapid else ""
        newest = _newest_pymongo(newest_pymongo_for(server.series), pymongo_pin(server.series))
        eol = str(server.eol) if server.eol else "—"
        release_date = server.released or ""
        rows.append((server.series, str(server.max_wire), kind, release_date, eol, newest))
    heads = ("MongoDB", "wire version", "kind", "released", "end of life", "newest PyMongo")
    return _table(heads, rows)


def _newest_pymongo(newest: PymongoSupport | None, pin: str | None) -> str:
    if newest is None:
        return "none since 3.7"
    return f"{newest.series} (`{pin}`)" if pin else newest.series


def _motor() -> str:
    rows = (
        (
            motor.series,
            motor.pymongo + (f" (breaks with {motor.breaks_from})" if motor.breaks_from else ""),
            _span(*motor.python_tested),
            _span(*motor.servers),
        )
        for motor in reversed(facts().motor)
    )
    return _table(("Motor", "PyMongo", "Python", "MongoDB"), rows)


def _sources() -> str:
    """Return the list of sources; those that differ only in a version or a remark appear once."""
    all_facts = facts()
    texts = [all_facts.stable_api_source, all_facts.legacy_tls_source, all_facts.motor_life.source]
    for server in all_facts.servers:
        texts += filter(None, (server.wire_source, server.eol_source))
    for facts_with_source in (all_facts.pymongo, all_facts.motor, all_facts.fixes):
        texts += [fact.source for fact in facts_with_source]
    origins = {_origin(part) for text in texts for part in text.split("; ")}
    return "\n".join(f"- {origin}" for origin in sorted(origins))


def _origin(text: str) -> str:
    address = text.split(" ")[0]
    if address.startswith("https://"):
        return f"<{address}>"
    return re.sub(r"(, tag)? [\d.]+( and [\d.]+)*$|:.*", "", text)


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
