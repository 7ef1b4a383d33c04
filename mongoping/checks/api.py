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
    api_version = settings.api_version if settings.uses_stable_api else None
    is_enforced, answer = await _is_enforced(ctx)
    facts: dict[str, Any] = {
        "declared": api_version,
        "strict": settings.api_strict,
        "deprecation_errors": settings.api_deprecation_errors,
        "enforced": is_enforced,
        "answer_code": answer,
        "required": any(reply.requires_api for reply in hellos(ctx.evidence).values()),
    }
    driver = ctx.evidence.result("driver")
    if api_version is None or driver is None or not driver.ok:
        return Outcome(ApiFacts(**facts), _version_required(facts))
    find = await _command(ctx, {"find": "mongoping.probe", "limit": 1, "singleBatch": True})
    facts["works"] = find.code not in (9, 40415, UNACCEPTED_VERSION)
    facts["find_code"], facts["find_message"] = find.code, find.message
    api_facts = ApiFacts(**facts)
    is_refused = find.code in (9, 40415, UNACCEPTED_VERSION, STRICT_ERROR, DEPRECATION_ERROR)
    if is_refused or (is_enforced is False and _newest_wire(ctx.evidence) < 13):
        message = find.message or "the server ignores the API version"
        return Outcome(api_facts, Failure("command", message, code=find.code))
    return Outcome(api_facts)


def _version_required(facts: dict[str, Any]) -> Failure | None:
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


def _hosts_that_answer(evidence: Evidence) -> list[str]:
    return [str(result.host) for result in evidence.of("hello") if result.ok]


def _newest_wire(evidence: Evidence) -> int:
    return max((reply.max_wire for reply in hellos(evidence).values()), default=0)


async def _is_enforced(ctx: Context) -> tuple[bool | None, int | None]:
    """Return whether version "2" is rejected with error 322, and the code of the reply."""
    from mongoping.probe.connection import ClosedByPeerError
    from mongoping.probe.wire import WireError

    for host in _hosts_that_answer(ctx.evidence):
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


def _lines(facts: ApiFacts) -> list[Line]:
    server = {True: "enforced by the server", False: "ignored by the server", None: "unknown"}
    suffix = ", and required" if facts.required else ""
    rows = [Line("Stable API", server[facts.enforced] + suffix, "ok" if facts.enforced else "warn")]
    if facts.enforced is False and facts.declared is None:
        rows[0] = Line("Stable API", server[False])
    if facts.declared:
        extras = [
            name
            for name, on in (
                ("strict", facts.strict),
                ("deprecation errors", facts.deprecation_errors),
            )
            if on
        ]
        text = f"version {facts.declared}" + (f" with {' and '.join(extras)}" if extras else "")
        rows.append(Line("declared", text, "ok" if facts.works else "fail"))
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
    summarize=lambda facts: "version " + facts.declared if facts.declared else "not declared",
    lines=_lines,
)
