"""The kinds of facts that are compared: their layer, their words, and what each can explain.

A kind explains only causes that it can bring about. The source address, for example, differs
between any two machines, so it explains a connection that times out, and never a certificate
that is not trusted.
"""

from __future__ import annotations

from mongoping.comparison.record import Values
from mongoping.comparison.values import has_value, shown_value
from mongoping.model.layers import LAYERS
from mongoping.record import Record

PLURALS = frozenset(
    {"addresses", "hosts", "mechanisms", "members", "resolver", "roles", "search", "srv", "trust"}
)
"""Kinds whose label is a plural."""
NAMELESS = frozenset(
    {"scheme", "password", "verification", "time", "clock", "openssl", "api", "latency"}
    | {"pymongo", "python", "dnspython", "compressors", "platform", "mongoping"}
)
"""Kinds whose values hold no names, so that they can be compared under different pseudonyms."""
TIMEOUTS = ("tcp.timeout", "tls.unexplained", "hello.no-reply", "ping.*", "topology.*")


class Kind(Record):
    """A kind of fact.

    Attributes:
        layer: the layer of a report in which it is observed.
        label: what it is called in a table; the subject follows ``of``.
        full: the sentence for a value; ``{subject}`` and ``{value}`` are filled in.
        short: the rest of a sentence that repeats the first part of ``full``.
        none: the sentence if there is no value.
        explains: the causes that it can bring about: a code, ``tcp.*`` for those of a layer, or
            ``tcp+`` for those of a layer and of all layers above.
        brings: kinds that differ as a consequence, so they are not named as well.
    """

    name: str
    layer: str
    label: str
    full: str
    short: str
    none: str
    explains: tuple[str, ...]
    brings: tuple[str, ...] = ()

    def can_explain(self, cause: str, layer: str, subject: str) -> bool:
        """Return whether a difference of this kind can bring about a cause, found in a layer."""
        patterns = _option_causes(subject) if self.name == "option" else self.explains
        return any(_matches(pattern, cause, layer) for pattern in patterns)


def _matches(pattern: str, cause: str, layer: str) -> bool:
    """Return whether a cause is among those that ``pattern`` names; see `Kind`."""
    if pattern.endswith(".*"):
        return pattern[:-2] in (cause.partition(".")[0], layer)
    if pattern.endswith("+"):
        return rank(layer) >= rank(pattern[:-1])
    return pattern == cause


def rank(layer: str) -> int:
    """Return the position of a layer, or of the layer that shows a cause's findings."""
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


OPTION_CAUSES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("tls",), ("uri.*", "tls.*", "hello.*", "auth.x509-no-certificate")),
    (("replicaset", "direct", "loadbalanced", "read", "localthreshold"), ("topology.*", "hello.*")),
    (("auth",), ("auth.*",)),
    (("srv",), ("dns.*", "topology.*")),
    (("compressors", "zlib"), ("client.*",)),
    (
        ("connecttimeout", "sockettimeout", "timeout", "serverselection", "waitqueue"),
        (*TIMEOUTS, "pool.*"),
    ),
    (("proxy",), ("tcp.*",)),
)
"""The causes that options can bring about, by the beginning of their names."""


def _option_causes(name: str) -> tuple[str, ...]:
    own = ("uri.*", "expectation.not-met")
    for beginnings, causes in OPTION_CAUSES:
        if name.lower().startswith(beginnings):
            return (*own, *causes)
    return own


SERVER = ("certificate", "identity", "mechanisms", "role", "server", "set-name", "tls-version")
DEPLOYMENT = (*SERVER, "latency", "members", "primary", "roles", "source")
_IS = ("the {label} is {value}", "{value}", "no {label} is known")


def _is(name: str, layer: str, label: str, *explains: str) -> Kind:
    """Return a kind whose sentences are of the form "the LABEL is VALUE"."""
    full, short, none = (text.replace("{label}", label) for text in _IS)
    return Kind(name, layer, label, full, short, none, explains)


KINDS = {
    kind.name: kind
    for kind in (
        _is("scheme", "uri", "scheme of the connection string", "uri.*", "dns+"),
        Kind(
            "hosts",
            "uri",
            "hosts in the connection string",
            "the connection string names {value}",
            "{value}",
            "the connection string names no host",
            ("dns+",),
            brings=("addresses", "srv", "txt", *DEPLOYMENT),
        ),
        Kind(
            "option",
            "uri",
            "option",
            "{subject} is {value}",
            "{value}",
            "{subject} is not set",
            (),
            brings=("client-certificate", "file", "mechanism", "trust", "verification"),
        ),
        Kind(
            "file",
            "uri",
            "file",
            "the file of {subject} is {value}",
            "{value}",
            "{subject} names no file",
            ("uri.file-not-found", "tls.*"),
        ),
        _is("user", "uri", "user", "auth.*"),
        _is("password", "uri", "password", "auth.*"),
        _is("database", "uri", "database in the string", "auth.*"),
        _is("auth-source", "uri", "authSource in force", "auth.*"),
        Kind(
            "hosts-file",
            "dns",
            "entry in the hosts file",
            "the hosts file has {value} for {subject}",
            "{value}",
            "the hosts file has no entry for {subject}",
            ("dns.*", "topology.member-unresolvable"),
        ),
        Kind(
            "resolver",
            "dns",
            "name servers",
            "names are looked up through {value}",
            "through {value}",
            "no name server is configured",
            ("dns.*", "topology.member-unresolvable"),
        ),
        Kind(
            "search",
            "dns",
            "search domains",
            "the search domains are {value}",
            "{value}",
            "no search domain is configured",
            ("dns.*", "topology.member-unresolvable"),
        ),
        Kind(
            "srv",
            "dns",
            "SRV records",
            "the SRV records of {subject} name {value}",
            "{value}",
            "{subject} has no SRV records",
            ("dns+",),
            brings=("addresses", *DEPLOYMENT),
        ),
        Kind(
            "txt",
            "dns",
            "TXT record",
            "the TXT record of {subject} is {value}",
            "{value}",
            "{subject} has no TXT record",
            ("dns.txt-invalid", "auth.*", "topology.*"),
        ),
        Kind(
            "addresses",
            "dns",
            "addresses",
            "{subject} resolves to {value}",
            "to {value}",
            "{subject} does not resolve",
            ("dns+",),
            brings=DEPLOYMENT,
        ),
        Kind(
            "answer",
            "dns",
            "answer",
            "the answer for {subject} is {value}",
            "{value}",
            "{subject} has no answer",
            (),
        ),
        Kind(
            "source",
            "tcp",
            "source address",
            "connections to {subject} leave from {value}",
            "from {value}",
            "no route leads to {subject}",
            (
                "tcp.*",
                "tls.alert-internal-error",
                "hello.closed-by-server",
                "hello.no-reply",
                "hello.refused",
                "ping.*",
                "network.slow",
                "topology.member-unreachable",
                "atlas.ip-not-allowed",
                "atlas.access-list-pending",
            ),
        ),
        Kind(
            "verification",
            "tls",
            "verification of certificates",
            "certificates are not verified ({value})",
            "({value})",
            "certificates are verified",
            ("tls.*",),
        ),
        Kind(
            "client-certificate",
            "tls",
            "client certificate",
            "the client certificate is {value}",
            "{value}",
            "no client certificate is used",
            (
                "tls.client-certificate-required",
                "tls.client-certificate-rejected",
                "tls.bad-key-file",
                "tls.alert-internal-error",
                "tls.unexplained",
                "auth.x509-subject-mismatch",
                "auth.x509-no-certificate",
                "auth.user-not-found",
            ),
        ),
        Kind(
            "certificate",
            "tls",
            "server certificate",
            "the certificate of {subject} is {value}",
            "{value}",
            "{subject} shows no certificate",
            ("tls.*",),
        ),
        Kind(
            "trust",
            "tls",
            "trusted CAs",
            "the trusted CAs are those of {value}",
            "those of {value}",
            "no CA is trusted",
            ("tls.unknown-ca", "tls.invalid-chain", "tls.unexplained"),
        ),
        Kind(
            "time",
            "tls",
            "time of the report by its own clock",
            "the clock says {value}",
            "{value}",
            "the time is not known",
            ("tls.certificate-expired", "tls.certificate-not-yet-valid", "tls.crl-invalid"),
        ),
        Kind(
            "clock",
            "tls",
            "clock compared with the server's",
            "the clock is {value}",
            "{value}",
            "the clocks agree",
            ("client.clock-skew", "auth.oidc", "auth.aws-credentials", "auth.kerberos"),
        ),
        _is(
            "openssl",
            "tls",
            "OpenSSL version",
            "tls.protocol-version",
            "tls.weak-certificate",
            "tls.certificate-purpose",
            "tls.invalid-chain",
            "tls.bad-key-file",
            "tls.alert-internal-error",
            "tls.unexplained",
            "client.python-ssl-missing",
            "client.ssl-patched",
        ),
        Kind(
            "tls-version",
            "tls",
            "TLS version",
            "{subject} speaks {value}",
            "{value}",
            "{subject} speaks no TLS",
            ("tls.protocol-version",),
        ),
        Kind(
            "server",
            "hello",
            "server version",
            "{subject} is {value}",
            "{value}",
            "{subject} states no version",
            (
                "hello.wire-version-too-old",
                "hello.wire-version-too-new",
                "api.*",
                "compat.*",
                "auth.mechanism-unavailable",
            ),
        ),
        Kind(
            "identity",
            "hello",
            "own name",
            "the server at {subject} calls itself {value}",
            "{value}",
            "the server at {subject} has no name for itself",
            ("api+",),
            brings=DEPLOYMENT,
        ),
        Kind(
            "mechanisms",
            "hello",
            "mechanisms of the user",
            "{subject} offers the user {value}",
            "{value}",
            "{subject} does not know the user",
            ("auth.*",),
        ),
        _is("api", "api", "declared API version", "api.*"),
        Kind(
            "roles",
            "auth",
            "roles of the user",
            "the user's roles are {value}",
            "{value}",
            "the user has no roles",
            ("auth.not-authorized",),
        ),
        Kind(
            "latency",
            "ping",
            "median ping",
            "a ping takes {value}",
            "{value}",
            "no ping was answered",
            ("ping.*", "network.slow"),
        ),
        _is("set-name", "topology", "name of the replica set", "topology.*"),
        Kind(
            "members",
            "topology",
            "members",
            "the members are {value}",
            "{value}",
            "no members are known",
            ("topology.*", "ping.*"),
        ),
        _is("primary", "topology", "primary", "topology.*", "ping.*"),
        Kind(
            "role",
            "topology",
            "role",
            "{subject} is {value}",
            "{value}",
            "{subject} has no role",
            ("topology.*",),
        ),
        _is(
            "pymongo",
            "compat",
            "PyMongo version",
            "client.*",
            "compat.*",
            "uri.invalid-option",
            "hello.wire-version-too-old",
            "hello.wire-version-too-new",
            "auth.mechanism-unavailable",
            "auth.dependency-missing",
            "topology.unexplained",
            "auth.unexplained",
        ),
        _is("python", "compat", "Python version", "client.*", "compat.*", "tls.unexplained"),
        _is("dnspython", "compat", "dnspython version", "client.dnspython-missing", "dns.*"),
        _is("compressors", "compat", "missing compressor", "client.compressor-missing"),
        _is("platform", "compat", "platform", "client.*"),
        Kind(
            "proxy",
            "compat",
            "environment variable",
            "{subject} is {value}",
            "{value}",
            "{subject} is not set",
            ("auth.oidc", "auth.aws-credentials", "client.ocsp-cost"),
        ),
        _is("mongoping", "compat", "mongoping version"),
    )
}
"""All kinds by name, in the order in which they are considered: lowest layer first."""

ORDER = {name: position for position, name in enumerate(KINDS)}


def label(kind: Kind, subject: str) -> str:
    """Return what a fact is called in a table."""
    if not subject:
        return kind.label
    return (
        f"{kind.label} {subject}"
        if kind.name in ("option", "proxy")
        else (f"{kind.label} of {subject}")
    )


def sentence(kind: Kind, subject: str, values: Values) -> str:
    """Return the sentence that states a value."""
    if has_value(values):
        return kind.full.format(subject=subject, value=shown_value(kind.name, values))
    text = kind.none.format(subject=subject)
    return f"{text} {values[0]}" if values else text
