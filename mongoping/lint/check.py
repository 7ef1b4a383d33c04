"""Check all files of a run."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mongoping.lint.files import candidates, read, real_path
from mongoping.lint.judge import judge
from mongoping.lint.record import Problem, Result, SkippedFiles

MAX_UNREADABLE = 20  # named in the result


def check(
    paths: Sequence[str], exclude: Sequence[str] = (), own_outputs: Collection[str] = ()
) -> Result:
    """Return the problems of all files below the paths.

    Args:
        paths: files and folders.
        exclude: patterns of files and folders to leave out.
        own_outputs: the files that this run reads or writes itself, which are left out.
    """
    own = frozenset(map(real_path, own_outputs))
    problems: list[Problem] = []
    unreadable: list[str] = []
    counts = dict.fromkeys(("files", "strings", "ignored", "binary", "large", "report"), 0)
    for candidate in candidates(paths, exclude):
        if own and real_path(candidate.path) in own:
            continue
        content = read(candidate.path)
        if content.skipped in ("binary", "large", "report"):
            counts[content.skipped] += 1
            continue
        if content.skipped is not None:
            unreadable.append(f"{candidate.path}: {content.skipped}")
            continue
        counts["files"] += 1
        if content.text is not None:
            judgment = judge(content.text, candidate.path, is_tracked=candidate.tracked)
            problems += judgment.problems
            counts["strings"] += judgment.strings
            counts["ignored"] += judgment.ignored
    skipped_files = SkippedFiles(
        counts["binary"], counts["large"], counts["report"], tuple(unreadable[:MAX_UNREADABLE])
    )
    return Result(
        tuple(problems),
        counts["files"],
        counts["strings"],
        skipped_files,
        ignored=counts["ignored"],
    )
