"""Meanings of numbers in error texts: error numbers, server codes, TLS alerts, lengths.

These are tables of standards and systems; the causes give them a meaning for a connection.
"""

from __future__ import annotations

import struct

from mongoping.data import tls_codes
from mongoping.data.windows_errors import WINDOWS

# Linux, macOS and the BSDs: the numbers of one system mean nothing on another, and those below do
# not meet in the range of what sockets say. Those of Winsock begin at 10000.
WINSOCK = 10000
ERRNO = {
    2: "ENOENT",
    13: "EACCES",
    22: "EINVAL",
    23: "ENFILE",
    24: "EMFILE",
    32: "EPIPE",
    49: "EADDRNOTAVAIL",
    99: "EADDRNOTAVAIL",
    101: "ENETUNREACH",
    103: "ECONNABORTED",
    104: "ECONNRESET",
    110: "ETIMEDOUT",
    111: "ECONNREFUSED",
    112: "EHOSTDOWN",
    113: "EHOSTUNREACH",
    50: "ENETDOWN",
    51: "ENETUNREACH",
    53: "ECONNABORTED",
    54: "ECONNRESET",
    60: "ETIMEDOUT",
    61: "ECONNREFUSED",
    64: "EHOSTDOWN",
    65: "EHOSTUNREACH",
    # getaddrinfo: glibc, musl and Android, macOS
    -2: "EAI_NONAME",
    -3: "EAI_AGAIN",
    -5: "EAI_NODATA",
    7: "EAI_NODATA",
    8: "EAI_NONAME",
}

# Of error_codes.yml of the server, and of Atlas: those that decide something here.
CODES = {
    "HostUnreachable": 6,
    "HostNotFound": 7,
    "UserNotFound": 11,
    "Unauthorized": 13,
    "AuthenticationFailed": 18,
    "IllegalOperation": 20,
    "NetworkTimeout": 89,
    "InvalidReplicaSetConfig": 93,
    "NotYetInitialized": 94,
    "UnknownReplWriteConcern": 79,
    "UnsatisfiableWriteConcern": 100,
    "FailedToSatisfyReadPreference": 133,
    "SSLHandshakeFailed": 141,
    "PrimarySteppedDown": 189,
    "APIVersionError": 322,
    "APIStrictError": 323,
    "APIDeprecationError": 324,
    "MechanismUnavailable": 334,
    "UnsupportedOpQueryCommand": 352,
    "AtlasError": 8000,
    "NotWritablePrimary": 10107,
    "NotMaster": 10107,
    "NotPrimaryNoSecondaryOk": 13435,
    "NotMasterNoSlaveOk": 13435,
    "NotPrimaryOrSecondary": 13436,
    "NotMasterOrSecondary": 13436,
}

ALERTS = {
    **{name.lower().replace("_", " "): number for name, number in tls_codes.ALERTS.items()},
    # how other libraries spell them
    "revoked certificate": 44,
    "expired certificate": 45,
    "unknown certificate": 46,
    "unknown certificate authority": 48,
    "error decrypting message": 51,
    "protocol version not supported": 70,
    "insufficient security level": 71,
    "user canceled": 90,
}

TLS_RECORDS = frozenset({0x14, 0x15, 0x16, 0x17})  # RFC 8446, section 5.1

# Secure Transport's error numbers (macOS), without their sign, for alerts of the other side
SECURE_TRANSPORT = {
    9824: 40, 9825: 42, 9826: 43, 9827: 44, 9828: 45, 9829: 46, 9830: 47, 9831: 48, 9832: 49,
    9834: 51, 9836: 70, 9837: 71, 9838: 80, 9839: 90,
}  # fmt: skip


def errno_name(number: int, *, windows: bool = False) -> str | None:
    """Return the name of an error number of any system, or of one that is marked as Windows'."""
    if windows or number >= WINSOCK:
        return WINDOWS.get(number)
    return ERRNO.get(number)


def alert(words: str) -> int | None:
    """Return the number of a TLS alert that is named in any library's spelling."""
    spelt = "".join(f" {char.lower()}" if char.isupper() else char for char in words)
    for name in (words.lower().replace("_", " ").strip(), spelt.replace("_", " ").strip()):
        if name in ALERTS:
            return ALERTS[name]
    return None


def letters(number: int) -> str | None:
    """Return the four characters of another protocol that were read as a number.

    ``TLS`` where they are the head of a TLS record; None where they are no text.
    """
    try:
        head = struct.pack("<i", number) if number < 2**31 else struct.pack("<I", number)
    except struct.error:
        return None
    if head[0] in TLS_RECORDS and head[1] == 3 and head[2] <= 4:
        return "TLS"
    if all(0x20 <= byte < 0x7F or byte in (0x0D, 0x0A) for byte in head):
        return head.decode("ascii").strip("\r\n") or None
    return None
