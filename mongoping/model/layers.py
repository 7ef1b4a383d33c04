"""The layers of a report, their exit codes, and the words for a status."""

from __future__ import annotations

from typing import Literal

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology", "compat")
"""The layers of a report, lowest first. The order decides which finding is the root."""
Severity = Literal["error", "warning", "info"]
Status = Literal["ok", "warn", "fail", "skip"]
CheckStatus = Literal["ok", "failed", "skipped", "crashed"]
