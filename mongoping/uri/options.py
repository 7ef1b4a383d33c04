"""The connection string options of PyMongo 4.15 to 4.20, and those it no longer has.

The table names, types and defaults follow PyMongo's ``common.py`` (``URI_OPTIONS_VALIDATOR_MAP``)
and MongoDB's list of connection string options; a test compares the names with the driver.
"""

from __future__ import annotations

from mongoping.uri.option_table import OPTIONS, Option

__all__ = ["CHOICES", "OPTIONS", "REPLACEMENTS", "Option", "advice", "find"]

MECHANISMS = (
    "DEFAULT",
    "GSSAPI",
    "MONGODB-AWS",
    "MONGODB-OIDC",
    "MONGODB-X509",
    "PLAIN",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
)
READ_PREFERENCES = ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest")

CHOICES: dict[str, tuple[str, ...]] = {
    "authMechanism": MECHANISMS,
    "readPreference": READ_PREFERENCES,
    "serverMonitoringMode": ("auto", "stream", "poll"),
    "unicode_decode_error_handler": ("strict", "replace", "ignore"),
    "uuidRepresentation": (
        "unspecified",
        "standard",
        "pythonLegacy",
        "javaLegacy",
        "csharpLegacy",
    ),
    "compressors": ("snappy", "zlib", "zstd"),
}

_SUGGESTION_CUTOFF = 0.75  # below it a suggestion confuses more than it helps
_LONGEST_NAME = 64  # no option is longer; comparing more costs time and finds nothing


_BY_NAME = {option.name.lower(): option for option in OPTIONS}
_BY_NAME["ssl"] = _BY_NAME["tls"]

REPLACEMENTS: dict[str, tuple[str | None, str]] = {
    "ssl_ca_certs": ("tlsCAFile", "PyMongo 4 removed the ssl_* options"),
    "ssl_certfile": ("tlsCertificateKeyFile", "one file now contains the certificate and its key"),
    "ssl_keyfile": ("tlsCertificateKeyFile", "one file now contains the certificate and its key"),
    "ssl_pem_passphrase": (
        "tlsCertificateKeyFilePassword",
        "PyMongo 4 removed the ssl_* options",
    ),
    "ssl_crlfile": ("tlsCRLFile", "PyMongo 4 removed the ssl_* options"),
    "ssl_cert_reqs": (
        "tlsAllowInvalidCertificates",
        "CERT_NONE is tlsAllowInvalidCertificates=true",
    ),
    "ssl_match_hostname": (
        "tlsAllowInvalidHostnames",
        "ssl_match_hostname=false is tlsAllowInvalidHostnames=true",
    ),
    "sslcafile": ("tlsCAFile", "it is an older name in mongosh and other drivers"),
    "sslcertificateauthorityfile": ("tlsCAFile", "it is an older name in other drivers"),
    "sslpemkeyfile": ("tlsCertificateKeyFile", "it is an older name in mongosh and other drivers"),
    "sslclientcertificatekeyfile": ("tlsCertificateKeyFile", "it is an older name"),
    "sslpemkeypassword": ("tlsCertificateKeyFilePassword", "it is an older name"),
    "sslclientcertificatekeypassword": ("tlsCertificateKeyFilePassword", "it is an older name"),
    "sslcrlfile": ("tlsCRLFile", "it is an older name"),
    "sslallowinvalidcertificates": ("tlsAllowInvalidCertificates", "it is an older name"),
    "sslallowinvalidhostnames": ("tlsAllowInvalidHostnames", "it is an older name"),
    "sslinvalidhostnameallowed": ("tlsAllowInvalidHostnames", "it is an older name"),
    "sslinsecure": ("tlsInsecure", "it is an older name"),
    "sslvalidate": ("tlsAllowInvalidCertificates", "sslValidate=false is its opposite"),
    "sslverifycertificate": ("tlsAllowInvalidCertificates", "it means the opposite"),
    "tlscertificatefile": ("tlsCertificateKeyFile", "it is the name in mongod's configuration"),
    "tlscertificatekeyfilepass": ("tlsCertificateKeyFilePassword", "this is the full name"),
    "j": ("journal", "PyMongo 4 removed the short name"),
    "wtimeout": ("wTimeoutMS", "PyMongo 4 removed the short name"),
    "slaveok": ("readPreference", "slaveOk=true is readPreference=secondaryPreferred now"),
    "secondaryacceptablelatencyms": ("localThresholdMS", "it was renamed"),
    "fsyncwrites": ("journal", "it was removed"),
    "safe": ("w", "safe=true is w=1 now, and the default is w=majority"),
    "gssapiservicename": (
        "authMechanismProperties",
        "write authMechanismProperties=SERVICE_NAME:<name>",
    ),
    "maxpoolsz": ("maxPoolSize", "this is the full name"),
    "poolsize": ("maxPoolSize", "it is an older name in the Node.js driver"),
    "max_pool_size": ("maxPoolSize", "it was renamed in PyMongo 3"),
    "timeout": ("timeoutMS", "times are given in milliseconds"),
    "connecttimeout": ("connectTimeoutMS", "times are given in milliseconds"),
    "sockettimeout": ("socketTimeoutMS", "times are given in milliseconds"),
    "serverselectiontimeout": ("serverSelectionTimeoutMS", "times are given in milliseconds"),
    "socketkeepalive": (None, "PyMongo 4 removed it: keepalive is always on"),
    "serverselectiontryonce": (None, "PyMongo always tries until the timeout"),
    "autoreconnect": (None, "every current driver reconnects"),
    "auto_reconnect": (None, "every current driver reconnects"),
    "use_greenlets": (None, "it was removed in PyMongo 3"),
    "usenewurlparser": (None, "it is set in code (Node.js driver), not in the string"),
    "useunifiedtopology": (
        None,
        "it is set in code (Node.js driver), not in the string",
    ),
    "usecreateindex": (None, "it is set in code (Mongoose), not in the string"),
    "usefindandmodify": (None, "it is set in code (Mongoose), not in the string"),
    "family": (None, "it is set in code (Node.js driver), not in the string"),
    "proxyhost": (None, "PyMongo speaks to servers without a SOCKS5 proxy"),
    "proxyport": (None, "PyMongo speaks to servers without a SOCKS5 proxy"),
    "proxyusername": (None, "PyMongo speaks to servers without a SOCKS5 proxy"),
    "proxypassword": (None, "PyMongo speaks to servers without a SOCKS5 proxy"),
    "tlsdisablecertificaterevocationcheck": (
        "tlsDisableOCSPEndpointCheck",
        "PyMongo has no switch for all revocation checks",
    ),
    "apiversion": (None, "the Stable API is declared in code: server_api=ServerApi('1')"),
    "apistrict": (None, "the Stable API is declared in code: server_api=ServerApi('1')"),
    "apideprecationerrors": (None, "the Stable API is declared in code"),
    "username": (None, "it comes before the host: mongodb://user:password@host"),
    "password": (None, "it comes before the host: mongodb://user:password@host"),
    "database": (None, "it comes after the host: mongodb://host/database"),
}
"""Names that PyMongo no longer, or never, took: the new name or None, and why."""


def find(name: str) -> Option | None:
    """Return the option of that name in any case; ``ssl`` is ``tls``. None for an unknown one."""
    return _BY_NAME.get(name.lower())


def advice(name: str) -> str:
    """Return what to write in place of an option that PyMongo does not know, or ""."""
    lower = name.lower()
    if lower in REPLACEMENTS:
        new, why = REPLACEMENTS[lower]
        return f"use {new} instead: {why}" if new else why
    close = closest(name)
    return f"did you mean {close}?" if close else ""


def closest(name: str) -> str | None:
    """Return the known option whose name is closest to an unknown one, or None."""
    lower = name.lower()
    if lower in REPLACEMENTS or len(lower) > _LONGEST_NAME:
        return None
    from difflib import get_close_matches

    close = get_close_matches(lower, _BY_NAME, n=1, cutoff=_SUGGESTION_CUTOFF)
    return _BY_NAME[close[0]].name if close else None
