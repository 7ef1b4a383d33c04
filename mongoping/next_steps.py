"""The code at the end of a report: a snippet for the deployment, or the corrected client call.

Pure, except for reading the snippets' own files. The code comes from the same templates as
`mongoping snippet emit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping import certainty
from mongoping.model import NextStep
from mongoping.observations import observation

if TYPE_CHECKING:
    from mongoping.model import Evidence, Report
    from mongoping.snippets import Facts, Lead
    from mongoping.uri.target import Target


# for each cause that another argument of the client fixes, the facts to change
FIXED_BY: dict[str, dict[str, Any]] = {
    "api.required": {"stable_api": True},
    "api.unsupported": {"stable_api": False},
    "auth.wrong-auth-source": {},  # `facts` has the database where the user was found
}


def facts(evidence: Evidence) -> Facts:
    """Return the facts about the deployment that a snippet depends on."""
    from mongoping.snippets import Facts

    api = observation(evidence, "api")
    # declare the API if the server enforces it, and the user asked for it or it is required
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
    databases = [name for name, has in auth.user_found_in.items() if has is not None]
    source: str = auth.source
    return databases[0] if databases and evidence.failure("auth") else source


def lead(evidence: Evidence) -> Lead | None:
    """Return the snippet for this deployment, or None without a target."""
    from mongoping.snippets import for_report

    if evidence.target is None:
        return None
    return for_report(evidence.target, facts(evidence), evidence.settings.language or "Python")


def program(evidence: Evidence) -> str | None:
    """Return the snippet for this deployment, filled in to read the URI from MONGODB_URI."""
    from mongoping.snippets.fill import fill

    step = lead(evidence)
    return None if step is None else fill(step.snippet, step.choices)


def next_steps(evidence: Evidence, report: Report) -> tuple[NextStep, ...]:
    """Return the next steps: a snippet if the deployment is healthy, else the corrected call.

    A program is of no use for a throwaway server that ends with the run.
    """
    if report.interrupted or evidence.target is None:
        return ()
    if report.verdict is None:
        if evidence.settings.preset == "smoke":
            return ()  # a pipeline has its program
        if (command := evidence.settings.sandbox_command) is not None:
            return (NextStep("Start a server that runs until Ctrl-C", command, "sh"),)
        next_step = lead(evidence)
        return (
            (NextStep("A program for this deployment", next_step.command, "sh"),)
            if next_step
            else ()
        )
    if step := certainty.way_to_ask(evidence, report):
        return (step,)
    if any(remedy.command or remedy.uri for remedy in report.verdict.remedies[:1]):
        return ()  # the first remedy has what to paste
    if evidence.settings.language not in (None, "Python"):
        return ()
    return _corrected_call(evidence.target, facts(evidence), report.verdict.cause)


def _corrected_call(target: Target, current: Facts, cause: str) -> tuple[NextStep, ...]:
    """Return the client call that avoids the cause, if another argument can."""
    from mongoping.snippets import for_report
    from mongoping.snippets.fill import client_line

    if cause not in FIXED_BY:
        return ()
    snippet = for_report(target, current.replace(**FIXED_BY[cause]))
    line = client_line(snippet.snippet, snippet.choices)
    return (NextStep("In a program", f"client = {line}", "python", "Create the client with:"),)
