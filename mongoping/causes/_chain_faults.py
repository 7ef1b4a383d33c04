"""Decide what makes a chain invalid: revoked, too weak, for another purpose, or not allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._certificates import (
    CHECK_CLOCK,
    MAX_SUBJECT,
    clock_here,
    day,
    failure_about,
    leaf_of,
    name_of,
    others,
    past,
    store,
    verified_chain,
)
from mongoping.causes._remedies import texts
from mongoping.data import tls_codes
from mongoping.escape import clip
from mongoping.model import Evidence, Match, Remedy
from mongoping.shell import quote

if TYPE_CHECKING:
    from mongoping.probe.certificates import CertificateFacts

NO_OCSP = "To test without OCSP, at the risk of accepting a revoked certificate, add tlsDisableOCSPEndpointCheck=true."
NEW_LIST = "Replace {} with the CA's current revocation list."
SHOW_LIST = Remedy(
    "Check the issuer and the dates of the list:",
    command="openssl crl -noout -issuer -lastupdate -nextupdate -in FILE",
)
LIST_REMEDIES = (NEW_LIST.format("the file in tlsCRLFile"), SHOW_LIST)
RESPONDER = "Allow this machine to reach the OCSP responder or revocation list in the certificate (HTTP, port 80)."
REISSUE_STRONG = "Reissue the certificate with an RSA key of at least 2048 bits (or ECDSA P-256), signed with SHA-256."
STRONG_GROUPS = "Give the server Diffie-Hellman parameters of at least 2048 bits, or enable ECDHE ciphers on it (setParameter opensslCipherConfig)."
MIN_RSA_BITS = 2048
WEAK_HASHES = frozenset({"MD2", "MD4", "MD5", "SHA1"})
SIGNATURE_LINKS = frozenset({4, tls_codes.SIGNATURE_FAILURE})
NOT_A_CA = frozenset({24, 32, 37, 79, 82})
OUTSIDE_NAMES = frozenset({47, 48})


def certificate_revoked(evidence: Evidence, host: str) -> Match | None:
    failure, facts = failure_about(evidence, host, "revoked"), of.tls(evidence, host)
    if failure is None:
        return None
    leaf, file = leaf_of(evidence, host), evidence.options.get("tlsCRLFile")
    revoked_serials = [crl.revoked for crl in (facts.lists if facts else ()) if crl.revoked]
    also = others(evidence, host, "revoked")
    if failure.code != tls_codes.REVOKED:
        return Match(f"{host}: {failure.message}{also}")
    subject = f" ({name_of(leaf)})" if leaf else ""
    since = f" since {day(revoked_serials[0])}" if revoked_serials else ""
    where = f" on the revocation list in {file}" if file else " revoked"
    detail = f"the certificate of {host}{subject} is{where}{since}{also}"
    return Match(detail, instead_of=(RESPONDER, NO_OCSP) if file else ())


def crl_invalid(evidence: Evidence, host: str) -> Match | None:
    failure, facts = failure_about(evidence, host, "crl-invalid"), of.tls(evidence, host)
    if failure is None:
        return None
    leaf, lists = leaf_of(evidence, host), facts.lists if facts else ()
    file = evidence.options.get("tlsCRLFile") or "the revocation list"
    remedies = (NEW_LIST.format(file), _show_list(str(file)))
    also = others(evidence, host, "crl-invalid")
    late = [crl for crl in lists if crl.next_update and past(crl.next_update, evidence)]
    early = [crl for crl in lists if crl.last_update and not past(crl.last_update, evidence)]
    if failure.code == tls_codes.CRL_EXPIRED and late and late[0].next_update:
        end_day = day(late[0].next_update)
        detail = f"the revocation list from {clip(late[0].issuer, MAX_SUBJECT)} in {file} expired on {end_day}"
    elif failure.code == tls_codes.CRL_NOT_YET_VALID and early and early[0].last_update:
        begins = day(early[0].last_update)
        detail = f"the revocation list in {file} is not valid before {begins}{clock_here(evidence)}"
        return Match(detail + also, (CHECK_CLOCK, *remedies), instead_of=texts(*LIST_REMEDIES))
    elif failure.code == tls_codes.NO_CRL and leaf is not None:
        issuers = ", ".join(clip(crl.issuer, MAX_SUBJECT) for crl in lists)
        detail = f"{file} contains no revocation list from {clip(leaf.issuer, MAX_SUBJECT)}, the CA that signed the certificate of {host}"
        detail += f"; it contains one from {issuers}" if issuers else ""
    else:
        detail = f"the revocation list in {file} cannot be used for {host}: {failure.message}"
    return Match(detail + also, remedies, instead_of=texts(*LIST_REMEDIES))


def _show_list(file: str) -> Remedy:
    command = "openssl crl -noout -issuer -lastupdate -nextupdate -in"
    return SHOW_LIST.replace(command=f"{command} {quote(file)}")


def weak_certificate(evidence: Evidence, host: str) -> Match | None:
    failure = evidence.failure("tls", host)
    if failure is not None and failure.kind == "tls" and _is_weak(failure.message):
        return Match(
            f"{host} offers Diffie-Hellman parameters that are too small for this OpenSSL ({failure.message})",
            (STRONG_GROUPS,),
            instead_of=(REISSUE_STRONG,),
        )
    failure = failure_about(evidence, host, "weak-certificate")
    if failure is None:
        return None
    culprit = _weak_link(evidence, host, failure.code)
    also = others(evidence, host, "weak-certificate")
    if culprit is None:
        return Match(f"{host}: {failure.message}{also}")
    whose = _whose(evidence, host, culprit)
    if failure.code == tls_codes.CA_MD_TOO_WEAK:
        return Match(f"{whose} is signed with {culprit.signature}{also}")
    return Match(f"{whose} has a weak key ({culprit.key}){also}")


def _is_weak(reason: str) -> bool:
    return tls_codes.reason_kind(reason) == "weak-certificate"


def _weak_link(evidence: Evidence, host: str, code: int | None) -> CertificateFacts | None:
    """Return the certificate of a chain that has the weak key or signature."""
    links = verified_chain(evidence, host)
    if code == tls_codes.EE_KEY_TOO_SMALL:
        return links[0] if links and links[0].key else None
    if code == tls_codes.CA_KEY_TOO_SMALL:
        weak = (link for link in links[1:] if link.key and _bits(link.key) < MIN_RSA_BITS)
        return next(weak, None)
    if code == tls_codes.CA_MD_TOO_WEAK:
        return next((link for link in links if link.signature in WEAK_HASHES), None)
    return None


def _bits(key: str) -> int:
    """Return the size of an RSA or DSA key in bits, from its description; others never count as too small."""
    kind, _, size = key.removesuffix(" bits").partition(" ")
    return int(size) if kind in ("RSA", "DSA") and size.isdigit() else MIN_RSA_BITS


def _whose(evidence: Evidence, host: str, culprit: CertificateFacts) -> str:
    """Return which certificate this is: the server's, an intermediate one, or a CA on this machine."""
    if culprit == leaf_of(evidence, host):
        return f"the certificate of {host}"
    if culprit.sent and not culprit.self_signed:
        return f"the intermediate certificate {name_of(culprit)}, which {host} sends,"
    return f"the CA certificate {name_of(culprit)} in {store(evidence)}"


def certificate_purpose(evidence: Evidence, host: str) -> Match | None:
    failure = failure_about(evidence, host, "certificate-purpose")
    if failure is None:
        return None
    also = others(evidence, host, "certificate-purpose")
    culprit = next(
        (link for link in verified_chain(evidence, host) if not link.allows("serverAuth")), None
    )
    if culprit is None:
        return Match(f"{host}: {failure.message}{also}")
    usages = ", ".join(culprit.usages or ()) or "empty"
    whose = _whose(evidence, host, culprit)
    return Match(f"the extendedKeyUsage of {whose} is {usages}, without serverAuth{also}")


def invalid_chain(evidence: Evidence, host: str) -> Match | None:
    failure = failure_about(evidence, host, "invalid-chain")
    if failure is None:
        return None
    also = others(evidence, host, "invalid-chain")
    error = f"{failure.message} (X509_V_ERR_{tls_codes.verify_name(failure.code)})"
    leaf, links, facts = (
        leaf_of(evidence, host),
        verified_chain(evidence, host),
        of.tls(evidence, host),
    )
    if leaf is None:
        return Match(f"{host}: {error}")
    if failure.code in SIGNATURE_LINKS:
        return _wrong_signature(evidence, host, leaf, error + also)
    if failure.code in NOT_A_CA:
        links = links if len(links) > 1 else (facts.chain if facts else ())
        culprit = next((link for link in links[1:] if link.authority is not True), None)
        certificate = culprit or (links[1] if len(links) > 1 else None)
        if certificate is not None:
            why = "is not marked as a CA" if culprit else "is not allowed to sign certificates"
            detail = (
                f"{_whose(evidence, host, certificate)} {why}, but signed a certificate of {host}"
            )
            return Match(f"{detail}: {error}{also}")
    if failure.code in OUTSIDE_NAMES:
        signer = clip(links[1].subject if len(links) > 1 else leaf.issuer, MAX_SUBJECT)
        detail = f"a CA of the chain ({signer} or one above it) is not allowed to sign for {leaf.listed()}"
        return Match(f"{detail}: {error}{also}")
    return Match(f"the chain of {host} ({name_of(leaf)}) is not valid: {error}{also}")


def _wrong_signature(evidence: Evidence, host: str, leaf: CertificateFacts, error: str) -> Match:
    """Return a match for a signature that does not match the key of the named CA."""
    issuer, where = clip(leaf.issuer, MAX_SUBJECT), store(evidence)
    return Match(
        f"the certificate of {host} was not signed with the key of {issuer} that this client knows: {error}",
        (
            f"If that CA was created a second time under the same name, replace {issuer} in {where} with its current certificate.",
            "If the CA is unchanged, install the server's certificate again: its file is damaged.",
        ),
        alternatives=("tls.unknown-ca",),
    )
