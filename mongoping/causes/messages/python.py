"""Messages of PyMongo and Motor."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
