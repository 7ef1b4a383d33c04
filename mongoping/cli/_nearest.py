"""Find the known name that a misspelled one probably means. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

CUTOFF = 0.6
BEGINNING = 0.95  # weight of a match with only the beginning of a longer name
MAX_CHARS = 80


def nearest(word: str, names: Iterable[str], count: int = 3) -> list[str]:
    """Return up to ``count`` names, the most similar first; also names that begin like it.

    ``tls.requred`` is nearer to ``tls.required-by-server`` than to ``auth.required``.
    """
    typed = word[:MAX_CHARS].lower()
    rows = [(_similarity(typed, name.lower()), name) for name in names]
    found = sorted((row for row in rows if row[0] >= CUTOFF), key=lambda row: -row[0])
    best = found[0][0] if found else 0.0
    return [name for score, name in found[:count] if score >= best - 0.15]


def _similarity(word: str, name: str) -> float:
    beginning = name[: len(word) + 1]
    return max(
        SequenceMatcher(None, word, name).ratio(),
        BEGINNING * SequenceMatcher(None, word, beginning).ratio(),
    )
