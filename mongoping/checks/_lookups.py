"""Wait for name resolution as patiently as the driver does, and find out what delays it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping import unfinished
from mongoping.model import Check, Failure
from mongoping.probe.dns import RCODE_KINDS, parse_server, system_servers
from mongoping.probe.nameservers import Survey
from mongoping.tasks import CLOSING_S, wait_until_done

if TYPE_CHECKING:
    from mongoping.context import Context

Answer = TypeVar("Answer")

SLOW_S = 1.0  # a lookup that takes longer is looked into; the system gives no reason
MIN_LEFT_S = 0.06  # `Context.left` never returns less than a little
SETTLE_S = 0.5  # for name servers to answer by themselves, after a slow lookup has ended
JUDGES_AFTER_S = 5.0  # what glibc gives one try: less silence may be one lost packet
DNS_PORT = 53
DNSPYTHON_ATTEMPT_S = 2.0  # `dns.resolver.Resolver.timeout`, which PyMongo leaves as it is


def servers(resolver: str | None) -> list[tuple[str, int]]:
    """Return the name servers in use, with their ports."""
    if resolver is not None:
        chosen = parse_server(resolver)
        return [(chosen.address, chosen.port)]
    return [(address, DNS_PORT) for address in system_servers()]


async def patiently(
    ctx: Context,
    asking: asyncio.Future[Any],
    name: str,
    types: Sequence[str],
    *,
    attempt_s: float = float("inf"),
) -> Survey | None:
    """Wait for a lookup as long as the run lasts; return what delayed it, None if it was quick.

    Where a name server answers within ``attempt_s``, what one attempt of the lookup waits, the
    lookup is only slow, and the run may take longer.
    """
    try:
        await asyncio.wait({asking}, timeout=min(SLOW_S, ctx.left()))
        if asking.done():
            return None
        return await _survey(ctx, asking, name, types, attempt_s)
    except asyncio.CancelledError:
        asking.cancel()
        await wait_until_done({asking}, CLOSING_S)
        raise


async def _survey(
    ctx: Context,
    asking: asyncio.Future[Any],
    name: str,
    types: Sequence[str],
    attempt_s: float,
) -> Survey:
    """Go on waiting for a slow lookup, while each name server is asked by itself."""
    began = ctx.clock() - SLOW_S
    survey = Survey(servers(ctx.settings.resolver), name, types)
    running = asyncio.ensure_future(survey.run())
    answered = asyncio.ensure_future(survey.answered.wait())
    try:
        while not asking.done() and ctx.left() > MIN_LEFT_S:
            waiting = {asking} if answered.done() else {asking, answered}
            await asyncio.wait(
                waiting, timeout=ctx.left() - MIN_LEFT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if answered.done() and (survey.first_answer_s or 0.0) < attempt_s:
                ctx.extend()
        if asking.done():
            ctx.note_slow_lookup(ctx.clock() - began)
            await asyncio.wait({running}, timeout=min(SETTLE_S, ctx.left()))
    finally:
        running.cancel()
        answered.cancel()
        await wait_until_done({running, answered}, CLOSING_S)
    return survey


def together(queries: Iterable[Coroutine[Any, Any, Answer]]) -> asyncio.Task[list[Answer]]:
    """Start queries at once; the task can be cancelled without a word in any log."""

    async def all_of() -> list[Answer]:
        return list(await asyncio.gather(*queries))

    return asyncio.ensure_future(all_of())


def unanswered(
    ctx: Context,
    check: Check,
    name: str,
    survey: Survey | None,
    waited_s: float,
    *,
    attempt_s: float = float("inf"),
) -> Failure:
    """Return why a lookup, each attempt of which waits ``attempt_s``, has no answer."""
    facts: dict[str, Any] = {"name": name}
    if survey is not None:
        facts["attempts"] = [
            {"server": server, "port": DNS_PORT, "tcp": False, "said": "no answer"}
            for server in survey.silent
        ]
        facts["answering"] = list(survey.answering)
        if survey.rcodes and survey.rcodes <= set(RCODE_KINDS) and not survey.silent:
            rcode = min(survey.rcodes)
            facts["attempts"] = []
            return Failure(RCODE_KINDS[rcode], f"the resolver answered {rcode}", facts=facts)
        late = survey.first_answer_s
        if late is not None and late > attempt_s:
            words = (
                f"an answer takes {late:.1f} s, and dnspython gives each attempt {attempt_s:g} s"
            )
            return Failure("timeout", words, facts=facts)
        if late is not None:  # the system goes on asking, and would have its answer
            return unfinished.failure(check, waited_s, ctx.options, facts)
    silent = ", ".join(survey.silent) if survey is not None else ""
    words = f"no answer from {silent or 'the resolver'} within {waited_s:.1f} s"
    return Failure("timeout", words, facts=facts)


def delay(survey: Survey | None) -> dict[str, tuple[str, ...]]:
    """Return what a survey found, as fields of the record of a check."""
    if survey is None:
        return {}
    return {
        "silent": survey.silent,
        "partly_silent": survey.partly_silent,
        "answering": survey.answering,
    }
