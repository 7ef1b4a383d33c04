"""Decide why a server refused the client certificate, or the lack of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._certificates import MAX_SUBJECT, day, past
from mongoping.causes._remedies import CLIENT_FILE, corrected_string, texts
from mongoping.data import tls_codes
from mongoping.escape import clip
from mongoping.model import Evidence, Failure, Match, Remedy
from mongoping.observations import observation
from mongoping.shell import quote

if TYPE_CHECKING:
    from mongoping.observations import TlsFilesFacts
    from mongoping.probe.certificates import CertificateFacts

GIVE_CLIENT = (
    "Add a client certificate, with its private key in the same PEM file: "
    "tlsCertificateKeyFile=/path/to/client.pem."
)
ANOTHER_CA = (
    "Use a client certificate that is signed by a CA in the server's CA file (net.tls.CAFile)."
)
CHECK_FILE = Remedy(
    "Check the dates, issuer and purpose of the client certificate:",
    command="openssl x509 -noout -dates -subject -issuer -ext extendedKeyUsage -in FILE",
)
FILE_FORMS = (
    "For tlsCertificateKeyFile, use one PEM file with the certificate and its private key.",
    "For tlsCAFile, use CA certificates in PEM form.",
)
UNKNOWN_CA, EXPIRED_ALERT, REVOKED_ALERT = 48, 45, 44  # TLS alerts
ALSO_CLOSED = ("hello.closed-by-server",)


def _after_handshake(evidence: Evidence, host: str) -> Failure | None:
    """Return the failure of the first read or write after a handshake that succeeded."""
    handshake = evidence.result("tls", host)
    failure = evidence.failure("hello", host)
    if handshake is None or not handshake.ok or failure is None or not failure.facts.get("tls"):
        return None
    return failure


def _sends_certificate(evidence: Evidence) -> bool:
    return bool(evidence.options.get("tlsCertificateKeyFile"))


def _asks(evidence: Evidence, host: str) -> bool | None:
    """Return whether the server asked for a client certificate; None if that is not known."""
    facts = of.tls(evidence, host)
    return facts.asks_certificate if facts is not None else None


def certificate_required(evidence: Evidence, host: str) -> Match | None:
    if _sends_certificate(evidence):
        return None
    later, shaking = _after_handshake(evidence, host), evidence.failure("tls", host)
    asks = _asks(evidence, host)
    for failure in (later, shaking):
        if failure is None or failure.kind != "alert":
            continue
        # only alert 116 is unambiguous; the others count if the server asked for a certificate
        if failure.code == tls_codes.CERTIFICATE_REQUIRED or (
            asks and failure.code in tls_codes.MISSING_CERTIFICATE_ALERTS
        ):
            words = f"TLS alert {failure.code}, {failure.message}"
            return Match(
                f"{host} requires a client certificate, but none was sent ({words})",
                (_give_certificate(evidence),),
                instead_of=(GIVE_CLIENT,),
            )
    if later is not None and later.kind in ("eof", "reset") and asks is not False:
        return Match(
            f"{host} asked for a client certificate, got none, and closed the connection after "
            "the handshake, as mongod does",
            (_give_certificate(evidence),),
            alternatives=ALSO_CLOSED,
            instead_of=(GIVE_CLIENT,),
        )
    return None


def _give_certificate(evidence: Evidence) -> Remedy:
    action = "Add a client certificate, with its private key in the same PEM file"
    return corrected_string(evidence, action, tlsCertificateKeyFile=CLIENT_FILE)


def certificate_rejected(evidence: Evidence, host: str) -> Match | None:
    if not _sends_certificate(evidence):
        return None
    files = observation(evidence, "tls-files")
    later, shaking = _after_handshake(evidence, host), evidence.failure("tls", host)
    asks = _asks(evidence, host)
    subject_text = (
        f" ({clip(files.client_subject, MAX_SUBJECT)})" if files and files.client_subject else ""
    )
    for failure in (later, shaking):
        if failure is None or failure.kind != "alert":
            continue
        without_reason = failure.code == tls_codes.HANDSHAKE_FAILURE and asks
        if failure.code in tls_codes.CERTIFICATE_ALERTS or without_reason:
            words = f"TLS alert {failure.code}, {failure.message}"
            detail = f"{host} refused the client certificate{subject_text}: {words}"
            return _with_reason(evidence, files, failure.code, detail)
    if later is not None and later.kind in ("eof", "reset") and asks is not False:
        detail = f"{host} received the client certificate{subject_text}, completed the handshake, and then closed the connection"
        return _with_reason(evidence, files, None, detail).replace(alternatives=ALSO_CLOSED)
    return None


def _with_reason(
    evidence: Evidence, files: TlsFilesFacts | None, alert: int | None, detail: str
) -> Match:
    """Return the finding together with what is wrong in the client's own file, if anything."""
    own = files.client_certificate if files is not None else None
    file = str(evidence.options.get("tlsCertificateKeyFile"))
    look = CHECK_FILE.replace(command=str(CHECK_FILE.command).replace("FILE", quote(file)))
    steps = texts(ANOTHER_CA, CHECK_FILE)
    until = files.client_not_after if files is not None else None
    if until is not None and past(until, evidence):
        renewal = f"Renew the client certificate in {file}: it expired on {day(until)}."
        return Match(f"{detail}; it expired on {day(until)}", (renewal, look), instead_of=steps)
    if own is not None and (reason := _own_fault(evidence, own)):
        words, remedy = reason
        return Match(f"{detail}; {words}", (f"{remedy}.", look), instead_of=steps)
    if alert == EXPIRED_ALERT:
        remedy = f"Compare the clocks of both machines (date -u): by the server's clock, the client certificate in {file} has expired."
        return Match(detail, (remedy, look), instead_of=steps)
    if alert == REVOKED_ALERT:
        remedy = f"Ask the CA for a new client certificate: the one in {file} is revoked."
        return Match(detail, (remedy, look), instead_of=steps)
    if own is None:
        return Match(detail, (ANOTHER_CA, look), instead_of=steps)
    issuer = clip(own.issuer, MAX_SUBJECT)
    if alert == UNKNOWN_CA:
        detail += f"; it is signed by {issuer}, which the server does not trust"
    remedy = f"If the server should trust {issuer}, add that CA to the server's CA file (net.tls.CAFile); if it is an intermediate CA, append its certificate to {file}."
    return Match(detail, (ANOTHER_CA, remedy, look), instead_of=steps)


def _own_fault(evidence: Evidence, own: CertificateFacts) -> tuple[str, str] | None:
    """Return why no server would accept the client certificate, and the remedy."""
    if not past(own.not_before, evidence):
        words = f"it is not valid before {day(own.not_before)}"
        return words, "Wait until then, or use a client certificate that is already valid"
    if not own.allows("clientAuth"):
        usages = ", ".join(own.usages or ()) or "empty"
        words = f"its extendedKeyUsage is {usages}, without clientAuth"
        return words, "Have the client certificate reissued with extendedKeyUsage clientAuth"
    return None


def bad_key_file(evidence: Evidence) -> Match | None:
    failure = evidence.failure("tls-files")
    if failure is None or failure.kind != "key-file":
        return None
    option = failure.facts.get("option")
    file = evidence.options.get(str(option))
    how, path = str(failure.facts.get("how")), str(file or "FILE")
    remedy = _not_pem(str(option), path) if how == "not-pem" else _file_remedy(how, path)
    detail = f"{option}: {failure.message}"
    return Match(detail, (remedy,), instead_of=FILE_FORMS) if remedy else Match(detail)


def _not_pem(option: str, file: str) -> Remedy:
    """Return the remedy for a file that contains no PEM; only a client's file has a key."""
    quoted_path = quote(file)
    if option == "tlsCAFile":
        return Remedy(
            "Use a file with the CA certificates in PEM form. If this one is in DER form, "
            "convert it:",
            command=f"openssl x509 -inform der -in {quoted_path} -out ca.pem",
        )
    if option == "tlsCRLFile":
        return Remedy(
            "Use a revocation list in PEM form. If this one is in DER form, convert it:",
            command=f"openssl crl -inform der -in {quoted_path} -out crl.pem",
        )
    return Remedy(
        "Convert the certificate to PEM, and add its private key to that file:",
        command=f"openssl x509 -inform der -in {quoted_path} -out client.crt",
    )


def _file_remedy(how: str, file: str) -> Remedy | None:
    """Return the remedy for a TLS file that cannot be loaded, by the kind of the problem."""
    quoted_path = quote(file)
    join = "Put the certificate and its private key into one file, and use that:"
    remedies = {
        "password-needed": Remedy(
            "Give the password of the key: tlsCertificateKeyFilePassword in the connection string, "
            "or --tls-certificate-key-file-password-file FILE."
        ),
        "wrong-password": Remedy(
            "Correct tlsCertificateKeyFilePassword; special characters must be percent-encoded."
        ),
        "no-key": Remedy(join, command=f"cat {quoted_path} client.key > client.pem"),
        "no-certificate": Remedy(join, command=f"cat client.crt {quoted_path} > client.pem"),
        "mismatch": Remedy(
            f"Replace the private key in {file} with the one that belongs to the certificate."
        ),
        "order": Remedy(f"Put the client's own certificate before the CA's in {file}."),
        "pipe": Remedy("Let SSL_CERT_FILE name a regular file, or unset it."),
        "weak": Remedy(
            "Reissue the client certificate with an RSA key of at least 2048 bits (or ECDSA "
            "P-256), signed with SHA-256."
        ),
    }
    return remedies.get(how)
