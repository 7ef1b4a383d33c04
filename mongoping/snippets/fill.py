"""Fill a snippet in: from a program of the folder to the program of this user. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.snippets.brackets import call
from mongoping.snippets.choices import CannotFillError, Choices
from mongoping.snippets.languages import DIALECTS
from mongoping.snippets.quoting import NotTextError
from mongoping.snippets.record import COMMENTS, VARIABLE, Snippet
from mongoping.snippets.shapes import SHAPES

if TYPE_CHECKING:
    from mongoping.snippets.dialect import Dialect, Import

__all__ = ["CannotFillError", "Choices", "client_line", "fill"]

NOTE = f"Replace the placeholder with your connection string, or set {VARIABLE}"
FROM_ENVIRONMENT = f"The connection string is read from the variable {VARIABLE}"
INLINE = "Your connection string"

_WITH, _WITHOUT = " with the Stable API", " without the Stable API"
_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_CA_FILE = 'os.environ.get("MONGODB_CA_FILE", "ca.pem")'
_KEY_FILE = 'os.environ.get("MONGODB_CERTIFICATE_KEY_FILE", "client.pem")'


def fill(snippet: Snippet, choices: Choices) -> str:
    """The program with the choices in it. It never holds the URI unless ``choices`` does.

    Raises `CannotFillError` when the language has no way to say what was chosen, or when a
    value cannot be written as a literal. The connection string goes in last, so that
    nothing is ever looked for in a text that holds it.
    """
    dialect = DIALECTS[snippet.language]
    choices = _settled(snippet, choices)
    try:
        value = dialect.environment if choices.uri is None else dialect.expression(choices.uri)
        text, choices = _files(snippet.text, dialect, choices)
        text, choices = _time_limit(text, choices)
        text = SHAPES[dialect.shape](text, dialect, dialect.options(choices))
    except NotTextError as error:
        raise CannotFillError(str(error)) from error
    mark = COMMENTS[snippet.suffix]
    note = FROM_ENVIRONMENT if choices.uri is None else INLINE
    text = text.replace(f"{mark} {NOTE}", f"{mark} {note}")
    if choices.stable_api is not None:
        text = _header(text, snippet, stable=choices.stable_api)
    stand_in = dialect.environment if choices.uri is None else '""'
    for entry in dialect.imports:
        text = _import(text, entry, text.replace(dialect.fallback, stand_in))
    return text.replace(dialect.fallback, value)


def client_line(snippet: Snippet, choices: Choices) -> str:
    """How the filled-in program makes its client, on one line: what a remedy shows.

    Raises `CannotFillError` as `fill` does, and for a language that sets options in
    statements of their own.
    """
    text = fill(snippet, choices.replace(uri=None))
    match = re.search(DIALECTS[snippet.language].anchor, text)
    found = call(text, match[0]) if match else None
    if match is None or found is None:
        raise CannotFillError("this language does not make its client in one call")
    return f"{match[0]}({', '.join(found.arguments)})"


def _settled(snippet: Snippet, choices: Choices) -> Choices:
    """Flags of the Stable API declare it; saying what the snippet says changes nothing."""
    flagged = choices.strict or choices.deprecation_errors
    if flagged and choices.stable_api is False:
        raise CannotFillError(
            "strictness and deprecation errors belong to the Stable API: declare it"
        )
    wanted = True if flagged else choices.stable_api
    same = wanted == snippet.stable_api and not flagged
    return choices.replace(stable_api=None if same else wanted)


def _files(text: str, dialect: Dialect, choices: Choices) -> tuple[str, Choices]:
    """Where a program names a file in a variable of its own, that is where the path goes."""
    if choices.ca_file is not None and _CA_FILE in text:
        text = text.replace(_CA_FILE, dialect.quote(choices.ca_file))
        choices = choices.replace(ca_file=None)
    if choices.certificate_key_file is not None and _KEY_FILE in text:
        text = text.replace(_KEY_FILE, dialect.quote(choices.certificate_key_file))
        choices = choices.replace(certificate_key_file=None)
    return text, choices


def _time_limit(text: str, choices: Choices) -> tuple[str, Choices]:
    """``pymongo.timeout`` is the one limit of a program that uses it."""
    if choices.timeout is None or "pymongo.timeout(10)" not in text:
        return text, choices
    text = text.replace("pymongo.timeout(10)", f"pymongo.timeout({choices.timeout:g})")
    text = text.replace("these ten seconds", "these seconds")
    return text, choices.replace(timeout=None)


def _import(text: str, wanted: Import, program: str) -> str:
    """Give the program the import line, in its place, or take it away, as its body asks.

    ``program`` is what the body will be; what stands in string literals is not looked at.
    """
    lines = text.split("\n")
    body = "\n".join(line for line in program.split("\n") if line != wanted.line)
    if re.search(wanted.used, _LITERAL.sub('""', body)) is None:
        return "\n".join(line for line in lines if line != wanted.line)
    if wanted.line in lines:
        return text
    among = [i for i, line in enumerate(lines) if re.match(wanted.among, line)]
    at = next((i for i in among if lines[i] > wanted.line), among[-1] + 1)
    return "\n".join([*lines[:at], wanted.line, *lines[at:]])


def _header(text: str, snippet: Snippet, *, stable: bool) -> str:
    mark = COMMENTS[snippet.suffix]
    title = snippet.title
    if title.endswith((_WITH, _WITHOUT)) and not title.endswith(f",{_WITH}"):
        title = title.removesuffix(_WITH).removesuffix(_WITHOUT) + (_WITH if stable else _WITHOUT)
    else:
        title = title.removesuffix(f",{_WITH}") + (f",{_WITH}" if stable else "")
    text = text.replace(f"{mark} title: {snippet.title}", f"{mark} title: {title}", 1)
    said = ("no", "yes") if stable else ("yes", "no")
    return text.replace(f"{mark} stable-api: {said[0]}", f"{mark} stable-api: {said[1]}", 1)
