"""Causes that are seen in the TLS handshake, or in the lack of one."""

from __future__ import annotations

import difflib

from mongoping.causes import _evidence as of
from mongoping.causes._certificates import covers, other_fault, past, unchecked
from mongoping.model import Cause, Evidence, Failure, Match

TLS_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"
SERVER_DOCS = "https://www.mongodb.com/docs/manual/tutorial/configure-ssl/"
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"
HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY = 40, 71  # TLS alerts (RFC 8446, section 6.2)
# X509_V_ERR_* of OpenSSL's x509_vfy.h
EXPIRED, NOT_YET_VALID, HOSTNAME, ADDRESS = 10, 9, 62, 64
GIVE_AUTHORITY = "Give the authority that issued the certificate: tlsCAFile=FILE."
USE_ITS_NAME = "Use the host name that stands in the certificate."
HOSTNAME_REMEDIES = (
    USE_ITS_NAME,
    "Have the certificate made anew with this name among its subjectAltNames.",
)
UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
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
    return Match(detail, tuple(remedies), instead_of=(GIVE_AUTHORITY,))


def expired(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, EXPIRED)
    if failure is None:
        return _expired_besides(evidence, host)
    seen = of.tls(evidence, host)
    late = [one for one in (seen.chain if seen else ()) if past(one.not_after, evidence)]
    if not late:
        return Match(f"{host}: {failure.message}")
    one = late[0]
    whose = "the certificate" if seen and one is seen.chain[0] else f"the authority {one.subject}"
    return Match(f"{whose} of {host} expired on {one.not_after:%Y-%m-%d %H:%M} UTC")


def _expired_besides(evidence: Evidence, host: str) -> Match | None:
    """Out of date, where something else was complained of first, or nobody looked."""
    if (leaf := other_fault(evidence, host)) and past(leaf.not_after, evidence):
        return Match(
            f"the certificate of {host} also expired on {leaf.not_after:%Y-%m-%d %H:%M} UTC"
        )
    if (leaf := unchecked(evidence, host)) and past(leaf.not_after, evidence):
        words = f"expired on {leaf.not_after:%Y-%m-%d %H:%M} UTC, and nobody checks it here"
        return Match(f"the certificate of {host} {words}", severity="warning")
    return None


def not_yet_valid(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, NOT_YET_VALID)
    leaf = other_fault(evidence, host)
    if failure is None and (leaf is None or past(leaf.not_before, evidence)):
        return None
    seen = of.tls(evidence, host)
    since = f" before {seen.chain[0].not_before:%Y-%m-%d %H:%M} UTC" if seen and seen.chain else ""
    return Match(
        f"the certificate of {host} is not valid{since}; this clock says {evidence.started_at}"
    )


def hostname_mismatch(evidence: Evidence, host: str) -> Match | None:
    failure = _certificate(evidence, host, HOSTNAME, ADDRESS)
    own = of.host_of(evidence, host).name
    if failure is None:
        leaf = other_fault(evidence, host)
        if leaf is None or not leaf.names or leaf.more_names or not _checks_names(evidence):
            return _common_name_only(evidence, host)
        if covers(leaf.names, own):
            return _common_name_only(evidence, host)
    seen = of.tls(evidence, host)
    leaf = seen.chain[0] if seen and seen.chain else None
    if leaf is None or not leaf.names:
        return Match(f"the certificate of {host} names no host at all (no subjectAltName)")
    near = difflib.get_close_matches(own, leaf.names, 1, 0.0)
    usable = [name for name in near if not name.startswith("*")]
    remedies = tuple(f"Connect by a name of the certificate: {name}" for name in usable)
    detail = f"the certificate of {host} is for {leaf.listed()}, not for {own}"
    return Match(detail, remedies, instead_of=(USE_ITS_NAME,) if usable else ())


def _checks_names(evidence: Evidence) -> bool:
    files = evidence.data("tls-files")
    waived = evidence.options.get("tlsAllowInvalidHostnames") or evidence.options.get("tlsInsecure")
    return not waived and (files is None or files.verifies)


def _common_name_only(evidence: Evidence, host: str) -> Match | None:
    """Accepted by OpenSSL for its common name, which other drivers no longer look at."""
    done, seen = evidence.result("tls", host), of.tls(evidence, host)
    if done is None or not done.ok or seen is None or not seen.chain or not _checks_names(evidence):
        return None
    leaf = seen.chain[0]
    if leaf.names or not leaf.common_name:
        return None
    return Match(
        f"the certificate of {host} names it in its common name alone ({leaf.common_name}): Python "
        "takes that, drivers in Go and others refuse a certificate without subjectAltName",
        ("Have the certificate made anew with its names as subjectAltNames.",),
        instead_of=HOSTNAME_REMEDIES,
        severity="warning",
    )


def protocol_version(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None:
        return None
    openssl = evidence.tool.get("openssl") or "this OpenSSL"
    seen = of.tls(evidence, host)
    if failure.kind == "alert" and failure.code in (HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY):
        if seen is not None and seen.asks_certificate:
            return None  # its displeasure is about the client's certificate, or its absence
        return Match(
            f"{host} found no TLS version or cipher in common with this client ({failure.message}; {openssl})",
            (
                "Compare the server's ciphers (setParameter opensslCipherConfig) with the client's: openssl ciphers -v",
            ),
        )
    if failure.code != 70 and not any(one in failure.message for one in PROTOCOL_REASONS):
        return None
    return Match(f"{host} and this client share no TLS version ({failure.message}; {openssl})")


def internal_error(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "alert" or failure.code != 80:
        return None
    return Match(f"{host} aborted the handshake with TLS alert 80 (internal error)")


def expiring(evidence: Evidence, host: str) -> Match | None:
    done = evidence.result("tls", host)
    seen = of.tls(evidence, host)
    if done is None or not done.ok or seen is None or seen.days_left is None:
        return None
    if not 0 <= seen.days_left < evidence.settings.certificate_days:
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
        says=(
            r"(?#likely)⟨eof in handshake⟩",
            r"(?#likely)WRONG_VERSION_NUMBER|wrong version number",
            r"first record does not look like a TLS handshake",
            r"started without SSL support|server is not accepting SSL connections",
            r"Unsupported or unrecognized SSL message|Unrecognized SSL message, plaintext connection",
            r"(?#likely)SSL23_GET_SERVER_HELLO:unknown protocol|ssl_choose_client_version|RECORD_LAYER_FAILURE|record layer failure",
            r"(?#likely)PACKET_LENGTH_TOO_LONG|packet length too long",
            r"failed due to an unexpected packet format|corrupted frame was received",
            r"not an SSL/TLS record|received corrupt message of type",
        ),
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
        says=(
            r"only allow SSL connections",
            r"⟨says TLS⟩",
            r"(?#likely)⟨eof in plain⟩",
            r"(?#possible)⟨eof⟩",
            r"(?#also)no reachable servers?\b",
            r"(?#also)Timeout while receiving message|MongoSocketReadTimeout",
        ),
    ),
    Cause(
        code="tls.unknown-ca",
        title="The server's certificate is of an authority that is not trusted here",
        explanation="The server showed a certificate, and the chain from it does not end at an "
        "authority that this client trusts. With PyMongo that is tlsCAFile, or the system's store.",
        remedies=(
            GIVE_AUTHORITY,
            "For a public authority with an old system store: tlsCAFile=$(python -m certifi) after pip install certifi.",
        ),
        links=(TLS_DOCS,),
        when=unknown_ca,
        per_host=True,
        says=(
            r"unable to get (?:local )?issuer certificate",
            r"self[- ]signed certificate",
            r"unable to verify the first certificate|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)",
            r"(?:DEPTH_ZERO_)?SELF_SIGNED_CERT",
            r"certificate signed by unknown authority|certificate is not trusted|CSSMERR_TP_NOT_TRUSTED",
            r"PKIX path building failed|unable to find valid certification path",
            r"(?#likely)PKIX path validation failed",
            r"UntrustedRoot|PartialChain|RemoteCertificateChainErrors",
            r"invalid peer certificate: (?:UnknownIssuer|BadSignature)",
            r"(?#likely)The remote certificate is invalid",
            r"(?#likely)CERTIFICATE_VERIFY_FAILED(?!\] certificate verify failed: (?:certificate (?:has expired|is not yet)|Hostname|IP address))",
            r"(?#likely)certificate verify failed(?!: (?:certificate (?:has expired|is not yet)|Hostname|IP address))",
            r"(?#likely)⟨peer alert (?:42|46|48)⟩",
        ),
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
        outranks=("tls.hostname-mismatch",),
        says=(
            r"certificate has expired(?! or is not yet valid: current time \S{1,60} is before)",
            r"CERT_HAS_EXPIRED|CertificateExpiredException",
            r"invalid peer certificate: [^\n]{0,20}Expired|certificate expired on",
            r"(?#likely)NotTimeValid",
            r"⟨peer alert 45⟩",
        ),
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
        says=(
            r"certificate (?:has expired or )?is not yet valid(?!: current time \S{1,60} is after)",
            r"CERT_NOT_YET_VALID|CertificateNotYetValid",
        ),
    ),
    Cause(
        code="tls.hostname-mismatch",
        title="The certificate is for another name",
        explanation="The authority is trusted, but the certificate does not name the host that the "
        "connection string, or the replica set, says. Aliases, IP addresses and port forwards do that.",
        remedies=HOSTNAME_REMEDIES,
        links=(TLS_DOCS,),
        when=hostname_mismatch,
        per_host=True,
        says=(
            r"Hostname mismatch|IP address mismatch",
            r"does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID",
            r"No subject alternative (?:DNS )?names?\b|No name matching \S{1,200} found",
            r"x509: certificate is (?:not )?valid for |doesn't contain any IP SANs|relies on legacy Common Name|certificate is not valid for any names",
            r"RemoteCertificateNameMismatch",
            r"hostname '[^'\n]{1,200}' doesn't match",
            r"server certificate does not match the (?:host|remote host) ?name",
            r"did not match expected CN|Failed certificate validation for hostname",
            r"CertNotValidForName|NotValidForName",
            r"Host validation error",
        ),
    ),
    Cause(
        code="tls.protocol-version",
        title="Client and server share no TLS version or cipher",
        explanation="One side is too old, or too strict: OpenSSL 3 refuses TLS 1.0 and 1.1, and "
        "servers may be told to take a few versions or ciphers alone.",
        remedies=(
            "Let the server offer TLS 1.2 or newer (net.tls.disabledProtocols), or upgrade it.",
            "Use a Python with a current OpenSSL: python -c 'import ssl; print(ssl.OPENSSL_VERSION)'",
        ),
        links=(TLS_DOCS,),
        when=protocol_version,
        per_host=True,
        says=(
            r"⟨alert (?:70|71|86)⟩",
            r"UNSUPPORTED_PROTOCOL|unsupported protocol\b|NO_PROTOCOLS_AVAILABLE|no protocols available|WRONG_SSL_VERSION",
            r"protocol is disabled or cipher suites are inappropriate|No appropriate protocol",
            r"Server chose \S{1,20}, but that protocol version is not enabled",
            r"server selected unsupported protocol version",
            r"do not possess a common algorithm|no (?:shared|common) (?:cipher|algorithm)|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE",
            r"(?#likely)DH_KEY_TOO_SMALL|dh key too small|EE_KEY_TOO_SMALL|ee key too small|CA_MD_TOO_WEAK|ca md too weak",
            r"(?#possible)⟨(?:peer )?alert 40⟩",
        ),
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
        says=(r"(?#likely)⟨alert 80⟩",),
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
