"""The cause of a place in which mongoping could not run. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from mongoping.causes import places
from mongoping.model import Evidence
from mongoping.places.place import KINDS
from tests.causes.table import is_complete, is_silent, is_true, match_of
from tests.evidence import evidence, failed

CODE = "client.place-unusable"


def unusable(reason: str, kind: str = "ssh", address: str = "app", **more: Any) -> Evidence:
    """The evidence of a place, as `mongoping.places.gather` makes it."""
    words = f"{kind}:{address}: it has no shell"
    facts = {"reason": reason, "kind": kind, "address": address}
    failure = failed("import", "place", message=words, **more)
    assert failure.failure is not None
    return evidence(failure.replace(failure=failure.failure.replace(facts=facts)))


TRUE = [(CODE, unusable("no-shell"), "ssh:app: it has no shell")]
FALSE = [(CODE, evidence(failed("import", "import", module="pymongo")))]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_it_is_true(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_failed_import_is_another_cause(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_has_a_look_alike() -> None:
    is_complete([places], TRUE, FALSE)


@pytest.mark.parametrize(
    ("reason", "kind", "address", "command"),
    [
        ("denied", "ssh", "ada@app", "ssh ada@app true"),
        ("host-key", "ssh", "//ada@app:2222", "ssh ssh://ada@app:2222 true"),
        ("unknown-name", "docker", "orders", "docker ps --all --filter name=orders"),
        ("unknown-name", "kubectl", "orders", "kubectl get pods"),
        ("not-running", "kubectl", "shop/orders", "kubectl get pods -n shop"),
        (
            "no-shell",
            "kubectl",
            "shop/orders/main",
            "kubectl debug -n shop orders -it --image=debian:stable --target=main "
            "--container=debug -- bash",
        ),
        ("no-shell", "docker", "orders", "mongoping diff here.json there.json"),
        ("no-file", "ssh", "app", "python -m tools.bundle exe"),
    ],
)
def test_the_command_leads_to_the_place(reason: str, kind: str, address: str, command: str) -> None:
    match = match_of(CODE, unusable(reason, kind, address))
    assert match is not None
    commands = [getattr(remedy, "command", None) for remedy in match.remedies]
    assert next(filter(None, commands)) == command


def test_its_links_are_about_the_programs_that_lead_to_a_place() -> None:
    (cause,) = places.CAUSES
    for program in KINDS:
        assert any(program in link for link in cause.links)
    assert not any("mongodb.com" in link for link in cause.links)
