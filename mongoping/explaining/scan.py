"""Find which of some thousand strings occur in a text, in a few microseconds. Pure.

Searching for each string would take a hundred times as long. So only every second position of a
text is looked at: a string of at least five characters covers four characters that begin at such
a position, wherever it starts. For both of its possible offsets, an index has those four
characters of the string that occur in the fewest other strings. Only the strings behind the
characters that were met are searched for, and those that are too short for the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

GRAM = 4  # bytes of a number in an array of type "I"
STEP = 2
MIN_INDEXED = GRAM + STEP - 1  # bytes of a string with a gram at every offset


def has_any(text: str, words: Iterable[str]) -> bool:
    """Return whether one of a few words occurs in a text."""
    for word in words:  # noqa: SIM110 - as a generator, it would take twice as long
        if word in text:
            return True
    return False


class Scanner:
    """Strings in lower case to search texts for."""

    def __init__(self, words: Iterable[str]) -> None:
        unique_words = dict.fromkeys(words)
        self._short = tuple(word for word in unique_words if len(word.encode()) < MIN_INDEXED)
        long = {word: _grams(word) for word in unique_words if word not in self._short}
        common = Counter(gram for grams in long.values() for gram in set(grams))
        self._index: dict[int, list[str]] = {}
        for word, grams in long.items():
            for offset in range(STEP):
                rarest = min(grams[offset::STEP], key=common.__getitem__)
                self._index.setdefault(rarest, []).append(word)
        self._keys = frozenset(self._index)

    def found(self, lower: str) -> set[str]:
        """Return the strings that occur in a text in lower case."""
        data = lower.encode("utf-8", "replace")
        size = len(data)
        # the bytes from the first position on, and those from the position STEP on
        both = data[: size - size % GRAM] + data[STEP : size - (size - STEP) % GRAM]
        keys = self._keys.intersection(memoryview(both).cast("I"))
        index = self._index
        words = {word for gram in keys for word in index[gram] if word in lower}
        words.update([word for word in self._short if word in lower])
        return words


def _grams(word: str) -> list[int]:
    """Return the four bytes at every position of a string, each as a number."""
    data = memoryview(word.encode())
    return [data[at : at + GRAM].cast("I")[0] for at in range(len(data) - GRAM + 1)]
