"""Messages of mongod and mongos: in their logs, and on standard error when they do not start.

A log line is JSON since 4.4 (``"s":"F","c":"CONTROL","id":1,"ctx":"initandlisten","msg":"..."``),
and text before. The severities are F for fatal, E for error, W for warning, I and D for
information.
"""

from __future__ import annotations

MSG = r"\"msg\":\"(?:%s)"
ANY_LINE = r"(?:\"msg\":\"|\] )(?:%s)"  # in JSON and in text
STARTING = r"\"ctx\":\"(?:-|initandlisten|main|mongosMain|thread1)\""
OLD = r"^\S{19,30}[+-]\d{4} %s  {0,3}+(?:[A-Z_]{2,12}+|-) {1,10}+"

LOGIN = ANY_LINE % (
    r"(?:Failed to authenticate|Authentication failed|Reconnect: auth failed|Cached auth failed)\b"
)
PEER_UNREACHABLE = (
    r"Heartbeat failed after max retries|Failed to complete heartbeat request to target"
    r"|Got error response on heartbeat request|Failed to connect to remote host"
    r"|Error in heartbeat|Operation timed out while waiting to acquire connection"
)
NO_ADDRESSES = r"Found no addresses for peer|getaddrinfo\(\) failed"

SAYS: dict[str, tuple[str, ...]] = {
    "auth.failed": (f"(?#likely){LOGIN}",),
    "hello.too-many-connections": (
        r"(?#likely)\bpthread_create failed|Failed to create (?:a )?(?:new )?(?:service|worker) thread",
    ),
    "topology.member-unreachable": (f"(?#likely){ANY_LINE % PEER_UNREACHABLE}",),
    "topology.member-unresolvable": (f"(?#likely){ANY_LINE % NO_ADDRESSES}",),
    "topology.set-name-mismatch": (
        r"Local replica set configuration document set name differs from command line",
    ),
    "server.feature-compatibility": (
        r"(?#likely)(?:exception in initAndListen|\"s\":\"[EF]\")[^\n]{0,240}feature ?compatibility",
    ),
    "server.data-directory": (
        r"(?#likely)global initialization[^\n]{0,120}(?:FileNotOpen|Failed to open )",
    ),
    "server.key-file": (r"security key file\b|\bvalid credentials from key\b",),
    "server.not-started": (
        r"(?#otherwise)\"s\":\"F\",[^\n]{0,40}\"c\":",
        rf"(?#otherwise){OLD % 'F'}\[",
        rf"(?#otherwise)\"s\":\"E\",[^\n]{{0,40}}\"c\":\s?\"(?:CONTROL|NETWORK)\"[^\n]{{0,60}}{STARTING}",
        rf"(?#otherwise){OLD % 'E'}\[(?:initandlisten|main|mongosMain)\]",
        r"(?#likely)No available addresses/ports to bind",
        r"(?#likely)\bInvariant failure\b|\bFatal assertion \d|\bFatal DBException\b",
        r"(?#likely)\bWT_PANIC\b|WiredTiger library panic|\bGot signal: \d{1,2} \(",
    ),
}
