"""Return reports with pseudonyms in place of names: as records, and in JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping import registry
from mongoping.anonymous.names import OTHER, collect
from mongoping.anonymous.rewriting import Rewriter
from mongoping.model import remedy_of

if TYPE_CHECKING:
    from mongoping.anonymous.pseudonyms import Pseudonyms
    from mongoping.model import Report

Document = TypeVar("Document")


def rewriter(
    reports: Iterable[Report], pseudonyms: Pseudonyms, *, more: Iterable[str] = ()
) -> Rewriter:
    """Return what replaces the names of the reports of one target, also in other records.

    Args:
        reports: The reports, in which names are looked for; so are those from other places.
        pseudonyms: Shared by all reports of a run.
        more: Further names, such as those of this machine and of its user.
    """
    from mongoping.formats import json

    names = [name for report in reports for name in collect(json.document(report))]
    names += [(OTHER, name) for name in more]
    return Rewriter(pseudonyms, names, static_texts())


def anonymize_report(report: Report, pseudonyms: Pseudonyms, *, more: Iterable[str] = ()) -> Report:
    """Return a report with pseudonyms; see `rewriter`."""
    rewrite = rewriter([report], pseudonyms, more=more)

    def hide_names(own: Report) -> Report:
        places = tuple(
            map(hide_names, own.places)
        )  # apart, because the depth of a value is limited
        result: Report = rewrite.value(own.replace(places=()))
        return result.replace(
            places=places,
            caret=_caret(own, rewrite),
            anonymized=pseudonyms.identifier,
            location=None,
        )

    return hide_names(report)


def anonymized_document(document: Mapping[str, Any], pseudonyms: Pseudonyms) -> dict[str, Any]:
    """Return a report in JSON with pseudonyms, for example one from a file."""
    rewrite = Rewriter(pseudonyms, collect(document), static_texts())
    mark = {"anonymized": pseudonyms.identifier}
    places = document.get("places")
    own = {key: value for key, value in document.items() if key != "places"}
    result: dict[str, Any] = rewrite.value(own) | mark
    if isinstance(places, list):
        rows = (row for row in places if isinstance(row, Mapping))
        result["places"] = [{**rewrite.value(row), **mark} for row in rows]
    return result


def _caret(report: Report, rewrite: Rewriter) -> tuple[int, int] | None:
    """Return where the problem of the connection string is after its names were replaced."""
    if report.caret is None:
        return None
    start, length = report.caret
    shown_uri = rewrite.text(report.uri)
    before = len(rewrite.text(report.uri[:start]))
    mark_width = len(rewrite.text(report.uri[start : start + length]))
    return (before, max(mark_width, 1)) if before + mark_width <= len(shown_uri) else None


@cache
def static_texts() -> frozenset[str]:
    """Return the texts of the catalog, which hold no names."""
    texts: set[str] = set()
    for cause in registry.causes():
        texts |= {cause.title, cause.explanation, *cause.links}
        texts |= {remedy_of(remedy).text for remedy in cause.remedies}
    return frozenset(texts)
