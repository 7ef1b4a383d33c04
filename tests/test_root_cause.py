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


def shuffle(seed: int) -> list[object]:
    causes = [*registry.causes()]
    random.Random(seed).shuffle(causes)
    return causes


@pytest.fixture(scope="module")
def table_evidence() -> list[Evidence]:
    """All evidence of the tables. Far fewer would mean that the search for it is broken."""
    evidence = gathered()
    assert len(evidence) > 300
    return evidence


def test_the_diagnosis_does_not_depend_on_the_order_of_the_catalog(
    table_evidence: list[Evidence],
) -> None:
    """Verdict, findings and their order are equal, for all evidence of the tables."""
    orders = [shuffle(seed) for seed in SEEDS]
    differing = [
        (known_fault.results, usual, other)
        for known_fault in table_evidence
        for usual in [diagnose(known_fault, registry.causes())]
        for causes in orders
        if (other := diagnose(known_fault, causes)) != usual
    ]
    assert differing == []


@examples(60)
@given(evidences())
def test_nor_does_it_for_any_other_evidence(pair: tuple[ParsedUri, Evidence]) -> None:
    _, evidence = pair
    assert diagnose(evidence, shuffle(4)) == diagnose(evidence, registry.causes())


def test_a_rule_orders_each_pair_of_errors_that_the_tables_have_in_one_layer(
    table_evidence: list[Evidence],
) -> None:
    pairs = {
        pair
        for known_fault in table_evidence
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
    hidden_by = {cause.code: {*cause.hidden_by} for cause in registry.causes()}
    mutual = [
        (code, other)
        for code in hidden_by
        for other in hidden_by[code]
        if code in hidden_by.get(other, ())
    ]
    assert mutual == []


def without_warnings(cause: Cause) -> Cause:
    """Return a cause that is true only where it is an error."""

    def keep(match: Match | str | None) -> Match | str | None:
        own = match.severity if isinstance(match, Match) else None
        return match if (own or cause.severity) == "error" else None

    once, each = cause.when, cause.when_host
    return cause.replace(
        when=once and (lambda evidence: keep(once(evidence))),
        when_host=each and (lambda evidence, host: keep(each(evidence, host))),
    )


def errors(evidence: Evidence, causes: Sequence[Cause]) -> set[str]:
    """Return the errors of the catalog that are found."""
    rows = diagnose(evidence, causes).findings
    codes = {cause.code for cause in causes}
    return {row.cause for row in rows if row.severity == "error" and row.cause in codes}


def test_no_error_of_the_tables_is_hidden_by_a_warning(table_evidence: list[Evidence]) -> None:
    """The driver works in spite of what a warning describes."""
    causes = [without_warnings(cause) for cause in registry.causes()]
    losses = [
        missing
        for evidence in table_evidence
        if (missing := errors(evidence, causes) - errors(evidence, registry.causes()))
    ]
    assert losses == []


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
            causes = {row.cause for row in diagnose(evidence_of(), [echo, hiding]).findings}
            if (cause.code in causes) is (severity == "error"):
                wrong.append((cause.code, code))
    assert wrong == []


def test_the_rules_are_needed() -> None:
    """At least one pair is ordered by a rule, so the search for pairs finds some."""
    assert has_order("tls.certificate-expired", "tls.hostname-mismatch")
    assert has_order("tls.hostname-mismatch", "tls.certificate-expired")
    assert not has_order("dns.timeout", "dns.host-not-found")
