"""Reports from several places, as formats show them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mongoping.model import Report


def each_place(report: Report) -> list[Report]:
    """Return the report from each place, with the place in its name if that is not only here."""
    if not report.places and report.vantage is None:
        return [report]
    own = report.replace(places=(), comparison=None)
    every = [(row, row.vantage.name if row.vantage else "here") for row in (own, *report.places)]
    return [row.replace(name=f"{row.name or row.uri} from {place}") for row, place in every]


def difference(report: Report) -> str:
    """Return the sentence that names what makes the difference, or an empty text."""
    text = str((report.comparison or {}).get("sentence") or "")
    return f"{text}." if text else ""
