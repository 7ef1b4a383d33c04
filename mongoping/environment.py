"""Environment variables that more than one command reads."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

URI_VARIABLES = (
    "MONGOPING_URI",
    "MONGODB_URI",
    "MONGO_URL",
    "MONGO_URI",
    "MONGODB_URL",
    "DATABASE_URL",
)
"""Where the connection string is looked for if none is given, in this order."""

SHARED_VARIABLE = "DATABASE_URL"
"""The variable that programs use for any database; it counts only with MongoDB's scheme."""

PASSWORD_VARIABLE = "MONGOPING_PASSWORD"  # noqa: S105 - a name, not a password
"""Where the password is looked for if it is not in the connection string."""

SANDBOX_VARIABLE = "MONGOPING_SANDBOX"
"""Set by ``mongoping sandbox`` for its command: the ports of its throwaway servers."""
MAX_SANDBOX_PORTS = 100


LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def restore_libraries(environment: MutableMapping[str, str]) -> None:
    """Let the programs that the standalone executable starts load the libraries of this machine.

    PyInstaller makes the executable and everything that it starts load the libraries inside it,
    and keeps the original value in a variable that ends in ``_ORIG``. The executable calls this
    once at its start, when it has loaded its own libraries, so that no other code needs to.
    """
    for name in LIBRARIES:
        environment.pop(name, None)
        if original := environment.pop(f"{name}_ORIG", None):
            environment[name] = original


def sandbox_ports(value: str | None) -> tuple[int, ...]:
    """Return the ports in the value of `SANDBOX_VARIABLE`; texts that are not ports are ignored."""
    texts = (value or "").split(",")[:MAX_SANDBOX_PORTS]
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit())


def find_uri(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return name and value of the first variable that is set to a connection string.

    The value may be empty, which is an error that the caller reports: an unset secret in a
    pipeline must not lead to another deployment.
    """
    for name in URI_VARIABLES:
        value = environment.get(name)
        if value is None:
            continue
        if name == SHARED_VARIABLE and not value.strip(" \"'").startswith("mongodb"):
            continue
        return name, value
    return None


def make_folder(path: Path) -> None:
    """Create a folder with its parents, but no home: service accounts have none on purpose.

    Raises:
        OSError: the folder cannot be created, or is in a home that does not exist.
    """
    import errno

    try:
        home = path.home()
    except RuntimeError:  # the user has none
        home = None
    if home is not None and path.is_relative_to(home) and not home.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"There is no home folder {home}")
    path.mkdir(parents=True, exist_ok=True)
