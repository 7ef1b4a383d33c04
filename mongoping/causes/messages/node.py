"""Messages of the Node driver, mongoose, mongosh, Compass and their shared packages."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {}
