"""What the checks observe of TLS: the client's files and the handshakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.record import Record

if TYPE_CHECKING:
    from datetime import datetime

    from mongoping.probe.certificates import CertificateFacts, RevocationListFacts


class TlsFilesFacts(Record):
    """The client's TLS files and settings.

    Attributes:
        authorities: tlsCAFile, or ``system store``.
        client_file: tlsCertificateKeyFile.
        client_subject: its subject in the RFC 4514 form that X.509 login uses.
        client_not_after: when it expires.
        verifies: whether the server's certificate is verified.
        waived_by: the option that turns verification off.
        client_certificate: the fields of the client certificate.
        store_file: the file that SSL_CERT_FILE names, if the system store is used.
        store_folder: the folder that SSL_CERT_DIR names, if the system store is used.
        store_digest: identifies the set of all trusted CAs; the same on machines that trust the
            same ones.
        store_count: how many certificates that set has.
        store_problems: problems of these, or of the store itself, as text.
    """

    authorities: str
    client_file: str | None = None
    client_subject: str | None = None
    client_not_after: datetime | None = None
    verifies: bool = True
    waived_by: str | None = None
    client_certificate: CertificateFacts | None = None
    store_file: str | None = None
    store_folder: str | None = None
    store_digest: str | None = None
    store_count: int | None = None
    store_problems: tuple[str, ...] = ()


class TlsFacts(Record):
    """A TLS handshake: what was negotiated, or what a rejected server showed. Days count from now.

    Attributes:
        chain: the certificates that the server sent, leaf first.
        path: the chain that OpenSSL built from them, up to a CA of this machine; after a refusal
            it may end early, and it is empty if nothing was verified.
        trusted: subjects of the CAs in tlsCAFile, read when no trusted CA was found.
        lists: the contents of tlsCRLFile, read when the certificate failed that check.
        plain_hello: whether a hello without TLS was answered; None if it was not tried.
        http: the start of the reply to a line of HTTP; None if there was none.
        behind_proxy_header: whether the server replies after a PROXY protocol header; None if
            it was not tried.
        asks_certificate: whether the server asked for a client certificate.
    """

    version: str | None = None
    cipher: str | None = None
    chain: tuple[CertificateFacts, ...] = ()
    chain_length: int = 0
    days_left: float | None = None
    duration_ms: float = 0.0
    received: int = 0
    first_bytes: str = ""
    plain_hello: bool | None = None
    http: str | None = None
    asks_certificate: bool | None = None
    path: tuple[CertificateFacts, ...] = ()
    trusted: tuple[str, ...] = ()
    lists: tuple[RevocationListFacts, ...] = ()
    behind_proxy_header: bool | None = None
