"""Give every name a pseudonym: the same one each time, and nothing that leads back to the name.

Without a key, the pseudonyms of a run are numbered in the order in which they are needed. With a
key, a pseudonym is a keyed digest (HMAC-SHA256) of the name, so that it is the same in every
report made with that key. A digest without a secret key would be no protection: there are only
four billion IPv4 addresses, and common names can be tried just as fast.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re

from mongoping.lazy_re import lazy_compile
from mongoping.uri.hosts import ATLAS_DOMAINS, is_loopback


def words(text: str) -> list[str]:
    """Return the words of a list that is written as a text."""
    return text.split()


MIN_KEY_BYTES = 16  # of a key file: shorter ones can be tried out
DIGEST_CHARS = 8  # of base 32, which is 40 bits: 10,000 names collide with a chance of 1 in 20,000
KEPT_NAMES = frozenset(
    {"$external", "admin", "config", "default", "local", "localhost", "mongodb", "root", "test"}
)
"""Names that every deployment has, and that identify none."""

KEPT_SUFFIXES = (
    *ATLAS_DOMAINS,
    ".mongo.cosmos.azure.com",
    ".mongocluster.cosmos.azure.com",
    ".docdb.amazonaws.com",
    ".svc.cluster.local",
    ".cluster.local",
)
"""Ends of host names that decide what is diagnosed; they belong to services, not to users."""

KEPT_LABELS = frozenset(
    words(
        "com net org io dev app cloud local lan home internal intranet corp localdomain test "
        "example invalid localhost svc www _mongodb _tcp * co"
    )
)
"""Labels of host names that say nothing about an owner."""

_MEMBER = lazy_compile(r"(-shard-\d\d-\d\d|-shard-\d\d|-pl-\d+|-pri|-lb)+$", re.IGNORECASE)


class Pseudonyms:
    """The pseudonyms of one run. With a ``key``, they are the same in every run.

    ``identifier`` tells whether two reports have comparable pseudonyms: it is derived from the
    key, or else the one that the caller gives this run.
    """

    def __init__(self, key: bytes | None = None, run: str = "") -> None:
        self._key = key
        self._numbers: dict[str, dict[str, int]] = {}
        self.identifier = self._digest("key", "identifier") if key is not None else run

    def __repr__(self) -> str:
        return "Pseudonyms(***)"

    def of(self, kind: str, name: str) -> str:
        """Return the pseudonym of a name, such as ``user-1``; names that identify no one stay."""
        if name.lower() in KEPT_NAMES or not name:
            return name
        if self._key is not None:
            return f"{kind}-{self._digest(kind, name.lower())}"
        numbers = self._numbers.setdefault(kind, {})
        return f"{kind}-{numbers.setdefault(name.lower(), len(numbers) + 1)}"

    def _digest(self, kind: str, name: str) -> str:
        message = f"{kind}\0{name}".encode("utf-8", "surrogatepass")
        digest = hmac.new(self._key or b"", message, hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:DIGEST_CHARS]

    def host(self, name: str) -> str:
        """Return the pseudonym of a host name or an address, without a port.

        Labels are replaced one by one, so that hosts of one domain still share it. Loopback
        names, domains of services such as mongodb.net, and the kind of an address stay.
        """
        text = name.rstrip(".")
        if is_loopback(text) and not text.endswith(".sock"):
            return name
        if (address := _address(text)) is not None:
            return self.address(address)
        suffix = next((end for end in KEPT_SUFFIXES if text.lower().endswith(end)), "")
        front = text[: len(text) - len(suffix)] if suffix else text
        labels = [self._label(label, front != text) for label in front.split(".")]
        if not suffix and len(labels) > 1 and front.rpartition(".")[2].lower() in KEPT_LABELS:
            labels[-1] = front.rpartition(".")[2]
        return ".".join(labels) + text[len(text) - len(suffix) :] if suffix else ".".join(labels)

    def _label(self, label: str, service: bool) -> str:
        if not label or label.lower() in KEPT_LABELS:
            return label
        member = _MEMBER.search(label) if service else None
        end = member[0] if member else ""
        return self.of("name", label[: len(label) - len(end)]) + end

    def address(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
        """Return the pseudonym of an IP address, which says what kind of address it is."""
        if address.is_loopback or address.is_unspecified:
            return str(address)
        kind = "public"
        if address.is_link_local:
            kind = "link-local"
        elif address.version == 4 and address in ipaddress.ip_network("100.64.0.0/10"):
            kind = "shared"
        elif address.is_private:
            kind = "private"
        return self.of(f"{kind}-{'ip' if address.version == 4 else 'ip6'}", str(address))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
