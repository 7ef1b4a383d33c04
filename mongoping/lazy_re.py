"""Regular expressions that are compiled when they are first used.

Compiling one takes up to a millisecond. The modules of a run define about a hundred and use
a few. See docs/performance.md for the figures.
"""

from __future__ import annotations

import re
from typing import Any, cast


class LazyPattern:
    """A stand-in for a pattern, which compiles it when one of its methods is first used."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(*self._source), name)
        setattr(self, name, method)
        return method


def lazy_compile(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern with the methods of `re.Pattern`, compiled at its first use."""
    return cast("re.Pattern[str]", LazyPattern(pattern, flags))
