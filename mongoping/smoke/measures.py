"""Additional checks that some expectations need."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.model import Outcome
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.runnable import OnceCheck

if TYPE_CHECKING:
    from mongoping.context import Context

ON_STANDALONE = 51300  # getDefaultRWConcern is for sets and clusters (measured on 4.4.2, 6.0.5)
NOT_FOUND = 59  # before 4.4


class Rights(Record):
    """The privileges of the user in connectionStatus; ``anyone``: no access control."""

    privileges: tuple[Mapping[str, Any], ...] = ()
    anyone: bool = False
    problem: str | None = None


class Concerns(Record):
    """The default read and write concern of the deployment."""

    read: str = "local"
    write: str = "1"
    problem: str | None = None


async def _command(ctx: Context, command: dict[str, Any]) -> Mapping[str, Any] | tuple[int, str]:
    """Return the reply, or the code and message of a refusal."""
    from pymongo.errors import PyMongoError

    from mongoping.uri.target import scrub

    try:
        async with asyncio.timeout(ctx.remaining()):
            return await ctx.driver.command(command)
    except TimeoutError:
        return 0, "no answer in time"
    except (PyMongoError, OSError) as error:
        words = str((getattr(error, "details", None) or {}).get("errmsg") or error)
        return getattr(error, "code", None) or 0, scrub(words, ctx.credentials)


async def _rights(ctx: Context) -> Outcome:
    reply = await _command(ctx, {"connectionStatus": 1, "showPrivileges": True})
    if isinstance(reply, tuple):
        return Outcome(Rights(problem=reply[1]))
    info = reply.get("authInfo") or {}
    if not info.get("authenticatedUsers"):
        facts = observation(ctx.evidence, "auth")
        if facts is not None and facts.access_control is False:
            return Outcome(Rights(anyone=True))
        return Outcome(Rights(problem="there was no login"))
    privileges = info.get("authenticatedUserPrivileges") or ()
    return Outcome(
        Rights(tuple(privilege for privilege in privileges if isinstance(privilege, Mapping)))
    )


async def _concerns(ctx: Context) -> Outcome:
    reply = await _command(ctx, {"getDefaultRWConcern": 1})
    if isinstance(reply, tuple):
        code, words = reply
        none = code in (ON_STANDALONE, NOT_FOUND)
        return Outcome(Concerns() if none else Concerns(problem=words))
    read, write = reply.get("defaultReadConcern"), reply.get("defaultWriteConcern")
    level = read.get("level") if isinstance(read, Mapping) else None
    w = write.get("w") if isinstance(write, Mapping) else None
    return Outcome(Concerns(str(level or "local"), str(w if w is not None else 1)))


CHECKS = {
    "rights": OnceCheck(
        name="rights",
        layer="auth",
        summary="what the user may do",
        needs=("auth",),
        run=_rights,
    ),
    "concerns": OnceCheck(
        name="concerns",
        layer="auth",
        summary="the default read and write concern",
        needs=("auth",),
        run=_concerns,
    ),
}
