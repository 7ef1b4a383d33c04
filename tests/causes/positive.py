"""The evidence on which causes are true, collected from the tables of all tests of causes.

The tables are the record of what each cause is known by: the reference pages are generated from
them, see `tools.docs._known_by`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from mongoping.model import Evidence
from tests.uri.target_strings import ROWS

FOLDER = Path(__file__).parent
CLUSTER = "cluster0.ab1cd.mongodb.net"
URIS = (
    ("uri.risky-option", "mongodb://db.example.test/?w=1"),
    ("uri.srv-scheme-needed", f"mongodb://{CLUSTER}/"),
    ("uri.srv-host-too-short", "mongodb+srv://localhost/"),
)


def positive_cases() -> Iterator[tuple[str, Evidence]]:
    """Yield each code with evidence on which its cause is true, in the order of files."""
    for path in sorted(FOLDER.glob("test_*.py")):
        module = importlib.import_module(f"tests.causes.{path.stem}")
        for code, evidence, _ in getattr(module, "TRUE", ()):
            yield code, evidence
    uri_evidence = importlib.import_module("tests.causes.test_uri").evidence
    for code, uri in (*ROWS, *URIS):
        if code:
            yield code, uri_evidence(uri)
