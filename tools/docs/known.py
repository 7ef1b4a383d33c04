"""What the pages of causes show beyond the catalogue, as data for `mongoping causes CODE`.

The wording of drivers comes from the tests' corpus, and the evidence from the tests' tables of
causes; neither is installed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mongoping import registry
from mongoping.model import Cause
from tools.docs._known_by import checks, sentences
from tools.docs._looks import CLIENTS, looks

PATH = "mongoping/data/known.json"
MOST = 300  # characters of a text: a terminal shows less of it than a page


def page() -> str:
    """The text of the file: one line for each cause."""
    rows = [
        f" {json.dumps(one.code)}: {json.dumps(_row(one), ensure_ascii=False)}"
        for one in registry.causes()
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
