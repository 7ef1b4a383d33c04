"""Return what OpenSSL's error means, where one handshake is enough to know."""

from __future__ import annotations

import ssl

from mongoping.data import tls_codes


def cause_of(error: ssl.SSLError) -> tuple[str, str]:
    """Return the second half of a cause's code, and OpenSSL's message."""
    if isinstance(error, ssl.SSLCertVerificationError):
        message = error.verify_message or str(error)
        return tls_codes.verify_kind(error.verify_code) or "unexplained", message
    reason = error.reason or str(error)
    if tls_codes.alert_number(reason) in tls_codes.PROTOCOL_ALERTS:
        return "protocol-version", reason
    return tls_codes.reason_kind(reason) or "unexplained", reason
