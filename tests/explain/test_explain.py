"""Error texts of every driver and tool, and the cause that each of them names.

What PyMongo, Motor, Node's driver, mongoose, mongosh and mongod say is covered by the corpus of
real texts; here are the other drivers, in their own words with names of ours, and the cues that
decide between causes of the same surface.
"""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.explaining import explain
from mongoping.model import remedy_of
from tests.examples import sample

JAVA_VIEW = "Timed out after 30000 ms while waiting for a server that matches WritableServerSelector. Client view of cluster state is {type=UNKNOWN, servers=[{address=db.shop.example:27017, type=UNKNOWN, state=CONNECTING, exception={%s}}]"
GO_VIEW = "server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: db.shop.example:27017, Type: Unknown, Last error: %s }, ] }"
CSHARP_VIEW = 'A timeout occurred after 30000ms selecting a server using CompositeServerSelector{ }. Client view of cluster state is { ClusterId : "1", Type : "Unknown", State : "Disconnected", Servers : [{ ServerId: "{ ClusterId : 1, EndPoint : "Unspecified/db.shop.example:27017" }", EndPoint: "Unspecified/db.shop.example:27017", State: "Disconnected", Type: "Unknown", HeartbeatException: "MongoDB.Driver.MongoConnectionException: An exception occurred while opening a connection to the server. ---> %s" }] }.'
ENDED_IN_HANDSHAKE = (
    "System.IO.IOException: Received an unexpected EOF or 0 bytes from the transport stream."
)
PHP = "MongoDB\\Driver\\Exception\\ConnectionTimeoutException: No suitable servers found (`serverSelectionTryOnce` set): [%s calling hello on 'db.shop.example:27017']"
RUST_VIEW = "Kind: Server selection timeout: No available servers. Topology: { Type: Unknown, Servers: [ { Address: db.shop.example:27017, Type: Unknown, Error: %s } ] }, labels: {}"
LEGACY = "2019-05-06T07:08:09.000+0200 E QUERY    [js] Error: couldn't connect to server db.shop.example:27017, connection attempt failed: %s :"

CASES = {
    "tcp.refused": (
        JAVA_VIEW % "com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.ConnectException: Connection refused",
        GO_VIEW % "dial tcp 192.0.2.7:27017: connect: connection refused",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (10061): No connection could be made because the target machine actively refused it.",
        PHP % "connection refused",
        RUST_VIEW % "Kind: I/O error: Connection refused (os error 111), labels: {}",
        LEGACY % "SocketException: Error connecting to db.shop.example:27017 :: caused by :: Connection refused",
        "Mongo::Error::NoServerAvailable: Errno::ECONNREFUSED: Connection refused - connect(2) for 192.0.2.7:27017",
        "Failed: error connecting to db server: no reachable servers",
        "** (Mongo.Error) db:27017 tcp connect: connection refused - :econnrefused",
    ),
    "tcp.timeout": (
        JAVA_VIEW % "com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.SocketTimeoutException: connect timed out",
        GO_VIEW % "dial tcp 192.0.2.7:27017: i/o timeout",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (10060): A connection attempt failed because the connected party did not properly respond",
        PHP % "connection timeout",
        RUST_VIEW % "timed out",
        "mongodb: db.shop.example:27017: [WinError 10060] Der Verbindungsversuch ist fehlgeschlagen",
    ),
    "tcp.unreachable": (
        JAVA_VIEW % "com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.NoRouteToHostException: No route to host",
        GO_VIEW % "dial tcp 192.0.2.7:27017: connect: network is unreachable",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (10065): a host that cannot be reached",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (99): Cannot assign requested address",
    ),
    "dns.host-not-found": (
        JAVA_VIEW % "com.mongodb.MongoSocketException: db.shop.example}, caused by {java.net.UnknownHostException: db.shop.example",
        GO_VIEW % "dial tcp: lookup db.shop.example on 192.0.2.53:53: no such host",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (11001): No such host is known.",
        "No suitable servers found (`serverSelectionTryOnce` set): [Failed to resolve 'db.shop.example']",
        RUST_VIEW % "Kind: I/O error: failed to lookup address information: Name or service not known, labels: {}",
        "** (Mongo.Error) db:27017 tcp connect: non-existing domain - :nxdomain",
        CSHARP_VIEW % "System.Net.Sockets.SocketException (11001): Der angegebene Host ist unbekannt.",
    ),
    "dns.srv-not-found": (
        "com.mongodb.MongoConfigurationException: Failed looking up SRV record for '_mongodb._tcp.cluster0.shop.example'. Caused by: javax.naming.NameNotFoundException: DNS name not found [response code 3]",
        "error parsing uri: lookup _mongodb._tcp.cluster0.shop.example on 192.0.2.53:53: no such host",
        "An error occurred during DNS resolution: no record found for Query { name: Name(\"_mongodb._tcp.cluster0.shop.example.\"), query_type: SRV }",
    ),
    "dns.timeout": (
        "error parsing uri: lookup cluster0.shop.example on 192.0.2.53:53: read udp 192.0.2.9:41000->192.0.2.53:53: i/o timeout",
        "DnsClient.DnsResponseException: Query 7 => _mongodb._tcp.cluster0.shop.example IN SRV on 192.0.2.53:53 timed out or is a transient error.",
        "Unable to look up TXT record for host cluster0.shop.mongodb.net: javax.naming.CommunicationException: DNS error [Root exception is java.net.SocketTimeoutException: Receive timed out]",
    ),
    "dns.resolver-refused": (
        "error parsing uri: lookup _mongodb._tcp.cluster0.shop.example on [::1]:53: read udp [::1]:41000->[::1]:53: read: connection refused",
        "Failed looking up SRV record for '_mongodb._tcp.cluster0.shop.example': javax.naming.OperationNotSupportedException: DNS operation refused [response code 5]",
    ),
    "dns.resolver-failed": (
        "error parsing uri: lookup cluster0.shop.mongodb.net on 127.0.0.53:53: server misbehaving",
        "error parsing uri: lookup _mongodb._tcp.cluster0.shop.mongodb.net on 127.0.0.53:53: cannot unmarshal DNS message",
    ),
    "tls.unknown-ca": (
        JAVA_VIEW % "com.mongodb.MongoSocketWriteException: Exception sending message}, caused by {javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target",
        GO_VIEW % "connection() error occurred during connection handshake: tls: failed to verify certificate: x509: certificate signed by unknown authority",
        CSHARP_VIEW % "System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        RUST_VIEW % "Kind: I/O error: invalid peer certificate: UnknownIssuer, labels: {}",
        LEGACY % "SSLHandshakeFailed: SSL peer certificate validation failed: self signed certificate",
        PHP % "TLS handshake failed: error:0A000086:SSL routines::certificate verify failed",
    ),
    "tls.hostname-mismatch": (
        JAVA_VIEW % "com.mongodb.MongoSocketWriteException: Exception sending message}, caused by {javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching db.shop.example found.",
        GO_VIEW % "connection() error occurred during connection handshake: x509: certificate is valid for db1, not db.shop.example",
        GO_VIEW % "connection() error occurred during connection handshake: x509: cannot validate certificate for 192.0.2.7 because it doesn't contain any IP SANs",
        CSHARP_VIEW % "System.Security.Authentication.AuthenticationException: The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch",
        LEGACY % "SSLHandshakeFailed: The server certificate does not match the host name. Hostname: db.shop.example does not match CN: db1",
    ),
    "tls.certificate-expired": (
        GO_VIEW % "connection() error occurred during connection handshake: x509: certificate has expired or is not yet valid: current time 2026-01-02T03:04:05Z is after 2025-12-31T00:00:00Z",
        JAVA_VIEW % "javax.net.ssl.SSLHandshakeException: java.security.cert.CertificateExpiredException: NotAfter: Wed Dec 31",
        JAVA_VIEW % "javax.net.ssl.SSLHandshakeException: PKIX path validation failed: validity check failed}, caused by {java.security.cert.CertificateExpiredException: NotAfter: Wed Dec 31",
    ),
    "tls.certificate-not-yet-valid": (
        GO_VIEW % "connection() error occurred during connection handshake: x509: certificate has expired or is not yet valid: current time 2026-01-02T03:04:05Z is before 2026-02-01T00:00:00Z",
    ),
    "tls.not-enabled-on-server": (
        GO_VIEW % "connection() error occurred during connection handshake: EOF",
        GO_VIEW % "connection() error occurred during connection handshake: tls: first record does not look like a TLS handshake",
        JAVA_VIEW % "com.mongodb.MongoSocketWriteException: Exception sending message}, caused by {javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
        JAVA_VIEW % "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message",
        "HandshakeException: Connection terminated during handshake\n#0 _connect (package:mongo_dart/src/network/connection_manager.dart:23:5)",
        CSHARP_VIEW % "System.IO.IOException: Authentication failed because the remote party has closed the transport stream.",
    ),
    "tls.required-by-server": (
        GO_VIEW % "connection() error occurred during connection handshake: incomplete read of message header: EOF",
        JAVA_VIEW % "com.mongodb.MongoSocketReadException: Prematurely reached end of stream",
        CSHARP_VIEW % "System.IO.EndOfStreamException: Attempted to read past the end of the stream.",
        PHP % "connection closed",
        RUST_VIEW % "unexpected end of file",
    ),
    "tls.alert-internal-error": (
        GO_VIEW % "connection() error occurred during connection handshake: remote error: tls: internal error",
        JAVA_VIEW % "javax.net.ssl.SSLException: Received fatal alert: internal_error",
    ),
    "auth.failed": (
        "connection() error occurred during connection handshake: auth error: sasl conversation error: unable to authenticate using mechanism \"SCRAM-SHA-256\": (AuthenticationFailed) Authentication failed.",
        "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-1, userName='ada', source='admin', password=<hidden>}",
        "MongoDB.Driver.MongoAuthenticationException: Unable to authenticate using sasl protocol mechanism SCRAM-SHA-256. ---> MongoCommandException: Command saslContinue failed: Authentication failed..",
        "(AtlasError) bad auth : Authentication failed.",
    ),
    "auth.wrong-auth-source": (
        "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-1, userName='ada', source='shop', password=<hidden>}",
        "mongodump -h db.shop.example -d shop -u ada -p xyz: Failed: error connecting to db server: server returned error on SASL authentication step: Authentication failed.",
        "Mongo::Auth::Unauthorized: User ada (mechanism: scram256) is not authorized to access shop (auth source: shop, used mechanism: SCRAM-SHA-256)",
    ),
    "auth.required": ("(Unauthorized) command find requires authentication",),
    "auth.not-authorized": (
        "com.mongodb.MongoCommandException: Command failed with error 13 (Unauthorized): 'not authorized on shop to execute command { insert: \"orders\" }' on server db:27017",
        "MongoServerError: user is not allowed to do action [insert] on [shop.orders]",
    ),
    "topology.not-primary": (
        "(NotWritablePrimary) not primary",
        "com.mongodb.MongoNotPrimaryException: Command failed with error 10107 (NotWritablePrimary)",
    ),
    "topology.set-name-mismatch": (
        "org.mongodb.driver.cluster - Expecting replica set member from set 'rs0', but found one from set 'rs1'. Removing db:27017 from client view of cluster.",
    ),
    "topology.not-a-replica-set": (
        "org.mongodb.driver.cluster - Expecting replica set member, but found a STANDALONE.  Removing db:27017 from client view of cluster.",
    ),
    "hello.wire-version-too-old": (
        "server at db:27017 reports wire version 2, but this version of the Go driver requires at least 6 (MongoDB 3.6)",
        "com.mongodb.MongoIncompatibleDriverException: Server at db:27017 reports wire version 2, but this version of the driver requires at least 6 (MongoDB 3.6).",
    ),
    "pool.exhausted": (
        "MongoDB.Driver.MongoWaitQueueFullException: The wait queue for acquiring a connection to server db:27017 is full.",
    ),
    "pool.timeout": (
        "timed out while checking out a connection from connection pool: context deadline exceeded; maxPoolSize: 100, connections in use by cursors: 0",
        "com.mongodb.MongoTimeoutException: Timed out after 1000 ms while waiting for a connection to server db:27017. Timeout waiting for a pooled item",
        "com.mongodb.MongoTimeoutException: Timed out after 120000 ms while waiting for a connection to server db:27017. Details: maxPoolSize: 100",
    ),
    "network.slow": (
        JAVA_VIEW % "com.mongodb.MongoSocketReadTimeoutException: Timeout while receiving message",
        "Mongo::Error::SocketTimeoutError: Took more than 5 seconds to receive data. (for db:27017)",
    ),
    "uri.invalid-scheme": (
        'error parsing uri: scheme must be "mongodb" or "mongodb+srv"',
        "MongoDB.Driver.MongoConfigurationException: The connection string 'db:27017' is not valid.",
    ),
    "uri.malformed": (
        "Failed to parse MongoDB URI: 'mongodb://db?w=1'. A '/' is required between the host list and any options.",
        "java.lang.IllegalArgumentException: mongodb: The connection string contains options without trailing slash",
        "MongoDB.Driver.MongoConfigurationException: The connection string 'mongodb://db?w=1' is not valid.",
    ),
    "uri.invalid-option": (
        'Error { kind: InvalidArgument { message: "authSource is an invalid option" }, labels: {} } mongodb',
        "MongoDB.Driver.MongoConfigurationException: Invalid connection string option value: tls=yes",
    ),
    "tls.client-certificate-rejected": (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"W","c":"NETWORK","id":23234,"ctx":"conn1","msg":"SSL peer certificate validation failed","attr":{"reason":"unable to get local issuer certificate"}}',
    ),
    "tls.revoked": (
        "pymongo: SSL handshake failed: db:27017: [('SSL routines', '', 'invalid status response')]",
        JAVA_VIEW % "java.security.cert.CertPathValidatorException: Certificate has been revoked, reason: UNSPECIFIED",
        CSHARP_VIEW % "System.Security.Authentication.AuthenticationException: errors in the certificate chain: RevocationStatusUnknown",
    ),
    "uri.srv-scheme-needed": (
        JAVA_VIEW.replace("db.shop.example", "cluster0.ab12c.mongodb.net") % "com.mongodb.MongoSocketException: cluster0.ab12c.mongodb.net}, caused by {java.net.UnknownHostException: cluster0.ab12c.mongodb.net",
    ),
    "atlas.shared-tier-limit": (
        "MongoServerError: you are over your space quota, using 513 MB of 512 MB",
        "(AtlasError) command dbStats is not allowed in this atlas tier",
    ),
    "client.http-to-mongodb": (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"NETWORK","id":22988,"ctx":"conn1","msg":"Error receiving request from client","attr":{"error":{"errmsg":"recv(): message msgLen 542393671 is invalid. Min 16 Max: 48000000"}}}',
    ),
}  # fmt: skip


def test_the_cause_is_named_in_the_words_of_any_driver() -> None:
    expected = {text: cause for cause, texts in CASES.items() for text in texts}

    assert {text: explain(text).cause for text in expected} == expected


@pytest.mark.parametrize(
    ("text", "cause", "alternative"),
    [
        # the failing host is not in the string, and the topology is a set
        (
            "tried mongodb://gate.shop.example:27017/?replicaSet=rs0 in vain: topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('mongo-a', 27017) server_type: "
            "Unknown, rtt: None, error=AutoReconnect('mongo-a:27017: [Errno 111] refused')>]>",
            "topology.member-unresolvable",
            "tcp.refused",
        ),
        # the same host, and the string names it
        (
            "tried mongodb://mongo-a:27017/?replicaSet=rs0 in vain: topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('mongo-a', 27017) server_type: "
            "Unknown, rtt: None, error=AutoReconnect('mongo-a:27017: [Errno 111] refused')>]>",
            "tcp.refused",
            None,
        ),
        # PyMongo says itself that the seeds gave way
        (
            "Could not reach any servers in [('192.0.2.7', 27017)]. Replica set is configured with "
            "internal hostnames or IPs?, Topology Description: <TopologyDescription topology_type: "
            "ReplicaSetNoPrimary, servers: [<ServerDescription ('192.0.2.7', 27017) server_type: "
            "Unknown, rtt: None, error=NetworkTimeout('192.0.2.7:27017: timed out')>]>",
            "topology.direct-connection-needed",
            "topology.member-unresolvable",
        ),
        # SRV against address lookups
        ("Error: querySrv ENOTFOUND _mongodb._tcp.cluster0.ab12c.mongodb.net", "dns.srv-not-found",
         None),
        ("MongoServerSelectionError: getaddrinfo ENOTFOUND cluster0.ab12c.mongodb.net",
         "uri.srv-scheme-needed", "dns.host-not-found"),
        ("MongoServerSelectionError: getaddrinfo ENOTFOUND mongo", "dns.host-not-found",
         "topology.member-unresolvable"),
        # alert 80, of Atlas and of others
        ("MongoServerSelectionError: SSL alert number 80", "tls.alert-internal-error",
         "atlas.ip-not-allowed"),
        # end of stream, with and without TLS
        ("mongodb://db:27017/ : AutoReconnect: db:27017: connection closed",
         "tls.required-by-server", "hello.closed-by-server"),
        ("mongodb://db:27017/?tls=true : AutoReconnect: db:27017: connection closed",
         "tls.client-certificate-required", "tls.client-certificate-rejected"),
        ("mongodb SSL handshake failed: db:27017:  (configured timeouts)",
         "tls.not-enabled-on-server", None),
        # which side complains about a certificate
        ("mongodb [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
         "certificate", "tls.unknown-ca", None),
        ("mongodb [SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca",
         "tls.client-certificate-rejected", None),
        ("2026-01-02T03:04:05.000+0000 E  NETWORK  [conn7] SSL peer certificate validation failed: "
         "self signed certificate", "tls.client-certificate-rejected", None),
        ("2026-01-02T03:04:05.000+0000 E  NETWORK  [js] SSL peer certificate validation failed: "
         "self signed certificate", "tls.unknown-ca", None),
        # 18 against 8000 against 13
        ("OperationFailure: Authentication failed., full error: {'code': 18}", "auth.failed",
         "auth.wrong-auth-source"),
        ("OperationFailure: bad auth, full error: {'code': 8000}", "auth.failed",
         "auth.user-not-found"),
        ("OperationFailure: not authorized on shop to execute command { find: 1 }, full error: "
         "{'code': 13}", "auth.not-authorized", "auth.required"),
        # pool against connect
        ("MongoWaitQueueTimeoutError: Timed out while checking out a connection", "pool.timeout",
         None),
        ("MongoNetworkTimeoutError: connection timed out", "tcp.timeout", None),
        # a length that is letters
        ("pymongo Message length (1347703880) is larger than server max message size (48000000)",
         "hello.not-mongodb", None),
        ("pymongo Message length (66325) is larger than server max message size (48000)",
         "tls.required-by-server", None),
        # a warning beside an error is not its cause
        ("UserWarning: MongoClient opened before fork.\npymongo.errors.ServerSelectionTimeoutError: "
         "db:27017: [Errno 111] Connection refused", "tcp.refused", "client.fork-unsafe"),
    ],
)  # fmt: skip
def test_the_cues_decide_between_causes_of_the_same_surface(
    text: str, cause: str, alternative: str | None
) -> None:
    explanation = explain(text)

    assert explanation.cause == cause
    assert alternative is None or alternative in explanation.alternatives


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MongoServerSelectionError: Server selection timed out after 30000 ms", "error.reason"),
        (
            "MongooseError: Operation `orders.findOne()` buffering timed out after 10000ms",
            "mongoose.connect",
        ),
        ("com.mongodb.MongoTimeoutException: Timed out after 30000 ms while waiting", "DEBUG"),
        ("pymongo.errors.ServerSelectionTimeoutError", "topology_description"),
        ("server selection error: server selection timeout (go.mongodb.org)", "err.Error()"),
    ],
)
def test_a_text_that_cannot_tell_says_how_to_print_the_reason(text: str, words: str) -> None:
    """It names nothing, and tells in the words of that driver what to add, and offers check."""
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing is not None
    assert words in explanation.missing
    assert "mongoping check" in explanation.missing


def test_a_line_of_a_program_is_no_host() -> None:
    assert explain("mongodb: certificate has expired (_ssl.c:1007)").hosts == ()
    assert explain("connect ECONNREFUSED at mongo (app.js:3120)").hosts == ()
    assert explain("connect ECONNREFUSED db.shop.rs:27017").hosts == ("db.shop.rs:27017",)


def test_what_names_no_service_is_never_certain() -> None:
    assert explain("[Errno 111] Connection refused").confidence == "possible"


def test_the_words_are_those_of_the_catalog() -> None:
    explanation = explain(
        "OperationFailure: command find requires authentication, full error: {'code': 13}"
    )
    cause = registry.cause("auth.required")

    assert cause is not None
    assert (explanation.title, explanation.remedies, explanation.links) == (
        cause.title,
        tuple(map(remedy_of, cause.remedies)),
        cause.links,
    )


def test_the_hosts_concerned_are_named_as_the_text_has_them() -> None:
    explanation = explain(
        "ServerSelectionTimeoutError: db1:27017: [Errno 111] Connection refused,db2:27018: "
        "[Errno 111] Connection refused"
    )

    assert explanation.hosts == ("db1:27017", "db2:27018")
    assert explanation.host is None
    assert explain("mongodb: connect ECONNREFUSED 192.0.2.7:27017").host == "192.0.2.7:27017"


def test_a_clients_port_in_a_servers_log_is_no_host_of_the_cause() -> None:
    line = (
        '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":'
        '"conn1","msg":"Authentication failed","attr":{"remote":"192.0.2.9:50000","error":'
        '"UserNotFound: Could not find user \\"ada\\" for db \\"admin\\""}}'
    )

    assert explain(line).cause == "auth.user-not-found"
    assert explain(line).hosts == ()


def test_confidence_is_certain_only_where_nothing_else_fits() -> None:
    for texts in CASES.values():
        for text in texts:
            explanation = explain(text)
            assert (explanation.confidence == "certain") <= (explanation.alternatives == ()), text


def test_any_text_of_any_length_is_answered() -> None:
    """Hostile texts of a megabyte, made of what patterns begin with, come to an end."""
    pieces = ("mongodump -u ", "connecting to: mongodb://a ", "lookup a: read udp ", "⟨", "\\\\n",
                  "<ServerDescription ('a', 1) server_type: X", '"address": "a", "type": "b"',
                  "{ Addr: a, Type: b, ", "motor/a.py ", "mongodb://a:b@", "a" * 64, "\n")  # fmt: skip
    for piece in sample(pieces):
        assert explain(piece * (1_000_000 // len(piece))).confidence in (
            "possible",
            "likely",
            "certain",
        )


def test_on_atlas_no_shell_command_changes_a_user() -> None:
    """Its proxy says "bad auth"; elsewhere, a host in the text leaves out the pages of Atlas."""
    atlas = explain("MongoServerError: bad auth : Authentication failed.")
    assert not any("changeUserPassword" in str(remedy) for remedy in atlas.remedies)
    assert any("Database Access" in str(remedy) for remedy in atlas.remedies)
    own = explain("db.example.com:27017: Authentication failed., full error: {'code': 18}")
    assert own.cause == atlas.cause == "auth.failed"
    if own.hosts:
        assert not any(remedy.text.startswith("On Atlas") for remedy in own.remedies)
    assert any("changeUserPassword" in str(remedy) for remedy in own.remedies)


NODE_CLOSED = (
    "MongoServerSelectionError: Client network socket disconnected before secure TLS connection was"
    ' established\n reason: TopologyDescription {{ servers: Map(1) {{ "{}:27017" => [x] }} }}'
)


@pytest.mark.parametrize("text", [NODE_CLOSED, CSHARP_VIEW.replace("{", "{{").replace("}", "}}")])
def test_a_node_of_atlas_that_ends_a_handshake_uses_tls(text: str) -> None:
    """Elsewhere, the same words mean a server without TLS."""
    text = text.replace("db.shop.example", "{}").replace("%s", ENDED_IN_HANDSHAKE)
    atlas = explain(text.replace("{}", "shop-shard-00-00.ab1cd.mongodb.net").format())
    assert (atlas.cause, atlas.confidence) == ("atlas.ip-not-allowed", "possible")
    assert "tls.not-enabled-on-server" not in atlas.alternatives
    own = explain(text.replace("{}", "db.shop.example").format())
    assert own.cause == "tls.not-enabled-on-server"


def test_a_name_server_is_not_the_host_that_failed() -> None:
    explanation = explain(
        "error parsing uri: lookup _mongodb._tcp.c0.ab1cd.mongodb.net on 192.0.2.53:53: no such host"
    )
    assert explanation.cause == "dns.srv-not-found"
    assert "192.0.2.53:53" not in explanation.hosts


OPENING = (
    "com.mongodb.MongoSocketOpenException: Exception opening socket\n"
    "\tat com.mongodb.internal.connection.SocketStream.open(SocketStream.java:85)\n"
    "Caused by: java.net.%s"
)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("ConnectException: Connection refused", "tcp.refused"),
        ("SocketTimeoutException: connect timed out", "tcp.timeout"),
        ("NoRouteToHostException: No route to host", "tcp.unreachable"),
        ("SocketException: Connection reset", "tcp.reset"),
        ("UnknownHostException: db1.example.com", "dns.host-not-found"),
    ],
)
def test_a_result_of_connecting_rules_out_the_others(reason: str, cause: str) -> None:
    explanation = explain(OPENING % reason)

    assert explanation.cause == cause
    assert not {"tcp.refused", "tcp.timeout"} & set(explanation.alternatives)


def test_without_a_result_several_are_possible() -> None:
    explanation = explain(OPENING.partition("\nCaused")[0])

    assert (explanation.cause, explanation.confidence) == ("tcp.refused", "possible")
    assert "tcp.timeout" in explanation.alternatives


def test_a_result_of_one_host_does_not_rule_out_those_of_another() -> None:
    explanation = explain(
        "pymongo.errors.ServerSelectionTimeoutError: a.example.com:27017: [Errno 111] Connection "
        "refused,NetworkTimeout: connection 7 to b.example.com:27017 timed out"
    )

    assert {"tcp.refused", "tcp.timeout"} <= {explanation.cause, *explanation.alternatives}


CONNECTION_END = (
    "com.mongodb.MongoTimeoutException: Timed out while waiting to connect. Client view of cluster "
    "state is {type=REPLICA_SET, servers=[{address=%s:27017, type=UNKNOWN, state=CONNECTING, "
    "exception={com.mongodb.MongoSocketReadException: Prematurely reached end of stream}}]"
)


def test_a_node_of_atlas_that_ends_the_connection_may_not_have_this_address_on_its_list() -> None:
    atlas = explain(CONNECTION_END % "shop-shard-00-00.ab1cd.mongodb.net")
    own = explain(CONNECTION_END % "db.shop.example")

    assert (atlas.cause, atlas.confidence) == ("atlas.ip-not-allowed", "possible")
    assert "tls.required-by-server" in atlas.alternatives
    assert own.cause == "tls.required-by-server"
    assert "atlas.ip-not-allowed" not in own.alternatives


def test_a_quote_keeps_its_closing_quotation_mark() -> None:
    explanation = explain('MongoServerError: Could not find user "ada" for db "shop"')
    bare = explain("Could not find user ada for db shop, says MongoDB")

    assert explanation.quote == 'Could not find user "ada" for db "shop"'
    assert bare.quote == "Could not find user ada for db shop"


@pytest.mark.parametrize("code", ["tls.not-enabled-on-server", "tls.required-by-server"])
def test_an_explanation_claims_no_second_connection(code: str) -> None:
    """Only a check tries the port with and without TLS; its match says so."""
    text = {"tls.not-enabled-on-server": NODE_CLOSED.format("db:27017"),
            "tls.required-by-server": CONNECTION_END % "db.shop.example"}[code]  # fmt: skip
    explanation = explain(text)

    assert explanation.cause == code
    assert "same" not in explanation.explanation
    assert "answers" not in explanation.explanation
