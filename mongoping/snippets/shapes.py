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
    options_present = dict(option.split(separator.strip(), 1) for option in present)
    values_by_name = {_bare(name): value.strip() for name, value in options_present.items()}
    for name, value in options.items():
        if value is None:
            values_by_name.pop(name, None)
        else:
            values_by_name[name] = value
    order = sorted(values_by_name, key=lambda name: name not in _API)
    return [f"{name}{separator}{values_by_name[name]}" for name in order]


def _bare(name: str) -> str:
    return name.strip().strip("'\"")


def _arguments(text: str, dialect: Dialect, options: Options) -> str:
    call, before = _call(text, dialect)
    arguments = [call.arguments[0], *_merge(call.arguments[1:], dialect.separator, options)]
    return before + _lay_out(before, arguments, text[call.end :], dialect.indent)


def _object(text: str, dialect: Dialect, options: Options) -> str:
    """Insert options into the object after the URI; ``undefined`` may come in between."""
    call, before = _call(text, dialect)
    present = [argument for argument in call.arguments if argument.startswith("{")]
    members = split_items(present[0][1:-1]) if present else ()
    merged_options = _merge(members, dialect.separator, options)
    first_argument = "undefined, " if dialect.anchor.startswith("new Mongo(?") else ""
    after = text[call.end :]
    if not merged_options:
        return f"{before}uri{after}"
    one_line = f"{before}uri, {first_argument}{{ {', '.join(merged_options)} }}"
    if _fits(one_line, after):
        return one_line + after
    margin = _margin(before)
    body = "".join(f"{margin}{dialect.indent}{member},\n" for member in merged_options)
    return f"{before}uri, {first_argument}{{\n{body}{margin}}}{after}"


def _arrays(text: str, dialect: Dialect, options: Options) -> str:
    """Insert PHP options: URI options in one array, driver options in the next."""
    call, before = _call(text, dialect)
    present = [split_items(array[1:-1]) for array in call.arguments[1:]]
    merged_options = _merge(tuple(option for array in present for option in array), " => ", options)
    quoted_options = ["'{}' => {}".format(*option.split(" => ", 1)) for option in merged_options]
    driver = [option for option in quoted_options if option.startswith("'serverApi'")]
    uri = [option for option in quoted_options if option not in driver]
    arrays = [f"[{', '.join(uri)}]", f"[{', '.join(driver)}]"] if driver else []
    arguments = ["$uri", *(arrays or ([f"[{', '.join(uri)}]"] if uri else []))]
    return before + _lay_out(before, arguments, text[call.end :], dialect.indent)


def _lines(text: str, dialect: Dialect, options: Options) -> str:
    lines = [
        line
        for line in text.split("\n")
        if not any(re.match(rf"\s*{pattern}", line) for pattern in options)
    ]
    at = next(i for i, line in enumerate(lines) if re.search(dialect.anchor, line))
    margin = re.match(r"\s*", lines[at])
    indent = margin[0] if margin else ""
    new_lines = [f"{indent}{line}" for line in options.values() if line is not None]
    return "\n".join(lines[: at + 1] + new_lines + lines[at + 1 :])


def _call(text: str, dialect: Dialect) -> tuple[Call, str]:
    """Return the call that creates the client, and the text before its arguments."""
    match = re.search(dialect.anchor + r"(?=\(\s*\$?uri\b)", text)
    call = find_call(text[match.start() :], match[0]) if match else None
    if match is None or call is None:
        raise CannotFillError("this snippet has no client that takes options")
    start, end, arguments = call
    call_in_text = Call(start + match.start(), end + match.start(), arguments)
    return call_in_text, text[: call_in_text.start]


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
