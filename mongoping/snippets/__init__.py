"""Connection snippets: runnable programs that can be listed, filled in and run.

The programs are in ``snippets/`` at the top of the source tree and inside the wheel. The
header of each program is the only place that describes it.
`mongoping.snippets.fill` is not imported here: a healthy run only names a snippet.
"""

from __future__ import annotations

from mongoping.snippets.choose import Facts, Lead, choose, for_report, with_files
from mongoping.snippets.record import Snippet
from mongoping.snippets.store import all_snippets, find, similar_names

__all__ = [
    "Facts",
    "Lead",
    "Snippet",
    "all_snippets",
    "choose",
    "find",
    "for_report",
    "similar_names",
    "with_files",
]
