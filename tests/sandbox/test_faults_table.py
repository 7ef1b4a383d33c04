"""The table of faults: each is told, each leads to a cause, and all are found."""

from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.cli import causes
from mongoping.exit_codes import EXIT_CODES
from mongoping.sandbox.fault import Fault, FaultKind, fault, faults


@pytest.mark.parametrize("kind", faults().values(), ids=list(faults()))
def test_each_fault_has_a_title_and_a_cause_of_the_catalogue(kind: FaultKind) -> None:
    assert kind.title.endswith(".")
    assert len(kind.title) < 100
    known = {one.code: one for one in registry.causes()}
    cause = known[kind.code.partition(":")[0]]
    assert (kind.layer or kind.code.partition(".")[0]) == cause.layer
    assert kind.preset in registry.names("cli")


def test_the_catalogue_finds_the_same_faults_without_importing_them() -> None:
    assert set(causes.faults()) == set(faults())


def test_a_variant_stands_beside_its_plain_fault() -> None:
    """So that the code of a cause is always a fault that can be made."""
    known = faults()
    assert all(code.partition(":")[0] in known for code in known)


def test_a_fault_is_told_its_code_and_exit_code() -> None:
    def source() -> object:
        """It is broken.

        And this is no title.
        """
        yield Fault("mongodb://localhost/")

    kind = fault("tls.unknown-ca:odd")(source)  # type: ignore[arg-type]
    assert kind.title == "It is broken."
    with kind.make() as made:
        assert (made.code, made.cause) == ("tls.unknown-ca:odd", "tls.unknown-ca")
        assert made.expect_exit == EXIT_CODES["tls"]
        assert not made.has_remedy
    with fault("tls.unknown-ca", warning=True)(source).make() as made:  # type: ignore[arg-type]
        assert made.expect_exit == 0


def test_a_fault_shows_no_connection_string() -> None:
    made = Fault("mongodb://ada:secret@localhost/", remedy_uri="mongodb://ada:secret@localhost/")
    assert "secret" not in repr(made)
