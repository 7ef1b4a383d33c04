"""The page of the JSON report, from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tools.docs._markdown import code, prose, table

PATH = "docs/report-schema.md"
SCHEMA = Path(__file__).parents[2] / "mongoping" / "formats" / "report.schema.json"

HEAD = """\
<!-- Generated from mongoping/formats/report.schema.json: edit that, then run \
`python -m tools.docs`. -->

# The JSON report

`--format json` prints exactly one object, in UTF-8; `smoke` with several targets puts theirs
into a list, `targets`, beside `schema` and the worst `status`.
It is described by a [JSON Schema](../mongoping/formats/report.schema.json) that lies in every
installation of mongoping; the tests hold every report against it.

```sh
mongoping check --format json --output report.json
mongoping check --format json | python -m json.tool
```

{description}

Times are in milliseconds where a name ends in `_ms`, in seconds where it ends in `_s`.
What was not measured is null.
A dot leads into an object, `[]` into the elements of a list.
"""

DATA = """
`layers[].data` holds what the checks of a layer saw: `status`, `duration_ms`, and what is specific
to each; under `hosts` by host where a check runs for each of them, and under the name of the check
where a layer has several.
Its fields may change between versions; all others only grow.
"""

COMMANDS = """
## What other commands print

| command | prints |
| --- | --- |
| `mongoping uri --format json` | one object a line for each string: `uri`, `valid`, `cause`, `scheme`, `hosts`, `username`, `auth_source`, `database`, `options`, `warnings` |
| `mongoping explain --format json` | `cause`, `confidence` (`certain`, `likely`, `possible`), `alternatives`, `title`, `remedies`, `host`, `missing`; for a log `lines`, `errors` and `groups` besides |
| `mongoping causes --format json` | every cause with `code`, `layer`, `severity`, `exit_code`, `title`, `explanation`, `remedies`, `links`, `hidden_by`, `alternatives`, `seen_live`, `faults` |
| `mongoping snippet list --format json` | `name`, `title`, `language`, `driver`, `auth`, `stable_api`, `deprecated` of each |
| `mongoping sandbox --list-faults --format json` | `code`, `cause`, `title`, `severity`, `preset` of each |
"""  # noqa: E501 - rows of a table


def page() -> str:
    """The text of the page, in Markdown."""
    schema = _schema()
    parts = [HEAD.format(description=prose(schema["description"]))]
    for name, one in schema["properties"].items():
        always = "" if name in schema["required"] else " (not always there)"
        parts += [f"## {name}\n", f"{_said(one)}{always}.\n"]
        rows = list(_rows(name, one, {}, top=True))
        if rows:
            parts.append(table(("field", "type", "meaning"), rows) + "\n")
        if name == "layers":
            parts.append(DATA.strip("\n") + "\n")
    return "\n".join(parts).rstrip("\n") + "\n" + COMMANDS


@cache
def _schema() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return found


def _rows(
    at: str, one: Mapping[str, Any], seen: dict[str, str], *, top: bool = False
) -> Iterator[tuple[str, str, str]]:
    """A row for each field below a place in the report; ``seen``: where a kind was shown."""
    one = _resolved(one)
    if not top:
        yield code(at), _type(one), prose(one.get("description", ""))
    for inner in _insides(one):
        if "items" in inner:
            yield from _below(f"{at}[]", inner["items"], seen)
        else:
            yield from _below(at, inner, seen)


def _below(at: str, one: Mapping[str, Any], seen: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """The fields of an object; one of a kind that was shown before is not shown again."""
    name = one.get("$ref", "")
    inner = _resolved(one)
    if name and name in seen and inner.get("properties"):
        yield code(f"{at}.…"), "", f"as under {code(seen[name])}"
        return
    if name:
        seen[name] = at
    for field, value in inner.get("properties", {}).items():
        yield from _rows(f"{at}.{field}", value, seen)


def _insides(one: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The forms that a value may have, without null."""
    return [form for form in one.get("oneOf", [one]) if form.get("type") != "null"]


def _resolved(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for, with the words that stand beside it."""
    if "$ref" not in one:
        return one
    found = _schema()["$defs"][one["$ref"].rpartition("/")[2]]
    return {**found, **{name: value for name, value in one.items() if name != "$ref"}}


def _type(one: Mapping[str, Any]) -> str:
    """The type of a value, or the values that it may have."""
    forms = one.get("oneOf")
    if forms:
        return " or ".join(_type(_resolved(form)) for form in forms)
    if "const" in one:
        return code(json.dumps(one["const"]))
    if "enum" in one:
        return ", ".join(code(str(value)) if value is not None else "null" for value in one["enum"])
    kinds = one.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    items = _resolved(one.get("items", {}))
    return " or ".join(_plural(kind, items) for kind in kinds)


def _plural(kind: str, items: Mapping[str, Any]) -> str:
    inner = items.get("type")
    return f"list of {inner}s" if kind == "array" and isinstance(inner, str) else kind


def _said(one: Mapping[str, Any]) -> str:
    """What a value is, in words and by its type."""
    one = _resolved(one)
    words = one.get("description", "")
    kind = _type(one)
    return f"{kind[0].upper()}{kind[1:]}{'; ' + prose(words) if words else ''}"
