"""Decide what is wrong with a server's certificate, its chain or the files used to verify it.

OpenSSL stops at the first problem. The certificates themselves show which certificate of the chain
it means, and what else is wrong with the server's own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._remedies import CA_FILE, corrected_string, other_host, texts
from mongoping.data import tls_codes
from mongoping.escape import clip
from mongoping.model import Evidence, Failure, Match, Remedy
from mongoping.observations import observation

if TYPE_CHECKING:
    from mongoping.observations import TlsFilesFacts
    from mongoping.probe.certificates import CertificateFacts

MAX_SUBJECT = 200  # characters of a name in a sentence
RENEW_CERTIFICATE = Remedy(
    "Renew the server's certificate, then load it in mongosh (before MongoDB 5.0, restart):",
    command="db.adminCommand({rotateCertificates: 1})",
)
CHECK_CLOCK = Remedy("Check this machine's clock:", command="date -u")
GIVE_CA = (
    "Trust the CA that signed the certificate: add tlsCAFile=/path/to/ca.pem to the connection "
    "string."
)
CERTIFI = Remedy(
    "If the CA is public and the system's CA store is outdated, set tlsCAFile to the "
    "CA file of certifi. This is its path:",
    command="python3 -m certifi",
)
INSTALL_STORE = Remedy(
    "Install the CA certificates of this system:", command="apt-get install ca-certificates"
)
USE_ITS_NAME = "Connect by a host name that is in the certificate."
REISSUE_NAME = "Reissue the certificate with this host name in its subjectAltName."
SERVER_FILE = "the server's certificate file (net.tls.certificateKeyFile)"


def failure_about(evidence: Evidence, host: str, kind: str) -> Failure | None:
    """Return the failed handshake of a host if OpenSSL's verify result is of this kind."""
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "certificate":
        return None
    return failure if tls_codes.verify_kind(failure.code) == kind else None


def past(moment: datetime, evidence: Evidence) -> bool:
    """Return whether a moment was over when the evidence was gathered."""
    return moment <= datetime.fromisoformat(evidence.started_at)


def name_of(certificate: CertificateFacts) -> str:
    """Return the subject of a certificate, shortened."""
    return clip(certificate.subject or certificate.common_name or "(no name)", MAX_SUBJECT)


def verified_chain(evidence: Evidence, host: str) -> tuple[CertificateFacts, ...]:
    """Return the chain that OpenSSL verified, or what the server sent if that is not known."""
    facts = of.tls(evidence, host)
    return (facts.path or facts.chain) if facts is not None else ()


def leaf_of(evidence: Evidence, host: str) -> CertificateFacts | None:
    """Return the server's own certificate, or None if it sent none that can be read."""
    facts = of.tls(evidence, host)
    return facts.chain[0] if facts is not None and facts.chain else None


def refused_leaf(evidence: Evidence, host: str) -> CertificateFacts | None:
    """Return the certificate of a host whose handshake failed because of a certificate."""
    failure = evidence.failure("tls", host)
    if failure is None or failure.kind != "certificate":
        return None
    return leaf_of(evidence, host)


def unchecked_leaf(evidence: Evidence, host: str) -> CertificateFacts | None:
    """Return the certificate of a host that was accepted without being checked."""
    handshake, files = evidence.result("tls", host), _files(evidence)
    if handshake is None or not handshake.ok or files is None or files.verifies:
        return None
    return leaf_of(evidence, host)


def _files(evidence: Evidence) -> TlsFilesFacts | None:
    return observation(evidence, "tls-files")


def store(evidence: Evidence) -> str:
    """Return what this client trusts: the file of tlsCAFile, or the system's store."""
    if file := evidence.options.get("tlsCAFile"):
        return str(file)
    files = _files(evidence)
    if files is not None and files.store_file:
        return f"{files.store_file} (from SSL_CERT_FILE)"
    return "this system's CA store"


def names_are_checked(evidence: Evidence) -> bool:
    """Return whether this client compares host names with certificates."""
    files = _files(evidence)
    is_waived = evidence.options.get("tlsAllowInvalidHostnames") or evidence.options.get(
        "tlsInsecure"
    )
    return not is_waived and (files is None or files.verifies)


def covers(names: Iterable[str], host: str) -> bool:
    """Return whether one of these names is that of the host (RFC 9525: ``*`` is one label)."""
    if (address := _address(host.partition("%")[0])) is not None:
        return any(_address(name) == address for name in names)
    own = host.lower().rstrip(".")
    _, _, parent = own.partition(".")
    known_names = {name.lower().rstrip(".") for name in names}
    return own in known_names or (bool(parent) and f"*.{parent}" in known_names)


def is_address(name: str) -> bool:
    """Return whether a host is an IP address, with or without a zone."""
    return _address(name.partition("%")[0]) is not None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _names_host(leaf: CertificateFacts, own: str) -> bool:
    """Return whether OpenSSL would accept the certificate for this host."""
    return covers(leaf.addresses if _address(own.partition("%")[0]) else leaf.names, own)


def clock_here(evidence: Evidence) -> str:
    """Return the end of a sentence: the time of the run by this machine's clock."""
    return f"; this machine's clock says {day(datetime.fromisoformat(evidence.started_at))}"


def day(moment: datetime) -> str:
    """Return a moment as UTC text, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def others(evidence: Evidence, host: str, kind: str) -> str:
    """Return what else is wrong with a refused certificate and is no finding of its own.

    Dates and names are: `expired`, `not_yet_valid` and `hostname_mismatch` also look at a
    certificate that was refused for another reason.
    """
    leaf, own = refused_leaf(evidence, host), of.host_of(evidence, host).name
    if leaf is None:
        return ""
    other_name = ""
    if kind != "hostname-mismatch" and names_are_checked(evidence) and _has_other_name(leaf, own):
        other_name += f"; its only name is the common name {leaf.common_name}, not {own}"
    if kind != "certificate-purpose" and not leaf.allows("serverAuth"):
        usages = ", ".join(leaf.usages or ())
        other_name += f"; the server certificate's extendedKeyUsage is {usages}, without serverAuth"
    return other_name


def _is_for_others(leaf: CertificateFacts, own: str) -> bool:
    """Return whether a certificate has names, all of them known, and not this one."""
    return bool(leaf.names) and not leaf.more_names and not _names_host(leaf, own)


def _has_other_name(leaf: CertificateFacts, own: str) -> bool:
    """Return whether a certificate has only a common name, and not this one."""
    shown_name = clip(leaf.common_name or "", MAX_SUBJECT)
    return (
        bool(shown_name)
        and not leaf.names
        and not leaf.more_names
        and not covers((shown_name,), own)
    )


def unknown_ca(evidence: Evidence, host: str) -> Match | None:
    failure, leaf = failure_about(evidence, host, "unknown-ca"), leaf_of(evidence, host)
    if failure is None:
        return None
    if leaf is None:
        return Match(f"{host}: {failure.message}")
    files, links, facts = _files(evidence), verified_chain(evidence, host), of.tls(evidence, host)
    file = evidence.options.get("tlsCAFile")
    remedies = [
        Remedy(f"Correct or unset the variable: {problem}.")
        if problem.startswith("SSL_CERT")
        else INSTALL_STORE
        for problem in (files.store_problems if files else ())
    ]
    because = "".join(f"; {problem}" for problem in (files.store_problems if files else ()))
    end = links[-1]
    missing = clip(end.subject if end.self_signed else end.issuer, MAX_SUBJECT)
    trusted_names = facts.trusted if facts else ()
    if len(links) == 1 and leaf.self_signed:
        detail = f"the certificate of {host} is self-signed ({name_of(leaf)}), and {store(evidence)} does not contain it"
        remedies.append(
            Remedy(f"Add the server's certificate to {file}.")
            if file
            else corrected_string(
                evidence, "Save the server's certificate to a file and trust it", tlsCAFile=CA_FILE
            )
        )
    elif missing in trusted_names:
        detail = f"{file} contains a CA named {missing}, but with a different key than the one that signed the certificate of {host}"
        remedies.append(
            Remedy(
                f"Replace {missing} in {file} with its current certificate: the CA was created a second time under the same name."
            )
        )
    elif file:
        detail = f"{file} does not contain the CA that signed the certificate of {host} ({missing}){_contents(trusted_names)}"
        partly = [link.subject for link in links[1:] if link.subject in trusted_names]
        if partly:
            detail += f"; {clip(partly[0], MAX_SUBJECT)} is only an intermediate CA, and PyMongo needs the root CA"
        remedies.append(Remedy(f"Add the certificate of {missing} to {file}."))
    else:
        detail = f"the certificate of {host} is signed by {missing}, which {store(evidence)} does not contain"
        remedies.append(
            corrected_string(
                evidence, f"Trust {missing}: give the file with its certificate", tlsCAFile=CA_FILE
            )
        )
    if facts is not None and facts.chain_length == 1 and not leaf.self_signed:
        detail += f"; {host} sends no intermediate certificate"
        remedies.append(
            Remedy(
                f"If that is an intermediate CA, let the server send its certificate: append it to {SERVER_FILE}."
            )
        )
    detail += because + others(evidence, host, "unknown-ca")
    steps = texts(GIVE_CA, CERTIFI) if file or INSTALL_STORE in remedies else (GIVE_CA,)
    return Match(detail, tuple(remedies), instead_of=steps)


def _contents(subjects: tuple[str, ...]) -> str:
    """Return which CAs a file contains, naming the first."""
    if not subjects:
        return ""
    more = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
    return f"; it contains {clip(subjects[0], MAX_SUBJECT)}{more}"


def certificate_expired(evidence: Evidence, host: str) -> Match | None:
    if failure_about(evidence, host, "certificate-expired") is None:
        return _expired_as_well(evidence, host)
    late = [link for link in verified_chain(evidence, host) if past(link.not_after, evidence)]
    culprit = late[0] if late else None
    expiry = f"expired on {day(culprit.not_after)}" if culprit else "has expired"
    match = out_of_date(evidence, host, culprit, expiry, "certificate-expired")
    if culprit != leaf_of(evidence, host):
        return match
    for link in late[1:]:  # renewing the server's own certificate is not enough
        name, where = name_of(link), store(evidence)
        place = SERVER_FILE if link.sent and not link.self_signed else where
        match = match.replace(
            detail=f"{match.detail}; {name} in {place} expired on {day(link.not_after)} as well",
            remedies=(
                *match.remedies,
                f"Replace {name} in {place} with the CA's current certificate.",
            ),
        )
    return match


def out_of_date(
    evidence: Evidence, host: str, culprit: CertificateFacts | None, words: str, kind: str
) -> Match:
    """Return which certificate of a chain is outside its dates, and where to replace it."""
    leaf, where = leaf_of(evidence, host), store(evidence)
    also = others(evidence, host, kind)
    if leaf is None:
        return Match(f"a certificate of {host} {words}")
    if culprit == leaf:
        return Match(f"the certificate of {host} {words}{also}")
    until = f"; the server's own certificate is valid until {leaf.not_after:%Y-%m-%d}"
    if culprit is None:
        detail = f"a CA certificate in {where} {words}{until}"
        remedy = f"Replace the CA certificate in {where} with its current one."
    elif culprit.self_signed or not culprit.sent:
        name = name_of(culprit)
        detail = f"the CA certificate {name} in {where} {words}{until}"
        remedy = f"Replace {name} in {where} with the CA's current certificate."
    else:
        name = name_of(culprit)
        detail = f"the intermediate certificate {name}, which {host} sends, {words}{until}"
        remedy = f"Replace {name} in {SERVER_FILE} with the CA's current certificate."
    return Match(detail + also, (remedy,), instead_of=texts(RENEW_CERTIFICATE))


def _expired_as_well(evidence: Evidence, host: str) -> Match | None:
    """Return a server certificate that has expired, though that is not why it was refused."""
    if (leaf := refused_leaf(evidence, host)) and past(leaf.not_after, evidence):
        also = others(evidence, host, "certificate-expired")
        return Match(f"the certificate of {host} expired on {day(leaf.not_after)}{also}")
    if (leaf := unchecked_leaf(evidence, host)) and past(leaf.not_after, evidence):
        words = f"expired on {day(leaf.not_after)}, but this client does not verify certificates"
        return Match(f"the certificate of {host} {words}", severity="warning")
    return None


def not_yet_valid(evidence: Evidence, host: str) -> Match | None:
    failure = failure_about(evidence, host, "certificate-not-yet-valid")
    if failure is None:
        leaf = refused_leaf(evidence, host)
        if leaf is None or past(leaf.not_before, evidence):
            return None
        begins = f"is not valid before {day(leaf.not_before)}{clock_here(evidence)}"
        also = others(evidence, host, "certificate-not-yet-valid")
        return Match(f"the certificate of {host} {begins}{also}")
    early = [link for link in verified_chain(evidence, host) if not past(link.not_before, evidence)]
    culprit = early[0] if early else None
    begins = f" before {day(culprit.not_before)}" if culprit else " yet"
    match = out_of_date(
        evidence,
        host,
        culprit,
        f"is not valid{begins}{clock_here(evidence)}",
        "certificate-not-yet-valid",
    )
    return match.replace(remedies=(CHECK_CLOCK, *match.remedies))


def hostname_mismatch(evidence: Evidence, host: str) -> Match | None:
    own = of.host_of(evidence, host).name
    if failure_about(evidence, host, "hostname-mismatch") is None:
        leaf = refused_leaf(evidence, host)
        if leaf is None or not names_are_checked(evidence) or not _is_for_others(leaf, own):
            return _common_name_only(evidence, host)
    leaf = leaf_of(evidence, host)
    also = others(evidence, host, "hostname-mismatch")
    if leaf is None or not leaf.names:
        only = f", only the common name {leaf.common_name}" if leaf and leaf.common_name else ""
        return Match(f"the certificate of {host} has no subjectAltName{only}{also}")
    usable = _usable_names(leaf, own)
    remedies: tuple[Remedy | str, ...] = tuple(
        _connect_by(evidence, host, name) for name in usable[:1]
    )
    detail = f"the certificate of {host} is for {leaf.listed()}, not for {own}"
    if _address(own) is not None and own in leaf.names:
        detail = f"the certificate of {host} lists {own} as a DNS name, but an IP address must be an IP entry"
        remedies += (f"Reissue the certificate with IP:{own} in its subjectAltName.",)
    elif wildcard := _too_deep(leaf.names, own):
        detail += f"; a wildcard covers only one label, so {wildcard} does not cover {own}"
        remedies += (f"Reissue the certificate with DNS:{own} in its subjectAltName.",)
    else:
        entry = "IP" if _address(own) is not None else "DNS"
        remedies += (f"Reissue the certificate with {entry}:{own} in its subjectAltName.",)
    general = (USE_ITS_NAME, REISSUE_NAME)
    return Match(detail + also, remedies, instead_of=general if usable else general[1:])


def _connect_by(evidence: Evidence, host: str, name: str) -> Remedy:
    """Return the remedy that uses a name of the certificate in place of a host."""
    if not of.is_seed(evidence, host):
        return Remedy(
            f"Give the member a host name that is in its certificate, with rs.reconfig(): {name}."
        )
    port = of.host_of(evidence, host).port or 27017
    new = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return other_host(evidence, "Connect by a host name in the certificate", host, new)


def _usable_names(leaf: CertificateFacts, own: str) -> list[str]:
    """Return the names of a certificate that could lead to the same server, best first.

    A loopback name leads to this machine: it comes first if the host is this machine, and is left
    out otherwise.
    """
    local = of.is_loopback(own)
    names = [
        name
        for name in leaf.names
        if "*" not in name
        and name != own
        and (local or not of.is_loopback(name))
        and (_address(name) is None or name in leaf.addresses)
    ]
    if _address(own) is None:
        from difflib import get_close_matches

        names = get_close_matches(own, names, len(names) or 1, 0.0)
    else:
        names.sort(key=lambda name: _address(name) is not None)
    return sorted(names, key=lambda name: local and not of.is_loopback(name))


def _too_deep(names: Iterable[str], own: str) -> str | None:
    """Return a wildcard for a parent domain of the host that does not cover all its labels."""
    deep = (name for name in names if name.startswith("*.") and own.endswith(name[1:].lower()))
    return next(iter(deep), None)


def _common_name_only(evidence: Evidence, host: str) -> Match | None:
    """Return a match if the host name is only in the common name, which Python accepts."""
    handshake, leaf = evidence.result("tls", host), leaf_of(evidence, host)
    if handshake is None or not handshake.ok or leaf is None or not names_are_checked(evidence):
        return None
    if leaf.names or not leaf.common_name:
        return None
    return Match(
        f"the certificate of {host} has no subjectAltName, only the common name "
        f"{leaf.common_name}: Python accepts that, but Go and other drivers do not",
        (f"Reissue the certificate with DNS:{leaf.common_name} in its subjectAltName.",),
        instead_of=(USE_ITS_NAME, REISSUE_NAME),
        severity="warning",
    )
