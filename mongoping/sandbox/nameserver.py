"""A name server on loopback that answers as a zone says, and misbehaves as told.

>>> zone = {("db.example.test", "A"): ["127.0.0.1"]}
>>> with NameServer(zone, {"slow.example.test": Slow(3)}) as server:  # doctest: +SKIP
...     resolve("db.example.test", server.address)

It answers over UDP and TCP on one port. A name that the zone does not have is NXDOMAIN, a name
with other types than the one asked for has no data, and a CNAME is followed within the zone.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

Zone = dict[tuple[str, str], "Sequence[str]"]
"""(name, type) → records in the notation of zone files; names without the final dot."""

TTL_S = 60
UDP_BYTES = 1232  # what fits without fragments, the size that DNS Flag Day 2020 agreed upon


@dataclass(frozen=True)
class Answer:
    """An error instead of records: ``NXDOMAIN``, ``SERVFAIL``, ``REFUSED`` ..."""

    rcode: Literal["NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "NOERROR"]


@dataclass(frozen=True)
class Silence:
    """No answer at all."""


@dataclass(frozen=True)
class Slow:
    """The right answer, so many seconds late."""

    seconds: float


@dataclass(frozen=True)
class Truncated:
    """TC over UDP and no records: all of them over TCP. With ``tcp=False`` TCP is closed."""

    tcp: bool = True


Behaviour = Answer | Silence | Slow | Truncated
EVERYTHING = "*"
"""The name in ``behaviours`` that stands for every name."""


class NameServer:
    """The server, running from ``with`` to its end in threads of its own.

    ``zone``, ``behaviours`` (by name, or by ``(name, type)``) and ``queries`` (how often each
    ``(name, type)`` was asked for) may be looked at and changed at any time.
    """

    def __init__(
        self,
        zone: Mapping[tuple[str, str], Sequence[str]] | None = None,
        behaviours: Mapping[str | tuple[str, str], Behaviour] | None = None,
    ) -> None:
        self.zone: Zone = dict(zone or {})
        self.behaviours: dict[str | tuple[str, str], Behaviour] = dict(behaviours or {})
        self.queries: Counter[tuple[str, str]] = Counter()
        self.port = 0
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    @property
    def address(self) -> str:
        """``host:port``, for ``--resolver``."""
        return f"127.0.0.1:{self.port}"

    @property
    def args(self) -> tuple[str, str]:
        """The options by which mongoping asks this server."""
        return ("--resolver", self.address)

    def __enter__(self) -> NameServer:
        udp, tcp = _same_port()
        self.port = udp.getsockname()[1]
        self._sockets = [udp, tcp]
        self._start(self._serve_udp, udp)
        self._start(self._serve_tcp, tcp)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        for one in self._threads:
            one.join(5)
        for each in self._sockets:
            each.close()

    def _start(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _serve_udp(self, udp: socket.socket) -> None:
        udp.settimeout(0.1)
        while not self._closing.is_set():
            try:
                query, peer = udp.recvfrom(4096)
            except OSError:
                continue
            self._start(self._answer_udp, udp, query, peer)

    def _answer_udp(self, udp: socket.socket, query: bytes, peer: Any) -> None:
        wire = self.reply(query, tcp=False)
        if wire is not None and not self._closing.is_set():
            udp.sendto(wire, peer)

    def _serve_tcp(self, tcp: socket.socket) -> None:
        tcp.settimeout(0.1)
        while not self._closing.is_set():
            try:
                client, _ = tcp.accept()
            except OSError:
                continue
            self._start(self._answer_tcp, client)

    def _answer_tcp(self, client: socket.socket) -> None:
        client.settimeout(2)
        with client:
            try:
                (size,) = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))
                wire = self.reply(client.recv(size, socket.MSG_WAITALL), tcp=True)
                if wire is not None:
                    client.sendall(struct.pack("!H", len(wire)) + wire)
            except (OSError, struct.error):
                return  # the other side has gone: so do we

    def reply(self, query: bytes, *, tcp: bool) -> bytes | None:
        """The answer on the wire, after the wait that was asked for; None is silence."""
        import dns.flags
        import dns.message
        import dns.rcode
        import dns.rdatatype

        asked = dns.message.from_wire(query)
        name = asked.question[0].name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(asked.question[0].rdtype)
        self.queries[name, kind] += 1
        behaviour = self._behaviour(name, kind)
        if isinstance(behaviour, Slow):
            self._closing.wait(behaviour.seconds)
        if isinstance(behaviour, Silence) or (
            isinstance(behaviour, Truncated) and tcp and not behaviour.tcp
        ):
            return None
        answer = dns.message.make_response(asked, recursion_available=True)
        if isinstance(behaviour, Answer):
            answer.set_rcode(dns.rcode.from_text(behaviour.rcode))
        elif isinstance(behaviour, Truncated) and not tcp:
            answer.flags |= dns.flags.TC
        else:
            answer.answer, rcode = self._records(name, kind)
            answer.set_rcode(rcode)
        wire: bytes = answer.to_wire()
        if not tcp and len(wire) > min(UDP_BYTES, max(512, asked.payload)):
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            wire = answer.to_wire()
        return wire

    def _behaviour(self, name: str, kind: str) -> Behaviour | None:
        for key in ((name, kind), name, EVERYTHING):
            if key in self.behaviours:
                return self.behaviours[key]
        return None

    def _records(self, name: str, kind: str) -> tuple[list[Any], Any]:
        """The records of a name, aliases first; a loop of aliases ends where it began."""
        import dns.rcode
        import dns.rrset

        found: list[Any] = []
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            records = self.zone.get((name, kind))
            alias = self.zone.get((name, "CNAME"))
            if records:
                found.append(dns.rrset.from_text_list(f"{name}.", TTL_S, "IN", kind, records))
                return found, dns.rcode.NOERROR
            if not alias:
                known = any(name == owner for owner, _ in self.zone)
                return found, dns.rcode.NOERROR if known else dns.rcode.NXDOMAIN
            found.append(dns.rrset.from_text_list(f"{name}.", TTL_S, "IN", "CNAME", alias))
            name = alias[0].rstrip(".").lower()
        return found, dns.rcode.NOERROR


def _same_port(tries: int = 20) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket on one free port of 127.0.0.1."""
    for _ in range(tries):
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
        else:
            return udp, tcp
    raise OSError("no port is free for UDP and TCP at once")


def srv(targets: Sequence[tuple[str, int]]) -> list[str]:
    """SRV records in the notation of zone files, for names and ports."""
    return [f"0 0 {port} {name.rstrip('.')}." for name, port in targets]


def cluster(name: str, hosts: Sequence[tuple[str, int]], txt: str | None = None) -> Zone:
    """The zone of a cluster: SRV and TXT of ``name``, and A records that lead to loopback."""
    zone: Zone = {(f"_mongodb._tcp.{name}", "SRV"): srv(hosts)}
    if txt is not None:
        zone[name, "TXT"] = [f'"{txt}"']
    for host, _ in hosts:
        zone[host, "A"] = ["127.0.0.1"]
    return zone
