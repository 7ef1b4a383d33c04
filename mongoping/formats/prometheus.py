"""Prometheus's text exposition format, for the exporter and for the node exporter's text files.

Other modules render several targets with `samples` and `exposition`: each sample can have further
labels, such as those of an inventory.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mongoping.escape import printable
from mongoping.exit_codes import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK
from mongoping.formats._cases import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mongoping.model import Report, Status, Style

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
MAX_LABEL = 300  # characters of a label's value
STATUS_VALUES: Mapping[Status, float] = {"ok": 1.0, "warn": 0.5, "fail": 0.0}
PERCENTILES = (
    ("0", "min_ms"),
    ("0.5", "p50_ms"),
    ("0.95", "p95_ms"),
    ("0.99", "p99_ms"),
    ("1", "max_ms"),
)


class Family(NamedTuple):
    """A metric family: its name, what it measures, its own labels and its type."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: str = "gauge"


FAMILIES = (
    Family("mongoping_up", "1 if the probe ran, whatever its result."),
    Family(
        "mongoping_probe_success",
        "1 if the probe could do what a program needs, warnings included; 0 if not.",
    ),
    Family("mongoping_probe_duration_seconds", "Duration of the probe."),
    Family("mongoping_layer_status", "1 ok, 0.5 warning, 0 failed; absent if skipped.", ("layer",)),
    Family("mongoping_layer_duration_seconds", "Duration of the checks of a layer.", ("layer",)),
    Family(
        "mongoping_cause_info",
        "1 for each cause that the probe found; severity is error or warning.",
        ("cause", "layer", "severity"),
    ),
    Family(
        "mongoping_ping_seconds",
        "Round trips of ping during this probe.",
        ("quantile",),
        "summary",
    ),
    Family(
        "mongoping_certificate_expiry_timestamp_seconds",
        "When the certificate of a host expires, in seconds since 1970.",
        ("host",),
    ),
    Family("mongoping_member_up", "1 if a member answered, 0 if not.", ("host", "role")),
    Family("mongoping_member_rtt_seconds", "Round trip to a member.", ("host",)),
    Family("mongoping_replication_lag_seconds", "Lag of a secondary.", ("host",)),
    Family(
        "mongoping_clock_skew_seconds",
        "How far the clock of this machine is ahead of a host's.",
        ("host",),
    ),
    Family(
        "mongoping_build_info",
        "1, with the versions of mongoping and of its driver.",
        ("version", "pymongo"),
    ),
)
_BY_NAME = {family.name: family for family in FAMILIES}
RESERVED_LABELS = frozenset(label for family in FAMILIES for label in family.labels)

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One value of a family."""

    family: str
    labels: Labels
    value: float


def render(report: Report, style: Style) -> str:
    """Return the metrics of one report, with a label ``target`` if the target has a name."""
    labels = {"target": report.name} if report.name else {}
    return exposition(samples(report, labels))


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return the metrics of several reports, which the label ``target`` distinguishes."""
    return exposition(
        sample for report in reports for sample in samples(report, {"target": title(report)})
    )


def samples(report: Report, labels: Mapping[str, str] | None = None) -> tuple[Sample, ...]:
    """Return the samples of a report, each with further ``labels``."""
    outer = _outer(labels or {})
    return tuple(Sample(name, (*outer, *own), value) for name, own, value in _values(report))


def result_samples(
    status: Status,
    cause: str | None = None,
    layer: str | None = None,
    *,
    duration_s: float | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[Sample, ...]:
    """Return the samples of a result of which no report was kept."""
    outer = _outer(labels or {})
    rows: list[Sample] = [
        Sample("mongoping_up", outer, 1.0),
        Sample("mongoping_probe_success", outer, float(status != "fail")),
    ]
    if duration_s is not None:
        rows.append(Sample("mongoping_probe_duration_seconds", outer, duration_s))
    if cause is not None:
        severity = "error" if status == "fail" else "warning"
        layer_name = layer or cause.partition(".")[0]
        own = (("cause", cause), ("layer", layer_name), ("severity", severity))
        rows.append(Sample("mongoping_cause_info", (*outer, *own), 1.0))
    return tuple(rows)


def not_run(labels: Mapping[str, str] | None = None) -> tuple[Sample, ...]:
    """Return the samples of a probe that could not run: nothing is known of the deployment."""
    return (Sample("mongoping_up", _outer(labels or {}), 0.0),)


def exposition(rows: Iterable[Sample]) -> str:
    """Return samples as text: each family once, with all its samples; duplicates are left out."""
    values_by_family: dict[str, dict[Labels, float]] = {}
    for name, labels, value in rows:
        values_by_family.setdefault(name, {}).setdefault(labels, value)
    lines: list[str] = []
    for family in FAMILIES:
        if family.name in values_by_family:
            lines.append(f"# HELP {family.name} {_escaped_help(family.help)}")
            lines.append(f"# TYPE {family.name} {family.type}")
            lines += [
                f"{family.name}{_label_text(labels)} {_number(value)}"
                for labels, value in values_by_family[family.name].items()
            ]
    return "\n".join(lines) + "\n"


def _outer(labels: Mapping[str, str]) -> Labels:
    """Return labels from outside, renamed like Prometheus does if a family uses their name."""
    outer_labels = {label_name(name): value for name, value in labels.items()}
    return tuple(
        (f"exported_{name}" if name in RESERVED_LABELS else name, outer_labels[name])
        for name in outer_labels
    )


def label_name(text: str) -> str:
    """Return a text as the name of a label, with an underscore for each invalid character.

    Two underscores at the start are reserved for Prometheus itself.
    """
    name = "".join(
        char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in text
    )
    if name.startswith("__") or not name or name[0].isdigit():
        return f"_{name.lstrip('_')}"
    return name


def _values(report: Report) -> Iterator[tuple[str, Labels, float]]:
    code = report.exit_code()
    ran = code not in (EXIT_INTERRUPTED, EXIT_BUG)
    yield "mongoping_up", (), float(ran)
    if ran:
        yield "mongoping_probe_success", (), float(code == EXIT_OK)
    yield "mongoping_probe_duration_seconds", (), report.duration_ms / 1000
    for layer in report.layers:
        if layer.status != "skip":
            own = (("layer", layer.name),)
            yield "mongoping_layer_status", own, STATUS_VALUES[layer.status]
            yield "mongoping_layer_duration_seconds", own, layer.duration_ms / 1000
    for cause, name, severity in _causes(report):
        info = (("cause", cause), ("layer", name), ("severity", severity))
        yield "mongoping_cause_info", info, 1.0
    for quantile, field in PERCENTILES:
        value = getattr(report.latency, field, None)
        if value is not None:
            yield "mongoping_ping_seconds", (("quantile", quantile),), value / 1000
    yield from _hosts(report)
    tool = report.tool
    versions = (("version", tool.get("mongoping") or ""), ("pymongo", tool.get("pymongo") or ""))
    yield "mongoping_build_info", versions, 1.0


def _causes(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield cause, layer and severity: of the verdict first, then of all findings."""
    if report.verdict is not None:
        yield report.verdict.cause, report.verdict.layer, "error"
    for layer in report.layers:
        for finding in layer.findings:
            if finding.severity != "info":
                yield finding.cause, finding.layer, finding.severity


def _hosts(report: Report) -> Iterator[tuple[str, Labels, float]]:
    """Yield what is known of each host: its certificate, its state, its lag and its clock."""
    for host, expiry in report.measurements.certificate_expiry.items():
        yield "mongoping_certificate_expiry_timestamp_seconds", (("host", host),), expiry
    for member in report.topology.members if report.topology is not None else ():
        own = (("host", member.host),)
        if member.reachable is not None:
            roles = (*own, ("role", member.role))
            yield "mongoping_member_up", roles, float(member.reachable)
        if member.rtt_ms is not None:
            yield "mongoping_member_rtt_seconds", own, member.rtt_ms / 1000
        if member.lag_s is not None:
            yield "mongoping_replication_lag_seconds", own, member.lag_s
    for host, skew in report.measurements.clock_skew_s.items():
        yield "mongoping_clock_skew_seconds", (("host", host),), skew


def _label_text(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}"


def _escape(text: str) -> str:
    """Return a label's value: only backslash, quote and line feed have to be escaped."""
    return printable(text, most=MAX_LABEL).replace("\\", "\\\\").replace('"', '\\"')


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    """Return a number without needless digits; timestamps keep their seconds."""
    return str(int(value)) if value == int(value) else repr(round(value, 9))
