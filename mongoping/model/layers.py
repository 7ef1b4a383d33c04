"""The names of layers and checks, and the values of severities and statuses."""

from __future__ import annotations

from typing import Literal

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology", "compat")
"""The layers of a report, lowest first. Their order decides which finding is the root cause."""
ROW_NAMES = {"hello": "handshake"}
"""Layers that reports for people show under another name."""
Severity = Literal["error", "warning", "info"]
Status = Literal["ok", "warn", "fail", "skip"]
CheckStatus = Literal["ok", "failed", "skipped", "crashed"]
CheckName = Literal[
    "addresses",
    "api",
    "atlas",
    "auth",
    "compat",
    "concerns",  # of `smoke`
    "driver",
    "hello",
    "import",
    "listener",
    "machine",
    "members",
    "neighbors",
    "ping",
    "program",
    "resolvers",
    "rights",  # of `smoke`
    "set-config",  # of `topology`
    "set-status",
    "srv",
    "tcp",
    "tls",
    "tls-files",
    "uri",
]
"""Every check by name, so that mypy reports a misspelled one. Add the name of a new check here."""
