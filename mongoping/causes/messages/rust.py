"""Messages of the Rust driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
