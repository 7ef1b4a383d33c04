"""Messages of mongo_dart."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
