"""Errors in the words of the drivers, by the cause that they name."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

JAVA_VIEW = "Timed out after 30000 ms while waiting for a server that matches WritableServerSelector. Client view of cluster state is {type=UNKNOWN, servers=[{address=db.shop.example:27017, type=UNKNOWN, state=CONNECTING, exception={%s}}]"
GO_VIEW = "server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: db.shop.example:27017, Type: Unknown, Last error: %s }, ] }"
CSHARP_VIEW = 'A timeout occurred after 30000ms selecting a server using CompositeServerSelector{ }. Client view of cluster state is { ClusterId : "1", Type : "Unknown", State : "Disconnected", Servers : [{ ServerId: "{ ClusterId : 1, EndPoint : "Unspecified/db.shop.example:27017" }", EndPoint: "Unspecified/db.shop.example:27017", State: "Disconnected", Type: "Unknown", HeartbeatException: "MongoDB.Driver.MongoConnectionException: An exception occurred while opening a connection to the server. ---> %s" }] }.'
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
