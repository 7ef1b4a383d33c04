"""Check the Stable API: whether the server enforces it, requires it, and accepts our use of it.

``{ping: 1, apiVersion: "2"}`` needs no permissions: error 322 shows that the server enforces the
Stable API, ``ok`` that it ignores the field (4.4 and older, and some imitations). It is sent on
the probe's own connection, since a driver that declares a version cannot send another one.
Measured on 4.4.2, 5.0.4 and 6.0.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.checks._connections import patience_s
from mongoping.escape import clip
from mongoping.model import Evidence, Failure, Line, Outcome
from mongoping.observations import ApiFacts, hellos
from mongoping.record import Record
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context

UNACCEPTED_VERSION = 322  # APIVersionError
DEPRECATION_ERROR = 324  # APIDeprecationError
STRICT_ERROR = 323  # APIStrictError: the command is not part of the API version


async def run(ctx: Context) -> Outcome:
    """Send a version that does not exist, then use the declared version if there is one."""
    settings = ctx.settings
    declared = settings.api_version if settings.uses_stable_api else None
    enforced, answer = await _enforced(ctx)
    facts: dict[str, Any] = {
        "declared": declared,
        "strict": settings.api_strict,
        "deprecation_errors": settings.api_deprecation_errors,
        "enforced": enforced,
        "answer_code": answer,
        "required": any(reply.requires_api for reply in hellos(ctx.evidence).values()),
    }
    driver = ctx.evidence.result("driver")
    if declared is None or driver is None or not driver.ok:
        return Outcome(ApiFacts(**facts), _required(facts))
    find = await _command(ctx, {"find": "mongoping.probe", "limit": 1, "singleBatch": True})
    facts["works"] = find.code not in (9, 40415, UNACCEPTED_VERSION)
    facts["find_code"], facts["find_message"] = find.code, find.message
    seen = ApiFacts(**facts)
    refused = find.code in (9, 40415, UNACCEPTED_VERSION, STRICT_ERROR, DEPRECATION_ERROR)
    if refused or (enforced is False and _newest_wire(ctx.evidence) < 13):
        message = find.message or "the server ignores the API version"
        return Outcome(seen, Failure("command", message, code=find.code))
    return Outcome(seen)


def _required(facts: dict[str, Any]) -> Failure | None:
    if facts["required"] and facts["declared"] is None:
        message = "the server requires clients to declare an API version"
        return Failure("command", message, code=498870)
    return None


class _Reply(Record):
    code: int | None
    message: str | None


async def _command(ctx: Context, command: dict[str, Any]) -> _Reply:
    """Run a command as the user's own client would, and return its error, if any."""
    from pymongo.errors import OperationFailure, PyMongoError

    from mongoping.uri.target import scrub

    database = (ctx.target.database or "test") if ctx.target.username else "test"
    try:
        async with ctx.timeout(ctx.remaining()):
            await ctx.driver.command(command, database)
    except OperationFailure as error:
        message = str((error.details or {}).get("errmsg") or error)
        return _Reply(error.code, clip(scrub(message, ctx.credentials)))
    except (PyMongoError, TimeoutError) as error:
        return _Reply(None, clip(scrub(str(error), ctx.credentials)))
    return _Reply(None, None)


def _answered(evidence: Evidence) -> list[str]:
    return [str(result.host) for result in evidence.of("hello") if result.ok]


def _newest_wire(evidence: Evidence) -> int:
    return max((reply.max_wire for reply in hellos(evidence).values()), default=0)


async def _enforced(ctx: Context) -> tuple[bool | None, int | None]:
    """Return whether version "2" is rejected with error 322, and the code of the reply."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    for host in _answered(ctx.evidence):
        connection = ctx.connections.get(host)
        if connection is None:
            continue
        try:
            async with ctx.timeout(min(ctx.remaining(), patience_s(ctx.evidence))):
                reply = await connection.command({"ping": 1, "apiVersion": "2"})
        except (OSError, TimeoutError, ClosedByPeerError, WireError):
            connection.close()
            del ctx.connections[host]
            continue
        code = reply.get("code")
        if reply.get("ok"):
            return False, None
        return (True if code == UNACCEPTED_VERSION else None), code if isinstance(
            code, int
        ) else None
    return None, None


def _lines(seen: ApiFacts) -> list[Line]:
    server = {True: "enforced by the server", False: "ignored by the server", None: "unknown"}
    required = ", and required" if seen.required else ""
    rows = [Line("Stable API", server[seen.enforced] + required, "ok" if seen.enforced else "warn")]
    if seen.enforced is False and seen.declared is None:
        rows[0] = Line("Stable API", server[False])
    if seen.declared:
        extras = [
            name
            for name, on in (
                ("strict", seen.strict),
                ("deprecation errors", seen.deprecation_errors),
            )
            if on
        ]
        text = f"version {seen.declared}" + (f" with {' and '.join(extras)}" if extras else "")
        rows.append(Line("declared", text, "ok" if seen.works else "fail"))
    else:
        rows.append(Line("declared", "none (use --stable-api to declare one)"))
    return rows


CHECK = OnceCheck(
    name="api",
    layer="api",
    summary="the Stable API: whether it is enforced, required and usable",
    waits_for="reply",
    driver_waits=("the server takes", None),
    resolves=True,
    run=run,
    needs=("hello",),
    after=("driver",),
    summarize=lambda seen: "version " + seen.declared if seen.declared else "not declared",
    lines=_lines,
)
