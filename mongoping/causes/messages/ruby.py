"""Messages of the Ruby driver."""

from __future__ import annotations

FRAME = r"/lib/mongo/"
PLACE = r"\.rb:\d{1,5}+:in [`'][^'\n]{1,80}+': [^\n]{1,400}"
ARGUMENT = rf"{PLACE}\((?:Argument|Type|Key)Error\)"

# the same where the frames follow the message
FIRST = (
    r"\b(?:Argument|Type|Key)Error: [^\n]{1,300}+\n\s{0,8}+(?:from )?+"
    r"(?>[^\s:]{0,200}?/mongo-[\w.]{1,20}/lib/mongo/)"
)
# parts that check what a program passes, and parts that only the driver itself uses
CHECKS = r"(?:client|uri|options|srv|address|auth|server_selector|cluster/topology)[\w/]{0,60}+"
INNER = (
    r"(?:server|protocol|error|monitoring|cluster|cluster/sdam_flow|socket|socket/\w{1,20}+"
    r"|server/[\w/]{1,60}+|protocol/\w{1,30}+|error/\w{1,40}+)"
)

SAYS: dict[str, tuple[str, ...]] = {
    "uri.missing-host": (
        r"\bHost is empty: [^\n]{0,300}InvalidAddress",
        r"Missing host; at least one must be provided",
    ),
    "uri.invalid-port": (
        r"(?:Port is empty|Multiple port delimiters are not allowed): [^\n]{0,300}InvalidAddress",
        r"Port must be an integer greater than 0 and less than 65536",
    ),
    "uri.invalid-scheme": (r"Invalid scheme\. Scheme must be '",),
    "uri.malformed": (
        r"Host '[^'\n]{1,200}' should not contain protocol",
        r"Options and their values must be delimited by '|Database delimiter '\S' must be present",
        r"(?:UNIX domain sockets|Auth database) must be urlencoded",
        r"(?#otherwise)Mongo::Error::Invalid(?:Address|URI)\b",
    ),
    "uri.unescaped-credentials": (r"User name and password must be urlencoded",),
    "uri.srv-with-port": (r"not allowed to specify a port in a connection string with the '",),
    "uri.srv-multiple-hosts": (r"One and only one host is required in a connection string with",),
    "uri.srv-host-too-short": (r"domain name must consist of at least two parts: the domain",),
    "uri.empty-credentials": (r"\bUser was created without a password\b",),
    "uri.invalid-option": (
        r"Invalid (?:max_connecting|min pool size): \d{1,9}\. Please ensure",
        r"application name '[^'\n]{0,300}' cannot exceed \d{1,4} bytes",
        r"Auth source cannot be empty for",
        r"\bMONGODB \| Unsupported client option '",
        r"InvalidReadConcern\b|Invalid read concern option provided",
    ),
    "uri.conflicting-options": (
        r"Cannot instantiate a (?:load-balanced|single) topology with more than one server",
        r"Topology \S{1,100} cannot have the :\w{1,40} option set",
        r"Cannot have min size \d{1,9} exceed max size",
        r"(?:\bmax_staleness|The hedge option) cannot be set for this read preference",
        r":mechanism_properties are not supported for auth mechanism",
        r"If :write and :write_concern are both given, they must be identical",
    ),
    "dns.txt-invalid": (r"TXT records can only specify the options \[",),
    "hello.wire-version-too-old": (
        r"reports wire version \(\d{1,3}\), but this version of the Ruby driver requires at least",
    ),
    "hello.wire-version-too-new": (
        r"requires wire version \(\d{1,3}\), but this version of the Ruby driver only supports",
    ),
    "compat.server-too-old": (
        r"MongoDB server handling this request does not support the \w{1,40} option on this command",
        r"(?#likely)reports wire version \(\d{1,3}\), but support for that wire version is deprec",
    ),
    "hello.no-reply": (r"(?#possible)\bSocket request timed out \(",),
    "hello.not-mongodb": (
        r"(?#likely)Mongo::Error::(?:UnexpectedResponse|UnknownPayloadType|UnsupportedMessageType)",
        r"(?#likely)\bDetected unknown message type with op code: ",
    ),
    "tls.not-enabled-on-server": (r"(?#likely)MongoDB may not be configured with TLS support",),
    "tls.revoked": (r"TLS certificate of '[^'\n]{1,300}' has been revoked according to",),
    "auth.aws-credentials": (
        r"(?:Access key ID|Secret access key|Session token) is provided without (?:access|secret)",
        r"Mongo::Error::InvalidServerAuthHost\b",
        r"(?#likely)Credential check for user [^\n]{1,200} failed with HTTP status code",
    ),
    "auth.wrong-auth-source": (r"but the only valid auth source for \S{1,30} is '\$external'",),
    "auth.mechanism-unavailable": (
        r"is invalid, please use one of the following mechanisms:",
        r"mechanism \S{1,40} must be specified as a symbol",
    ),
    "auth.invalid-reply": (
        r"Mongo::Error::(?:InvalidNonce|InvalidSignature|MissingScramServerSignature)\b",
        r"(?#likely)Mongo::Error::InvalidServerAuthResponse\b",
        r"\bExpected server (?:rnonce|verifier) '|conversation without providing ServerSignature",
    ),
    "auth.dependency-missing": (r"cannot load such file -- mongo_kerberos\b",),
    "auth.password-characters": (r"Mongo::Error::FailedStringPrepValidation\b",),
    "client.module-missing": (
        r"cannot load such file -- (?:mongo|mongoid|bson)(?= \(LoadError\)|$)",
        r"(?#likely)uninitialized constant (?:Object::)?(?:Mongo|Mongoid)\b",
    ),
    "client.compressor-missing": (
        r"cannot load such file -- (?:snappy|zstd-ruby)\b",
        r"compression because the \S{1,30} gem has not been installed",
    ),
    "client.fork-unsafe": (r"(?#likely)following servers have dead monitor threads: ",),
    "client.closed": (
        r"(?#likely)The cluster is disconnected \(client may have been closed\)",
        r"The client was closed and is not usable for operations",
    ),
    "topology.load-balanced-mismatch": (
        r"did not provide a service id in handshake response",
        r"Mongo::Error::(?:MissingServiceId|BadLoadBalancerTarget)\b",
    ),
    "topology.set-name-mismatch": (
        r"(?#possible)Cluster has no addresses, and therefore will never have a server",
    ),
    "topology.not-a-replica-set": (
        r"(?#also)Cluster has no addresses, and therefore will never have a server",
    ),
    "client.setting-refused": (
        rf"(?#otherwise){FRAME}{CHECKS}{ARGUMENT}",
        rf"(?#otherwise){FIRST}{CHECKS}\.rb:\d",
        r"(?#otherwise)\bMongo::(?:Auth::InvalidConfiguration|Error::(?:Invalid(?:ReadOption"
        r"|ServerPreference|ConfigOption|WriteConcern|DatabaseName)|ServerApiConflict))\b",
    ),
    "client.driver-defect": (
        r"(?#otherwise)\bMongo::(?:Error::)?(?:LintError|InternalDriverError)\b",
        r"(?#likely)No authentication information specified in the client",
        r"(?#likely)Trying to query default mechanism when handshake has not completed",
        rf"(?#otherwise){FRAME}{INNER}{ARGUMENT}",
        rf"(?#otherwise){FIRST}{INNER}\.rb:\d",
        rf"(?#otherwise){FRAME}[\w/]{{1,80}}+{PLACE}\(NotImplementedError\)",
    ),
}
