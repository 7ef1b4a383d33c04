"""Messages of ReactiveMongo."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
