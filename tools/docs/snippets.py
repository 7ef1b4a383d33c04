"""The page of the connection snippets and of leaving Motor, from the folder and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.migrate import names
from mongoping.snippets import every
from mongoping.snippets.record import OPTIONAL, PLACEHOLDER, REQUIRED, VARIABLE
from mongoping.snippets.running import RUNNABLE
from tools.docs._markdown import code, table, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mongoping.snippets import Snippet

PATH = "docs/snippets.md"

HEAD = """\
<!-- Generated from snippets/ and mongoping/migrate/names.py: run `python -m tools.docs`. -->

# Connection snippets

Small programs that connect, ping `admin`, say that the deployment was reached, or print the error,
and close the client.
They lie in `snippets/` and inside every installation of mongoping.
Each runs as it stands when `{variable}` is set; the one place where a connection string can be
written instead is the placeholder `{placeholder}`.

```sh
mongoping snippet list --language python --auth scram
mongoping snippet show pymongo-async-atlas
mongoping snippet emit pymongo-async-atlas -o app.py
mongoping snippet emit mongodb://localhost:27017/
mongoping snippet run pymongo-async-local mongodb://localhost:27017/
```

## Filling in

`emit` prints a snippet in which the program reads `{variable}` from its environment.
Without a name it chooses by the connection string: by mechanism, by certificate authority, by
where the servers are, and for Atlas with the Stable API.
The connection string never stands in the program unless `--inline` asks for it, and with a password
in it only with `--with-password`.

```sh
mongoping snippet emit node-atlas --no-stable-api --app-name shop --timeout 5
mongoping snippet emit pymongo-local mongodb://localhost:27017/ --inline
mongoping snippet emit pymongo-async-ca-file --tls-ca-file ca.pem --auth-source shop
```

Every value is written as a literal of the language in printable ASCII, so that no connection string
can end the literal it stands in.

## Running

`run` executes a snippet in a process of its own, with the connection string in its environment and
never among its arguments, and says what it printed and how long it took.
`emit --verify` does the same with what it prints.
A program that takes longer than `--timeout` is stopped, with everything that it started.
It is run with the Python of mongoping; with `--isolated` in an environment that is made for it and
thrown away, with `uv` where that is installed.
{runnable} are run.
A driver that is missing is named with the command that installs it, and the exit code is 19.

## The collection
"""

WRITING = """
## Adding a snippet

A snippet is one file in `snippets/`, in a folder for its language; nothing else lists it.
It begins with comment lines of the form `key: value`: {required}.
Where they apply, there are {optional} as well.
Programs in Python name their driver in inline script metadata as well (PEP 723).
`tested` names the servers on which the tests run the program as it stands, or says how far its form
is checked.
"""

MOTOR = """
## Leaving Motor

Motor is deprecated; its successor is the async API of PyMongo.
`migrate` reads programs that use Motor and prints the difference to programs that use PyMongo.
It needs the extra `mongoping[migrate]`, and writes nothing without `--write`.

```sh
mongoping snippet migrate app.py models.py
mongoping snippet migrate --write app.py models.py
mongoping snippet migrate --check app.py models.py
```

What a person has to decide is marked above its line, with a comment that begins with `# {mark}`.
`--check` exits with 1 as long as there is something to change, or such a mark.
Files that import from one another are best given together.
A name of which nothing is known but how it is spelled (`db`, `collection`) is believed, and told on
standard error.
"""


def page() -> str:
    """The text of the page, in Markdown."""
    runnable = f"Snippets in {', '.join(RUNNABLE[:-1])} and {RUNNABLE[-1]}"
    parts = [HEAD.format(variable=VARIABLE, placeholder=PLACEHOLDER, runnable=runnable)]
    for heading, snippets in _groups():
        parts += [f"### {heading}", _table(snippets)]
    required, optional = (", ".join(map(code, keys)) for keys in (REQUIRED, OPTIONAL))
    parts.append(WRITING.format(required=required, optional=optional))
    parts += [MOTOR.format(mark=names.MARK), _classes(), _methods()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _groups() -> Iterator[tuple[str, list[Snippet]]]:
    """The snippets of each driver, under its name."""
    drivers: dict[str, list[Snippet]] = {}
    for one in every():
        heading = f"{one.driver} {one.minimum} or later"
        drivers.setdefault(heading, []).append(one)
    yield from drivers.items()


def _table(snippets: Sequence[Snippet]) -> str:
    rows = [
        (
            code(one.name),
            text(one.title) + (f" (deprecated: use {code(one.instead)})" if one.instead else ""),
            text(one.auth),
            "yes" if one.stable_api else "no",
            text(one.tested),
        )
        for one in snippets
    ]
    return table(("Name", "What it does", "Authentication", "Stable API", "Tested"), rows)


def _classes() -> str:
    rows = [
        (code(f"AsyncIOMotor{suffix}"), code(f"{one.module}.{one.name}"))
        for suffix, one in names.SUFFIXES.items()
        if suffix != "LatentCommandCursor"  # a class of Motor's inside
    ]
    return table(("Motor", "PyMongo Async"), rows)


def _methods() -> str:
    rows = [
        (one, ", ".join(map(code, sorted(methods))), "await it")
        for one, methods in names.NOW_AWAITED.items()
    ]
    rows += [
        (one, ", ".join(map(code, sorted(methods))), "do not await it any more")
        for one, methods in names.NOT_AWAITED.items()
    ]
    rows.append(("client", ", ".join(map(code, sorted(names.PROPERTIES))), "await the property"))
    rows += [
        (one, ", ".join(map(code, sorted(found))), "leave the argument out")
        for one, found in names.REMOVED_ARGUMENTS.items()
    ]
    rows += [
        ("any", code(name), text(advice.partition(": ")[2] or "find another way"))
        for name, advice in names.GONE.items()
    ]
    plain = [(one.replace("_", " "), what, todo) for one, what, todo in rows]
    return table(("Of a", "Name", "In PyMongo Async"), plain)
