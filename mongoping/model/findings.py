"""From causes to the verdict: remedies, matches, findings and the diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.model.evidence import Evidence
    from mongoping.model.layers import CheckName, Severity


class Remedy(Record):
    """One thing the reader can do about a cause.

    Attributes:
        text: a sentence that starts with a verb; it ends in a colon when `command` or `uri`
            follows.
        command: what to paste into a shell, on one line.
        uri: the corrected connection string, redacted.
    """

    text: str
    command: str | None = None
    uri: str | None = None

    def __str__(self) -> str:
        """Return the sentence followed by what to paste, for formats that show one text."""
        return " ".join(part for part in (self.text, self.command, self.uri) if part)


def remedy_of(remedy: Remedy | str) -> Remedy:
    """Return a remedy as a record; a plain sentence has nothing to paste."""
    return Remedy(remedy) if isinstance(remedy, str) else remedy


class Match(Record):
    """A cause that is true: the evidence in one sentence, and what it adds to the record.

    ``remedies`` are put before those of the cause, being specific; ``instead_of`` names those
    of the cause that they say better, which are left out. ``tell_apart`` is the one command
    that would separate the cause from its ``alternatives``.
    """

    detail: str
    remedies: tuple[Remedy | str, ...] = ()
    alternatives: tuple[str, ...] = ()
    tell_apart: str | None = None
    instead_of: tuple[str, ...] = ()
    severity: Severity | None = None  # where the evidence makes it less, or more, than usual
    hosts: tuple[str, ...] = ()  # whom it concerns, where the cause is asked once for all
    title: str | None = None  # what is better than the cause's own, or that of an unknown one
    explanation: str | None = None
    explains: tuple[CheckName, ...] = ()  # checks whose failures are consequences of this cause


When = Callable[["Evidence", Any], "Match | str | None"]


class Cause(Record):
    """One entry of the catalogue: the words beside the test that decides them.

    ``when(evidence, host)`` is pure. With ``per_host`` it is asked for each host by name,
    else once with None. ``hidden_by`` names causes of which this one is only a consequence.
    ``restates`` names checks whose failure this cause only describes: it gives way to a cause
    that accounts for the failure (`Match.explains`). ``outranks`` names causes of its layer
    that come after it. ``layer`` is where the cause is found; it decides the exit code.
    """

    code: str
    title: str
    explanation: str
    remedies: tuple[Remedy | str, ...]
    when: When | None = None
    links: tuple[str, ...] = ()
    per_host: bool = False
    severity: Severity = "error"
    hidden_by: tuple[str, ...] = ()
    restates: tuple[CheckName, ...] = ()
    outranks: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    layer: str = ""

    def __post_init__(self) -> None:
        if not self.layer:
            self.__dict__["layer"] = self.code.partition(".")[0]


def offered(match: Match, cause: Cause) -> tuple[Remedy, ...]:
    """Return what to do about a cause that is true, most likely first, without repetitions.

    The remedies that the evidence selects come first, then those of the cause, except those
    that `Match.instead_of` replaces.
    """
    general = map(remedy_of, cause.remedies)
    kept = [remedy for remedy in general if remedy.text not in match.instead_of]
    return tuple(dict.fromkeys((*map(remedy_of, match.remedies), *kept)))


class Finding(Record):
    """A cause that was found true; ``hosts`` names whom it concerns."""

    cause: str
    layer: str
    severity: Severity
    detail: str
    hosts: tuple[str, ...] = ()
    match: Match = Match("")

    @property
    def host(self) -> str | None:
        """The one host, None where there are several or it concerns the deployment."""
        return self.hosts[0] if len(self.hosts) == 1 else None


class Verdict(Record):
    """The one root cause, with what to do, ready to be shown."""

    cause: str
    layer: str
    title: str
    explanation: str
    remedies: tuple[Remedy, ...]
    links: tuple[str, ...]
    alternatives: tuple[str, ...]
    details: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tell_apart: str | None = None


class Diagnosis(Record):
    """What `mongoping.diagnosis.diagnose` concludes: all findings, and the verdict.

    ``defect``: a cause could not be weighed, by a fault of mongoping's own; a finding says so.
    """

    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    defect: bool = False
