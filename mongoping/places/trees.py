"""The tree of a deployment as another place sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.places.gather import evidence_without, named, read
from mongoping.report import build
from mongoping.topology.view import View, build_view

if TYPE_CHECKING:
    from mongoping.places.gather import Answer
    from mongoping.settings import Settings
    from mongoping.topology.view import PreferenceOptions
    from mongoping.uri.target import ParsedUri


def view_of(
    answer: Answer, parsed: ParsedUri, settings: Settings, preference: PreferenceOptions
) -> View:
    """Return the tree from a place; one without members if the place cannot be used."""
    view = read(View, answer.results.get(0), parsed)
    if view is None:
        evidence = evidence_without(answer, parsed, settings)
        found = diagnose(evidence, registry.causes())
        report = build(evidence, found, registry.checks(), parsed)
        view = build_view(evidence, report, preference)
    return view.replace(report=named(view.report, answer, parsed))
