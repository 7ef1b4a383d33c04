"""What a user can expect of a deployment, and how it is found out from the evidence. Pure.

To add an expectation is to add one `Kind` to `KINDS`: the option, the configuration file,
the reports and the documentation follow. What cannot be confirmed is not met.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mongoping.model import Verdict, remedy_of
from mongoping.model.percentiles import MIN_SAMPLES
from mongoping.model.waiting import Expectation
from mongoping.record import Record
from mongoping.smoke import found, values
from mongoping.smoke.depth import deeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mongoping.model import Diagnosis, Evidence, Report

NOT_MET = "expectation.not-met"


class Kind(Record):
    """One expectation that can be stated.

    ``read`` makes a value of what stands in a file or behind ``=``, and raises ValueError with
    the way out in words. ``find`` is pure. ``depth`` says how deep a run has to look.
    """

    name: str
    form: str
    summary: str
    read: Callable[[Any], Any]
    show: Callable[[Any], str]
    find: Callable[[Evidence, Diagnosis, Any], found.Found]
    remedy: str
    depth: str | None = None
    needs: str | None = None  # a further question to the server, see `mongoping.smoke.measures`
    schema: Any = None  # of its value, in JSON Schema
    pings: int = 0  # how many pings it needs


class Wanted(Record):
    """An expectation as the user states it, its value read."""

    kind: Kind
    value: Any


def _least(what: str) -> Callable[[Any], str]:
    return lambda value: f"at least {value:g}{what}"


def _most(what: str) -> Callable[[Any], str]:
    return lambda value: f"at most {value:g}{what}"


def _listed(value: Sequence[str]) -> str:
    return ", ".join(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


KINDS = (
    Kind(
        "server",
        "RANGE",
        "the version of every server: >=6.0,<8 or 7.0",
        values.version_range,
        str,
        found.server,
        "Upgrade the server, or state the versions that the program really works with.",
        "hello",
        schema={"type": ["string", "number"]},
    ),
    Kind(
        "topology",
        "TYPE",
        "standalone, replica-set, sharded or load-balanced",
        values.topology,
        str,
        found.topology,
        "Use the connection string of the deployment that is meant; directConnection hides a set.",
        "primary",
        schema={"enum": [*values.TOPOLOGIES, *values.TYPES]},
    ),
    Kind(
        "members",
        "NUMBER",
        "how many members it has: 3, or >=3",
        values.number_range,
        str,
        found.members,
        "Add the missing members, or state the number that is right.",
        "primary",
        schema={"type": ["integer", "string"]},
    ),
    Kind(
        "primary",
        "yes",
        "a member that takes writes",
        values.switch,
        _yes,
        found.primary,
        "Bring up a majority of the members, so that one of them can be elected.",
        "primary",
        schema={"type": "boolean"},
    ),
    Kind(
        "all-reachable",
        "yes",
        "every member can be reached from here",
        values.switch,
        _yes,
        found.all_reachable,
        "Open the way to the members that are named, or take them out of the set.",
        "primary",
        schema={"type": "boolean"},
    ),
    Kind(
        "stable-api",
        "yes",
        "the server enforces the Stable API",
        values.switch,
        _yes,
        found.stable_api,
        "Use MongoDB 5.0 or newer, which knows the Stable API.",
        schema={"type": "boolean"},
    ),
    Kind(
        "tls-version",
        "VERSION",
        "at least this TLS with every host: 1.2 or 1.3",
        values.tls_version,
        lambda value: f"at least TLS {value}",
        found.tls_version,
        "Turn on TLS with tls=true, and newer versions of it on the server.",
        "hello",
        schema={"type": ["string", "number"], "enum": [*values.TLS_VERSIONS, 1.0, 1.1, 1.2, 1.3]},
    ),
    Kind(
        "certificate-days",
        "DAYS",
        "every certificate is valid for so many days at least",
        values.number,
        _least(" days"),
        found.certificate_days,
        "Renew the certificate, and let the server load it.",
        "hello",
        schema={"type": "number", "minimum": 0},
    ),
    Kind(
        "user",
        "NAME[@DB]",
        "the user whom the server takes us for",
        values.word,
        str,
        found.user,
        "Use the connection string with that user's credentials.",
        schema={"type": "string", "minLength": 1},
    ),
    Kind(
        "roles",
        "ROLE@DB,...",
        "roles that this user has, as readWrite@shop",
        values.at_database,
        _listed,
        found.roles,
        "Grant the missing roles: db.grantRolesToUser.",
        schema={"type": "array", "items": {"type": "string", "pattern": "^[^@]+@.+$"}},
    ),
    Kind(
        "privileges",
        "ACTION@DB,...",
        "actions that this user may do on a database, as insert@shop",
        values.at_database,
        _listed,
        found.privileges,
        "Grant a role that allows the missing actions: db.grantRolesToUser.",
        needs="rights",
        schema={"type": "array", "items": {"type": "string", "pattern": "^[^@]+@.+$"}},
    ),
    Kind(
        "read-concern",
        "LEVEL",
        "the read concern in force: local, majority ...",
        values.read_concern,
        str,
        found.read_concern,
        "Say it in the connection string (readConcernLevel), or set the default of the deployment.",
        needs="concerns",
        schema={"enum": list(values.READ_CONCERNS)},
    ),
    Kind(
        "write-concern",
        "W",
        "the write concern in force: majority, 1 ...",
        values.write_concern,
        str,
        found.write_concern,
        "Say it in the connection string (w), or set the default of the deployment.",
        needs="concerns",
        schema={"type": ["string", "integer"]},
    ),
    Kind(
        "p50-ms",
        "MS",
        "the median round trip of ping",
        values.positive,
        _most(" ms"),
        found.percentile("p50_ms"),
        "Run closer to the deployment, or state what the way there allows.",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "p95-ms",
        "MS",
        "the 95th percentile of ping",
        values.positive,
        _most(" ms"),
        found.percentile("p95_ms"),
        "Run closer to the deployment, or state what the way there allows.",
        schema={"type": "number", "exclusiveMinimum": 0},
        pings=MIN_SAMPLES[0.95],
    ),
    Kind(
        "p99-ms",
        "MS",
        "the 99th percentile of ping",
        values.positive,
        _most(" ms"),
        found.percentile("p99_ms"),
        "Run closer to the deployment, or state what the way there allows.",
        schema={"type": "number", "exclusiveMinimum": 0},
        pings=MIN_SAMPLES[0.99],
    ),
    Kind(
        "connect-ms",
        "MS",
        "from the first question to DNS to the first answer, slowest host",
        values.positive,
        _most(" ms"),
        found.connect,
        "Look at the times of the layers: the slowest one is where the time goes.",
        "hello",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "lag-s",
        "SECONDS",
        "how far a secondary may be behind the primary",
        values.positive,
        _most(" s"),
        found.lag,
        "Find out what holds the secondary up: its disk, its network, or too many writes.",
        "primary",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "clock-skew-s",
        "SECONDS",
        "how far this clock may be off from any server's",
        values.positive,
        _most(" s"),
        found.clock_skew,
        "Synchronise the clocks (NTP) on this machine and on the servers.",
        "hello",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "no-warnings",
        "yes",
        "the report has no warning",
        values.switch,
        _yes,
        found.no_warnings,
        "Do what the warnings say, or expect less.",
        schema={"type": "boolean"},
    ),
)


@cache
def kinds() -> dict[str, Kind]:
    """All expectations by their names."""
    return {kind.name: kind for kind in KINDS}


def wanted(name: str, raw: Any) -> Wanted | None:
    """Return an expectation with its parsed value; None if it is switched off.

    Raises KeyError for an unknown name, ValueError for an unsuitable value.
    """
    kind = kinds()[name]
    value = kind.read(raw)
    return None if value is False else Wanted(kind, value)


def depth_of(every: Iterable[Wanted]) -> str | None:
    """How deep a run has to look for all of them."""
    depth: str | None = "tcp"
    for entry in every:
        depth = deeper(depth, entry.kind.depth)
    return depth


def pings_of(every: Iterable[Wanted]) -> int:
    """Return how many pings the expectations need; 0 if any number will do."""
    return max((entry.kind.pings for entry in every), default=0)


def rows(
    every: Sequence[Wanted], evidence: Evidence, diagnosis: Diagnosis
) -> tuple[Expectation, ...]:
    """Return a row for each expectation with what was found."""
    return tuple(_row(entry, evidence, diagnosis) for entry in every)


def _row(one: Wanted, evidence: Evidence, diagnosis: Diagnosis) -> Expectation:
    expected = one.kind.show(one.value)
    if evidence.interrupted:
        return Expectation(one.kind.name, expected, "interrupted", "skip")
    seen = one.kind.find(evidence, diagnosis, one.value)
    if seen.met:
        return Expectation(one.kind.name, expected, seen.text, "ok")
    if seen.met is None and diagnosis.verdict is not None:
        words = f"not looked at: {diagnosis.verdict.cause}"
        return Expectation(one.kind.name, expected, words, "skip")
    return Expectation(one.kind.name, expected, seen.text, "fail", one.kind.remedy)


def concluded(report: Report) -> Report:
    """Return the report, with a verdict if only an expectation is not met."""
    unmet = [expectation for expectation in report.expectations if expectation.status == "fail"]
    if not unmet or report.verdict is not None:
        return report
    count = len(unmet)
    title = "An expectation is not met" if count == 1 else f"{count} expectations are not met"
    remedies = dict.fromkeys(row.remedy for row in unmet if row.remedy)
    verdict = Verdict(
        cause=NOT_MET,
        layer="expectation",
        title=title,
        explanation="The deployment works, but it is not what this smoke test was told to expect.",
        remedies=tuple(map(remedy_of, remedies or ("Expect what the deployment really is.",))),
        links=(),
        alternatives=(),
        evidence=tuple(
            f"{entry.name}: expected {entry.expected}, found {entry.found}" for entry in unmet
        ),
    )
    return report.replace(status="fail", verdict=verdict)
