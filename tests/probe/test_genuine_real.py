"""Two real products that speak MongoDB's protocol, as processes on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.conftest import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Run

pytestmark = pytest.mark.server


def running(imitation: servers.Imitation, *options: str) -> Iterator[str]:
    """Yield the ``host:port`` of a product that ``tests/servers.py`` installed."""
    if not servers.place_of(imitation).exists():
        unavailable(f"python tests/servers.py did not install {imitation.requirement}")
    with servers.running_imitation(imitation, *options) as address:
        yield address


@pytest.fixture(scope="module")
def nx_27017() -> Iterator[str]:
    """A server that answers every command that it does not know with ``ok: 1``."""
    yield from running(servers.NX_27017)


@pytest.fixture(scope="module")
def secantus() -> Iterator[str]:
    """A server that names login mechanisms for every user. It requires a login."""
    yield from running(servers.SECANTUS, "--auth")


@pytest.fixture(params=["nx_27017", "secantus"])
def imitation(request: pytest.FixtureRequest) -> str:
    """Return the ``host:port`` of each product in turn."""
    address: str = request.getfixturevalue(request.param)
    return address


VERSIONS = ("7.0.0", "8.2.11")


def findings(report: dict[str, Any]) -> dict[str, str]:
    """Return the details of all findings by cause."""
    rows = [finding for layer in report["layers"] for finding in layer["findings"]]
    return {finding["cause"]: finding["detail"] for finding in rows}


def layer(report: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a layer of a report."""
    result: dict[str, Any] = next(row for row in report["layers"] if row["name"] == name)
    return result


def test_check_states_the_version_as_a_claim(
    imitation: str, run_mongoping: Callable[..., Run]
) -> None:
    report = run_mongoping("check", f"mongodb://{imitation}/", "--format", "json").json
    causes = findings(report)
    assert any(
        f"states MongoDB {version}, but" in causes["compat.not-genuine"] for version in VERSIONS
    )
    assert "MongoDB" not in layer(report, "compat")["summary"].replace("PyMongo", "")
    assert not {"compat.server-end-of-life", "compat.server-too-old"} & set(causes)


def test_topology_states_the_version_as_a_claim(
    imitation: str, run_mongoping: Callable[..., Run]
) -> None:
    run = run_mongoping("topology", f"mongodb://{imitation}/")
    assert run.code in (0, 16)
    assert any(f"states MongoDB {version}, wire" in run.out for version in VERSIONS)


def test_the_health_probe_answers(imitation: str, run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("smoke", f"mongodb://{imitation}/", "--probe")
    assert run.code == 0, run.out + run.err


def test_nothing_is_inferred_about_a_user(secantus: str, run_mongoping: Callable[..., Run]) -> None:
    report = run_mongoping("check", f"mongodb://ada:x@{secantus}/", "--format", "json").json
    assert report["verdict"]["cause"] == "auth.failed"
    others = str(report["verdict"]["alternatives"])
    assert "auth.user-not-found" in others
    assert "auth.wrong-auth-source" in others
    assert "exists" not in str({**report["verdict"], "alternatives": None})


def test_a_login_that_is_answered_without_its_fields_is_not_mongodb(
    nx_27017: str, run_mongoping: Callable[..., Run]
) -> None:
    """Every reply comes at once: the login is not unanswered."""
    run = run_mongoping("check", f"mongodb://ada:x@{nx_27017}/", "--format", "json")
    assert (run.code, run.json["verdict"]["cause"]) == (14, "hello.not-mongodb")


def test_an_empty_reply_does_not_show_that_access_control_is_off(
    nx_27017: str, run_mongoping: Callable[..., Run]
) -> None:
    report = run_mongoping("check", f"mongodb://{nx_27017}/", "--format", "json").json
    assert layer(report, "auth")["data"]["access_control"] is None
