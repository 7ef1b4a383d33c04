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

Shown = TypeVar("Shown")


def rewriter(report: Report, pseudonyms: Pseudonyms, *, more: Iterable[str] = ()) -> Rewriter:
    """Return what replaces the names of a report.

    Args:
        report: The report whose names are replaced, also in other records of the same run.
        pseudonyms: Shared by all reports of a run.
        more: Further names, such as those of this machine and of its user.
    """
    from mongoping.formats import json

    names = collect(json.document(report))
    names += [(OTHER, name) for name in more]
    return Rewriter(pseudonyms, names, static_texts())


def anonymized(report: Report, pseudonyms: Pseudonyms, *, more: Iterable[str] = ()) -> Report:
    """Return a report with pseudonyms; see `rewriter`."""
    rewrite = rewriter(report, pseudonyms, more=more)
    shown: Report = rewrite.value(report)
    return shown.replace(
        caret=_caret(report, rewrite), anonymized=pseudonyms.identifier, location=None
    )


def anonymized_document(document: Mapping[str, Any], pseudonyms: Pseudonyms) -> dict[str, Any]:
    """Return a report in JSON with pseudonyms, for example one from a file."""
    rewrite = Rewriter(pseudonyms, collect(document), static_texts())
    shown: dict[str, Any] = rewrite.value(document)
    return {**shown, "anonymized": pseudonyms.identifier}


def _caret(report: Report, rewrite: Rewriter) -> tuple[int, int] | None:
    """Return where the problem of the connection string is after its names were replaced."""
    if report.caret is None:
        return None
    start, length = report.caret
    shown = rewrite.text(report.uri)
    before = len(rewrite.text(report.uri[:start]))
    marked = len(rewrite.text(report.uri[start : start + length]))
    return (before, max(marked, 1)) if before + marked <= len(shown) else None


@cache
def static_texts() -> frozenset[str]:
    """Return the texts of the catalog, which hold no names."""
    found: set[str] = set()
    for cause in registry.causes():
        found |= {cause.title, cause.explanation, *cause.links}
        found |= {remedy_of(remedy).text for remedy in cause.remedies}
    return frozenset(found)
