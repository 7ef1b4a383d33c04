"""Messages of the Java driver, which the drivers for Kotlin and Scala print too."""

from __future__ import annotations

# A line with the class of an error and its message, without a stack frame on the same line, and
# the beginning of the first frame that is not one of the runtime's.
_MESSAGE = r"(?:(?!\sat [\w$]{1,40}\.\w)[^\n]){0,300}+"
_RUNTIME = r"(?:\n\s{1,8}+at (?:[\w.@-]{1,80}+/{1,2}+)?(?:javax?|sun|jdk|kotlin|scala)\.[^\n]{0,240}+){0,4}+"
_FRAME = _RUNTIME + r"\n\s{1,8}+at (?:[\w.@-]{1,80}+/{1,2}+)?com\.mongodb\."

SAYS: dict[str, tuple[str, ...]] = {
    "uri.malformed": (
        r"(?#likely)host and port should be specified in host:port format",
        r"(?#likely)can't specify port in construct\w{0,3} and via host|an IPV6 address must be enclosed",
        r"(?#likely)\(\.sock|The path must end in \.sock",
    ),
    "uri.unescaped-credentials": (r"(?#likely)connection string contained unsupported characters",),
    "uri.invalid-option": (
        r"(?#likely)Duplicated values for proxy\w{4,10}: ",
        r"(?#likely)connection string contains (?:invalid authentication|disallowed mechanism) propert",
        r"(?#likely)No match for read preference of |Unknown mongodb authentication mechanism",
    ),
    "uri.conflicting-options": (
        r"(?#likely)Primary read preference can not also specify",
        r"(?#likely)must be set together\. They cannot be set individually",
        r"(?#likely)Can not set both hosts and srvHost|Can not directly connect to more than one server",
        r"(?#likely)SRV host name was provided but the connection mode is not",
    ),
    "dns.srv-parent-domain-mismatch": (
        r"resolved to a host '[^'\n]{1,255}' that (?:does not share domain name|is not in a sub-domain)",
        r"that does not have at least one more domain level",
    ),
    "dns.txt-invalid": (r"(?#also)(?:Failed looking|Unable to look) up TXT record",),
    "dns.srv-not-found": (r"(?#also)(?:Failed looking|Unable to look) up SRV record",),
    "dns.timeout": (r"(?#also)(?:Failed looking|Unable to look) up (?:TXT|SRV) record",),
    "dns.resolver-failed": (
        r"(?#possible)(?:Failed looking|Unable to look) up (?:TXT|SRV) record for host",
    ),
    "client.modules-mismatched": (
        r"\b(?:NoSuch(?:Method|Field)|AbstractMethod|IncompatibleClassChange|IllegalAccess)Error: [^\n]{0,160}?(?<!at )(?:com[./]mongodb|org[./]bson)[./]",
        r"(?#likely)\b(?:NoClassDefFoundError|ClassNotFoundException): (?:Could not initialize class )?(?:com[./]mongodb|org[./]bson)[./]",
    ),
    "client.module-missing": (
        r"(?#likely)\b(?:NoClassDefFoundError|ClassNotFoundException): com[./]mongodb[./](?:client[./]|reactivestreams[./]|kotlin[./])?(?:Mongo|Connection)\w{1,30}+\b",
        r"(?#likely)'[\w.-]{3,60}' dependency is required for \w",
        r"\bpackage com\.mongodb[\w.]{0,60} does not exist|object mongodb is not a member of package",
        r"(?#likely)com\.sun\.jndi\.dns\.DnsContextFactory' class is not available",
    ),
    "auth.oidc": (
        r"(?#likely)Refresh token must only be provided in human workflow"
        r"|MongoC\w{5,20}Exception: Result of callback must not be null",
        r"(?#likely)\bHost \S{1,260} not permitted by ",
        r"(?#likely)(?:Environment variable must be specified|by environment variable): [^\n]{0,200}(?:TOKEN|OIDC|AZURE)",
        r"(?#likely)com\.mongodb\.internal\.connection\.OidcAuthenticator\b",
        r"(?#possible)MongoClientException: (?:Environment variable must be specified|Could not read file specified by environment variable): ",
    ),
    "auth.aws-credentials": (
        r"(?#likely)MongoClientException: Unexpected \w{0,40}Exception from endpoint ",
        r"(?#likely)must return an AwsCredential instance",
    ),
    "auth.mechanism-unavailable": (
        r"(?#likely)com\.mongodb\.\w{1,30}Exception: Incorrect mechanism: ",
        r"(?#likely)SaslException: Algorithm for '[\w-]{1,30}' could not be found",
    ),
    "auth.failed": (r"(?#possible)MongoSecurityException: Exception authenticating",),
    "auth.invalid-reply": (
        r"(?#likely)com\.mongodb\.[\w.]{0,60}AuthorizationHeader\b|SaslException: Invalid host$",
    ),
    "auth.password-characters": (
        r"(?#possible)SaslException: (?:Invalid key specification for|Could not initialize mac)",
    ),
    "tls.protocol-version": (
        r"(?#likely)SSLHandshakeException: [^\n]{0,40}\bshould not be presented in certificate_request",
    ),
    "topology.set-name-mismatch": (
        r"Replica set name '[^'\n]{1,100}' does not match required replica set name",
    ),
    "topology.not-primary": (
        r"(?#likely)(?:Mongo)?StalePrimaryException|[Pp]rimary marked stale due to",
    ),
    "topology.load-balanced-mismatch": (
        r"(?#likely)In load balancing mode, the host must resolve to a single SRV record",
    ),
    "compat.server-too-old": (
        r"(?#likely)Servers must all be at least version [\d.]{1,9} when"
        r"|ClientSession while connected to a server that doesn't support sessions",
    ),
    "hello.not-mongodb": (
        r"(?#likely)The reply message (?:length|opCode|number of returned documents)\b[^\n]{0,200}(?:less|greater|does not match|expected)",
        r"(?#likely)Unexpected reply message opCode",
    ),
    "hello.closed-by-server": (r"(?#likely)IOException: The connection to the server was closed",),
    "tcp.proxy": (
        r"(?#likely)Malformed reply from SOCKS|Unknown reply field\. Reply field: "
        r"|authentication methods listed are acceptable\. Attempted methods",
        r"(?#likely)com\.mongodb\.internal\.connection\.SocksSocket\b",
    ),
    "client.closed": (
        r"(?#likely)Cluster was closed during server selection"
        r"|com\.mongodb\.MongoClientException: Shutdown in progress",
        r"(?#possible)MongoSocketClosedException: Can ?not (?:read from|write to) a closed (?:socket|stream)"
        r"|Received data after the stream was closed",
    ),
    "client.compressor-missing": (
        r"(?#possible)MongoInternalException: Unexpected compressor negotiated: ",
    ),
    "client.resource-limit": (
        r"(?#possible)MongoClientException: (?:Exception opening Selector|Unable to create an asynchronous channel group)",
    ),
    "tls.bad-key-file": (r"(?#possible)Unable to create (?:default|standard) SSLContext",),
    "client.setting-refused": (
        rf"(?#otherwise)java\.lang\.(?:IllegalArgument|NumberFormat)Exception: {_MESSAGE}{_FRAME}",
        rf"(?#otherwise)java\.lang\.UnsupportedOperationException: {_MESSAGE}{_FRAME}(?!internal\.)",
        r"(?#otherwise)com\.mongodb\.MongoConfigurationException: (?!Unable to|Fail|Could not)",
        r"(?#otherwise)com\.mongodb\.Mongo(?:Client)?Exception: [^\n]{0,160}?\b(?:(?:un|not )support(?:ed)?|must (?:not )?be|should (?:not )?be|invalid|Could not locate)\b",
    ),
    "client.driver-defect": (
        r"(?#otherwise)com\.mongodb\.MongoInternalException: (?!Unexpected (?:\w{1,12} )?(?:IO)?exception\b)",
        r"(?#otherwise)\bTlsChannelCallbackException: ",
        rf"(?#otherwise)java\.lang\.(?:IllegalState|IndexOutOfBounds|UnsupportedOperation|NullPointer|ClassCast|Arithmetic)Exception(?:: {_MESSAGE})?{_FRAME}(?:internal|assertions)\.",
        rf"(?#otherwise)java\.lang\.AssertionError(?:: {_MESSAGE})?{_FRAME}",
    ),
}
