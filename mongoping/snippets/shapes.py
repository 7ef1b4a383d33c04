"""Where options stand in a program: the four shapes that the languages have. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.snippets.brackets import Call, call, items
from mongoping.snippets.choices import CannotFillError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mongoping.snippets.dialect import Dialect, Options

_WIDTH = 88  # columns of a line of code
_API = ("server_api", "serverApi", "api")


def _merged(present: tuple[str, ...], separator: str, options: Options) -> list[str]:
    """Options as they stand, changed, taken away or added: an API declaration comes first."""
    known = dict(entry.split(separator.strip(), 1) for entry in present)
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
    arguments = [found.arguments[0], *_merged(found.arguments[1:], dialect.separator, options)]
    return before + _laid_out(before, arguments, text[found.end :], dialect.indent)


def _object(text: str, dialect: Dialect, options: Options) -> str:
    """The last argument is an object; between it and the URI there may be ``undefined``."""
    found, before = _call(text, dialect)
    present = [argument for argument in found.arguments if argument.startswith("{")]
    members = items(present[0][1:-1]) if present else ()
    merged = _merged(members, dialect.separator, options)
    skipped = "undefined, " if dialect.anchor.startswith("new Mongo(?") else ""
    after = text[found.end :]
    if not merged:
        return f"{before}uri{after}"
    one_line = f"{before}uri, {skipped}{{ {', '.join(merged)} }}"
    if _fits(one_line, after):
        return one_line + after
    margin = _margin(before)
    body = "".join(f"{margin}{dialect.indent}{entry},\n" for entry in merged)
    return f"{before}uri, {skipped}{{\n{body}{margin}}}{after}"


def _arrays(text: str, dialect: Dialect, options: Options) -> str:
    """PHP: options of the URI in one array, those of the driver in the next."""
    found, before = _call(text, dialect)
    present = [items(argument[1:-1]) for argument in found.arguments[1:]]
    merged = _merged(tuple(entry for part in present for entry in part), " => ", options)
    quoted = ["'{}' => {}".format(*entry.split(" => ", 1)) for entry in merged]
    driver = [entry for entry in quoted if entry.startswith("'serverApi'")]
    uri = [entry for entry in quoted if entry not in driver]
    arrays = [f"[{', '.join(uri)}]", f"[{', '.join(driver)}]"] if driver else []
    arguments = ["$uri", *(arrays or ([f"[{', '.join(uri)}]"] if uri else []))]
    return before + _laid_out(before, arguments, text[found.end :], dialect.indent)


def _lines(text: str, dialect: Dialect, options: Options) -> str:
    kept = [
        line
        for line in text.split("\n")
        if not any(re.match(rf"\s*{pattern}", line) for pattern in options)
    ]
    at = next(i for i, line in enumerate(kept) if re.search(dialect.anchor, line))
    margin = re.match(r"\s*", kept[at])
    added = [
        f"{margin[0] if margin else ''}{option}"
        for option in options.values()
        if option is not None
    ]
    return "\n".join(kept[: at + 1] + added + kept[at + 1 :])


def _call(text: str, dialect: Dialect) -> tuple[Call, str]:
    """The call that makes the client, and the text up to its arguments."""
    match = re.search(dialect.anchor + r"(?=\(\s*\$?uri\b)", text)
    found = call(text[match.start() :], match[0]) if match else None
    if match is None or found is None:
        raise CannotFillError("this snippet has no client that options could be given to")
    start, end, arguments = found
    moved = Call(start + match.start(), end + match.start(), arguments)
    return moved, text[: moved.start]


def _laid_out(before: str, arguments: list[str], after: str, indent: str) -> str:
    """Arguments on one line where they fit, else each on its own."""
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
"""How to put options into a program, by the ``shape`` of its dialect."""
