"""Numbers and names of TLS: verify results, alerts and OpenSSL's reasons.

Pure tables without imports that cost anything; the checks, the catalog, the health probe and
``explain`` share them. Numbers are those of OpenSSL 3 (``openssl/x509_vfy.h``) and RFC 8446.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

EXPIRED, NOT_YET_VALID = 10, 9
SIGNATURE_FAILURE = 7
REVOKED = 23
EE_KEY_TOO_SMALL, CA_KEY_TOO_SMALL, CA_MD_TOO_WEAK = 66, 67, 68
NO_CRL, CRL_NOT_YET_VALID, CRL_EXPIRED = 3, 11, 12


class VerifyCode(NamedTuple):
    """One ``X509_V_ERR_*``.

    Attributes:
        name: its name without the prefix.
        kind: the second half of a cause's code; None if it says nothing about a certificate.
        text: OpenSSL's message; empty for those newer than OpenSSL 3.0.
    """

    name: str
    kind: str | None
    text: str


_BY_KIND: Mapping[str | None, Mapping[int, tuple[str, str]]] = {
    "unknown-ca": {
        2: ("UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"),
        18: ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
        19: ("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
        20: ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"),
        21: ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
        27: ("CERT_UNTRUSTED", "certificate not trusted"),
        28: ("CERT_REJECTED", "certificate rejected"),
        65: ("DANE_NO_MATCH", "no matching DANE TLSA records"),
        95: ("RPK_UNTRUSTED", "raw public key untrusted, no trusted keys configured"),
    },
    "certificate-not-yet-valid": {9: ("CERT_NOT_YET_VALID", "certificate is not yet valid")},
    "certificate-expired": {10: ("CERT_HAS_EXPIRED", "certificate has expired")},
    "hostname-mismatch": {
        62: ("HOSTNAME_MISMATCH", "hostname mismatch"),
        63: ("EMAIL_MISMATCH", "email address mismatch"),
        64: ("IP_ADDRESS_MISMATCH", "IP address mismatch"),
    },
    "revoked": {
        23: ("CERT_REVOKED", "certificate revoked"),
        73: ("OCSP_VERIFY_NEEDED", "OCSP verification needed"),
        74: ("OCSP_VERIFY_FAILED", "OCSP verification failed"),
        75: ("OCSP_CERT_UNKNOWN", "OCSP unknown cert"),
        96: ("OCSP_RESP_INVALID", ""),
        97: ("OCSP_SIGNATURE_FAILURE", ""),
        98: ("OCSP_NOT_YET_VALID", ""),
        99: ("OCSP_HAS_EXPIRED", ""),
        100: ("OCSP_NO_RESPONSE", ""),
    },
    "crl-invalid": {
        3: ("UNABLE_TO_GET_CRL", "unable to get certificate CRL"),
        5: ("UNABLE_TO_DECRYPT_CRL_SIGNATURE", "unable to decrypt CRL's signature"),
        8: ("CRL_SIGNATURE_FAILURE", "CRL signature failure"),
        11: ("CRL_NOT_YET_VALID", "CRL is not yet valid"),
        12: ("CRL_HAS_EXPIRED", "CRL has expired"),
        15: ("ERROR_IN_CRL_LAST_UPDATE_FIELD", "format error in CRL's lastUpdate field"),
        16: ("ERROR_IN_CRL_NEXT_UPDATE_FIELD", "format error in CRL's nextUpdate field"),
        33: ("UNABLE_TO_GET_CRL_ISSUER", "unable to get CRL issuer certificate"),
        35: ("KEYUSAGE_NO_CRL_SIGN", "key usage does not include CRL signing"),
        36: ("UNHANDLED_CRITICAL_CRL_EXTENSION", "unhandled critical CRL extension"),
        44: ("DIFFERENT_CRL_SCOPE", "different CRL scope"),
        54: ("CRL_PATH_VALIDATION_ERROR", "CRL path validation error"),
        101: ("CRL_VERIFY_FAILED", ""),
    },
    "weak-certificate": {
        56: ("SUITE_B_INVALID_VERSION", "Suite B: certificate version invalid"),
        57: ("SUITE_B_INVALID_ALGORITHM", "Suite B: invalid public key algorithm"),
        58: ("SUITE_B_INVALID_CURVE", "Suite B: invalid ECC curve"),
        59: ("SUITE_B_INVALID_SIGNATURE_ALGORITHM", "Suite B: invalid signature algorithm"),
        60: ("SUITE_B_LOS_NOT_ALLOWED", "Suite B: curve not allowed for this LOS"),
        61: ("SUITE_B_CANNOT_SIGN_P_384_WITH_P_256", "Suite B: cannot sign P-384 with P-256"),
        66: ("EE_KEY_TOO_SMALL", "EE certificate key too weak"),
        67: ("CA_KEY_TOO_SMALL", "CA certificate key too weak"),
        68: ("CA_MD_TOO_WEAK", "CA signature digest algorithm too weak"),
        76: ("UNSUPPORTED_SIGNATURE_ALGORITHM", "Cannot find certificate signature algorithm"),
    },
    "certificate-purpose": {
        26: ("INVALID_PURPOSE", "unsuitable certificate purpose"),
        39: ("KEYUSAGE_NO_DIGITAL_SIGNATURE", "key usage does not include digital signature"),
    },
    "invalid-chain": {
        4: ("UNABLE_TO_DECRYPT_CERT_SIGNATURE", "unable to decrypt certificate's signature"),
        6: ("UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", "unable to decode issuer public key"),
        7: ("CERT_SIGNATURE_FAILURE", "certificate signature failure"),
        13: ("ERROR_IN_CERT_NOT_BEFORE_FIELD", "format error in certificate's notBefore field"),
        14: ("ERROR_IN_CERT_NOT_AFTER_FIELD", "format error in certificate's notAfter field"),
        22: ("CERT_CHAIN_TOO_LONG", "certificate chain too long"),
        24: ("NO_ISSUER_PUBLIC_KEY", "issuer certificate doesn't have a public key"),
        25: ("PATH_LENGTH_EXCEEDED", "path length constraint exceeded"),
        29: ("SUBJECT_ISSUER_MISMATCH", "subject issuer mismatch"),
        30: ("AKID_SKID_MISMATCH", "authority and subject key identifier mismatch"),
        31: ("AKID_ISSUER_SERIAL_MISMATCH", "authority and issuer serial number mismatch"),
        32: ("KEYUSAGE_NO_CERTSIGN", "key usage does not include certificate signing"),
        34: ("UNHANDLED_CRITICAL_EXTENSION", "unhandled critical extension"),
        37: ("INVALID_NON_CA", "invalid non-CA certificate (has CA markings)"),
        38: ("PROXY_PATH_LENGTH_EXCEEDED", "proxy path length constraint exceeded"),
        40: (
            "PROXY_CERTIFICATES_NOT_ALLOWED",
            "proxy certificates not allowed, please set the appropriate flag",
        ),
        41: ("INVALID_EXTENSION", "invalid or inconsistent certificate extension"),
        42: ("INVALID_POLICY_EXTENSION", "invalid or inconsistent certificate policy extension"),
        43: ("NO_EXPLICIT_POLICY", "no explicit policy"),
        45: ("UNSUPPORTED_EXTENSION_FEATURE", "unsupported extension feature"),
        46: ("UNNESTED_RESOURCE", "RFC 3779 resource not subset of parent's resources"),
        47: ("PERMITTED_VIOLATION", "permitted subtree violation"),
        48: ("EXCLUDED_VIOLATION", "excluded subtree violation"),
        49: ("SUBTREE_MINMAX", "name constraints minimum and maximum not supported"),
        51: ("UNSUPPORTED_CONSTRAINT_TYPE", "unsupported name constraint type"),
        52: ("UNSUPPORTED_CONSTRAINT_SYNTAX", "unsupported or invalid name constraint syntax"),
        53: ("UNSUPPORTED_NAME_SYNTAX", "unsupported or invalid name syntax"),
        55: ("PATH_LOOP", "path loop"),
        71: ("NO_VALID_SCTS", "Certificate Transparency required, but no valid SCTs found"),
        72: ("PROXY_SUBJECT_NAME_VIOLATION", "proxy subject name violation"),
        77: (
            "SIGNATURE_ALGORITHM_MISMATCH",
            "subject signature algorithm and issuer public key algorithm mismatch",
        ),
        78: (
            "SIGNATURE_ALGORITHM_INCONSISTENCY",
            "cert info signature and signature algorithm mismatch",
        ),
        79: ("INVALID_CA", "invalid CA certificate"),
        80: ("PATHLEN_INVALID_FOR_NON_CA", "Path length invalid for non-CA cert"),
        81: ("PATHLEN_WITHOUT_KU_KEY_CERT_SIGN", "Path length given without key usage keyCertSign"),
        82: (
            "KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA",
            "Key usage keyCertSign invalid for non-CA cert",
        ),
        83: ("ISSUER_NAME_EMPTY", "Issuer name empty"),
        84: ("SUBJECT_NAME_EMPTY", "Subject name empty"),
        85: ("MISSING_AUTHORITY_KEY_IDENTIFIER", "Missing Authority Key Identifier"),
        86: ("MISSING_SUBJECT_KEY_IDENTIFIER", "Missing Subject Key Identifier"),
        87: ("EMPTY_SUBJECT_ALT_NAME", "Empty Subject Alternative Name extension"),
        88: (
            "EMPTY_SUBJECT_SAN_NOT_CRITICAL",
            "Subject empty and Subject Alt Name extension not critical",
        ),
        89: ("CA_BCONS_NOT_CRITICAL", "Basic Constraints of CA cert not marked critical"),
        90: ("AUTHORITY_KEY_IDENTIFIER_CRITICAL", "Authority Key Identifier marked critical"),
        91: ("SUBJECT_KEY_IDENTIFIER_CRITICAL", "Subject Key Identifier marked critical"),
        92: ("CA_CERT_MISSING_KEY_USAGE", "CA cert does not include key usage extension"),
        93: ("EXTENSIONS_REQUIRE_VERSION_3", "Using cert extension requires at least X509v3"),
        94: ("EC_KEY_EXPLICIT_PARAMS", "Certificate public key has explicit ECC parameters"),
        102: ("EMPTY_AUTHORITY_KEY_IDENTIFIER", ""),
        103: ("AKID_ISSUER_SERIAL_NOT_PAIRED", ""),
        104: ("DUPLICATE_EXTENSION", ""),
    },
    # about this process or its program, and not about a certificate
    None: {
        1: ("UNSPECIFIED", "unspecified certificate verification error"),
        17: ("OUT_OF_MEM", "out of memory"),
        50: ("APPLICATION_VERIFICATION", "application verification failure"),
        69: ("INVALID_CALL", "invalid certificate verification context"),
        70: ("STORE_LOOKUP", "issuer certificate lookup error"),
    },
}
VERIFY_CODES: Mapping[int, VerifyCode] = {
    number: VerifyCode(name, kind, text)
    for kind, codes in _BY_KIND.items()
    for number, (name, text) in codes.items()
}


def verify_kind(code: int | None) -> str | None:
    """Return the kind of a verify result: the second half of a cause's code, or None."""
    code_entry = VERIFY_CODES.get(code if code is not None else -1)
    return code_entry.kind if code_entry else None


def verify_texts(*kinds: str | None) -> str:
    """Return the branches of an expression that matches OpenSSL's messages of these kinds."""
    # The later ones first: none of them then hides a longer one with the same beginning.
    texts = {entry.text for entry in VERIFY_CODES.values() if entry.kind in kinds and entry.text}
    return "|".join(re.escape(text).replace(r"\ ", " ") for text in sorted(texts, reverse=True))


def verify_name(code: int | None) -> str:
    """Return the symbolic name of a verify result without ``X509_V_ERR_``."""
    code_entry = VERIFY_CODES.get(code if code is not None else -1)
    return code_entry.name if code_entry else f"code {code}"


ALERTS: Mapping[str, int] = {
    # RFC 8446, section 6, and what older versions reserved; the names are OpenSSL's
    "CLOSE_NOTIFY": 0,
    "UNEXPECTED_MESSAGE": 10,
    "BAD_RECORD_MAC": 20,
    "DECRYPTION_FAILED": 21,
    "RECORD_OVERFLOW": 22,
    "DECOMPRESSION_FAILURE": 30,
    "HANDSHAKE_FAILURE": 40,
    "NO_CERTIFICATE": 41,
    "BAD_CERTIFICATE": 42,
    "UNSUPPORTED_CERTIFICATE": 43,
    "CERTIFICATE_REVOKED": 44,
    "CERTIFICATE_EXPIRED": 45,
    "CERTIFICATE_UNKNOWN": 46,
    "ILLEGAL_PARAMETER": 47,
    "UNKNOWN_CA": 48,
    "ACCESS_DENIED": 49,
    "DECODE_ERROR": 50,
    "DECRYPT_ERROR": 51,
    "EXPORT_RESTRICTION": 60,
    "PROTOCOL_VERSION": 70,
    "INSUFFICIENT_SECURITY": 71,
    "INTERNAL_ERROR": 80,
    "INAPPROPRIATE_FALLBACK": 86,
    "USER_CANCELLED": 90,
    "NO_RENEGOTIATION": 100,
    "MISSING_EXTENSION": 109,
    "UNSUPPORTED_EXTENSION": 110,
    "CERTIFICATE_UNOBTAINABLE": 111,
    "UNRECOGNIZED_NAME": 112,
    "BAD_CERTIFICATE_STATUS_RESPONSE": 113,
    "BAD_CERTIFICATE_HASH_VALUE": 114,
    "UNKNOWN_PSK_IDENTITY": 115,
    "CERTIFICATE_REQUIRED": 116,
    "NO_APPLICATION_PROTOCOL": 120,
    "ECH_REQUIRED": 121,
}
HANDSHAKE_FAILURE, CERTIFICATE_REQUIRED = 40, 116
PROTOCOL_ALERTS = frozenset({70, 71, 86})
NAME_ALERTS = frozenset({109, 112})
"""The peer misses a name (SNI), or has no certificate for the one it got."""
CERTIFICATE_ALERTS = frozenset({41, 42, 43, 44, 45, 46, 48, 49, 51})
"""The peer did not like the client's certificate, if one was sent."""
MISSING_CERTIFICATE_ALERTS = frozenset({40, 41, 42, 46, 49, 116})
"""How servers say that the client sent no certificate; 116 is the only unambiguous one."""

_PREFIXES = ("TLSV13_ALERT_", "TLSV1_ALERT_", "SSLV3_ALERT_", "TLSV13_", "TLSV1_")


def alert_number(reason: str) -> int | None:
    """Return the number of the alert that an OpenSSL reason reports, or None.

    ``TLSV1_ALERT_INTERNAL_ERROR`` is 80, ``TLSV1_UNRECOGNIZED_NAME`` (no ``ALERT`` in it) 112.
    """
    for prefix in _PREFIXES:
        if reason.startswith(prefix):
            return ALERTS.get(reason.removeprefix(prefix))
    _, separator, name = reason.partition("ALERT_")
    return ALERTS.get(name) if separator else None


PROTOCOL_REASONS = frozenset(
    {
        "BAD_ECPOINT",
        "BAD_PROTOCOL_VERSION_NUMBER",
        "INAPPROPRIATE_FALLBACK",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "MISSING_SIGALGS_EXTENSION",
        "NO_CIPHERS_AVAILABLE",
        "NO_CIPHER_MATCH",
        "NO_PROTOCOLS_AVAILABLE",
        "NO_SHARED_CIPHER",
        "NO_SHARED_GROUPS",
        "NO_SHARED_SIGNATURE_ALGORITHMS",
        "NO_SUITABLE_GROUPS",
        "NO_SUITABLE_KEY_SHARE",
        "NO_SUITABLE_SIGNATURE_ALGORITHM",
        "UNKNOWN_CIPHER_RETURNED",
        "UNKNOWN_KEY_EXCHANGE_TYPE",
        "UNKNOWN_SSL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "UNSUPPORTED_ELLIPTIC_CURVE",
        "UNSUPPORTED_PROTOCOL",
        "UNSUPPORTED_SSL_VERSION",
        "VERSION_TOO_HIGH",
        "VERSION_TOO_LOW",
        "WRONG_CIPHER_RETURNED",
        "WRONG_CURVE",
        "WRONG_SIGNATURE_TYPE",
        "WRONG_SSL_VERSION",
    }
)
"""OpenSSL's reasons for: no TLS version, cipher, group or signature in common."""

WEAK_REASONS = frozenset(
    {
        "CA_KEY_TOO_SMALL",
        "CA_MD_TOO_WEAK",
        "DH_KEY_TOO_SMALL",
        "EE_KEY_TOO_SMALL",
        "KEY_SIZE_TOO_SMALL",
    }
)
"""OpenSSL's reasons for a key, signature or parameter below its security level."""


def reason_kind(reason: str) -> str | None:
    """Return what an OpenSSL reason other than an alert is about: a cause's second half."""
    if reason in WEAK_REASONS:
        return "weak-certificate"
    return "protocol-version" if reason in PROTOCOL_REASONS else None
