"""Say in sentences what a comparison found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mongoping.comparison.kinds import KINDS, PLURALS, sentence
from mongoping.comparison.record import Difference, Row, Values, View
from mongoping.comparison.values import enumeration, has_value, shown_value
from mongoping.uri.hosts import is_loopback

APART_S = 60.0  # reports that are further apart may have seen different states
MAX_NAMES = 3  # of places in a sentence
MAX_VARIANTS = 3  # of values elsewhere in a sentence

Group = Sequence[View]


def explanation(
    group: Group,
    others: Group,
    explains: Sequence[Difference],
    rows: Sequence[Difference],
    *,
    all_views: Group,
    warning: tuple[str, bool] | None = None,
) -> str:
    """Return why a group of views has another verdict than the others, without a final period.

    Args:
        group: The views to explain.
        others: The reference.
        explains: What can explain the verdict, the deciding difference first.
        rows: All that separates the two groups.
        all_views: The views with a verdict; the sentence says "only" if it is true.
        warning: If both work: the warning that only one group has, and whether the group has it.
    """
    is_turned = warning is None and _works_in_one_place(group, others, all_views)
    if is_turned:
        head = f"works {_places(others)} only"
        there, elsewhere = "elsewhere", "there"
    else:
        head = _head(group, others, all_views, warning)
        there, elsewhere = "there", _elsewhere(group, others, all_views)
    if not explains:
        return f"{head}; {_nothing(rows, group, others)}"
    first = explains[0]
    mine, theirs = _statement(first, rows)
    text = f"{there} {mine}, {elsewhere} {theirs}"
    if is_turned:
        theirs, mine = _statement(_turn(first), [_turn(row) for row in rows])
        text = f"there {theirs}, elsewhere {mine}"
    more = [_name(row) for row in explains[1 : MAX_NAMES + 1]]
    if more:
        verb = _verb(explains[1:])
        text += f"; {enumeration(more)} {verb} too and could also explain it"
    return f"{head}: {text}"


def _turn(row: Difference) -> Difference:
    return row.replace(there=row.elsewhere, elsewhere=row.there)


def _verb(rows: Sequence[Difference]) -> str:
    single = len(rows) == 1 and rows[0].key.kind not in PLURALS
    return "differs" if single else "differ"


def _name(row: Difference) -> str:
    return f"the {row.label}"


def _works_in_one_place(group: Group, others: Group, all_views: Group) -> bool:
    """Return whether everything but one place fails in the same way."""
    works = len(others) == 1 and others[0].state == "works"
    return works and len(group) > 1 and len(all_views) == len(group) + 1


def _head(group: Group, others: Group, all_views: Group, warning: tuple[str, bool] | None) -> str:
    only = " only" if len(group) + len(others) == len(all_views) else ""
    if warning is not None:
        verb = "is reported" if warning[1] else "is not reported"
        return f"{warning[0]} {verb} {_places(group)}{only}"
    if others[0].state == "works":
        return f"fails {_places(group)}{only}"
    cause = group[0].cause if group[0].state == "fails" else None
    how = f"fails {_places(group)} with {cause}" if cause else f"works {_places(group)}"
    return f"{how}, {_elsewhere(group, others, all_views)} with {others[0].cause}"


def _elsewhere(group: Group, others: Group, all_views: Group) -> str:
    """Return the words for the reference: its name if there is only one other view."""
    if len(others) > 1 or len(all_views) > 2:
        return "elsewhere" if len(group) + len(others) == len(all_views) else _places(others)
    return _places(others)


def _places(views: Group) -> str:
    """Return where some reports come from: ``from pod-b`` or ``in after.json``."""
    names = [view.name for view in views]
    word = views[0].where
    if len(names) > MAX_NAMES:
        names = [*names[: MAX_NAMES - 1], f"{len(names) - MAX_NAMES + 1} other places"]
    return f"{word} {enumeration(names)}"


def _statement(row: Difference, rows: Sequence[Difference]) -> tuple[str, str]:
    """Return the sentence for the group, and a shorter one for the reference."""
    kind, subject = KINDS[row.key.kind], _host(row)
    mine = " or ".join(sentence(kind, subject, values) for values in row.there[:MAX_VARIANTS])
    mine += _origin(row, rows, mine=True)
    variants = row.elsewhere[:MAX_VARIANTS]
    if all(map(has_value, (*row.there, *variants))):
        words = [shown_value(kind.name, values) for values in variants]
        theirs = kind.short.format(subject=subject, value=" or ".join(words))
    else:
        theirs = " or ".join(sentence(kind, subject, values) for values in variants)
    if len(row.elsewhere) > MAX_VARIANTS:
        theirs += f" or {len(row.elsewhere) - MAX_VARIANTS} other values"
    return mine, theirs + _origin(row, rows, mine=False)


def _host(row: Difference) -> str:
    """Return the subject of a sentence: DNS knows no ports."""
    if row.key.kind not in ("addresses", "hosts-file"):
        return row.key.subject
    name, mark, port = row.key.subject.rpartition(":")
    return name if mark and port.isdigit() else row.key.subject


def _origin(row: Difference, rows: Sequence[Difference], *, mine: bool) -> str:
    """Return where an address comes from, if that differs: the hosts file or a name server."""
    if row.key.kind not in ("addresses", "srv", "txt"):
        return ""
    for kind in ("hosts-file", "resolver"):
        for other in rows:
            if other.key.kind != kind or other.key.subject not in ("", row.key.subject):
                continue
            values = other.there if mine else other.elsewhere
            if kind == "hosts-file":
                return " (from the hosts file)" if any(values) else ""
            if len(values) == 1 and values[0]:
                return f" (according to {shown_value(kind, values[0])})"
    return ""


def _nothing(rows: Sequence[Difference], group: Group, others: Group) -> str:
    """Return that no difference explains the verdict, and what else could."""
    if rows:
        shown_names = enumeration([_name(row) for row in rows[:MAX_NAMES]])
        rest = len(rows) - MAX_NAMES
        more = f" and {rest} more" if rest > 0 else ""
        verb = _verb(rows)
        text = f"{shown_names}{more} {verb}, and none of it explains the failure"
        if len(rows) == 1:
            text = f"only {shown_names} {verb}, which does not explain the failure"
    else:
        text = "nothing in the evidence differs"
    if any((views[0].cause or "").startswith("auth.") for views in (group, others)):
        text += ". Reports contain no passwords: compare the passwords yourself"
    elif group[0].where == "from" and all(map(is_loopback, _hosts(group))):
        text += f". {enumeration(_hosts(group)[:MAX_NAMES])} is another server in each place"
    seconds = apart_s((*group, *others))
    if seconds is not None and seconds > APART_S:
        return f"{text}. The reports are {duration(seconds)} apart: the deployment may have changed"
    return text


def _hosts(group: Group) -> list[str]:
    """Return the hosts of a target, without its name in a configuration."""
    return sorted(name for name in group[0].target if not name.startswith("@"))


def same(views: Group, rows: Sequence[Row], *, complete: bool = True) -> str:
    """Return the sentence for reports with the same verdict, or without any.

    Args:
        views: All views; those without a verdict are not part of the sentence.
        rows: The facts that differ.
        complete: Whether there is a view of every place that was asked for.
    """
    finished_views = [view for view in views if view.state != "unfinished"]
    if len(finished_views) < 2:
        return "Too few of these runs came to a verdict to be compared"
    first = finished_views[0]
    where = "everywhere"
    if len(finished_views) == 2 and first.where == "in":
        where = "in both reports"
    elif len(finished_views) == 2 or len(finished_views) < len(views) or not complete:
        where = _places(finished_views)
    works = f"It works {where}"
    text = works if first.state == "works" else f"It fails {where} with {first.cause}"
    return f"{text}; {'what else differs is listed' if rows else 'nothing else differs'}"


def notes(views: Group) -> tuple[str, ...]:
    """Return what limits a comparison: runs that were interrupted, and other versions."""
    texts = [
        f"The run {_places([view])} was interrupted before it came to a verdict."
        for view in views
        if view.state == "unfinished"
    ]
    lacking = [view for view in views if "proxy" not in view.complete]
    if lacking and len(lacking) < len(views):
        texts.append(
            f"The report {_places(lacking)} has no facts about its machine: name servers, hosts "
            "file and proxies are not compared."
        )
    if len({view.anonymized for view in views}) > 1:
        texts.append(
            "These reports do not have the same pseudonyms, so hosts, addresses and other names "
            "are not compared. Make both with the same --anonymize-key."
        )
    return tuple(texts)


def capitalize(text: str) -> str:
    """Return a sentence with a capital letter, unless it begins with the code of a cause."""
    return text if "." in text.partition(" ")[0] else text[:1].upper() + text[1:]


def apart_s(views: Group) -> float | None:
    """Return the seconds between the first and the last report; None if a time is not known."""
    try:
        times = [datetime.fromisoformat(view.started_at) for view in views]
        return (max(times) - min(times)).total_seconds()
    except (ValueError, TypeError):
        return None


def duration(seconds: float) -> str:
    """Return a duration in the unit that fits it."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def stated_value(kind: str, values: Values | None) -> str:
    """Return a value for a table: ``?`` if it was not observed."""
    if values is None:
        return "?"
    return shown_value(kind, values) if values else "none"
