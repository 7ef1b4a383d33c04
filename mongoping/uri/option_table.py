"""The options of `mongoping.uri.options` as records: data and words, no logic."""

from __future__ import annotations

from mongoping.record import Record


class Option(Record):
    """One option: how its text is read, what holds without it, and what it does.

    ``kind`` is boolean, count (0 or more), positive, milliseconds, milliseconds0 (0 allowed),
    text, choice, list, path, tags, properties, level, staleness, concern, conversion or never
    (not to be set in a string). ``matters`` is True where it can decide whether a connection
    comes about. ``since`` is the PyMongo release that brought it, where 4.15 lacks it.
    """

    name: str
    kind: str
    default: str
    meaning: str
    matters: bool = False
    secret: bool = False
    since: str | None = None
    note: str | None = None


_IDENTITY = (
    Option(
        "appName",
        "text",
        "none",
        "A name of at most 128 bytes for this program, to be found in the server's log.",
    ),
    Option(
        "authMechanism",
        "choice",
        "the strongest SCRAM that server and user share",
        "How the user proves who they are.",
        matters=True,
    ),
    Option(
        "authMechanismProperties",
        "properties",
        "none",
        "Extra facts for Kerberos, AWS and OIDC, as KEY:value pairs joined by commas.",
        matters=True,
    ),
    Option(
        "authSource",
        "text",
        "the database of the string, else admin",
        "The database in which the user was created.",
        matters=True,
    ),
)
_TOPOLOGY = (
    Option(
        "replicaSet",
        "text",
        "any",
        "The name of the replica set; servers of another set, or of none, are left out.",
        matters=True,
    ),
    Option(
        "directConnection",
        "boolean",
        "false",
        "Speak to the one host that is named, whatever its role, and discover no others.",
        matters=True,
    ),
    Option(
        "loadBalanced",
        "boolean",
        "false",
        "A load balancer stands before the deployment; its members are not discovered.",
        matters=True,
    ),
    Option(
        "srvMaxHosts",
        "count",
        "0, all of them",
        "How many of the hosts in the SRV records are used, picked at random.",
        matters=True,
        note="for mongodb+srv only",
    ),
    Option(
        "srvServiceName",
        "text",
        "mongodb",
        "The service in the SRV question: _mongodb._tcp.<name>.",
        matters=True,
        note="for mongodb+srv only",
    ),
    Option(
        "srvAllowedHostsSuffix",
        "text",
        "the parent domain of the name",
        "The domain that hosts out of SRV records must belong to.",
        matters=True,
        since="4.18",
        note="for mongodb+srv only",
    ),
    Option(
        "heartbeatFrequencyMS",
        "milliseconds",
        "10000",
        "How often each server is asked how it is, 500 ms at least.",
        matters=True,
    ),
    Option(
        "localThresholdMS",
        "milliseconds0",
        "15",
        "Servers that are this much slower than the fastest still get operations.",
    ),
    Option(
        "serverSelectionTimeoutMS",
        "milliseconds0",
        "30000",
        "How long an operation waits for a server that suits it.",
        matters=True,
    ),
    Option(
        "serverMonitoringMode",
        "choice",
        "auto",
        "Whether servers stream their state (stream), are polled (poll), or as it fits (auto).",
    ),
    Option(
        "connect",
        "boolean",
        "true",
        "Begin to connect at once; AsyncMongoClient waits for the first operation anyway.",
    ),
)
_TLS = (
    Option(
        "tls",
        "boolean",
        "false; true with mongodb+srv",
        "Encrypt the connection and check the server's certificate. ssl is its older name.",
        matters=True,
    ),
    Option(
        "tlsCAFile",
        "path",
        "the authorities of the system",
        "A PEM file with the authorities that are trusted to sign the server's certificate.",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsCertificateKeyFile",
        "path",
        "none",
        "A PEM file with the client's own certificate and its private key.",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsCertificateKeyFilePassword",
        "text",
        "none",
        "What decrypts the private key in tlsCertificateKeyFile.",
        matters=True,
        secret=True,
        note="turns tls on",
    ),
    Option(
        "tlsCRLFile",
        "path",
        "none",
        "A PEM file that lists certificates that were revoked.",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsAllowInvalidCertificates",
        "boolean",
        "false",
        "Take any certificate: encrypted, but nobody knows with whom.",
        matters=True,
    ),
    Option(
        "tlsAllowInvalidHostnames",
        "boolean",
        "false",
        "Take a certificate that was issued for another host name.",
        matters=True,
    ),
    Option(
        "tlsInsecure",
        "boolean",
        "false",
        "Take any certificate, for any name, without a question about revocation.",
        matters=True,
    ),
    Option(
        "tlsDisableOCSPEndpointCheck",
        "boolean",
        "false",
        "Ask no OCSP responder; AsyncMongoClient never asks one.",
    ),
)
_TIME_AND_POOL = (
    Option(
        "connectTimeoutMS",
        "milliseconds0",
        "20000",
        "How long one TCP and TLS connection may take to open; 0 is for ever.",
        matters=True,
    ),
    Option(
        "socketTimeoutMS",
        "milliseconds0",
        "none",
        "How long a reply may take before the connection is given up; 0 is for ever.",
        matters=True,
    ),
    Option(
        "timeoutMS",
        "milliseconds0",
        "none",
        "How long one operation may take, with all its retries and waits.",
        matters=True,
    ),
    Option(
        "maxPoolSize",
        "count",
        "100",
        "How many connections are kept to one server at most; 0 is without limit.",
    ),
    Option(
        "minPoolSize", "count", "0", "How many connections are kept open to one server at least."
    ),
    Option(
        "maxConnecting",
        "positive",
        "2",
        "How many connections of one pool may be in the making at once.",
    ),
    Option(
        "maxIdleTimeMS",
        "milliseconds",
        "none",
        "How long a connection may lie idle before it is closed.",
    ),
    Option(
        "waitQueueTimeoutMS",
        "milliseconds",
        "none",
        "How long an operation waits for a free connection of the pool.",
    ),
    Option(
        "waitQueueMultiple",
        "count",
        "none",
        "Once limited how many could wait for a connection; it does nothing any more.",
        note="without effect in PyMongo 4",
    ),
    Option(
        "compressors",
        "list",
        "none",
        "What the wire is compressed with, in order of preference: zstd, snappy, zlib.",
    ),
    Option(
        "zlibCompressionLevel",
        "level",
        "-1",
        "How hard zlib tries, from 0 (not) to 9 (most); -1 is zlib's own choice.",
    ),
)
_READS_AND_WRITES = (
    Option(
        "readPreference",
        "choice",
        "primary",
        "Which members of a replica set may answer reads.",
        matters=True,
    ),
    Option(
        "readPreferenceTags",
        "tags",
        "none",
        "Which tags those members must carry, as key:value pairs; may stand several times.",
        matters=True,
    ),
    Option(
        "maxStalenessSeconds",
        "staleness",
        "-1, no limit",
        "How far a secondary may lag to be read from; 90 at least.",
        matters=True,
    ),
    Option(
        "readConcernLevel",
        "text",
        "the server's own",
        "How durable the data that is read must be: local, majority, linearizable and others.",
    ),
    Option(
        "w",
        "concern",
        "majority, from the server",
        "How many members must have a write before it counts: a number, majority or a tag.",
    ),
    Option(
        "wTimeoutMS",
        "count",
        "none",
        "How long a write waits for those members.",
        note="deprecated since PyMongo 4.7, use timeoutMS",
    ),
    Option(
        "journal",
        "boolean",
        "the server's own",
        "A write counts only when it is in the journal on disk.",
    ),
    Option(
        "fsync",
        "boolean",
        "false",
        "A write waits for the disk on servers without a journal.",
        note="PyMongo's own, not documented by MongoDB",
    ),
    Option(
        "retryReads",
        "boolean",
        "true",
        "Try a read once more after a network error or an election.",
    ),
    Option(
        "retryWrites",
        "boolean",
        "true",
        "Try a write once more after a network error or an election.",
    ),
    Option(
        "maxAdaptiveRetries",
        "count",
        "2",
        "How often an operation is tried again when the server says it is overloaded.",
        since="4.17",
    ),
    Option(
        "enableOverloadRetargeting",
        "boolean",
        "false",
        "Whether those retries may go to another server.",
        since="4.17",
    ),
)
_PYTHON = (
    Option("uuidRepresentation", "choice", "unspecified", "How Python's UUIDs are stored."),
    Option(
        "tz_aware",
        "boolean",
        "false",
        "Dates come back with a time zone (UTC).",
        note="PyMongo's own",
    ),
    Option(
        "datetime_conversion",
        "conversion",
        "DATETIME",
        "What becomes of dates that Python's datetime cannot hold.",
        note="PyMongo's own",
    ),
    Option(
        "unicode_decode_error_handler",
        "choice",
        "strict",
        "What becomes of text from the server that is not UTF-8.",
        note="PyMongo's own",
    ),
    Option("driver", "never", "none", "Who wraps PyMongo.", note="can be set in code only"),
    Option("server_api", "never", "none", "The Stable API.", note="can be set in code only"),
)

OPTIONS = (*_IDENTITY, *_TOPOLOGY, *_TLS, *_TIME_AND_POOL, *_READS_AND_WRITES, *_PYTHON)
