"""What the user may choose for a snippet, and what a language spells from it. Pure."""

from __future__ import annotations

from mongoping.record import Record


class CannotFillError(ValueError):
    """A snippet cannot be filled in as asked; the text says why, for the user."""


class Choices(Record):
    """How to fill a snippet in. What is None stays as it stands in the snippet.

    ``uri`` is written into the program; without it the program reads ``MONGODB_URI`` from
    its environment. ``timeout`` is in seconds: how long the driver may look for a server.
    The files and ``auth_source`` are written down because a report has seen them.
    """

    uri: str | None = None
    stable_api: bool | None = None
    strict: bool = False
    deprecation_errors: bool = False
    timeout: float | None = None
    app_name: str | None = None
    ca_file: str | None = None
    certificate_key_file: str | None = None
    auth_source: str | None = None

    def __repr__(self) -> str:
        said = {name: getattr(self, name) for name in self._fields if name != "uri"}
        return f"Choices({', '.join(f'{name}={value!r}' for name, value in said.items())})"

    @property
    def milliseconds(self) -> int | None:
        """``timeout`` in whole milliseconds, one at least."""
        return None if self.timeout is None else max(1, round(self.timeout * 1000))
