"""Let durations be exact on Windows, where `time.monotonic` advances every 16 ms until Python 3.13.

A ping takes less. Source: the documentation of `time.monotonic`, "Changed in version 3.13".
"""

from __future__ import annotations

import sys
import time


def sharpen() -> None:
    """Replace `time.monotonic` by `time.perf_counter` on such a system.

    Only for mongoping's own processes, before asyncio and PyMongo are imported, so that all of
    them compare times of one clock.
    """
    if sys.platform == "win32" and sys.version_info < (3, 13):
        vars(time)["monotonic"] = time.perf_counter
