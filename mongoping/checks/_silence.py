"""Decide whether the driver could only wait, because no host speaks MongoDB's protocol. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.observations import observation

if TYPE_CHECKING:
    from mongoping.model import Evidence


def reason_to_skip(evidence: Evidence) -> str | None:
    """Return why the driver is skipped if no host answers, since it would only wait; else None."""
    hello = evidence.of("hello")
    if any(result.ok for result in hello):
        return None
    below = (*hello, *evidence.of("tls"))
    kinds = {result.failure.kind for result in below if result.failure}
    if "timeout" in kinds:
        return "no reachable host answers"
    if "unfinished" in kinds:
        return "no host has answered yet"
    hosts = [str(result.host) for result in evidence.of("tcp") if result.ok]
    if hosts and all(_is_foreign(evidence, host) for host in hosts):
        return "what answers is not a MongoDB server"
    return None


def _is_foreign(evidence: Evidence, host: str) -> bool:
    """Return whether a host has answered in another protocol."""
    failure = evidence.failure("hello", host)
    if failure is not None:
        return failure.kind == "not-mongodb"
    shaking, facts = evidence.failure("tls", host), observation(evidence, "tls", host)
    return shaking is not None and shaking.kind == "tls" and bool(facts and facts.first_bytes)
