"""Ask several name servers for every name of the deployment, and compare their answers.

Only with more than one ``--resolver``. The run itself uses the first of them, so that the verdict
is that of a program behind it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mongoping.model import NAME_ABSENT, Evidence, Line, Outcome
from mongoping.observations import NameAnswers, ResolversFacts, observation
from mongoping.observations.network import NO_ANSWER, NO_NAME
from mongoping.probe.srv_rules import query_name
from mongoping.runnable import OnceCheck
from mongoping.settings import SYSTEM_RESOLVER
from mongoping.units import plural
from mongoping.uri.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.context import Context
    from mongoping.probe.dns import DnsAnswer

    Answers = dict[tuple[str, str], dict[str, tuple[str, ...]]]

LIFETIME_S = 2.0  # of one query: a server that is silent for longer has no answer
PARALLEL = 16  # queries to one server at a time
MAX_RECORDS = 32  # of one answer that are compared


def names(evidence: Evidence) -> list[tuple[str, str]]:
    """Return name and type of each query: SRV and TXT, and the addresses of every host."""
    host_names: list[tuple[str, str]] = []
    target = evidence.target
    if target is not None and target.srv:
        host_names += [(query_name(target), "SRV"), (target.srv_name or "", "TXT")]
    for host in evidence.hosts:
        facts = observation(evidence, "addresses", str(host))
        if is_loopback(host) or (facts is not None and facts.source == "literal"):
            continue
        host_names += [(host.name, "A"), (host.name, "AAAA")]
    return list(dict.fromkeys(host_names))


async def run(ctx: Context) -> Outcome:
    """Ask every server for every name, for a bounded time. Never fails."""
    servers, queries = ctx.settings.resolvers, names(ctx.evidence)
    answers: Answers = {query: dict.fromkeys(servers, (NO_ANSWER,)) for query in queries}
    tasks = [asyncio.ensure_future(_ask_all(server, queries, answers)) for server in servers]
    try:
        await asyncio.wait(tasks, timeout=ctx.remaining())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    rows = tuple(NameAnswers(name, kind, answers[name, kind]) for name, kind in queries)
    return Outcome(ResolversFacts(servers, rows))


async def _ask_all(server: str, queries: Sequence[tuple[str, str]], answers: Answers) -> None:
    """Ask one server for all names, and note each answer as soon as it is there."""
    from mongoping.probe.dns import ask

    turns = asyncio.Semaphore(PARALLEL)
    place = None if server == SYSTEM_RESOLVER else server

    async def query(name: str, kind: str) -> None:
        async with turns:
            answers[name, kind][server] = texts(await ask(name, kind, place, LIFETIME_S))

    await asyncio.gather(*(query(name, kind) for name, kind in queries))


def texts(answer: DnsAnswer) -> tuple[str, ...]:
    """Return an answer as texts in a fixed order: its records, or why there are none. Pure."""
    failure = answer.failure
    if failure is None:
        return tuple(sorted(str(record) for record in answer.records[:MAX_RECORDS]))
    if failure.kind in NAME_ABSENT:
        return (NO_NAME,)
    return (NO_ANSWER,) if failure.kind == "timeout" else (f"({failure.message})",)


def _applies(evidence: Evidence) -> str | None:
    return None if len(evidence.settings.resolvers) > 1 else "only one resolver is asked"


def _summary(facts: ResolversFacts) -> str:
    if facts.differing:
        return "the resolvers disagree"
    return f"{plural(len(facts.servers), 'resolver')} agree"


def _lines(facts: ResolversFacts) -> list[Line]:
    rows = [
        Line(f"{answer.name} {answer.type}", answer.shown(), "warn") for answer in facts.differing
    ]
    return rows or [Line("resolvers", f"{', '.join(facts.servers)} agree")]


CHECK = OnceCheck(
    name="resolvers",
    layer="dns",
    summary="the answers of several resolvers to the same questions",
    waits_for="answer from the resolvers",
    run=run,
    needs=("uri",),
    after=("srv", "hello"),
    applies=_applies,
    vacuous=True,
    summarize=_summary,
    lines=_lines,
)
