"""Fill in a snippet with the user's choices. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.snippets.brackets import find_call
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
    """Return the program with the choices applied; it has the URI only if ``choices`` does.

    Raises `CannotFillError` if the language cannot express a choice, or if a value cannot be
    written as a literal. The connection string is inserted last, so that its content is never
    searched or replaced.
    """
    dialect = DIALECTS[snippet.language]
    choices = _normalize(snippet, choices)
    try:
        value = dialect.environment if choices.uri is None else dialect.expression(choices.uri)
        text, choices = _insert_files(snippet.text, dialect, choices)
        text, choices = _insert_timeout(text, choices)
        text = SHAPES[dialect.shape](text, dialect, dialect.options(choices))
    except NotTextError as error:
        raise CannotFillError(str(error)) from error
    mark = COMMENTS[snippet.suffix]
    note = FROM_ENVIRONMENT if choices.uri is None else INLINE
    text = text.replace(f"{mark} {NOTE}", f"{mark} {note}")
    if choices.stable_api is not None:
        text = _update_header(text, snippet, stable=choices.stable_api)
    stand_in = dialect.environment if choices.uri is None else '""'
    for line in dialect.imports:
        text = _update_import(text, line, text.replace(dialect.fallback, stand_in))
    return text.replace(dialect.fallback, value)


def client_line(snippet: Snippet, choices: Choices) -> str:
    """Return the call that creates the client in the filled-in program, on one line.

    Raises `CannotFillError` as `fill` does, and for a language that sets options in separate
    statements.
    """
    text = fill(snippet, choices.replace(uri=None))
    match = re.search(DIALECTS[snippet.language].anchor, text)
    call = find_call(text, match[0]) if match else None
    if match is None or call is None:
        raise CannotFillError("this language does not create its client in a single call")
    return f"{match[0]}({', '.join(call.arguments)})"


def _normalize(snippet: Snippet, choices: Choices) -> Choices:
    """Let Stable API flags imply the declaration; drop a choice that the snippet already has."""
    has_flags = choices.strict or choices.deprecation_errors
    if has_flags and choices.stable_api is False:
        raise CannotFillError(
            "strict mode and deprecation errors require the Stable API; declare it"
        )
    stable_api = True if has_flags else choices.stable_api
    same = stable_api == snippet.stable_api and not has_flags
    return choices.replace(stable_api=None if same else stable_api)


def _insert_files(text: str, dialect: Dialect, choices: Choices) -> tuple[str, Choices]:
    """Insert the paths where the program reads a file from its own variable."""
    if choices.ca_file is not None and _CA_FILE in text:
        text = text.replace(_CA_FILE, dialect.quote(choices.ca_file))
        choices = choices.replace(ca_file=None)
    if choices.certificate_key_file is not None and _KEY_FILE in text:
        text = text.replace(_KEY_FILE, dialect.quote(choices.certificate_key_file))
        choices = choices.replace(certificate_key_file=None)
    return text, choices


def _insert_timeout(text: str, choices: Choices) -> tuple[str, Choices]:
    """Set ``pymongo.timeout`` in a program that uses it; it replaces the option."""
    if choices.timeout is None or "pymongo.timeout(10)" not in text:
        return text, choices
    text = text.replace("pymongo.timeout(10)", f"pymongo.timeout({choices.timeout:g})")
    text = text.replace("these ten seconds", "these seconds")
    return text, choices.replace(timeout=None)


def _update_import(text: str, import_line: Import, program: str) -> str:
    """Add or remove an import line, depending on whether the program uses it.

    ``program`` is the final program; its string literals are ignored.
    """
    lines = text.split("\n")
    body = "\n".join(line for line in program.split("\n") if line != import_line.line)
    if re.search(import_line.used, _LITERAL.sub('""', body)) is None:
        return "\n".join(line for line in lines if line != import_line.line)
    if import_line.line in lines:
        return text
    among = [i for i, line in enumerate(lines) if re.match(import_line.among, line)]
    at = next((i for i in among if lines[i] > import_line.line), among[-1] + 1)
    return "\n".join([*lines[:at], import_line.line, *lines[at:]])


def _update_header(text: str, snippet: Snippet, *, stable: bool) -> str:
    mark = COMMENTS[snippet.suffix]
    title = snippet.title
    if title.endswith((_WITH, _WITHOUT)) and not title.endswith(f",{_WITH}"):
        title = title.removesuffix(_WITH).removesuffix(_WITHOUT) + (_WITH if stable else _WITHOUT)
    else:
        title = title.removesuffix(f",{_WITH}") + (f",{_WITH}" if stable else "")
    text = text.replace(f"{mark} title: {snippet.title}", f"{mark} title: {title}", 1)
    change = ("no", "yes") if stable else ("yes", "no")
    return text.replace(f"{mark} stable-api: {change[0]}", f"{mark} stable-api: {change[1]}", 1)
