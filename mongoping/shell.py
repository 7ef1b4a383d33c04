"""Write arguments of commands that the user pastes into a shell. Pure.

On Windows that is PowerShell, in which a comma and a leading ``@`` have a meaning, or cmd, which
knows double quotes only. Double quotes work in both unless the text has a character that either
of them replaces inside quotes; then it is quoted for PowerShell.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable

_BARE = re.compile(r"[\w+=:./\\-]+", re.ASCII)


def quote(text: str, system: str = sys.platform) -> str:
    """Return an argument as it is written in a shell of a system."""
    if system != "win32":
        return shlex.quote(text)
    if _BARE.fullmatch(text):
        return text
    if not any(char in text for char in '"$`%!'):
        return f'"{text}"'
    return "'{}'".format(text.replace("'", "''"))


def program(path: str, system: str = sys.platform) -> str:
    """Return the path of a program as a command begins with it.

    PowerShell takes a quoted path for a text unless ``&``, its call operator, precedes it.
    """
    quoted_path = quote(path, system)
    return f"& {quoted_path}" if system == "win32" and quoted_path != path else quoted_path


def join(words: Iterable[str]) -> str:
    """Return a command line."""
    return " ".join(map(quote, words))


def start_mongod(folder: str, options: str = "", system: str = sys.platform) -> str:
    """Return the command that makes a data folder and starts a server with it."""
    if system == "win32":  # PowerShell
        return rf"mkdir C:\{folder}; mongod {options}--dbpath C:\{folder}"
    return f"mkdir -p ~/{folder} && mongod {options}--dbpath ~/{folder}"


def variable(name: str, system: str = sys.platform) -> str:
    """Return how a command uses an environment variable."""
    return f"$env:{name}" if system == "win32" else f'"${name}"'
