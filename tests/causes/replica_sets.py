"""Evidence from replica sets, as the tests of their causes write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.model import Member
from mongoping.observations import (
    DriverFacts,
    MemberAnswer,
    MembersFacts,
    ServerFacts,
    SetStatusFacts,
)
from mongoping.probe.replset import MemberConfig
from mongoping.uri.host import Host
from tests.causes.table import A, B, C
from tests.evidence import ago, failed, result
from tests.evidence import topology as tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import Result

RS0 = {"set_name": "rs0", "hosts": (A, B, C)}
OF_RS0 = "mongodb://a:27017/?replicaSet=rs0"
DIRECT = "mongodb://a:27017/?directConnection=true"
ALIKE = "localhost:5"  # a member's name that leads to another server on the client's machine
SEED = {
    "set_name": "rs0",
    "hosts": (ALIKE,),
    "me": ALIKE,
    "advertised": (Host("localhost", 5),),
    "process": "1",
}
"""The hello of a primary whose only name is that of the client's machine."""
RECOVERING = {"last_write": ago(1), "me": A, **RS0}


def works(kind: str = "ReplicaSetWithPrimary", *servers: ServerFacts, **more: Any) -> Result:
    return result("driver", DriverFacts("ready", kind, "rs0", servers, **more))


def no_server(kind: str = "ReplicaSetNoPrimary", *servers: ServerFacts) -> Result:
    """A driver that found nothing it could use."""
    return failed("driver", "unreachable", data=DriverFacts("unreachable", kind, "rs0", servers))


def members(*rows: Member, answers: Mapping[str, tuple[MemberAnswer, ...]] | None = None) -> Result:
    facts = MembersFacts(tree("ReplicaSetNoPrimary", *rows), {}, answers or {})
    return result("members", facts)


def status(**fields: Any) -> Result:
    """Return the set's report about members without a role."""
    return result("set-status", SetStatusFacts(**fields))


def turns(role: str, processes: str) -> tuple[MemberAnswer, ...]:
    """Servers without a name of their own, by the process that answered each connection."""
    return tuple(MemberAnswer(role, None, process) for process in processes)


def config(*hosts: str) -> tuple[MemberConfig, ...]:
    return tuple(MemberConfig(host) for host in hosts)


def member(host: str, role: str = "secondary", *, reachable: bool = True, **more: Any) -> Member:
    return Member(host, role, reachable, advertised=True, **more)
