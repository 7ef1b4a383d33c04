"""The topology report as one JSON object (``topology.schema.json``). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mongoping.formats.json import head
from mongoping.model.to_jsonable import to_jsonable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.topology.selection import Selection
    from mongoping.topology.tree import Name, Node
    from mongoping.topology.view import View


def render(views: Sequence[View]) -> str:
    """Return the report as one line of JSON, with those from other places in it."""
    document_of_first = document(views[0])
    if len(views) > 1:
        document_of_first["places"] = [document(view) for view in views[1:]]
        document_of_first["comparison"] = to_jsonable(views[0].report.comparison)
    return json.dumps(document_of_first, ensure_ascii=False, allow_nan=False) + "\n"


def document(view: View) -> dict[str, Any]:
    """Return the report as a JSON-serializable dictionary."""
    report, advice = view.report, view.advice
    return {
        **head(report),
        "type": view.tree.type,
        "set_name": view.tree.set_name,
        "members": [_node(node) for node in view.tree.nodes],
        "selection": _selection(view.selection),
        "better": None if advice is None else {"uri": advice.uri, "reasons": list(advice.reasons)},
        "without_srv": view.equivalent,
        "notes": list(view.tree.notes),
    }


def _node(node: Node) -> dict[str, Any]:
    row: dict[str, Any] = to_jsonable(node)
    row["version_wire"] = list(row.pop("wire") or ())
    row["certificate_days"] = row.pop("days_left")
    row["names"] = [_name(name) for name in node.names]
    return row


def _name(name: Name) -> dict[str, Any]:
    row: dict[str, Any] = to_jsonable(name)
    return row


def _selection(selection: Selection) -> dict[str, Any]:
    preference = selection.preference
    return {
        "mode": preference.mode,
        "tag_sets": [dict(tags) for tags in preference.tag_sets],
        "max_staleness_s": preference.max_staleness_s,
        "local_threshold_ms": preference.threshold_ms,
        "problem": selection.problem,
        "note": selection.note,
        "members": [to_jsonable(choice) for choice in selection.choices],
    }
