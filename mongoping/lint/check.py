"""Check all files of a run."""

from __future__ import annotations

from collections.abc import Sequence

from mongoping.lint.files import candidates, read
from mongoping.lint.judge import judge
from mongoping.lint.record import Problem, Result, Skipped

MAX_UNREADABLE = 20  # named in the result


def check(paths: Sequence[str], exclude: Sequence[str] = ()) -> Result:
    """Return the problems of all files below the paths, without those that ``exclude`` names."""
    problems: list[Problem] = []
    unreadable: list[str] = []
    counts = dict.fromkeys(("files", "strings", "ignored", "binary", "large"), 0)
    for candidate in candidates(paths, exclude):
        content = read(candidate.path)
        if content.skipped in ("binary", "large"):
            counts[content.skipped] += 1
            continue
        if content.skipped is not None:
            unreadable.append(f"{candidate.path}: {content.skipped}")
            continue
        counts["files"] += 1
        if content.text is not None:
            found = judge(content.text, candidate.path, tracked=candidate.tracked)
            problems += found.problems
            counts["strings"] += found.strings
            counts["ignored"] += found.ignored
    skipped = Skipped(counts["binary"], counts["large"], tuple(unreadable[:MAX_UNREADABLE]))
    return Result(
        tuple(problems), counts["files"], counts["strings"], skipped, ignored=counts["ignored"]
    )
