"""Match the limits of this machine: open files, local ports, memory and sockets."""

from __future__ import annotations

from collections.abc import Iterator

from mongoping.causes.compat import at_worst
from mongoping.model import Evidence, Failure, Match, Result

FULL = ("EMFILE", "ENFILE")
MAX_NAMED = 4  # hosts in one sentence


def _limit(evidence: Evidence, kind: str, words: str) -> Match | None:
    """Match a limit of this machine, whichever check reached it."""
    failures: dict[str, Failure] = {}
    for result in evidence.results:
        for host, failure in _failures(result):
            if failure.kind == kind or (kind == "fd-limit" and failure.errno in FULL):
                failures.setdefault(host or result.host or f"the {result.check} check", failure)
    if not failures:
        return None
    failure = next(iter(failures.values()))
    where = ", ".join(list(failures)[:MAX_NAMED])
    more = f" and {len(failures) - MAX_NAMED} more" if len(failures) > MAX_NAMED else ""
    symbol = f" ({failure.errno})" if failure.errno else ""
    hosts = tuple(str(host) for host in evidence.hosts if str(host) in failures)
    stopped_checks = [
        name for name in ("auth", "ping") if evidence.failure(name) in failures.values()
    ]
    severity = None if stopped_checks else at_worst(evidence)
    return Match(f"{words} {where}{more}{symbol}", severity=severity, hosts=hosts)


def _failures(result: Result) -> Iterator[tuple[str | None, Failure]]:
    """Yield the failure of a check, those of single addresses, and those the driver had."""
    if result.failure is not None:
        yield None, result.failure
    for attempt in getattr(result.data, "attempts", ()) if result.check == "tcp" else ():
        if attempt.failure is not None and attempt.driver:
            yield None, attempt.failure
    if result.check == "driver":
        yield from getattr(result.data, "failures", {}).items()


def fd_limit(evidence: Evidence) -> Match | None:
    return _limit(evidence, "fd-limit", "no further file or socket could be opened for")


def no_local_port(evidence: Evidence) -> Match | None:
    return _limit(evidence, "no-local-port", "no local port was free for a connection to")


def resource_limit(evidence: Evidence) -> Match | None:
    return _limit(evidence, "resource-limit", "the system had no memory, buffer or thread left for")


def no_sockets(evidence: Evidence) -> Match | None:
    return _limit(evidence, "no-sockets", "the system did not allow a socket for")
