"""The record of each check, and typed access to it by the check's name.

The records are below the checks, so that causes, formats and other checks can use them. A new
check adds its record to a module of this package, its name to `mongoping.model.CheckName`, and
an overload here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from mongoping.observations.atlas import (
    AccessEntry,
    AtlasCluster,
    AtlasFacts,
    AtlasUser,
    FailedLogin,
)
from mongoping.observations.driver import CompatFacts, DriverFacts, ImportFacts, ServerFacts
from mongoping.observations.network import (
    Address,
    AddressesFacts,
    Attempt,
    ListenerFacts,
    MachineFacts,
    NameAnswers,
    Neighbor,
    NeighborsFacts,
    ResolversFacts,
    SrvFacts,
    TcpFacts,
)
from mongoping.observations.program import ClientAttempt, ProgramError, ProgramFacts
from mongoping.observations.servers import (
    ApiFacts,
    AuthFacts,
    HelloFacts,
    MemberAnswer,
    MembersFacts,
    SetStatusFacts,
)
from mongoping.observations.tls import TlsFacts, TlsFilesFacts
from mongoping.observations.uri import ExplainedOption, FileFact, UriFacts

if TYPE_CHECKING:
    from mongoping.model import CheckName, Evidence, Latency

__all__ = [
    "AccessEntry",
    "Address",
    "AddressesFacts",
    "ApiFacts",
    "AtlasCluster",
    "AtlasFacts",
    "AtlasUser",
    "Attempt",
    "AuthFacts",
    "ClientAttempt",
    "CompatFacts",
    "DriverFacts",
    "ExplainedOption",
    "FailedLogin",
    "FileFact",
    "HelloFacts",
    "ImportFacts",
    "ListenerFacts",
    "MachineFacts",
    "MemberAnswer",
    "MembersFacts",
    "NameAnswers",
    "Neighbor",
    "NeighborsFacts",
    "ProgramError",
    "ProgramFacts",
    "ResolversFacts",
    "ServerFacts",
    "SetStatusFacts",
    "SrvFacts",
    "TcpFacts",
    "TlsFacts",
    "TlsFilesFacts",
    "UriFacts",
    "hellos",
    "observation",
]


@overload
def observation(
    evidence: Evidence, check: Literal["addresses"], host: str | None
) -> AddressesFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["api"]) -> ApiFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["atlas"]) -> AtlasFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["auth"]) -> AuthFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["compat"]) -> CompatFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["driver"]) -> DriverFacts | None: ...
@overload
def observation(
    evidence: Evidence, check: Literal["hello"], host: str | None
) -> HelloFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["import"]) -> ImportFacts | None: ...
@overload
def observation(
    evidence: Evidence, check: Literal["listener"], host: str | None
) -> ListenerFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["machine"]) -> MachineFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["members"]) -> MembersFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["neighbors"]) -> NeighborsFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["ping"]) -> Latency | None: ...
@overload
def observation(evidence: Evidence, check: Literal["program"]) -> ProgramFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["resolvers"]) -> ResolversFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["set-status"]) -> SetStatusFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["srv"]) -> SrvFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tcp"], host: str | None) -> TcpFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tls"], host: str | None) -> TlsFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["tls-files"]) -> TlsFilesFacts | None: ...
@overload
def observation(evidence: Evidence, check: Literal["uri"]) -> UriFacts | None: ...


def observation(evidence: Evidence, check: CheckName, host: str | None = None) -> Any:
    """Return what a check observed, or None where it did not run or saw nothing.

    Args:
        check: The name of the check.
        host: The host as ``name:port``, for checks that run for each host; a result without
            a host has None here.
    """
    return evidence.data(check, host)


def hellos(evidence: Evidence) -> dict[str, HelloFacts]:
    """Map each host that answered hello completely to its reply."""
    return {str(result.host): result.data for result in evidence.of("hello") if result.ok}
