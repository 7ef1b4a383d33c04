"""What OpenSSL's refusal of a certificate means, where one handshake tells it for certain."""

from __future__ import annotations

import ssl

CODES = {
    # X509_V_ERR_*, see the manual page of X509_STORE_CTX_get_error
    9: "certificate-not-yet-valid",
    10: "certificate-expired",
    18: "unknown-ca",
    19: "unknown-ca",
    20: "unknown-ca",
    21: "unknown-ca",
    62: "hostname-mismatch",
    64: "hostname-mismatch",
}


def cause_of(error: ssl.SSLError) -> tuple[str, str]:
    """The second half of a cause's code, and the words of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message or str(error)
        return CODES.get(error.verify_code, "unexplained"), words
    reason = error.reason or str(error)
    if "ALERT" in reason and "PROTOCOL_VERSION" in reason:
        return "protocol-version", reason
    return "unexplained", reason
