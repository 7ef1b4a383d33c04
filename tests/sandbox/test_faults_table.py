"""The table of faults: each is told, each leads to a cause, and all are found."""

from __future__ import annotations

from mongoping import registry
from mongoping.cli import causes
from mongoping.exit_codes import EXIT_CODES
from mongoping.sandbox.fault import Fault, FaultKind, fault, faults


def test_each_fault_has_a_title_and_a_cause_of_the_catalog() -> None:
    assert {code: wrong for code, kind in faults().items() if (wrong := mistakes(kind))} == {}


def mistakes(kind: FaultKind) -> list[str]:
    """Return what is wrong with the record of a fault."""
    cause = registry.cause(kind.code.partition(":")[0])
    layer = kind.layer or kind.code.partition(".")[0]
    wrong = {
        "it has no title: write a docstring": not kind.title,
        "the title (its docstring's first line) does not end with a period": (
            kind.title != "" and not kind.title.endswith(".")
        ),
        "the title is too long": len(kind.title) >= 100,
        "the catalog has no such cause": cause is None,
        "the cause is in another layer": cause is not None and layer != cause.layer,
        f"there is no command {kind.preset}": kind.preset not in registry.names("cli"),
    }
    return [mistake for mistake, is_wrong in wrong.items() if is_wrong]


def test_the_catalog_finds_the_same_faults_without_importing_them() -> None:
    assert set(causes.faults()) == set(faults())


def test_a_variant_stands_beside_its_plain_fault() -> None:
    """So that the code of a cause is always a fault that can be made."""
    table = faults()
    assert all(code.partition(":")[0] in table for code in table)


def test_a_fault_is_told_its_code_and_exit_code() -> None:
    def source() -> object:
        """It is broken.

        And this is no title.
        """
        yield Fault("mongodb://localhost/")

    kind = fault("tls.unknown-ca:odd")(source)  # type: ignore[arg-type]
    assert kind.title == "It is broken."
    with kind.make() as instance:
        assert (instance.code, instance.cause) == ("tls.unknown-ca:odd", "tls.unknown-ca")
        assert instance.expect_exit == EXIT_CODES["tls"]
        assert not instance.has_remedy
    with fault("tls.unknown-ca", warning=True)(source).make() as instance:  # type: ignore[arg-type]
        assert instance.expect_exit == 0


def test_a_fault_shows_no_connection_string() -> None:
    fault = Fault("mongodb://ada:secret@localhost/", remedy_uri="mongodb://ada:secret@localhost/")
    assert "secret" not in repr(fault)
