"""Messages of the PHP driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
