"""Import PyMongo in a check of its own, since that takes longer than a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.checks._silence import reason_to_skip
from mongoping.model import Failure, Line, Outcome
from mongoping.observations import ImportFacts
from mongoping.probe.os_errors import limit_of
from mongoping.runnable import OnceCheck
from mongoping.shadowing import shadow_behind

if TYPE_CHECKING:
    from mongoping.context import Context


async def run(ctx: Context) -> Outcome:
    """Wait for the import, which may have started during an earlier check."""
    ctx.driver.start_import()
    await ctx.wait_for_import()
    try:
        return Outcome(describe(await ctx.driver.pymongo()))
    except Exception as error:  # PyMongo is broken or shadowed
        return Outcome(None, _failure(error))


def describe(pymongo: Any) -> ImportFacts:
    """Return the version of the imported driver, and the servers that it supports."""
    from pymongo import common

    return ImportFacts(
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


CHECK = OnceCheck(
    name="import",
    layer="compat",
    summary="the import of the driver",
    waits_for="end of the import of PyMongo",
    driver_waits=("it takes", None),
    judges_after_s=float("inf"),  # a slow disk is not a fault of the deployment
    patient=True,
    run=run,
    needs=("uri", "tcp"),
    after_any=("hello",),
    applies=reason_to_skip,
    lines=lambda facts: [Line("driver", f"PyMongo {facts.version}", detail=True)],
)
