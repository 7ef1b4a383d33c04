"""The answer does not depend on the order of causes in the catalog."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.examples import sample
from tests.explain.corpus import own

SEEDS = (1, 2)
EVERY_NTH = 6  # of the corpus, which takes long

PROGRAM = """
import json, random, sys
from mongoping import registry
causes = [*registry.causes()]
if seed := int(sys.argv[1]):
    random.Random(seed).shuffle(causes)
registry.causes = lambda: tuple(causes)
from mongoping.explaining import explain
for text in json.load(sys.stdin):
    found = explain(text)
    print(json.dumps([found.cause, found.confidence, found.alternatives]))
"""


def explain_all(texts: list[str], seed: int) -> list[str]:
    """Explain texts in another process, in which the catalog is shuffled unless seed is 0."""
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.splitlines()


def test_an_explanation_does_not_depend_on_the_order_of_the_catalog() -> None:
    texts = [entry.text for entry in sample(list(own()))][::EVERY_NTH]
    assert len(texts) > 30
    usual = explain_all(texts, 0)
    differing = [
        (text, before, after)
        for seed in SEEDS
        for text, before, after in zip(texts, usual, explain_all(texts, seed), strict=True)
        if before != after
    ]
    assert differing == []
