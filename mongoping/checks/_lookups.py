"""Wait for name resolution as long as the driver does, and find out what delays it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping import unfinished
from mongoping.model import Check, Failure
from mongoping.tasks import CLOSING_S, wait_until_done

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.nameservers import Survey

Answer = TypeVar("Answer")

SLOW_S = 1.0  # slower lookups are investigated, because the system gives no reason
MIN_LEFT_S = 0.06  # slightly more than the minimum of `Context.left`
SETTLE_S = 0.5  # for the name servers to answer after a slow lookup has ended
JUDGES_AFTER_S = 5.0  # glibc's timeout of one attempt; a shorter silence may be one lost packet
DNS_PORT = 53
LIFETIME_S = 20.0  # of one DNS query, as in PyMongo
DNSPYTHON_ATTEMPT_S = 2.0  # `dns.resolver.Resolver.timeout`, which PyMongo does not change


def servers(resolver: str | None) -> list[tuple[str, int]]:
    """Return the name servers in use, with their ports."""
    from mongoping.probe.closed_resolvers import is_address
    from mongoping.probe.dns import parse_server, system_servers

    if resolver is not None:
        server = parse_server(resolver)
        return [(server.address, server.port)]
    return [(address, DNS_PORT) for address in system_servers() if is_address(address)]


async def wait_for_lookup(
    ctx: Context,
    lookup: asyncio.Future[Any],
    name: str,
    types: Sequence[str],
    *,
    attempt_s: float = float("inf"),
) -> Survey | None:
    """Wait for a lookup until the run ends; return a survey of the name servers if it is slow.

    ``attempt_s`` is the timeout of one attempt of the lookup in seconds. If a name server answers
    within that time, the lookup is only slow, and the deadline of the run is extended.
    """
    try:
        await asyncio.wait({lookup}, timeout=min(SLOW_S, ctx.left()))
        if lookup.done():
            return None
        return await _survey(ctx, lookup, name, types, attempt_s)
    except asyncio.CancelledError:
        lookup.cancel()
        await wait_until_done({lookup}, CLOSING_S)
        raise


async def _survey(
    ctx: Context,
    lookup: asyncio.Future[Any],
    name: str,
    types: Sequence[str],
    attempt_s: float,
) -> Survey:
    """Keep waiting for a slow lookup, and query each name server separately meanwhile."""
    began = ctx.clock() - SLOW_S
    from mongoping.probe.nameservers import Survey

    survey = Survey(servers(ctx.settings.resolver), name, types)
    running = asyncio.ensure_future(survey.run())
    first_answer = asyncio.ensure_future(survey.answered.wait())
    try:
        while not lookup.done() and ctx.left() > MIN_LEFT_S:
            waiting = {lookup} if first_answer.done() else {lookup, first_answer}
            await asyncio.wait(
                waiting, timeout=ctx.left() - MIN_LEFT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if first_answer.done() and (survey.first_answer_s or 0.0) < attempt_s:
                ctx.extend()
        if lookup.done():
            ctx.note_slow_lookup(ctx.clock() - began)
            await asyncio.wait({running}, timeout=min(SETTLE_S, ctx.left()))
    finally:
        running.cancel()
        first_answer.cancel()
        await wait_until_done({running, first_answer}, CLOSING_S)
    return survey


def start_queries(queries: Iterable[Coroutine[Any, Any, Answer]]) -> asyncio.Task[list[Answer]]:
    """Run queries concurrently in a task that can be cancelled without a log message."""

    async def all_of() -> list[Answer]:
        return list(await asyncio.gather(*queries))

    return asyncio.ensure_future(all_of())


def no_answer(
    ctx: Context,
    check: Check,
    name: str,
    survey: Survey | None,
    waited_s: float,
    *,
    attempt_s: float = float("inf"),
) -> Failure:
    """Return the failure of a lookup without an answer after ``waited_s`` seconds.

    ``attempt_s`` is the timeout of each of its attempts, in seconds.
    """
    from mongoping.probe.dns_failures import RCODE_KINDS

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
            message = (
                f"an answer takes {late:.1f} s, but dnspython waits {attempt_s:g} s per attempt"
            )
            return Failure("timeout", message, facts=facts)
        if late is not None:  # the system keeps asking, and would get its answer
            return unfinished.failure(check, waited_s, ctx.options, facts)
    silent = ", ".join(survey.silent) if survey is not None else ""
    message = f"no answer from {silent or 'the resolver'} within {waited_s:.1f} s"
    return Failure("timeout", message, facts=facts)


def delay_fields(survey: Survey | None) -> dict[str, tuple[str, ...]]:
    """Return the results of a survey as fields of a check's record."""
    if survey is None:
        return {}
    return {
        "silent": survey.silent,
        "partly_silent": survey.partly_silent,
        "answering": survey.answering,
    }
