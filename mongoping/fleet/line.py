"""The result of one target: a line of a few hundred bytes, and the report if it is wanted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from mongoping.exit_codes import EXIT_BUG, EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.formats.nagios import OF_THIS_PYTHON
from mongoping.formats.prometheus import Sample
from mongoping.observations import observation
from mongoping.record import NOTHING, Record

if TYPE_CHECKING:
    from mongoping.fleet.entry import Entry
    from mongoping.model import Evidence, Finding, Verdict

LineStatus = Literal["ok", "warn", "fail", "skip"]
STATUSES: tuple[LineStatus, ...] = get_args(LineStatus)
MAX_DETAIL = 300  # characters; the report has the rest
INCONCLUSIVE = "mongoping stopped waiting; allow more time with --timeout"
MAX_TEXT = 500  # characters of a field that was read from a file


class Line(Record):
    """The result of a target from one vantage point.

    Attributes:
        status: ``skip`` if nothing was found out about the deployment: mongoping was too busy, or
            the worker that should have looked at it ended.
        cause: of the failure, or of the first warning; None if there is none, or if mongoping did
            not get as far as connecting.
        detail: what was observed, or why the target was not tried, in one sentence.
        also: the causes of further warnings.
        latency_ms: the median ping, or the round trip of hello if there was no ping.
        expires: the date of the first certificate to expire, if that is the cause.
        note: what limits the result, such as a busy machine.
        report: the JSON report, if it is wanted.
        samples: the metrics, if they are wanted.
    """

    name: str
    status: LineStatus
    labels: Mapping[str, str] = NOTHING
    vantage: str | None = None
    cause: str | None = None
    detail: str | None = None
    also: tuple[str, ...] = ()
    latency_ms: float | None = None
    duration_ms: float | None = None
    expires: str | None = None
    note: str | None = None
    exit_code: int = EXIT_OK
    report: Mapping[str, Any] | None = None
    samples: tuple[Sample, ...] = ()

    @property
    def key(self) -> tuple[str, str | None]:
        """Return what identifies the line in a run."""
        return self.name, self.vantage

    def as_json(self, *, report: bool = True) -> dict[str, Any]:
        """Return the line as the object that ``fleet --format json`` prints."""
        document: dict[str, Any] = {
            "name": self.name,
            "labels": dict(self.labels),
            "vantage": self.vantage,
            "status": self.status,
            "cause": self.cause,
            "detail": self.detail,
            "latency_ms": None if self.latency_ms is None else round(self.latency_ms, 3),
            "duration_ms": None if self.duration_ms is None else round(self.duration_ms, 1),
            "exit_code": self.exit_code,
        }
        optional: dict[str, Any] = {
            "also": list(self.also),
            "expires": self.expires,
            "note": self.note,
            "samples": [list(sample) for sample in self.samples],
        }
        document |= {name: value for name, value in optional.items() if value}
        if report:
            document["report"] = None if self.report is None else dict(self.report)
        return document


def from_json(document: Any) -> Line:
    """Return the line that `Line.as_json` wrote. Raises ValueError for anything else."""
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise ValueError("is not a result of a target")  # noqa: TRY004 - a line of a file
    if document.get("status") not in STATUSES:
        raise ValueError(f"has no status of {', '.join(STATUSES)}")
    labels = document.get("labels")
    also = document.get("also")
    code = document.get("exit_code")
    report = document.get("report")
    return Line(
        name=document["name"][:MAX_TEXT],
        status=cast("LineStatus", document["status"]),
        labels={str(name): str(value) for name, value in labels.items()}
        if isinstance(labels, dict)
        else {},
        vantage=_text(document, "vantage"),
        cause=_text(document, "cause"),
        detail=_text(document, "detail"),
        also=tuple(str(code)[:MAX_TEXT] for code in also) if isinstance(also, list) else (),
        latency_ms=_number(document, "latency_ms"),
        duration_ms=_number(document, "duration_ms"),
        expires=_text(document, "expires"),
        note=_text(document, "note"),
        exit_code=code if isinstance(code, int) else EXIT_UNEXPLAINED,
        report=report if isinstance(report, dict) else None,
        samples=tuple(_samples(document.get("samples"))),
    )


def _samples(rows: Any) -> Iterator[Sample]:
    """Yield the metrics that another process of mongoping has written."""
    for family, labels, value in rows if isinstance(rows, list) else ():
        yield Sample(family, tuple((name, text) for name, text in labels), value)


def metric_labels(line: Line) -> dict[str, str]:
    """Return the labels that the metrics of a line have."""
    labels = {"target": line.name, **line.labels}
    return labels if line.vantage is None else {**labels, "vantage": line.vantage}


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else None


def _number(document: Mapping[str, Any], name: str) -> float | None:
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return None
    return float(value)


def not_tried(entry: Entry, why: str, *, vantage: str | None = None, own: bool = False) -> Line:
    """Return the line of a target that was not tried.

    Args:
        entry: the target.
        why: the reason, as a sentence.
        vantage: from where it should have been tried.
        own: whether the reason is a limit of mongoping, not the target's configuration.
    """
    return Line(
        entry.name,
        "skip" if own else "fail",
        entry.labels,
        vantage,
        detail=_short(why),
        exit_code=EXIT_UNEXPLAINED if own else EXIT_CODES["client"],
    )


def line_of(
    entry: Entry,
    evidence: Evidence,
    verdict: Verdict | None,
    findings: Iterable[Finding],
    *,
    vantage: str | None = None,
) -> Line:
    """Return the line of a target that was tried.

    Warnings about this Python, which say nothing about any target, are left out.
    """
    warnings = [
        finding
        for finding in findings
        if finding.severity == "warning" and finding.cause not in OF_THIS_PYTHON
    ]
    causes = list(dict.fromkeys(finding.cause for finding in warnings))
    status: LineStatus = "fail" if verdict is not None else "warn" if causes else "ok"
    cause, detail, code = None, None, EXIT_OK
    if verdict is not None:
        cause, code = verdict.cause, verdict.exit_code
        detail = verdict.evidence[0] if verdict.evidence else verdict.title
    elif warnings:
        cause, detail = warnings[0].cause, warnings[0].detail
    if any(result.status == "crashed" for result in evidence.results):
        code = EXIT_BUG
    return Line(
        entry.name,
        status,
        entry.labels,
        vantage,
        cause,
        None if detail is None else _short(detail),
        tuple(code for code in causes if code != cause),
        _latency_ms(evidence),
        evidence.duration_ms,
        _expires(evidence) if "tls.certificate-expiring" in (cause, *causes) else None,
        INCONCLUSIVE if verdict is not None and verdict.inconclusive else None,
        code,
    )


def _short(text: str) -> str:
    from mongoping.escape import printable

    return printable(text, most=MAX_DETAIL)


def _latency_ms(evidence: Evidence) -> float | None:
    ping = observation(evidence, "ping")
    if ping is not None and ping.p50_ms is not None:
        return ping.p50_ms
    result = next((result for result in evidence.of("hello") if result.ok), None)
    if result is None:
        return None
    return max(float(result.data.rtt_ms) - result.stalled_ms, 0.0)


def _expires(evidence: Evidence) -> str | None:
    """Return the date on which the first certificate of the servers expires."""
    dates = [
        certificate.not_after
        for result in evidence.of("tls")
        if result.data is not None
        for certificate in result.data.chain[:1]
    ]
    return min(dates).date().isoformat() if dates else None
