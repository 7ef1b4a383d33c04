"""The meaning of an alert, or of a closed connection, in a TLS handshake."""

from __future__ import annotations

import pytest

from mongoping.causes import tls
from mongoping.causes._client_certificates import certificate_rejected, certificate_required
from mongoping.model import Match
from mongoping.observations import TlsFacts
from tests.evidence import evidence, failed

HOST = "a:27017"
PLAIN = "mongodb://a:27017/?tls=true"
WITH_KEY = PLAIN + "&tlsCertificateKeyFile=client.pem"


@pytest.mark.parametrize(
    ("code", "asks", "uri", "cause"),
    [
        (40, True, PLAIN, "required"),
        (40, False, PLAIN, "version"),
        (40, None, PLAIN, "version"),
        (40, False, WITH_KEY, "version"),
        (40, True, WITH_KEY, "rejected"),
        (71, False, PLAIN, "version"),
        (116, None, PLAIN, "required"),
        (48, True, WITH_KEY, "rejected"),
        (80, False, PLAIN, None),
    ],
)
def test_an_alert_is_about_the_client_certificate_only_where_the_server_asked_for_one(
    code: int, asks: bool | None, uri: str, cause: str | None
) -> None:
    facts = TlsFacts(asks_certificate=asks)
    case = evidence(failed("tls", "alert", HOST, code=code, data=facts, message="ALERT"), uri=uri)
    tests = {
        "required": certificate_required,
        "rejected": certificate_rejected,
        "version": tls.protocol_version,
    }
    true = [name for name, when in tests.items() if isinstance(when(case, HOST), Match)]
    assert true == ([cause] if cause else [])
