"""The user's choices for a snippet. Pure."""

from __future__ import annotations

from mongoping.record import Record


class CannotFillError(ValueError):
    """A snippet cannot be filled in as requested; the message tells the user why."""


class Choices(Record):
    """The values to fill into a snippet; None leaves the snippet unchanged.

    Attributes:
        uri: Written into the program; without it, the program reads ``MONGODB_URI``.
        timeout: Server selection timeout in seconds.
        ca_file: Usually from a report, as are ``certificate_key_file`` and ``auth_source``.
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
        fields = {name: getattr(self, name) for name in self._fields if name != "uri"}
        return f"Choices({', '.join(f'{name}={value!r}' for name, value in fields.items())})"

    @property
    def milliseconds(self) -> int | None:
        """Return ``timeout`` in whole milliseconds, at least 1."""
        return None if self.timeout is None else max(1, round(self.timeout * 1000))
