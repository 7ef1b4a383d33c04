"""The records of a comparison: what a report says, what differs, and what that explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self

from mongoping.record import Record

State = Literal["works", "fails", "unfinished"]
"""``unfinished``: the run was interrupted before it could tell."""


Where = Literal["from", "in"]
"""The word before a name: ``from`` a place, ``in`` a file."""


class Key(NamedTuple):
    """What a fact is about: a kind of `mongoping.comparison.kinds`, and a host or an option."""

    kind: str
    subject: str = ""


Values = tuple[str, ...]
"""The value of a fact as texts, in a canonical order; empty if there is none."""
NO_FACTS: Mapping[Key, Values] = MappingProxyType({})
NO_NUMBERS: Mapping[Key, float] = MappingProxyType({})


class View(Record):
    """What one report says, in little space: its verdict, and the facts that can be compared.

    Attributes:
        name: the place or file of the report.
        state: whether the deployment works from there.
        where: the word before the name in a sentence.
        cause: the root cause if it fails.
        layer: the layer of that cause.
        title: the title of that cause.
        detail: its first line of evidence.
        hosts: the hosts that the failure concerns; empty for all.
        warnings: the causes of warnings, sorted.
        facts: the values by key; a key without an entry was not observed.
        complete: kinds of which every value was observed: no entry means that there is none.
        numbers: measured values by key, compared with a tolerance.
        target: names that identify the target: its configured name, its hosts, its SRV name.
        started_at: when the run started, in RFC 3339.
        anonymized: identifies the pseudonyms in place of names; None if the names are real.
    """

    name: str
    state: State
    where: Where = "from"
    cause: str | None = None
    layer: str | None = None
    title: str = ""
    detail: str = ""
    hosts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: Mapping[Key, Values] = NO_FACTS
    complete: frozenset[str] = frozenset()
    numbers: Mapping[Key, float] = NO_NUMBERS
    target: frozenset[str] = frozenset()
    started_at: str = ""
    anonymized: str | None = None

    def value(self, key: Key) -> Values | None:
        """Return the value of a fact, or None if it was not observed."""
        value = self.facts.get(key)
        return () if value is None and key.kind in self.complete else value

    def as_json(self) -> dict[str, Any]:
        """Return the view as types of JSON, to be sent in place of a report."""
        plain = {name: getattr(self, name) for name in self._fields}
        return plain | {
            "facts": [[*key, list(values)] for key, values in self.facts.items()],
            "numbers": [[*key, value] for key, value in self.numbers.items()],
            **{name: sorted(plain[name]) for name in ("complete", "target")},
            **{name: list(plain[name]) for name in ("hosts", "warnings")},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the view that `as_json` turned into types of JSON."""
        facts = {Key(kind, subject): tuple(values) for kind, subject, values in plain["facts"]}
        numbers = {Key(kind, subject): value for kind, subject, value in plain["numbers"]}
        changes: dict[str, Any] = {
            "facts": facts,
            "numbers": numbers,
            **{name: frozenset(plain[name]) for name in ("complete", "target")},
            **{name: tuple(plain[name]) for name in ("hosts", "warnings")},
        }
        return cls(**{**plain, **changes})


class Difference(Record):
    """A fact that has other values in some views than in the others.

    Attributes:
        label: what it is, such as ``addresses of db1:27017``.
        layer: the layer of a report that it belongs to.
        there: the values in the views that are explained.
        elsewhere: the values in the others.
    """

    key: Key
    label: str
    layer: str
    there: tuple[Values, ...]
    elsewhere: tuple[Values, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the difference as types of JSON."""
        return {
            "kind": self.key.kind,
            "subject": self.key.subject or None,
            "label": self.label,
            "layer": self.layer,
            "there": [list(values) for values in self.there],
            "elsewhere": [list(values) for values in self.elsewhere],
        }


class Explanation(Record):
    """Why some views have another verdict than the others.

    Attributes:
        views: the names of the views with this verdict.
        cause: their cause, or the warning that only they have.
        explains: the differences that can explain it, the deciding one first.
        others: the differences that cannot.
        sentence: the explanation in one sentence, without a period.
    """

    views: tuple[str, ...]
    cause: str
    explains: tuple[Difference, ...]
    others: tuple[Difference, ...]
    sentence: str

    @property
    def decides(self) -> Difference | None:
        """Return the difference that decides, or None if nothing observed explains the verdict."""
        return self.explains[0] if self.explains else None

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as types of JSON."""
        return {
            "views": list(self.views),
            "cause": self.cause,
            "sentence": self.sentence,
            "difference": self.decides.as_json() if self.decides else None,
            "also": [difference.as_json() for difference in self.explains[1:]],
        }


class Row(Record):
    """A fact that is not the same in all views, with its value in each; None: not observed."""

    key: Key
    label: str
    layer: str
    values: tuple[Values | None, ...]


class Comparison(Record):
    """The result of a comparison.

    Attributes:
        same: whether all views have the same verdict.
        sentence: what the comparison found, in one or more sentences without a final period.
        explanations: one for each group of views whose verdict differs from the reference.
        rows: every fact that differs, lowest layer first.
        notes: what limits the comparison, each as a sentence.
    """

    views: tuple[View, ...]
    same: bool
    sentence: str
    explanations: tuple[Explanation, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as types of JSON."""
        return {
            "same_verdict": self.same,
            "sentence": self.sentence,
            "views": [_view(view) for view in self.views],
            "explanations": [explanation.as_json() for explanation in self.explanations],
            "differences": [_row(row, self.views) for row in self.rows],
            "notes": list(self.notes),
        }


def _view(view: View) -> dict[str, Any]:
    return {
        "name": view.name,
        "state": view.state,
        "cause": view.cause,
        "warnings": list(view.warnings),
        "started_at": view.started_at,
    }


def _row(row: Row, views: Sequence[View]) -> dict[str, Any]:
    return {
        "kind": row.key.kind,
        "subject": row.key.subject or None,
        "label": row.label,
        "layer": row.layer,
        "values": {
            view.name: None if values is None else list(values)
            for view, values in zip(views, row.values, strict=True)
        },
    }
