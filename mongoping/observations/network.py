"""What the checks observe before any message to a server: names, addresses, connections, ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mongoping.model import Failure
from mongoping.record import NOTHING, Record
from mongoping.uri.host import Host


class Address(Record):
    """An address to connect to. ``family`` is ``ipv4``, ``ipv6`` or ``unix``.

    ``driver`` states whether PyMongo would try it: for ``localhost`` it uses only IPv4.
    """

    text: str
    family: str
    driver: bool = True


class AddressesFacts(Record):
    """The addresses of a host, in the order in which the driver tries them."""

    addresses: tuple[Address, ...]
    source: str  # literal, system (getaddrinfo) or dns (--resolver)
    resolver: str | None = None
    duration_ms: float = 0.0
    completed: str | None = None  # the resolved name, if a search domain was appended
    silent: tuple[str, ...] = ()  # name servers that did not answer, asked after a slow lookup
    partly_silent: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()


class SrvFacts(Record):
    """The DNS answers for the deployment's name. Times are in milliseconds, the TTL in seconds.

    ``has_address`` states whether the name itself has an A record; None if not queried.
    """

    query: str
    resolver: str | None
    records: tuple[dict[str, Any], ...] = ()
    ttl: int | None = None
    seeds: tuple[Host, ...] = ()
    outside: tuple[str, ...] = ()
    parent: str = ""
    txt: tuple[str, ...] = ()
    txt_options: Mapping[str, Any] = NOTHING
    txt_problem: str | None = None
    duration_ms: float = 0.0
    has_address: bool | None = None
    silent: tuple[str, ...] = ()  # name servers that did not answer, asked after a slow lookup
    partly_silent: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()


class Attempt(Record):
    """One connect: to which address, how long it took, and what went wrong if it did.

    ``source`` is the address of this machine from which the connection leaves, or would have
    left; None if no route leads to the address, and for a UNIX socket.
    """

    address: str
    family: str
    driver: bool
    duration_ms: float
    failure: Failure | None = None
    source: str | None = None


class TcpFacts(Record):
    """All attempts on a host, and the address that the layers above use."""

    attempts: tuple[Attempt, ...]
    used: str | None = None


class ListenerFacts(Record):
    """The process that owns a listening socket; ``name`` is None if it is not visible.

    ``addresses`` are the addresses on which the port is open, in any order.
    """

    port: int
    name: str | None
    pid: int | None = None
    addresses: tuple[str, ...] = ()


class MachineFacts(Record):
    """What this machine adds to a connection; see `mongoping.comparison`.

    Attributes:
        resolvers: the configured name servers.
        search: the search domains.
        hosts_file: for each host, the addresses that the hosts file has for its name.
        proxies: the proxy variables that are set, with host and port only.
        hosts_path: the path of the hosts file.
    """

    resolvers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    hosts_file: Mapping[str, tuple[str, ...]] = NOTHING
    proxies: Mapping[str, str] = NOTHING
    hosts_path: str = "/etc/hosts"


MAX_QUERIES_SHOWN = 3  # of those whose answers differ, in a sentence
NO_ANSWER = "(no answer)"
NO_NAME = "(no such name)"
"""What a resolver answered if it returned no records."""


class NameAnswers(Record):
    """What each of several resolvers answered to one query.

    ``answers`` maps each resolver to its records as texts, or to one text in parentheses that
    says why there are none.
    """

    name: str
    type: str
    answers: Mapping[str, tuple[str, ...]]

    @property
    def differ(self) -> bool:
        """Return whether the answers contradict each other; silence contradicts nothing.

        A name server may return some of many addresses, so answers that share one agree.
        """
        record_sets = [set(records) for records in self.answers.values() if records != (NO_ANSWER,)]
        if self.type in ("A", "AAAA") and record_sets and set.intersection(*record_sets):
            return False
        return any(records != record_sets[0] for records in record_sets)

    def shown(self) -> str:
        """Return the answers as one text, each with the resolvers that gave it."""
        servers_by_records: dict[tuple[str, ...], list[str]] = {}
        for server, records in self.answers.items():
            servers_by_records.setdefault(records, []).append(server)
        return "; ".join(
            f"{', '.join(records)} from {' and '.join(servers)}"
            for records, servers in servers_by_records.items()
        )


class ResolversFacts(Record):
    """The answers of several resolvers to the same queries."""

    servers: tuple[str, ...]
    answers: tuple[NameAnswers, ...]

    @property
    def differing(self) -> tuple[NameAnswers, ...]:
        """Return the queries whose answers contradict each other."""
        return tuple(answer for answer in self.answers if answer.differ)

    @property
    def silent(self) -> tuple[str, ...]:
        """Return the resolvers that answered no query at all."""
        rows = [answer.answers for answer in self.answers]
        return tuple(
            server
            for server in self.servers
            if rows and all(answers.get(server) == (NO_ANSWER,) for answers in rows)
        )

    @property
    def disagreement(self) -> str | None:
        """Return which resolver gave which answer, or which is silent; None if all agree."""
        differing = self.differing
        rows = [f"{row.name} ({row.type}): {row.shown()}" for row in differing[:MAX_QUERIES_SHOWN]]
        if len(differing) > MAX_QUERIES_SHOWN:
            rest = len(differing) - MAX_QUERIES_SHOWN
            rows.append(
                f"{rest} more {'query has' if rest == 1 else 'queries have'} different answers"
            )
        if self.silent and not differing:
            verb = "does" if len(self.silent) == 1 else "do"
            rows.append(f"{' and '.join(self.silent)} {verb} not answer")
        return "; ".join(rows) or None


class Neighbor(Record):
    """A listening socket: its address, whether it answers hello, and its process."""

    where: str
    mongodb: bool
    process: str | None = None


class NeighborsFacts(Record):
    """Other listeners found on this machine, and how to start a server on it."""

    found: tuple[Neighbor, ...]
    container: bool
    advice: tuple[str, ...]
