"""Look up the SRV and TXT records of a ``mongodb+srv://`` URI; see `probe.srv_rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.checks._lookups import (
    DNSPYTHON_ATTEMPT_S,
    JUDGES_AFTER_S,
    delay_fields,
    no_answer,
    start_queries,
    wait_for_lookup,
)
from mongoping.model import NAME_ABSENT, Evidence, Line, Outcome
from mongoping.observations import SrvFacts
from mongoping.probe.srv_rules import query_name, seed_list, suffix_failure
from mongoping.runnable import OnceCheck
from mongoping.settings import MAX_MEMBERS
from mongoping.units import milliseconds, plural
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.dns import DnsAnswer
    from mongoping.uri.target import Target


LIFETIME_S = 20.0  # of one DNS query, as in PyMongo


async def run(ctx: Context) -> Outcome:
    """Query SRV and TXT concurrently; the driver queries them one after the other."""

    from mongoping.probe.dns import ask

    ctx.driver.prefetch()
    name, query = ctx.target.srv_name or "", query_name(ctx.target)
    if "srvAllowedHostsSuffix" in ctx.target.options:
        import asyncio

        await ctx.driver.pymongo()
        if refused := await asyncio.to_thread(suffix_failure, ctx.target):
            return Outcome(SrvFacts(query, ctx.settings.resolver), refused)
    began = ctx.clock()
    server = ctx.settings.resolver
    lookup = start_queries(
        (ask(query, "SRV", server, LIFETIME_S), ask(name, "TXT", server, LIFETIME_S))
    )
    survey = await wait_for_lookup(ctx, lookup, query, ("SRV",), attempt_s=DNSPYTHON_ATTEMPT_S)
    if not lookup.done():
        lookup.cancel()
        seen = SrvFacts(query, server, duration_ms=ctx.elapsed_ms(began))
        return Outcome(
            seen,
            no_answer(
                ctx, CHECK, query, survey, ctx.clock() - began, attempt_s=DNSPYTHON_ATTEMPT_S
            ),
        )
    srv, txt = lookup.result()
    outcome = interpret(ctx.target, srv, txt, ctx.elapsed_ms(began))
    if survey is not None:
        outcome = outcome.replace(data=outcome.data.replace(**delay_fields(survey)))
    if srv.failure is not None and srv.failure.kind in NAME_ABSENT:
        address = (await ask(name, "A", server, min(1.0, ctx.left()))).failure is None
        outcome = outcome.replace(data=outcome.data.replace(has_address=address))
    return outcome


def interpret(target: Target, srv: DnsAnswer, txt: DnsAnswer, took_ms: float) -> Outcome:
    """Return the outcome for the SRV and TXT answers of a target. Pure."""
    rows = tuple(
        {
            "target": record.target.to_text(omit_final_dot=True),
            "port": record.port,
            "priority": record.priority,
            "weight": record.weight,
        }
        for record in srv.records
    )
    found = seed_list(
        target,
        [(row["target"], row["port"]) for row in rows],
        [b"".join(record.strings) for record in txt.records],
        txt.failure,
    )
    seen = SrvFacts(
        query=query_name(target),
        resolver=srv.server,
        records=rows,
        ttl=srv.ttl,
        seeds=found.seeds,
        outside=found.outside,
        parent=found.parent,
        txt=found.txt,
        txt_options=found.txt_options,
        txt_problem=found.txt_problem,
        duration_ms=took_ms,
    )
    return Outcome(seen, srv.failure or found.failure)


def seeds_of(seen: SrvFacts) -> tuple[Host, ...]:
    """Return the seeds to check; none if a target is outside the domain."""
    return seen.seeds[:MAX_MEMBERS] if not seen.outside else ()


def _applies(evidence: Evidence) -> str | None:
    if evidence.target is None or not evidence.target.srv:
        return "a mongodb:// URI lists its hosts itself"
    return None


def _summary(seen: SrvFacts) -> str:
    return f"{plural(len(seen.records), 'SRV record')} in {milliseconds(seen.duration_ms)}"


def _lines(seen: SrvFacts) -> list[Line]:
    rows = [Line("SRV", f"{seen.query}  TTL {seen.ttl} s" if seen.ttl else seen.query)]
    rows += [
        Line(
            "", f"{row['target']}:{row['port']}", "fail" if row["target"] in seen.outside else "ok"
        )
        for row in seen.records
    ]
    if len(seen.seeds) > MAX_MEMBERS:
        text = f"only {MAX_MEMBERS} of these {len(seen.seeds)} hosts are checked"
        rows.append(Line("", text, "skip"))
    rows += [Line("TXT", text, "fail" if seen.txt_problem else "ok") for text in seen.txt[:5]]
    if seen.resolver:
        rows.append(Line("resolver", f"{seen.resolver}, {milliseconds(seen.duration_ms)}"))
    return rows


CHECK = OnceCheck(
    name="srv",
    layer="dns",
    summary="SRV and TXT records of a mongodb+srv:// name",
    waits_for="answer from the resolver",
    driver_waits=("connectTimeoutMS", 20.0),
    judges_after_s=JUDGES_AFTER_S,
    patient=True,
    run=run,
    needs=("uri",),
    applies=_applies,
    vacuous=True,
    expands=seeds_of,
    seeds=True,
    summarize=_summary,
    lines=_lines,
)
