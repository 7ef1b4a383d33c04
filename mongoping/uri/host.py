"""One address that the driver connects to. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Host(NamedTuple):
    """One address of the seed list or of a member: a host name, an IP address or a socket path.

    ``port`` is None for a UNIX socket only.
    """

    name: str
    port: int | None = 27017

    @property
    def is_socket(self) -> bool:
        """Return whether this is a UNIX socket: PyMongo's rule is a name that ends in ``.sock``."""
        return self.name.endswith(".sock")

    def __str__(self) -> str:
        if self.port is None or self.is_socket:
            return self.name
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"
