"""Environment variables that more than one command reads."""

from __future__ import annotations

URI_VARIABLES = ("MONGOPING_URI", "MONGODB_URI")
"""Where the connection string is looked for if none is given, in this order."""

PASSWORD_VARIABLE = "MONGOPING_PASSWORD"  # noqa: S105 - a name, not a password
"""Where the password is looked for if it is not in the connection string."""

SANDBOX_VARIABLE = "MONGOPING_SANDBOX"
"""Set by ``mongoping sandbox`` for its command: the ports of its throwaway servers."""
MAX_SANDBOX_PORTS = 100


def sandbox_ports(value: str | None) -> tuple[int, ...]:
    """Return the ports in the value of `SANDBOX_VARIABLE`; texts that are not ports are ignored."""
    texts = (value or "").split(",")[:MAX_SANDBOX_PORTS]
    return tuple(int(text) for text in texts if text.isascii() and text.isdigit())
