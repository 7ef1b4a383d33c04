"""Causes of the client's side of TLS: its own certificate, and the files that it needs."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes._certificates import past
from mongoping.causes.tls import TLS_DOCS, X509_DOCS
from mongoping.model import Cause, Evidence, Failure, Match

CLIENT_ALERTS = frozenset({41, 42, 43, 44, 45, 46, 48, 49, 51})  # RFC 8446, section 6.2
HANDSHAKE_FAILURE, CERTIFICATE_REQUIRED = 40, 116


def _after_handshake(evidence: Evidence, host: str) -> Failure | None:
    """A failure of the first read or write after a handshake that succeeded."""
    done = evidence.result("tls", host)
    failure = evidence.failure("hello", host)
    if done is None or not done.ok or failure is None or not failure.facts.get("tls"):
        return None
    return failure


def _sends_certificate(evidence: Evidence) -> bool:
    return bool(evidence.options.get("tlsCertificateKeyFile"))


def client_certificate_required(evidence: Evidence, host: str) -> Match | None:
    if _sends_certificate(evidence):
        return None
    failure = _after_handshake(evidence, host)
    if failure is not None and failure.code == CERTIFICATE_REQUIRED:
        return Match(f"{host} asked for a client certificate (TLS alert 116)")
    shown = of.tls(evidence, host)
    asks = shown.asks_certificate if shown else None
    if failure is not None and failure.kind in ("eof", "reset") and asks is not False:
        return Match(
            f"{host} asked for a client certificate, completed the handshake without one, and closed "
            "the connection at the first word, as mongod does"
        )
    shaking = evidence.failure("tls", host)
    if shaking is None or shaking.kind != "alert":
        return None
    # alert 40 says no more than "no": only a server that asked can have missed the certificate
    if shaking.code == CERTIFICATE_REQUIRED or (shaking.code == HANDSHAKE_FAILURE and asks):
        return Match(
            f"{host} ended the handshake for want of a client certificate ({shaking.message})"
        )
    return None


def client_certificate_rejected(evidence: Evidence, host: str) -> Match | None:
    if not _sends_certificate(evidence):
        return None
    own = evidence.data("tls-files")
    subject = f" ({own.client_subject})" if own is not None and own.client_subject else ""
    shown = of.tls(evidence, host)
    asks = shown is not None and shown.asks_certificate
    for failure in (_after_handshake(evidence, host), evidence.failure("tls", host)):
        if failure is None:
            continue
        refused = failure.code in CLIENT_ALERTS or (failure.code == HANDSHAKE_FAILURE and asks)
        if failure.kind == "alert" and refused:
            return Match(f"{host} refused the client certificate{subject}: {failure.message}")
    failure = _after_handshake(evidence, host)
    if (
        failure is not None
        and failure.kind in ("eof", "reset")
        and shown
        and shown.asks_certificate is not False
    ):
        late = own is not None and own.client_not_after and past(own.client_not_after, evidence)
        why = ", which has expired" if late else ""
        return Match(
            f"{host} completed the handshake and closed the connection on seeing the client certificate{subject}{why}"
        )
    return None


def bad_key_file(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("tls-files")
    if failure is None or failure.kind != "key-file":
        return None
    how = {
        "password-needed": "Give the key's password: tlsCertificateKeyFilePassword, or --tls-certificate-key-file-password-file FILE.",
        "wrong-password": "Check tlsCertificateKeyFilePassword; special characters must be percent-encoded in the URI.",
        "no-key": "Put the private key and the certificate into one file: cat client.key client.crt > client.pem",
        "no-certificate": "Put the private key and the certificate into one file: cat client.key client.crt > client.pem",
        "mismatch": "Pair the certificate with the key that it was made from.",
        "not-pem": "Convert the file to PEM, for example: openssl x509 -inform der -in FILE -out FILE.pem",
    }
    named = how.get(str(failure.facts.get("how")))
    return Match(f"{failure.facts.get('option')}: {failure.message}", (named,) if named else ())


CAUSES = (
    Cause(
        code="tls.revoked",
        title="The certificate counts as revoked, or whether it is could not be found out",
        explanation="Besides date and name, the client asks whether the certificate was withdrawn: "
        "by OCSP, or by a revocation list. The answer was yes, or there was none that counts.",
        remedies=(
            "See what the authority says of the certificate, and replace it if it was revoked.",
            "Let this machine reach the OCSP responder or the revocation list that the certificate "
            "names (HTTP, port 80), by the proxy if there is one.",
            "For a test without OCSP: tlsDisableOCSPEndpointCheck=true; a revoked certificate is "
            "then not noticed.",
        ),
        links=(TLS_DOCS,),
        says=(
            r"invalid status response",
            r"certificate (?:is |has been |was )?revoked|CERT_REVOKED|CertificateRevokedException",
            r"[Uu]nable to (?:get|determine)[^\n]{0,20} (?:CRL|revocation status)|UNABLE_TO_GET_CRL",
            r"\bCRL (?:has expired|is not yet valid)|CRL_HAS_EXPIRED|RevocationStatusUnknown|OfflineRevocation",
            r"OCSP[^\n]{0,60}(?:fail|error|revoked|could not|unable|timed out)",
        ),
    ),
    Cause(
        code="tls.bad-key-file",
        title="A file for TLS cannot be used",
        explanation="The client's own certificate, key, authorities or revocation list cannot be "
        "loaded, so no handshake was tried. OpenSSL has one message for many of these cases.",
        remedies=(
            "tlsCertificateKeyFile wants one PEM file with the certificate and its private key.",
            "tlsCAFile wants the certificates of authorities in PEM form.",
        ),
        links=(TLS_DOCS,),
        when=bad_key_file,
        hidden_by=("uri.file-not-found",),
        says=(
            r"Private key doesn't match certificate",
            r"(?#likely)load_cert_chain\([\s\S]{0,200}\[Errno 22\]",
            r"Enter (?:PEM pass phrase|TLS key file password)",
            r"key[ _]values[ _]mismatch",
            r"DECODER routines::unsupported",
            r"PEM routines:[^\n]{0,60}(?:no start line|bad (?:decrypt|base64|password)|get_name)",
            r"\[SSL\] PEM lib|bad decrypt",
            r"\bCan ?not (?:set up|read) (?:PEM|certificate) (?:key )?file",
            r"InvalidSSLConfiguration",
            r"failed to find any PEM data|private key does not match public key|failed to parse (?:private key|certificate)",
            r"keystore was tampered with|keystore password was incorrect",
            r"tlsCertificateKeyFilePassword\W{0,3} cannot be specified with no value",
            r"(?:tlsCertificateKeyFile|sslPEMKeyFile|tlsCAFile)[^\n]{0,120}(?:could not|cannot|failed|unable)",
        ),
    ),
    Cause(
        code="tls.client-certificate-required",
        title="The server wants a certificate from the client",
        explanation="The server has net.tls.CAFile set and expects every client to show a "
        "certificate. mongod sends no alert: it closes the connection after the handshake.",
        remedies=(
            "Give one: tlsCertificateKeyFile=FILE with certificate and private key in one PEM file.",
            "Or let the server take clients without: net.tls.allowConnectionsWithoutCertificates: true.",
        ),
        links=(X509_DOCS, TLS_DOCS),
        when=client_certificate_required,
        per_host=True,
        hidden_by=("hello.not-mongodb",),
        says=(
            r"⟨alert 116⟩",
            r"no SSL certificate provided by peer|No (?:SSL|TLS) certificate (?:was )?provided by peer",
            r"(?#likely)⟨eof in tls⟩",
            r"(?#also)⟨eof⟩",
            r"(?#also)⟨alert (?:40|41|42)⟩",
        ),
    ),
    Cause(
        code="tls.client-certificate-rejected",
        title="The server does not accept the client's certificate",
        explanation="A client certificate was sent, and the server ended the connection because of "
        "it: its authority is not the server's, it has expired, or it is for another purpose.",
        remedies=(
            "Use a certificate issued by the authority in the server's net.tls.CAFile.",
            "Check its dates: openssl x509 -noout -dates -subject -issuer -in FILE",
        ),
        links=(X509_DOCS,),
        when=client_certificate_rejected,
        per_host=True,
        says=(
            r"⟨alert (?:41|43|44|45|46|48|49|51)⟩",
            r"(?#likely)⟨alert 42⟩",
            r"⟨peer certificate refused⟩",
            r"(?#also)⟨eof(?: in tls)?⟩",
        ),
    ),
)
