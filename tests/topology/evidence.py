"""Build evidence by hand, as a run would leave it, for tests of pure functions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mongoping.model import Evidence, Failure, Result
from mongoping.observations import (
    Attempt,
    DriverFacts,
    HelloFacts,
    ServerFacts,
    SrvFacts,
    TcpFacts,
    TlsFacts,
)
from mongoping.probe.replset import address
from mongoping.settings import Settings
from mongoping.topology.config import ConfigFacts
from mongoping.uri.host import Host
from mongoping.uri.target import parse

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPES = {
    "primary": "RSPrimary",
    "secondary": "RSSecondary",
    "arbiter": "RSArbiter",
    "hidden": "RSOther",
    "recovering": "RSOther",
    "standalone": "Standalone",
    "mongos": "Mongos",
}


def hello(role: str = "secondary", **fields: Any) -> HelloFacts:
    """Return the hello of a member of rs0 whose last write was at noon."""
    own: dict[str, Any] = {"min_wire": 0, "max_wire": 17, "version": "6.0.5", "set_name": "rs0"}
    own |= {"last_write": MOMENT, "rtt_ms": 1.0}
    if role in ("standalone", "mongos"):
        own |= {"set_name": None, "last_write": None}
    return HelloFacts(role=role, **(own | fields))


class EvidenceBuilder:
    """Collects results and combines them into evidence."""

    def __init__(self, uri: str, kind: str = "ReplicaSetWithPrimary", name: str = "rs0") -> None:
        self.uri = parse(uri)
        assert self.uri.target is not None
        self.seeds = [address(str(host)) for host in self.uri.target.hosts]
        self.kind = kind
        self.name: str | None = name
        self.results: list[Result] = []
        self.servers: list[ServerFacts] = []
        self.hosts: dict[str, Host] = {}

    def answers(
        self, host: str, facts: HelloFacts, *, driver: bool = True, **tls: Any
    ) -> EvidenceBuilder:
        """Add a host that answers hello; ``driver`` is whether the driver knows it too."""
        self._host(host)
        attempt = Attempt("10.0.0.1", "ipv4", True, 1.0)
        self._add("tcp", host, TcpFacts((attempt,), "10.0.0.1"))
        if tls:
            self._add("tls", host, TlsFacts(**tls))
        self._add("hello", host, facts)
        if driver:
            server = ServerFacts(host, TYPES[facts.role], facts.rtt_ms, tags=facts.tags)
            self.servers.append(server)
        return self

    def fails(self, host: str, check: str, failure: Failure, data: Any = None) -> EvidenceBuilder:
        """Add a host whose checks fail at ``check``."""
        self._host(host)
        self.results.append(Result(check, check, host, "failed", data=data, failure=failure))
        self.servers.append(ServerFacts(host, "Unknown", error=failure.message))
        return self

    def configure(self, config: ConfigFacts) -> EvidenceBuilder:
        """Add the replies to replSetGetConfig and replSetGetStatus."""
        self.results.append(Result("set-config", "topology", None, "ok", data=config))
        return self

    def srv(self, txt: dict[str, Any], *targets: str) -> EvidenceBuilder:
        """Add an SRV answer: the seeds and the options of the TXT record."""
        self.seeds = [address(target) for target in targets]
        facts = SrvFacts("_mongodb._tcp.db.example.test", None, txt_options=txt)
        self.results.append(Result("srv", "dns", None, "ok", data=facts))
        return self

    def _host(self, host: str) -> None:
        self.hosts.setdefault(host, address(host))

    def _add(self, check: str, host: str, data: Any) -> None:
        self.results.append(Result(check, check, host, "ok", data=data))

    @property
    def evidence(self) -> Evidence:
        driver = DriverFacts("ready", self.kind, self.name, tuple(self.servers))
        return Evidence(
            target=self.uri.target,
            settings=Settings(),
            results=(*self.results, Result("driver", "topology", None, "ok", data=driver)),
            hosts=tuple(self.hosts.values()),
            seeds=tuple(self.seeds),
        )
