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
    typed_word = word[:MAX_CHARS].lower()
    rows = [(_similarity(typed_word, name.lower()), name) for name in names]
    candidates = sorted((row for row in rows if row[0] >= CUTOFF), key=lambda row: -row[0])
    best = candidates[0][0] if candidates else 0.0
    return [name for score, name in candidates[:count] if score >= best - 0.15]


def _similarity(word: str, name: str) -> float:
    beginning = name[: len(word) + 1]
    return max(
        SequenceMatcher(None, word, name).ratio(),
        BEGINNING * SequenceMatcher(None, word, beginning).ratio(),
    )
