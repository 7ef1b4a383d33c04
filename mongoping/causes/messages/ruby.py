"""Messages of the Ruby driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
