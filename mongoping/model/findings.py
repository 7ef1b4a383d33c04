"""Causes and what is concluded from them: matches, findings, the verdict, the diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from mongoping.exit_codes import EXIT_CODES, EXIT_UNEXPLAINED
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.interpreter.record import Interpreter
    from mongoping.model.evidence import Evidence
    from mongoping.model.layers import CheckName, Severity

TARGET = '"$MONGODB_URI"'  # in the commands of the catalog
NOT_MET = "expectation.not-met"  # the cause of unmet expectations and exceeded limits


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

    def as_json(self) -> dict[str, str | None]:
        """Return the remedy as the object that every JSON output has."""
        return {"text": self.text, "command": self.command, "uri": self.uri}

    def __str__(self) -> str:
        """Return the sentence followed by what to paste, for formats that show one text."""
        return " ".join(part for part in (self.text, self.command, self.uri) if part)


def remedy_of(remedy: Remedy | str) -> Remedy:
    """Return a remedy as a record; a plain sentence has nothing to paste."""
    return Remedy(remedy) if isinstance(remedy, str) else remedy


def for_python(remedy: Remedy, python: Interpreter | None) -> Remedy:
    """Return a remedy whose command of pip is for that Python; unchanged if it is None."""
    if python is None or remedy.command is None:
        return remedy
    return remedy.replace(command=python.own_command(remedy.command))


class Match(Record):
    """The evidence for a true cause in one sentence, and what it changes in the cause's texts.

    Attributes:
        detail: the evidence, in one sentence.
        remedies: specific remedies, shown before those of the cause.
        instead_of: remedies of the cause that the specific ones replace.
        tell_apart: what would separate the cause from its ``alternatives``.
        severity: replaces the severity of the cause.
        hosts: the hosts concerned, if the cause is decided once for the deployment.
        title: replaces the title of the cause.
        explanation: replaces the explanation of the cause.
        explains: checks whose failures are consequences of this cause.
        inconclusive: whether a limit of mongoping ended the check, which says nothing about the
            deployment.
        certain: whether the evidence rules out the ``alternatives`` of the cause.
        python: the Python in which the cause is true, if it is not the one that runs mongoping;
            the remedies of the cause then have its commands.
    """

    detail: str
    remedies: tuple[Remedy | str, ...] = ()
    alternatives: tuple[str, ...] = ()
    tell_apart: Remedy | None = None
    instead_of: tuple[str, ...] = ()
    severity: Severity | None = None
    hosts: tuple[str, ...] = ()
    title: str | None = None
    explanation: str | None = None
    explains: tuple[CheckName, ...] = ()
    inconclusive: bool = False
    certain: bool = False
    python: Interpreter | None = None


When = Callable[["Evidence"], Match | str | None]
WhenHost = Callable[["Evidence", str], Match | str | None]


class Cause(Record):
    """An entry of the catalog: the texts of a cause, and the predicate that decides it.

    Attributes:
        when: ``when(evidence)``, a pure predicate that decides the cause once.
        when_host: ``when_host(evidence, host)``, a pure predicate that decides it for each host,
            which it gets by name. A cause has at most one of the two; one that has none is only
            recognized in texts, by ``says``.
        hidden_by: causes of which this one is only a consequence.
        restates: checks whose failure this cause only describes; it is dropped in favor of a
            cause that explains the failure (`Match.explains`).
        outranks: causes of the same layer that rank below this one.
        awaits: what a wait for a deployment waits for if the cause can pass by itself, such as
            "the server to start"; "" if it stays until a person changes something.
        says: patterns of messages with which drivers report this cause.
        layer: the layer of the cause, which decides the exit code; by default, the first part
            of ``code``.
    """

    code: str
    title: str
    explanation: str
    remedies: tuple[Remedy | str, ...]
    when: When | None = None
    when_host: WhenHost | None = None
    links: tuple[str, ...] = ()
    severity: Severity = "error"
    hidden_by: tuple[str, ...] = ()
    restates: tuple[CheckName, ...] = ()
    outranks: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    awaits: str = ""
    says: tuple[str, ...] = ()
    layer: str = ""

    def __post_init__(self) -> None:
        if not self.layer:
            self.__dict__["layer"] = self.code.partition(".")[0]

    @property
    def is_decided(self) -> bool:
        """Return whether evidence decides the cause; if not, it is only recognized in texts."""
        return self.when is not None or self.when_host is not None

    def matches(self, evidence: Evidence) -> Iterator[tuple[str | None, Match]]:
        """Yield a match for each host of which the cause is true.

        The host is None if the cause is decided once.
        """
        if self.when is not None and (match := self.when(evidence)) is not None:
            yield None, _match_of(match)
        if self.when_host is not None:
            for host in map(str, evidence.hosts):
                if (match := self.when_host(evidence, host)) is not None:
                    yield host, _match_of(match)


def _match_of(match: Match | str) -> Match:
    return Match(match) if isinstance(match, str) else match


def remedies_to_offer(match: Match, cause: Cause) -> tuple[Remedy, ...]:
    """Return what to do about a cause that is true, most likely first, without repetitions.

    The remedies that the evidence selects come first, then those of the cause, except those
    that `Match.instead_of` replaces.
    """
    general = map(remedy_of, cause.remedies)
    own_remedies = [
        for_python(remedy, match.python)
        for remedy in general
        if remedy.text not in match.instead_of
    ]
    return tuple(dict.fromkeys((*map(remedy_of, match.remedies), *own_remedies)))


def with_target(remedies: tuple[Remedy, ...], argument: str) -> tuple[Remedy, ...]:
    """Return remedies whose commands name the target as the user did, with ``argument``."""
    return tuple(
        remedy.replace(command=remedy.command.replace(TARGET, argument))
        if remedy.command
        else remedy
        for remedy in remedies
    )


class Finding(Record):
    """A cause that is true.

    Attributes:
        detail: the evidence, in one sentence.
        hosts: the hosts it concerns; empty for the deployment.
        remedies: what to do about it, most likely first.
        title: what is wrong, without names; empty if no cause of the catalog explains it.
        explanation: what it means.
        links: pages of MongoDB's documentation.
    """

    cause: str
    layer: str
    severity: Severity
    detail: str
    hosts: tuple[str, ...] = ()
    match: Match = Match("")
    remedies: tuple[Remedy, ...] = ()
    title: str = ""
    explanation: str = ""
    links: tuple[str, ...] = ()

    @property
    def host(self) -> str | None:
        """Return the only host concerned, or None if there are several or none."""
        return self.hosts[0] if len(self.hosts) == 1 else None


class Alternative(Record):
    """Another cause that the evidence does not rule out."""

    cause: str
    title: str


def alternatives_of(
    codes: Iterable[str], cause_of: Callable[[str], Cause | None]
) -> tuple[Alternative, ...]:
    """Return the alternatives with their titles; ``cause_of`` returns the cause of a code."""
    causes = ((code, cause_of(code)) for code in dict.fromkeys(codes))
    return tuple(Alternative(code, cause.title if cause else code) for code, cause in causes)


class Verdict(Record):
    """The root cause with its remedies, ready to be shown.

    Attributes:
        layer: the layer in which the cause was found.
        remedies: what to do about it, most likely first.
        alternatives: other causes that the evidence does not rule out.
        evidence: what was observed, in sentences.
        hosts: the hosts concerned; empty for the deployment.
        tell_apart: what would separate the cause from its alternatives.
        inconclusive: whether a limit of mongoping ended the run before anything was wrong with
            the deployment.
    """

    cause: str
    layer: str
    title: str
    explanation: str
    remedies: tuple[Remedy, ...]
    links: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    evidence: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tell_apart: Remedy | None = None
    inconclusive: bool = False

    @property
    def exit_code(self) -> int:
        """Return the exit code of a command that ends with this verdict."""
        if self.cause.endswith(".unexplained"):
            return EXIT_UNEXPLAINED
        return EXIT_CODES.get(self.layer, EXIT_UNEXPLAINED)

    @property
    def fixed_uri(self) -> str | None:
        """Return the corrected connection string, redacted, or None if it is not known."""
        return next((remedy.uri for remedy in self.remedies if remedy.uri is not None), None)


class Diagnosis(Record):
    """The conclusions of `mongoping.diagnosis.diagnose`: all findings, and the verdict.

    ``bug`` is True if an internal error kept mongoping from checking a cause; a finding
    reports it.
    """

    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    bug: bool = False
