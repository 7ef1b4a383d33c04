"""The mutations that the tests have to catch: one line of code each, and the tests that notice."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One defect: ``before`` occurs once in ``file`` and becomes ``after``."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "diagnosis: an interrupted run counts as complete",
        "mongoping/diagnosis.py",
        "    if evidence.interrupted:\n        return []\n",
        "",
        ("tests/test_diagnosis.py",),
    ),
)
