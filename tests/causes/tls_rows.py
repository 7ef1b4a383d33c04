"""Rows of the TLS layer as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping.observations import TlsFacts, TlsFilesFacts
from mongoping.probe.certificates import CertificateFacts
from tests.causes.table import (
    A,
)
from tests.evidence import ago, evidence, failed, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result


TLS = "mongodb://a:27017/?tls=true"


WITH_CRL = f"{TLS}&tlsCRLFile=/list.pem"


CLIENT = f"{TLS}&tlsCertificateKeyFile=/c.pem"


def certificate(*names: str, **more: Any) -> CertificateFacts:
    fields = {
        "subject": "CN=server",
        "issuer": "CN=authority",
        "not_before": ago(100),
        "not_after": ago(-200),
        "names": names or ("a",),
        **more,
    }
    return CertificateFacts(**fields)


def refusal(code: int, *chain: CertificateFacts, host: str = A, **more: Any) -> Result:
    """A handshake that ended at the server's certificate, with OpenSSL's code."""
    facts = TlsFacts(chain=chain, chain_length=len(chain), **more)
    return failed("tls", "certificate", host, data=facts, code=code)


def alert(name: str, code: int | None, host: str = A, **fields: Any) -> Result:
    return failed("tls", "alert", host, data=TlsFacts(**fields), code=code, message=name)


def shaken(host: str = A, **fields: Any) -> Result:
    """A handshake that succeeded."""
    leaf = fields.pop("leaf", certificate())
    days = fields.pop("days_left", 200.0)
    facts = TlsFacts("TLSv1.3", "x", (leaf,), 1, days_left=days, **fields)
    return result("tls", facts, host)


def first_word(kind: str, host: str = A, **more: Any) -> Result:
    """Return what happened to the first message after the handshake."""
    return failed("hello", kind, host, **{"tls": True, **more})


def of(*rows: Result, uri: str = TLS, **settings: Any) -> Evidence:
    return evidence(*rows, uri=uri, **settings)


FILES = result("tls-files", TlsFilesFacts("system store", "/c.pem", "CN=ada", ago(-30)))


LATE = result("tls-files", TlsFilesFacts("system store", "/c.pem", "CN=ada", ago(3)))


LOOSE = result("tls-files", TlsFilesFacts("system store", verifies=False))
