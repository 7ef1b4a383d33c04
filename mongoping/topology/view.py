"""All that `mongoping topology` says, before it is given a form. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mongoping.model import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.record import Record
from mongoping.topology import advice, selection, tree
from mongoping.topology.advice import Advice
from mongoping.topology.selection import Candidate, Preference, Selection
from mongoping.topology.tree import Node, Tree

if TYPE_CHECKING:
    from mongoping.model import Evidence, Report


NO_RIGHTS = "auth.not-authorized"


class Wish(Record):
    """What the user asked for on the command line; None leaves it to the connection string."""

    mode: str | None = None
    tag_sets: tuple[Mapping[str, str], ...] | None = None
    max_staleness_s: float | None = None


class View(Record):
    """The deployment, whom a read preference selects, and the better connection string.

    ``equivalent`` is the ``mongodb://`` string that an SRV string means at this moment.
    """

    report: Report
    tree: Tree
    selection: Selection
    better: Advice | None = None
    equivalent: str | None = None

    def exit_code(self, *, strict: bool = False) -> int:
        """Return the exit code of ``check``, or 17 where the read preference selects no member."""
        code = self.report.exit_code(strict=strict)
        choices = self.selection.choices
        if code in (EXIT_OK, EXIT_UNEXPLAINED) and self.report.verdict is None and choices:
            return code if any(one.eligible for one in choices) else EXIT_CODES["topology"]
        return code


def view(evidence: Evidence, report: Report, wish: Wish) -> View:
    """Weigh the evidence; ``report`` is what `check` would say of it.

    That a user has no rights is a note here: who is in the deployment can be seen without.
    """
    seen = tree.build(evidence)
    verdict = report.verdict
    if verdict is not None and verdict.cause == NO_RIGHTS:
        words = f"{'; '.join(verdict.details)} ({verdict.cause})"
        seen = seen.replace(notes=(words, *seen.notes))
        report = report.replace(verdict=None, status="warn")
    return View(
        report=report,
        tree=seen,
        selection=selection.select(
            seen.type,
            [candidate(node, seen.type) for node in seen.nodes],
            preference(evidence.options, wish),
        ),
        better=advice.better(evidence, seen, report.uri),
        equivalent=advice.without_srv(evidence, report.uri),
    )


def candidate(node: Node, kind: str) -> Candidate:
    """A member as the driver's selection sees it; ``kind`` is the type of the topology.

    The driver stops to look around once it has a primary; a member that answers by the
    set's own name is one that it would find a moment later. It has one word for hidden and
    for recovering members; ours says which it is. Round trips are the medians of our own
    pings, to which the average of a driver comes in time; its first one is a single sample.
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


def preference(options: Mapping[str, Any], wish: Wish) -> Preference:
    """Return the read preference asked for, or that of the connection string's options.

    A mode on the command line replaces all of the string's preference, not only its mode.
    """
    own = wish.mode is not None
    mode = wish.mode or str(options.get("readPreference") or "primary")
    tags: Sequence[Mapping[str, str]] = wish.tag_sets or ()
    if wish.tag_sets is None and not (own and mode == "primary"):
        tags = _tag_sets(options.get("readPreferenceTags"))
    staleness = wish.max_staleness_s
    given = options.get("maxStalenessSeconds")
    if staleness is None and isinstance(given, (int, float)) and given >= 0:
        staleness = None if own and mode == "primary" else float(given)
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
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
