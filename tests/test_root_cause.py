"""The root cause is the same in whatever order the catalogue lists its causes.

The evidence is that of the tests of causes: made by hand, as checks would have left it.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings

from mongoping import registry
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence
from mongoping.uri.target import Parsed
from tests.causes.gathered import evidences as gathered
from tests.causes.gathered import ordered, unordered
from tests.evidence import evidences

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


@pytest.mark.parametrize("seed", SEEDS)
def test_the_diagnosis_does_not_depend_on_the_order_of_the_catalogue(
    seed: int, known: list[Evidence]
) -> None:
    """Verdict, findings and their order are equal, for all evidence of the tables."""
    causes = shuffled(seed)
    differing = [
        (one.results, diagnose(one, registry.causes()), other)
        for one in known
        if (other := diagnose(one, causes)) != diagnose(one, registry.causes())
    ]
    assert differing == []


@settings(max_examples=60)
@given(evidences())
def test_nor_does_it_for_any_other_evidence(pair: tuple[Parsed, Evidence]) -> None:
    _, seen = pair
    assert diagnose(seen, shuffled(4)) == diagnose(seen, registry.causes())


def test_a_rule_orders_each_pair_of_errors_that_the_tables_have_in_one_layer(
    known: list[Evidence],
) -> None:
    pairs = {pair for one in known for pair in unordered(diagnose(one, registry.causes()).findings)}
    assert pairs == set()


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


def test_the_rules_are_needed() -> None:
    """At least one pair is ordered by a rule, so the search for pairs finds some."""
    assert ordered("tls.certificate-expired", "tls.hostname-mismatch")
    assert ordered("tls.hostname-mismatch", "tls.certificate-expired")
    assert not ordered("dns.timeout", "dns.host-not-found")
