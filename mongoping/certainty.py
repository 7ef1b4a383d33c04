"""How certain a report about Atlas is: what its API did not say, and how to ask it. Pure."""

from __future__ import annotations

from mongoping.model import Evidence, NextStep, Report
from mongoping.observations import observation

DECIDED_BY_ATLAS = ("dns", "tcp", "tls", "auth")
"""The layers of causes that the Atlas API can confirm or rule out."""

MAX_NOTES = 2  # in the evidence of a verdict; --verbose shows all
ASK = "export MONGODB_ATLAS_PUBLIC_API_KEY=PUBLIC_KEY MONGODB_ATLAS_PRIVATE_API_KEY=PRIVATE_KEY"


def with_notes(evidence: Evidence, report: Report) -> Report:
    """Return the report; its verdict says what Atlas was asked without success."""
    facts, verdict = observation(evidence, "atlas"), report.verdict
    if facts is None or not facts.notes or verdict is None or verdict.layer not in DECIDED_BY_ATLAS:
        return report
    notes = (f"Atlas was asked, without success: {note}" for note in facts.notes[:MAX_NOTES])
    return report.replace(verdict=verdict.replace(evidence=(*verdict.evidence, *notes)))


def way_to_ask(evidence: Evidence, report: Report) -> NextStep | None:
    """Return how to let Atlas itself decide, if it was not asked and could."""
    verdict = report.verdict
    if verdict is None or evidence.settings.atlas_api_url is not None:
        return None
    on_atlas = evidence.settings.preset == "atlas" and report.deployment == "atlas"
    if not on_atlas or verdict.layer not in DECIDED_BY_ATLAS:
        return None
    return NextStep("To be certain", ASK, "sh", "Let mongoping ask Atlas with an API key:")
