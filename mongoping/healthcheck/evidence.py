"""Convert a look into the evidence that `check` would collect. Pure, except for files.

The same records and failures, so that the same causes apply. There are no further connections
here, so the facts that `check` gets from those are missing.
"""

from __future__ import annotations

import math
import socket
from typing import TYPE_CHECKING, Any

from mongoping import unfinished
from mongoping.checks import _openings, addresses, hello, tcp, tls, uri
from mongoping.checks._socket_addresses import NO_ZONE, lacks_zone, zone_failure
from mongoping.checks.addresses import lookup_failure
from mongoping.checks.members import topology
from mongoping.checks.tls import describe, first_signs, with_files
from mongoping.escape import clip
from mongoping.healthcheck.look import result_of, speaks_common_wire
from mongoping.model import Evidence, Failure, Outcome, Result
from mongoping.observations import (
    Address,
    AddressesFacts,
    Attempt,
    MembersFacts,
    TcpFacts,
    TlsFacts,
    TlsFilesFacts,
)
from mongoping.probe.connection import failure_of
from mongoping.probe.tls import key_failure
from mongoping.tool_info import timestamp, tool_info
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.healthcheck.look import Look
    from mongoping.healthcheck.lookup import HostAddresses, Place
    from mongoping.healthcheck.visit import Attempt as Connecting
    from mongoping.healthcheck.visit import Visit

CHECKS = {check.CHECK.name: check.CHECK for check in (addresses, tcp, tls, hello)}
FAMILIES = {socket.AF_INET: "ipv4", socket.AF_INET6: "ipv6"}


def evidence_of(look: Look) -> Evidence:
    """Return the evidence of a look, with no secret in any message."""
    from mongoping.uri.target import scrub

    results = [result_of("uri", "uri", None, uri.look(look.parsed), 0.0), *look.base.results]
    results += _driver(look) + _tls_files(look)
    results += [result for visit in look.visits for result in _results(visit, look)]
    results += [
        Result(
            "addresses",
            "dns",
            str(host),
            "skipped",
            reason="no time was left",
            blocked_by="deadline",
        )
        for host in look.left_out
    ]
    clean_results = tuple(
        result
        if result.failure is None
        else result.replace(
            failure=result.failure.replace(
                message=clip(scrub(result.failure.message, look.parsed.credentials))
            )
        )
        for result in results
    )
    evidence = look.base.replace(
        results=clean_results,
        hosts=(*(visit.host for visit in look.visits), *look.left_out),
        started_at=timestamp(look.started or None),
        duration_ms=look.duration_ms,
        tool=tool_info(),
    )
    if look.depth != "primary" or not evidence.of("hello"):
        return evidence
    members = Outcome(MembersFacts(topology(evidence), {}))
    return evidence.replace(
        results=(*evidence.results, result_of("members", "topology", None, members, 0.0))
    )


def _driver(look: Look) -> list[Result]:
    """Return the driver's own limits, if a server speaks versions that not every driver does."""
    if all(visit.seen is None or speaks_common_wire(visit.seen) for visit in look.visits):
        return []
    from mongoping.checks.driver_import import describe

    try:
        import pymongo

        facts = describe(pymongo)
    except Exception:  # the probe does without the driver
        return []
    return [result_of("import", "compat", None, Outcome(facts), 0.0)]


def _tls_files(look: Look) -> list[Result]:
    if look.key_file is None:
        return []
    options = look.base.options
    trusts = str(options.get("tlsCAFile") or "system store")
    facts = TlsFilesFacts(trusts, options.get("tlsCertificateKeyFile"))
    outcome = Outcome(facts, key_failure(look.key_file))
    return [result_of("tls-files", "tls", None, outcome, 0.0)]


def _results(visit: Visit, look: Look) -> list[Result]:
    """Return the results for one host, up to the layer that failed."""
    host = str(visit.host)
    options = look.base.options
    rows = [_finish(result_of("addresses", "dns", host, *_addresses(visit)), options)]
    if visit.attempts:
        took = sum(attempt.duration_ms for attempt in visit.attempts)
        rows.append(_finish(result_of("tcp", "tcp", host, _tcp(visit), took), options))
    if visit.stream is None or look.depth == "tcp":
        return rows
    if look.base.tls:
        outcome = _tls(visit, options)
        rows.append(_finish(result_of("tls", "tls", host, outcome, visit.tls_ms), options))
    else:
        rows.append(Result("tls", "tls", host, "skipped", reason="TLS is off"))
    if visit.stopped != "tls":
        outcome = _hello(visit)
        rows.append(_finish(result_of("hello", "hello", host, outcome, visit.hello_ms), options))
    return rows


def _finish(result: Result, options: Mapping[str, Any]) -> Result:
    """Return a result, as unfinished if an answer was not overdue when the time was up."""
    failure, check = result.failure, CHECKS[result.check]
    waited_s = result.duration_ms / 1000
    if failure is None or failure.kind != "timeout" or failure.errno:
        return result
    own = options.get(check.driver_waits[0])
    enough = min(check.judges_after_s, own / 1000 if isinstance(own, (int, float)) else math.inf)
    if waited_s >= enough:
        return result
    return result.replace(failure=unfinished.failure(check, waited_s, options, failure.facts))


def _addresses(visit: Visit) -> tuple[Outcome, float]:
    answer = visit.found
    if answer is None:
        return Outcome(), 0.0
    if not answer.places:
        return Outcome(
            None, answer.failure or _lookup_failure(visit.host, answer)
        ), answer.duration_ms
    rows = tuple(_address(place) for place in answer.places)
    return Outcome(
        AddressesFacts(rows, answer.source, None, answer.duration_ms)
    ), answer.duration_ms


def _lookup_failure(host: Host, answer: HostAddresses) -> Failure:
    error = answer.error or OSError("no address")
    if isinstance(error, TimeoutError) and error.errno is None:
        words = f"no answer in {answer.duration_ms / 1000:.1f} s"
        return Failure("timeout", words, facts={"name": host.name})
    return lookup_failure(host.name, error)


def _address(place: Place) -> Address:
    family, address = place
    return Address(str(address if isinstance(address, str) else address[0]), _family(family))


def _family(family: int) -> str:
    return next((word for number, word in FAMILIES.items() if number == family), "unix")


def _tcp(visit: Visit) -> Outcome:
    rows = tuple(
        Attempt(
            _address(attempt.place).text,
            _family(attempt.place[0]),
            driver=True,
            duration_ms=attempt.duration_ms,
            failure=_connect_failure(attempt),
        )
        for attempt in visit.attempts
    )
    connected_address = next((row.address for row in rows if row.failure is None), None)
    return Outcome(
        TcpFacts(rows, connected_address),
        None if connected_address is not None else rows[0].failure,
    )


def _connect_failure(attempt: Connecting) -> Failure | None:
    family, address = attempt.place
    if attempt.error is not None and family == socket.AF_INET6 and lacks_zone(*address[::3]):
        return zone_failure(NO_ZONE)
    return _failure(attempt.error, timeout_s=round(attempt.allowed_s, 1))


def _failure(error: Exception | None, **facts: Any) -> Failure | None:
    if error is None:
        return None
    if isinstance(error, (ValueError, OverflowError)) and not isinstance(error, OSError):
        return Failure("os", str(error), facts=facts)
    return failure_of(error, **facts)


def _tls(visit: Visit, options: Mapping[str, Any]) -> Outcome:
    stream, took = visit.stream, visit.tls_ms
    if stream is None or visit.stopped != "tls":
        return Outcome(TlsFacts(duration_ms=took) if stream is None else describe(stream, took))
    failure = _failure(visit.error)
    if failure is None:
        return Outcome(TlsFacts(duration_ms=took))
    if failure.kind == "certificate":
        return Outcome(with_files(describe(stream, took), failure, stream, options), failure)
    return Outcome(*first_signs(stream, failure, took))


def _hello(visit: Visit) -> Outcome:
    if visit.stopped != "hello":
        return Outcome(visit.seen)
    if visit.failure is not None:
        return Outcome(None, visit.failure)
    stream = visit.stream
    if stream is None:
        return Outcome(None, _failure(visit.error))
    failure = _failure(visit.error, received=stream.heard, took_ms=visit.hello_ms)
    return Outcome(None, failure and _openings.first_signs(stream, failure))
