"""Recognize what a proxy or the network between client and server does to a connection."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes._certificates import is_address
from mongoping.model import Evidence, Match, Remedy
from mongoping.shell import quote

PROXY_PROTOCOL = "If a proxy is in front of the server, check the PROXY protocol on both sides: mongod does not understand it (HAProxy's send-proxy), and clients do not send it (HAProxy's accept-proxy)."
MONGOD_HTTP = "MongoDB over HTTP"


def wants_proxy_header(evidence: Evidence, host: str) -> bool:
    """Return whether a host answers only after a PROXY protocol header."""
    facts, failure = of.tls(evidence, host), evidence.failure("hello", host)
    if facts is not None and facts.behind_proxy_header:
        return True
    return bool(failure is not None and failure.facts.get("behind_proxy_header"))


def proxy_header_match(host: str) -> Match:
    """Return the finding on a host that answers only after a PROXY protocol header."""
    return Match(
        f"{host} only answers connections that begin with a PROXY protocol header: mongoping sent "
        "one as a test and got a reply. MongoDB drivers never send it",
        (
            "Turn the PROXY protocol off where the proxy accepts clients (HAProxy: remove "
            "accept-proxy from the bind line; nginx: remove proxy_protocol from listen).",
            "If a load balancer in front of that proxy adds the header, connect to that load "
            "balancer instead.",
        ),
    )


def sends_no_name(evidence: Evidence, host: str) -> bool:
    """Return whether the client sends no server name (SNI): TLS to an IP address."""
    return evidence.tls and is_address(of.host_of(evidence, host).name)


def name_remedies(evidence: Evidence, host: str) -> tuple[str, ...]:
    """Return the remedies for a proxy that may route by the server name in TLS (SNI)."""
    own = of.host_of(evidence, host)
    if not evidence.tls or own.is_socket:
        return ()
    if sends_no_name(evidence, host):
        return (
            "Connect by host name: to an IP address, TLS sends no server name (SNI), and a proxy "
            "that routes by name cannot choose a server.",
        )
    return (
        f"If a proxy routes TLS by server name (SNI), check that it has a route for {own.name}.",
    )


def loses_large_packets(evidence: Evidence, host: str) -> bool:
    """Return whether a host answers a short request, but is silent in the TLS handshake.

    The reply to HTTP fits in a small packet; the certificates of a handshake do not.
    """
    failure, facts = evidence.failure("tls", host), of.tls(evidence, host)
    if failure is None or failure.kind != "timeout" or facts is None or facts.received:
        return False
    return MONGOD_HTTP in (facts.http or "")


def large_packets_match(evidence: Evidence, host: str) -> Match:
    """Return the finding on a host whose short replies arrive, but not its TLS handshake."""
    name = of.host_of(evidence, host).name
    return Match(
        f"the reply of {host} to a short HTTP request arrives, but its TLS handshake does not: "
        "large packets are probably lost on the path (MTU of a VPN, tunnel or overlay network)",
        (
            Remedy(
                "Find the largest packet that gets through:",
                command=f"ping -M do -s 1372 {quote(name)}",
            ),
            "Lower the MTU of the interface or tunnel, or clamp TCP's MSS on the router (iptables "
            "-j TCPMSS --clamp-mss-to-pmtu), and let ICMP 'fragmentation needed' pass.",
        ),
    )
