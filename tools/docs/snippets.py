"""Generate the page of the connection snippets and of the migration from Motor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.migrate import names
from mongoping.snippets import all_snippets
from mongoping.snippets.record import OPTIONAL, PLACEHOLDER, REQUIRED_KEYS, VARIABLE
from mongoping.snippets.running import RUNNABLE
from tools.docs._markdown import code, table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mongoping.snippets import Snippet

PATH = "docs/snippets.md"

HEAD = """\
<!-- Generated from snippets/ and mongoping/migrate/names.py: run `python -m tools.docs`. -->

# Connection snippets

The snippets are small programs that connect, ping `admin`, print success or the error, and close
the client.
They are in `snippets/`, and part of every installation of mongoping.
Each runs unchanged if `{variable}` is set; to write the connection string into the program
instead, replace the placeholder `{placeholder}`.

```sh
mongoping snippet list --language python --auth scram
mongoping snippet show pymongo-async-atlas
mongoping snippet emit pymongo-async-atlas -o app.py
mongoping snippet emit mongodb://localhost:27017/
mongoping snippet emit --language go
mongoping snippet run pymongo-async-local mongodb://localhost:27017/
```

## Filling in

`emit` prints a program that reads `{variable}` from its environment.
Without the name of a snippet, it chooses one by the connection string: by its mechanism, its
certificate authority and its hosts, and for Atlas with the Stable API.
With a language but without a connection string, it prints the program for a server on this machine.
It writes the connection string into the program only with `--inline`, and the password only with
`--with-password`.

```sh
mongoping snippet emit node-atlas --no-stable-api --app-name shop --timeout 5
mongoping snippet emit pymongo-local mongodb://localhost:27017/ --inline
mongoping snippet emit pymongo-async-ca-file --tls-ca-file ca.pem --auth-source shop
```

Every value becomes a literal of the language in printable ASCII, so a connection string cannot
break out of its literal.

## Running

`run` executes a snippet in a process of its own, passes the connection string in its environment
and never in its arguments, and reports what it printed and how long it took.
`emit --verify` does the same with the program that it prints.
A program that takes longer than `--timeout` is stopped, together with its child processes.
It runs with mongoping's Python, or with `--isolated` in a temporary environment, which `uv` creates
if it is installed.
mongoping can run {runnable}.
If the driver is missing, the report shows the command that installs it, and the exit code is 19.

## The collection
"""

WRITING = """
## Adding a snippet

A snippet is one file in `snippets/`, in a folder for its language; no other file lists it.
It begins with comment lines of the form `key: value`.
Required: {required}.
Optional: {optional}.
`driver` ends in the oldest version that works: `PyMongo Async 4.13 or later`.
`stable-api` is `yes` or `no`; if it is `yes`, the program declares the Stable API.
`tested` names the servers on which the tests run the unchanged program, or says how its syntax is
checked.
Programs in Python also name their driver in inline script metadata (PEP 723), with the same
version.
Programs in other languages need `install`, the command that installs their driver.

`snippet emit` replaces three texts, so each program has them exactly once, as another program in
its language does: the placeholder `{placeholder}`, the expression around it that
reads `{variable}`, and the comment above it.
A program prints `Pinged your deployment. You are connected to MongoDB!`, or else
`Not connected to MongoDB: ` and the error, and exits with 1.
"""

MOTOR = """
## Leaving Motor

Motor is deprecated; its successor is the async API of PyMongo.
`migrate` reads programs that use Motor and prints the changes to PyMongo as a diff.
It needs the extra `mongoping[migrate]`, and changes files only with `--write`.

```sh
mongoping snippet migrate app.py models.py
mongoping snippet migrate --write app.py models.py
mongoping snippet migrate --check app.py models.py
```

If a line needs your decision, `migrate` adds a comment above it that begins with `# {mark}`.
`--check` exits with 1 if there is anything to change, or such a comment.
Pass files that import from one another together.
If only its name suggests what a variable holds (`db`, `collection`), `migrate` trusts the name and
says so on standard error.
"""


def page() -> str:
    """Return the page in Markdown."""
    runnable = f"snippets in {', '.join(RUNNABLE[:-1])} and {RUNNABLE[-1]}"
    parts = [HEAD.format(variable=VARIABLE, placeholder=PLACEHOLDER, runnable=runnable)]
    for heading, snippets in _groups():
        parts += [f"### {heading}", _table(snippets)]
    required_keys, optional = (", ".join(map(code, keys)) for keys in (REQUIRED_KEYS, OPTIONAL))
    parts.append(
        WRITING.format(
            required=required_keys, optional=optional, placeholder=PLACEHOLDER, variable=VARIABLE
        )
    )
    parts += [MOTOR.format(mark=names.MARK), _classes(), _methods()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _groups() -> Iterator[tuple[str, list[Snippet]]]:
    """Yield each driver with its minimum version, and its snippets."""
    drivers: dict[str, list[Snippet]] = {}
    for snippet in all_snippets():
        heading = f"{snippet.driver} {snippet.minimum} or later"
        drivers.setdefault(heading, []).append(snippet)
    yield from drivers.items()


def _table(snippets: Sequence[Snippet]) -> str:
    rows = [
        (
            code(snippet.name),
            text(snippet.title) + _deprecation_note(snippet),
            text(snippet.auth),
            "yes" if snippet.stable_api else "no",
            text(snippet.tested),
        )
        for snippet in snippets
    ]
    return table(("Name", "What it does", "Authentication", "Stable API", "Tested"), rows)


def _deprecation_note(snippet: Snippet) -> str:
    return f" (deprecated: use {code(snippet.instead)})" if snippet.instead else ""


def _classes() -> str:
    rows = [
        (code(f"AsyncIOMotor{suffix}"), code(f"{successor.module}.{successor.name}"))
        for suffix, successor in names.SUFFIXES.items()
        if suffix != "LatentCommandCursor"  # an internal class of Motor
    ]
    return table(("Motor", "PyMongo Async"), rows)


def _methods() -> str:
    rows = [(owner, _codes(methods), "await it") for owner, methods in names.NOW_AWAITED.items()]
    rows += [
        (owner, _codes(methods), "do not await it any more")
        for owner, methods in names.NOT_AWAITED.items()
    ]
    rows.append(("client", _codes(names.PROPERTIES), "await the property"))
    rows += [
        (method, _codes(arguments), "leave the argument out")
        for method, arguments in names.REMOVED_ARGUMENTS.items()
    ]
    rows += [
        ("any", code(name), text(advice.partition(": ")[2] or "find another way"))
        for name, advice in names.REMOVED_NAMES.items()
    ]
    rows_to_show = [(owner.replace("_", " "), members, todo) for owner, members, todo in rows]
    return table(("Object", "Name", "In PyMongo Async"), rows_to_show)


def _codes(identifiers: Iterable[str]) -> str:
    return ", ".join(map(code, sorted(identifiers)))
