"""SRV and TXT records of a ``mongodb+srv://`` string, by the driver's own rules.

Source: MongoDB's Initial DNS Seedlist Discovery specification, and PyMongo's
``srv_resolver``: one TXT record at most, and every target within the parent domain.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mongoping.model import Check, Evidence, Failure, Host, Line, Outcome
from mongoping.record import NOTHING, Record
from mongoping.target import parse_txt
from mongoping.words import plural

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.probe.dns import Asked


NOWHERE = ("", ".")  # RFC 2782: a target that says that the service is not offered


class SrvSeen(Record):
    """What the DNS said of the deployment's name. Times in milliseconds, TTL in seconds."""

    query: str
    resolver: str | None
    records: tuple[dict[str, Any], ...] = ()
    ttl: int | None = None
    seeds: tuple[Host, ...] = ()
    outside: tuple[str, ...] = ()  # targets that do not share the parent domain
    parent: str = ""
    txt: tuple[str, ...] = ()
    txt_options: Mapping[str, Any] = NOTHING
    txt_problem: str | None = None
    duration_ms: float = 0.0
    has_address: bool | None = None  # whether the bare name has an A record; asked on failure


def parent_domain(name: str) -> str:
    """The domain that every target must be below.

    PyMongo ≥ 4.9: for a name of three labels or more, the name without its first label;
    for shorter names the whole name.
    """
    labels = name.lower().split(".")
    return ".".join(labels[1:] if len(labels) > 2 else labels)


def outside(name: str, targets: Sequence[str], suffix: str | None = None) -> tuple[str, ...]:
    """The targets that PyMongo refuses for this name.

    With ``suffix`` (srvAllowedHostsSuffix, PyMongo ≥ 4.18) that domain counts instead.
    """
    parent = suffix.strip(".").lower() if suffix else parent_domain(name)
    ending = f".{parent}"
    return tuple(one for one in targets if not one.lower().rstrip(".").endswith(ending))


def _text(record: Any) -> str:
    return b"".join(record.strings).decode("utf-8", "replace")


async def run(ctx: Context, host: Host | None) -> Outcome:
    """Ask SRV and TXT at once; the driver asks one after the other, to the same effect."""
    import asyncio

    from mongoping.probe.dns import ask

    ctx.driver.start_import()
    name = ctx.target.srv_name or ""
    service = ctx.target.options.get("srvServiceName") or "mongodb"
    query = f"_{service}._tcp.{name}"
    began = ctx.clock()
    server, lifetime = ctx.settings.resolver, ctx.remaining()
    srv, txt = await asyncio.gather(
        ask(query, "SRV", server, lifetime), ask(name, "TXT", server, lifetime)
    )
    seen = _seen(ctx, query, srv, txt, ctx.elapsed_ms(began))
    if srv.failure is None:
        return Outcome(seen, _problem(seen, txt))
    address = None
    if srv.failure.kind in ("nxdomain", "no-data"):
        address = (await ask(name, "A", server, min(1.0, lifetime))).failure is None

    return Outcome(seen.replace(has_address=address), srv.failure)


def _seen(ctx: Context, query: str, srv: Asked, txt: Asked, took: float) -> SrvSeen:
    name = ctx.target.srv_name or ""
    rows = tuple(
        {
            "target": record.target.to_text(omit_final_dot=True),
            "port": record.port,
            "priority": record.priority,
            "weight": record.weight,
        }
        for record in srv.records
    )
    texts = tuple(_text(record) for record in txt.records)
    options, problem = _txt(texts)
    if txt.failure is not None and txt.failure.kind not in ("nxdomain", "no-data"):
        problem = f"the TXT record of {name} could not be had: {txt.failure.message}"
    real = [row for row in rows if row["target"] not in NOWHERE]
    seeds = [Host(row["target"], row["port"]) for row in real]
    suffix = ctx.target.options.get("srvAllowedHostsSuffix")
    most = int(ctx.target.options.get("srvMaxHosts") or 0)
    if 0 < most < len(seeds):
        seeds = random.sample(seeds, most)  # as the specification has it; no secret depends on it
    return SrvSeen(
        query=query,
        resolver=srv.server,
        records=rows,
        ttl=srv.ttl,
        seeds=tuple(seeds),
        outside=outside(name, [row["target"] for row in real], suffix),
        parent=suffix or parent_domain(name),
        txt=texts,
        txt_options=options,
        txt_problem=problem,
        duration_ms=took,
    )


def _txt(texts: Sequence[str]) -> tuple[Mapping[str, Any], str | None]:
    if not texts:
        return {}, None
    if len(texts) > 1:
        return {}, f"{len(texts)} TXT records stand on the name, where one is allowed"
    parsed = parse_txt(texts[0])
    return ({}, parsed) if isinstance(parsed, str) else (parsed, None)


def _problem(seen: SrvSeen, txt: Asked) -> Failure | None:
    """What the driver refuses although the records came."""
    if not seen.records:
        return Failure("no-data", "the SRV answer holds no record")
    if all(row["target"] in NOWHERE for row in seen.records):
        return Failure("no-data", "the target of the SRV record is '.': no such service is offered")
    if seen.outside:
        return Failure("parent-domain", f"{seen.outside[0]} is not within {seen.parent}")
    if txt.failure is not None and txt.failure.kind not in ("nxdomain", "no-data"):
        return txt.failure
    if seen.txt_problem:
        return Failure("txt", seen.txt_problem)
    return None


def _applies(evidence: Evidence) -> str | None:
    if evidence.target is None or not evidence.target.srv:
        return "a mongodb:// string names its hosts itself"
    return None


def _summary(seen: SrvSeen) -> str:
    return f"{plural(len(seen.records), 'SRV record')} in {seen.duration_ms:.0f} ms"


def _lines(seen: SrvSeen) -> list[Line]:
    rows = [Line("SRV", f"{seen.query}  TTL {seen.ttl} s" if seen.ttl else seen.query)]
    rows += [
        Line(
            "", f"{row['target']}:{row['port']}", "fail" if row["target"] in seen.outside else "ok"
        )
        for row in seen.records
    ]
    rows += [Line("TXT", text, "fail" if seen.txt_problem else "ok") for text in seen.txt[:5]]
    if seen.resolver:
        rows.append(Line("resolver", f"{seen.resolver}, {seen.duration_ms:.0f} ms"))
    return rows


CHECK = Check(
    name="srv",
    layer="dns",
    summary="SRV and TXT records of a mongodb+srv:// name",
    run=run,
    needs=("uri",),
    applies=_applies,
    vacuous=True,
    expands=lambda seen: seen.seeds if not seen.outside else (),
    seeds=True,
    summarise=_summary,
    lines=_lines,
)
