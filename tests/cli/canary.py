"""A password of which no piece may be printed.

The canary holds every character that URIs treat specially. Any piece of it is a leak, in
any case and however it is encoded, so the pieces between those characters are looked for.
"""

from __future__ import annotations

import re

from tests.conftest import Run

CANARY = "Kanarie1/Kanarie2@Kanarie3:Kanarie4?Kanarie5#Kanarie6%25Kanarie7&Kanarie8 Kanarie9é"


LEAK = re.compile("kanarie", re.IGNORECASE)


def harmless(run: Run) -> None:
    """Nothing that was printed holds a piece of the canary."""
    for text in (run.out, run.err):
        leak = LEAK.search(text)
        assert not leak, text[max(leak.start() - 200, 0) : leak.end() + 50]
