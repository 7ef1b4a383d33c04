"""Format durations and counts for people. Pure; imports nothing."""

from __future__ import annotations


def milliseconds(value: float) -> str:
    """Return a duration in ms as text with few digits: ``0.4 ms``, ``12 ms``, ``3.1 s``."""
    if value >= 10_000:
        return f"{value / 1000:.0f} s"
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def plural(count: int, word: str) -> str:
    """Return a count with its noun: ``1 host``, ``3 hosts``, ``2 addresses``."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word}{'es' if word.endswith(('s', 'x', 'ch')) else 's'}"
