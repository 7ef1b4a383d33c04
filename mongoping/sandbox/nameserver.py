"""A name server on loopback that answers from a zone, and can be made to misbehave.

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
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mongoping.sandbox.listeners import POLL_S, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Zone = dict[tuple[str, str], "Sequence[str]"]
"""(name, type) → records in the notation of zone files; names without the final dot."""

LOCALHOST: Zone = {("localhost", "A"): ["127.0.0.1"], ("localhost", "AAAA"): ["::1"]}
"""In every zone: a resolver is meant to know this name (RFC 6761, 6.3)."""

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
    """Return the right answer after a delay in seconds."""

    seconds: float


@dataclass(frozen=True)
class Truncation:
    """TC over UDP and no records: all of them over TCP. With ``tcp=False`` TCP is closed."""

    tcp: bool = True


Behavior = Answer | Silence | Slow | Truncation
EVERYTHING = "*"
"""The key in ``behaviors`` that matches every name."""


class NameServer:
    """The server, running from ``with`` to its end in threads of its own.

    ``zone``, ``behaviors`` (by name, or by ``(name, type)``) and ``queries`` (how often each
    ``(name, type)`` was asked for) may be looked at and changed at any time.
    """

    def __init__(
        self,
        zone: Mapping[tuple[str, str], Sequence[str]] | None = None,
        behaviors: Mapping[str | tuple[str, str], Behavior] | None = None,
    ) -> None:
        self.zone: Zone = dict(zone or {})
        self.behaviors: dict[str | tuple[str, str], Behavior] = dict(behaviors or {})
        self.queries: Counter[tuple[str, str]] = Counter()
        self.port = 0
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._stack = ExitStack()

    @property
    def address(self) -> str:
        """Return ``host:port``, for ``--resolver``."""
        return f"127.0.0.1:{self.port}"

    @property
    def args(self) -> tuple[str, str]:
        """Return the options with which mongoping uses this server."""
        return ("--resolver", self.address)

    def __enter__(self) -> NameServer:
        udp, tcp = self._same_port()
        self.port = tcp.port
        self._stack.enter_context(udp)
        self._stack.callback(tcp.stop)
        self._start(self._serve_udp, udp)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker, suppress(OSError):
            waker.sendto(b"", ("127.0.0.1", self.port))  # ends a pending `recvfrom`
        for thread in self._threads:
            thread.join(5)
        self._stack.close()

    def _same_port(self, tries: int = 20) -> tuple[socket.socket, Listener]:
        """Return a UDP socket and a TCP listener on the same free port of 127.0.0.1."""
        for _ in range(tries):
            tcp = Listener(self._answer_tcp).start()
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(("127.0.0.1", tcp.port))
            except OSError:
                udp.close()
                tcp.stop()
            else:
                udp.settimeout(POLL_S)
                return udp, tcp
        raise OSError("no port is free for UDP and TCP at once")

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [*(thread for thread in self._threads if thread.is_alive()), thread]
        thread.start()

    def _serve_udp(self, udp: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                query, peer = udp.recvfrom(4096)
            except OSError:
                continue
            if self._closing.is_set():
                return
            self._start(self._answer_udp, udp, query, peer)

    def _answer_udp(self, udp: socket.socket, query: bytes, peer: Any) -> None:
        wire = self.reply(query, tcp=False)
        if wire is not None and not self._closing.is_set():
            udp.sendto(wire, peer)

    def _answer_tcp(self, client: socket.socket, closing: threading.Event) -> None:
        client.settimeout(2)
        try:
            (size,) = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))
        except struct.error:
            return  # the other side has gone: so do we
        wire = self.reply(client.recv(size, socket.MSG_WAITALL), tcp=True)
        if wire is not None:
            client.sendall(struct.pack("!H", len(wire)) + wire)

    def reply(self, query: bytes, *, tcp: bool) -> bytes | None:
        """Return the answer on the wire after the configured delay; None for no answer."""
        import dns.flags
        import dns.message
        import dns.rcode
        import dns.rdatatype

        question = dns.message.from_wire(query)
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        self.queries[name, kind] += 1
        behavior = self._behavior(name, kind)
        if isinstance(behavior, Slow):
            self._closing.wait(behavior.seconds)
        if isinstance(behavior, Silence) or (
            isinstance(behavior, Truncation) and tcp and not behavior.tcp
        ):
            return None
        answer = dns.message.make_response(question, recursion_available=True)
        if isinstance(behavior, Answer):
            answer.set_rcode(dns.rcode.from_text(behavior.rcode))
        elif isinstance(behavior, Truncation) and not tcp:
            answer.flags |= dns.flags.TC
        else:
            answer.answer, rcode = self._records(name, kind)
            answer.set_rcode(rcode)
        wire: bytes = answer.to_wire()
        if not tcp and len(wire) > min(UDP_BYTES, max(512, question.payload)):
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            wire = answer.to_wire()
        return wire

    def _behavior(self, name: str, kind: str) -> Behavior | None:
        for key in ((name, kind), name, EVERYTHING):
            if key in self.behaviors:
                return self.behaviors[key]
        return None

    def _records(self, name: str, kind: str) -> tuple[list[Any], Any]:
        """Return the records of a name, aliases first; a loop of aliases ends where it began."""
        import dns.rcode
        import dns.rrset

        zone = {**LOCALHOST, **self.zone}
        rdata_list: list[Any] = []
        names_followed: set[str] = set()
        while name not in names_followed:
            names_followed.add(name)
            records = zone.get((name, kind))
            alias = zone.get((name, "CNAME"))
            if records:
                rdata_list.append(dns.rrset.from_text_list(f"{name}.", TTL_S, "IN", kind, records))
                return rdata_list, dns.rcode.NOERROR
            if not alias:
                name_exists = any(name == owner for owner, _ in zone)
                return rdata_list, dns.rcode.NOERROR if name_exists else dns.rcode.NXDOMAIN
            rdata_list.append(dns.rrset.from_text_list(f"{name}.", TTL_S, "IN", "CNAME", alias))
            name = alias[0].rstrip(".").lower()
        return rdata_list, dns.rcode.NOERROR


def srv(targets: Sequence[tuple[str, int]]) -> list[str]:
    """Return SRV records in the notation of zone files."""
    return [f"0 0 {port} {name.rstrip('.')}." for name, port in targets]


def cluster(name: str, hosts: Sequence[tuple[str, int]], txt: str | None = None) -> Zone:
    """Return the zone of a cluster: SRV and TXT of ``name``, and A records for loopback."""
    zone: Zone = {(f"_mongodb._tcp.{name}", "SRV"): srv(hosts)}
    if txt is not None:
        zone[name, "TXT"] = [f'"{txt}"']
    for host, _ in hosts:
        zone[host, "A"] = ["127.0.0.1"]
    return zone
