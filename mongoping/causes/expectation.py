"""The cause of a smoke test whose expectations of a working deployment are not met."""

from __future__ import annotations

from mongoping.model import Cause, Evidence, Remedy


def not_met(evidence: Evidence) -> None:
    """Return None: only `mongoping.smoke` knows the expectations of a run."""


CAUSES = (
    Cause(
        code="expectation.not-met",
        title="An expectation is not met",
        awaits="the expectations to be met",
        explanation=(
            "The deployment works, but differs from what the smoke test expects: its version, "
            "members, latency, the user's privileges or similar. An expectation that cannot be "
            "confirmed is not met either. Limits that --warning and --critical set are "
            "expectations too: ping, connect time, replication lag, days of certificates."
        ),
        remedies=(
            "Read the row that failed: it shows what was expected, what was found, and what to do.",
            Remedy(
                "If the deployment is right, correct the expectation in mongoping.toml or --expect; list all expectations:",
                command="mongoping smoke --expect help",
            ),
        ),
        when=not_met,
        links=("https://www.mongodb.com/docs/manual/reference/connection-string-options/",),
    ),
)
