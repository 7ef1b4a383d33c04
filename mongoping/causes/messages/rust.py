"""Messages of the Rust driver."""

from __future__ import annotations

_REPLY = r"returned an invalid reply to a database operation: "

SAYS: dict[str, tuple[str, ...]] = {
    # Prisma's code
    "uri.malformed": (r"(?#likely)\bP1013: The provided database string is invalid\. MongoDB",),
    "uri.invalid-option": (r"\binvalid proxy port: |\binvalid maxStalenessSeconds value: ",),
    "tcp.socket-not-found": (r"unix domain sockets are not supported on this platform",),
    "dns.timeout": (r"(?#likely)during DNS resolution: [^\n]{0,80}request timed out",),
    "tcp.timeout": (r"(?#possible)\bkind: Io\((?:Kind\(|Custom \{ kind: )TimedOut\b",),
    "hello.not-mongodb": (
        rf"(?#likely){_REPLY}(?:Invalid wire protocol opcode|invalid server response|The original "
        r"opcode of|The server's message claims|an OP_MSG response must|The server indicated that"
        r"|Message length \d{1,12} over maximum)",
        r"(?#likely)\bInvalid op code, expected \d{1,5} or ",
    ),
    "compat.not-genuine": (
        rf"(?#likely){_REPLY}(?:expected (?:ok value|n field|numeric value)|missing 'ok' value)",
    ),
    "hello.no-reply": (r"(?#possible)interrupted due to server monitor timeout",),
    "auth.invalid-reply": (
        r"MONGODB-AWS failure: (?:handshake terminated early|mismatched nonce|incorrect length ser)",
        r"SCRAM-SHA-(?:1|256) failure: (?:mismatched|invalid server|invalid nonce|server signature)",
        r"(?#likely)requires reauthentication but no (?:credential|authentication mechanism) was",
    ),
    "tls.bad-key-file": (
        r"(?#likely)\bCould not parse pemfile: |\bInvalid encrypted private key: ",
        r"(?#likely)\bFailed to decrypt private key: ",
        r"(?#likely)\bUnable to parse PEM-encoded (?:root certificate|client certificate|item) from",
    ),
    "client.module-missing": (
        r"(?:undeclared crate or module|can't find crate for) `mongodb`",
        r"cannot be used when the 'dns-resolver' feature is disabled",
        r"the [a-z-]{4,30} feature must be enabled to specify",
        r"cannot specify \S{1,60} if [a-z0-9-]{4,30} feature is not enabled",
    ),
    "client.setting-refused": (
        r"(?#otherwise)Kind: An invalid argument was provided: |\bkind: InvalidArgument \{",
    ),
    "client.driver-defect": (r"(?#otherwise)\bKind: Internal error: |\bkind: Internal \{",),
}
