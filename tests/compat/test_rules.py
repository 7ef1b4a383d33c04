"""Compatibility facts, look-ups and rows, without a socket or a clock."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.compat import rules as compat
from mongoping.compat import versions
from mongoping.compat.facts import facts

TODAY = date(2026, 11, 22)


def row(rows: tuple[compat.Row, ...], subject: str) -> compat.Row:
    (match,) = [row for row in rows if row.subject == subject]
    return match


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("8", (8, 0, 0, 0)),
        ("8.0", (8, 0, 0, 0)),
        (" v6.0.5 ", (6, 0, 5, 0)),
        ("4.9b1", (4, 9, 0, 0)),
        ("8.1.0-rc1", (8, 1, 0, 0)),
        ("4.21.0.dev0", (4, 21, 0, 0)),
        ("4.10", (4, 10, 0, 0)),
    ],
)
def test_a_version_is_its_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert versions.release(text) == numbers


@pytest.mark.parametrize(
    "text", ["", "latest", "8.", "8..0", "-1", "8 0", "\u096e.\u0966", "9" * 50, "4,4"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        versions.release(text)


@given(st.tuples(*[st.integers(0, 9999)] * 4))
def test_numbers_survive_being_written_and_read(numbers: tuple[int, int, int, int]) -> None:
    assert versions.release(".".join(map(str, numbers))) == numbers


@pytest.mark.parametrize(
    ("spec", "version", "is_allowed"),
    [
        (">=4.9,<4.10", "4.9.2", True),
        (">=4.9,<4.10", "4.10.1", False),
        (">=3.6.2", "3.6.1", False),
        (">=2.7,!=3.0.*,!=3.1.*", "3.1.4", False),
        (">=2.7,!=3.0.*,!=3.1.*", "3.10", True),
        ("!=4.1", "4.1.1", True),
        (">=2.6.1,<3.0.0", "3.0.0", False),
    ],
)
def test_requirements_are_compared_by_number(spec: str, version: str, is_allowed: bool) -> None:
    assert versions.allows(spec, version) is is_allowed


def test_a_requirement_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not a requirement"):
        versions.allows("~=4.0", "4.1")


def test_every_requirement_and_version_of_the_facts_can_be_read() -> None:
    for support in facts().pymongo:
        assert versions.release(support.min_server) <= versions.release(support.max_server)
        assert support.min_wire <= support.max_wire
        for spec in (support.python, support.dnspython):
            assert spec is None or versions.allows(spec, "3.11") in (True, False)
    for support in facts().motor:
        assert versions.allows(support.pymongo, "4.8") in (True, False)
        assert versions.allows(support.python, support.python_tested[1])


def test_the_wire_versions_of_pymongo_are_those_of_its_servers() -> None:
    """Two sources, one truth: the driver's constants and the servers' own numbers agree."""
    for support in facts().pymongo:
        assert compat.server_of_wire(support.max_wire) == support.max_server
        assert compat.server_of_wire(support.min_wire) == support.min_server


def test_the_installed_driver_enforces_what_the_table_says() -> None:
    """The driver is the judge: its own constants, where the table knows its series."""
    import pymongo
    from pymongo import common

    wire_range = compat.pymongo_range(pymongo.version)
    if wire_range is None:
        pytest.skip(f"PyMongo {pymongo.version} is newer than the table")
    assert wire_range.min_wire == common.MIN_SUPPORTED_WIRE_VERSION
    assert wire_range.max_wire == common.MAX_SUPPORTED_WIRE_VERSION
    assert wire_range.min_server == common.MIN_SUPPORTED_SERVER_VERSION


def test_the_facts_are_in_order_and_each_has_a_source() -> None:
    for table in (facts().servers, facts().pymongo, facts().motor):
        order = [versions.release(support.series) for support in table]
        assert order == sorted(set(order))
    sources = [server.wire_source for server in facts().servers]
    sources += [support.source for table in (facts().pymongo, facts().motor) for support in table]
    assert all(sources)


@pytest.mark.parametrize(
    ("wire", "server"), [(0, "2.4"), (9, "4.4"), (13, "5.0"), (17, "6.0"), (29, "9.0"), (31, None)]
)
def test_a_wire_version_names_the_server(wire: int, server: str | None) -> None:
    assert compat.server_of_wire(wire) == server


@pytest.mark.parametrize(
    ("server", "newest", "pin"),
    [
        ("3.6", "4.10", "pymongo<4.11"),
        ("4.0.28", "4.13", "pymongo<4.14"),
        ("4.2", "4.17", "pymongo<4.18"),
        ("4.4", facts().pymongo[-1].series, None),
        ("2.4", None, None),
    ],
)
def test_old_servers_have_a_newest_driver(server: str, newest: str | None, pin: str | None) -> None:
    pymongo_range = compat.newest_pymongo_for(server)
    assert (pymongo_range.series if pymongo_range else None) == newest
    assert compat.pymongo_pin(server) == pin


@pytest.mark.parametrize(
    ("server", "day", "status", "words"),
    [
        ("5.0.4", TODAY, "warn", "end of life on 2024-10-31"),
        ("8.0", TODAY, "ok", "supported until 2029-10-31"),
        ("7.0", date(2027, 8, 31), "ok", "supported until"),
        ("7.0", date(2027, 9, 1), "warn", "end of life on 2027-08-31"),
        ("6.3", TODAY, "warn", "MongoDB 7.0 followed in 2023-08"),
        ("6.3", date(2023, 6, 1), "ok", "no end of life published"),
        ("2.4", TODAY, "warn", "out of support"),
        ("8.3", TODAY, "ok", "no end of life published"),
        ("9.0", TODAY, "ok", "no end of life published"),
        ("4.9", TODAY, "warn", "pre-release"),
        ("47.11", TODAY, "warn", "not in mongoping's table"),
    ],
)
def test_support_of_a_server_is_a_question_about_a_day(
    server: str, day: date, status: str, words: str
) -> None:
    support = row(compat.check(day, server=server), "MongoDB support")
    assert (support.status, words in support.words) == (status, True), support


def test_nothing_follows_from_a_version_that_is_imitated() -> None:
    assert compat.check_server(TODAY, "4.0", pymongo="4.20.0", genuine=False) == ()
    assert compat.check_server(TODAY, "4.0", pymongo="4.20.0") != ()


@pytest.mark.parametrize(
    ("pymongo", "server", "status"),
    [
        ("4.20.0", "4.2.24", "fail"),
        ("4.20.0", "4.4.0", "ok"),
        ("4.17.0", "4.2.24", "ok"),
        ("4.13.2", "9.0", "warn"),
        ("4.99", "9.0", "ok"),
        ("4.99", "4.2", "fail"),
        ("2.9", "3.0", "warn"),
    ],
)
def test_a_driver_has_a_floor_and_knows_up_to_a_ceiling(
    pymongo: str, server: str, status: str
) -> None:
    assert row(compat.check(TODAY, server=server, pymongo=pymongo), "MongoDB").status == status


def test_the_row_of_a_server_too_old_gives_the_numbers_and_the_command() -> None:
    server_row = row(compat.check(TODAY, server="4.2", pymongo="4.20.0"), "MongoDB")
    assert server_row.cause == "compat.server-too-old"
    assert "needs MongoDB 4.4" in server_row.words
    assert "PyMongo 4.17" in server_row.words
    assert server_row.remedy is not None
    assert server_row.remedy.command == 'python -m pip install "pymongo<4.18"'


@pytest.mark.parametrize(
    ("pymongo", "python", "implementation", "status", "cause"),
    [
        ("4.20.0", "3.10.4", "CPython", "fail", "client.python-too-old"),
        ("4.20.0", "3.11.0", "CPython", "ok", None),
        ("4.15.1", "3.15.0", "CPython", "warn", "client.python-too-new"),
        ("4.19.0", "3.11.0", "PyPy", "warn", None),
        ("4.18.0", "3.11.0", "PyPy", "ok", None),
        ("3.11.0", "3.12.0", "CPython", "ok", None),
        ("3.7.0", "3.6", "CPython", "warn", None),
    ],
)
def test_a_driver_asks_for_a_python(
    pymongo: str, python: str, implementation: str, status: str, cause: str | None
) -> None:
    rows = compat.check(TODAY, pymongo=pymongo, python=python, implementation=implementation)
    python_row = row(rows, "Python")
    assert (python_row.status, python_row.cause) == (status, cause)


def test_the_remedy_for_an_old_python_is_a_driver_that_installs_on_it() -> None:
    python_row = row(compat.check(TODAY, pymongo="4.20.0", python="3.9"), "Python")
    assert python_row.remedy is not None
    assert python_row.remedy.command == 'python -m pip install "pymongo==4.18.*"'


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        (date(2025, 5, 13), "supported"),
        (date(2025, 5, 14), "deprecated"),
        (date(2026, 5, 14), "critical"),
        (date(2027, 5, 14), "ended"),
    ],
)
def test_the_support_of_motor_shrinks_in_steps(day: date, phase: str) -> None:
    assert compat.motor_status("3.7.1", day).phase == phase
    expected = "ok" if phase == "supported" else "warn"
    assert row(compat.check(day, motor="3.7.1"), "Motor").status == expected


@pytest.mark.parametrize(
    ("motor", "pymongo", "status"),
    [
        ("3.7.1", "4.20.0", "ok"),
        ("3.7.1", "4.8.0", "fail"),
        ("3.6.1", "4.10.1", "fail"),
        ("3.3.2", "4.8.0", "ok"),
        ("3.3.2", "4.9.0", "fail"),
        ("1.0", "3.10", "warn"),
    ],
)
def test_motor_works_with_some_drivers_only(motor: str, pymongo: str, status: str) -> None:
    """Motor 3.0 to 3.4 allow PyMongo 4.9 in their metadata, and break with it."""
    motor_row = row(compat.check(TODAY, motor=motor, pymongo=pymongo), "Motor's PyMongo")
    assert motor_row.status == status


def test_motor_has_a_python_and_servers_of_its_own() -> None:
    rows = compat.check(TODAY, motor="3.7.1", python="3.14", server="9.0")
    assert row(rows, "Motor's Python").status == "warn"
    assert row(rows, "Motor's MongoDB").status == "warn"
    old = compat.check(TODAY, motor="3.7.1", python="3.8", server="4.4")
    assert row(old, "Motor's Python").status == "fail"
    assert row(old, "Motor's MongoDB").status == "ok"


@pytest.mark.parametrize(
    ("pymongo", "status", "cause"),
    [
        ("4.8.0", "warn", "client.driver-too-old"),
        ("4.9.0", "warn", "compat.driver-end-of-life"),
        ("4.12.1", "warn", "compat.driver-end-of-life"),
        ("4.13.0", "ok", None),
        ("5.0", "ok", None),
    ],
)
def test_the_async_api_came_as_a_beta(pymongo: str, status: str, cause: str | None) -> None:
    async_row = row(compat.check(TODAY, pymongo=pymongo), "Async API")
    assert (async_row.status, async_row.cause) == (status, cause)


@pytest.mark.parametrize(("pymongo", "faults"), [("4.13.0", 3), ("4.13.2", 1), ("4.15.0", 1)])
def test_releases_with_known_faults_are_told_what_was_mended(pymongo: str, faults: int) -> None:
    pymongo_row = row(compat.check(TODAY, pymongo=pymongo), "PyMongo")
    assert pymongo_row.words.count(",") == faults - 1
    assert pymongo_row.remedy is not None
    assert pymongo_row.remedy.command == 'python -m pip install "pymongo>=4.15.1"'


def test_a_release_without_known_faults_has_no_such_row() -> None:
    assert "PyMongo" not in {row.subject for row in compat.check(TODAY, pymongo="4.15.1")}


def test_old_servers_ignore_the_stable_api_and_new_pythons_cannot_use_their_tls() -> None:
    rows = compat.check(TODAY, server="4.0.3", python="3.11")
    assert row(rows, "Stable API").status == "warn"
    assert row(rows, "TLS").status == "warn"
    newer = compat.check(TODAY, server="5.0", python="3.11")
    assert row(newer, "Stable API").status == "ok"
    assert "TLS" not in {support.subject for support in newer}


def test_dnspython_has_a_range_for_each_driver() -> None:
    old = compat.check(TODAY, pymongo="4.20.0", dnspython="2.6.1")
    assert row(old, "dnspython").status == "warn"
    assert row(compat.check(TODAY, pymongo="4.17.0", dnspython="2.6.1"), "dnspython").status == "ok"


def test_nothing_asked_is_nothing_said() -> None:
    assert compat.check(TODAY) == ()


@pytest.mark.parametrize("name", ["server", "pymongo", "python", "motor", "dnspython"])
def test_a_word_instead_of_a_version_is_an_error(name: str) -> None:
    version_options = {"pymongo": "4.20", "python": "3.11", name: "latest"}
    with pytest.raises(ValueError, match="is not a version"):
        compat.check(TODAY, **version_options)
