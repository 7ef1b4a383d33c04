"""Errors of Windows, which PyMongo quotes with their numbers, often in the language of Windows."""

from __future__ import annotations

import pytest

from mongoping.explaining import explain

TIMED_OUT = "pymongo.errors.ServerSelectionTimeoutError: db.example.com:27017: %s, Timeout: 5s"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("[WinError 10061] Es konnte keine Verbindung hergestellt werden", "tcp.refused"),
        ("[WinError 1225] Der Remotecomputer hat die Verbindung abgelehnt", "tcp.refused"),
        ("[WinError 10060] Ein Verbindungsversuch ist fehlgeschlagen", "tcp.timeout"),
        ("[WinError 121] Das Zeitlimit für die Semaphore wurde erreicht", "tcp.timeout"),
        ("[WinError 10054] Eine vorhandene Verbindung wurde geschlossen", "tcp.reset"),
        ("[WinError 64] Der angegebene Netzwerkname ist nicht mehr verfügbar", "tcp.reset"),
        ("[WinError 10051] Ein Netzwerk ist nicht erreichbar", "tcp.unreachable"),
        ("[WinError 10013] Zugriff auf einen Socket", "tcp.prohibited"),
        ("[WinError 10048] Jede Socketadresse", "client.no-local-port"),
        ("[WinError 10055] Kein Pufferspeicher", "client.resource-limit"),
        ("[Errno 11001] getaddrinfo failed", "dns.host-not-found"),
        ("[Errno 11004] getaddrinfo failed", "dns.host-not-found"),
    ],
)
def test_numbers_of_windows_are_named(error: str, cause: str) -> None:
    assert explain(TIMED_OUT % error).cause == cause


def test_a_resolver_that_failed_is_no_missing_name() -> None:
    """11002 is WSATRY_AGAIN: the lookup failed, and nothing is known about the name."""
    cause = explain(TIMED_OUT % "[Errno 11002] getaddrinfo failed").cause
    assert str(cause).startswith("dns.resolver")


def test_numbers_mean_other_errors_on_other_systems() -> None:
    """64 is a reset on Windows, and EHOSTDOWN on macOS."""
    assert explain(TIMED_OUT % "[Errno 64] Host is down").cause == "tcp.unreachable"
