"""Wordings that only some drivers have for known causes, each beside a text that looks alike."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain

ATLAS = "shop-shard-00-00.abcde.mongodb.net"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("uri.unescaped-credentials", "java.lang.IllegalArgumentException: URLDecoder: Illegal hex characters in escape (%) pattern\n\tat com.mongodb.ConnectionString.urldecode(ConnectionString.java:1)"),
        ("uri.invalid-option", "com.mongodb.X: The connection string contains an invalid value for 'w'. 'q' is no integer"),
        ("uri.invalid-option", "MongoDB.Driver.MongoConfigurationException: tls has an invalid boolean value of si."),
        ("uri.conflicting-options", "Error: Kind: An invalid argument was provided: tlsInsecure cannot be set when TLS is disabled, labels: {}"),
        ("uri.conflicting-options", "MongoParseError: Cannot combine replicaSet option with srvMaxHosts"),
        ("uri.srv-with-port", "Error: Kind: An invalid argument was provided: a port cannot be specified with 'mongodb+srv', labels: {}"),
        ("dns.srv-parent-domain-mismatch", 'No suitable servers found: Invalid host "db1.example.org" returned for service "x": host must be subdomain of service name'),
        ("client.python-ssl-missing", "No suitable servers found: TLS is not enabled in this build of mongo-c-driver."),
        ("client.compressor-missing", "mongoc: Client attempting to use compress with zstd, but zstd compression is not compiled in"),
        ("auth.dependency-missing", "The GSSAPI authentication mechanism requires libmongoc built with ENABLE_SASL"),
        ("auth.aws-credentials", "connection() error occurred during connection handshake: auth error: AWS_ROLE_ARN is set, but AWS_WEB_IDENTITY_TOKEN_FILE is missing"),
        ("auth.oidc", "MongoAzureError: Status code 400 returned from the Azure endpoint."),
        ("tls.unknown-ca", "com.mongodb.MongoSocketWriteException: x\nCaused by: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty"),
        ("tls.unknown-ca", "No suitable servers found: [Failed to initialize security context, error code: 0x80090325 calling hello on 'db1:27017']"),
        ("tls.certificate-expired", "No suitable servers found: [Failed to initialize security context, error code: 0x80090328 calling hello on 'db1:27017']"),
        ("hello.not-mongodb", 'MongoError: server db1:27017 received an error {"parseState":{"sizeOfMessage":1347703880}}'),
        ("tcp.timeout", "MongoServerSelectionError: Socket 'secureConnect' timed out after 30007ms (connectTimeoutMS: 30000)"),
        ("tcp.unreachable", "MONGODB | Address family not supported by protocol - connect(2) for [::1]:27017"),
        ("tcp.prohibited", "MongoDB\\Driver\\Exception\\ConnectionTimeoutException: No suitable servers found: [Permission denied calling hello on 'db1:27017']"),
        ("dns.host-not-found", "wait-for-mongo.sh: line 3: /dev/tcp/orders-mongo/27017: Invalid argument"),
        ("tls.protocol-version", "[error] Mongo.Protocol (#PID<0.1.0>) failed to connect: ** (Mongo.Error) ssl connect: TLS Alert: handshake failure"),
        ("topology.no-primary", "reactivemongo.core.actors.Exceptions$PrimaryUnavailableException$: MongoError['No primary node is available!']"),
        ("tls.required-by-server", f"SocketException: OS Error: Broken pipe, errno = 32, address = {ATLAS}, port = 38552\nMongoDB ConnectionException: connection closed."),
        ("tcp.refused", "MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:5432"),
    ],
)  # fmt: skip
def test_a_wording_of_one_driver_is_known(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("tls.unknown-ca", "java.io.IOException: keystore not found com.mongodb"),
        ("hello.not-mongodb", 'MongoError: server db1:27017 received an error {"parseState":{"sizeOfMessage":41943040}}'),
        ("tcp.refused", "Error: connect ECONNREFUSED 127.0.0.1:5432"),
        ("uri.unescaped-credentials", "java.lang.IllegalArgumentException: Illegal character in path com.mongodb"),
        ("dns.host-not-found", "wait.sh: line 3: /dev/tcp/10.0.0.7/27017: Invalid argument"),
        ("client.python-ssl-missing", "mongod: TLS is not enabled for db1:27017"),
        ("tls.certificate-expired", "No suitable servers found: [error code: 0x80090304 calling hello on 'db1:27017']"),
    ],
)  # fmt: skip
def test_a_similar_text_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause


@pytest.mark.parametrize(
    "text",
    [
        "MongoServerSelectionError: Socket 'secureConnect' timed out after 30007ms",
        "MongoDB ConnectionException: connection closed.",
        "** (Mongo.Error) tcp recv: closed",
    ],
)
def test_silence_is_never_certain(text: str) -> None:
    assert explain(text).confidence != "certain"


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.ssl-patched", 'File "/srv/pymongo/ssl_support.py", line 1, in get_ssl_context\n  File "/usr/lib/python3.9/ssl.py", line 602, in options\nRecursionError: maximum recursion depth exceeded'),
        ("client.no-sockets", "Error: The edge runtime does not support Node.js 'net' module. Import trace: mongodb"),
        ("client.not-connected-yet", "MongooseError: Cannot call `orders.find()` before initial connection is complete if `bufferCommands = false`."),
        ("client.not-connected-yet", "MongoDart Error: Db is in the wrong state: State.init"),
    ],
)  # fmt: skip
def test_a_cause_in_the_runtime_is_named(cause: str, text: str) -> None:
    assert explain(text).cause == cause


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.ssl-patched", 'File "/srv/app/models.py", line 1, in as_dict  # pymongo\nRecursionError: maximum recursion depth exceeded'),
        ("client.no-sockets", "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017"),
        ("client.not-connected-yet", "MongoTopologyClosedError: Topology is closed"),
    ],
)  # fmt: skip
def test_a_similar_error_of_a_program_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause
