"""Look up the SRV and TXT records of a ``mongodb+srv://`` URI; see `probe.srv_rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.checks._lookups import (
    DNSPYTHON_ATTEMPT_S,
    JUDGES_AFTER_S,
    LIFETIME_S,
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


async def run(ctx: Context) -> Outcome:
    """Query SRV and TXT concurrently; the driver queries them one after the other."""

    from mongoping.probe.dns import ask

    ctx.driver.prefetch()
    name, query = ctx.target.srv_name or "", query_name(ctx.target)
    if "srvAllowedHostsSuffix" in ctx.target.options:
        import asyncio

        await ctx.driver.pymongo()
        if failure := await asyncio.to_thread(suffix_failure, ctx.target):
            return Outcome(SrvFacts(query, ctx.settings.resolver), failure)
    began = ctx.clock()
    server = ctx.settings.resolver
    lookup = start_queries(
        (ask(query, "SRV", server, LIFETIME_S), ask(name, "TXT", server, LIFETIME_S))
    )
    survey = await wait_for_lookup(ctx, lookup, query, ("SRV",), attempt_s=DNSPYTHON_ATTEMPT_S)
    if not lookup.done():
        lookup.cancel()
        facts = SrvFacts(query, server, duration_ms=ctx.elapsed_ms(began))
        return Outcome(
            facts,
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
    seeds = seed_list(
        target,
        [(row["target"], row["port"]) for row in rows],
        [b"".join(record.strings) for record in txt.records],
        txt.failure,
    )
    facts = SrvFacts(
        query=query_name(target),
        resolver=srv.server,
        records=rows,
        ttl=srv.ttl,
        seeds=seeds.seeds,
        outside=seeds.outside,
        parent=seeds.parent,
        txt=seeds.txt,
        txt_options=seeds.txt_options,
        txt_problem=seeds.txt_problem,
        duration_ms=took_ms,
    )
    return Outcome(facts, srv.failure or seeds.failure)


def seeds_of(facts: SrvFacts) -> tuple[Host, ...]:
    """Return the seeds to check; none if a target is outside the domain."""
    return facts.seeds[:MAX_MEMBERS] if not facts.outside else ()


def _applies(evidence: Evidence) -> str | None:
    if evidence.target is None or not evidence.target.srv:
        return "a mongodb:// URI lists its hosts itself"
    return None


def _summary(facts: SrvFacts) -> str:
    return f"{plural(len(facts.records), 'SRV record')} in {milliseconds(facts.duration_ms)}"


def _lines(facts: SrvFacts) -> list[Line]:
    rows = [Line("SRV", f"{facts.query}  TTL {facts.ttl} s" if facts.ttl else facts.query)]
    rows += [
        Line(
            "", f"{row['target']}:{row['port']}", "fail" if row["target"] in facts.outside else "ok"
        )
        for row in facts.records
    ]
    if len(facts.seeds) > MAX_MEMBERS:
        text = f"only {MAX_MEMBERS} of these {len(facts.seeds)} hosts are checked"
        rows.append(Line("", text, "skip"))
    rows += [Line("TXT", text, "fail" if facts.txt_problem else "ok") for text in facts.txt[:5]]
    if facts.resolver:
        rows.append(Line("resolver", f"{facts.resolver}, {milliseconds(facts.duration_ms)}"))
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
