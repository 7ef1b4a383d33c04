"""Messages of the C# driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
