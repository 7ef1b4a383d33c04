"""What a user expects of a deployment that works: found by smoke tests alone."""

from __future__ import annotations

from mongoping.model import Cause, Evidence


def not_met(evidence: Evidence, host: None) -> None:
    """A run alone never shows it: its expectations are weighed in `mongoping.smoke`."""


CAUSES = (
    Cause(
        code="expectation.not-met",
        title="An expectation is not met",
        explanation=(
            "The deployment works, but it is not what the smoke test was told to expect: its "
            "version, its members, its latency, the rights of the user or the like. What cannot "
            "be confirmed is not met either."
        ),
        remedies=(
            "Look at the row that failed: it says what was expected, what was found, and what to do.",
            "If the deployment is right, say so in mongoping.toml or behind --expect; mongoping smoke --expect help lists what can be expected.",
        ),
        when=not_met,
        links=("https://www.mongodb.com/docs/manual/reference/connection-string-options/",),
    ),
)
