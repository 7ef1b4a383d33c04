"""Turn an exception of dnspython into the facts of a failed lookup."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mongoping.escape import clip
from mongoping.model import Failure, FailureKind
from mongoping.probe.os_errors import name_of

RCODE_KINDS: Mapping[str, FailureKind] = {"REFUSED": "refused", "SERVFAIL": "servfail"}
NOT_REACHED = ("ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EACCES", "EPERM")


def server_text(server: Any) -> str:
    """Return a name server as ``HOST:PORT``; dnspython 2.4 and newer has ``Do53:127.0.0.1@53``."""
    return str(server).removeprefix("Do53:").partition("@")[0]


def failure_of(error: Any, name: str, kind: str) -> Failure:
    """Return the failure for an exception of dnspython, with the response of each name server."""
    import dns.name
    import dns.resolver

    facts: dict[str, Any] = {"name": name, "type": kind}
    match error:
        case OSError():
            return Failure("no-resolver", str(error), facts=facts)
        case dns.resolver.NXDOMAIN():
            if alias := _alias_of(error, name):
                facts["alias_of"] = alias
            return Failure("nxdomain", f"{name} does not exist", facts=facts)
        case dns.resolver.NoAnswer():
            return Failure(
                "no-data", f"{name} exists, without a record of type {kind}", facts=facts
            )
        case dns.resolver.LifetimeTimeout():
            facts["attempts"] = _attempts(error)
            return Failure("timeout", "no answer from the resolver", facts=facts)
        case dns.resolver.NoNameservers():
            attempts = facts["attempts"] = _attempts(error)
            replies = {str(attempt["said"]) for attempt in attempts if attempt["said"]}
            for rcode, reason in RCODE_KINDS.items():
                if any(rcode in words for words in replies):
                    return Failure(reason, f"the resolver answered {rcode}", facts=facts)
            if any(attempt.get("truncated") for attempt in attempts):
                facts["tcp_needed"] = True
            elif attempts and all(attempt.get("errno") in NOT_REACHED for attempt in attempts):
                return Failure("unreachable-resolver", "; ".join(sorted(replies)), facts=facts)
            if any("CNAME chain" in reply for reply in replies):
                facts["chain"] = True
            return Failure("resolver-failed", "; ".join(sorted(replies)) or str(error), facts=facts)
        case dns.name.LabelTooLong() | dns.name.EmptyLabel() | dns.name.NameTooLong():
            return Failure("bad-name", f"{name} is no DNS name", facts=facts)
        case _:
            return Failure("resolver-failed", f"{type(error).__name__}: {error}", facts=facts)


def _attempts(error: Any) -> list[dict[str, Any]]:
    """Return the response of each name server, from the attempts in the exception."""
    import dns.message

    rows = []
    for attempt in (error.kwargs.get("errors") or [])[:10]:
        server, tcp, port, problem = attempt[0], attempt[1], attempt[2], attempt[3]
        row = {"server": server_text(server), "port": port, "tcp": bool(tcp), "said": str(problem)}
        if isinstance(problem, dns.message.Truncated):
            row["truncated"] = True
        if isinstance(problem, OSError):
            row |= {"errno": name_of(problem), "said": _system_words(problem)}
        rows.append(row)
    return rows


def _system_words(error: OSError) -> str:
    """Return the system's words for an error; asyncio puts others in their place."""
    return os.strerror(error.errno) if error.errno else str(error)


def _alias_of(error: Any, name: str) -> str | None:
    """Return the name that an alias (CNAME) leads to, if that name does not exist."""
    try:
        target = str(error.canonical_name).rstrip(".")
    except (TypeError, AttributeError, ValueError):  # without the answer of the name server
        return None
    return clip(target) if target.lower() != name.lower().rstrip(".") else None
