"""The third table: what a record costs to import, as a frozen dataclass and as a `Record`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import Series, measure

COUNT = 60  # about as many as a run of mongoping loads
FIELDS = "\n".join(f"    field{number}: str | None = None" for number in range(8))
DATACLASS = "from dataclasses import dataclass\n" + "\n".join(
    f"@dataclass(frozen=True)\nclass Seen{number}:\n{FIELDS}" for number in range(COUNT)
)
RECORD = "from mongoping.record import Record\n" + "\n".join(
    f"class Seen{number}(Record):\n{FIELDS}" for number in range(COUNT)
)


def table(rounds: int) -> str:
    """Import both in processes of their own, compiled beforehand."""
    with TemporaryDirectory() as folder:
        for name, text in (("as_dataclasses", DATACLASS), ("as_records", RECORD)):
            words = f"from __future__ import annotations\n{text}\n"
            Path(folder, f"{name}.py").write_text(words, "utf-8")

        def importing(name: str, module: str) -> Series:
            program = f"import sys; sys.path.append({folder!r}); import {module}"
            return Series(name, [sys.executable, "-c", program])

        nothing = importing("nothing", "sys")
        rows = [
            importing(f"{COUNT} frozen dataclasses", "as_dataclasses"),
            importing(f"{COUNT} records", "as_records"),
        ]
        measure([nothing, *rows], rounds)
    lines = ["| imported | CPU ms | more than nothing |", "|---|---:|---:|"]
    for series in (nothing, *rows):
        cpu = series.median("cpu") * 1000
        more = cpu - nothing.median("cpu") * 1000
        lines.append(f"| {series.name} | {cpu:.0f} | {more:.0f} |")
    return "\n".join(lines)
