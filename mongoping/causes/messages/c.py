"""Messages of libmongoc, which the drivers for C, C++, PHP and R print."""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "uri.invalid-option": (
        r"(?#likely)(?:^|: )Unsupported value for \"\w{1,60}\": \"",
        r"\bInvalid \"\w{1,60}\" of -?\w{1,20}: must be (?:at least|between) ",
        r"\bUnsupported wtimeoutMS value \[w=",
        r"'[A-Z0-9-]{4,20}' authentication has non-string \w{1,40} property",
        r"(?#likely)mongoc: (?:Overwriting previously provided value for '"
        r"|Deprecated boolean value for \"|authMechanismProperties \w{1,40} already set)",
        r"(?#likely)\bis deprecated, use \S{1,60}+ with (?:CANONICALIZE|SERVICE)_\w{1,20}+ instead",
        r"(?#likely)mongoc: Cannot override URI option \"",
    ),
    "uri.unescaped-credentials": (r"\bPercent-encode username and password according to RFC",),
    "dns.srv-not-found": (r"(?#possible)Failed to look up SRV record \"",),
    "dns.txt-invalid": (r"(?#likely)Failed to look up TXT record \"|Invalid TXT answer for \"",),
    "dns.resolver-failed": (r"(?#likely)Invalid (?:record in )?SRV answer for \"",),
    "tcp.socket-not-found": (
        r"UNIX domain sockets not supported on win32",
        r"(?#likely)Failed to (?:connect to UNIX domain socket|define socket address path)",
    ),
    "tls.bad-key-file": (
        r"mongoc: (?:Cannot|Can't) find private key in:? '|mongoc: Detected unsupported encrypted",
        r"(?#likely)mongoc: Failed to (?:convert base64 value|extract public key|get length of file)",
        r"(?#likely)mongoc: (?:Failed to (?:import key|generate key name)|CryptImportKey for priv"
        r"|CryptAcquireContext failed|Can't open key storage provider|Cannot work with keys of type)",
        r"(?#possible)\bFailed (?:initialize TLS state|to create TLS stream)\b",
    ),
    "tls.unknown-ca": (
        r"(?#possible)mongoc: (?:Error opening certificate store|no X509 store found for SSL"
        r"|failed to initialize X509 store|Error parsing X509 object from Windows)",
        r"(?#possible)Failed to initialize security context: ",
    ),
    "tls.revoked": (
        r"(?#likely)mongoc: (?:failed to|Unable to) obtain verified chain",
        r"(?#likely)mongoc: (?:Could not get issuer from peer|Could not obtain a valid OCSP_CERTID"
        r"|Failed to parse OCSP response|Server must contain a stapled response"
        r"|malformed tlsfeature extension|cannot enable OCSP status request"
        r"|No certificate was presented by the peer)",
    ),
    "tls.crl-invalid": (r"mongoc: (?:Can't extract CRL from '|Failed adding the CRL)",),
    "tls.protocol-version": (r"(?#likely)mongoc: Could not set cipher list for TLS",),
    "hello.not-mongodb": (
        r"(?#likely)\bInvalid reply from server\b|Could not decompress server reply",
        r"(?#likely)\bmessage size \d{1,12} is not within expected range 16-",
        r"(?#likely)\bmalformed (?:message|BSON payload) from server|Received rpc other than OP_REPLY",
        r"(?#likely)\bcould not decompress message from server",
    ),
    "hello.refused": (r"(?#likely)\bunknown error calling hello\b",),
    "compat.not-genuine": (
        r"(?#likely)unexpected type \w{1,30} for field \w{1,60} in hello response",
    ),
    "topology.set-name-mismatch": (r"(?#possible)\bLast server removed from topology\b",),
    "topology.no-primary": (r"(?#possible)member's setVersion or electionId is stale",),
    "topology.no-matching-server": (r"(?#likely)Not all servers have lastWriteDate",),
    "auth.oidc": (
        r"(?#likely)'[A-Z0-9-]{4,20}' authentication with \S{1,40} environment (?:does not|requires)",
    ),
    "auth.kerberos": (r"(?#likely)SASL Failure: \(-?\d{1,6}\): ",),
    "auth.invalid-reply": (
        r"SCRAM Failure: (?:unknown key \(|invalid parse state|no [rsiv] param in|client nonce not)",
        r"SCRAM Failure: (?:unable to decode salt|invalid salt length|could not verify server sig)",
        r"(?:SCRAM|SASL) Failure: (?:maximum steps detected|no payload provided from server)",
        r"Received invalid SASL reply from MongoDB server|SCRAM reply from MongoDB is too large",
    ),
    "client.python-ssl-missing": (
        r"(?#likely)mongoc: \S{1,60} is not fully supported without an SSL crypto library",
        r"logical session id, we need a cryptography library like libcrypto",
    ),
    "client.module-missing": (
        r"libmongoc\S{1,30}: cannot open shared object file|cannot find -lmongoc",
        r"\b(?:mongoc/mongoc|mongoc|mongocxx/\w{1,30}|bsoncxx/\S{1,40})\.h(?:pp)?: No such file",
        r"libresolv unavailable, cannot use mongodb\+srv",
    ),
    "client.resource-limit": (
        r"SASL Failure: insufficient memory",
        r"(?#possible)mongoc: socket creation failed|mongoc: Failed to start SRV polling thread",
    ),
    "client.setting-refused": (
        r"(?#otherwise)mongoc: mongoc_client\w{1,60}+ (?:can only be called|cannot be called|must only)",
        r"(?#otherwise)mongoc: Cannot (?:set|call|use) [^\n]{1,80}? (?:on|from) a (?:pool|client from)",
        r"(?#otherwise)Cannot set server api (?:more than once per|after a client|on a client)",
        r"(?#otherwise)mongoc: (?:Can only set Error API Version once|Unsupported Error API Version)",
        r"(?#otherwise)but libmongoc not initialized\. Call mongoc_init",
        r"(?#otherwise)mongoc: timeout must not be negative",
        r"(?#otherwise)mongoc: Invalid (?:log level|length) '[^'\n]{0,60}+' read from environment",
        r"(?#otherwise)mongoc: Setting \S{1,60} has no effect when",
        r"(?#otherwise)^Invalid option '\w{1,60}'$",
    ),
    "client.driver-defect": (
        r"(?#otherwise)\bInvalid mongoc_\w{1,50}_t\b|Please file a bug with mongo-c-driver",
        r"(?#otherwise)SCRAM Failure: (?:could not (?:buffer|encode|generate)|failed to salt)",
        r"(?#otherwise)mongoc: Could not append (?:read|write)Concern to command",
        r"(?#otherwise)Could not generate UUID for logical session id$|\bCould not compress data with ",
        r"(?#otherwise)Unable to base64 (?:en|de)code client SASL message",
    ),
}
