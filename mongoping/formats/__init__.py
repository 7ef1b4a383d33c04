"""Formats of a report: one file each, which makes ``--format NAME`` work.

A format is a module with ``render(report, style) -> str``. It may add
``render_all(reports, style) -> str`` if several reports make one document, and
``exit_code(reports) -> int`` if its readers expect other exit codes than mongoping's.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from mongoping.formats._places import each_place

if TYPE_CHECKING:
    from mongoping.model import Report, Style


class Format(Protocol):
    """A module that turns a report into text.

    Rendering is pure: everything that depends on the terminal, the locale or the environment
    is in the `Style`, and the text is written by the caller. The report contains text of
    peers, so a format escapes whatever its readers would interpret (`mongoping.escape`), and
    shows every layer and every host that the report has. It must not raise for any report,
    also not for one of an interrupted run, which may lack everything but the connection
    string.
    """

    def render(self, report: Report, style: Style, /) -> str:
        """Return the report as text that ends with a newline."""


@runtime_checkable
class DocumentFormat(Format, Protocol):
    """A format with its own way to join several reports, such as one JSON object."""

    def render_all(self, reports: Sequence[Report], style: Style, /) -> str:
        """Return the reports of several targets as one document."""


@runtime_checkable
class ExitingFormat(Format, Protocol):
    """A format with exit codes of its own, such as those of a Nagios plug-in."""

    def exit_code(self, reports: Sequence[Report], /) -> int:
        """Return the exit code of a command that ends with these reports."""


WITH_PLACES = ("text", "json")
"""Formats that show the reports from several places as one; the others show them one by one."""


def _reports_to_show(name: str, reports: Sequence[Report]) -> Sequence[Report]:
    """Return the reports that a format shows, one for each place unless it joins them itself."""
    if name in WITH_PLACES:
        return reports
    return [row for report in reports for row in each_place(report)]


def load(name: str) -> Format:
    """Return the format of that name. Raises ModuleNotFoundError if there is none."""
    return cast("Format", importlib.import_module(f"{__name__}.{name}"))


def render(name: str, reports: Sequence[Report], style: Style) -> str:
    """Return one or more reports in the named format.

    Several reports follow each other, separated by an empty line, unless the format joins
    them in its own way.
    """
    form = load(name)
    reports = _reports_to_show(name, reports)
    if len(reports) == 1:
        return form.render(reports[0], style)
    if isinstance(form, DocumentFormat):
        return form.render_all(reports, style)
    return "\n".join(form.render(report, style) for report in reports)


def exit_code(name: str, reports: Sequence[Report]) -> int | None:
    """Return the exit code that the named format demands, or None if it demands none."""
    form = load(name)
    return (
        form.exit_code(_reports_to_show(name, reports)) if isinstance(form, ExitingFormat) else None
    )
