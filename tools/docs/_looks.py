"""How causes look to programs: real texts of the drivers, from the tests' corpus.

The corpus holds what drivers and tools really said against faults that were made real; a page
shows the shortest text of each client, cut to what a reader recognises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
    """The text of each client by the code of the cause, in the order of `CLIENTS`.

    Where several causes have one text, it is that of all of them.
    """
    meant: dict[tuple[str, str], dict[str, bool]] = {}  # by client and text: causes, and whose own
    for client, cause, text, others in _entries():
        codes = meant.setdefault((client, text), {})
        for code in (cause, *others):
            if code is not None:
                codes[code] = codes.get(code, False) or code == cause
    best: dict[tuple[str, str], tuple[tuple[int, int, int, str], Look]] = {}
    for (client, text), codes in meant.items():
        for code, own in codes.items():
            look = Look(client, text, tuple(sorted(one for one in codes if one != code)))
            rank = (not own, len(look.others), len(text), text)  # its own first, short ones
            key = (code, client)
            if text and (key not in best or rank < best[key][0]):
                best[key] = (rank, look)
    found: dict[str, list[Look]] = {}
    for client in CLIENTS:
        for (code, whose), (_, look) in best.items():
            if whose == client:
                found.setdefault(code, []).append(look)
    return {code: tuple(some) for code, some in found.items()}


def _entries() -> Iterator[tuple[str, str | None, str, tuple[str, ...]]]:
    """Of each text of the corpus: the client, its cause, the text as shown, other causes of it."""
    for client in CLIENTS:
        path = CORPUS / f"{client}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
            one = json.loads(line)
            yield client, one["cause"], shown(one["text"]), tuple(one["alternatives"])


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
