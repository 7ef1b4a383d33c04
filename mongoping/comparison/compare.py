"""Find the difference that decides: what is other where a target fails than where it works.

The views are grouped by verdict. Those that work, or else the largest group, are the reference.
A fact separates a group from the reference if no value of it occurs in both. Of the separating
facts, those explain the verdict that can bring about its cause (`mongoping.comparison.kinds`);
the one of the lowest layer decides, and its consequences are not named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mongoping.comparison import sentences
from mongoping.comparison.kinds import KINDS, NAMELESS, ORDER, Kind, label
from mongoping.comparison.record import (
    Comparison,
    Difference,
    Explanation,
    Key,
    Row,
    Values,
    View,
)
from mongoping.comparison.values import identity
from mongoping.units import milliseconds

LATENCY_RATIO = 3.0  # smaller ratios of medians occur between two runs on one machine
LATENCY_MS = 5.0  # smaller differences do not matter to a program
FASTEST_RATIO = 2.0  # of the fastest slow ping to the fast median: a longer path delays every ping
MIN_PINGS = 5  # fewer can all be delayed by a busy machine
CLOCK_S = 30.0  # of difference between two clocks; below, a slow reply could be the reason

Group = Sequence[View]


def compare(views: Sequence[View], *, complete: bool = True) -> Comparison:
    """Compare what two or more reports of one target say.

    Args:
        views: One for each report, from `mongoping.comparison.reading.view_of`; their names
            are unique. What they are is not checked here: `mongoping.comparison.documents` does.
        complete: Whether there is a view of every place that was asked for.
    """
    views = tuple(_with_measures(views))
    if len({view.anonymized for view in views}) > 1:
        views = tuple(map(_without_names, views))
    finished_views = [view for view in views if view.state != "unfinished"]
    groups = _groups(finished_views)
    rows = _rows(views)
    notes = sentences.notes(views)
    if len(groups) < 2:
        same = len(finished_views) > 1 or len(views) < 2
        sentence = sentences.same(views, rows, complete=complete)
        return Comparison(views, same, sentence, (), rows, notes)
    reference = _reference(groups)
    explanations = tuple(
        _explain(verdict, group, groups, reference)
        for verdict, group in groups.items()
        if verdict != reference
    )
    same = len({_verdict(view) for view in finished_views}) < 2
    text = ". ".join(sentences.capitalize(row.sentence) for row in explanations)
    return Comparison(views, same, text, explanations, rows, notes)


def _without_names(view: View) -> View:
    """Return a view without the facts that are names, or are about a name."""
    facts = {
        key: values
        for key, values in view.facts.items()
        if key.kind in NAMELESS or (key.kind == "option" and _is_number_or_switch(values))
    }
    return view.replace(facts=facts, complete=frozenset())


def _is_number_or_switch(values: Values) -> bool:
    return all(value.isdigit() or value in ("true", "false") for value in values)


def differ(verdicts: Sequence[tuple[str, str | None]]) -> bool:
    """Return whether status and cause of several reports show more than one verdict."""
    return len({cause if status == "fail" else None for status, cause in verdicts}) > 1


Verdict = tuple[str, ...]
"""What groups views: the cause, or the warnings where everything works."""


def _verdict(view: View) -> str | None:
    return view.cause or "unexplained" if view.state == "fails" else None


def _groups(views: Group) -> dict[Verdict, list[View]]:
    """Return the views by verdict; if all have the same, by their warnings."""
    by_warnings = len({_verdict(view) for view in views}) < 2
    groups: dict[Verdict, list[View]] = {}
    for view in views:
        verdict: Verdict = (_verdict(view) or "",)
        if by_warnings:
            verdict = (*verdict, *view.warnings)
        groups.setdefault(verdict, []).append(view)
    return groups


def _reference(groups: Mapping[Verdict, Group]) -> Verdict:
    """Return the verdict that the others are compared with: works, or else the most frequent."""
    works = [verdict for verdict in groups if not verdict[0]] if len(groups) > 1 else []
    if len(works) == 1:
        return works[0]
    if works:  # all work, with different warnings
        return min(works, key=len)
    return max(groups, key=lambda verdict: len(groups[verdict]))


def _explain(
    verdict: Verdict,
    group: Group,
    groups: Mapping[Verdict, Group],
    reference: Verdict,
) -> Explanation:
    others = groups[reference]
    news = [warning for warning in verdict[1:] if warning not in reference[1:]]
    missing_warnings = [warning for warning in reference[1:] if warning not in verdict[1:]]
    cause = (news or missing_warnings or [verdict[0]])[0]
    rows = differences(group, others)
    able = [row for row in rows if _can_explain(row, cause, group, others)]
    explains = _without_consequences(able)
    text = sentences.explanation(
        group,
        others,
        explains,
        rows,
        all_views=[view for views in groups.values() for view in views],
        warning=None if not verdict[1:] and not reference[1:] else (cause, bool(news)),
    )
    rest = tuple(row for row in rows if row not in able)
    return Explanation(tuple(view.name for view in group), cause, tuple(explains), rest, text)


def differences(group: Group, others: Group) -> list[Difference]:
    """Return the facts that separate two groups of views, lowest layer first."""
    rows = []
    for key in _keys((*group, *others)):
        there = [view.value(key) for view in group]
        elsewhere = [value for view in others if (value := view.value(key)) is not None]
        here = [value for value in there if value is not None]
        ids = [{identity(key.kind, value) for value in values} for values in (here, elsewhere)]
        if len(here) < len(there) or not elsewhere or ids[0] & ids[1]:
            continue
        kind = KINDS[key.kind]
        name = label(kind, key.subject)
        rows.append(
            Difference(
                key=key,
                label=name,
                layer=kind.layer,
                there=tuple(dict.fromkeys(here)),
                elsewhere=tuple(dict.fromkeys(elsewhere)),
            )
        )
    return rows


def _keys(views: Group) -> list[Key]:
    """Return the keys of all facts that are compared, lowest layer first."""
    keys = {key for view in views for key in view.facts if key.kind in KINDS}
    return sorted(keys, key=lambda key: (ORDER[key.kind], key.subject))


def _can_explain(row: Difference, cause: str, group: Group, others: Group) -> bool:
    kind = KINDS[row.key.kind]
    layer = cause.partition(".")[0]
    if cause == group[0].cause and group[0].layer is not None:
        layer = group[0].layer
    if not kind.can_explain(cause, layer, row.key.subject):
        return False
    hosts = {host for view in group for host in view.hosts}
    if hosts and row.key.subject not in hosts and _is_host(row.key.subject, group):
        return False
    if kind.name == "addresses":
        return not _same_server_tried(row.key.subject, group, others)
    if kind.name == "source":
        return _same_addresses(row.key.subject, group, others)
    if kind.name == "time":
        return _time_matters(group, others)
    return True


def _is_host(subject: str, group: Group) -> bool:
    """Return whether a fact is about a host, and not about an option or a name in DNS."""
    return any(Key("connected", subject) in view.facts for view in group)


def _same_server_tried(host: str, group: Group, others: Group) -> bool:
    """Return whether the group tried an address of a host that was reached elsewhere."""
    connected_addresses = {
        address for view in others for address in view.facts.get(Key("connected", host), ())
    }
    addresses = {
        address for view in group for address in view.facts.get(Key("addresses", host), ())
    }
    return bool(connected_addresses & addresses)


def _same_addresses(host: str, group: Group, others: Group) -> bool:
    """Return whether a host has an address that both groups know; literals have no lookup."""
    addresses_of_groups = [
        {address for view in views for address in view.facts.get(Key("addresses", host), ())}
        for views in (group, others)
    ]
    return not all(addresses_of_groups) or bool(addresses_of_groups[0] & addresses_of_groups[1])


def _time_matters(group: Group, others: Group) -> bool:
    """Return whether a certificate is valid at the time of one group, and not of the other."""
    for key in _keys(group):
        if key.kind != "certificate":
            continue
        for failing in group:
            for working in others:
                certificate = failing.facts.get(key)
                if certificate != working.facts.get(key) or certificate is None:
                    continue
                if not _valid(certificate, failing) and _valid(certificate, working):
                    return True
    return False


def _valid(certificate: Values, view: View) -> bool:
    """Return whether a certificate is valid when the report says that it was made."""
    begins, ends = certificate[2:4]
    return begins[:19] <= view.started_at[:19] <= ends[:19]


def _without_consequences(able: Sequence[Difference]) -> list[Difference]:
    """Return the differences that explain a verdict without those that follow from others."""
    follow: set[tuple[str, str]] = set()
    independent_rows = []
    for row in able:
        kind: Kind = KINDS[row.key.kind]
        same = {(name, row.key.subject) for name in kind.brings}
        if (kind.name, row.key.subject) in follow or (kind.name, "") in follow:
            continue
        independent_rows.append(row)
        follow |= same | {(name, "") for name in kind.brings}
    return independent_rows


def _rows(views: Group) -> tuple[Row, ...]:
    """Return every fact that was observed in several views and is not the same in all."""
    rows = []
    for key in _keys(views):
        values = tuple(view.value(key) for view in views)
        measures = [value for value in values if value is not None]
        ids = {identity(key.kind, value) for value in measures}
        if len(measures) > 1 and len(ids) > 1 and key.kind != "time":
            kind = KINDS[key.kind]
            rows.append(Row(key, label(kind, key.subject), kind.layer, values))
    return tuple(rows)


def _with_measures(views: Group) -> list[View]:
    """Return the views with facts for the numbers that differ by more than noise."""
    facts_to_add: dict[str, dict[Key, Values]] = {view.name: {} for view in views}
    medians = {view.name: view.numbers.get(Key("latency")) for view in views}
    enough = [view for view in views if view.numbers.get(Key("pings"), 0.0) >= MIN_PINGS]
    if _is_slower([view for view in enough if medians[view.name] is not None]):
        for name, value in medians.items():
            if value is not None:
                facts_to_add[name][Key("latency")] = (milliseconds(value),)
    clocks = {
        view.name: skew for view in views if (skew := view.numbers.get(Key("clock"))) is not None
    }
    if clocks and max(clocks.values()) - min(clocks.values()) > CLOCK_S:
        for name, skew in clocks.items():
            facts_to_add[name][Key("clock")] = (_clock(skew),)
    return [
        view.replace(facts={**view.facts, **facts_to_add[view.name]})
        if facts_to_add[view.name]
        else view
        for view in views
    ]


def _is_slower(views: Group) -> bool:
    """Return whether pings of some views take longer than noise can explain.

    The fastest ping of the slow view must also be slower than the median of the fast one, so
    that a busy machine does not count.
    """
    if len(views) < 2:
        return False
    fast = min(views, key=lambda view: view.numbers[Key("latency")])
    slow = max(views, key=lambda view: view.numbers[Key("latency")])
    low, high = fast.numbers[Key("latency")], slow.numbers[Key("latency")]
    fastest = slow.numbers.get(Key("fastest"), high)
    apart = high > LATENCY_RATIO * low and high - low > LATENCY_MS
    return apart and fastest > FASTEST_RATIO * low


def _clock(skew: float) -> str:
    size = abs(skew)
    if size < CLOCK_S:
        return "within 30 s of the server's"
    return f"{sentences.duration(size)} {'ahead of' if skew > 0 else 'behind'} the server's"
