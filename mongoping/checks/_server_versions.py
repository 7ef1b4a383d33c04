"""Tell the version of each server from its reply to hello. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.compat import rules as compat
from mongoping.compat.versions import release
from mongoping.model import Evidence

if TYPE_CHECKING:
    from mongoping.observations import HelloFacts


def is_version(text: str) -> bool:
    """Return whether a text is a version number."""
    try:
        release(text)
    except ValueError:
        return False
    return True


def server_version(facts: HelloFacts) -> str | None:
    """Return the version that a server states, or else the series of its wire version.

    The stated version is foreign text, so it is ignored unless it is a version number.
    """
    if facts.version and is_version(facts.version):
        return facts.version.strip()
    return compat.server_of_wire(facts.max_wire)


def servers(evidence: Evidence) -> dict[str, str]:
    """Return the version of each host that answered hello or its oldest form."""
    versions: dict[str, str] = {}
    for result in evidence.of("hello"):
        version = server_version(result.data) if result.data is not None else None
        wire = result.failure.facts.get("legacy_wire") if result.failure else None
        if version is None and isinstance(wire, int):
            version = compat.server_of_wire(wire)
        if version is not None and result.host is not None:
            versions[result.host] = version
    return versions
