"""The SSL context that PyMongo would use, and what is wrong with the files it needs.

Built from PyMongo 4.20's ``ssl_support``. Never `ssl.create_default_context`: on Python
3.13 it is stricter than the driver and would raise false alarms.
"""

from __future__ import annotations

import os
import ssl
import stat
import sys
from collections.abc import Mapping
from typing import Any

from mongoping.data import tls_codes
from mongoping.model import Failure
from mongoping.observer import current

MAX_CERTIFICATES = 50  # of a client's file that are compared with its key


class KeyFileError(Exception):
    """A file for TLS cannot be used. ``kind`` says how, ``option`` which option named it."""

    def __init__(self, kind: str, option: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.option = option


def context(
    options: Mapping[str, Any], key_password: str | None = None, *, verify: bool = True
) -> ssl.SSLContext:
    """Return the driver's SSL context for these URI options; raises `KeyFileError`.

    With ``verify=False`` it does not check the server's certificate.
    """
    new_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    insecure = bool(options.get("tlsInsecure"))
    no_check = insecure or bool(options.get("tlsAllowInvalidCertificates")) or not verify
    no_names = insecure or bool(options.get("tlsAllowInvalidHostnames"))
    new_context.check_hostname = not (no_check or no_names)
    new_context.verify_mode = ssl.CERT_NONE if no_check else ssl.CERT_REQUIRED
    new_context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    _watch_requests(new_context)
    if path := options.get("tlsCertificateKeyFile"):
        _load_key(new_context, str(path), key_password)
    if path := options.get("tlsCRLFile"):
        new_context.verify_flags = ssl.VERIFY_CRL_CHECK_LEAF
        _load_authorities(new_context, str(path), "tlsCRLFile")
    if path := options.get("tlsCAFile"):
        _load_authorities(new_context, str(path), "tlsCAFile")
    elif not no_check:
        _load_system_store(new_context)
    return new_context


def _watch_requests(tls_context: ssl.SSLContext) -> None:
    """Note on each session whether the server asks for a client certificate.

    This is a hook of CPython's ssl module for debugging (3.8 to 3.15). Without it,
    `asked_for_certificate` returns None.
    """
    if hasattr(tls_context, "_msg_callback"):
        tls_context._msg_callback = note_message


def note_message(
    session: Any, direction: str, version: Any, content: Any, message: Any, data: bytes
) -> None:
    """Note a request for a client certificate, and show every message to the observer."""
    observer = current()
    if observer is not None and getattr(content, "name", "") in ("HANDSHAKE", "ALERT"):
        mark = "<" if direction == "read" else ">"
        kind, name = content.name.lower(), getattr(message, "name", message)
        text = f"{mark} {kind} {str(name).lower()}, {len(data)} bytes"
        observer.note("tls", str(getattr(session, "server_hostname", None) or ""), text)
    if direction == "read" and getattr(message, "name", "") == "CERTIFICATE_REQUEST":
        session.asked_for_certificate = True


def asked_for_certificate(session: ssl.SSLObject) -> bool | None:
    """Return whether the server asked for a client certificate; None if that is not known."""
    if not hasattr(session.context, "_msg_callback"):
        return None
    return bool(getattr(session, "asked_for_certificate", False))


def _load_system_store(tls_context: ssl.SSLContext) -> None:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and _is_pipe(file):  # OpenSSL would wait for data, and with it every signal and limit
        raise KeyFileError("pipe", "SSL_CERT_FILE", f"{file} is a pipe, which OpenSSL waits for")
    if (file or folder) and sys.platform == "win32":
        tls_context.load_verify_locations(cafile=file or None, capath=folder or None)
    else:
        tls_context.load_default_certs()


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116 - pathlib is not imported here
    except (OSError, ValueError):
        return False


def _load_authorities(tls_context: ssl.SSLContext, path: str, option: str) -> None:
    try:
        tls_context.load_verify_locations(path)
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        content = "revocation list" if option == "tlsCRLFile" else "certificate"
        words = f"contains no {content} in PEM form" if "NO_CERT" in reason else reason
        raise KeyFileError("not-pem", option, f"{path} {words}") from None
    except OSError as error:
        raise KeyFileError("unreadable", option, f"{path}: {error.strerror}") from None


def _load_key(tls_context: ssl.SSLContext, path: str, password: str | None) -> None:
    # a function, since OpenSSL would ask on the terminal for a password that is missing
    try:
        tls_context.load_cert_chain(path, None, lambda: password or "")
    except (ssl.SSLError, ValueError) as error:  # ValueError: a password of more than 1023 bytes
        reason = getattr(error, "reason", None) or ""
        if tls_codes.reason_kind(reason) == "weak-certificate":
            words = f"the certificate in {path} is too weak for this OpenSSL ({reason})"
            raise KeyFileError("weak", "tlsCertificateKeyFile", words) from None
        raise _key_problem(path, password) from None
    except OSError as error:
        raise KeyFileError(
            "unreadable", "tlsCertificateKeyFile", f"{path}: {error.strerror}"
        ) from None


def _key_problem(path: str, password: str | None) -> KeyFileError:
    """Return what is wrong with a client certificate file: OpenSSL has one message for it all."""
    from pathlib import Path

    option = "tlsCertificateKeyFile"
    data = Path(path).read_bytes()
    if b"-----BEGIN" not in data:
        return KeyFileError("not-pem", option, f"{path} is not a PEM file")
    if b"PRIVATE KEY-----" not in data:
        return KeyFileError("no-key", option, f"{path} contains no private key")
    if b"BEGIN CERTIFICATE" not in data:
        return KeyFileError("no-certificate", option, f"{path} contains no certificate")
    if b"ENCRYPTED" in data and not password:
        return KeyFileError("password-needed", option, f"the key in {path} is encrypted")
    if b"ENCRYPTED" in data and not _decrypts(data, password or ""):
        return KeyFileError("wrong-password", option, f"the password of the key in {path} is wrong")
    if _fits_later(data, password):
        words = f"the first certificate in {path} is not the one of the key; a later one is"
        return KeyFileError("order", option, words)
    return KeyFileError("mismatch", option, f"the key in {path} does not match its certificate")


def _fits_later(data: bytes, password: str | None) -> bool:
    """Return whether a key belongs to another certificate of its file than to the first one."""
    from cryptography import x509

    key = _private_key(data, password)
    try:
        certificates = x509.load_pem_x509_certificates(data)[1:MAX_CERTIFICATES]
        return key is not None and any(
            certificate.public_key() == key.public_key() for certificate in certificates
        )
    except ValueError:
        return False


def _decrypts(data: bytes, password: str) -> bool:
    return _private_key(data, password) is not None


def _private_key(data: bytes, password: str | None) -> Any:
    """Return the first private key of a PEM file; None if it cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    start = data.index(b"-----BEGIN", max(data.find(b"PRIVATE KEY-----") - 40, 0))
    end = data.find(b"-----END", start)
    end = data.find(b"-----", end + 8) + 5
    try:
        secret = password.encode() if password else None
        return load_pem_private_key(data[start:end] + b"\n", secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def key_failure(error: KeyFileError) -> Failure:
    """Return the facts about a file that TLS cannot use."""
    return Failure("key-file", str(error), facts={"how": error.kind, "option": error.option})
