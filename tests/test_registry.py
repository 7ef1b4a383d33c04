"""The only registry: it finds everything in a folder, always in the same order."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from mongoping import registry
from mongoping.causes.messages import patterns_of
from mongoping.model import LAYERS, remedy_of

ROOT = Path(registry.__file__).parent
CHECKS = registry.checks()
CAUSES = registry.causes()
CODES = {cause.code for cause in CAUSES}


def test_names_are_the_public_files_of_a_folder() -> None:
    """No list is kept beside them; what begins with an underscore helps others."""
    for package in ("checks", "causes", "formats", "cli"):
        files = {path.stem for path in (ROOT / package).glob("*.py")}
        assert set(registry.names(package)) == {file for file in files if file[0] != "_"}
        assert registry.names(package) == sorted(registry.names(package))


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


def test_every_check_waits_only_for_other_checks_that_exist() -> None:
    names = {check.name for check in CHECKS}
    for check in CHECKS:
        assert {*check.needs, *check.after, *check.after_any} <= names - {check.name}, check.name


def test_no_two_checks_wait_for_each_other() -> None:
    """Taking away what waits for nothing leaves nothing in the end."""
    waits = {check.name: {*check.needs, *check.after, *check.after_any} for check in CHECKS}
    while waits:
        free = {name for name, others in waits.items() if not others & waits.keys()}
        assert free, waits
        waits = {name: others for name, others in waits.items() if name not in free}


def test_every_cause_stands_once() -> None:
    assert max(Counter(cause.code for cause in CAUSES).values()) == 1
    assert len(CAUSES) > 60
    assert registry.cause("auth.failed") in CAUSES
    assert registry.cause("auth.no-such-cause") is None


def test_every_cause_refers_only_to_other_causes_that_exist() -> None:
    unknown_names = {
        cause.code: names - CODES | names & {cause.code}
        for cause in CAUSES
        for names in [{*cause.hidden_by, *cause.alternatives}]
    }
    assert {code: names for code, names in unknown_names.items() if names} == {}


def test_every_cause_can_be_found_by_evidence_or_by_text() -> None:
    assert [cause.code for cause in CAUSES if not (cause.is_decided or patterns_of(cause))] == []


def test_a_remedy_begins_with_a_verb_not_with_a_label() -> None:
    label = re.compile(r"(?:Package|Docker|Kubernetes|Compose|Windows|macOS|Linux)\b[^.:]*: [a-z]")
    texts = [remedy_of(row).text for cause in CAUSES for row in cause.remedies]

    assert [text for text in texts if label.match(text)] == []
