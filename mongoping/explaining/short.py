"""Decide whether a short file is one pasted error or a log. Pure.

A log is split into records, so an error whose lines were broken, or whose driver is named one line
earlier, loses a part of its evidence. A short file is therefore also read as one text.
"""

from __future__ import annotations

from mongoping.explaining import Explanation, advice, explain, operations
from mongoping.explaining.log import Summary, read_log
from mongoping.explaining.prefixes import bare, container
from mongoping.explaining.reading import is_server_line
from mongoping.explaining.records import begins, lines, time_of
from mongoping.explaining.tally import Group

MAX_CHARS = 64 * 1024  # of a file that may be a paste
MAX_LINES = 200  # the same in lines
MAX_TIMES = 1  # lines with a time in a paste; a log has more


def read_short(text: str) -> Summary:
    """Return the errors of a short file: one if it is a paste, else those of a log.

    A log without any named cause is also read as a paste.
    """
    summary = read_log(lines([text]))
    text_lines = text.split("\n")
    groups = [group for group in summary.groups if group.explanation.cause]
    times = sum(1 for line in text_lines if begins(line))
    if len(text_lines) > MAX_LINES or (groups and (times > MAX_TIMES or _is_merged(text_lines))):
        return summary
    paste = explain(text)
    if paste.cause is None:
        return (
            summary if summary.groups or not _is_error(paste, text) else _one(summary, paste, text)
        )
    if [group.explanation.cause for group in summary.groups] == [paste.cause]:
        return summary
    return _one(summary, paste, text)


def _is_merged(text_lines: list[str]) -> bool:
    """Return whether lines are from several containers, so that no text goes on in the next."""
    return len({container(line, bare(line)[1]) for line in text_lines} - {""}) > 1


def _is_error(paste: Explanation, text: str) -> bool:
    """Return whether a text without a named cause is an error of a MongoDB client."""
    if paste.missing in (advice.NOT_MONGODB, advice.ROUTINE) or is_server_line(text):
        return False
    return advice.reports_failure(text) or operations.not_connection(text) is not None


def _one(summary: Summary, paste: Explanation, text: str) -> Summary:
    """Return the summary of a file with one error."""
    when = time_of(text)
    return Summary(summary.lines, 1, (Group(paste, 1, 1, when, when, paste.hosts),))
