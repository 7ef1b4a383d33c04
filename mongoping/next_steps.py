"""Where a report leads to: the snippet for the deployment that was seen, the line that mends it.

Pure, but for reading the snippets' own files. The code in a report comes from the same
templates as `mongoping snippet emit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.model import NextStep
from mongoping.observations import observation

if TYPE_CHECKING:
    from mongoping.model import Evidence, Report
    from mongoping.snippets import Facts, Lead
    from mongoping.uri.target import Target


# causes that another argument of the client mends; what it is to be then
MENDED_BY: dict[str, dict[str, Any]] = {
    "api.required": {"stable_api": True},
    "api.unsupported": {"stable_api": False},
    "api.strict-violation": {"stable_api": True},
    "auth.wrong-auth-source": {},  # `facts` has the database where the user was found
}


def facts(evidence: Evidence) -> Facts:
    """What was seen of the deployment, as far as a program has to know it."""
    from mongoping.snippets import Facts

    api = observation(evidence, "api")
    # declared where the server enforces it, and where it was asked for or is required
    stable = bool(api and api.enforced and (evidence.settings.uses_stable_api or api.required))
    return Facts(
        stable_api=stable,
        ca_file=evidence.options.get("tlsCAFile"),
        certificate_key_file=evidence.options.get("tlsCertificateKeyFile"),
        auth_source=_auth_source(evidence),
        mechanism=evidence.target.mechanism if evidence.target else None,
        local=True if evidence.settings.preset == "local" else None,
    )


def _auth_source(evidence: Evidence) -> str | None:
    auth = observation(evidence, "auth")
    if auth is None or evidence.target is None or evidence.target.username is None:
        return None
    found = [name for name, has in auth.user_found_in.items() if has is not None]
    source: str = auth.source
    return found[0] if found and evidence.failure("auth") else source


def lead(evidence: Evidence) -> Lead | None:
    """The snippet for exactly this deployment, None where there is no target."""
    from mongoping.snippets import for_report

    return None if evidence.target is None else for_report(evidence.target, facts(evidence))


def program(evidence: Evidence) -> str | None:
    """The snippet for exactly this deployment, filled in; it reads its string from MONGODB_URI."""
    from mongoping.snippets import fill

    found = lead(evidence)
    return None if found is None else fill(found.snippet, found.choices)


def next_steps(evidence: Evidence, report: Report) -> tuple[NextStep, ...]:
    """The lines that end a report: the snippet of a healthy one, the corrected call of another."""
    if report.interrupted or evidence.target is None:
        return ()
    if report.verdict is None:
        found = lead(evidence)
        return (NextStep("A program for this deployment", found.command, "sh"),) if found else ()
    return _corrected(evidence.target, facts(evidence), report.verdict.cause)


def _corrected(target: Target, seen: Facts, cause: str) -> tuple[NextStep, ...]:
    """The call that makes the client, as it has to be for the cause to go."""
    from mongoping.snippets import client_line, for_report

    if cause not in MENDED_BY:
        return ()
    found = for_report(target, seen.replace(**MENDED_BY[cause]))
    line = client_line(found.snippet, found.choices)
    return (NextStep("In a program", f"client = {line}", "python"),)
