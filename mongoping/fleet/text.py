"""The results for people: a line for each target, and the result grouped by cause. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.columns import ASCII_MARKS, COLORS, MARKS, to_ascii
from mongoping.escape import printable
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.fleet.line import Line
    from mongoping.fleet.results import Group, Results
    from mongoping.model import Style

MAX_NAME = 40  # columns for names; longer ones push what follows to the right
SGR = {"green": "32", "yellow": "33", "red": "31", "dim": "2"}


def headline(results: Results) -> str:
    """Return how many targets were checked, and from how many places.

    For an interrupted run, the number of all targets is stated as well.
    """
    count = len(results.outcomes) or results.total
    text = f"{count:,} {plural(count, 'target').partition(' ')[2]}"
    if results.interrupted and results.expected > count and not results.is_matrix:
        text = f"{count:,} of {results.expected:,} targets"
    return f"{text} from {len(results.places)} places" if results.is_matrix else text


class Writer:
    """Writes lines in a style; ``names`` is the width of the column of names."""

    def __init__(self, style: Style, names: int = 0) -> None:
        self._style = style
        self._names = min(names, MAX_NAME)

    def line(self, line: Line) -> str:
        """Return the line of a target."""
        name = line.name if line.vantage is None else f"{line.name}  {line.vantage}"
        parts = [self._clean(name).ljust(self._names)]
        if line.cause is not None:
            parts.append(line.cause)
        if line.status == "ok" or (line.cause is None and line.detail is None):
            parts.append("" if line.latency_ms is None else milliseconds(line.latency_ms))
        if line.detail is not None:
            parts.append(self._clean(line.detail))
        if line.status != "ok" and line.note and line.note not in (line.detail or ""):
            parts.append(f"({self._clean(line.note)})")
        if self._style.verbose and line.labels:
            labels = " ".join(f"{name}={value}" for name, value in line.labels.items())
            parts.append(self._paint(self._clean(labels), "dim"))
        return f"{self._mark(line.status)} {'  '.join(filter(None, parts))}".rstrip() + "\n"

    def result(self, results: Results) -> str:
        """Return the counts, and the groups below them."""
        word = "interrupted after" if results.interrupted else "in"
        seconds = milliseconds(results.seconds * 1000)
        counts = ", ".join(
            self._paint(f"{count:,} {status}", COLORS.get(status, "dim"))
            for status, count in results.counts.items()
            if count
        )
        total = headline(results)
        head = f"{total} {word} {seconds}{f': {counts}' if counts else ''}\n"
        if self._style.quiet:
            return head
        groups = "".join(map(self._group, results.groups()))
        return f"\n{head}{self._python(results)}{groups}{self._differences(results)}"

    def _python(self, results: Results) -> str:
        """Return the versions of the program's Python, if it has connected, too."""
        if results.python is None:
            return ""
        versions = ", ".join(f"{name} {version}" for name, version in results.python.items())
        return self._clean(f"Also connected with {versions}") + "\n"

    def _differences(self, results: Results) -> str:
        """Return what makes the difference for targets that work from some places only."""
        if not results.differences:
            return ""
        rows = [
            f"  {self._clean(name)} {self._clean(sentence)}\n"
            for name, sentence in results.differences.items()
        ]
        return f"\nNot the same from every place:\n{''.join(rows)}"

    def _group(self, group: Group) -> str:
        times = "\u00d7" if self._style.unicode else "x"
        first = f", first on {group.expires}" if group.expires else ""
        what = f"{group.cause}{first}: " if group.cause else ""
        if group.cause is None:
            text = (
                f"{group.count:,} {times} {self._clean(group.title)} ({self._clean(group.named)})"
            )
            reasons = "".join(f"  {self._clean(reason)}\n" for reason in group.reasons)
            return f"{self._mark(group.status)} {text}\n{reasons}"
        head = f"{group.count:,} {times} {what}{self._clean(group.named)}"
        title = self._paint(f"{self._clean(group.title)}", "dim")
        return f"{self._mark(group.status)} {head}\n  {title}\n"

    def progress(self, results: Results) -> str:
        """Return the live count."""
        counts = "  ".join(
            f"{self._mark(status)} {count:,}" for status, count in results.counts.items() if count
        )
        return f"{results.total:,} of {results.expected:,}  {counts}"

    def _mark(self, status: str) -> str:
        marks = MARKS if self._style.unicode else ASCII_MARKS
        return self._paint(marks[status], COLORS.get(status, "dim"))

    def _paint(self, text: str, color: str) -> str:
        return f"\x1b[{SGR[color]}m{text}\x1b[0m" if self._style.color else text

    def _clean(self, text: str) -> str:
        safe_text = printable(text)
        return safe_text if self._style.unicode else to_ascii(safe_text)
