"""Messages of PyMongo and Motor."""

from __future__ import annotations

# the last frame of a traceback, with its line of code, and the class of the error
LAST = r"\.py\", line \d{1,6}+, in \w{1,60}+\n(?: {4}[^\n]{0,200}+\n){0,3}+(?:\w{1,20}+\.){0,3}+"
OURS = r"[/\\]pymongo[/\\](?:\w{1,20}+[/\\])?"
CHECKS = (
    r"_csot|_?auth\w{0,20}+|client_options|common|compression_support|driver_info|max_staleness\w{0,20}+"
    r"|mongo_client|monitoring|read_concern|read_preferences|saslprep|server_api|settings|ssl_support"
    r"|uri_parser\w{0,10}+|write_concern"
)

SAYS: dict[str, tuple[str, ...]] = {
    "uri.malformed": (r"(?#otherwise)\bpymongo\.errors\.InvalidURI: ",),
    "hello.not-mongodb": (
        r"(?#likely)Message length \(-?\d{1,11}\) not longer than standard OP_COMPRESSED message",
        r"(?#likely)ProtocolError: Got opcode -?\d{1,11} but expected|\bUnknown compressorId \d",
    ),
    "tcp.socket-not-found": (r"UNIX-sockets are not supported on this system",),
    "tls.unknown-ca": (r"(?#likely)is False but no system CA certificates could be loaded",),
    "topology.set-name-mismatch": (r"but this node belongs to a set named (?!'None')",),
    "topology.not-a-replica-set": (r"(?#likely)but this node belongs to a set named 'None'",),
    "topology.not-initialized": (r"(?#also)but this node belongs to a set named 'None'",),
    "compat.server-too-old": (
        r"requires min wire version \d{1,3}, but topology's min wire version is",
    ),
    "auth.invalid-reply": (
        r"\bServer returned an invalid (?:nonce|signature)\b",
        r"\bSASL conversation failed to complete\b",
    ),
    "auth.kerberos": (
        r"\bKerberos (?:context failed to initialize|authentication failed to complete)",
        r"\bUnknown kerberos failure (?:in|during)\b",
    ),
    "auth.aws-credentials": (r"(?#likely)\(pymongo-auth-aws version [\d.]{1,12}\)",),
    "auth.oidc": (r"Refusing to connect to [^\n]{1,300}, which is not in authOIDCAllowedHosts",),
    "auth.password-characters": (r"SASLprep: failed (?:bidirectional|prohibited character) check",),
    "client.event-loop-mismatch": (r"Cannot use MongoClient in different event loop",),
    "client.python-too-new": (r"(?#likely)The coroutine decorator was removed in Python 3\.11\.",),
    "client.module-missing": (r"\bNo module named \W?(?:pymongo|motor)\b",),
    "client.modules-mismatched": (
        # Beanie and djongo call what only another version of the driver has
        r"(?#likely)Motor(?:Client|Database) object is not callable[^\n]{0,80}'append_metadata'",
        r"(?#likely)[/\\]djongo[/\\][^\n]{1,200}+(?:\n[^\n]{0,200}+){1,8}?\nNotImplementedError: Database objects do not impl",
    ),
    "client.module-shadowed": (
        r"(?#likely)cannot import name \W?MongoClient\W? from \W?pymongo\b",
        r"(?#likely)module 'pymongo' has no attribute 'MongoClient'",
    ),
    "client.setting-refused": (
        rf"(?#otherwise){OURS}(?:{CHECKS}){LAST}(?:Type|Value)Error: ",
        r"(?#otherwise)\bpymongo\.errors\._?ConfigurationError: (?![^\n]{0,300}\b(?:DNS|nameserver))",
        rf"(?#otherwise)[/\\]motor[/\\](?:core|motor_\w{{1,20}}+|frameworks[/\\]\w{{1,20}}+[/\\]__init__)"
        rf"{LAST}(?:Type|Value)Error: ",
    ),
}
