"""Read the file ``.env`` of the current folder; nothing in it is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mongoping.cli._input import read_file

NAME = ".env"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})(?::-([^}]{0,500}))?\}")
MAX_VALUE = 4096  # characters of a value with references, so that they cannot multiply


def read() -> dict[str, str]:
    """Return the variables of the file; empty if there is none. Raises `click.UsageError`.

    A reference such as ``${PASSWORD}`` is replaced only by another value of the same file: the
    file may come with a checkout, and must not send a secret of this machine to an address of its
    own.
    """
    path = Path(NAME)
    if not path.is_file():  # it may be the folder of a virtual environment
        return {}
    import io
    import logging

    from dotenv import dotenv_values

    logging.getLogger("dotenv.main").setLevel(logging.CRITICAL)  # lines that it cannot parse

    text = read_file(NAME, "file", empty=True)
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return substitute({name: value for name, value in values.items() if value is not None})


def substitute(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values with references to earlier ones replaced. Pure."""
    known: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        value = known.get(match[1]) or match[2]
        return match[0] if value is None else value

    for name, value in values.items():
        whole = _REFERENCE.sub(replaced, value)
        known[name] = whole if len(whole) <= MAX_VALUE else value[:MAX_VALUE]
    return known
