"""Run all checks in this process against a real deployment, and look at their evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from mongoping.api import examine
from mongoping.model import Evidence, Report
from mongoping.settings import Settings
from mongoping.uri.target import parse


def look(uri: str, **settings: Any) -> Evidence:
    """The evidence of a whole run."""
    return check_uri(uri, **settings)[0]


def check_uri(uri: str, **settings: Any) -> tuple[Evidence, Report]:
    """The evidence and the report."""
    return check_uris([uri], **settings)[0]


def check_uris(uris: Sequence[str], **settings: Any) -> list[tuple[Evidence, Report]]:
    """Run the checks against several deployments at the same time."""
    options = Settings(**{"deadline": 30.0, "cap": 4.0, "count": 3, **settings})

    async def main() -> list[tuple[Evidence, Report]]:
        return await asyncio.gather(*(examine(parse(uri), options) for uri in uris))

    return asyncio.run(main())
