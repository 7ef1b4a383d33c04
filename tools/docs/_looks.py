"""Select the error texts that programs show for each cause, from the tests' corpus.

The corpus contains what drivers and tools printed when a fault was reproduced; a page shows the
shortest text of each client, cut to what a reader recognizes.
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
MAX_TEXT = 600  # characters
_FRAME = re.compile(r"^(?:  |\s+at |Traceback |During handling|The above exception)")


class Look(Record):
    """The message of one client for a cause.

    Attributes:
        client: a key of `CLIENTS`.
        text: the message, without the frames of a traceback.
        others: the codes of other causes for which the client prints the same text.
    """

    client: str
    text: str
    others: tuple[str, ...]


@cache
def looks() -> Mapping[str, tuple[Look, ...]]:
    """Return one text per client by the code of the cause, in the order of `CLIENTS`.

    A text that occurs with several causes counts for each of them.
    """
    # By client and text: the causes, and whether the text was recorded for that cause itself.
    causes_of: dict[tuple[str, str], dict[str, bool]] = {}
    for client, cause, text, others in _entries():
        codes = causes_of.setdefault((client, text), {})
        for code in (cause, *others):
            if code is not None:
                codes[code] = codes.get(code, False) or code == cause
    best: dict[tuple[str, str], tuple[tuple[int, int, int, str], Look]] = {}
    for (client, text), codes in causes_of.items():
        for code, own in codes.items():
            look = Look(client, text, tuple(sorted(codes.keys() - {code})))
            rank = (not own, len(look.others), len(text), text)  # own texts first, then short ones
            key = (code, client)
            if text and (key not in best or rank < best[key][0]):
                best[key] = (rank, look)
    looks_by_code: dict[str, list[Look]] = {}
    for client in CLIENTS:
        for (code, look_client), (_, look) in best.items():
            if look_client == client:
                looks_by_code.setdefault(code, []).append(look)
    return {code: tuple(texts) for code, texts in looks_by_code.items()}


def _entries() -> Iterator[tuple[str, str | None, str, tuple[str, ...]]]:
    """Yield the client, the cause, the message and the other causes of each text in the corpus."""
    for client in CLIENTS:
        path = CORPUS / f"{client}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
            sample = json.loads(line)
            yield client, sample["cause"], message_of(sample["text"]), tuple(sample["alternatives"])


def message_of(text: str) -> str:
    """Return the message of an error without its frames, cut to `MAX_TEXT` characters."""
    lines = text.splitlines()
    if "Traceback" in text:
        last = max(index for index, line in enumerate(lines) if _FRAME.match(line))
        lines = lines[last + 1 :]
    else:
        caret = [index + 1 for index, line in enumerate(lines) if line.strip() == "^"]
        lines = lines[caret[0] :] if caret else lines  # skip the source line that Node prints
        frames = [index for index, line in enumerate(lines) if re.match(r"\s+at ", line)]
        lines = lines[: frames[0]] if frames else lines
    message = "\n".join(lines).strip()
    return message if len(message) <= MAX_TEXT else message[:MAX_TEXT].rsplit(" ", 1)[0] + " …"
