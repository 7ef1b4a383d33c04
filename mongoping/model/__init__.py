"""Every record that flows from a connection string to a report.

All records are frozen. A value that was not measured is None; a check that did not run is a
`Result` with status ``skipped``. Nothing here does I/O, and no record that a format can reach
holds a secret: secrets live only in `mongoping.uri.target.Credentials`.
"""

from __future__ import annotations

from mongoping.model.check import Check, Line
from mongoping.model.evidence import Evidence, Failure, Outcome, Result, is_disturbed
from mongoping.model.findings import (
    Alternative,
    Cause,
    Diagnosis,
    Finding,
    Match,
    Remedy,
    Verdict,
    When,
    WhenHost,
    alternatives_of,
    for_python,
    remedies_to_offer,
    remedy_of,
)
from mongoping.model.kinds import (
    NAME_ABSENT,
    NO_ANSWER,
    DiscoveryState,
    FailureKind,
    FileState,
    Flavour,
    Role,
)
from mongoping.model.layers import LAYERS, CheckName, CheckStatus, Severity, Status
from mongoping.model.report import (
    LATE_PING_MS,
    MIN_STEP_MS,
    Checkout,
    Latency,
    LayerReport,
    Location,
    Member,
    NextStep,
    Report,
    Style,
    Topology,
    Vantage,
)

__all__ = [
    "LATE_PING_MS",
    "LAYERS",
    "MIN_STEP_MS",
    "NAME_ABSENT",
    "NO_ANSWER",
    "Alternative",
    "Cause",
    "Check",
    "CheckName",
    "CheckStatus",
    "Checkout",
    "Diagnosis",
    "DiscoveryState",
    "Evidence",
    "Failure",
    "FailureKind",
    "FileState",
    "Finding",
    "Flavour",
    "Latency",
    "LayerReport",
    "Line",
    "Location",
    "Match",
    "Member",
    "NextStep",
    "Outcome",
    "Remedy",
    "Report",
    "Result",
    "Role",
    "Severity",
    "Status",
    "Style",
    "Topology",
    "Vantage",
    "Verdict",
    "When",
    "WhenHost",
    "alternatives_of",
    "for_python",
    "is_disturbed",
    "remedies_to_offer",
    "remedy_of",
]
