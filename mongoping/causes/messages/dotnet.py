"""Messages of the C# driver."""

from __future__ import annotations

# A message without a stack frame on its line, perhaps with the parameter on the next one, and the
# beginning of the first frame that is not one of the runtime's.
_MESSAGE = (
    r"(?:(?!\sat [\w$]{1,40}\.\w)[^\n]){0,300}+(?:\n(?:Parameter name|Actual value)[^\n]{0,200}+)?+"
)
_FRAME = r"(?:\n\s{1,8}+at System\.[^\n]{0,240}+){0,4}+\n\s{1,8}+at MongoDB\.Driver\."

SAYS: dict[str, tuple[str, ...]] = {
    "uri.srv-with-port": (r"(?#likely)Host for mongodb\+srv scheme cannot specify a port",),
    "uri.srv-multiple-hosts": (r"(?#likely)Only 1 host is allowed when using the mongodb\+srv",),
    "uri.unescaped-credentials": (
        r"(?#likely)connection string '[^'\n]{0,400}' contains an invalid '%' escape",
    ),
    "uri.malformed": (
        r"(?#likely)MongoConfigurationException: Host \S{1,260} is (?:not valid|invalid)",
        r"(?#likely)Unable to parse \S{1,260} as a hostname",
    ),
    "uri.invalid-option": (
        r"(?#likely)Multiple \w{3,30} options are not allowed|Invalid proxy port value",
        r"(?#likely)MongoConfigurationException: \w{1,40} (?:cannot be empty|must be greater than)",
        r"(?#likely)Application name exceeds \d{1,4} bytes|is not one of the allowed compressors",
    ),
    "uri.conflicting-options": (
        r"(?#likely)MongoConfigurationException: Specifying [^\n]{1,120}(?:is invalid|is only allowed)",
        r"(?#likely)This is an invalid w and journal pair",
        r"(?#likely)Both username and password must be provided or neither",
        r"(?#likely)MongoConfigurationException: \S{1,60} is mutually exclusive with",
    ),
    "dns.host-not-found": (r"(?#likely)Unabled? to resolve endpoint",),
    "dns.resolver-failed": (
        r"(?#likely)Resource temporarily unavailable[\s\S]{0,40}?\sat System\.Net\.(?:Dns|NameResolution)\w{0,10}\.",
    ),
    "auth.oidc": (
        r"(?#likely)metadata host response\b|\bOIDC (?:property|credentials|authenticator)\b",
        r"(?#likely)MongoDB\.Driver\.(?:Core\.)?Authentication\.Oidc\.",
        r"(?#likely)mechanism property (?:is required by|: )|Not supported value of \S{1,40} mechanism property",
    ),
    "auth.kerberos": (
        r"(?#likely)Unable to (?:initialize security context|(?:de|en)crypt message)\b",
        r"(?#likely)supported for GSSAPI authentication|\bLibgssapi (?:failure|exception)|LibgssapiException",
        r"(?#likely)MongoDB\.Driver\.(?:Core\.)?Authentication\.(?:Gssapi|Sspi|Libgssapi)\.",
        # how Windows states why a security context failed
        r"(?#likely)Used with the Digest (?:and Schannel )?SSP|did not map to an SSPI error|\bsecurity package\b",
        r"(?#likely)No authority could be contacted for authentication|supplied to the package were not recognized",
        r"(?#likely)context that has already been closed|initiated a shutdown\.",
        r"(?#possible)(?:Win32Exception|Mongo\w{1,30}Exception)\b[^\n]{0,40}: (?:The logon (?:attempt )?failed|The target was not recognized|The message was not received in the correct|The data in the input buffer is incomplete|The handle passed to the function|There is not enough memory available to complete)",
    ),
    "auth.failed": (
        r"(?#likely)Unable to authenticate (?:username '|using sasl protocol mechanism)",
    ),
    "auth.user-not-found": (r"(?#likely)MongoAuthenticationException: User not found",),
    "auth.mechanism-unavailable": (
        r"(?#likely)(?:Unable to create an|Cannot create) authenticator\b|Unexpected authentication mechanism: ",
    ),
    "auth.invalid-reply": (
        r"(?#likely)MongoDB\.Driver\.(?:Core\.)?Authentication\.SaslMapParser\b",
    ),
    "hello.not-mongodb": (
        r"(?#likely)FormatException: (?:The size of the message is invalid|[^\n]{0,40}\bopcode is not\b)",
    ),
    "topology.unexpected": (r"(?#possible)MongoClientException: More than one primary found",),
    "compat.server-too-old": (r"(?#likely)\bfeature added in \S{1,12} wire protocol",),
    "tcp.proxy": (
        r"(?#likely)\bSOCKS5 [\w ]{1,60}+(?<=failed)\b|\bin SOCKS5 reply|SOCKS5 proxy replied",
        rf"(?#likely)IOException: {_MESSAGE}{_FRAME}Core\.Connections\.Socks5Helper\b",
    ),
    "pool.timeout": (r"(?#likely)Timed out waiting in connecting queue after",),
    "pool.exhausted": (r"(?#likely)wait queue for server selection is full",),
    "client.closed": (r"(?#likely)OperationCanceledException: The \w{4,20} has been disposed",),
    "client.compressor-missing": (
        r"(?#likely)NotSupportedException: The compressor \w{3,20} is not supported",
    ),
    "client.modules-mismatched": (
        r"\b(?:FileLoad|TypeLoad|Missing(?:Method|Field)|BadImageFormat)Exception: [^\n]{0,160}?(?<!at )\bMongoDB\.(?:Driver|Bson)\b",
        r"(?#likely)Could not load file or assembly '?MongoDB\.(?:Driver|Bson|Libmongocrypt)\b",
    ),
    "client.module-missing": (
        r"(?#likely)FileNotFoundException: Could not load file or assembly '?MongoDB\.(?:Driver|Bson|Libmongocrypt)\b",
    ),
    "client.setting-refused": (
        rf"(?#otherwise)System\.(?:Argument\w{{0,12}}|Format|NotSupported|Overflow)Exception: {_MESSAGE}{_FRAME}",
        rf"(?#otherwise)System\.InvalidOperationException: {_MESSAGE}{_FRAME}(?!Core\.|Authentication\.|Linq|Encryption)",
        r"(?#otherwise)MongoDB\.Driver\.MongoConfigurationException: (?!Unable to|Fail|Could not)",
        r"(?#otherwise)MongoDB\.Driver\.Mongo\w{1,30}Exception: (?:Value is not (?:greater|between|less)\b|\S{1,60} must (?:not )?be\b)",
    ),
    "client.driver-defect": (
        rf"(?#otherwise)System\.(?:InvalidOperation|NullReference|IndexOutOfRange|InvalidCast|NotImplemented|Application)Exception: {_MESSAGE}{_FRAME}(?:Core|Authentication)\.",
        r"(?#otherwise)MongoDB\.Driver\.MongoInternalException: |ApplicationException: M[^\n]{4,60}\bwire version is invalid",
    ),
}
