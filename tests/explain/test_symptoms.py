"""Complaints of people who cannot connect: pasted, each finds its cause and what helps.

The texts are in the words of the drivers, with names of ours.
"""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import re

import pytest

from mongoping.explaining import explain

# fmt: off
# what somebody suffers from; the cause; words of what helps; what it may also be; the text
SYMPTOMS: tuple[tuple[str, str | None, str, tuple[str, ...], str], ...] = (
    ('the resolver refuses SRV questions, or drops them', 'dns.resolver-refused', '--resolver', ('dns.timeout', 'dns.resolver-config'), 'Error: querySrv ECONNREFUSED _mongodb._tcp.shop.x7k2m.mongodb.net'),
    ('the resolver refuses SRV questions, or drops them', 'dns.resolver-refused', '--resolver', (), 'MongooseError: querySrv EREFUSED _mongodb._tcp.shop.x7k2m.mongodb.net'),
    ('the resolver refuses SRV questions, or drops them', 'dns.timeout', '--resolver', (), 'Error: queryTxt ETIMEOUT shop.x7k2m.mongodb.net\n    at QueryReqWrap.onresolve [as oncomplete] (dns.js:202:19)'),
    ('Bun on Windows asks 127.0.0.1', 'dns.resolver-refused', 'dns.setServers', (), 'Bun v1.3.5 (Windows x64)\nerror: querySrv ECONNREFUSED _mongodb._tcp.shop.x7k2m.mongodb.net\n code: "ECONNREFUSED"'),
    ("the resolver's answer is broken", 'dns.resolver-failed', '--resolver', (), 'Error: querySrv EBADRESP _mongodb._tcp.shop.x7k2m.mongodb.net'),
    ('inside a container SRV is not passed on', 'dns.srv-empty', '--dns', (), 'pymongo.errors.ConfigurationError: The DNS response does not contain an answer to the question: _mongodb._tcp.shop.x7k2m.mongodb.net. IN SRV'),
    ('inside a container SRV is not passed on', 'dns.srv-empty', '--dns', (), 'Error: querySrv ENODATA _mongodb._tcp.shop.x7k2m.mongodb.net'),
    ('inside a container SRV is not passed on', 'dns.srv-not-found', '--dns', (), 'error parsing uri: lookup _mongodb._tcp.shop.x7k2m.mongodb.net on 127.0.0.11:53: no such host'),
    ('a large answer is cut off', 'dns.resolver-failed', '--resolver', (), 'error parsing uri: lookup _mongodb._tcp.shop.x7k2m.mongodb.net on 127.0.0.53:53: cannot unmarshal DNS message'),
    ('a record leads to another domain', 'dns.srv-parent-domain-mismatch', 'same domain', (), 'MongoParseError: Server record does not share hostname with parent URI'),
    ("the cluster's name does not exist", 'dns.srv-not-found', 'Copy the connection string', (), 'The DNS query name does not exist: _mongodb._tcp.shop.x7k2m.mongodb.net.'),
    ('there is no resolv.conf', 'dns.resolver-config', 'nameserver', (), 'dns.resolver.NoResolverConfiguration: cannot open /etc/resolv.conf\n  File pymongo/srv_resolver.py'),
    ('there is no resolv.conf', 'dns.resolver-config', 'nameserver', (), 'pymongo.errors.ConfigurationError: cannot open /etc/resolv.conf'),
    ('the resolver is silent', 'dns.timeout', '--resolver', (), 'pymongo.errors.ConfigurationError: The DNS operation timed out after 30.001 seconds'),
    ('the lookup fails now and then', 'dns.resolver-failed', 'Try again', (), 'com.mongodb.MongoConfigurationException: Unable to look up SRV record for host shop.x7k2m.mongodb.net: javax.naming.ServiceUnavailableException: DNS server failure [response code 2]'),
    ('the lookup fails now and then', 'dns.resolver-failed', 'Try again', (), 'Error: querySrv ESERVFAIL _mongodb._tcp.shop.x7k2m.mongodb.net'),
    ('Atlas aborts the handshake', 'tls.alert-internal-error', 'access list|Network Access', ('atlas.ip-not-allowed',), 'MongoServerSelectionError: 80FC:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:SSL alert number 80'),
    ('Atlas aborts the handshake', 'atlas.ip-not-allowed', 'access list|Network Access', ('tls.alert-internal-error',), 'mongodb: ac-x-shard-00-00.x7k2m.mongodb.net:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error (_ssl.c:1007),ac-x-shard-00-01.x7k2m.mongodb.net:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error (_ssl.c:1007),ac-x-shard-00-02.x7k2m.mongodb.net:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error (_ssl.c:1007)'),
    ("mongoose's hint at the access list", 'atlas.ip-not-allowed', 'Network Access', (), "Could not connect to any servers in your MongoDB Atlas cluster. One common reason is that you're trying to access the database from an IP that isn't whitelisted."),
    ('the address of CI changes', 'atlas.ip-not-allowed', 'egress', (), "Run npm test\nMongooseServerSelectionError: Could not connect to any servers in your MongoDB Atlas cluster. Make sure your current IP address is on your Atlas cluster's IP whitelist"),
    ('port 27017 is filtered', 'tcp.timeout', 'firewalls', (), 'MongooseServerSelectionError: connect ETIMEDOUT 203.0.113.9:27017'),
    ('port 27017 is filtered', 'tcp.timeout', 'firewalls', (), 'server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: shop-shard-00-00.x7k2m.mongodb.net:27017, Type: Unknown, Last error: dial tcp 203.0.113.9:27017: i/o timeout }, ] }'),
    ('localhost is ::1', 'tcp.refused', '127.0.0.1', (), 'MongoServerSelectionError: connect ECONNREFUSED ::1:27017'),
    ('localhost inside a container', 'tcp.refused', 'runs in a container', (), 'pymongo.errors.ServerSelectionTimeoutError: localhost:27017: [Errno 111] Connection refused'),
    ('the string of a private endpoint', 'atlas.private-endpoint', 'standard connection string', (), 'MongoServerSelectionError: connect ETIMEDOUT shop-shard-00-00-pri.x7k2m.mongodb.net:27017'),
    ('the string of a private endpoint', 'atlas.private-endpoint', 'standard connection string', (), 'pl-0-us-east-1.x7k2m.mongodb.net:1024: timed out'),
    ('the string of a private endpoint', 'atlas.private-endpoint', 'standard connection string', (), 'lookup pl-0-us-east-1.x7k2m.mongodb.net: no such host'),
    ('the cluster is paused', 'atlas.cluster-paused', 'Resume the cluster', ('dns.host-not-found',), 'MongoServerSelectionError: getaddrinfo ENOTFOUND shop-shard-00-00.x7k2m.mongodb.net'),
    ('members have names that mean nothing here', 'topology.member-unresolvable', 'rs.reconfig', ('dns.host-not-found',), 'MongoServerSelectionError: getaddrinfo ENOTFOUND 508be0f6c2aa'),
    ('members have names that mean nothing here', 'topology.member-unresolvable', 'rs.reconfig', ('dns.host-not-found',), 'com.mongodb.MongoTimeoutException: Timed out. Client view of cluster state is {type=REPLICA_SET, servers=[{address=mongo-0.mongo.default.svc.cluster.local:27017, type=UNKNOWN, state=CONNECTING, exception={com.mongodb.MongoSocketException: mongo-0.mongo.default.svc.cluster.local}, caused by {java.net.UnknownHostException: mongo-0.mongo.default.svc.cluster.local}}]'),
    ('there is no primary', 'topology.not-initialized', 'rs.initiate|until a majority runs', (), 'MongoServerError: no replset config has been received'),
    ('there is no primary', 'topology.not-initialized', 'rs.initiate|until a majority runs', (), "{'ok': 0.0, 'errmsg': 'no replset config has been received', 'code': 94, 'codeName': 'NotYetInitialized'}"),
    ('there is no primary', 'topology.no-primary', 'rs.initiate|until a majority runs', (), "No primary available for writes, Timeout: 30s, Topology Description: <TopologyDescription id: 0, topology_type: ReplicaSetNoPrimary, servers: [<ServerDescription ('a', 27017) server_type: RSSecondary, rtt: 0.01>, <ServerDescription ('b', 27017) server_type: Unknown, rtt: None, error=AutoReconnect('b:27017: [Errno 111] Connection refused')>, <ServerDescription ('c', 27017) server_type: Unknown, rtt: None, error=AutoReconnect('c:27017: [Errno 111] Connection refused')>]>"),
    ('a tunnel to one member', 'topology.direct-connection-needed', 'directConnection=true', ('tcp.timeout',), "Could not reach any servers in [('10.8.4.2', 27017)]. Replica set is configured with internal hostnames or IPs?, Topology Description: <TopologyDescription id: 0, topology_type: ReplicaSetNoPrimary, servers: [<ServerDescription ('10.8.4.2', 27017) server_type: Unknown, rtt: None, error=NetworkTimeout('10.8.4.2:27017: timed out')>]>"),
    ('the node is no primary', 'topology.not-primary', 'replicaSet|primary', (), 'MongoServerError: not primary'),
    ('the node is no primary', 'topology.not-primary', 'replicaSet|primary', (), 'NotWritablePrimary: not primary'),
    ('the node is no primary', 'topology.not-primary', 'replicaSet|primary', (), "com.mongodb.MongoNotPrimaryException: Command failed with error 10107 (NotWritablePrimary): 'not primary'"),
    ('the set has another name', 'topology.set-name-mismatch', 'rs.status', (), 'MongoServerSelectionError: Server at db:27017 is not part of the specified setName'),
    ('the set has another name', 'topology.set-name-mismatch', 'rs.status', (), "Expecting replica set member from set 'rs0', but found one from set 'prod'. Removing db:27017 from client view of cluster."),
    ('the set has another name', 'topology.set-name-mismatch', 'rs.status', (), "The requested replica set name 'x' does not match setName found 'y' mongodb"),
    ('the string is not what was meant', 'uri.srv-with-port', 'Remove|Copy|Put', (), 'MongoParseError: mongodb+srv URI cannot have port number'),
    ('the string is not what was meant', 'uri.placeholder-not-replaced', 'Remove|Copy|Put', (), 'MongoServerSelectionError: getaddrinfo ENOTFOUND undefined'),
    ('the string is not what was meant', 'uri.placeholder-not-replaced', 'Remove|Copy|Put', (), 'mongodb+srv://ada:<password>@shop.x7k2m.mongodb.net/ Authentication failed'),
    ('the string is not what was meant', 'uri.invalid-scheme', 'Remove|Copy|Put', (), 'MongoParseError: Invalid scheme, expected connection string to start with "mongodb://" or "mongodb+srv://"'),
    ('TLS and plain are mixed up', 'tls.not-enabled-on-server', 'tls=', (), 'MongoServerSelectionError: C0F7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number'),
    ('TLS and plain are mixed up', 'tls.required-by-server', 'tls=', (), 'com.mongodb.MongoSocketReadException: Prematurely reached end of stream'),
    ('the certificate is for another name', 'tls.hostname-mismatch', 'certificate', (), "MongoServerSelectionError: Hostname/IP does not match certificate's altnames: Host: db1.acme.test. is not in the cert's altnames: DNS:mongo.internal"),
    ('the authority is not known', 'tls.unknown-ca', 'certifi|Renew|clock', (), 'SSL handshake failed: a-shard-00-00.x7k2m.mongodb.net:27017: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1129)'),
    ('the authority is not known', 'tls.certificate-expired', 'certifi|Renew|clock', (), '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1129) mongodb.net:27017'),
    ('the clock is wrong', 'tls.certificate-not-yet-valid', 'clock', (), 'MongoServerSelectionError: certificate is not yet valid'),
    ('the clock is wrong', 'tls.certificate-not-yet-valid', 'clock', (), 'x509: certificate has expired or is not yet valid: current time 2019-01-01T00:00:00Z is before 2023-05-05T00:00:00Z mongodb'),
    ('TLS is too old', 'tls.protocol-version', 'TLS 1.2', (), 'pymongo: db:27017: [SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:997)'),
    ('TLS is too old', 'tls.protocol-version', 'TLS 1.2', (), 'javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher suites are inappropriate) com.mongodb.MongoSocketWriteException'),
    ('TLS is too old', 'tls.protocol-version', 'TLS 1.2', (), '[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:590) pymongo'),
    ('the OCSP responder is out of reach', 'tls.revoked', 'tlsDisableOCSPEndpointCheck', (), "pymongo.errors.ServerSelectionTimeoutError: a.mongodb.net:27017: [('SSL routines', 'tls_process_initial_server_flight', 'invalid status response')]"),
    ('bad auth', 'auth.failed', 'database user', (), "MongoServerError: bad auth : authentication failed {ok: 0, code: 8000, codeName: 'AtlasError'}"),
    ('bad auth', 'auth.failed', 'database user', (), "pymongo.errors.OperationFailure: bad auth : Authentication failed., full error: {'ok': 0, 'code': 8000}"),
    ('characters of the password', 'uri.unescaped-credentials', 'Encode', (), 'Username and password must be escaped according to RFC 3986, use urllib.parse.quote_plus'),
    ('characters of the password', 'uri.unescaped-credentials', 'Encode', (), 'MongoParseError: Password contains unescaped characters'),
    ('characters of the password', 'uri.unescaped-credentials', 'Encode', (), 'error parsing uri: unescaped @ sign in user info'),
    ('the user is in admin', 'auth.failed', 'authSource', ('auth.wrong-auth-source',), 'MongoServerError: Authentication failed.'),
    ('the user is in admin', 'auth.wrong-auth-source', 'authSource', (), "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-256, userName='root', source='shop', password=<hidden>, mechanismProperties=<hidden>}"),
    ('the user is in admin', 'auth.wrong-auth-source', 'authSource', (), '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":5286307,"ctx":"conn3","msg":"Failed to authenticate","attr":{"user":"root","db":"shop","error":"UserNotFound: Could not find user \\"root\\" for db \\"shop\\""}}'),
    ("the certificate's subject is no user", 'auth.x509-subject-mismatch', 'subject', (), 'UserNotFound: Could not find user "CN=app,OU=shop,O=Acme" for db "$external"'),
    ('cloud credentials', 'auth.aws-credentials', 'aws|pip|ENVIRONMENT', (), 'MongoServerError: MONGODB-AWS: unable to obtain credentials'),
    ('cloud credentials', 'auth.aws-credentials', 'aws|pip|ENVIRONMENT', (), 'botocore.exceptions.NoCredentialsError: Unable to locate credentials (pymongo_auth_aws)'),
    ('cloud credentials', 'auth.aws-credentials', 'aws|pip|ENVIRONMENT', (), 'MongoAWSError: AWS_CONTAINER_CREDENTIALS... http://169.254.170.2/v2/credentials timed out'),
    ('cloud credentials', 'auth.oidc', 'aws|pip|ENVIRONMENT', (), 'MongoServerError: OIDC authentication failed: MONGODB-OIDC request failed with status code 400'),
    ('cloud credentials', 'auth.dependency-missing', 'aws|pip|ENVIRONMENT', (), "pymongo.errors.ConfigurationError: MONGODB-AWS authentication requires pymongo-auth-aws: install with: python -m pip install 'pymongo[aws]'"),
    ('the mechanism does not fit', 'auth.mechanism-unavailable', 'authMechanism', (), 'MongoServerError: Received authentication for mechanism SCRAM-SHA-256 which is not enabled'),
    ('the mechanism does not fit', 'auth.mechanism-unavailable', 'authMechanism', (), '(MechanismUnavailable) Unable to use SCRAM-SHA-256 based authentication for user without any SCRAM-SHA-256 credentials registered'),
    ('driver and server are too far apart', 'hello.wire-version-too-old', 'Upgrade', (), 'Server at db:27017 reports wire version 6, but this version of PyMongo requires at least 8 (MongoDB 4.2).'),
    ('driver and server are too far apart', 'hello.wire-version-too-old', 'Upgrade', (), 'MongoCompatibilityError: Server at db:27017 reports maximum wire version 6, but this version of the Node.js Driver requires at least 8 (MongoDB 4.2)'),
    ('driver and server are too far apart', 'hello.wire-version-too-new', 'Upgrade', (), 'Unsupported OP_QUERY command: isMaster. The client driver may require an upgrade.'),
    ('driver and server are too far apart', 'hello.wire-version-too-new', 'Upgrade', (), 'UnsupportedOpQueryCommand: Unsupported OP_QUERY command: saslStart (352)'),
    ('the Stable API, and imitations', 'api.required', 'server_api|retryWrites', (), "MongoServerError: The apiVersion parameter is required, please configure your MongoClient's API version"),
    ('the Stable API, and imitations', 'compat.not-genuine', 'server_api|retryWrites', (), 'MongoServerError: Retryable writes are not supported'),
    ('the driver says no more than timed out', None, 'mongoping check', (), 'Server selection timed out after 30000 ms'),
    ('the driver says no more than timed out', None, 'mongoping check', (), 'MongooseError: Operation `users.find()` buffering timed out after 10000ms'),
    ('the driver says no more than timed out', None, 'mongoping check', (), 'MongoTimeoutException: Timed out after 30000 ms while waiting to connect.'),
    ('the limit of connections', 'hello.too-many-connections', '500', (), '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"NETWORK","id":22942,"ctx":"listener","msg":"Connection refused because there are too many open connections","attr":{"connectionCount":501}}'),
    ('the limit of connections', 'hello.too-many-connections', '500', (), 'connection refused because too many open connections: 819 mongod'),
    ('options that PyMongo 4 removed', 'uri.invalid-option', 'is now tlsCAFile', (), 'pymongo.errors.ConfigurationError: Unknown option ssl_ca_certs'),
    ('options that PyMongo 4 removed', 'uri.invalid-option', 'is now tlsCAFile', (), 'MongoParseError: option ssl_cert_reqs is not supported'),
    ('options that PyMongo 4 removed', 'uri.invalid-option', 'is now tlsCAFile', (), "TypeError: __init__() got an unexpected keyword argument 'ssl_cert_reqs' pymongo"),
    ('roles are missing', 'auth.not-authorized', 'Grant', (), 'MongoServerError: not authorized on shop to execute command { insert: "orders" }'),
    ('roles are missing', 'auth.not-authorized', 'Grant', (), 'user is not allowed to do action [find] on [shop.orders]'),
    ('the client is older than the fork', 'client.fork-unsafe', 'post_fork', (), 'UserWarning: MongoClient opened before fork. May not be entirely fork-safe, proceed with caution.'),
    ('the client is older than the fork', 'client.fork-unsafe', 'post_fork', (), 'pymongo.errors.AutoReconnect: db:27017: connection pool paused'),
    ('a SOCKS proxy', 'tcp.proxy', 'proxy', (), 'MongoServerSelectionError: Socks5 proxy rejected connection'),
    ('a SOCKS proxy', 'tcp.proxy', 'proxy', (), 'Socks5ProxyError: SOCKS5 connection failed: mongodb'),
    ('the server does not start without AVX', 'server.no-avx', 'AVX', (), '/usr/local/bin/docker-entrypoint.sh: line 381:    28 Illegal instruction     (core dumped) "${mongodHackedArgs[@]}" --fork'),
    ('the server does not start without AVX', 'server.no-avx', 'AVX', (), 'WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!'),
)
# fmt: on


@pytest.mark.parametrize(("symptom", "cause", "helps", "others", "text"), SYMPTOMS)
def test_a_complaint_finds_its_cause_and_what_helps(
    symptom: str, cause: str | None, helps: str, others: tuple[str, ...], text: str
) -> None:
    explanation = explain(text)

    assert explanation.cause == cause, symptom
    assert re.search(helps, " ".join((*map(str, explanation.remedies), explanation.missing or "")))
    assert set(others) <= set(explanation.alternatives)
