"""Typed access to the evidence: the record of each check, by the check's name.

Types only: no check is imported at run time. A new check adds its name to
`mongoping.model.CheckName` and an overload here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from mongoping.checks.addresses import AddressesSeen
    from mongoping.checks.api import ApiSeen
    from mongoping.checks.auth import AuthSeen
    from mongoping.checks.compat import CompatSeen
    from mongoping.checks.driver import DriverSeen
    from mongoping.checks.driver_import import ImportSeen
    from mongoping.checks.hello import HelloSeen
    from mongoping.checks.listener import ListenerSeen
    from mongoping.checks.members import MembersSeen
    from mongoping.checks.neighbors import NeighborsSeen
    from mongoping.checks.set_status import SetStatusSeen
    from mongoping.checks.srv import SrvSeen
    from mongoping.checks.tcp import TcpSeen
    from mongoping.checks.tls import TlsSeen
    from mongoping.checks.tls_files import TlsFilesSeen
    from mongoping.checks.uri import UriSeen
    from mongoping.model import CheckName, Evidence, Latency


@overload
def observation(
    evidence: Evidence, check: Literal["addresses"], host: str | None
) -> AddressesSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["api"]) -> ApiSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["auth"]) -> AuthSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["compat"]) -> CompatSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["driver"]) -> DriverSeen | None: ...
@overload
def observation(
    evidence: Evidence, check: Literal["hello"], host: str | None
) -> HelloSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["import"]) -> ImportSeen | None: ...
@overload
def observation(
    evidence: Evidence, check: Literal["listener"], host: str | None
) -> ListenerSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["members"]) -> MembersSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["neighbors"]) -> NeighborsSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["ping"]) -> Latency | None: ...
@overload
def observation(evidence: Evidence, check: Literal["set-status"]) -> SetStatusSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["srv"]) -> SrvSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tcp"], host: str | None) -> TcpSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tls"], host: str | None) -> TlsSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tls-files"]) -> TlsFilesSeen | None: ...
@overload
def observation(evidence: Evidence, check: Literal["uri"]) -> UriSeen | None: ...


def observation(evidence: Evidence, check: CheckName, host: str | None = None) -> Any:
    """Return what a check observed, or None where it did not run or saw nothing.

    Args:
        check: The name of the check.
        host: The host as ``name:port``, for checks that run for each host; a result without
            a host has None here.
    """
    return evidence.data(check, host)


def hellos(evidence: Evidence) -> dict[str, HelloSeen]:
    """Map each host that answered hello completely to its reply."""
    return {str(result.host): result.data for result in evidence.of("hello") if result.ok}
