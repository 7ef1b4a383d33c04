"""Every record that flows from a connection string to a report.

All records are frozen. A value that was not measured is None; a check that did not run is a
`Result` with status ``skipped``. Nothing here does I/O, and no record that a format can reach
holds a secret: secrets live only in `mongoping.uri.target.Credentials`.
"""

from __future__ import annotations

from mongoping.model.check import Check, Line
from mongoping.model.evidence import Evidence, Failure, Outcome, Result
from mongoping.model.findings import (
    Cause,
    Diagnosis,
    Finding,
    Match,
    Remedy,
    Verdict,
    When,
    offered,
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
    Latency,
    LayerReport,
    Member,
    NextStep,
    Report,
    Style,
    Topology,
)

__all__ = [
    "LATE_PING_MS",
    "LAYERS",
    "NAME_ABSENT",
    "NO_ANSWER",
    "Cause",
    "Check",
    "CheckName",
    "CheckStatus",
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
    "Verdict",
    "When",
    "offered",
    "remedy_of",
]
