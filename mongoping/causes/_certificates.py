"""What a certificate says for itself, apart from what OpenSSL complained of first."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.model import Evidence

if TYPE_CHECKING:
    from mongoping.probe.tls import CertificateSeen


def past(moment: datetime, evidence: Evidence) -> bool:
    """Whether a moment was over when the evidence was gathered."""
    return moment <= datetime.fromisoformat(evidence.started_at)


def other_fault(evidence: Evidence, host: str) -> CertificateSeen | None:
    """The certificate of a host that was refused for it: OpenSSL names one reason of several."""
    failure, seen = evidence.failure("tls", host), of.tls(evidence, host)
    if failure is None or failure.kind != "certificate" or seen is None or not seen.chain:
        return None
    return seen.chain[0]


def unchecked(evidence: Evidence, host: str) -> CertificateSeen | None:
    """The certificate of a host that was let in without a look at it."""
    done, files = evidence.result("tls", host), evidence.data("tls-files")
    seen = of.tls(evidence, host)
    if done is None or not done.ok or files is None or files.verifies:
        return None
    return seen.chain[0] if seen is not None and seen.chain else None


def covers(names: Iterable[str], host: str) -> bool:
    """Whether one of these names is that of the host (RFC 6125: ``*`` is the first label)."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        own = host.lower().rstrip(".")
        _, _, parent = own.partition(".")
        known = {one.lower().rstrip(".") for one in names}
        return own in known or (bool(parent) and f"*.{parent}" in known)
    return any(_is(address, one) for one in names)


def _is(address: ipaddress.IPv4Address | ipaddress.IPv6Address, name: str) -> bool:
    try:
        return ipaddress.ip_address(name) == address
    except ValueError:
        return False
