"""The folder of ``--output-dir``: one JSON report per target and vantage point."""

from __future__ import annotations

import json
import os
import zlib
from typing import TYPE_CHECKING, Any

from mongoping.lazy_re import lazy_compile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.fleet.line import Line

_UNSAFE = lazy_compile(r"[^A-Za-z0-9._@-]+")
MAX_NAME = 120  # bytes of a file's name without its suffix; file systems allow 255


def file_name(line: Line) -> str:
    """Return the name of the file for a line: readable, and different for different targets."""
    whole = line.name if line.vantage is None else f"{line.name}@{line.vantage}"
    safe = _UNSAFE.sub("_", whole)[:MAX_NAME].strip("._")
    if safe != whole:
        safe = f"{safe or 'target'}-{zlib.crc32(whole.encode()):08x}"
    return f"{safe}.json"


def write_report(folder: str, line: Line, report: Mapping[str, Any]) -> None:
    """Write a report; a reader never sees a part of it. Raises OSError."""
    from mongoping.escape import harmless_json

    text = harmless_json(json.dumps(report, ensure_ascii=False, allow_nan=False)) + "\n"
    path = f"{folder}/{file_name(line)}"
    partial = f"{path}.{os.getpid()}.part"
    with open(partial, "w", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        file.write(text)
    os.replace(partial, path)  # noqa: PTH105 - pathlib costs 5 ms
