"""Index the evidence by host, with aliases resolved to members. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.model import Evidence
from mongoping.observations import hellos, observation
from mongoping.probe.replset import MemberConfig, MemberState, address
from mongoping.topology.config import config_of, find_horizon

if TYPE_CHECKING:
    from mongoping.observations import DriverFacts


class EvidenceIndex:
    """The evidence indexed by host, with aliases resolved to members."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.driver: DriverFacts | None = observation(evidence, "driver")
        self.servers = (
            {server.address: server for server in self.driver.servers} if self.driver else {}
        )
        self.config = config_of(evidence)
        self.configured = {member.host: member for member in self.config.members}
        self.states = {state.host: state for state in self.config.states}
        self.hellos = hellos(evidence)
        for host, visit in self.config.visits.items():
            if visit.hello is not None:
                self.hellos.setdefault(host, visit.hello)
        known_names = {str(host) for host in evidence.hosts}
        self.external = find_horizon(self.config.members, known_names)
        self.advertised = self._advertised()
        replies = self.hellos.values()
        self.arbiters = {self._member_name(name) for reply in replies for name in reply.arbiters}
        self.passives = {self._member_name(name) for reply in replies for name in reply.passives}
        set_names = [hello.set_name for hello in replies if hello.set_name]
        # the driver reports the name in the connection string even if no server has it
        driver_name = self.driver.set_name if self.driver else None
        self.set_name = driver_name if driver_name in set_names else next(iter(set_names), None)
        self.aliases = self._aliases()
        self.members = self._members()

    def _member_name(self, name: str) -> str:
        """Return the set's name for a member, in the horizon that is in use here."""
        host = str(address(name))
        for member in self.configured.values():
            if host == member.host or host in member.horizons.values():
                return self.external.get(member.host, member.host)
        return host

    def _advertised(self) -> dict[str, tuple[str, ...]]:
        """Map each name in the hello replies to the hosts that advertise it."""
        rows: dict[str, tuple[str, ...]] = {}
        for host, hello in self.hellos.items():
            for text in (*hello.hosts, *hello.passives, *hello.arbiters):
                name = self._member_name(text)
                rows[name] = (*rows.get(name, ()), host)
        return rows

    def _aliases(self) -> dict[str, str]:
        """Map each alias to the name of its member.

        A name that is advertised is never an alias, whichever server answers there.
        """
        official = {*self.advertised, *(self._member_name(host) for host in self.configured)}
        rows = {}
        for host, hello in self.hellos.items():
            me = self._member_name(hello.me) if hello.me else host
            if me != host and me in official and host not in official:
                rows[host] = me
        return rows

    def _members(self) -> list[str]:
        """Return every member once: in the order of the configuration, then seeds first."""
        names = [
            *(self._member_name(host) for host in self.configured),
            *(str(host) for host in self.evidence.hosts),
            *self.servers,
            *self.advertised,
        ]
        return [name for name in dict.fromkeys(names) if name not in self.aliases]

    def setting(self, host: str) -> MemberConfig | None:
        """Return the configuration of a member by its own or its horizon's name."""
        if host in self.configured:
            return self.configured[host]
        members = self.configured.values()
        return next((member for member in members if host in member.horizons.values()), None)

    def state(self, host: str) -> MemberState | None:
        """Return the state of a member in the set's status."""
        setting = self.setting(host)
        return self.states.get(setting.host if setting else host)
