"""Environment variables that more than one command reads."""

from __future__ import annotations

URI_VARIABLES = ("MONGOPING_URI", "MONGODB_URI")
"""Where the connection string is looked for if none is given, in this order."""

PASSWORD_VARIABLE = "MONGOPING_PASSWORD"  # noqa: S105 - a name, not a password
"""Where the password is looked for if it is not in the connection string."""
