"""Combine evidence into the report of `mongoping topology`, independent of its format. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.observations import observation
from mongoping.record import Record
from mongoping.topology import advice, selection, tree
from mongoping.topology.advice import Advice
from mongoping.topology.selection import Candidate, Preference, Selection
from mongoping.topology.tree import Node, Tree

if TYPE_CHECKING:
    from mongoping.model import Evidence, Report


NOT_AUTHORIZED = "auth.not-authorized"


class PreferenceOptions(Record):
    """The read preference options of the command line; None means as in the connection string."""

    mode: str | None = None
    tag_sets: tuple[Mapping[str, str], ...] | None = None
    max_staleness_s: float | None = None


class View(Record):
    """The report of `mongoping topology`.

    Attributes:
        report: The report of `mongoping check` on the same evidence.
        advice: A better connection string, or None.
        equivalent: The ``mongodb://`` string currently equivalent to an SRV string, or None.
    """

    report: Report
    tree: Tree
    selection: Selection
    advice: Advice | None = None
    equivalent: str | None = None

    def exit_code(self, *, strict: bool = False) -> int:
        """Return the exit code of ``check``, or 17 if no member is eligible."""
        code = self.report.exit_code(strict=strict)
        choices = self.selection.choices
        if code in (EXIT_OK, EXIT_UNEXPLAINED) and self.report.verdict is None and choices:
            return code if any(choice.eligible for choice in choices) else EXIT_CODES["topology"]
        return code


def build_view(evidence: Evidence, report: Report, options: PreferenceOptions) -> View:
    """Build the view from the evidence; ``report`` is the report of `check` on it.

    Missing permissions become a note, because the members can be listed without any.
    """
    members_tree = tree.build(evidence)
    verdict = report.verdict
    if verdict is not None and verdict.cause == NOT_AUTHORIZED:
        note = f"{'; '.join(verdict.evidence)} ({verdict.cause})"
        members_tree = members_tree.replace(notes=(note, *members_tree.notes))
        report = report.replace(verdict=None, status="warn")
    resolvers = observation(evidence, "resolvers")
    if resolvers is not None and resolvers.disagreement is not None:
        members_tree = members_tree.replace(notes=(*members_tree.notes, resolvers.disagreement))
    if report.interpreter is not None:
        members_tree = members_tree.replace(notes=(*members_tree.notes, report.interpreter))
    return View(
        report=report,
        tree=members_tree,
        selection=selection.select(
            members_tree.type,
            [build_candidate(node, members_tree.type) for node in members_tree.nodes],
            build_preference(evidence.options, options),
        ),
        advice=advice.suggest(evidence, members_tree, report.uri),
        equivalent=advice.without_srv(evidence, report.uri),
    )


def build_candidate(node: Node, kind: str) -> Candidate:
    """Return the member as server selection sees it; ``kind`` is the topology type.

    Discovery may end as soon as the driver has a primary, so a member that answers by its own
    name counts as discovered. PyMongo calls hidden and recovering members RSOther alike; the
    role here distinguishes them. The round-trip time is the median of mongoping's pings, because
    the driver's average starts with a single sample.
    """
    role = node.driver_role
    own = node.names[0]
    if any(mark.kind == "other-set" for mark in own.marks):
        role = "stranger"
    elif role == "unknown" and node.reachable and node.via is None:
        if kind == "Sharded":
            role = node.role
        elif kind.startswith("ReplicaSet") and own.advertised:
            role = "secondary" if node.role == "passive" else node.role
    if node.hidden and kind.startswith("ReplicaSet") and node.reachable:
        role = "hidden"
    rtt = node.rtt_ms if node.rtt_ms is not None else node.driver_rtt_ms
    return Candidate(node.host, role, node.tags, rtt, node.last_write)


def build_preference(options: Mapping[str, Any], preferences: PreferenceOptions) -> Preference:
    """Return the read preference of the command line, or of the connection string.

    ``--read-preference primary`` also drops the string's tag sets and maxStalenessSeconds.
    """
    own = preferences.mode is not None
    mode = preferences.mode or str(options.get("readPreference") or "primary")
    tags: Sequence[Mapping[str, str]] = preferences.tag_sets or ()
    if preferences.tag_sets is None and not (own and mode == "primary"):
        tags = _tag_sets(options.get("readPreferenceTags"))
    staleness = preferences.max_staleness_s
    option_value = options.get("maxStalenessSeconds")
    if staleness is None and isinstance(option_value, (int, float)) and option_value >= 0:
        staleness = None if own and mode == "primary" else float(option_value)
    heartbeat = options.get("heartbeatFrequencyMS")
    threshold = options.get("localThresholdMS")
    return Preference(
        mode=mode,
        tag_sets=tuple(tags),
        max_staleness_s=staleness,
        threshold_ms=float(threshold)
        if isinstance(threshold, (int, float))
        else selection.LOCAL_THRESHOLD_MS,
        heartbeat_s=heartbeat / 1000
        if isinstance(heartbeat, (int, float))
        else selection.HEARTBEAT_S,
    )


def _tag_sets(value: Any) -> list[Mapping[str, str]]:
    return [tags for tags in value if isinstance(tags, Mapping)] if isinstance(value, list) else []
