"""Facts about the deployment for the first lines of a healthy report."""

from __future__ import annotations

from mongoping.record import Record


class Headline(Record):
    """The deployment in short. A value that was not observed is None.

    Attributes:
        name: the replica set's name, the kind of a deployment without one, or the address of a
            standalone.
        product: the server's product and version.
        facts: further short facts: the number of members, the primary.
        tls: the TLS versions of the handshakes; empty if TLS is off.
        certificate_days: until the first certificate expires.
        user: the user of the login, as ``user@source``.
    """

    name: str
    product: str | None = None
    facts: tuple[str, ...] = ()
    tls: tuple[str, ...] = ()
    certificate_days: float | None = None
    user: str | None = None
