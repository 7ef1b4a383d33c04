"""The expectations that a user can state, and how the evidence confirms them. Pure.

To add an expectation, add a `Kind` to `KINDS`: the option, the configuration file, the reports
and the documentation use it. An expectation that cannot be confirmed is not met.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from mongoping.limits import CLOSER
from mongoping.limits import KINDS as LIMITED
from mongoping.model import Remedy, Verdict, remedy_of
from mongoping.model.findings import NOT_MET
from mongoping.model.percentiles import MIN_SAMPLES
from mongoping.model.waiting import Expectation
from mongoping.record import Record
from mongoping.smoke import found, measures, values
from mongoping.smoke.depth import deeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mongoping.model import Diagnosis, Evidence, Report
    from mongoping.runnable import OnceCheck


class Kind(Record):
    """A kind of expectation.

    ``read`` parses a value from a file or after ``=``, and raises ValueError with a sentence about
    valid values. ``find`` is pure. ``depth`` is how deep a run must look.
    """

    name: str
    form: str
    summary: str
    read: Callable[[Any], Any]
    show: Callable[[Any], str]
    find: Callable[[Evidence, Diagnosis, Any], found.Comparison]
    remedy: str
    depth: str | None = None
    needs: str | None = None  # a further question to the server, see `mongoping.smoke.measures`
    schema: Any = None  # of its value, in JSON Schema
    pings: int = 0  # how many pings it needs


class Requirement(Record):
    """An expectation of the user, with its parsed value, and the value as it was given."""

    kind: Kind
    value: Any
    given: Any = None


def _least(what: str) -> Callable[[Any], str]:
    return lambda value: f"at least {value:g}{what}"


def _most(what: str) -> Callable[[Any], str]:
    return lambda value: f"at most {value:g}{what}"


def _list_text(value: Sequence[str]) -> str:
    return ", ".join(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _percentile(name: Literal["p50", "p95", "p99"], description: str, pings: int = 0) -> Kind:
    """Return the limit of a percentile of ping, which needs at least ``pings`` pings."""
    return Kind(
        f"{name}-ms",
        "MS",
        f"{description} of ping",
        values.positive,
        _most(" ms"),
        found.percentile(name),
        CLOSER,
        schema={"type": "number", "exclusiveMinimum": 0},
        pings=pings,
    )


KINDS = (
    Kind(
        "server",
        "RANGE",
        "the version of every server: >=6.0,<8 or 7.0",
        values.version_range,
        str,
        found.server,
        "Upgrade the server, or correct the expected version.",
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
        "Use the connection string of the intended deployment, without directConnection.",
        "primary",
        schema={"enum": [*values.TOPOLOGIES, *values.TYPES]},
    ),
    Kind(
        "members",
        "NUMBER",
        "the number of members: 3 or >=3",
        values.number_range,
        str,
        found.members,
        "Add the missing members, or correct the expected number.",
        "primary",
        schema={"type": ["integer", "string"]},
    ),
    Kind(
        "primary",
        "yes",
        "a writable member exists",
        values.switch,
        _yes,
        found.primary,
        "Start a majority of the members, so that they can elect a primary.",
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
        "Make these members reachable from here, or remove them from the set.",
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
        "Use MongoDB 5.0 or newer, which supports the Stable API.",
        schema={"type": "boolean"},
    ),
    Kind(
        "tls-version",
        "VERSION",
        "the minimum TLS version with every host: 1.2 or 1.3",
        values.tls_version,
        lambda value: f"at least TLS {value}",
        found.tls_version,
        "Turn on TLS with tls=true, and enable newer TLS versions on the server.",
        "hello",
        schema={"type": ["string", "number"], "enum": [*values.TLS_VERSIONS, 1.0, 1.1, 1.2, 1.3]},
    ),
    Kind(
        "certificate-days",
        "DAYS",
        "every certificate is valid for at least this many days",
        values.number,
        _least(" days"),
        found.certificate_days,
        LIMITED["certificate-days"].remedy,
        "hello",
        schema={"type": "number", "minimum": 0},
    ),
    Kind(
        "user",
        "NAME[@DB]",
        "the user the connection is authenticated as",
        values.word,
        str,
        found.user,
        "Use the connection string with that user's credentials.",
        schema={"type": "string", "minLength": 1},
    ),
    Kind(
        "roles",
        "ROLE@DB,...",
        "roles that the user has, such as readWrite@shop",
        values.at_database,
        _list_text,
        found.roles,
        "Grant the missing roles: db.grantRolesToUser.",
        schema={"type": "array", "items": {"type": "string", "pattern": "^[^@]+@.+$"}},
    ),
    Kind(
        "privileges",
        "ACTION@DB,...",
        "actions that the user may perform on a database, such as insert@shop",
        values.at_database,
        _list_text,
        found.privileges,
        "Grant a role that allows the missing actions: db.grantRolesToUser.",
        needs="rights",
        schema={"type": "array", "items": {"type": "string", "pattern": "^[^@]+@.+$"}},
    ),
    Kind(
        "read-concern",
        "LEVEL",
        "the effective read concern: local, majority ...",
        values.read_concern,
        str,
        found.read_concern,
        "Set readConcernLevel in the connection string, or change the deployment's default.",
        needs="concerns",
        schema={"enum": list(values.READ_CONCERNS)},
    ),
    Kind(
        "write-concern",
        "W",
        "the effective write concern: majority, 1 ...",
        values.write_concern,
        str,
        found.write_concern,
        "Set w in the connection string, or change the deployment's default.",
        needs="concerns",
        schema={"type": ["string", "integer"]},
    ),
    _percentile("p50", "the median round trip"),
    _percentile("p95", "the 95th percentile", MIN_SAMPLES[0.95]),
    _percentile("p99", "the 99th percentile", MIN_SAMPLES[0.99]),
    Kind(
        "connect-ms",
        "MS",
        "the time from the DNS lookup to the first reply of the slowest host",
        values.positive,
        _most(" ms"),
        found.connect,
        LIMITED["connect"].remedy,
        "hello",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "lag-s",
        "SECONDS",
        "the maximum lag of a secondary",
        values.positive,
        _most(" s"),
        found.lag,
        LIMITED["lag"].remedy,
        "primary",
        schema={"type": "number", "exclusiveMinimum": 0},
    ),
    Kind(
        "clock-skew-s",
        "SECONDS",
        "the maximum difference between this clock and any server's",
        values.positive,
        _most(" s"),
        found.clock_skew,
        "Synchronize the clocks (NTP) on this machine and on the servers.",
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
        "Resolve the warnings, or remove this expectation.",
        schema={"type": "boolean"},
    ),
)


@cache
def kinds() -> dict[str, Kind]:
    """Return all kinds of expectations by name."""
    return {kind.name: kind for kind in KINDS}


def requirement_of(name: str, raw: Any) -> Requirement | None:
    """Return an expectation with its parsed value; None if it is switched off.

    Raises KeyError for an unknown name, ValueError for an unsuitable value.
    """
    kind = kinds()[name]
    value = kind.read(raw)
    return None if value is False else Requirement(kind, value, raw)


def depth_of(every: Iterable[Requirement]) -> str | None:
    """Return how deep a run must look for all expectations."""
    depth: str | None = "tcp"
    for expectation in every:
        depth = deeper(depth, expectation.kind.depth)
    return depth


def pings_of(every: Iterable[Requirement]) -> int:
    """Return how many pings the expectations need; 0 if any number will do."""
    return max((expectation.kind.pings for expectation in every), default=0)


def further_checks(every: Iterable[Requirement]) -> tuple[OnceCheck, ...]:
    """Return the checks that these expectations need in addition to the usual ones."""
    names = dict.fromkeys(expectation.kind.needs for expectation in every if expectation.kind.needs)
    return tuple(measures.CHECKS[name] for name in names)


def rows(
    every: Sequence[Requirement], evidence: Evidence, diagnosis: Diagnosis
) -> tuple[Expectation, ...]:
    """Return a row for each expectation with what was found."""
    return tuple(_row(expectation, evidence, diagnosis) for expectation in every)


def _row(expectation: Requirement, evidence: Evidence, diagnosis: Diagnosis) -> Expectation:
    expected_text = expectation.kind.show(expectation.value)
    if evidence.interrupted:
        return Expectation(expectation.kind.name, expected_text, "interrupted", "skip")
    comparison = expectation.kind.find(evidence, diagnosis, expectation.value)
    if comparison.met:
        return Expectation(expectation.kind.name, expected_text, comparison.text, "ok")
    if comparison.met is None and diagnosis.verdict is not None:
        words = f"not looked at: {diagnosis.verdict.cause}"
        return Expectation(expectation.kind.name, expected_text, words, "skip")
    return Expectation(
        expectation.kind.name,
        expected_text,
        comparison.text,
        "fail",
        remedy_of(expectation.kind.remedy),
    )


def add_verdict(report: Report) -> Report:
    """Return the report, with a verdict if only an expectation is not met."""
    failures = [expectation for expectation in report.expectations if expectation.status == "fail"]
    if not failures or report.verdict is not None:
        return report
    count = len(failures)
    title = "An expectation is not met" if count == 1 else f"{count} expectations are not met"
    remedies = tuple(dict.fromkeys(row.remedy for row in failures if row.remedy))
    verdict = Verdict(
        cause=NOT_MET,
        layer="expectation",
        title=title,
        explanation="The deployment works, but differs from what this smoke test expects.",
        remedies=remedies or (Remedy("Correct the expectation."),),
        links=(),
        alternatives=(),
        evidence=tuple(
            f"{row.name}: expected {row.expected}, found {row.found}" for row in failures
        ),
    )
    return report.replace(status="fail", verdict=verdict)
