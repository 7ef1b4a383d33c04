"""Messages of the Elixir driver."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "tcp.timeout": (r"(?#likely)\b(?:tcp|ssl) connect: (?:[^\n:]{0,60}- :)?timeout\b",),
    "dns.host-not-found": (r"(?#likely)\b(?:tcp|ssl) connect: [^\n:]{0,60}(?:- :)?nxdomain\b",),
    "uri.empty-credentials": (r"X509 auth needs a username!",),
    "uri.invalid-option": (r"\] Unable to parse the read preference tags ",),
    "pool.timeout": (
        r"(?#possible)connection not available and request was dropped from queue after \d",
    ),
    "client.module-missing": (r"\(module Mongo is not available\)",),
    "client.setting-refused": (
        r"(?#otherwise)\*\* \(ArgumentError\) [^\n]{1,300}+\n {1,8}\(mongodb_driver \d",
    ),
}
