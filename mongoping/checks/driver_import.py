"""Import PyMongo in a check of its own, since that takes longer than a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.model import Evidence, Failure, Line, Outcome
from mongoping.observations import observation
from mongoping.probe.os_errors import limit_of
from mongoping.record import Record
from mongoping.runnable import OnceCheck
from mongoping.shadowing import shadow_behind

if TYPE_CHECKING:
    from mongoping.context import Context


class ImportSeen(Record):
    """The imported driver, and the wire versions that it supports."""

    version: str
    min_wire: int
    max_wire: int
    min_server: str
    ocsp_extra: bool = False  # pyOpenSSL and what it needs, which the async API never uses


async def run(ctx: Context) -> Outcome:
    """Wait for the import, which may have started during an earlier check."""
    try:
        return Outcome(describe(await ctx.driver.pymongo()))
    except Exception as error:  # PyMongo is broken or shadowed
        return Outcome(None, _failure(error))


def describe(pymongo: Any) -> ImportSeen:
    """Return the version of the imported driver, and the servers that it supports."""
    from pymongo import common

    return ImportSeen(
        version=pymongo.version,
        min_wire=common.MIN_SUPPORTED_WIRE_VERSION,
        max_wire=common.MAX_SUPPORTED_WIRE_VERSION,
        min_server=common.MIN_SUPPORTED_SERVER_VERSION,
        ocsp_extra=_has_ocsp_extra(),
    )


def _failure(error: Exception) -> Failure:
    """Return why PyMongo could not be imported, with the file that shadows a module, if any."""
    if (limit := limit_of(error)) is not None:
        return Failure(limit.kind, limit.message, errno=limit.name)
    name, file = shadow_behind(error) or (getattr(error, "name", None), None)
    facts = {"type": type(error).__name__, "module": name, "shadowed_by": file}
    return Failure("import", str(error), facts=facts)


def _has_ocsp_extra() -> bool:
    from importlib.util import find_spec

    return find_spec("OpenSSL") is not None and find_spec("service_identity") is not None


def silent(evidence: Evidence) -> str | None:
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
    reached = [str(result.host) for result in evidence.of("tcp") if result.ok]
    if reached and all(_is_foreign(evidence, host) for host in reached):
        return "what answers is not a MongoDB server"
    return None


def _is_foreign(evidence: Evidence, host: str) -> bool:
    """Return whether a host has answered in another protocol."""
    failure = evidence.failure("hello", host)
    if failure is not None:
        return failure.kind == "not-mongodb"
    shaking, seen = evidence.failure("tls", host), observation(evidence, "tls", host)
    return shaking is not None and shaking.kind == "tls" and bool(seen and seen.first_bytes)


CHECK = OnceCheck(
    name="import",
    layer="compat",
    summary="the import of the driver",
    waits_for="end of the import of PyMongo",
    driver_waits=("it takes", None),
    judges_after_s=float("inf"),  # a slow disk is not a fault of the deployment
    run=run,
    needs=("uri", "tcp"),
    after_any=("hello",),
    applies=silent,
    lines=lambda seen: [Line("driver", f"PyMongo {seen.version}", detail=True)],
)
