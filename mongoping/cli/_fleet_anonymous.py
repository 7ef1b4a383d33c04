"""Replace the names in the lines of a fleet by pseudonyms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.anonymous.names import OTHER, TARGET, collect, names_of_place, names_of_uri
from mongoping.anonymous.reports import static_texts
from mongoping.anonymous.rewriting import Rewriter
from mongoping.cli._anonymous import own_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.anonymous.pseudonyms import Pseudonyms
    from mongoping.fleet.entry import Entry
    from mongoping.fleet.line import Line


class Hiding:
    """Replaces the names of the lines of one run."""

    def __init__(self, entries: Sequence[Entry], pseudonyms: Pseudonyms) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._pseudonyms = pseudonyms

    def name(self, name: str) -> str:
        """Return the pseudonym of a target's name."""
        return self._pseudonyms.of("target", name)

    def line(self, line: Line) -> Line:
        """Return a line with pseudonyms, also in its report, which has most of the names."""
        names = [(TARGET, line.name), *((OTHER, value) for value in line.labels.values())]
        names += [(OTHER, name) for name in own_names()]
        names += names_of_place(line.vantage or "")
        entry = self._entries.get(line.name)
        if entry is not None and entry.reference.kind == "text":
            names += names_of_uri(entry.reference.text)
        if line.report is not None:
            names += collect(line.report)
        pseudonymous_line: Line = Rewriter(self._pseudonyms, names, static_texts()).value(line)
        if pseudonymous_line.report is not None:
            report = {**pseudonymous_line.report, "anonymized": self._pseudonyms.identifier}
            pseudonymous_line = pseudonymous_line.replace(report=report)
        return pseudonymous_line.replace(name=self.name(line.name))
