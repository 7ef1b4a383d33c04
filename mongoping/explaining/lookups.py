"""Tell a failed name lookup from a failed connection to the server. Pure.

A lookup uses the network too, so its errors are worded like those of a connection. They are about
the DNS resolver, and the server was not contacted yet.
"""

from __future__ import annotations

from mongoping.explaining.patterns import LIKELY, Hit
from mongoping.lazy_re import lazy_compile

BEFORE, AFTER = 400, 300  # characters around a match in which to look for the lookup

# What a network error means if it happened on the way to the resolver.
OF_RESOLVER = {
    "tcp.refused": "dns.resolver-refused",
    "tcp.timeout": "dns.timeout",
    "tcp.unreachable": "dns.resolver-config",
    "tcp.reset": "dns.resolver-failed",
}
# The words of drivers before the reason.
_LOOKUP = lazy_compile(
    r"during DNS resolution: |\b(?:SRV|TXT|DNS|srv|txt|dns) lookup (?:failed|error)"
    r"|\blookup \S{1,253}+ on \S{3,60}+ |\bAll nameservers failed to answer"
)
# How the second line of a wrapped sentence begins; one with a server's port is another error.
_CONTINUES = lazy_compile(r"(?![^\n]{0,200}:\d{4,5}\b)[a-z(\u27e8]")
# Resolvers over HTTPS, which mongo_dart uses.
_OVER_HTTPS = lazy_compile(
    r"\b(?:dns\.google(?:\.com)?|cloudflare-dns\.com|dns\.quad9\.net)\b"
    r"|https://[^\s/]{1,253}/(?:resolve|dns-query)\?"
)


def of_lookup(text: str, hit: Hit) -> Hit:
    """Return the match of a network error as the failure of the lookup in which it happened.

    A match outside of a lookup is returned unchanged.
    """
    cause = OF_RESOLVER.get(hit.cause)
    if cause is None:
        return hit
    start = text.rfind("\n", 0, hit.start) + 1
    end = text.find("\n", hit.end)
    end = len(text) if end < 0 else end
    line = text[max(start, hit.start - BEFORE) : min(end, hit.end + AFTER)]
    sentence = start
    if _CONTINUES.match(text, start):
        sentence = text.rfind("\n", 0, max(start - 1, 0)) + 1
    before = text[max(sentence, hit.start - BEFORE) : hit.start]
    if not (_LOOKUP.search(before) or _OVER_HTTPS.search(line)):
        return hit
    return Hit(cause, min(hit.strength, LIKELY), hit.start, hit.end)
