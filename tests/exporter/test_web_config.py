"""The web configuration file: what is read, and one sentence about what is not."""

from __future__ import annotations

import pytest

from mongoping.exporter.web_config import WebConfig, WebTls, read

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"  # of "hunter2"


def test_every_supported_key_is_read_and_paths_are_relative_to_the_file() -> None:
    text = f"""
tls_server_config:
  cert_file: server.crt
  key_file: /etc/keys/server.key
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS13
  prefer_server_cipher_suites: true
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  ada: {HASH}
"""
    tls = WebTls(
        "/etc/web/server.crt",
        "/etc/keys/server.key",
        "/etc/web/ca.pem",
        "RequireAndVerifyClientCert",
        "TLS13",
    )
    headers = {"Strict-Transport-Security": "max-age=31536000"}
    assert read(text, "/etc/web/web.yml") == WebConfig(tls, headers, {"ada": HASH})
    assert read("", "web.yml") == WebConfig()


PAIR = "cert_file: a, key_file: b"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tls_server_config: {cert_file: a}", "tls_server_config.key_file is missing."),
        ("tls_server_config: []", "tls_server_config must be a mapping."),
        ("tls_config: {}", "the key 'tls_config' is unknown; use tls_server_config,"),
        ("- a", "the file must be a mapping."),
        ("a: [", "web.yml:1: not valid YAML: "),
        ("[" * 1000, "not valid YAML"),
        ("basic_auth_users: {ada: hunter2}", "is not a bcrypt hash; make one with: htpasswd"),
        ("basic_auth_users: {ada: 5}", "is not a bcrypt hash"),
        (
            f"tls_server_config: {{{PAIR}, client_ca_file: c}}",
            "tls_server_config.client_auth_type is missing: each needs the other.",
        ),
        (
            f"tls_server_config: {{{PAIR}, client_auth_type: RequireAnyClientCert}}",
            "does not verify the certificate, which is not supported",
        ),
        (
            f"tls_server_config: {{{PAIR}, min_version: TLS9}}",
            "min_version must be one of TLS10,",
        ),
        (
            f"tls_server_config: {{{PAIR}, min_version: TLS13, max_version: TLS12}}",
            "min_version is newer than max_version",
        ),
        (
            f"tls_server_config: {{{PAIR}, cipher_suites: [X]}}",
            "tls_server_config.cipher_suites is not supported; remove it.",
        ),
        ("http_server_config: {headers: {Set-Cookie: a}}", "'Set-Cookie'"),
        ('http_server_config: {headers: {X-Frame-Options: "a\\nb"}}', "printable ASCII"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_without_values(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^web\.yml") as error:
        read(text, "web.yml")
    assert sentence in str(error.value)
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)
