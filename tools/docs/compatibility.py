"""The page on what works with what, from the facts of `mongoping.compat.facts`."""

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

What works with what: servers, PyMongo, Python and Motor.
`mongoping compat` answers the same for the Python that it runs in,
and `mongoping compat --server 4.2 --pymongo 4.20` for a combination.
The facts are of {made}.
"""

PYMONGO = """
## PyMongo

PyMongo refuses servers that are older than the first that its row names.
Newer ones than the last work as well, but for what is new in them.
*Python* is the range that the package names, or its floor where it names none.
*Async API* is `AsyncMongoClient`.
"""

SERVERS = """
## Servers

A server states the *wire version* up to which it speaks; that is how a driver knows its age.
Drivers that are released more than {years} years after a server's end of life need not talk to it.
The last column is the newest PyMongo that does, with the requirement for `pip install`.
A rapid release is supported for a few months, until the next one.
Where no date is published, there is a dash.
"""

STABLE = """
## Stable API

Servers know version 1 of the Stable API since MongoDB {since}.
Older ones ignore it in `hello` and `ping`, so that a client which declares it seems to work until
its first query ({source}).
"""

FAULTS = """
## Releases to avoid

These releases of PyMongo mend faults that look like a broken connection.
mongoping itself needs the newest of them.
"""

MOTOR = """
## Motor

Motor was deprecated on {deprecated} and reached its end of life on {end_of_life}.
Critical faults are mended until {critical_until} ({source}).
Its successor is PyMongo's own `AsyncMongoClient`.
"""

SOURCES = """
## Sources

Each fact has its source in `mongoping/data/compat.json`. In short:
"""


def page() -> str:
    """The text of the page, in Markdown."""
    known = facts()
    parts = [HEAD.format(made=known.made), PYMONGO, _pymongo()]
    parts += [SERVERS.format(years=known.promise_years), _servers()]
    parts.append(STABLE.format(since=known.stable_api_since, source=known.stable_api_source))
    parts += [
        FAULTS,
        _table(("PyMongo", "mends"), ((one.version, one.fixed) for one in known.fixes)),
    ]
    parts += [MOTOR.format(**known.motor_life._asdict()), _motor(), SOURCES, _sources()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _pymongo() -> str:
    rows = (
        (
            _span(one.first, one.last),
            _span(*one.servers),
            one.python.replace(" - ", " to ") or "not known",
            one.async_api,
        )
        for one in ranges()
    )
    return _table(("PyMongo", "MongoDB", "Python", "async API"), rows)


def _servers() -> str:
    rows = []
    for one in reversed(facts().servers):
        kind = "pre-release" if one.prerelease else "rapid" if one.rapid else ""
        reach = _reach(newest_pymongo_for(one.series), pymongo_pin(one.series))
        eol = str(one.eol) if one.eol else "—"
        rows.append((one.series, str(one.max_wire), kind, one.released or "", eol, reach))
    heads = ("MongoDB", "wire version", "", "released", "end of life", "newest PyMongo")
    return _table(heads, rows)


def _reach(newest: PymongoSupport | None, pin: str | None) -> str:
    if newest is None:
        return "none since 3.7"
    return f"{newest.series} (`{pin}`)" if pin else newest.series


def _motor() -> str:
    rows = (
        (
            one.series,
            one.pymongo + (f" (breaks with {one.breaks_from})" if one.breaks_from else ""),
            _span(*one.python_tested),
            _span(*one.servers),
        )
        for one in reversed(facts().motor)
    )
    return _table(("Motor", "PyMongo", "Python", "MongoDB"), rows)


def _sources() -> str:
    """Where the facts are from; what differs in a version or in a remark alone stands once."""
    known = facts()
    texts = [known.stable_api_source, known.legacy_tls_source, known.motor_life.source]
    texts += [text for one in known.servers for text in (one.wire_source, one.eol_source) if text]
    texts += [one.source for one in known.pymongo]
    texts += [one.source for one in known.motor]
    texts += [one.source for one in known.fixes]
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
