"""Fit the remedies of a report to the language of the reader's program. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import LayerReport, Remedy, Report

CLIENTS: Mapping[str, str] = {
    "Python": "pymongo",
    "Node.js": "node",
    "mongosh": "mongosh",
    "Java": "java",
    "Go": "go",
    "C#": "csharp",
    "PHP": "php",
    "Ruby": "ruby",
    "Rust": "rust",
}
"""The usual client of each language that has snippets, as `explain` calls it."""


def language_named(word: str) -> str | None:
    """Return the spelling of a language in any case, with or without ``.js``; None if unknown."""
    plain = word.strip().casefold()
    for language in CLIENTS:
        if plain in (language.casefold(), language.casefold().removesuffix(".js")):
            return language
    return None


def fit_remedies(report: Report, language: str) -> Report:
    """Return the report with remedies for this language, as `explain` gives them."""
    from mongoping.toolkits import for_client

    def fit(remedies: tuple[Remedy, ...], cause: str) -> tuple[Remedy, ...]:
        return for_client(remedies, CLIENTS[language], cause, "")

    def fitted_layer(layer: LayerReport) -> LayerReport:
        findings = (
            finding.replace(remedies=fit(finding.remedies, finding.cause))
            for finding in layer.findings
        )
        return layer.replace(findings=tuple(findings))

    verdict = report.verdict
    if verdict is not None:
        verdict = verdict.replace(remedies=fit(verdict.remedies, verdict.cause))
    return report.replace(verdict=verdict, layers=tuple(map(fitted_layer, report.layers)))
