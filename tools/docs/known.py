"""Generate the data that `mongoping causes CODE` shows in addition to the catalog.

Error texts come from the tests' corpus, and evidence from the tests' tables of causes; neither is
part of an installation.
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
MAX_TEXT = 300  # characters: a terminal shows less of a text than a page


def page() -> str:
    """Return the JSON text of the file, with one line for each cause."""
    rows = [
        f" {json.dumps(cause.code)}: {json.dumps(_row(cause), ensure_ascii=False)}"
        for cause in registry.causes()
    ]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _row(cause: Cause) -> dict[str, Any]:
    texts = {look.client: look.text for look in looks().get(cause.code, ())}
    return {
        "looks": {
            CLIENTS[client]: _shorten(text)
            for client, text in texts.items()
            if not _is_contained(client, texts)
        },
        "checks": [[check.name, check.summary] for check in checks(cause)],
        "sentences": list(sentences(cause)),
    }


def _is_contained(client: str, texts: dict[str, str]) -> bool:
    """Return whether another client's text contains this client's, as PyMongo's does Motor's."""
    text = texts[client]
    return any(text in other for name, other in texts.items() if name != client and text != other)


def _shorten(text: str) -> str:
    line = re.sub(r", Topology Description: .*", ", …", " ".join(text.split()))
    return line if len(line) <= MAX_TEXT else line[:MAX_TEXT].rsplit(" ", 1)[0] + " …"
