"""Messages of the Go, Rust, C, Dart and Scala drivers and the tools, and look-alikes."""

from __future__ import annotations

import pytest

from mongoping.explaining import explain

GO_URI = "error parsing uri: "
GO_LOGIN = "connection() error occurred during connection handshake: auth error: "
RUST = "Error: Kind: An invalid argument was provided: %s, labels: {}"
C_LOG = "2024/05/01 10:00:00.0000: [  123]:  WARNING:      mongoc: "
C_VIEW = "No suitable servers found: [%s calling hello on 'db:27017']"
TOOL = "2024-05-01T10:00:00.000+0000\tFailed: "
SCALA = "reactivemongo.core.errors.DriverException: MongoError['%s']"

CASES = {
    "uri.conflicting-options": (
        GO_URI + "cannot specify srvMaxHosts on non-SRV URI",
        RUST % "srvMaxHosts and replicaSet cannot both be present",
        RUST % "'tlsCAFile' can't be set if tls=false",
        "'SCRAM-SHA-256' authentication mechanism does not accept a password",
    ),
    "uri.empty-credentials": (
        GO_URI + "password required for PLAIN",
        RUST % "No username provided for SCRAM authentication",
        "'SCRAM-SHA-256' authentication mechanism requires a username",
    ),
    "uri.invalid-option": (
        GO_URI + "invalid option value retryWrites: perhaps",
        RUST % "maxStalenessSeconds must be -1 or positive, instead got -7",
        C_LOG + "Unsupported URI option \"colour\"",
        "max staleness (7s) must be greater than or equal to 90s",
    ),
    "uri.invalid-port": (GO_URI + "port must be an integer: 27x17",),
    "uri.malformed": (
        GO_URI + "must have a / separator between hosts and path",
        'URI option "tls" contains no "=" sign',
    ),
    "uri.srv-with-port": (RUST % "a port cannot be specified with 'mongodb+srv'",),
    "dns.srv-parent-domain-mismatch": (
        SCALA % "db.other.example is not subdomain of shop.example",
        'Invalid host "db.other.example" returned for service "shop.example": host must be '
        "subdomain of service name",
    ),
    "dns.txt-invalid": (GO_URI + "multiple records from TXT not supported",),
    "auth.aws-credentials": (GO_LOGIN + "AWS_ROLE_ARN is set, but the token file is missing",
                             GO_LOGIN + "failed to retrieve ECS keys"),
    "auth.oidc": (GO_LOGIN + "no OIDC callback provided",),
    "auth.kerberos": (GO_LOGIN + "error initializing sspi: no such ticket",),
    "auth.iteration-count": ("SCRAM Failure: iterations must be at least 4096",),
    "auth.password-characters": (GO_LOGIN + "error SASLprepping password",),
    "auth.dependency-missing": (
        "The GSSAPI authentication mechanism requires libmongoc built with ENABLE_SASL",
    ),
    "client.compressor-missing": (
        C_LOG + "Received zlib compressed opcode, but zlib compression is not compiled in",
    ),
    "tls.bad-key-file": (
        TOOL + "failed to find PRIVATE KEY",
        TOOL + "error configuring client, can't load CA file: /etc/ssl/ca.pem",
    ),
    "tls.certificate-expired": (
        C_VIEW % "TLS handshake failed (Certificate trust failure: CSSMERR_TP_CERT_EXPIRED)",
        C_VIEW % "TLS handshake failed: bad date (-9814)",
    ),
    "tls.hostname-mismatch": (C_VIEW % "TLS handshake failed: other name (-9843)",),
    "tls.alert-internal-error": (C_VIEW % "TLS handshake failed: internal error (-9838)",),
    "tls.protocol-version": (C_VIEW % "TLS handshake failed: version (-9836)",),
    "tls.crl-invalid": (C_LOG + "Couldn't find CRL in '/etc/ssl/list'",),
    "client.no-sockets": (
        "MongoDB ConnectionException: Could not connect to db:27017\n"
        "-> Unsupported operation: Socket constructor",
    ),
    "tls.required-by-server": (
        "** (Mongo.Error) db:27017 tcp recv: unknown POSIX error - :closed",
        C_VIEW % "Server closed connection.",
    ),
    "topology.set-name-mismatch": (C_VIEW % "reported set name 'rs1' does not match 'rs0'",),
    "topology.no-primary": (SCALA % "No primary node is available!",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "text"), [(cause, text) for cause, texts in CASES.items() for text in texts]
)
def test_a_driver_message_names_its_cause(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    "text",
    [
        GO_URI + "error validating uri",
        GO_LOGIN + "round trip error",
        "SCRAM Failure: the nonce is odd",
        C_LOG + "SASL username too large",
        SCALA % "Cannot end transaction",
        "MongoError: Current topology does not support sessions",
        TOOL + "the archive ended too early",
        C_VIEW % "TLS handshake failed: something (-9899)",
        "MongoDB ConnectionException: Unsupported operation: read of a closed cursor",
    ],
)
def test_a_driver_message_without_a_cause_names_none(text: str) -> None:
    assert explain(text).cause is None


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("auth.failed", C_VIEW % "TLS handshake failed: Failed certificate verification"),
        ("uri.unescaped-credentials", GO_URI + "port must be an integer: 27x17"),
        ("uri.malformed", GO_URI + "lookup _mongodb._tcp.shop.example: no such host"),
        ("tls.unknown-ca", C_VIEW % "TLS handshake failed: Failed OCSP verification"),
    ],
)
def test_a_message_of_the_same_form_is_not_taken_for_another_cause(cause: str, text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is not None
    assert cause not in (explanation.cause, *explanation.alternatives)


def test_a_certificate_that_fails_without_a_reason_is_only_a_possible_cause() -> None:
    explanation = explain(C_VIEW % "TLS handshake failed: Failed certificate verification")

    assert (explanation.cause, explanation.confidence) == ("tls.unknown-ca", "possible")


def test_a_refusal_from_a_container_address_came_from_the_server_of_the_seed() -> None:
    """Node prints the address to which the name in the connection string resolved."""
    explanation = explain("MongooseServerSelectionError: connect ECONNREFUSED 172.20.0.3:27017")
    silent = explain("MongoServerSelectionError: connect ETIMEDOUT 172.20.0.3:27017")

    assert explanation.cause == "tcp.refused"
    assert "topology.member-unreachable" in explanation.alternatives
    assert silent.cause == "topology.member-unreachable"


@pytest.mark.parametrize(
    ("set_name", "cause"),
    [("rs1", "topology.set-name-mismatch"), ("None", "topology.not-a-replica-set")],
)
def test_pymongo_names_the_set_that_a_single_server_is_in(set_name: str, cause: str) -> None:
    text = (
        "client is configured to connect to a replica set named 'rs0' but this node belongs to a "
        f"set named '{set_name}', Timeout: 5s, Topology Description: <TopologyDescription id: 1>"
    )

    assert explain(text).cause == cause


def test_the_tools_refuse_an_option_next_to_a_uri() -> None:
    text = (
        "2026-05-01T10:00:30.000+0200\terror parsing command line options: "
        "illegal argument combination: cannot specify --host and --uri"
    )

    assert explain(text).cause == "uri.conflicting-options"


def test_a_go_text_that_was_cut_off_before_its_reason_has_none() -> None:
    text = (
        "server selection error: context deadline exceeded, current topology: "
        "{ Type: ReplicaSetNoPrimary, Servers: [{ Addr: db-0"
    )

    assert explain(text).cause is None
