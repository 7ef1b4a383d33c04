"""Read the web configuration file of Prometheus exporters: TLS and basic authentication.

The format is that of Prometheus's exporter-toolkit, so one file serves all exporters of a machine.
What this server cannot do is refused instead of ignored.

Source: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

from mongoping.lazy_re import lazy_compile
from mongoping.record import NOTHING, Record

MAX_BYTES = 64 * 1024
ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]
CLIENT_AUTH: tuple[ClientAuth, ...] = (
    "NoClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
)
WITHOUT_VERIFICATION = ("RequestClientCert", "RequireAnyClientCert")
VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)
_HASH = lazy_compile(r"\$2[abxy]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")


class WebTls(Record):
    """How the server uses TLS. Paths are absolute or relative to the current folder."""

    cert_file: str
    key_file: str
    client_ca_file: str | None = None
    client_auth: ClientAuth = "NoClientCert"
    min_version: str = "TLS12"
    max_version: str = "TLS13"


class WebConfig(Record):
    """The file: TLS, the headers of answers, and the bcrypt hashes of passwords by user."""

    tls: WebTls | None = None
    headers: Mapping[str, str] = NOTHING
    users: Mapping[str, str] = NOTHING


def read(text: str, path: str) -> WebConfig:
    """Parse a file. Raises ValueError, whose text is one sentence that names the key."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ValueError(f"{path}{where}: not valid YAML: {problem}.") from None
    except RecursionError:
        raise ValueError(f"{path}: not valid YAML, because it is nested too deeply.") from None
    try:
        return _config({} if document is None else document, os.path.dirname(path))  # noqa: PTH120
    except ValueError as error:
        raise ValueError(f"{path}: {error}.") from None


def _config(document: object, folder: str) -> WebConfig:
    sections = _table(document, "the file", _SECTIONS)
    config_values = {}
    for name, value in sections.items():
        field, parse = _SECTIONS[name]
        config_values[field] = parse(value, folder)
    return WebConfig(**config_values)


def _table(value: object, where: str, keys: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a mapping")  # noqa: TRY004 - a value, to its writer
    for name in value:
        if name not in keys:
            inside = "" if where == "the file" else f" in {where}"
            raise ValueError(
                f"the key {str(name)[:60]!r}{inside} is unknown; use {', '.join(keys)}"
            )
    return value


def _tls(value: object, folder: str) -> WebTls:
    where = "tls_server_config"
    table = _table(value, where, (*_TLS_KEYS, *_IGNORED_KEYS, *_UNSUPPORTED_KEYS))
    for name in _UNSUPPORTED_KEYS:
        if table.get(name):
            raise ValueError(f"{where}.{name} is not supported; remove it")
    for name in ("cert_file", "key_file"):
        if not isinstance(table.get(name), str) or not table[name]:
            raise ValueError(f"{where}.{name} is missing")
    ca = table.get("client_ca_file") or None
    auth = table.get("client_auth_type") or "NoClientCert"
    if auth in WITHOUT_VERIFICATION:
        raise ValueError(
            f"{where}.client_auth_type {auth} does not verify the certificate, which is not "
            "supported; use RequireAndVerifyClientCert"
        )
    if auth not in CLIENT_AUTH:
        raise ValueError(f"{where}.client_auth_type must be one of {', '.join(CLIENT_AUTH)}")
    if (auth == "NoClientCert") != (ca is None):
        lacking = "client_auth_type" if ca is not None else "client_ca_file"
        raise ValueError(f"{where}.{lacking} is missing: each needs the other")
    versions = {name: str(table.get(name) or "") for name in ("min_version", "max_version")}
    for name, version in versions.items():
        if version and version not in VERSIONS:
            raise ValueError(f"{where}.{name} must be one of {', '.join(VERSIONS)}")
    tls = WebTls(
        _join(folder, table["cert_file"]),
        _join(folder, table["key_file"]),
        None if ca is None else _join(folder, str(ca)),
        auth,
        **{name: version for name, version in versions.items() if version},
    )
    if VERSIONS.index(tls.min_version) > VERSIONS.index(tls.max_version):
        raise ValueError(f"{where}.min_version is newer than max_version")
    return tls


def _join(folder: str, path: str) -> str:
    return os.path.join(folder, path)  # noqa: PTH118 - an absolute path stays as it is


def _http(value: object, folder: str) -> Mapping[str, str]:
    table = _table(value, "http_server_config", ("http2", "headers"))
    headers = _table(table.get("headers") or {}, "http_server_config.headers", HEADERS)
    for name, text in headers.items():
        if not isinstance(text, str) or not text.isprintable() or not text.isascii():
            raise ValueError(f"http_server_config.headers.{name} must be printable ASCII text")
    return dict(headers)


def _users(value: object, folder: str) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise ValueError("basic_auth_users must be a mapping")  # noqa: TRY004 - to its writer
    for name, text in value.items():
        if not isinstance(name, str) or not name or ":" in name:
            raise ValueError("basic_auth_users has an invalid user name")
        if not isinstance(text, str) or not _HASH.fullmatch(text):  # it may be a plain password
            raise ValueError(
                f"basic_auth_users.{name[:60]} is not a bcrypt hash; make one with: "
                f"htpasswd -nBC 10 {name[:60]}"
            )
    return dict(value)


_TLS_KEYS = (
    "cert_file",
    "key_file",
    "client_ca_file",
    "client_auth_type",
    "min_version",
    "max_version",
)
_IGNORED_KEYS = ("prefer_server_cipher_suites",)  # a preference of Go's older TLS versions
_UNSUPPORTED_KEYS = (
    "cert",
    "key",
    "client_ca",
    "client_allowed_sans",
    "cipher_suites",
    "curve_preferences",
)
_SECTIONS: Mapping[str, tuple[str, Callable[[object, str], Any]]] = {
    "tls_server_config": ("tls", _tls),
    "http_server_config": ("headers", _http),
    "basic_auth_users": ("users", _users),
}
