"""Which parts of a connection string do not go together, by the rules of the driver.

Source: ``_handle_security_options``, ``_check_options`` and ``_validate_uri`` in PyMongo's
``uri_parser_shared``; ``client_options``; ``auth_shared._build_credentials_tuple``. Where the
constructor does not raise but the first use surely does, before any network, it is said here
as well; each such rule names the place.
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


class Seen(Record):
    """What the parts of one string hold, ready to be weighed against each other."""

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


def check(seen: Seen) -> None:
    """Raise `Refusal` for the first pair that the driver does not take together."""
    _tls(seen)
    _hosts(seen)
    _pool_and_writes(seen)
    if seen.username is not None or "authMechanism" in seen.values:
        _credentials(seen)


def implied_tls(values: dict[str, Any]) -> bool:
    """Return whether options that only make sense with TLS turn it on, as they do in the driver.

    A file does; so does a tlsAllowInvalid... that is said to be false. A source of surprise:
    the same option set to true does not.
    """
    expanded = {**values}
    if "tlsInsecure" in values:
        expanded.update(dict.fromkeys((*_INSECURE, _OCSP), values["tlsInsecure"]))
    files = any(values.get(name) for name in _TLS_FILES)
    return files or any(expanded.get(name) is False for name in (*_INSECURE, _OCSP))


def _tls(seen: Seen) -> None:
    given, values = seen.query.given, seen.values
    for name in (*_INSECURE, _OCSP):
        if "tlsinsecure" in given and name.lower() in given:
            words = f"tlsInsecure stands for {name} already; give one of them"
            raise seen.refuse(words, "tlsInsecure", name)
    if "tlsallowinvalidcertificates" in given and _OCSP.lower() in given:
        words = f"tlsAllowInvalidCertificates and {_OCSP} are not taken together"
        raise seen.refuse(words, "tlsAllowInvalidCertificates", _OCSP)
    for name in ("tlsInsecure", "tlsAllowInvalidCertificates", _OCSP):
        if "tlsCRLFile" in values and values.get(name) is True:
            raise seen.refuse(f"{name}=true makes tlsCRLFile useless", "tlsCRLFile", name)
    if "ssl" in given and "tls" in given and given["ssl"].text != given["tls"].text:
        raise seen.refuse("ssl and tls are two names of one option, and differ", "ssl", "tls")
    if values.get("tls") is False and implied_tls(values):
        names = [name for name in (*_TLS_FILES, "tlsInsecure", *_INSECURE, _OCSP) if name in values]
        words = f"TLS is off, while {', '.join(names)} asks for it"
        raise seen.refuse(words, *names, "tls", "ssl")


def _hosts(seen: Seen) -> None:
    values, srv = seen.values, seen.parts.srv
    direct, balanced = values.get("directConnection"), values.get("loadBalanced")
    if direct and srv:
        words = "directConnection names one host; mongodb+srv looks the hosts up"
        raise seen.refuse(words, "directConnection")
    for name in () if srv else _SRV_ONLY:
        if values.get(name) not in ((None, 0) if name == "srvMaxHosts" else (None,)):
            raise seen.refuse(f"{name} is for mongodb+srv only", name)
    for name, on in (("directConnection", direct), ("loadBalanced", balanced)):
        if on and len(seen.hosts) > 1:
            raise seen.refuse(f"{name}=true takes one host, not {len(seen.hosts)}", name)
    if balanced and direct:
        words = "directConnection and loadBalanced are not taken together"
        raise seen.refuse(words, "directConnection", "loadBalanced")
    if balanced and values.get("replicaSet"):
        words = "replicaSet and loadBalanced are not taken together"
        raise seen.refuse(words, "replicaSet", "loadBalanced")
    if srv:
        _srv(seen)


def _srv(seen: Seen) -> None:
    """Refuse what ``_SrvResolver`` and ``_parse_srv`` refuse at the first use, without DNS."""
    values = seen.values
    for name in ("replicaSet", "loadBalanced"):
        if values.get("srvMaxHosts") and values.get(name):
            raise seen.refuse(f"srvMaxHosts and {name} are not taken together", "srvMaxHosts", name)
    _allowed_hosts(seen)
    try:
        ipaddress.ip_address(seen.hosts[0].name)
    except ValueError:
        return
    words = "an IP address has no SRV records; mongodb+srv takes a name of the DNS"
    raise Refusal("uri.srv-host-too-short", words, *seen.parts.hosts)


def _allowed_hosts(seen: Seen) -> None:
    """Refuse a srvAllowedHostsSuffix that would allow too much, as ``_SrvResolver`` does.

    PyMongo also refuses a public suffix: see `mongoping.probe.srv_rules`, which has the list.
    """
    name = "srvAllowedHostsSuffix"
    suffix = seen.values.get(name)
    if suffix is None:
        return
    labels = suffix.strip(".").lower()
    if not labels:
        raise seen.refuse(f"{name} is empty", name, cause=INVALID)
    if "." not in labels and labels not in _PRIVATE_LABELS:
        words = f"{name}={labels} has one label, and PyMongo requires two, as in example.com"
        raise seen.refuse(words, name, cause=INVALID)


def _pool_and_writes(seen: Seen) -> None:
    values = seen.values
    most = values.get("maxPoolSize", 100)
    if most and values.get("minPoolSize", 0) > most:
        words = f"minPoolSize ({values['minPoolSize']}) is more than maxPoolSize ({most})"
        raise seen.refuse(words, "minPoolSize", "maxPoolSize")
    if values.get("readPreference", "primary") == "primary":
        if values.get("readPreferenceTags", [{}]) != [{}]:
            words = "tags choose among secondaries; readPreference is primary"
            raise seen.refuse(words, "readPreferenceTags")
        if values.get("maxStalenessSeconds", -1) != -1:
            words = "maxStalenessSeconds is about secondaries; readPreference is primary"
            raise seen.refuse(words, "maxStalenessSeconds")
    if values.get("journal") and values.get("fsync"):
        raise seen.refuse("journal and fsync are not taken together", "journal", "fsync")
    if values.get("journal") and values.get("w") == 0:
        words = "w=0 waits for nothing, journal=true waits for the disk"
        raise seen.refuse(words, "w", "journal")


def _credentials(seen: Seen) -> None:
    mechanism = seen.values.get("authMechanism", "DEFAULT")
    source = seen.values.get("authSource")
    where = seen.parts.userinfo or seen.query.span("authMechanism")
    if seen.username is None and mechanism not in _NO_USER_NEEDED:
        words = f"authMechanism={mechanism} needs a user name"
        raise Refusal("uri.empty-credentials", words, *where)
    if mechanism in EXTERNAL_SOURCE_ONLY and source not in (None, EXTERNAL):
        words = f"users of {mechanism} are in {EXTERNAL}, never in another authSource"
        raise seen.refuse(words, "authSource")
    if seen.password is not None:
        if mechanism in ("MONGODB-X509", "MONGODB-OIDC"):
            raise Refusal(CONFLICT, f"{mechanism} takes no password", *where)
    elif seen.username is not None and mechanism not in _NO_PASSWORD_NEEDED:
        raise _no_password(seen, where)
    if mechanism == "MONGODB-OIDC":
        _oidc(seen)


def _no_password(seen: Seen, where: Span) -> Refusal:
    words = "the user name comes without a password"
    if seen.username and ":" in seen.username:
        words = "the ':' between user name and password is percent-encoded; it stays as it is"
    return Refusal("uri.empty-credentials", words, *where)


def _oidc(seen: Seen) -> None:
    """Return a callback cannot stand in a string, so there must be an environment."""
    properties = seen.values.get("authMechanismProperties", {})
    environment = properties.get("ENVIRONMENT")
    names = ("authMechanism", "authMechanismProperties")
    if environment not in _OIDC_ENVIRONMENTS:
        words = (
            "MONGODB-OIDC needs authMechanismProperties=ENVIRONMENT:<one of "
            f"{', '.join(_OIDC_ENVIRONMENTS)}>, or a callback, which is given in code"
        )
        raise seen.refuse(words, *names)
    if environment in ("azure", "gcp") and not properties.get("TOKEN_RESOURCE"):
        raise seen.refuse(f"ENVIRONMENT:{environment} needs TOKEN_RESOURCE as well", *names)
    if environment == "test" and seen.username is not None:
        raise seen.refuse("ENVIRONMENT:test takes no user name", *names)
