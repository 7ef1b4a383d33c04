"""The only registry: what stands in a folder is found, whole, in an order that holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping import collect
from mongoping.model import EXIT_CODES, LAYERS

if TYPE_CHECKING:
    from mongoping.model import Cause, Check

ROOT = Path(collect.__file__).parent
CHECKS = collect.checks()
CAUSES = collect.causes()
CODES = {cause.code for cause in CAUSES}


def test_names_are_the_public_files_of_a_folder() -> None:
    """No list is kept beside them; what begins with an underscore helps others."""
    for package in ("checks", "causes", "formats", "cli"):
        files = {path.stem for path in (ROOT / package).glob("*.py")}
        assert set(collect.names(package)) == {one for one in files if one[0] != "_"}
        assert collect.names(package) == sorted(collect.names(package))


def test_every_check_has_a_name_of_its_own_and_a_layer_of_the_report() -> None:
    names = Counter(check.name for check in CHECKS)
    assert max(names.values()) == 1
    assert {check.layer for check in CHECKS} == set(LAYERS)
    assert all(check.summary for check in CHECKS)


def test_checks_come_in_the_order_of_layers() -> None:
    """Lowest layer first, and within a layer what others need comes before them."""
    order = [LAYERS.index(check.layer) for check in CHECKS]
    assert order == sorted(order)
    at = {check.name: number for number, check in enumerate(CHECKS)}
    for check in CHECKS:
        for name in (*check.needs, *check.after):
            same = CHECKS[at[name]].layer == check.layer
            assert not same or at[name] < at[check.name], (check.name, name)


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.name)
def test_a_check_waits_for_checks_that_there_are(check: Check) -> None:
    names = {one.name for one in CHECKS}
    assert {*check.needs, *check.after, *check.after_any} <= names - {check.name}


def test_no_two_checks_wait_for_each_other() -> None:
    """Taking away what waits for nothing leaves nothing in the end."""
    waits = {one.name: {*one.needs, *one.after, *one.after_any} for one in CHECKS}
    while waits:
        free = {name for name, others in waits.items() if not others & waits.keys()}
        assert free, waits
        waits = {name: others for name, others in waits.items() if name not in free}


def test_every_cause_stands_once() -> None:
    assert max(Counter(cause.code for cause in CAUSES).values()) == 1
    assert len(CAUSES) > 60
    assert collect.cause("auth.failed") in CAUSES
    assert collect.cause("auth.no-such-cause") is None


@pytest.mark.parametrize("cause", CAUSES, ids=lambda one: one.code)
def test_a_cause_names_causes_that_there_are(cause: Cause) -> None:
    """Echoes and alternatives lead to pages of the catalogue; its layer has an exit code."""
    assert set(cause.hidden_by) <= CODES - {cause.code}
    assert set(cause.alternatives) <= CODES - {cause.code}
    assert cause.layer in EXIT_CODES
    assert cause.remedies
    assert cause.when is not None or cause.says


def test_no_two_causes_hide_each_other() -> None:
    """Both would be silent, and nobody would be told anything."""
    hides = {cause.code: set(cause.hidden_by) for cause in CAUSES}
    both = [(a, b) for a, hiders in hides.items() for b in hiders if a in hides.get(b, ())]
    assert both == []
