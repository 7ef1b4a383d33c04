"""How ``pytest -n --dist loadfile`` distributes tests to its workers.

A worker gets all tests of a file, since they share fixtures. Two long files are divided further,
so that no worker is left with one of them at the end, and some folders are not divided at all.
"""

from __future__ import annotations

import re
from typing import Any

PARTED_FILES = ("tests/test_faults.py", "tests/test_odd_replies.py")
TOGETHER = (
    "tests/bundle/",  # share the files of a release
    "tests/topology/",  # share a set of five members
)
FIRST_WORD = re.compile(r"\[([a-z]+)")


def scope_of(nodeid: str) -> str:
    """Return the name of the group of a test, whose tests run in the same worker.

    In a divided file, a group is the first word of the parameters, such as the layer of a fault.
    """
    file = nodeid.partition("::")[0]
    if file.startswith(TOGETHER):
        return file.rpartition("/")[0]
    word = FIRST_WORD.search(nodeid) if file in PARTED_FILES else None
    return f"{file}[{word[1]}]" if word else file


def scheduler(config: Any, log: Any) -> Any:
    """Return a scheduler of pytest-xdist that groups tests by `scope_of`."""
    from xdist.scheduler import LoadFileScheduling

    class ByScope(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    return ByScope(config, log)
