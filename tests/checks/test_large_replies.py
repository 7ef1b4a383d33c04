"""A path that loses large packets: short replies arrive, that to buildInfo does not.

Simulated by a server that leaves buildInfo unanswered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox.played import SimulatedServer, Wire, standalone
from tests.checks.real import check_uri

if TYPE_CHECKING:
    from mongoping.model import Report


def warnings(report: Report) -> dict[str, str]:
    """Return the details of all findings by cause."""
    rows = [finding for layer in report.layers for finding in layer.findings]
    return {finding.cause: finding.match.detail for finding in rows}


def test_the_step_whose_reply_was_lost_is_named() -> None:
    with SimulatedServer(standalone() | {"buildInfo": Wire(b"")}) as server:
        _, report = check_uri(f"mongodb://{server.address}/")
    assert report.verdict is None
    detail = warnings(report)["ping.slow"]
    assert "buildInfo got no reply within" in detail
    assert "hello took" not in detail


def test_an_error_for_buildinfo_is_not_slow() -> None:
    """The look-alike: a server that does not have the command answers at once."""
    with SimulatedServer(
        standalone() | {"buildInfo": {"ok": 0.0, "code": 59, "errmsg": "no"}}
    ) as server:
        _, report = check_uri(f"mongodb://{server.address}/")
    assert "ping.slow" not in warnings(report)
