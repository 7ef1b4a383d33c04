"""The tree of a deployment as another place sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.places.gather import evidence_without, read, with_place
from mongoping.report import build
from mongoping.topology.view import View, build_view

if TYPE_CHECKING:
    from mongoping.places.gather import Answer
    from mongoping.settings import Settings
    from mongoping.topology.view import PreferenceOptions
    from mongoping.uri.target import ParsedUri


def view_of(
    answer: Answer, uri: ParsedUri, settings: Settings, preference: PreferenceOptions
) -> View:
    """Return the tree from a place; one without members if the place cannot be used."""
    view = read(View, answer.results.get(0), uri)
    if view is None:
        evidence = evidence_without(answer, uri, settings)
        diagnosis = diagnose(evidence, registry.causes())
        report = build(evidence, diagnosis, registry.checks(), uri)
        view = build_view(evidence, report, preference)
    return view.replace(report=with_place(view.report, answer, uri))
