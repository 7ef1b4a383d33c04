"""Score of ``explain``: by client, by cause, and in total."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mongoping.explaining import explain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mongoping.explaining import Explanation
    from tests.explain.corpus import Entry


@dataclass
class Tally:
    """Counts of some texts.

    ``first`` is right outright; ``among`` said that it was not sure, and either named a cause of
    which the same text has come, or has the right one among its alternatives; ``silent`` named
    none; ``wrong`` named another, ``confident`` of them at `certain`.
    """

    texts: int = 0
    first: int = 0
    among: int = 0
    silent: int = 0
    wrong: int = 0
    confident: int = 0

    def add(self, entry: Entry, explanation: Explanation) -> str:
        """Count one text and what was said of it; the word for how it went."""
        self.texts += 1
        if explanation.cause == entry.cause:
            self.first += 1
            return "first"
        if explanation.cause is None:
            self.silent += 1
            return "silent"
        fits = explanation.cause in entry.alternatives or entry.cause in explanation.alternatives
        if explanation.confidence != "certain" and fits:
            self.among += 1
            return "among"
        self.wrong += 1
        self.confident += explanation.confidence == "certain"
        return "wrong"

    @property
    def share(self) -> float:
        """Texts whose first choice is right, of all; a confident error counts as two."""
        return (self.first - self.confident) / self.texts if self.texts else 0.0

    @property
    def fitting(self) -> float:
        """The same with those that name what the text fits as well."""
        return (self.first + self.among - self.confident) / self.texts if self.texts else 0.0


@dataclass
class Score:
    """All tallies, and what went wrong."""

    whole: Tally = field(default_factory=Tally)
    by_client: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_cause: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    misses: list[tuple[str, Entry, str | None, str]] = field(default_factory=list)


def score(entries: Iterable[Entry]) -> Score:
    """Have every text explained."""
    result = Score()
    for entry in entries:
        explanation = explain(entry.text)
        how = result.whole.add(entry, explanation)
        result.by_client[entry.client].add(entry, explanation)
        result.by_cause[entry.cause or "(cannot tell)"].add(entry, explanation)
        if how != "first":
            result.misses.append((how, entry, explanation.cause, explanation.confidence))
    return result
