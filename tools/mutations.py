"""Break the code on purpose, one line at a time, and check that the tests notice.

    python -m tools.mutations            every mutation
    python -m tools.mutations redaction  those whose name contains the word

Each mutation is applied to a copy of the project, and the named tests have to fail there. A
mutation whose text no longer occurs in the file is an error: update it with the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tools._mutation_list import MUTATIONS, Mutation

PROJECT = Path(__file__).parents[1]
WORKERS = os.cpu_count() or 2
TIMEOUT_S = 600.0
BESIDE = (".servers",)  # not in the repository, and needed by tests
PYTEST_FAILED = 1


class Outcome(NamedTuple):
    """The result of one mutation. ``problem`` is None if a test noticed it."""

    mutation: Mutation
    problem: str | None


@contextmanager
def project_copy() -> Iterator[Path]:
    """Yield a copy of the tracked files of the project, as they are in the working tree."""
    process = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - the developer's own git
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    names = [name for name in process.stdout.decode().split("\0") if name]
    with tempfile.TemporaryDirectory(prefix="mongoping-mutation-") as folder:
        copy = Path(folder)
        for name in names:
            source, target = PROJECT / name, copy / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        for name in BESIDE:
            if (PROJECT / name).exists():
                (copy / name).symlink_to((PROJECT / name).resolve())
        yield copy


def mutate(text: str, mutation: Mutation) -> str:
    """Return the text with the mutation applied. Raises ValueError if it does not apply once."""
    count = text.count(mutation.before)
    if count != 1:
        raise ValueError(f"its text occurs {count} times in {mutation.file}, not once")
    return text.replace(mutation.before, mutation.after)


def run(mutation: Mutation) -> Outcome:
    """Apply one mutation to a copy of the project and run its tests there."""
    with project_copy() as copy:
        path = copy / mutation.file
        try:
            path.write_text(mutate(path.read_text("utf-8"), mutation), "utf-8")
        except (OSError, ValueError) as error:
            return Outcome(mutation, str(error))
        return Outcome(mutation, _survives(copy, mutation))


def _survives(copy: Path, mutation: Mutation) -> str | None:
    """Return how a mutated copy gets past its tests, None if a test fails."""
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *mutation.tests]
    try:
        process = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"its tests did not end within {TIMEOUT_S:.0f} s"
    if process.returncode == PYTEST_FAILED:
        return None
    last = (process.stdout.strip().splitlines() or [process.stderr.strip()])[-1]
    return f"no test fails ({last})"


def select(words: Iterable[str]) -> list[Mutation]:
    """Return the mutations whose name contains one of the words, or all without words."""
    selection = tuple(words)
    return [
        row for row in MUTATIONS if not selection or any(word in row.name for word in selection)
    ]


def main() -> int:
    """Run the selected mutations, print a line for each, and return 1 if one survives."""
    survivors = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for outcome in pool.map(run, select(sys.argv[1:])):
            mark = "caught  " if outcome.problem is None else "SURVIVED"
            detail = f": {outcome.problem}" if outcome.problem else ""
            print(f"{mark}  {outcome.mutation.name}{detail}", flush=True)
            survivors += outcome.problem is not None
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
