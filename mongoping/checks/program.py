"""Let the Python of the user's program ping the deployment, with its own PyMongo and Motor.

The other Python runs next to the other checks. Its failures are observations, not failures of this
check: many have the same reason there as here, and the causes decide which have not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mongoping._version import __version__
from mongoping.checks._program_answers import facts_of
from mongoping.checks._server_versions import servers
from mongoping.compat import rules as compat
from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import ProgramFacts
from mongoping.runnable import OnceCheck
from mongoping.units import milliseconds

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.observations import ClientAttempt

ENDING_S = 1.0  # at most a quarter of the time left, for the other Python to be removed
SUBJECTS = ("MongoDB", "Python", "dnspython", "Motor's PyMongo", "Motor's Python")
"""The rows of compatibility that concern a program; the others concern mongoping or the server."""


async def run(ctx: Context) -> Outcome:
    """Run the pings in the other Python, and end it if they take too long."""
    from mongoping.interpreter.record import InterpreterError
    from mongoping.uri.target import scrub

    python = ctx.settings.python
    if python is None or ctx.credentials is None:
        raise RuntimeError("a check that needs another Python ran without one")
    remaining_s = ctx.left()
    seconds = remaining_s - min(ENDING_S, remaining_s / 4)
    try:
        answers, timed_out = await _ask(python.path, _request(ctx, seconds), seconds)
    except InterpreterError as error:
        return Outcome(ProgramFacts(python, problem=str(error).rstrip(".")))
    facts = facts_of(answers, python, lambda text: scrub(text, ctx.credentials))
    if ("end", True) not in answers:
        late = f"did not finish within {seconds:.1f} s; allow more with --timeout"
        ending = "ended before it had tried to connect"
        facts = facts.replace(problem=late if timed_out else ending)
    return Outcome(facts.replace(rows=_rows(ctx, facts)))


async def _ask(
    path: str, request: dict[str, Any], seconds: float
) -> tuple[list[tuple[str, Any]], bool]:
    """Return the answers of that Python, and whether its time was over.

    Without one that is kept running, run a session in a thread, and end it if this check is
    cancelled.
    """
    from mongoping.interpreter.resident import resident_at
    from mongoping.interpreter.session import Session

    if (resident := resident_at(path)) is not None:
        return await resident.ask(request, seconds)
    session = Session(path, request)
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(None, session.run, seconds), session.timed_out
    except asyncio.CancelledError:
        session.kill()
        raise


def _request(ctx: Context, seconds: float) -> dict[str, Any]:
    settings = ctx.settings
    api = {
        "version": settings.api_version,
        "strict": settings.api_strict or None,
        "deprecation_errors": settings.api_deprecation_errors or None,
    }
    return {
        "uri": ctx.credentials.uri if ctx.credentials else "",
        "seconds": seconds,
        "server_api": api if settings.uses_stable_api else None,
        "api_required": settings.stable_api is True,
        "limits_ms": {
            name: _limit_ms(ctx, name) for name in ("connectTimeoutMS", "socketTimeoutMS")
        },
        "mongoping": __version__,
        "default_cas": ctx.evidence.tls and not ctx.options.get("tlsCAFile"),
    }


def _limit_ms(ctx: Context, option: str) -> int:
    """Return the limit of the connection string, or that of a check, in ms."""
    own = ctx.target.options.get(option)
    limit = int(ctx.settings.cap * 1000)
    return min(int(own), limit) if isinstance(own, (int, float)) and own > 0 else limit


def _rows(ctx: Context, facts: ProgramFacts) -> tuple[compat.Row, ...]:
    """Return how well the versions there fit together, and to the servers that answered."""
    packages, today = facts.python.packages, ctx.now.date()
    pymongo = facts.pymongo or packages.get("pymongo")
    rows: list[compat.Row] = []
    for server in dict.fromkeys(servers(ctx.evidence).values()):
        rows += compat.check_server(today, server, pymongo=pymongo, python=facts.python.version)
    rows += compat.check(
        today,
        python=facts.python.version,
        implementation=facts.python.kind,
        pymongo=pymongo,
        motor=packages.get("motor"),
        dnspython=packages.get("dnspython"),
    )
    return tuple(row for row in rows if row.subject in SUBJECTS)


def _applies(evidence: Evidence) -> str | None:
    return None if evidence.settings.python is not None else "no other Python was named"


def _lines(facts: ProgramFacts) -> list[Line]:
    python = facts.python
    found_by = "" if python.found_by == "--python" else f" (from {python.found_by})"
    rows = [
        Line("program", f"{python.path}{found_by}"),
        Line("program", facts.versions()),
        Line("its TLS", _trust(facts), detail=True),
    ]
    if facts.import_error is not None:
        rows.append(Line("program", f"cannot import PyMongo: {facts.import_error}", "warn"))
    rows += [_attempt(attempt) for attempt in facts.attempts]
    if facts.problem is not None:
        rows.append(Line("program", f"that Python {facts.problem}", "warn"))
    rows += [Line("program", f"PyMongo warns: {text}", "warn") for text in facts.warnings]
    doubts = [row for row in facts.rows if row.status != "ok"]
    return rows + [
        Line(f"its {row.subject}", f"{row.version}: {row.words}", "warn") for row in doubts
    ]


def _trust(facts: ProgramFacts) -> str:
    python = facts.python
    if python.openssl is None:
        return "none: that Python has no module ssl"
    count = f" ({python.store_count} CAs)" if python.store_count is not None else ""
    certifi = f", certifi {python.packages['certifi']}" if python.packages.get("certifi") else ""
    dns = python.packages.get("dnspython")
    return (
        f"{python.openssl}, trusts {python.trust_store}{count}{certifi}, "
        f"{f'dnspython {dns}' if dns else 'no dnspython'}"
    )


def _attempt(attempt: ClientAttempt) -> Line:
    if attempt.ping_ms is not None:
        return Line(attempt.client, f"works, ping {milliseconds(attempt.ping_ms)}")
    return Line(attempt.client, f"fails: {attempt.error}", "warn")


CHECK = OnceCheck(
    name="program",
    layer="compat",
    summary="the same connection with the Python of the user's program",
    waits_for="ping from the other Python",
    run=run,
    needs=("uri",),
    applies=_applies,
    patient=True,
    aside=True,
    lines=_lines,
)
