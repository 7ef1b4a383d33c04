"""Messages of the Go driver and the database tools."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
