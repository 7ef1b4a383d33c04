"""Causes in the TLS handshake, or in the lack of one."""

from __future__ import annotations

from mongoping.causes import _atlas_account as account
from mongoping.causes import _evidence as of
from mongoping.causes._certificates import (
    CERTIFI,
    CHECK_CLOCK,
    GIVE_CA,
    REISSUE_NAME,
    RENEW_CERTIFICATE,
    USE_ITS_NAME,
    certificate_expired,
    not_yet_valid,
    unknown_ca,
)
from mongoping.causes._certificates import hostname_mismatch as name_mismatch
from mongoping.causes._chain_faults import (
    LIST_REMEDIES,
    NO_OCSP,
    REISSUE_STRONG,
    RESPONDER,
    certificate_purpose,
    certificate_revoked,
    crl_invalid,
    invalid_chain,
    weak_certificate,
)
from mongoping.causes._client_certificates import (
    ANOTHER_CA,
    CHECK_FILE,
    FILE_FORMS,
    GIVE_CLIENT,
    bad_key_file,
    certificate_rejected,
    certificate_required,
)
from mongoping.causes._middleboxes import MONGOD_HTTP, name_remedies, sends_no_name
from mongoping.causes._remedies import CA_FILE, corrected_string
from mongoping.data import tls_codes
from mongoping.model import Cause, Evidence, Failure, Match, Remedy
from mongoping.units import plural

TLS_DOCS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"
SERVER_DOCS = "https://www.mongodb.com/docs/manual/tutorial/configure-ssl/"
X509_DOCS = "https://www.mongodb.com/docs/manual/core/security-x.509/"
NOT_THE_LIST = (
    "The server, or a proxy in front of it, ended the handshake with TLS alert 80. Atlas does this "
    "to clients that are not on the IP access list, but this machine is on it."
)
LATER_FAULTS = (  # OpenSSL finds them last: another fault it reports is the root
    "tls.certificate-expired",
    "tls.certificate-not-yet-valid",
    "tls.hostname-mismatch",
)
COMPARE_CIPHERS = Remedy(
    "Let the server offer a cipher that this client supports (setParameter opensslCipherConfig). "
    "These are the client's:",
    command="openssl ciphers -v",
)
TLS_OFF = "Remove tls=true from the connection string (with mongodb+srv://, add tls=false)."
TLS_ON = "Add tls=true to the connection string."
OWN_CA = "If the server's certificate is signed by your own CA, also add tlsCAFile=/path/to/ca.pem."
ATLAS_ACCESS = "On Atlas, add this machine's public address to the IP access list."
CHECK_LOG = "Check the log of the server, or of the TLS proxy in front of it, at this time."
RENEW_SOON = "Renew the server's certificate before it expires."
OTHER_RESULTS = "|".join(
    (
        tls_codes.verify_texts(
            *{code.kind for code in tls_codes.VERIFY_CODES.values()} - {"unknown-ca"}
        ),
        "Hostname|IP address",
    )
)
VERIFY_FAILED = r"certificate verify failed(?:: | \()(?:{})"
NO_COMMON_TERMS = frozenset({tls_codes.HANDSHAKE_FAILURE, 71})
INTERNAL_ERROR = 80


def not_enabled(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    facts = of.tls(evidence, host)
    if failure is None or facts is None or not facts.plain_hello:
        return None
    target = evidence.target
    own = [name for name in target.options if name.startswith("tls")] if target else []
    if target is not None and target.srv:
        remedy = corrected_string(evidence, "Turn TLS off", drop=own, tls=False)
    else:
        remedy = corrected_string(evidence, "Turn TLS off", drop=own)
    return Match(
        f"{host} closes TLS connections, but answers hello without TLS",
        (remedy,),
        instead_of=(TLS_OFF,),
    )


def tls_required(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("hello", host)
    if failure is None or failure.facts.get("tls") or not failure.facts.get("speaks_tls"):
        return None
    proof = "; its reply to HTTP is that of a mongod" if _is_mongod(failure) else ""
    return Match(
        f"{host} closes a plaintext hello, but answers a TLS handshake{proof}",
        (
            corrected_string(evidence, "Turn TLS on", tls=True),
            corrected_string(
                evidence,
                "If the server's certificate is signed by your own CA, also give the CA's file",
                tls=True,
                tlsCAFile=CA_FILE,
            ),
        ),
        instead_of=(TLS_ON, OWN_CA),
    )


def _is_mongod(failure: Failure) -> bool:
    return MONGOD_HTTP in str(failure.facts.get("http") or "")


def hostname_mismatch(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "alert" or failure.code not in tls_codes.NAME_ALERTS:
        return name_mismatch(evidence, host)
    own = of.host_of(evidence, host).name
    detail = f"{host} has no certificate for {own} (TLS alert {failure.code}, {failure.message})"
    if sends_no_name(evidence, host):
        detail = f"{host} expects a server name (SNI), which TLS does not send to an IP address (alert {failure.code})"
    return Match(detail, name_remedies(evidence, host), instead_of=(USE_ITS_NAME, REISSUE_NAME))


def protocol_version(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None:
        return None
    openssl = evidence.tool.get("openssl") or "this OpenSSL"
    facts = of.tls(evidence, host)
    statement = f"({failure.message}; {openssl})"
    if failure.kind == "alert" and failure.code in NO_COMMON_TERMS:
        if facts is not None and facts.asks_certificate:
            return None  # the alert is about the client certificate, or the lack of one
        remedies: tuple[Remedy | str, ...] = (COMPARE_CIPHERS,)
        if sends_no_name(evidence, host):
            remedies = (*name_remedies(evidence, host), *remedies)
        return Match(
            f"{host} and this client have no TLS version or cipher in common {statement}", remedies
        )
    is_protocol_alert = failure.kind == "alert" and failure.code in tls_codes.PROTOCOL_ALERTS
    if not is_protocol_alert and tls_codes.reason_kind(failure.message) != "protocol-version":
        return None
    detail = f"{host} and this client have no TLS version or cipher in common {statement}"
    place = account.cluster(evidence)
    if place is not None and place.minimum_tls is not None:
        detail += f"; Atlas reports {place.minimum_tls} as the lowest version of {place.name}"
    return Match(detail)


def internal_error(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "alert" or failure.code != INTERNAL_ERROR:
        return None
    atlas = of.is_atlas(of.host_of(evidence, host))
    detail = f"{host} aborted the handshake with TLS alert 80 (internal error)"
    if atlas and account.is_allowed(evidence):
        return Match(
            f"{detail}; the IP access list is not the reason, because it allows this machine",
            instead_of=(ATLAS_ACCESS,),
            explanation=NOT_THE_LIST,
        )
    return Match(
        detail,
        name_remedies(evidence, host) if sends_no_name(evidence, host) else (),
        instead_of=() if atlas else (ATLAS_ACCESS,),
    )


def expiring(evidence: Evidence, host: str) -> Match | None:
    handshake = evidence.result("tls", host)
    facts = of.tls(evidence, host)
    if handshake is None or not handshake.ok or facts is None or facts.days_left is None:
        return None
    if not 0 <= facts.days_left < evidence.settings.certificate_days:
        return None
    until = facts.chain[0].not_after
    return Match(
        f"the certificate of {host} expires in {plural(round(facts.days_left), 'day')}, on {until:%Y-%m-%d}",
        (f"Renew the server's certificate before {until:%Y-%m-%d}.",),
        instead_of=(RENEW_SOON,),
    )


CAUSES = (
    Cause(
        code="tls.not-enabled-on-server",
        title="The server does not use TLS on this port",
        explanation="The client uses TLS, but the server does not use it on this port. A mongod "
        "without TLS closes the connection when a client starts a TLS handshake.",
        remedies=(
            TLS_OFF,
            "If traffic must be encrypted, turn TLS on at the server (net.tls.mode: requireTLS and net.tls.certificateKeyFile).",
        ),
        links=(TLS_DOCS, SERVER_DOCS),
        when_host=not_enabled,
        says=(
            r"(?#likely)0x80090308\b|SEC_E_INVALID_TOKEN",
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
        title="The server requires TLS",
        explanation="The server accepts only connections that use TLS, and closes all others. The "
        "client connected without TLS.",
        remedies=(TLS_ON, OWN_CA),
        links=(TLS_DOCS,),
        when_host=tls_required,
        says=(
            r"only allow SSL connections",
            r"⟨says TLS⟩",
            r"(?#likely)⟨peer without tls⟩",
            r"(?#likely)⟨eof in plain⟩",
            r"(?#possible)⟨eof⟩",
            r"(?#also)no reachable servers?\b",
            r"(?#also)Timeout while receiving message|MongoSocketReadTimeout",
        ),
    ),
    Cause(
        code="tls.unknown-ca",
        title="The server's certificate is signed by a CA that this machine does not trust",
        explanation="The certificate chain of the server does not end at a CA that this client "
        "trusts. PyMongo trusts the CAs in tlsCAFile or, without that option, those in the "
        "system's CA store.",
        remedies=(GIVE_CA, CERTIFI),
        links=(TLS_DOCS,),
        when_host=unknown_ca,
        outranks=LATER_FAULTS,
        says=(
            r"trustAnchors parameter must be non-empty",
            r"0x(?:80090325|800B0109|800B010A|80090327)\b|SEC_E_UNTRUSTED_ROOT|CERT_E_(?:UNTRUSTEDROOT|CHAINING)",
            r"(?#possible)Failed certificate verification|SSL Certification verification failed",
            r"unable to get (?:local )?issuer certificate",
            r"self[- ]signed certificate",
            r"unable to verify the first certificate|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)",
            r"(?:DEPTH_ZERO_)?SELF_SIGNED_CERT",
            r"certificate signed by unknown authority|certificate (?:is )?not trusted|CERT_(?:UNTRUSTED|REJECTED)|CSSMERR_TP_NOT_TRUSTED",
            r"PKIX path building failed|unable to find valid certification path",
            r"(?#likely)PKIX path validation failed",
            r"UntrustedRoot|PartialChain|RemoteCertificateChainErrors",
            r"invalid peer certificate: (?:UnknownIssuer|BadSignature)",
            r"(?#likely)The remote certificate is invalid",
            rf"(?#likely)CERTIFICATE_VERIFY_FAILED(?!\] certificate verify failed: (?:{OTHER_RESULTS}))",
            rf"(?#likely)certificate verify failed(?!(?:: | \()(?:{OTHER_RESULTS}))",
            r"(?#likely)⟨peer alert (?:42|46|48)⟩",
        ),
    ),
    Cause(
        code="tls.certificate-expired",
        title="A certificate in the server's chain has expired",
        explanation="The server's certificate, an intermediate certificate or the CA certificate "
        "has expired, or this machine's clock is wrong. Every client that verifies certificates "
        "refuses the server.",
        remedies=(RENEW_CERTIFICATE, CHECK_CLOCK),
        links=(SERVER_DOCS,),
        when_host=certificate_expired,
        outranks=("tls.hostname-mismatch",),
        says=(
            r"0x(?:80090328|800B0101)\b|SEC_E_CERT_EXPIRED",
            r"certificate has expired(?! or is not yet valid: current time \S{1,60} is before)",
            r"CERT_HAS_EXPIRED|CertificateExpiredException",
            r"invalid peer certificate: [^\n]{0,20}Expired|certificate expired on",
            r"(?#likely)NotTimeValid",
            r"⟨peer alert 45⟩",
        ),
    ),
    Cause(
        code="tls.certificate-not-yet-valid",
        title="A certificate in the server's chain is not valid yet",
        awaits="the certificate to become valid",
        explanation="According to this machine's clock, the certificate becomes valid in the "
        "future: the clock is slow, or the certificate was installed too early.",
        remedies=(
            CHECK_CLOCK,
            "If the clock is right, install a certificate that is already valid.",
        ),
        links=(SERVER_DOCS,),
        when_host=not_yet_valid,
        outranks=("tls.hostname-mismatch",),
        says=(
            r"certificate (?:has expired or )?is not yet valid(?!: current time \S{1,60} is after)",
            r"CERT_NOT_YET_VALID|CertificateNotYetValid",
        ),
    ),
    Cause(
        code="tls.hostname-mismatch",
        title="The server's certificate is for another host name",
        explanation="The server's certificate does not contain the host name that the connection "
        "string or the replica set configuration uses. Aliases, IP addresses and port forwards "
        "often cause this.",
        remedies=(USE_ITS_NAME, REISSUE_NAME),
        links=(TLS_DOCS,),
        when_host=hostname_mismatch,
        says=(
            r"0x(?:80090322|800B010F)\b|SEC_E_WRONG_PRINCIPAL|CERT_E_CN_NO_MATCH",
            r"Hostname mismatch|(?:IP|email) address mismatch",
            r"does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID",
            r"No subject alternative (?:DNS )?names?\b|No name matching \S{1,200} found",
            r"x509: certificate is (?:not )?valid for |doesn't contain any IP SANs|relies on legacy Common Name|certificate is not valid for any names",
            r"RemoteCertificateNameMismatch",
            r"hostname '[^'\n]{1,200}' doesn't match",
            r"server certificate does not match the (?:host|remote host) ?name",
            r"did not match expected CN|Failed certificate validation for hostname",
            r"CertNotValidForName|NotValidForName",
            r"Host validation error",
            r"(?#likely)⟨alert 112⟩|TLSV1_UNRECOGNIZED_NAME",
        ),
    ),
    Cause(
        code="tls.protocol-version",
        title="Client and server have no TLS version or cipher in common",
        explanation="One side is too old or too strict. OpenSSL 3 refuses TLS 1.0 and 1.1, and a "
        "server may be limited to a few versions or ciphers.",
        remedies=(
            "Let the server offer TLS 1.2 or newer (net.tls.disabledProtocols), or upgrade it.",
            Remedy(
                "Use a Python with a current OpenSSL. This is its version:",
                command='python3 -c "import ssl; print(ssl.OPENSSL_VERSION)"',
            ),
        ),
        links=(TLS_DOCS,),
        when_host=protocol_version,
        says=(
            r"0x80090331\b|SEC_E_(?:ALGORITHM_MISMATCH|UNSUPPORTED_FUNCTION)",
            r"(?#also)0x800903(?:26|30|04)\b",
            r"⟨alert (?:70|71|86)⟩",
            r"UNSUPPORTED_PROTOCOL|\b(?:SSL|TLS)(?=[ _:\]])[^\n]{0,120}\bunsupported protocol\b|NO_PROTOCOLS_AVAILABLE|no protocols available|WRONG_SSL_VERSION",
            r"UNSAFE_LEGACY_RENEGOTIATION_DISABLED|unsafe legacy renegotiation disabled|WRONG_SIGNATURE_TYPE|wrong signature type",
            r"protocol is disabled or cipher suites are inappropriate|No appropriate protocol",
            r"Server chose \S{1,20}, but that protocol version is not enabled",
            r"server selected unsupported protocol version",
            r"do not possess a common algorithm|no (?:shared|common) (?:cipher|algorithm)|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE",
            r"(?#possible)⟨(?:peer )?alert 40⟩",
        ),
    ),
    Cause(
        code="tls.alert-internal-error",
        title="The server aborts the TLS handshake with an internal error",
        awaits="the server to complete the TLS handshake",
        explanation="The server, or a proxy in front of it, ended the handshake with TLS alert 80. "
        "Atlas does this to clients whose address is not on the IP access list.",
        remedies=(
            ATLAS_ACCESS,
            CHECK_LOG,
        ),
        links=("https://www.mongodb.com/docs/atlas/security/ip-access-list/",),
        when_host=internal_error,
        hidden_by=("atlas.ip-not-allowed", "atlas.access-list-pending"),
        says=(
            r"(?#possible)0x800903(?:30|26|04)\b|SEC_E_(?:DECRYPT_FAILURE|ILLEGAL_MESSAGE|INTERNAL_ERROR)",
            r"(?#likely)⟨alert 80⟩",
        ),
    ),
    Cause(
        code="tls.revoked",
        title="The server's certificate is revoked, or its revocation status is unknown",
        explanation="According to a revocation list or an OCSP responder, the CA has revoked the "
        "server's certificate; or OCSP is required and the responder gave no usable answer.",
        remedies=(
            "Ask the CA why the certificate was revoked, and install a new one on the server.",
            RESPONDER,
            NO_OCSP,
        ),
        links=(TLS_DOCS,),
        when_host=certificate_revoked,
        outranks=LATER_FAULTS,
        says=(
            r"0x(?:8009201[023]|800B010[CE])\b|CRYPT_E_(?:REVOKED|NO_REVOCATION_CHECK|REVOCATION_OFFLINE)",
            r"Failed OCSP verification",
            VERIFY_FAILED.format(tls_codes.verify_texts("revoked")),
            r"invalid status response",
            r"certificate (?:is |has been |was )?revoked|CERT_REVOKED|CertificateRevokedException|invalid peer certificate: Revoked",
            r"[Uu]nable to (?:get|determine)[^\n]{0,20} revocation status|Could not determine revocation status",
            r"RevocationStatusUnknown|OfflineRevocation|UnknownRevocationStatus",
            r"OCSP(?! [Rr]esponse validation| fetch and)[^\n]{0,60}(?:fail|error|revoked|could not|unable|timed out|needed|unknown cert)",
        ),
    ),
    Cause(
        code="tls.crl-invalid",
        title="The revocation list (CRL) cannot be used",
        explanation="With tlsCRLFile, the client checks the server's certificate against a "
        "revocation list. The list has expired, or was issued by another CA than the one that "
        "signed the certificate. The certificate itself may be fine.",
        remedies=(
            *LIST_REMEDIES,
            "If your CA publishes no lists, remove tlsCRLFile from the connection string.",
        ),
        links=(TLS_DOCS,),
        when_host=crl_invalid,
        outranks=LATER_FAULTS,
        says=(
            VERIFY_FAILED.format(tls_codes.verify_texts("crl-invalid")),
            r"[Uu]nable to get[^\n]{0,20} CRL\b|UNABLE_TO_(?:GET|DECRYPT)_CRL",
            r"\bCRL (?:has expired|is not yet valid)|CRL_(?:HAS_EXPIRED|NOT_YET_VALID)|ExpiredRevocationList",
            r"CRL (?:signature failure|path validation error)|CRL_SIGNATURE_FAILURE|different CRL scope|unable to decrypt CRL|format error in CRL|critical CRL extension|does not include CRL signing",
        ),
    ),
    Cause(
        code="tls.weak-certificate",
        title="A key or signature in the server's chain is too weak for this OpenSSL",
        explanation="OpenSSL rejects keys, signatures and Diffie-Hellman parameters below its "
        "security level, which the system sets. The CA may be trusted, but what the server uses is "
        "too weak.",
        remedies=(
            REISSUE_STRONG,
            "Until then, lower the security level for this client: set CipherString = DEFAULT@SECLEVEL=1 in the file that OPENSSL_CONF names.",
        ),
        links=(SERVER_DOCS,),
        when_host=weak_certificate,
        outranks=LATER_FAULTS,
        says=(
            VERIFY_FAILED.format(tls_codes.verify_texts("weak-certificate")),
            r"(?:EE|CA) certificate key too weak|CA signature digest algorithm too weak",
            r"DH_KEY_TOO_SMALL|dh key too small|(?:EE|CA)_KEY_TOO_SMALL|(?:ee|ca) key too small|(?:CA|EE)_MD_TOO_WEAK|(?:ca|ee) md too weak",
            r"Cannot find certificate signature algorithm|HasWeakSignature",
            r"cannot verify signature: insecure algorithm|Algorithm constraints check failed|do(?:es)? not (?:conform|comply) to algorithm constraints",
        ),
    ),
    Cause(
        code="tls.certificate-purpose",
        title="The server's certificate was issued for another purpose",
        explanation="A server certificate must allow TLS server authentication. The "
        "extendedKeyUsage of this one, or of a CA in its chain, does not list serverAuth.",
        remedies=(
            "Reissue the certificate with extendedKeyUsage serverAuth (and clientAuth if it is also the member certificate of a replica set).",
            Remedy(
                "Check that the server does not use a client certificate:",
                command="openssl x509 -noout -subject -ext extendedKeyUsage -in FILE",
            ),
        ),
        links=(SERVER_DOCS,),
        when_host=certificate_purpose,
        outranks=LATER_FAULTS,
        says=(
            r"0x80090349\b|SEC_E_CERT_WRONG_USAGE",
            VERIFY_FAILED.format(tls_codes.verify_texts("certificate-purpose")),
            r"unsuitable certificate purpose|INVALID_PURPOSE|does not include digital signature",
            r"certificate specifies an incompatible key usage|Extended key usage does not permit use for TLS server",
            r"NotValidForUsage|invalid peer certificate: InvalidPurpose",
        ),
    ),
    Cause(
        code="tls.invalid-chain",
        title="The server's certificate chain breaks a rule for CAs",
        explanation="Every certificate in the chain must be signed by a CA that is allowed to sign "
        "it. Here, a signer is not a CA or is limited to other names or a shorter chain, a "
        "certificate has an extension that OpenSSL does not support, or a signature does not match.",
        remedies=(
            "Have the CA reissue the certificate that breaks the rule, and install the new chain on the server.",
            Remedy(
                "Check the chain:",
                command="openssl verify -CAfile CA.pem -untrusted INTERMEDIATE.pem SERVER.pem",
            ),
        ),
        links=(SERVER_DOCS,),
        when_host=invalid_chain,
        outranks=LATER_FAULTS,
        says=(
            VERIFY_FAILED.format(tls_codes.verify_texts("invalid-chain")),
            r"invalid CA certificate|INVALID_CA\b|invalid non-CA certificate|issuer certificate doesn't have a public key",
            r"path length constraint exceeded|PATH_LENGTH_EXCEEDED|certificate chain too long|CERT_CHAIN_TOO_LONG|too many intermediates for path length|pathLenConstraint violated",
            r"key usage does not include certificate signing|keyCertSign bit is not set|certificate is not authorized to sign other certificates|basic constraints check failed",
            r"(?:permitted|excluded) subtree violation|not authorized to sign for this name|name constraints? (?:check failed|minimum)|unsupported (?:name constraint|or invalid name)",
            r"unhandled critical extension|unrecognized critical extension|HasNotSupportedCriticalExtension",
            r"certificate signature failure|CERT_SIGNATURE_FAILURE|unable to decrypt certificate's signature|signature algorithm mismatch",
            r"Missing (?:Authority|Subject) Key Identifier|Basic Constraints of CA cert not marked critical|CA cert does not include key usage extension",
            r"format error in certificate's|invalid or inconsistent certificate (?:policy )?extension|has explicit ECC parameters|issuer mismatch|Invalid(?:BasicConstraints|NameConstraints)",
        ),
    ),
    Cause(
        code="tls.bad-key-file",
        title="A TLS file cannot be loaded",
        explanation="The client certificate, its private key, the CA file or the revocation list "
        "cannot be loaded, so there was no handshake. OpenSSL has one message for many of these "
        "cases.",
        remedies=FILE_FORMS,
        links=(TLS_DOCS,),
        when=bad_key_file,
        hidden_by=("uri.file-not-found",),
        says=(
            r"(?#likely)0x8009030[DE]\b|SEC_E_(?:UNKNOWN|NO)_CREDENTIALS",
            r"(?#likely)Cannot find (?:private key|certificate) in '|Can't find public certificate in|Failed importing PEM|does not contain any valid certificates|failed to find (?:CERTIFICATE|PRIVATE KEY)|no password provided to decrypt private key",
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
        title="The server requires a client certificate",
        explanation="The server, or a proxy in front of it, accepts only clients with a certificate "
        "(net.tls.CAFile). mongod sends no alert: it closes the connection after the handshake.",
        remedies=(
            GIVE_CLIENT,
            "If clients may connect without a certificate, set net.tls.allowConnectionsWithoutCertificates: true on the server.",
        ),
        links=(X509_DOCS, TLS_DOCS),
        when_host=certificate_required,
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
        explanation="The client sent a certificate, and the server closed the connection because of "
        "it: the server does not trust the CA that signed it, the certificate has expired, or it "
        "was issued for another purpose.",
        remedies=(ANOTHER_CA, CHECK_FILE),
        links=(X509_DOCS,),
        when_host=certificate_rejected,
        says=(
            r"⟨alert (?:41|43|44|45|46|48|49|51)⟩",
            r"(?#likely)⟨alert 42⟩",
            r"⟨peer certificate refused⟩",
            r"(?#also)⟨eof(?: in tls)?⟩",
        ),
    ),
    Cause(
        code="tls.certificate-expiring",
        title="The server's certificate expires soon",
        explanation="The certificate is valid today. Once it has expired, every client that "
        "verifies certificates refuses the server.",
        remedies=(RENEW_SOON,),
        links=(SERVER_DOCS,),
        when_host=expiring,
        severity="warning",
    ),
)
