"""Regular expressions that cost nothing until one is needed.

Compiling takes up to a millisecond each. A run meets some hundred of them in modules that it
imports, and uses a few. See docs/performance.md for the figures.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    """Becomes the pattern's methods, one by one, as they are asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(*self._source), name)
        setattr(self, name, method)
        return method


def lazy_compile(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` returns, as far as its methods go, compiled when the first is called."""
    return cast("re.Pattern[str]", _Lazy(pattern, flags))
