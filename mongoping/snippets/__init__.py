"""Connection snippets: runnable programs that are listed, filled in and proved.

The programs lie in ``snippets/`` at the top of the source tree and inside the wheel. Each
says in its header what it is; nothing lists them a second time.
"""

from __future__ import annotations

from mongoping.snippets.choose import Facts, Lead, choose, for_report, with_files
from mongoping.snippets.fill import CannotFillError, Choices, client_line, fill
from mongoping.snippets.record import Snippet
from mongoping.snippets.store import every, find, nearest

__all__ = [
    "CannotFillError",
    "Choices",
    "Facts",
    "Lead",
    "Snippet",
    "choose",
    "client_line",
    "every",
    "fill",
    "find",
    "for_report",
    "nearest",
    "with_files",
]
