"""The JSON Schema of the configuration file, made from its keys. Pure.

The package contains ``config.schema.json``, and a test compares the two.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from mongoping.smoke.config import MAX_TARGETS
from mongoping.smoke.config_keys import KEYS, PASSWORDS, SOURCES
from mongoping.smoke.expectations import KINDS


def schema() -> dict[str, Any]:
    """Return the schema as plain data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mongoping",
        "description": "mongoping.toml, or [tool.mongoping] in pyproject.toml.",
        "type": "object",
        "required": ["targets"],
        "additionalProperties": False,
        "properties": {
            **_keys("top"),
            "expect": {"$ref": "#/$defs/expect"},
            "targets": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": MAX_TARGETS,
                "additionalProperties": {"$ref": "#/$defs/target"},
            },
        },
        "$defs": {"target": _target(), "expect": _expect()},
    }


def _keys(scope: str) -> dict[str, Any]:
    return {
        key.name: {**key.schema, "description": key.summary}
        for key in KEYS
        if key.scope in (scope, "both")
    }


def _target() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "oneOf": [{"required": [source]} for source in SOURCES],
        "not": {"anyOf": [{"required": list(pair)} for pair in combinations(PASSWORDS, 2)]},
        "properties": {**_keys("target"), "expect": {"$ref": "#/$defs/expect"}},
    }


def _expect() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {kind.name: {**kind.schema, "description": kind.summary} for kind in KINDS},
    }
