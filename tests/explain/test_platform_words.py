"""Messages of the drivers for the JVM, .NET and Node, each kind beside a text that looks alike."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain

AT = "\n   at MongoDB.Driver.Core."


@pytest.mark.parametrize(
    ("cause", "client", "text"),
    [
        ("uri.conflicting-options", "java", "java.lang.IllegalArgumentException: Primary read preference can not also specify hedge\n\tat com.mongodb.ReadPreference.primary(ReadPreference.java:9)"),
        ("dns.srv-parent-domain-mismatch", "java", "com.mongodb.MongoConfigurationException: The SRV host name 'a.example.net' resolved to a host 'b.example.org' that does not share domain name"),
        ("topology.set-name-mismatch", "java", "com.mongodb.MongoConfigurationException: Replica set name 'rs0' does not match required replica set name of 'rs1'"),
        ("auth.password-characters", "java", "java.lang.IllegalArgumentException: Prohibited character at position 3\n\tat com.mongodb.internal.authentication.SaslPrep.saslPrep(SaslPrep.java:9)"),
        ("auth.invalid-reply", "java", "com.mongodb.MongoSecurityException: x\nCaused by: javax.security.sasl.SaslException: Server signature was invalid."),
        ("hello.not-mongodb", "java", "com.mongodb.MongoInternalException: The reply message length 2 is less than the minimum message length 36"),
        ("topology.not-primary", "java", "com.mongodb.MongoStalePrimaryException: Primary marked stale due to discovery of newer primary"),
        ("client.module-missing", "java", "com.mongodb.MongoClientException: Unable to support mongodb+srv// style connections as the 'com.sun.jndi.dns.DnsContextFactory' class is not available in this JRE."),
        ("uri.placeholder-not-replaced", "node", "TypeError: Cannot read properties of undefined (reading 'startsWith')\n    at check (/app/node_modules/mongodb-connection-string-url/lib/index.js:9:2)"),
        ("client.modules-mismatched", "java", "java.lang.NoSuchMethodError: 'int com.mongodb.internal.Flavor.count()'"),
        ("client.modules-mismatched", "java", "java.lang.NoClassDefFoundError: com/mongodb/internal/connection/Flavor\n\tat com.mongodb.internal.X.y(X.java:1)"),
        ("client.module-missing", "java", "java.lang.ClassNotFoundException: com.mongodb.client.MongoClient"),
        ("client.modules-mismatched", "csharp", "System.MissingMethodException: Method not found: 'Void MongoDB.Driver.Flavor..ctor()'."),
        ("client.module-missing", "csharp", "System.IO.FileNotFoundException: Could not load file or assembly 'MongoDB.Driver.Core, Version=2.19.2.0'."),
        ("client.module-missing", "node", "Error: Cannot find module 'mongodb'\nRequire stack:\n- /app/index.js"),
        ("dns.resolver-failed", "csharp", "MongoDB.Driver.MongoConnectionException: x ---> System.Net.Internals.SocketExceptionFactory+ExtendedSocketException (00000001, 11): Resource temporarily unavailable\n   at System.Net.Dns.InternalGetHostByName(String hostName)"),
        ("topology.set-name-missing", "node", "MongoError: replicaset connections requires the parameter replicaSet to be supplied in the URI\n    at f (/app/node_modules/mongodb/lib/x.js:2:1)"),
        ("uri.srv-with-port", "csharp", "MongoDB.Driver.MongoConfigurationException: Host for mongodb+srv scheme cannot specify a port."),
        ("auth.kerberos", "csharp", "MongoDB.Driver.MongoAuthenticationException: Unable to initialize security context. ---> System.ComponentModel.Win32Exception: The logon failed."),
        ("tcp.proxy", "csharp", f"System.IO.IOException: The host could not be encoded as UTF-8.{AT}Connections.Socks5Helper.Encode(String x)"),
        ("hello.not-mongodb", "csharp", f"System.FormatException: The size of the message is invalid.{AT}Connections.BinaryConnection.Read()"),
        ("pool.timeout", "node", "MongoOperationTimeoutError: Timed out during connection checkout"),
        ("client.setting-refused", "mongoose", "MongooseError: Mongoose.prototype.connect() no longer accepts a callback"),
        ("client.closed", "mongoose", "MongooseError: Connection was force closed"),
        ("client.module-missing", "node", "MongoMissingDependencyError: Optional module `socks` not found. Please install it"),
        ("auth.aws-credentials", "node", "MongoMissingCredentialsError: Could not obtain temporary MONGODB-AWS credentials"),
        ("client.setting-refused", "mongosh", "MongoshInvalidInputError: [COMMON-10001] The flavor is unknown"),
        ("hello.not-mongodb", "reactivemongo", "java.lang.IllegalStateException: Unexpected opCode: 7\n\tat reactivemongo.core.protocol.ResponseDecoder.decode(ResponseDecoder.scala:9)"),
    ],
)  # fmt: skip
def test_a_message_of_java_csharp_node_or_scala_is_known(
    cause: str, client: str, text: str
) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.client) == (cause, client)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("uri.placeholder-not-replaced", "TypeError: Cannot read properties of undefined (reading 'flavor')\n    at next (/app/node_modules/mongodb/lib/flavors.js:9:1)"),
        ("client.modules-mismatched", "java.lang.NoSuchMethodError: org.example.Shop.count()\n\tat com.mongodb.client.X.y(X.java:1)"),
        ("client.modules-mismatched", "System.MissingMethodException: Method not found: 'Void Shop.Flavor..ctor()'.\n   at MongoDB.Driver.X.Y()"),
        ("client.module-missing", "Error: Cannot find module './mongodb-config'\nRequire stack:\n- /app/index.js"),
        ("dns.resolver-failed", "MongoDB.Driver.MongoConnectionException: x ---> System.IO.IOException: Resource temporarily unavailable\n   at System.Net.Sockets.Socket.Receive()"),
        ("dns.srv-parent-domain-mismatch", "com.mongodb.MongoConfigurationException: The SRV host name 'a.example.net' could not be resolved"),
        ("auth.password-characters", "com.mongodb.MongoException: Illegal character at position 3"),
        ("auth.invalid-reply", "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-256}"),
        ("hello.not-mongodb", "com.mongodb.MongoInternalException: The document length 2 is less than the minimum"),
        ("auth.kerberos", "MongoDB.Driver.MongoAuthenticationException: Unable to authenticate using sasl protocol mechanism SCRAM-SHA-1."),
        ("tcp.proxy", f"System.ArgumentException: host must be a name.{AT}Connections.Socks5Helper.Encode(String x)"),
        ("tcp.timeout", "MongoOperationTimeoutError: Timed out during server selection"),
        ("pool.timeout", "MongoOperationTimeoutError: Timed out during server selection"),
        ("tls.protocol-version", "Error: Unsupported protocol for proxy URL: ftp\n    at f (/app/node_modules/@mongodb-js/devtools-proxy-support/dist/proxy-agent.js:9:1)"),
        ("dns.host-not-found", "MongoshInvalidInputError: Could not resolve certificate specification 'x': not found"),
        ("client.setting-refused", "MongooseError: Operation `shops.find()` buffering timed out after 10000ms"),
        ("uri.empty-credentials", "MongoMissingCredentialsError: Could not obtain temporary MONGODB-AWS credentials"),
        ("hello.not-mongodb", "java.lang.IllegalStateException: Unexpected opCode: 7\n\tat org.example.Decoder.decode(Decoder.scala:9)\n\tat reactivemongo.api.X.y(X.scala:1)"),
    ],
)  # fmt: skip
def test_a_similar_text_of_java_csharp_node_or_scala_is_not_misread(cause: str, text: str) -> None:
    assert explain(text).cause != cause
