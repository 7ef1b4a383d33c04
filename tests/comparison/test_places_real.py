"""Real reports from several networks about one mongod, and the difference that decides."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.comparison.compare import compare
from mongoping.comparison.reading import view_of
from mongoping.comparison.record import Comparison
from tests.comparison.places import Place, build_clock
from tests.comparison.places import reports as reports_of
from tests.conftest import having, validate
from tests.networks import NAME, RIGHT_DNS, SERVER, WRONG, WRONG_DNS, has_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Run

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not has_namespaces(), reason="needs network namespaces"),
]

TLS = f"mongodb://{NAME}:PORT/?directConnection=true&tls=true"
# all places run at once, and a busy machine needs more time than the default
PATIENT = ("--timeout", "60")
PLACES = (
    Place("laptop", "10.77.0.101", options=PATIENT),
    Place("server", "10.77.0.102", options=PATIENT),
    Place("other-dns", "10.77.0.103", dns=WRONG_DNS),
    Place("hosts-file", "10.77.0.104", hosts=f"127.0.0.1 localhost\n{WRONG} {NAME}\n"),
    Place("no-route", "10.88.0.105", has_route=False, hosts=f"{SERVER} {NAME}\n"),
    Place("trusting", "10.77.0.106", uri=TLS, environment={"SSL_CERT_FILE": "CA"}, options=PATIENT),
    Place(
        "distrusting",
        "10.77.0.107",
        uri=TLS,
        environment={"SSL_CERT_FILE": "OTHER"},
        options=PATIENT,
    ),
    Place("no-dns", "10.77.0.108", dns="10.77.0.7", options=("--timeout", "3")),
)

WITHOUT_CLOCK = len(PLACES)
LATE = {"SSL_CERT_FILE": "CA", "LD_PRELOAD": "CLOCK"}
if shutil.which("cc"):
    PLACES += (Place("late", "10.77.0.109", uri=TLS, environment=LATE, options=PATIENT),)

Reports = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder with the report of every place."""
    with having():
        folder = tmp_path_factory.mktemp("places")
        assert build_clock(folder) or len(PLACES) == WITHOUT_CLOCK
        reports_of(PLACES, folder)
        yield folder


@pytest.fixture(scope="module")
def reports(folder: Path) -> Reports:
    return {place.name: json.loads((folder / f"{place.name}.json").read_text()) for place in PLACES}


def comparison_of(reports: Reports, *names: str) -> Comparison:
    return compare([view_of(name, reports[name]) for name in names])


def test_every_report_follows_the_schema(reports: Reports) -> None:
    for report in reports.values():
        validate(report)
    working = {name for name, report in reports.items() if report["verdict"] is None}
    assert working == {"laptop", "server", "trusting"}


def test_another_answer_from_dns(reports: Reports) -> None:
    assert comparison_of(reports, "laptop", "server", "other-dns").sentence == (
        f"Fails from other-dns only: there {NAME} resolves to {WRONG} (according to {WRONG_DNS}), "
        f"elsewhere to {SERVER} (according to {RIGHT_DNS})"
    )


def test_an_entry_in_the_hosts_file(reports: Reports) -> None:
    assert comparison_of(reports, "laptop", "hosts-file").sentence == (
        f"Fails from hosts-file only: there {NAME} resolves to {WRONG} (from the hosts file), "
        f"from laptop to {SERVER}"
    )


def test_no_route(reports: Reports) -> None:
    sentence = comparison_of(reports, "laptop", "no-route").sentence
    assert sentence.startswith("Fails from no-route only: there no route leads to")
    assert sentence.endswith("leave from 10.77.0.101")


def test_a_silent_name_server(reports: Reports) -> None:
    sentence = comparison_of(reports, "laptop", "no-dns").sentence
    assert f"through 10.77.0.7, from laptop through {RIGHT_DNS}" in sentence


def test_another_trust_store(reports: Reports) -> None:
    (explanation,) = comparison_of(reports, "trusting", "distrusting").explanations
    assert explanation.cause == "tls.unknown-ca"
    assert explanation.decides is not None
    assert explanation.decides.key.kind == "trust"
    assert len(explanation.explains) == 1


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_another_clock(reports: Reports) -> None:
    sentence = comparison_of(reports, "trusting", "late").sentence
    assert "there the clock says 2040-01-01" in sentence


def test_each_place_has_its_own_explanation(reports: Reports) -> None:
    """The matrix of a fleet: what is the same everywhere is never named."""
    names = ("laptop", "server", "other-dns", "hosts-file", "no-route")
    rows = comparison_of(reports, *names).explanations
    assert {row.views: row.decides and row.decides.key.kind for row in rows} == {
        ("other-dns", "hosts-file"): "addresses",
        ("no-route",): "source",
    }


def test_two_places_where_it_works_differ_in_nothing_that_matters(reports: Reports) -> None:
    result = comparison_of(reports, "laptop", "server")
    assert result.same
    assert {row.key.kind for row in result.rows} <= {"source"}


def test_the_command_compares_the_files(folder: Path, run_mongoping: Callable[..., Run]) -> None:
    files = (str(folder / "laptop.json"), str(folder / "other-dns.json"))
    run = run_mongoping("diff", *files, "--width", "80")
    assert run.code == 1
    assert run.out.startswith(
        f"✗ Fails in other-dns.json only: there {NAME} resolves to 10.77.0.6\n"
    )
