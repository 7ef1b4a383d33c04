"""What pages of causes tell beside the catalogue, as data for `mongoping causes CODE`.

How drivers put it comes from the tests' corpus, how it is known from the code of its test; both
are too much to read at every start, and the first is not installed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mongoping import collect
from mongoping.docs._knowing import checks, sentences
from mongoping.docs._looks import CLIENTS, looks
from mongoping.model import Cause

PATH = "mongoping/data/known.json"
MOST = 300  # characters of a text: a terminal shows less of it than a page


def page() -> str:
    """The text of the file: one line for each cause."""
    rows = [
        f" {json.dumps(one.code)}: {json.dumps(_row(one), ensure_ascii=False)}"
        for one in collect.causes()
    ]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _row(cause: Cause) -> dict[str, Any]:
    found = {one.client: one.text for one in looks().get(cause.code, ())}
    same = {name for name, text in found.items() if _is_part(name, text, found)}
    return {
        "looks": {CLIENTS[name]: _cut(text) for name, text in found.items() if name not in same},
        "checks": [[one.name, one.summary] for one in checks(cause)],
        "sentences": list(sentences(cause)),
    }


def _is_part(name: str, text: str, found: dict[str, str]) -> bool:
    """Whether another client says the very same with more around it, as PyMongo does of Motor."""
    return any(text in other for client, other in found.items() if client != name and text != other)


def _cut(text: str) -> str:
    words = re.sub(r", Topology Description: .*", ", …", " ".join(text.split()))
    return words if len(words) <= MOST else words[:MOST].rsplit(" ", 1)[0] + " …"
