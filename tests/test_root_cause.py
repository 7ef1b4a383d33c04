"""The root cause is the same in whatever order the catalog lists its causes.

The evidence is that of the tests of causes: made by hand, as checks would have left it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.model import Cause, Evidence, Match
from mongoping.uri.target import ParsedUri
from tests.causes.gathered import cause_pairs, has_order
from tests.causes.gathered import evidences as gathered
from tests.evidence import evidence as evidence_of
from tests.evidence import evidences
from tests.examples import examples

SEEDS = (1, 2, 3)


def shuffled(seed: int) -> list[object]:
    causes = [*registry.causes()]
    random.Random(seed).shuffle(causes)
    return causes


@pytest.fixture(scope="module")
def known() -> list[Evidence]:
    """All evidence of the tables. Far fewer would mean that the search for it is broken."""
    found = gathered()
    assert len(found) > 300
    return found


def test_the_diagnosis_does_not_depend_on_the_order_of_the_catalog(
    known: list[Evidence],
) -> None:
    """Verdict, findings and their order are equal, for all evidence of the tables."""
    orders = [shuffled(seed) for seed in SEEDS]
    differing = [
        (known_fault.results, usual, other)
        for known_fault in known
        for usual in [diagnose(known_fault, registry.causes())]
        for causes in orders
        if (other := diagnose(known_fault, causes)) != usual
    ]
    assert differing == []


@examples(60)
@given(evidences())
def test_nor_does_it_for_any_other_evidence(pair: tuple[ParsedUri, Evidence]) -> None:
    _, seen = pair
    assert diagnose(seen, shuffled(4)) == diagnose(seen, registry.causes())


def test_a_rule_orders_each_pair_of_errors_that_the_tables_have_in_one_layer(
    known: list[Evidence],
) -> None:
    pairs = {
        pair
        for known_fault in known
        for pair in cause_pairs(diagnose(known_fault, registry.causes()).findings)
    }
    assert pairs == set(), "state in `outranks` of one of the two causes that it is the root"


def test_outranked_causes_exist_are_of_the_same_layer_and_form_no_cycle() -> None:
    """Two causes of one layer can be ordered by one rule only, over any number of steps."""
    wrong = []
    for cause in registry.causes():
        below, waiting = set(), [*cause.outranks]
        while waiting:
            code = waiting.pop()
            other = registry.cause(code)
            if other is None or other.layer != cause.layer:
                wrong.append((cause.code, code))
            elif code not in below:
                below.add(code)
                waiting += other.outranks
        if cause.code in below:
            wrong.append((cause.code, cause.code))
    assert wrong == []


def test_no_two_causes_hide_each_other() -> None:
    """Both would be silent, and the failure would have no name."""
    hidden = {cause.code: {*cause.hidden_by} for cause in registry.causes()}
    mutual = [
        (code, other) for code in hidden for other in hidden[code] if code in hidden.get(other, ())
    ]
    assert mutual == []


def without_warnings(cause: Cause) -> Cause:
    """Return a cause that is true only where it is an error."""

    def kept(match: Match | str | None) -> Match | str | None:
        own = match.severity if isinstance(match, Match) else None
        return match if (own or cause.severity) == "error" else None

    once, each = cause.when, cause.when_host
    return cause.replace(
        when=once and (lambda evidence: kept(once(evidence))),
        when_host=each and (lambda evidence, host: kept(each(evidence, host))),
    )


def errors(seen: Evidence, causes: Sequence[Cause]) -> set[str]:
    """Return the errors of the catalog that are found."""
    rows = diagnose(seen, causes).findings
    named = {cause.code for cause in causes}
    return {row.cause for row in rows if row.severity == "error" and row.cause in named}


def test_no_error_of_the_tables_is_hidden_by_a_warning(known: list[Evidence]) -> None:
    """The driver works in spite of what a warning describes."""
    causes = [without_warnings(cause) for cause in registry.causes()]
    hidden = [
        missing
        for evidence in known
        if (missing := errors(evidence, causes) - errors(evidence, registry.causes()))
    ]
    assert hidden == []


@pytest.mark.parametrize("severity", ["warning", "error"])
def test_a_warning_hides_no_error_whatever_the_catalog_says(severity: str) -> None:
    """Each cause with each one that hides it; the look-alike is an error, which does."""
    wrong = []
    for cause in registry.causes():
        for code in cause.hidden_by:
            other = registry.cause(code)
            assert other is not None
            true = {"when": lambda evidence: "x", "when_host": None}
            echo = cause.replace(severity="error", **true)
            hiding = other.replace(severity=severity, **true)
            found = {row.cause for row in diagnose(evidence_of(), [echo, hiding]).findings}
            if (cause.code in found) is (severity == "error"):
                wrong.append((cause.code, code))
    assert wrong == []


def test_the_rules_are_needed() -> None:
    """At least one pair is ordered by a rule, so the search for pairs finds some."""
    assert has_order("tls.certificate-expired", "tls.hostname-mismatch")
    assert has_order("tls.hostname-mismatch", "tls.certificate-expired")
    assert not has_order("dns.timeout", "dns.host-not-found")
