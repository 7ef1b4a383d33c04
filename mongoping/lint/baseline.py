"""Known problems, kept in a file, so that only new ones are reported. Pure.

A problem is known by its file, its code and the redacted string, not by its line, which moves.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from mongoping.lint.record import Problem

VERSION = 1


def identity(problem: Problem) -> str:
    """Return what a problem is known by; it contains no secret."""
    words = json.dumps([problem.path, problem.code, problem.shown])
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:20]


def dump(problems: Iterable[Problem]) -> str:
    """Return the content of a baseline."""
    counts = Counter(identity(problem) for problem in problems)
    return (
        json.dumps({"version": VERSION, "problems": dict(sorted(counts.items()))}, indent=1) + "\n"
    )


def load(text: str) -> Counter[str]:
    """Return the known problems of a baseline. Raises ValueError for anything else."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("it is not a baseline")
    counts = document.get("problems")
    if not isinstance(counts, dict) or not all(
        type(count) is int and count > 0 for count in counts.values()
    ):
        raise ValueError("it is not a baseline")
    return Counter(counts)


def without_known(problems: Iterable[Problem], counts: Counter[str]) -> tuple[list[Problem], int]:
    """Return the problems that are not known, and how many were."""
    counts_left = Counter(counts)
    fresh = []
    for problem in problems:
        key = identity(problem)
        if counts_left[key] > 0:
            counts_left[key] -= 1
        else:
            fresh.append(problem)
    return fresh, sum(counts.values()) - sum(counts_left.values())
