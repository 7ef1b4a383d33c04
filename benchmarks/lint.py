"""How many files ``mongoping lint`` checks a second: ``python -m benchmarks.lint``.

The files are like those of a repository: most have no connection string, one in twenty has two.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES, ROUNDS = 5000, 5
LINE = "value = compute(first, second)  # some text as in any file of a program\n"
STRINGS = 'URI = "mongodb://${USER}:${PASS}@db1.example.com:27017/?replicaSet=rs0"\n' * 2


def main() -> None:
    """Print the median of several runs of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            place = Path(folder) / f"package{number % 50}"
            place.mkdir(exist_ok=True)
            text = LINE * 80 + (STRINGS if number % 20 == 0 else "")
            (place / f"module{number}.py").write_text(text)
        durations = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            command = [sys.executable, "-m", "mongoping", "lint", folder]
            subprocess.run(command, check=True, capture_output=True)
            durations.append(time.perf_counter() - start)
    median = statistics.median(durations)
    print(f"{FILES} files in {median:.2f} s (median of {ROUNDS}): {FILES / median:.0f} files/s")


if __name__ == "__main__":
    main()
