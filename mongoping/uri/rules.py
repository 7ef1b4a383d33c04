"""Refuse parts of a connection string that conflict, by the rules of the driver.

Source: ``_handle_security_options``, ``_check_options`` and ``_validate_uri`` in PyMongo's
``uri_parser_shared``; ``client_options``; ``auth_shared._build_credentials_tuple``. Values
that the constructor accepts but the first use rejects, before any network traffic, are refused
here too; each such rule names its place in PyMongo.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from mongoping.record import Record
from mongoping.uri.text import Refusal, Span

if TYPE_CHECKING:
    from mongoping.uri.host import Host
    from mongoping.uri.parts import Parts
    from mongoping.uri.query import Query

CONFLICT = "uri.conflicting-options"
INVALID = "uri.invalid-option"
EXTERNAL = "$external"
EXTERNAL_MECHANISMS = frozenset({"GSSAPI", "MONGODB-AWS", "MONGODB-OIDC", "MONGODB-X509"})
EXTERNAL_SOURCE_ONLY = EXTERNAL_MECHANISMS - {"MONGODB-OIDC"}
"""The mechanisms with which the driver refuses any other authSource than ``$external``."""
_NO_USER_NEEDED = frozenset({"MONGODB-AWS", "MONGODB-OIDC", "MONGODB-X509"})
_NO_PASSWORD_NEEDED = frozenset({"GSSAPI", "MONGODB-OIDC", "MONGODB-X509", "PLAIN"})
_OIDC_ENVIRONMENTS = ("azure", "gcp", "k8s", "test")
_SRV_ONLY = ("srvServiceName", "srvAllowedHostsSuffix", "srvMaxHosts")
_PRIVATE_LABELS = frozenset(
    ["test", "localhost", "invalid", "example", "local", "internal", "corp", "home", "mail"]
)
"""Single labels that srvAllowedHostsSuffix may be: ``SPECIAL_USE_LABELS`` in PyMongo's ``_psl``."""
_TLS_FILES = ("tlsCertificateKeyFile", "tlsCertificateKeyFilePassword", "tlsCAFile", "tlsCRLFile")
_INSECURE = ("tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames")
_OCSP = "tlsDisableOCSPEndpointCheck"


class Contents(Record):
    """The parsed parts of a connection string, to be checked against each other."""

    parts: Parts
    query: Query
    hosts: tuple[Host, ...]
    username: str | None
    password: str | None

    @property
    def values(self) -> dict[str, Any]:
        """Return the options that are valid, by their documented names."""
        return self.query.values

    def refuse(self, words: str, *names: str, cause: str = CONFLICT) -> Refusal:
        """Return a refusal that points to the last of some options."""
        return Refusal(cause, words, *self.query.span(*names))


def check(contents: Contents) -> None:
    """Raise `Refusal` for the first pair that the driver does not accept together."""
    _tls(contents)
    _hosts(contents)
    _pool_and_writes(contents)
    if contents.username is not None or "authMechanism" in contents.values:
        _credentials(contents)


def implied_tls(values: dict[str, Any]) -> bool:
    """Return whether options that only make sense with TLS turn it on, as they do in the driver.

    A file does, and so does a tlsAllowInvalid... option set to false, but not one set to true.
    """
    expanded_values = {**values}
    if "tlsInsecure" in values:
        expanded_values.update(dict.fromkeys((*_INSECURE, _OCSP), values["tlsInsecure"]))
    files = any(values.get(name) for name in _TLS_FILES)
    return files or any(expanded_values.get(name) is False for name in (*_INSECURE, _OCSP))


def _tls(contents: Contents) -> None:
    raw, values = contents.query.raw_options, contents.values
    for name in (*_INSECURE, _OCSP):
        if "tlsinsecure" in raw and name.lower() in raw:
            words = f"tlsInsecure already includes {name}; use one of them"
            raise contents.refuse(words, "tlsInsecure", name)
    if "tlsallowinvalidcertificates" in raw and _OCSP.lower() in raw:
        words = f"tlsAllowInvalidCertificates and {_OCSP} cannot be combined"
        raise contents.refuse(words, "tlsAllowInvalidCertificates", _OCSP)
    for name in ("tlsInsecure", "tlsAllowInvalidCertificates", _OCSP):
        if "tlsCRLFile" in values and values.get(name) is True:
            raise contents.refuse(
                f"{name}=true cannot be combined with tlsCRLFile", "tlsCRLFile", name
            )
    if "ssl" in raw and "tls" in raw and raw["ssl"].text != raw["tls"].text:
        raise contents.refuse("ssl and tls are one option, but have two values", "ssl", "tls")
    if values.get("tls") is False and implied_tls(values):
        names = [name for name in (*_TLS_FILES, "tlsInsecure", *_INSECURE, _OCSP) if name in values]
        words = f"TLS is off, but {', '.join(names)} needs it"
        raise contents.refuse(words, *names, "tls", "ssl")


def _hosts(contents: Contents) -> None:
    values, srv = contents.values, contents.parts.srv
    direct, is_load_balanced = values.get("directConnection"), values.get("loadBalanced")
    if direct and srv:
        words = "directConnection needs one host; mongodb+srv looks hosts up in DNS"
        raise contents.refuse(words, "directConnection")
    for name in () if srv else _SRV_ONLY:
        if values.get(name) not in ((None, 0) if name == "srvMaxHosts" else (None,)):
            raise contents.refuse(f"{name} is for mongodb+srv only", name)
    for name, on in (("directConnection", direct), ("loadBalanced", is_load_balanced)):
        if on and len(contents.hosts) > 1:
            raise contents.refuse(f"{name}=true allows one host, not {len(contents.hosts)}", name)
    if is_load_balanced and direct:
        words = "directConnection and loadBalanced cannot be combined"
        raise contents.refuse(words, "directConnection", "loadBalanced")
    if is_load_balanced and values.get("replicaSet"):
        words = "replicaSet and loadBalanced cannot be combined"
        raise contents.refuse(words, "replicaSet", "loadBalanced")
    if srv:
        _srv(contents)


def _srv(contents: Contents) -> None:
    """Refuse what ``_SrvResolver`` and ``_parse_srv`` refuse at the first use, before DNS."""
    values = contents.values
    for name in ("replicaSet", "loadBalanced"):
        if values.get("srvMaxHosts") and values.get(name):
            raise contents.refuse(f"srvMaxHosts and {name} cannot be combined", "srvMaxHosts", name)
    _allowed_hosts(contents)
    try:
        ipaddress.ip_address(contents.hosts[0].name)
    except ValueError:
        return
    words = "an IP address has no SRV records; mongodb+srv needs a DNS name"
    raise Refusal("uri.srv-host-too-short", words, *contents.parts.hosts)


def _allowed_hosts(contents: Contents) -> None:
    """Refuse a srvAllowedHostsSuffix that would allow too much, as ``_SrvResolver`` does.

    PyMongo also refuses a public suffix: see `mongoping.probe.srv_rules`, which has the list.
    """
    name = "srvAllowedHostsSuffix"
    suffix = contents.values.get(name)
    if suffix is None:
        return
    labels = suffix.strip(".").lower()
    if not labels:
        raise contents.refuse(f"{name} is empty", name, cause=INVALID)
    if "." not in labels and labels not in _PRIVATE_LABELS:
        words = f"{name}={labels} has one label, and PyMongo requires two, as in example.com"
        raise contents.refuse(words, name, cause=INVALID)


def _pool_and_writes(contents: Contents) -> None:
    values = contents.values
    most = values.get("maxPoolSize", 100)
    if most and values.get("minPoolSize", 0) > most:
        words = f"minPoolSize ({values['minPoolSize']}) is more than maxPoolSize ({most})"
        raise contents.refuse(words, "minPoolSize", "maxPoolSize")
    if values.get("readPreference", "primary") == "primary":
        if values.get("readPreferenceTags", [{}]) != [{}]:
            words = "readPreferenceTags selects secondaries, but readPreference is primary"
            raise contents.refuse(words, "readPreferenceTags")
        if values.get("maxStalenessSeconds", -1) != -1:
            words = "maxStalenessSeconds applies to secondaries, but readPreference is primary"
            raise contents.refuse(words, "maxStalenessSeconds")
    if values.get("journal") and values.get("fsync"):
        raise contents.refuse("journal and fsync cannot be combined", "journal", "fsync")
    if values.get("journal") and values.get("w") == 0:
        words = "w=0 waits for no reply, but journal=true waits for the disk"
        raise contents.refuse(words, "w", "journal")


def _credentials(contents: Contents) -> None:
    mechanism = contents.values.get("authMechanism", "DEFAULT")
    source = contents.values.get("authSource")
    where = contents.parts.userinfo or contents.query.span("authMechanism")
    if contents.username is None and mechanism not in _NO_USER_NEEDED:
        words = f"authMechanism={mechanism} needs a user name"
        raise Refusal("uri.empty-credentials", words, *where)
    if mechanism in EXTERNAL_SOURCE_ONLY and source not in (None, EXTERNAL):
        words = f"{mechanism} allows only authSource={EXTERNAL}"
        raise contents.refuse(words, "authSource")
    if contents.password is not None:
        if mechanism in ("MONGODB-X509", "MONGODB-OIDC"):
            raise Refusal(CONFLICT, f"{mechanism} does not use a password", *where)
    elif contents.username is not None and mechanism not in _NO_PASSWORD_NEEDED:
        raise _no_password(contents, where)
    if mechanism == "MONGODB-OIDC":
        _oidc(contents)


def _no_password(contents: Contents, where: Span) -> Refusal:
    words = "the user name has no password"
    if contents.username and ":" in contents.username:
        words = "the ':' between user name and password must not be percent-encoded"
    return Refusal("uri.empty-credentials", words, *where)


def _oidc(contents: Contents) -> None:
    """Refuse OIDC without an environment, because a string cannot contain a callback."""
    properties = contents.values.get("authMechanismProperties", {})
    environment = properties.get("ENVIRONMENT")
    names = ("authMechanism", "authMechanismProperties")
    if environment not in _OIDC_ENVIRONMENTS:
        words = (
            "MONGODB-OIDC needs authMechanismProperties=ENVIRONMENT:<one of "
            f"{', '.join(_OIDC_ENVIRONMENTS)}>, or a callback, which can be set in code only"
        )
        raise contents.refuse(words, *names)
    if environment in ("azure", "gcp") and not properties.get("TOKEN_RESOURCE"):
        raise contents.refuse(f"ENVIRONMENT:{environment} needs TOKEN_RESOURCE as well", *names)
    if environment == "test" and contents.username is not None:
        raise contents.refuse("ENVIRONMENT:test allows no user name", *names)
