"""Restrict name lookups to IPv4 or IPv6 addresses, for this process."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class NoAddressOfFamilyError(socket.gaierror):
    """The name has addresses, but none of the allowed IP version."""


@contextlib.contextmanager
def restrict(version: int) -> Iterator[None]:
    """Return only addresses of one IP version from ``socket.getaddrinfo``.

    The checks, asyncio and PyMongo all look up that function at each call, so that the driver is
    restricted as well. A name without such an address fails as one without any.
    """
    original, family = socket.getaddrinfo, FAMILIES[version]

    def lookup(*args: Any, **options: Any) -> Any:
        rows = original(*args, **options)
        rows_of_family = [row for row in rows if row[0] == family]
        if rows and not rows_of_family:
            raise NoAddressOfFamilyError(
                socket.EAI_FAMILY,
                f"the name has no IPv{version} address, and -{version} allows no other",
            )
        return rows_of_family

    setattr(socket, "getaddrinfo", lookup)  # noqa: B010 - a plain assignment has no valid type
    try:
        yield
    finally:
        setattr(socket, "getaddrinfo", original)  # noqa: B010
