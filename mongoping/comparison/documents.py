"""Read the reports in a file: one report, several, or the lines that `mongoping fleet` prints.

Everything that is wrong with a file is one `DocumentError`, whose sentence names the file and
says what to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mongoping.comparison.reading import mapping, text, view_of
from mongoping.comparison.record import View
from mongoping.decoding import decode
from mongoping.record import Record

SCHEMA = 2
MAX_BYTES = 400_000_000  # 50,000 reports of a usual size
REPORT = "mongoping check --format json --output FILE"
OTHERS = (
    ("members", "the output of mongoping topology"),
    ("valid", "the output of mongoping uri"),
    ("confidence", "the output of mongoping explain"),
    ("same_verdict", "the output of mongoping diff"),
)
"""Keys that only other JSON outputs of mongoping have."""


class DocumentError(Exception):
    """A file cannot be compared; the message is one sentence for the user."""


class Pair(Record):
    """Two reports of one target; ``name`` is the target's if a file contains several."""

    name: str
    views: tuple[View, View]


class Pairs(NamedTuple):
    """The targets that occur in both files, and the names of those that only one has."""

    pairs: tuple[Pair, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def read(
    data: bytes,
    path: str,
    label: str,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda report: report,
) -> dict[str, View]:
    """Return the views in a file by the name of their target, in the order of the file.

    Args:
        data: The contents of the file.
        path: Its name as the user wrote it, for errors.
        label: What the views are called.
        change: Changes each report before it is read, for example to replace names.

    Raises:
        DocumentError: The file contains no report, or one that cannot be compared.
    """
    views_by_name: dict[str, View] = {}
    for document in _documents(_decode(data, path), path):
        if "summary" in document and "report" not in document and "layers" not in document:
            continue  # the last line of `mongoping fleet`
        _, report = _name_and_report(document, path)
        report = change(report)
        name, _ = _name_and_report(
            {**document, "report": report} if "report" in document else report, path
        )
        views_by_name[name] = view_of(label, report, "in")
    if not views_by_name:
        raise DocumentError(f"{path} contains no report. Write one with: {REPORT}")
    return views_by_name


def pairs(
    first: Mapping[str, View], second: Mapping[str, View], *, any_target: bool = False
) -> Pairs:
    """Return the reports of two files that belong together.

    Raises:
        DocumentError: The files have no target in common.
    """
    if len(first) == len(second) == 1:
        (name, one), (_, other) = *first.items(), *second.items()
        comparable = one.anonymized == other.anonymized
        if comparable and not any_target and not one.target & other.target:
            raise DocumentError(_different(one, other))
        return Pairs((Pair(name, (one, other)),), (), ())
    both = [name for name in first if name in second]
    if not both:
        one, other = next(iter(first.values())), next(iter(second.values()))
        raise DocumentError(
            f"{other.name} has none of the targets of {one.name}. Compare two files with reports "
            "of the same targets."
        )
    return Pairs(
        tuple(Pair(name, (first[name], second[name])) for name in both),
        tuple(name for name in first if name not in second),
        tuple(name for name in second if name not in first),
    )


def _different(one: View, other: View) -> str:
    names = [", ".join(sorted(view.target)[:2]) or "no host" for view in (one, other)]
    return (
        f"{one.name} is about {names[0]}, and {other.name} is about {names[1]}. Compare two "
        "reports of one target, or add --any-target if both names mean the same deployment."
    )


def _decode(data: bytes, label: str) -> str:
    try:
        return decode(data)
    except UnicodeDecodeError:
        raise DocumentError(f"{label} is not a text file. Write a report with: {REPORT}") from None


def _documents(content: str, label: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects of a file: the only one, or one for each line."""
    if not content.strip():
        raise DocumentError(f"{label} is empty. Write a report with: {REPORT}")
    rows = content.splitlines()
    if not _starts_with_object(rows):
        yield from _unpack(_parse(content, label), label)
        return
    for number, row in enumerate(rows, 1):
        if row.strip():
            yield from _unpack(_parse(row, label, number), label)


def _starts_with_object(rows: Sequence[str]) -> bool:
    """Return whether the first line is an object of its own, as in JSON lines."""
    first = next(row for row in rows if row.strip())
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _parse(content: str, label: str, line: int | None = None) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        place = getattr(error, "lineno", 1) if line is None else line
        message = getattr(error, "msg", "")
        end = getattr(error, "pos", 0) >= len(content.rstrip())
        cut = bool(message) and (end or message.startswith("Unterminated string"))
        reason = "it ends too early" if cut else "it is not JSON"
        raise DocumentError(
            f"{label} is not a report: {reason} in line {place}. Write one with: {REPORT}"
        ) from None


def _unpack(value: Any, label: str) -> Iterator[Mapping[str, Any]]:
    """Yield the reports in one JSON value: itself, or those of several targets."""
    if not isinstance(value, dict):
        raise DocumentError(f"{label} is not a report. Write one with: {REPORT}")
    targets = value.get("targets")
    if isinstance(targets, list) and "layers" not in value:
        for target in targets:
            yield from _unpack(target, label)
        return
    yield value


def _name_and_report(document: Mapping[str, Any], label: str) -> tuple[str, Mapping[str, Any]]:
    """Return the name of the target and its report, from a line of a fleet or from a report."""
    report = document
    if "report" in document and "layers" not in document:
        report = mapping(document, "report")
        name = " from ".join(filter(None, (text(document.get("name")), _place(document))))
        if not report:
            raise DocumentError(
                f"{label} has no report of {name or 'a target'}. Run mongoping fleet without "
                "--no-report."
            )
    else:
        target = mapping(document, "target")
        name = text(target.get("name")) or text(target.get("uri"))
    _require_report(report, label)
    return name, report


def _place(document: Mapping[str, Any]) -> str:
    vantage = document.get("vantage")
    return text(vantage.get("name")) if isinstance(vantage, Mapping) else text(vantage)


def _require_report(report: Mapping[str, Any], label: str) -> None:
    """Raise `DocumentError` unless this is a report that can be compared."""
    if not isinstance(report.get("layers"), list) or "status" not in report:
        other = next((words for key, words in OTHERS if key in report), None)
        what = f"is {other}, not a report" if other else "is not a report of mongoping"
        raise DocumentError(f"{label} {what}. Write one with: {REPORT}")
    schema = report.get("schema")
    if schema != SCHEMA:
        newer = isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA
        action = "Update mongoping." if newer else f"Write it again with: {REPORT}"
        raise DocumentError(
            f"{label} has schema {text(schema) or 'none'}, and this mongoping compares schema "
            f"{SCHEMA}. {action}"
        )
