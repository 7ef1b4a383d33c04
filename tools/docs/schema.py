"""Generate the page of the JSON report from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tools.docs._markdown import code, prose, table

PATH = "docs/report-schema.md"
SCHEMA = Path(__file__).parents[2] / "mongoping" / "formats" / "report.schema.json"

ROOT = "#"  # a reference to the report itself

HEAD = """\
<!-- Generated from mongoping/formats/report.schema.json: edit that, then run \
`python -m tools.docs`. -->

# The JSON report

`--format json` prints exactly one object, in UTF-8.
`smoke` with several targets prints an object with `schema`, the worst `status`, and the list
`targets`.
A [JSON Schema](../mongoping/formats/report.schema.json), which is part of every installation,
describes the report; the tests validate every report against it.

```sh
mongoping check --format json --output report.json
mongoping check --format json | python -m json.tool
```

{description}

Names that end in `_ms` hold milliseconds, names that end in `_s` hold seconds.
A value that was not measured is null.
In the tables, a dot separates an object from its field, and `[]` marks the elements of a list.
"""

DATA = """
`layers[].data` contains the facts that the checks of a layer recorded: `status`, `duration_ms`, and
fields of their own.
They are grouped by host under `hosts` if a check runs once per host, and by the name of the check
if a layer has several.
These fields may change between versions; all other objects only gain fields.
"""

COMMANDS = """
## Output of other commands

Remedies are objects with `text`, `command` and `uri` everywhere.

| command | prints |
| --- | --- |
| `mongoping uri --format json` | one object per connection string, each on its own line: `uri`, `valid`, `cause`, `scheme`, `hosts`, `username`, `auth_source`, `database`, `options`, `fixed_uri` (the corrected string, redacted, or null), `warnings` |
| `mongoping explain --format json` | `cause`, `confidence` (`certain`, `likely`, `possible`), `alternatives`, `title`, `remedies`, `client`, `host`, `missing`; for a log also `lines`, `errors` and `groups` |
| `mongoping topology --format json` | `tool`, `target`, `vantage`, `status` and `verdict` as above; `members` with what each can do, and `selection`: what the read preference selects |
| `mongoping causes --format json` | for every cause `code`, `layer`, `severity`, `exit_code`, `title`, `explanation`, `remedies`, `links`, `hidden_by`, `alternatives`, `seen_live`, `faults` |
| `mongoping snippet list --format json` | for every snippet `name`, `title`, `language`, `driver`, `auth`, `stable_api`, `deprecated` |
| `mongoping sandbox --list-faults --format json` | for every fault `code`, `cause`, `title`, `severity`, `preset` |
"""  # noqa: E501 - rows of a table


def page() -> str:
    """Return the page in Markdown."""
    schema = _schema()
    parts = [HEAD.format(description=prose(schema["description"]))]
    for name, value in schema["properties"].items():
        optional = "" if name in schema["required"] else " (optional)"
        parts += [f"## {name}\n", f"{_summary(value)}{optional}.\n"]
        rows = list(_rows(name, value, {}, top=True))
        if rows:
            parts.append(table(("field", "type", "meaning"), rows) + "\n")
        if name == "layers":
            parts.append(DATA.strip("\n") + "\n")
    return "\n".join(parts).rstrip("\n") + "\n" + COMMANDS


@cache
def _schema() -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return schema


def _rows(
    path: str, value: Mapping[str, Any], names_shown: dict[str, str], *, top: bool = False
) -> Iterator[tuple[str, str, str]]:
    """Yield a table row for a value and each field below it.

    ``names_shown`` maps each definition of the schema to the path at which the page lists its
    fields.
    """
    value = _resolve(value)
    if not top:
        yield code(path), _type(value), prose(value.get("description", ""))
    for form in _non_null_forms(value):
        if "items" in form:
            yield from _field_rows(f"{path}[]", form["items"], names_shown)
        else:
            yield from _field_rows(path, form, names_shown)


def _field_rows(
    path: str, value: Mapping[str, Any], titles: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield rows for the fields of an object, or a reference if the page lists them already."""
    definition = value.get("$ref", "")
    resolved_value = _resolve(value)
    if definition and definition in titles and resolved_value.get("properties"):
        yield code(f"{path}.…"), "", f"as under {code(titles[definition])}"
        return
    if definition:
        titles[definition] = path
    for field, inner in resolved_value.get("properties", {}).items():
        yield from _rows(f"{path}.{field}", inner, titles)


def _non_null_forms(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a value, without null."""
    return [form for form in value.get("oneOf", [value]) if form.get("type") != "null"]


def _resolve(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the definition behind a reference; keys next to the reference take precedence."""
    if "$ref" not in value:
        return value
    if value["$ref"] == ROOT:  # its fields are the sections of the page
        return {"type": "object"}
    definition = _schema()["$defs"][value["$ref"].rpartition("/")[2]]
    return {**definition, **{name: item for name, item in value.items() if name != "$ref"}}


def _type(value: Mapping[str, Any]) -> str:
    """Return the type of a value, or its allowed values."""
    forms = value.get("oneOf")
    if forms:
        return " or ".join(_type(_resolve(form)) for form in forms)
    if "const" in value:
        return code(json.dumps(value["const"]))
    if "enum" in value:
        return ", ".join("null" if item is None else code(str(item)) for item in value["enum"])
    kinds = value.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    items = _resolve(value.get("items", {}))
    return " or ".join(_list_type(kind, items) for kind in kinds)


def _list_type(kind: str, items: Mapping[str, Any]) -> str:
    item_kind = items.get("type")
    return f"list of {item_kind}s" if kind == "array" and isinstance(item_kind, str) else kind


def _summary(value: Mapping[str, Any]) -> str:
    """Return the type and the description of a value as one sentence without its full stop."""
    value = _resolve(value)
    description = value.get("description", "")
    kind = _type(value)
    return f"{kind[0].upper()}{kind[1:]}{'; ' + prose(description) if description else ''}"
