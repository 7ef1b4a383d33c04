"""Runs that compare mongoping with another Python of this machine."""

from __future__ import annotations

from typing import Any

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.model import Diagnosis, Evidence
from mongoping.observations import ProgramFacts, observation
from tests.checks.real import look


def comparison(uri: str, **settings: Any) -> Evidence:
    """The evidence of a run with time for a Python that starts on a busy machine."""
    return look(uri, **{"deadline": 60.0, "cap": 20.0, **settings})


def program(evidence: Evidence) -> ProgramFacts:
    facts = observation(evidence, "program")
    assert facts is not None
    return facts


def diagnosis_of(evidence: Evidence) -> Diagnosis:
    return diagnose(evidence, registry.causes())


def verdict(evidence: Evidence) -> tuple[str, str]:
    """The cause and its evidence."""
    root = diagnosis_of(evidence).verdict
    assert root is not None
    return root.cause, " ".join(root.evidence)
