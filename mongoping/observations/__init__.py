"""The record of each check, and typed access to it by the check's name.

The records are below the checks, so that causes, formats and other checks can use them. A new
check adds its record to a module of this package, its name to `mongoping.model.CheckName`, and
an overload here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from mongoping.observations.driver import CompatSeen, DriverSeen, ImportSeen, ServerSeen
from mongoping.observations.network import (
    Address,
    AddressesSeen,
    Attempt,
    ListenerSeen,
    Neighbor,
    NeighborsSeen,
    SrvSeen,
    TcpSeen,
)
from mongoping.observations.servers import (
    ApiSeen,
    AuthSeen,
    HelloSeen,
    MemberAnswer,
    MembersSeen,
    SetStatusSeen,
)
from mongoping.observations.tls import TlsFilesSeen, TlsSeen
from mongoping.observations.uri import ExplainedOption, FileFact, UriSeen

if TYPE_CHECKING:
    from mongoping.model import CheckName, Evidence, Latency

__all__ = [
    "Address",
    "AddressesSeen",
    "ApiSeen",
    "Attempt",
    "AuthSeen",
    "CompatSeen",
    "DriverSeen",
    "ExplainedOption",
    "FileFact",
    "HelloSeen",
    "ImportSeen",
    "ListenerSeen",
    "MemberAnswer",
    "MembersSeen",
    "Neighbor",
    "NeighborsSeen",
    "ServerSeen",
    "SetStatusSeen",
    "SrvSeen",
    "TcpSeen",
    "TlsFilesSeen",
    "TlsSeen",
    "UriSeen",
    "hellos",
    "observation",
]


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
