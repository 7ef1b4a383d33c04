"""How causes look to programs: real texts of the drivers, from the tests' corpus. Pure but for it.

The corpus holds what drivers and tools really said against faults that were made real; a page
shows the shortest text of each client, cut to what a reader recognises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mongoping.record import Record

CORPUS = Path(__file__).parents[2] / "tests" / "explain" / "corpus"
CLIENTS = {
    "pymongo": "PyMongo",
    "motor": "Motor",
    "node": "Node.js driver",
    "mongoose": "Mongoose",
    "mongosh": "mongosh",
    "mongod": "mongod's log",
}
MOST = 600  # characters of a text that are shown
_FRAME = re.compile(r"^(?:  |\s+at |Traceback |During handling|The above exception)")


class Look(Record):
    """What one client says of a cause; ``others`` are causes of which it says the same."""

    client: str
    text: str
    others: tuple[str, ...]


@cache
def looks() -> Mapping[str, tuple[Look, ...]]:
    """The text of each client by the code of the cause, in the order of `CLIENTS`."""
    best: dict[tuple[str, str], Look] = {}
    for client in CLIENTS:
        path = CORPUS / f"{client}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
            one = json.loads(line)
            look = Look(client, shown(one["text"]), tuple(one["alternatives"]))
            key = (str(one["cause"]), client)
            known = one["cause"] is not None and look.text
            if known and (key not in best or _rank(look) < _rank(best[key])):
                best[key] = look
    found: dict[str, list[Look]] = {}
    for (code, _), look in best.items():
        found.setdefault(code, []).append(look)
    return {code: tuple(some) for code, some in found.items()}


def _rank(look: Look) -> tuple[int, int, str]:
    """The plainest first: of this cause alone, then the shortest."""
    return len(look.others), len(look.text), look.text


def shown(text: str) -> str:
    """The message of an error without its frames, and without what is too long to be read."""
    lines = text.splitlines()
    if "Traceback" in text:
        last = max(at for at, line in enumerate(lines) if _FRAME.match(line))
        lines = lines[last + 1 :]
    else:
        caret = [at + 1 for at, line in enumerate(lines) if line.strip() == "^"]
        lines = lines[caret[0] :] if caret else lines  # behind the line of source that Node shows
        frames = [at for at, line in enumerate(lines) if re.match(r"\s+at ", line)]
        lines = lines[: frames[0]] if frames else lines
    words = "\n".join(lines).strip()
    return words if len(words) <= MOST else words[:MOST].rsplit(" ", 1)[0] + " …"
