"""Each certificate is as bad as its name says: judged by OpenSSL, without a socket."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.certificates import Certificates, subject
from mongoping.sandbox.listeners import server_context

if TYPE_CHECKING:
    from pathlib import Path

EXPIRY, NOT_YET, NO_ISSUER, WRONG_NAME, WRONG_IP = 10, 9, 20, 62, 64  # X509_V_ERR_...


@pytest.fixture(scope="module")
def own_certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("made"))


def shake(
    server: ssl.SSLContext, authority: Path, name: str = "localhost", client: Path | None = None
) -> ssl.SSLObject:
    """A handshake in memory; returns the client's side, raises what either side raises."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if client:
        context.load_cert_chain(client)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = context.wrap_bio(down, up, server_hostname=name)
    far = server.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (near, far):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    near.write(b"ping")
    assert far.read(4) == b"ping"
    return near


def refusal(certificates: Certificates, certificate: Path, name: str = "localhost") -> int:
    """OpenSSL's reason for refusing a server's certificate."""
    with pytest.raises(ssl.SSLCertVerificationError) as error:
        shake(server_context(certificate), certificates.authority, name)
    return error.value.verify_code


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_good_certificate_is_good_for_every_name_of_loopback(
    own_certificates: Certificates, name: str
) -> None:
    assert (
        shake(server_context(own_certificates.good), own_certificates.authority, name).version()
        == "TLSv1.3"
    )


def test_each_bad_server_certificate_is_refused_for_its_own_reason(
    own_certificates: Certificates,
) -> None:
    assert refusal(own_certificates, own_certificates.expired()) == EXPIRY
    assert refusal(own_certificates, own_certificates.not_yet_valid()) == NOT_YET
    assert refusal(own_certificates, own_certificates.wrong_name()) == WRONG_NAME
    assert refusal(own_certificates, own_certificates.server("localhost"), "127.0.0.1") == WRONG_IP
    assert refusal(own_certificates, own_certificates.self_signed_elsewhere()) == NO_ISSUER


def test_an_intermediate_is_needed_and_sent_unless_it_is_left_out(
    own_certificates: Certificates,
) -> None:
    assert shake(
        server_context(own_certificates.with_intermediate()), own_certificates.authority
    ).version()
    assert refusal(own_certificates, own_certificates.with_intermediate(omit=True)) == NO_ISSUER


def test_a_name_in_the_subject_alone_is_taken_by_python(own_certificates: Certificates) -> None:
    """OpenSSL looks at the common name where there is no subjectAltName."""
    certificate = own_certificates.common_name_only()
    assert shake(server_context(certificate), own_certificates.authority).version()
    assert refusal(own_certificates, certificate, "elsewhere.test") == WRONG_NAME


def test_a_client_certificate_is_asked_for_and_weighed(own_certificates: Certificates) -> None:
    wanting = server_context(own_certificates.good, client_authority=own_certificates.authority)
    assert shake(wanting, own_certificates.authority, client=own_certificates.client()).version()
    with pytest.raises(ssl.SSLError, match="did not return a certificate"):
        shake(wanting, own_certificates.authority)
    for client, reason in (
        (own_certificates.foreign_client(), NO_ISSUER),
        (own_certificates.expired_client(), EXPIRY),
    ):
        with pytest.raises(ssl.SSLCertVerificationError) as error:
            shake(wanting, own_certificates.authority, client=client)
        assert error.value.verify_code == reason


def test_a_locked_key_opens_with_its_password_alone(own_certificates: Certificates) -> None:
    path = own_certificates.locked(own_certificates.client(), "open sesame")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(path, password="open sesame")
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(path, password="another")


@pytest.mark.parametrize("kind", ["mismatched", "no key", "not pem"])
def test_a_spoilt_file_cannot_be_loaded(own_certificates: Certificates, kind: str) -> None:
    path = {
        "mismatched": own_certificates.mismatched,
        "no key": lambda: own_certificates.certificate_only(own_certificates.client()),
        "not pem": own_certificates.not_pem,
    }[kind]()
    with pytest.raises(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path)


def test_the_subject_is_written_as_mongod_writes_it(own_certificates: Certificates) -> None:
    assert subject(own_certificates.client("ada")) == "CN=ada,OU=clients,O=mongoping sandbox"


def test_files_with_keys_are_for_their_owner_alone(own_certificates: Certificates) -> None:
    assert own_certificates.client().stat().st_mode & 0o077 == 0
