"""Run all checks in this process against a real deployment, and look at their evidence."""

from __future__ import annotations

import asyncio
from typing import Any

from mongoping.api import examine
from mongoping.model import Evidence, Report
from mongoping.settings import Settings
from mongoping.uri.target import parse


def look(uri: str, **settings: Any) -> Evidence:
    """The evidence of a whole run."""
    return looked(uri, **settings)[0]


def looked(uri: str, **settings: Any) -> tuple[Evidence, Report]:
    """The evidence and the report."""
    chosen = Settings(**{"deadline": 30.0, "cap": 4.0, "count": 3, **settings})
    return asyncio.run(examine(parse(uri), chosen))
