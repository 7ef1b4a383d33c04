"""Messages of the Elixir driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
