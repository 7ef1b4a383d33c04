"""Causes that are seen in the TLS handshake, or in the lack of one."""

from __future__ import annotations

import difflib
from datetime import datetime

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Failure, Match

TLS_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"
SERVER_DOCS = "https://www.mongodb.com/docs/manual/tutorial/configure-ssl/"
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"
# X509_V_ERR_* of OpenSSL's x509_vfy.h
EXPIRED, NOT_YET_VALID, HOSTNAME, ADDRESS = 10, 9, 62, 64
UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
CLIENT_ALERTS = frozenset({41, 42, 43, 44, 45, 46, 48, 49, 51})  # RFC 8446, section 6.2
CERTIFICATE_REQUIRED = 116
PROTOCOL_REASONS = (
    "UNSUPPORTED_PROTOCOL",
    "WRONG_SSL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "VERSION_TOO_LOW",
)


def _certificate(evidence: Evidence, host: str, *codes: int) -> Failure | None:
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "certificate" or failure.code not in codes:
        return None
    return failure


def not_enabled(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    seen = of.tls(evidence, host)
    if failure is None or seen is None or not seen.plain_hello:
        return None
    asked = (
        "tls=false" if evidence.target is not None and evidence.target.srv else "without tls=true"
    )
    return Match(
        f"{host} ends the TLS handshake, and answers hello without TLS",
        (f"Connect {asked}: the server speaks plain MongoDB on this port.",),
    )


def required(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("hello", host)
    if failure is None or failure.facts.get("tls") or not failure.facts.get("speaks_tls"):
        return None
    proof = "" if not _is_mongod(failure) else "; it is a mongod, as its answer to HTTP shows"
    return Match(f"{host} closes the connection at a plain hello, and answers in TLS{proof}")


def _is_mongod(failure: Failure) -> bool:
    return "MongoDB over HTTP" in str(failure.facts.get("http") or "")


def unknown_ca(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, *UNKNOWN_AUTHORITY)
    if failure is None:
        return None
    seen = of.tls(evidence, host)
    chain = seen.chain if seen else ()
    trusted = evidence.options.get("tlsCAFile") or "this system's store"
    remedies: list[str] = []
    if not chain:
        return Match(f"{host}: {failure.message}")
    leaf = chain[0]
    if leaf.self_signed:
        detail = f"the certificate of {host} is signed by itself ({leaf.subject})"
        remedies.append("Trust that certificate: tlsCAFile=FILE with the certificate itself.")
    elif seen is not None and seen.chain_length == 1:
        detail = f"{host} sends its own certificate alone, issued by {leaf.issuer}, which {trusted} does not know"
        remedies.append(f"Give the authority's certificate: tlsCAFile=FILE ({leaf.issuer})")
        remedies.append(
            "If that issuer is an intermediate one, have the server send the whole chain: put the "
            "intermediate certificate behind its own in net.tls.certificateKeyFile."
        )
    else:
        detail = f"the chain of {host} ends at {chain[-1].issuer}, which {trusted} does not know"
        remedies.append(f"Give the authority's certificate: tlsCAFile=FILE ({chain[-1].issuer})")
    return Match(detail, tuple(remedies))


def expired(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, EXPIRED)
    if failure is None:
        return None
    seen = of.tls(evidence, host)
    late = [one for one in (seen.chain if seen else ()) if _past(one.not_after, evidence)]
    if not late:
        return Match(f"{host}: {failure.message}")
    one = late[0]
    whose = "the certificate" if seen and one is seen.chain[0] else f"the authority {one.subject}"
    return Match(f"{whose} of {host} expired on {one.not_after:%Y-%m-%d %H:%M} UTC")


def not_yet_valid(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, NOT_YET_VALID)
    if failure is None:
        return None
    seen = of.tls(evidence, host)
    since = f" before {seen.chain[0].not_before:%Y-%m-%d %H:%M} UTC" if seen and seen.chain else ""
    return Match(
        f"the certificate of {host} is not valid{since}; this clock says {evidence.started_at}"
    )


def _past(moment: datetime, evidence: Evidence) -> bool:
    return moment <= datetime.fromisoformat(evidence.started_at)


def hostname_mismatch(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, HOSTNAME, ADDRESS)
    if failure is None:
        return None
    seen = of.tls(evidence, host)
    names = seen.chain[0].names if seen and seen.chain else ()
    own = of.host_of(evidence, host).name
    if not names:
        return Match(f"the certificate of {host} names no host at all (no subjectAltName)")
    near = difflib.get_close_matches(own, names, 1, 0.0)
    listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    usable = [name for name in near if not name.startswith("*")]
    remedies = tuple(f"Connect by a name of the certificate: {name}" for name in usable)
    return Match(f"the certificate of {host} is for {listed}, not for {own}", remedies)


def protocol_version(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None:
        return None
    if failure.code != 70 and not any(one in failure.message for one in PROTOCOL_REASONS):
        return None
    openssl = evidence.tool.get("openssl") or "this OpenSSL"
    return Match(f"{host} and this client share no TLS version ({failure.message}; {openssl})")


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
    if (
        shaking is not None
        and shaking.code in (CERTIFICATE_REQUIRED, 40)
        and "ALERT" in shaking.message
    ):
        return Match(
            f"{host} ended the handshake for want of a client certificate ({shaking.message})"
        )
    return None


def client_certificate_rejected(evidence: Evidence, host: str) -> Match | None:
    if not _sends_certificate(evidence):
        return None
    own = evidence.data("tls-files")
    subject = f" ({own.client_subject})" if own is not None and own.client_subject else ""
    for failure in (_after_handshake(evidence, host), evidence.failure("tls", host)):
        if failure is None:
            continue
        if failure.kind == "alert" and failure.code in CLIENT_ALERTS:
            return Match(f"{host} refused the client certificate{subject}: {failure.message}")
    failure = _after_handshake(evidence, host)
    shown = of.tls(evidence, host)
    if (
        failure is not None
        and failure.kind in ("eof", "reset")
        and shown
        and shown.asks_certificate is not False
    ):
        late = own is not None and own.client_not_after and _past(own.client_not_after, evidence)
        why = ", which has expired" if late else ""
        return Match(
            f"{host} completed the handshake and closed the connection on seeing the client certificate{subject}{why}"
        )
    return None


def internal_error(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "alert" or failure.code != 80:
        return None
    return Match(f"{host} aborted the handshake with TLS alert 80 (internal error)")


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


def expiring(evidence: Evidence, host: str) -> Match | None:
    done = evidence.result("tls", host)
    seen = of.tls(evidence, host)
    if done is None or not done.ok or seen is None or seen.days_left is None:
        return None
    if seen.days_left >= evidence.settings.certificate_days:
        return None
    until = seen.chain[0].not_after
    return Match(
        f"the certificate of {host} expires in {seen.days_left:.0f} days, on {until:%Y-%m-%d}"
    )


CAUSES = (
    Cause(
        code="tls.not-enabled-on-server",
        title="The server does not speak TLS on this port",
        explanation="The client began a TLS handshake, and the server ended the connection; the "
        "same server answers at once without TLS.",
        remedies=(
            "Remove tls=true from the connection string (for mongodb+srv:// add tls=false).",
            "Or turn TLS on at the server: net.tls.mode: requireTLS and net.tls.certificateKeyFile.",
        ),
        links=(TLS_DOCS, SERVER_DOCS),
        when=not_enabled,
        per_host=True,
    ),
    Cause(
        code="tls.required-by-server",
        title="The server wants TLS, and the client speaks without",
        explanation="The server closes the connection at the first word in plain text, without a "
        "reply, and completes a TLS handshake on the same port.",
        remedies=(
            "Add tls=true to the connection string.",
            "If its certificate is of your own authority, add tlsCAFile=FILE as well.",
        ),
        links=(TLS_DOCS,),
        when=required,
        per_host=True,
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
    ),
    Cause(
        code="tls.unknown-ca",
        title="The server's certificate is of an authority that is not trusted here",
        explanation="The server showed a certificate, and the chain from it does not end at an "
        "authority that this client trusts. With PyMongo that is tlsCAFile, or the system's store.",
        remedies=(
            "Give the authority that issued the certificate: tlsCAFile=FILE.",
            "For a public authority with an old system store: tlsCAFile=$(python -m certifi) after pip install certifi.",
        ),
        links=(TLS_DOCS,),
        when=unknown_ca,
        per_host=True,
    ),
    Cause(
        code="tls.certificate-expired",
        title="The server's certificate has expired",
        explanation="The certificate was valid once. Every client that checks it refuses the "
        "server until a new one is installed, or this machine's clock is wrong.",
        remedies=(
            "Renew the certificate on the server, and let mongod load it: db.adminCommand({rotateCertificates: 1}) from 5.0 on, else a restart.",
            "Check this machine's clock (date -u).",
        ),
        links=(SERVER_DOCS,),
        when=expired,
        per_host=True,
    ),
    Cause(
        code="tls.certificate-not-yet-valid",
        title="The server's certificate is not valid yet",
        explanation="The certificate begins to be valid later than this machine's clock says it "
        "is: the clock is behind, or the certificate was made for later.",
        remedies=(
            "Set this machine's clock (date -u shows it; enable NTP).",
            "If the clock is right, install a certificate whose validity has begun.",
        ),
        links=(SERVER_DOCS,),
        when=not_yet_valid,
        per_host=True,
    ),
    Cause(
        code="tls.hostname-mismatch",
        title="The certificate is for another name",
        explanation="The authority is trusted, but the certificate does not name the host that the "
        "connection string, or the replica set, says. Aliases, IP addresses and port forwards do that.",
        remedies=(
            "Use the host name that stands in the certificate.",
            "Have the certificate made anew with this name among its subjectAltNames.",
        ),
        links=(TLS_DOCS,),
        when=hostname_mismatch,
        per_host=True,
    ),
    Cause(
        code="tls.protocol-version",
        title="Client and server share no TLS version",
        explanation="One side is too old: OpenSSL 3 refuses TLS 1.0 and 1.1, and servers may be "
        "told to refuse older versions than they offer.",
        remedies=(
            "Let the server offer TLS 1.2 or newer (net.tls.disabledProtocols), or upgrade it.",
            "Use a Python with a current OpenSSL: python -c 'import ssl; print(ssl.OPENSSL_VERSION)'",
        ),
        links=(TLS_DOCS,),
        when=protocol_version,
        per_host=True,
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
    ),
    Cause(
        code="tls.alert-internal-error",
        title="The server aborts the TLS handshake with an internal error",
        explanation="TLS alert 80 comes from something that ends TLS for the server and cannot go "
        "on. On Atlas it is what a client sees whose address is not on the access list.",
        remedies=(
            "If this is Atlas: add this machine's public address to the IP access list.",
            "Else look into the log of the server or the TLS proxy at this moment.",
        ),
        links=("https://www.mongodb.com/docs/atlas/security/ip-access-list/",),
        when=internal_error,
        per_host=True,
        hidden_by=("atlas.ip-not-allowed",),
    ),
    Cause(
        code="tls.certificate-expiring",
        title="The server's certificate expires soon",
        explanation="It works today. On that day every client that checks certificates stops.",
        remedies=("Renew the certificate on the server before that day.",),
        links=(SERVER_DOCS,),
        when=expiring,
        per_host=True,
        severity="warning",
    ),
)
