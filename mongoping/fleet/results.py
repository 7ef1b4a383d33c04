"""What the results of a run have in common: counts, and targets grouped by cause. Pure.

Only the first targets of each group are kept, so that the memory does not grow with the fleet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping import registry
from mongoping.exit_codes import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.fleet.line import STATUSES, Line, LineStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAMED = 8  # targets of a group that are named
MAX_SHOWN = 3  # of them in one line
MAX_REASONS = 10  # why targets were not tried
NOT_CONFIGURED = "Not tried: the connection string or the password is not available"
MORE_REASONS = "For the reasons of the others, see their lines."
OTHER_REASONS = "Not tried for other reasons, which the lines state."
WORST_FIRST: tuple[LineStatus, ...] = ("fail", "skip", "warn", "ok")


class Group:
    """The targets with one cause.

    Attributes:
        cause: its code, or None for targets that were not tried.
        status: the worst status of these targets.
        count: how many there are.
        names: the first of them, at most `MAX_NAMED`.
        detail: what was observed of the first.
        details: of targets that were not tried: the reasons, at most `MAX_REASONS`.
        expires: the earliest date on which a certificate expires.
    """

    def __init__(self, cause: str | None, line: Line) -> None:
        self.cause = cause
        self.status: LineStatus = line.status
        self.count = 0
        self.names: list[str] = []
        self.detail = line.detail or ""
        self.details: dict[str, None] = {}
        self.expires: str | None = None
        self._has_more_details = False

    def add(self, line: Line) -> None:
        """Count a target."""
        self.count += 1
        self.status = min(self.status, line.status, key=WORST_FIRST.index)
        if len(self.names) < MAX_NAMED:
            self.names.append(shown_name(line))
        if self.cause is None and line.detail and line.detail not in self.details:
            if len(self.details) < MAX_REASONS:
                self.details[line.detail] = None
            else:
                self._has_more_details = True
        if line.expires is not None and self.cause == "tls.certificate-expiring":
            self.expires = min(line.expires, self.expires or line.expires)

    @property
    def title(self) -> str:
        """Return what the targets have in common, in one phrase."""
        if self.cause is None:
            return NOT_CONFIGURED if self.reasons else self.detail
        cause = registry.cause(self.cause)
        return cause.title if cause is not None else self.detail

    @property
    def reasons(self) -> list[str]:
        """Return why these targets were not tried, if the title does not say it."""
        if self.status == "skip" or len(self.details) < 2:
            return []
        return [*self.details, *([MORE_REASONS] if self._has_more_details else [])]

    @property
    def named(self) -> str:
        """Return the first targets, and how many more there are."""
        first_names = self.names[: MAX_SHOWN if self.count > MAX_SHOWN + 1 else MAX_SHOWN + 1]
        more = self.count - len(first_names)
        return ", ".join(first_names) + (f" and {more:,} more" if more else "")


def shown_name(line: Line) -> str:
    """Return the name of a target, and the vantage point if there are several."""
    return line.name if line.vantage is None else f"{line.name} from {line.vantage}"


class Results:
    """The results so far.

    Attributes:
        counts: how many lines have each status.
        seconds: how long the run took; set at its end.
        expected: how many lines the run will have.
        outcomes: status and cause of each target by place, if there are places.
        differences: for targets that work from some places only, why, in one sentence.
    """

    def __init__(self) -> None:
        self.counts: dict[LineStatus, int] = dict.fromkeys(STATUSES, 0)
        self.causes: dict[str, int] = {}
        self.seconds = 0.0
        self.interrupted = False
        self.expected = 0
        self.outcomes: dict[str, dict[str, tuple[LineStatus, str | None]]] = {}
        self.differences: dict[str, str] = {}
        self.python: Mapping[str, str] | None = None  # the versions of the program's Python
        self._groups: dict[tuple[str | None, str], Group] = {}
        self._codes: dict[tuple[str, str | None], int] = {}
        self._has_bug = False
        self._reasons = 0

    def add(self, line: Line) -> None:
        """Count a line."""
        self.counts[line.status] += 1
        if line.vantage is not None:
            places = self.outcomes.setdefault(line.name, {})
            places[line.vantage] = line.status, line.cause
        self._has_bug = self._has_bug or line.exit_code == EXIT_BUG
        if line.status in ("fail", "skip"):
            self._codes[line.key] = line.exit_code or EXIT_UNEXPLAINED
        if line.cause is None:
            if line.status != "ok":
                self._group(None, line).add(line)
            return
        for cause in (line.cause, *line.also):
            self.causes[cause] = self.causes.get(cause, 0) + 1
        self._group(line.cause, line).add(line)
        for cause in line.also:
            self._group(cause, line.replace(status="warn", detail=None)).add(
                line.replace(status="warn")
            )

    def _group(self, cause: str | None, line: Line) -> Group:
        """Return the group of a line.

        Targets that were not tried because of their configuration are one group, even if each of
        them refers to another variable.
        """
        is_own = cause is None and line.status == "skip"  # a limit of mongoping
        key = cause, (line.detail or "") if is_own else ""
        if key not in self._groups and is_own and self._reasons >= MAX_REASONS:
            key, line = (None, OTHER_REASONS), line.replace(detail=OTHER_REASONS)
        if key not in self._groups:
            self._groups[key] = Group(cause, line)
            self._reasons += is_own
        return self._groups[key]

    @property
    def total(self) -> int:
        """Return the number of lines."""
        return sum(self.counts.values())

    @property
    def places(self) -> list[str]:
        """Return the names of the places, sorted; empty if there is only this machine."""
        return sorted({place for places in self.outcomes.values() for place in places})

    @property
    def is_matrix(self) -> bool:
        """Return whether targets were checked from several places, not each from one of them."""
        return any(len(places) > 1 for places in self.outcomes.values())

    def differing(self) -> list[str]:
        """Return the targets whose verdict is not the same from all places."""
        from mongoping.comparison.compare import differ

        return [
            name
            for name, places in self.outcomes.items()
            if differ([verdict for verdict in places.values() if verdict[0] != "skip"])
        ]

    def groups(self) -> list[Group]:
        """Return the groups: failures first, then by size."""
        return sorted(
            self._groups.values(),
            key=lambda group: (WORST_FIRST.index(group.status), -group.count, group.cause or ""),
        )

    def summary(self) -> dict[str, Any]:
        """Return the last line of ``--format json``."""
        causes: Mapping[str, int] = dict(
            sorted(self.causes.items(), key=lambda pair: (-pair[1], pair[0]))
        )
        document: dict[str, Any] = {"targets": len(self.outcomes) or self.total}
        if self.outcomes:
            document["places"] = self.places
        document |= {status: self.counts[status] for status in STATUSES}
        document |= {"causes": causes, "seconds": round(self.seconds, 1)}
        if self.python is not None:
            document["python"] = dict(self.python)
        if self.interrupted:
            document["interrupted"] = True
        if self.differences:
            document["differences"] = [
                {"name": name, "sentence": text} for name, text in self.differences.items()
            ]
        return {"summary": document}

    def exit_code(
        self, *, strict: bool = False, order: Sequence[tuple[str, str | None]] | None = None
    ) -> int:
        """Return the exit code: 1 if a target failed or was not measured.

        With an ``order`` of names and vantage points, it is that of the first target that failed.
        """
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self._has_bug:
            return EXIT_BUG
        if not self._codes:
            return EXIT_UNEXPLAINED if strict and self.counts["warn"] else EXIT_OK
        if order is None:
            return EXIT_UNEXPLAINED
        first = next((key for key in order if key in self._codes), None)
        return EXIT_UNEXPLAINED if first is None else self._codes[first]
