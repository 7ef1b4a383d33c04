"""Messages of the Go driver and the database tools."""

from __future__ import annotations

_AUTH = r"\bauth error: (?:[^\n:]{1,120}+: )?"

SAYS: dict[str, tuple[str, ...]] = {
    "uri.invalid-option": (
        r"auth error: \w{1,40} must be a boolean \(true, false, 0, 1\) but got '",
        r"\bFailed: no 'mode' specified",
    ),
    "uri.conflicting-options": (r"(?#likely)\bmust not specify username for \S{1,60} ENVIRONMENT",),
    "hello.no-reply": (
        r"(?#likely)during connection handshake: (?:connection\(\S{1,300}+ )?incomplete read of (?:message header"
        r"|full message): (?:context deadline exceeded|read tcp[^\n]{0,120}i/o timeout)",
    ),
    "tls.required-by-server": (
        r"(?#also)during connection handshake: (?:connection\(\S{1,300}+ )?incomplete read of message header: "
        r"(?:context deadline exceeded|read tcp[^\n]{0,120}i/o timeout)",
    ),
    "hello.not-mongodb": (
        r"(?#likely)\blength of read message too large|\bmalformed message length: -?\d",
    ),
    "compat.not-genuine": (
        r"(?#likely)expected (?:'\w{1,40}'|legacy hello) to be an? \w{1,12}(?: of strings)?,?"
        r" but (?:it's|found) a BSON ",
    ),
    "compat.server-too-old": (r"(?#likely)server does not support reporting lock information",),
    "topology.no-primary": (
        r"(?#possible)was a primary, but (?:its set version or election id is stale|a new primary)",
    ),
    "tls.revoked": (r"(?#likely)\bOCSP verification failed: ",),
    "tls.crl-invalid": (r"CRL files are not supported on this platform",),
    "auth.aws-credentials": (
        rf"(?#likely){_AUTH}(?:credentials are invalid|response failure: \w"
        r"|failed to retrieve ACCESS_KEY_ID)",
        rf"(?#likely){_AUTH}cannot use unseekable request body",
    ),
    "auth.oidc": (
        r"must set all of AZURE_TENANT_ID",
        rf"(?#likely){_AUTH}(?:address|empty|config must be set for) \"[^\"\n]{{1,200}}+\" "
        r"(?:not allowed by|specified|authentication)",
        rf"(?#likely){_AUTH}\"TOKEN_RESOURCE\" must be specified",
    ),
    "auth.invalid-reply": (
        rf"{_AUTH}(?:server nonce did not extend|server reply (?:nonce was not|contained))",
        rf"{_AUTH}(?:unexpected server challenge|conversation already completed)",
        rf"{_AUTH}speculative auth was not attempted but the server included",
        rf"(?#likely){_AUTH}\w{{1,40}} (?:authentication )?does not support reauthentication",
    ),
    "auth.dependency-missing": (r"\btool not built with kerberos support\b",),
    "client.closed": (
        r"(?#likely)server selection error: cannot subscribe after closeConnection",
        r"(?#likely)Last error: server (?:is closed|check cancelled) ",
    ),
    "client.not-connected-yet": (r"cannot subscribe to Topology that is not connected",),
    "client.module-missing": (
        r"client-side encryption not enabled\. add the cse build tag",
        r"(?:no required module provides|cannot find) package \W?go\.mongodb\.org/mongo-driver",
    ),
    "client.setting-refused": (
        r"(?#otherwise)\bFailed: FIPS mode not supported\b",
        r"(?#otherwise)\binvalid logger options: ",
        r"(?#otherwise)invalid value \S{1,60} for \"Timeout\": value must be positive",
        r"(?#otherwise)\ban even number of tags must be specified",
    ),
    "client.driver-defect": (
        r"(?#otherwise)expected SCRAM authenticator to be SpeculativeAuthenticator but got",
        rf"(?#otherwise){_AUTH}httpClient must not be nil",
        r"(?#otherwise)attempted to (?:un)?pin a connection (?:for|from) a \S{1,40}, but the",
        r"(?#otherwise)\bduplicate idle conn \S",
        r"(?#possible)\btopology is connected or connecting$",
    ),
}
