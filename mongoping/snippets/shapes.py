"""Insert options into a program, in one of four shapes depending on the language. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.snippets.brackets import Call, find_call, split_items
from mongoping.snippets.choices import CannotFillError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mongoping.snippets.dialect import Dialect, Options

_WIDTH = 88  # max columns of a line of code
_API = ("server_api", "serverApi", "api")


def _merge(present: tuple[str, ...], separator: str, options: Options) -> list[str]:
    """Return the present options after the changes; an API declaration comes first."""
    known = dict(option.split(separator.strip(), 1) for option in present)
    kept = {_bare(name): value.strip() for name, value in known.items()}
    for name, value in options.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = value
    order = sorted(kept, key=lambda name: name not in _API)
    return [f"{name}{separator}{kept[name]}" for name in order]


def _bare(name: str) -> str:
    return name.strip().strip("'\"")


def _arguments(text: str, dialect: Dialect, options: Options) -> str:
    found, before = _call(text, dialect)
    arguments = [found.arguments[0], *_merge(found.arguments[1:], dialect.separator, options)]
    return before + _lay_out(before, arguments, text[found.end :], dialect.indent)


def _object(text: str, dialect: Dialect, options: Options) -> str:
    """Insert options into the object after the URI; ``undefined`` may come in between."""
    found, before = _call(text, dialect)
    present = [argument for argument in found.arguments if argument.startswith("{")]
    members = split_items(present[0][1:-1]) if present else ()
    merged = _merge(members, dialect.separator, options)
    skipped = "undefined, " if dialect.anchor.startswith("new Mongo(?") else ""
    after = text[found.end :]
    if not merged:
        return f"{before}uri{after}"
    one_line = f"{before}uri, {skipped}{{ {', '.join(merged)} }}"
    if _fits(one_line, after):
        return one_line + after
    margin = _margin(before)
    body = "".join(f"{margin}{dialect.indent}{member},\n" for member in merged)
    return f"{before}uri, {skipped}{{\n{body}{margin}}}{after}"


def _arrays(text: str, dialect: Dialect, options: Options) -> str:
    """Insert PHP options: URI options in one array, driver options in the next."""
    found, before = _call(text, dialect)
    present = [split_items(array[1:-1]) for array in found.arguments[1:]]
    merged = _merge(tuple(option for array in present for option in array), " => ", options)
    quoted = ["'{}' => {}".format(*option.split(" => ", 1)) for option in merged]
    driver = [option for option in quoted if option.startswith("'serverApi'")]
    uri = [option for option in quoted if option not in driver]
    arrays = [f"[{', '.join(uri)}]", f"[{', '.join(driver)}]"] if driver else []
    arguments = ["$uri", *(arrays or ([f"[{', '.join(uri)}]"] if uri else []))]
    return before + _lay_out(before, arguments, text[found.end :], dialect.indent)


def _lines(text: str, dialect: Dialect, options: Options) -> str:
    kept = [
        line
        for line in text.split("\n")
        if not any(re.match(rf"\s*{pattern}", line) for pattern in options)
    ]
    at = next(i for i, line in enumerate(kept) if re.search(dialect.anchor, line))
    margin = re.match(r"\s*", kept[at])
    indent = margin[0] if margin else ""
    added = [f"{indent}{line}" for line in options.values() if line is not None]
    return "\n".join(kept[: at + 1] + added + kept[at + 1 :])


def _call(text: str, dialect: Dialect) -> tuple[Call, str]:
    """Return the call that creates the client, and the text before its arguments."""
    match = re.search(dialect.anchor + r"(?=\(\s*\$?uri\b)", text)
    found = find_call(text[match.start() :], match[0]) if match else None
    if match is None or found is None:
        raise CannotFillError("this snippet has no client that takes options")
    start, end, arguments = found
    moved = Call(start + match.start(), end + match.start(), arguments)
    return moved, text[: moved.start]


def _lay_out(before: str, arguments: list[str], after: str, indent: str) -> str:
    """Lay out arguments on one line if they fit, else one per line."""
    one_line = ", ".join(arguments)
    if _fits(before + one_line, after):
        return one_line + after
    margin = _margin(before)
    body = "".join(f"{margin}{indent}{argument},\n" for argument in arguments)
    return f"\n{body}{margin}{after}"


def _fits(before: str, after: str) -> bool:
    return len(before.rpartition("\n")[2] + after.partition("\n")[0]) <= _WIDTH


def _margin(before: str) -> str:
    line = before.rpartition("\n")[2]
    return line[: len(line) - len(line.lstrip())]


SHAPES: Mapping[str, Callable[[str, Dialect, Options], str]] = {
    "arguments": _arguments,
    "arrays": _arrays,
    "lines": _lines,
    "object": _object,
}
"""Functions that insert options, by the ``shape`` of a dialect."""
