"""Read the file ``.env`` of the current folder; nothing in it is executed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping

from mongoping.cli._input import read_file, reason

NAME = ".env"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})(?::-([^}]{0,500}))?\}")
MAX_VALUE = 4096  # characters of a value with references, so that they cannot multiply


def read() -> dict[str, str]:
    """Return the variables of the file; empty if there is none. Raises `click.UsageError`.

    A reference such as ``${PASSWORD}`` is replaced only by another value of the same file: the
    file may come with a checkout, and must not send a secret of this machine to an address of its
    own.
    """
    if not os.path.isfile(NAME):  # noqa: PTH113 - Path.is_file raises if the folder is unreadable
        return {}
    import io
    import logging

    from dotenv import dotenv_values

    logging.getLogger("dotenv.main").setLevel(logging.CRITICAL)  # lines that it cannot parse

    text = read_file(NAME, "file", empty=True)
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return substitute({name: value for name, value in values.items() if value is not None})


def unusable() -> str | None:
    """Return why a ``.env`` that exists was not read, to continue a sentence; None without one."""
    try:
        mode = os.stat(NAME).st_mode  # noqa: PTH116
    except FileNotFoundError:
        return "links to a file that does not exist" if os.path.islink(NAME) else None  # noqa: PTH114
    except OSError as error:
        return f"cannot be read: {reason(error)}"
    if stat.S_ISDIR(mode):
        return "is a folder here"
    return None if stat.S_ISREG(mode) else "is not a regular file here"


def substitute(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values with references to earlier ones replaced. Pure."""
    values_by_name: dict[str, str] = {}

    def replacement(match: re.Match[str]) -> str:
        value = values_by_name.get(match[1]) or match[2]
        return match[0] if value is None else value

    for name, value in values.items():
        whole = _REFERENCE.sub(replacement, value)
        values_by_name[name] = whole if len(whole) <= MAX_VALUE else value[:MAX_VALUE]
    return values_by_name
