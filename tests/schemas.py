"""Validation against the JSON Schemas that mongoping ships."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# jsonschema compiles 38 grammars of this package when it is imported, which takes two seconds. They
# are for IRIs, which none of our schemas has.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


@cache
def validator(path: Path) -> Any:
    """Return the validator of a schema.

    `jsonschema.validate` would check the schema each time, which takes 30 times as long as
    validating a report.
    """
    import jsonschema

    schema = json.loads(path.read_text("utf-8"))
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def validate(document: Any, path: Path) -> None:
    """Raise `jsonschema.ValidationError` if a document does not conform to a schema."""
    validator(path).validate(document)
