"""Describe attempts to connect, and correct the address that failed."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.model import Evidence, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote
from mongoping.units import milliseconds
from mongoping.uri.edit import replace_host


def attempts_text(evidence: Evidence, host: str) -> str:
    """Return in words which addresses were tried, and how long the longest attempt took."""
    facts = of.tcp(evidence, host)
    attempts = [attempt for attempt in facts.attempts if attempt.driver] if facts else []
    where = ", ".join(attempt.address for attempt in attempts)
    took = max((attempt.duration_ms for attempt in attempts), default=0.0)
    return f"{where} after {milliseconds(took)}{origin(evidence, host)}"


def origin(evidence: Evidence, host: str) -> str:
    """Return in words where the address of a host comes from if that is unusual, else nothing."""
    words = ""
    facts = of.addresses(evidence, host)
    if facts is not None and facts.completed:
        words += f"; the address is that of {facts.completed}: a search domain completed the name"
    if path := _hosts_file(evidence, host):
        words += f"; the address comes from {path}"
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        words += "; host and port come from the SRV record"
    return words


def _hosts_file(evidence: Evidence, host: str) -> str | None:
    """Return the hosts file of this machine if the addresses of a host come from it, else None."""
    machine = observation(evidence, "machine")
    facts = of.addresses(evidence, host)
    if machine is None or facts is None or facts.source != "system" or of.is_loopback(host):
        return None
    entries = set(machine.hosts_file.get(host, ()))
    addresses = {address.text for address in facts.addresses if address.driver}
    return machine.hosts_path if addresses and addresses <= entries else None


def one_address(evidence: Evidence, host: str, kind: str) -> Match | None:
    """Match a host that works by one address and fails by another.

    PyMongo tries the addresses one after the other, each for up to connectTimeoutMS.
    """
    facts = of.tcp(evidence, host)
    if facts is None or facts.used is None:
        return None
    dead = [
        attempt
        for attempt in facts.attempts
        if attempt.driver and attempt.failure and attempt.failure.kind == kind
    ]
    if not dead:
        return None
    first = facts.attempts[0].address == dead[0].address
    why = dead[0].failure.message if dead[0].failure else kind
    detail = f"{dead[0].address} of {host} fails ({why}), and {facts.used} works"
    if first and kind == "timeout":
        detail += "; PyMongo tries the dead one first, for connectTimeoutMS (20 s by default)"
    remedies = (
        Remedy(f"Remove {dead[0].address} from DNS, or let the server listen on it."),
        connect_to(evidence, host, with_port(facts.used, host), "Until then, connect to"),
    )
    return Match(detail, remedies, severity="warning")


def with_port(address: str, host: str) -> str:
    """Return an IP address with the port of a host."""
    port = host.rpartition(":")[2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def connect_to(evidence: Evidence, host: str, other: str, text: str) -> Remedy:
    """Return the remedy to use another address, as ``address:port``, in place of a host.

    Its connection string is the given one, corrected; for a host that is not in it, a new one.
    """
    target = evidence.target
    uri = replace_host(target.uri, host, other) if target is not None else None
    return Remedy(f"{text} {other}:", uri=uri or f"mongodb://{other.replace('/', '%2F')}")


def provenance(evidence: Evidence, host: str) -> tuple[Remedy, ...]:
    """Return what to check where the address or the port did not come from the user."""
    rows = []
    facts = of.addresses(evidence, host)
    if facts is not None and facts.completed:
        name = of.host_of(evidence, host).name
        absolute = f"{name}.:{host.rpartition(':')[2]}"
        text = f"If {facts.completed} is not the server, end the name with a dot, which turns search domains off:"
        rows.append(connect_to(evidence, host, absolute, "").replace(text=text))
    if path := _hosts_file(evidence, host):
        name = of.host_of(evidence, host).name
        text = f"Correct or remove the entry of {name} in {path}, which comes before DNS:"
        rows.append(Remedy(text, command=f"grep -n {quote(name)} {quote(path)}"))
    srv = of.srv(evidence)
    if srv is not None and srv.records and of.is_seed(evidence, host):
        rows.append(
            Remedy(
                "Compare host and port with the SRV record, which they come from, and correct the "
                "record if the server has moved:",
                command=f"dig SRV {srv.query}",
            )
        )
    return tuple(rows)
