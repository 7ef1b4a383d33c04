"""TLS as the driver does it: its context, its files, and what certificates say."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pymongo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.api import examine
from mongoping.data.tls_codes import alert_number
from mongoping.probe import certificates as certificate_reader
from mongoping.probe import tls
from mongoping.sandbox import listeners
from mongoping.settings import Settings
from mongoping.uri.target import parse
from tests.checks.real import check_uri, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from mongoping.model import Evidence, Report
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

OPTIONS = ("tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames")

COMBINATIONS = [
    chosen_options for size in range(4) for chosen_options in combinations(OPTIONS, size)
]


@pytest.mark.parametrize("insecure_options", COMBINATIONS, ids="+".join)
def test_the_context_checks_what_the_drivers_context_checks(
    insecure_options: tuple[str, ...],
) -> None:
    """Compare with PyMongo's: what is verified, which protocols, how many certificates."""
    options = dict.fromkeys(insecure_options, True)
    from pymongo.ssl_support import get_ssl_context

    insecure = options.get("tlsInsecure", False)
    no_check = insecure or options.get("tlsAllowInvalidCertificates", False)
    no_names = insecure or options.get("tlsAllowInvalidHostnames", False)
    theirs = get_ssl_context(None, None, None, None, no_check, no_names, True, False)
    ours = tls.context(options)
    for name in ("verify_mode", "check_hostname", "verify_flags", "minimum_version", "options"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert len(ours.get_ca_certs()) == len(theirs.get_ca_certs())


def problem(make: Callable[[], object]) -> tls.KeyFileError:
    with pytest.raises(tls.KeyFileError) as error:
        make()
    return error.value


def test_each_wrong_client_file_has_a_word(certificates: Certificates, tmp_path: Path) -> None:
    """OpenSSL has one message for most of these."""
    client = certificates.client()
    locked_file = certificates.locked(client, "right")
    ca_first = tmp_path / "ca-first.pem"
    ca_first.write_bytes(certificates.authority.read_bytes() + client.read_bytes())
    cases: list[tuple[Path, str | None, str]] = [
        (certificates.certificate_only(client), None, "no-key"),
        (certificates.mismatched(), None, "mismatch"),
        (certificates.not_pem(), None, "not-pem"),
        (ca_first, None, "order"),
        (locked_file, None, "password-needed"),
        (locked_file, "wrong", "wrong-password"),
        (locked_file, "w" * 5000, "wrong-password"),
    ]
    for path, password, kind in cases:
        error = problem(
            lambda p=path, w=password: tls.context({"tlsCertificateKeyFile": str(p)}, w)
        )
        assert (error.kind, error.option) == (kind, "tlsCertificateKeyFile"), path
        assert str(path) in str(error)
        assert "right" not in str(error)
    assert tls.context({"tlsCertificateKeyFile": str(locked_file)}, "right")
    assert tls.context({"tlsCertificateKeyFile": str(client)})


def test_a_key_alone_lacks_its_certificate(certificates: Certificates, tmp_path: Path) -> None:
    from mongoping.sandbox.x509 import key_of

    path = tmp_path / "key.pem"
    path.write_bytes(key_of(certificates.client().read_bytes()))
    assert problem(lambda: tls.context({"tlsCertificateKeyFile": str(path)})).kind in (
        "no-certificate",
        "mismatch",
    )


@pytest.mark.parametrize("option", ["tlsCAFile", "tlsCRLFile"])
def test_a_wrong_file_of_authorities_is_named(option: str, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_bytes(bytes(range(256)) * 10)
    absent, folder = tmp_path / "absent", tmp_path
    assert problem(lambda: tls.context({option: str(junk)})).kind == "not-pem"
    assert problem(lambda: tls.context({option: str(absent)})).kind == "unreadable"
    error = problem(lambda: tls.context({option: str(folder)}))
    assert error.option == option


@pytest.mark.parametrize(
    ("reason", "number"),
    [
        ("TLSV1_ALERT_INTERNAL_ERROR", 80),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", 116),
        ("SSLV3_ALERT_BAD_CERTIFICATE", 42),
        ("TLSV1_ALERT_UNKNOWN_CA", 48),
        ("TLSV1_ALERT_NO_SUCH_THING", None),
        ("CERTIFICATE_VERIFY_FAILED", None),
        ("", None),
    ],
)
def test_alerts_have_the_numbers_of_the_standard(reason: str, number: int | None) -> None:
    assert alert_number(reason) == number


def der(path: Path) -> bytes:
    from mongoping.sandbox.x509 import certificates_of

    pem = certificates_of(path.read_bytes()).decode()
    return ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END") + 26])


def test_a_certificate_says_for_whom_by_whom_and_until_when(certificates: Certificates) -> None:
    certificate = certificate_reader.describe(
        der(certificates.server("db.example.test", "127.0.0.1", days=10))
    )
    assert certificate is not None
    assert certificate.names == ("db.example.test", "127.0.0.1")
    assert "mongoping sandbox" in certificate.issuer
    assert certificate.self_signed is False
    assert 9 < certificate.days_left(datetime.now(UTC)) < 10
    assert certificate.days_left(certificate.not_after + timedelta(days=2)) == -2


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_none(data: bytes) -> None:
    assert certificate_reader.describe(data) is None


@given(st.data())
def test_a_damaged_certificate_is_read_or_is_none(data: st.DataObject) -> None:
    """A server may send anything as a link of its chain, and OpenSSL looks at few of them."""
    raw = bytearray(ONE)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    certificate = certificate_reader.describe(bytes(raw))
    assert certificate is None or isinstance(certificate.subject, str)


@pytest.mark.parametrize("version", [0, 3, 7, 255])
def test_a_version_of_the_future_is_no_crash(version: int) -> None:
    """cryptography raises an exception of its own for it, which is no ValueError."""
    marks = b"\xa0\x03\x02\x01"  # [0] EXPLICIT INTEGER, RFC 5280, section 4.1
    at = ONE.index(marks) + len(marks)
    certificate = certificate_reader.describe(ONE[:at] + bytes([version]) + ONE[at + 1 :])
    assert certificate is None or certificate.names


def _one() -> bytes:
    import trustme

    pem = trustme.CA().issue_cert("db.example.test", "127.0.0.1").cert_chain_pems[0]
    return ssl.PEM_cert_to_DER_cert(pem.bytes().decode())


ONE = _one()


def test_a_real_handshake_is_described(mongod_tls: Deployment) -> None:
    facts = look(mongod_tls.uri).data("tls", mongod_tls.host)
    assert facts.version in ("TLSv1.2", "TLSv1.3")
    assert facts.cipher
    assert facts.chain[0].names == ("localhost", "127.0.0.1", "::1")
    assert facts.chain_length == len(facts.chain) >= 1
    assert 300 < facts.days_left < 366
    assert facts.asks_certificate is not None


def test_a_refused_certificate_is_shown_all_the_same(mongod_tls: Deployment) -> None:
    """By a second handshake that checks nothing."""
    evidence = look(mongod_tls.uri_with(tlsCAFile=None))
    facts, failure = evidence.data("tls", mongod_tls.host), evidence.failure("tls", mongod_tls.host)
    assert failure is not None
    assert failure.kind == "certificate"
    assert "mongoping sandbox" in facts.chain[0].issuer


@pytest.mark.parametrize("option", ["tlsCAFile", None])
def test_an_import_that_lasts_is_not_the_silence_of_a_server(
    option: str | None, mongod_tls: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certificates are read after the import of PyMongo, which here lasts longer than the run.

    The import is simulated, as that of a disk that does not answer; the handshakes are real.
    """
    is_over = threading.Event()

    def unending_import() -> ModuleType:
        is_over.wait()
        return pymongo

    monkeypatch.setattr("mongoping.client.import_pymongo", unending_import)
    monkeypatch.setattr("mongoping.client.CLOSING_S", 0.0)
    uri = mongod_tls.uri if option else mongod_tls.uri_with(tlsCAFile=None)

    async def main() -> tuple[Evidence, Report]:
        try:
            return await examine(parse(uri), Settings(deadline=4.0, cap=1.0, count=1))
        finally:
            is_over.set()

    evidence, report = asyncio.run(main())
    assert report.verdict is not None
    if option:
        assert evidence.data("tls", mongod_tls.host).version in ("TLSv1.2", "TLSv1.3")
        assert report.verdict.cause.endswith(".unexplained")
        return
    failure = evidence.failure("tls", mongod_tls.host)
    assert failure is not None
    assert failure.kind == "certificate"
    assert report.verdict.cause == "tls.unknown-ca"


def test_a_server_without_tls_is_asked_in_plain(mongod: Deployment) -> None:
    """The handshake fails; a plain hello and a line of HTTP tell what is there."""
    evidence = look(mongod.uri_with(tls=True))
    facts = evidence.data("tls", mongod.host)
    assert facts.plain_hello is True
    assert "MongoDB over HTTP" in (facts.http or "")


@pytest.mark.parametrize("wants", [True, False])
def test_it_is_noted_whether_the_server_asks_for_a_certificate(
    wants: bool, mongod: Deployment, certificates: Certificates
) -> None:
    """A front that wants one, and one that does not; the server behind is real."""
    authority = certificates.authority if wants else None
    context = listeners.server_context(certificates.good, client_authority=authority)
    behind = listeners.forward("127.0.0.1", mongod.ports[0])
    with listeners.Listener(listeners.tls(context, behind)) as front:
        options: dict[str, Any] = {"tls": True, "tlsCAFile": certificates.authority}
        uri = mongod.uri_with(hosts=[f"localhost:{front.port}"], **options)
        facts = look(uri).data("tls", f"localhost:{front.port}")
    assert facts.asks_certificate is wants


def test_the_clients_own_side_is_described(
    mongod_tls: Deployment, certificates: Certificates
) -> None:
    from mongoping.sandbox.certificates import subject

    client = certificates.client()
    facts = look(mongod_tls.uri_with(tlsCertificateKeyFile=client)).data("tls-files")
    assert facts.client_file == str(client)
    assert facts.client_subject == subject(client)
    assert facts.verifies is True
    assert facts.authorities == str(certificates.authority)
    loose = look(mongod_tls.uri_with(tlsAllowInvalidCertificates=True)).data("tls-files")
    assert loose.verifies is False


def test_a_pipe_in_place_of_the_system_store_stops_nothing(
    tmp_path: Path, mongod_tls: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL would wait for it forever; its look-alike is a file without a certificate."""
    pipe = tmp_path / "ca.pem"
    os.mkfifo(pipe)
    causes = {}
    for path in (pipe, tmp_path / "missing.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        _, report = check_uri(mongod_tls.uri_with(tlsCAFile=None))
        assert report.verdict is not None
        causes[path.name] = report.verdict.cause
    assert causes == {"ca.pem": "tls.bad-key-file", "missing.pem": "tls.unknown-ca"}
