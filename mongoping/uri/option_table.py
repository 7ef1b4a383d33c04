"""The options of `mongoping.uri.options` as records: data only, no logic."""

from __future__ import annotations

from mongoping.record import Record


class Option(Record):
    """One option: how its text is read, its default, and what it does.

    ``kind`` is boolean, count (0 or more), positive, milliseconds, milliseconds0 (0 allowed),
    text, choice, list, path, tags, properties, level, staleness, concern, conversion or never
    (cannot be set in a string). ``matters`` is True if the option can decide whether a
    connection succeeds. ``since`` is the PyMongo release that added it, if later than 4.15.
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
        "Name of the program in the server's log; at most 128 bytes.",
    ),
    Option(
        "authMechanism",
        "choice",
        "the strongest SCRAM mechanism of server and user",
        "How the user authenticates.",
        matters=True,
    ),
    Option(
        "authMechanismProperties",
        "properties",
        "none",
        "Settings for Kerberos, AWS and OIDC, as KEY:value pairs separated by commas.",
        matters=True,
    ),
    Option(
        "authSource",
        "text",
        "the database in the string, or admin",
        "The database in which the user was created.",
        matters=True,
    ),
)
_TOPOLOGY = (
    Option(
        "replicaSet",
        "text",
        "any",
        "The name of the replica set; servers that are not in it are ignored.",
        matters=True,
    ),
    Option(
        "directConnection",
        "boolean",
        "false",
        "Connect only to the host in the string, whatever its role; discover no others.",
        matters=True,
    ),
    Option(
        "loadBalanced",
        "boolean",
        "false",
        "The deployment is behind a load balancer; its members are not discovered.",
        matters=True,
    ),
    Option(
        "srvMaxHosts",
        "count",
        "0, all of them",
        "How many of the hosts in the SRV records to use, chosen at random.",
        matters=True,
        note="for mongodb+srv only",
    ),
    Option(
        "srvServiceName",
        "text",
        "mongodb",
        "The service name in the SRV lookup: _mongodb._tcp.<name>.",
        matters=True,
        note="for mongodb+srv only",
    ),
    Option(
        "srvAllowedHostsSuffix",
        "text",
        "the parent domain of the name",
        "The domain that the hosts in the SRV records must belong to.",
        matters=True,
        since="4.18",
        note="for mongodb+srv only",
    ),
    Option(
        "heartbeatFrequencyMS",
        "milliseconds",
        "10000",
        "How often the state of each server is checked; at least 500 ms.",
        matters=True,
    ),
    Option(
        "localThresholdMS",
        "milliseconds0",
        "15",
        "How much slower than the fastest server a server may be and still be used.",
    ),
    Option(
        "serverSelectionTimeoutMS",
        "milliseconds0",
        "30000",
        "How long an operation waits for a suitable server.",
        matters=True,
    ),
    Option(
        "serverMonitoringMode",
        "choice",
        "auto",
        "How servers report their state: streamed (stream), polled (poll), or as needed (auto).",
    ),
    Option(
        "connect",
        "boolean",
        "true",
        "Connect at once; AsyncMongoClient waits for the first operation anyway.",
    ),
)
_TLS = (
    Option(
        "tls",
        "boolean",
        "false; true with mongodb+srv",
        "Encrypt the connection and verify the server's certificate. ssl is its older name.",
        matters=True,
    ),
    Option(
        "tlsCAFile",
        "path",
        "the system's CA store",
        "A PEM file with the CA certificates to trust.",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsCertificateKeyFile",
        "path",
        "none",
        "A PEM file with the client certificate and its private key.",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsCertificateKeyFilePassword",
        "text",
        "none",
        "The password of the private key in tlsCertificateKeyFile.",
        matters=True,
        secret=True,
        note="turns tls on",
    ),
    Option(
        "tlsCRLFile",
        "path",
        "none",
        "A PEM file with a list of revoked certificates (CRL).",
        matters=True,
        note="turns tls on",
    ),
    Option(
        "tlsAllowInvalidCertificates",
        "boolean",
        "false",
        "Accept any certificate: encrypted, but the server is not verified.",
        matters=True,
    ),
    Option(
        "tlsAllowInvalidHostnames",
        "boolean",
        "false",
        "Accept a certificate for another host name.",
        matters=True,
    ),
    Option(
        "tlsInsecure",
        "boolean",
        "false",
        "Accept any certificate, for any host name, even if it is revoked.",
        matters=True,
    ),
    Option(
        "tlsDisableOCSPEndpointCheck",
        "boolean",
        "false",
        "Do not contact OCSP responders; AsyncMongoClient never does.",
    ),
)
_TIME_AND_POOL = (
    Option(
        "connectTimeoutMS",
        "milliseconds0",
        "20000",
        "How long opening a TCP and TLS connection may take; 0 is no limit.",
        matters=True,
    ),
    Option(
        "socketTimeoutMS",
        "milliseconds0",
        "none",
        "How long to wait for a reply before closing the connection; 0 is no limit.",
        matters=True,
    ),
    Option(
        "timeoutMS",
        "milliseconds0",
        "none",
        "How long an operation may take, including retries and waits.",
        matters=True,
    ),
    Option(
        "maxPoolSize",
        "count",
        "100",
        "The maximum number of connections per server; 0 is no limit.",
    ),
    Option("minPoolSize", "count", "0", "The minimum number of open connections per server."),
    Option(
        "maxConnecting",
        "positive",
        "2",
        "How many connections a pool may open at the same time.",
    ),
    Option(
        "maxIdleTimeMS",
        "milliseconds",
        "none",
        "How long a connection may be idle before it is closed.",
    ),
    Option(
        "waitQueueTimeoutMS",
        "milliseconds",
        "none",
        "How long an operation waits for a free connection in the pool.",
    ),
    Option(
        "waitQueueMultiple",
        "count",
        "none",
        "Formerly the limit of operations that wait for a connection; now without effect.",
        note="no effect in PyMongo 4",
    ),
    Option(
        "compressors",
        "list",
        "none",
        "Compression of network traffic, in order of preference: zstd, snappy, zlib.",
    ),
    Option(
        "zlibCompressionLevel",
        "level",
        "-1",
        "Compression level of zlib, from 0 (none) to 9 (best); -1 is zlib's default.",
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
        "The tags that those members must have, as key:value pairs; may be repeated.",
        matters=True,
    ),
    Option(
        "maxStalenessSeconds",
        "staleness",
        "-1, no limit",
        "How far a secondary may lag behind and still be read from; at least 90.",
        matters=True,
    ),
    Option(
        "readConcernLevel",
        "text",
        "the server's default",
        "The read concern: local, majority, linearizable and others.",
    ),
    Option(
        "w",
        "concern",
        "majority, from the server",
        "How many members must acknowledge a write: a number, majority or a custom mode.",
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
        "the server's default",
        "Acknowledge a write only when it is in the journal on disk.",
    ),
    Option(
        "fsync",
        "boolean",
        "false",
        "Wait until a write is on disk, on servers without a journal.",
        note="specific to PyMongo, not documented by MongoDB",
    ),
    Option(
        "retryReads",
        "boolean",
        "true",
        "Retry a read once after a network error or an election.",
    ),
    Option(
        "retryWrites",
        "boolean",
        "true",
        "Retry a write once after a network error or an election.",
    ),
    Option(
        "maxAdaptiveRetries",
        "count",
        "2",
        "How often an operation is retried when the server reports that it is overloaded.",
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
        "Return dates with a time zone (UTC).",
        note="specific to PyMongo",
    ),
    Option(
        "datetime_conversion",
        "conversion",
        "DATETIME",
        "How to decode dates that Python's datetime cannot represent.",
        note="specific to PyMongo",
    ),
    Option(
        "unicode_decode_error_handler",
        "choice",
        "strict",
        "How to decode text that is not valid UTF-8.",
        note="specific to PyMongo",
    ),
    Option(
        "driver", "never", "none", "The library that wraps PyMongo.", note="can be set in code only"
    ),
    Option("server_api", "never", "none", "The Stable API.", note="can be set in code only"),
)

OPTIONS = (*_IDENTITY, *_TOPOLOGY, *_TLS, *_TIME_AND_POOL, *_READS_AND_WRITES, *_PYTHON)
