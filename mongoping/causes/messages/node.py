"""Messages of the Node driver, mongoose, mongosh, Compass and the packages that they share."""

from __future__ import annotations

# The first stack frame of an error that is not Node's own, in a package of MongoDB's or mongoose.
_MESSAGE = r"(?:(?!\sat (?:\S{1,80} \(|\S{1,200}:\d))[^\n]){0,300}+"
_RUNTIME = (
    r"(?:\n\s{1,8}+at (?:[\w.<> ]{1,60}+\()?(?:node:|internal/|<anonymous>)[^\n]{0,120}+){0,4}+"
)
_FRAME = _RUNTIME + r"\n\s{1,8}+at [^\n]{0,160}?node_modules[/\\]"
_PACKAGES = r"(?:mongodb|mongoose|@mongosh|@mongodb-js|mongodb-connection-string-url)[/\\]"

SAYS: dict[str, tuple[str, ...]] = {
    # a string that is not set is undefined, and has no methods
    "uri.placeholder-not-replaced": (
        r"(?#likely)TypeError: Cannot read propert(?:y '\w{1,40}+'|ies) of (?:undefined|null)\b[^\n]{0,40}+\n\s{1,8}+at [^\n]{0,160}?(?:connection-string-url|connection_string|url_parser|uri_parser|parseConnectionString)\b",
    ),
    "uri.malformed": (
        r"(?#likely)MongoshInvalidInputError: (?:\[[A-Z]{2,12}-\d{1,6}\] )?Invalid URI: ",
        r"(?#likely)Cannot have undefined values in key value pairs",
    ),
    "uri.missing-host": (r"(?#likely)Option \"srvHost\" must not be empty",),
    "uri.invalid-option": (
        r"(?#likely)MongoParseError: (?:\S{1,60} ){1,2}value not supported$",
        r"(?#likely)Unable to make a writeConcern from|Cannot make (?:read preference|WriteConcern) from|Invalid WriteConcern cannot parse",
        r"(?#likely)(?:Unknown ReadPreference value|AuthMechanismProperties must be an|authMechanism one of)\b",
        r"(?#likely)serverMonitoringMode must be one of|Option 'family' must be|Invalid `serverApi` property",
        r"(?#likely)--tlsCertificateSelector (?:is not supported|needs to include)",
    ),
    "uri.conflicting-options": (
        r"(?#likely)minimum size must not be greater than maximum pool size",
        r"(?#likely)Must specify proxyHost if other proxy|Can only specify both of proxy username/password or neither"
        r"|Proxy options cannot be specified multiple times",
        r"(?#likely)No password is allowed in ENVIRONMENT",
    ),
    "topology.set-name-missing": (r"(?#likely)requires? the parameter replicaSet to be supplied",),
    "auth.mechanism-unavailable": (r"\bis supported by authMechanism\b",),
    "auth.dependency-missing": (
        r"(?#likely)\bkerberos (?:library|module|package) is not (?:installed|available)\b",
    ),
    "auth.oidc": (
        r"(?#likely)Could not load workflow for environment|No workflow provided to the OIDC",
        r"(?#likely)only a ENVIRONMENT in \S{1,80} is supported for mechanism",
    ),
    "hello.not-mongodb": (
        r"(?#likely)OP_REPLY numberReturned is an invalid array length",
        r"(?#possible)Message body and message header must be the same length",
    ),
    "hello.closed-by-server": (
        r"(?#possible)Socket closed after \S{1,20} during connection establishment",
    ),
    "tcp.timeout": (
        r"(?#possible)Socket '[^'\n]{1,20}' timed out after [^\n]{1,20}\(connectTimeoutMS",
    ),
    "tls.bad-key-file": (r"(?#likely)Could not resolve certificate specification",),
    "network.slow": (
        r"(?#possible)MongoOperationTimeoutError: Timed out (?:at|before|during) socket",
        r"(?#likely)Server roundtrip time is greater than the time remaining",
    ),
    "pool.timeout": (r"Timed out during connection checkout",),
    "compat.server-too-old": (
        r"(?#likely)MongoCompatibilityError: Current topology does not support sessions",
        r"(?#otherwise)\bMongoCompatibilityError: ",
    ),
    # Bun's codes of DNS errors; Node's have no prefix
    "dns.timeout": (
        r"(?#likely)\bDNS_ETIMEOUT\b|\b(?:srv|txt) lookup failed: Timeout while contacting",
    ),
    "dns.resolver-refused": (r"(?#likely)\bDNS_E(?:CONN)?REFUSED\b",),
    "dns.resolver-failed": (r"(?#likely)\bDNS_E(?:SERVFAIL|FORMERR|NOTIMP|BADRESP|BADQUERY)\b",),
    "tcp.proxy": (r"(?#likely)Could not create channel to \S{1,260}:\d",),
    "client.closed": (
        r"(?#likely)MongooseError: Connection (?:was force closed|has been closed and destroyed)",
        r"(?#likely)MongooseError: Can(?:'t|not) call `[^`\n]{1,80}` on a disconnected connection",
    ),
    "client.not-connected-yet": (
        r"(?#likely)MongoClient that you have not called `connect\(\)` on yet",
        r"(?#likely)MongoshInternalError: (?:\[[A-Z]{2,12}-\d{1,6}\] )?mongosh not initialized yet",
    ),
    "client.modules-mismatched": (
        r"(?#likely)\bBSONVersionError\b|Unsupported BSON version, bson types must be from bson",
    ),
    "client.module-missing": (
        r"(?#likely)Could not load (?!kerberos)@?[\w/-]{3,60} package: ",
        r"Cannot find (?:module|package) \W?(?:mongodb|mongoose)['\"]",
    ),
    "client.setting-refused": (
        r"(?#likely)\b(?:Mongo\w{1,30}|Type)Error: [^\n]{1,120}\(\) no longer accepts a callback",
        r"(?#likely)Can't call `openUri\(\)` on an active connection with different|Cannot call `setClient\(\)` on a connection that is already",
        r"(?#likely)MongooseError: The `uri` parameter to `openUri\(\)` must be a string",
        r"(?#likely)Unsupported (?:proxy protocol|protocol for proxy URL|URL \w{4,12} in proxy specification)|for generic browser proxy usage is not supported",
        r"(?#likely)FIPS mode not enabled despite requested|in FIPS mode is currently not available",
        r"(?#otherwise)\bMongo(?:Crypt)?(?:Parse|InvalidArgument|API)Error: |\bMongosh(?:InvalidInput|Unimplemented|Deprecated|Usage)Error: ",
        r"(?#otherwise)\bMongooseError: (?!Operation )",
    ),
    "client.driver-defect": (
        r"(?#likely)Mongo\w{1,20}Error: [^\n]{1,200}(?:should never happen|[Pp]lease (?:report|file) a (?:bug|ticket))",
        # a TXT record is optional, and the driver does not know Bun's code for its absence
        r"(?#likely)\btxt lookup failed: No data record",
        r"(?#likely)AuthContext must contain a valid nonce|Unable to continue SCRAM without",
        r"(?#otherwise)\bMongoRuntimeError: (?!Unable to (?!acquire)|Fail)|\bMongosh(?:Internal|Runtime)Error: ",
        rf"(?#otherwise)\b(?:Type|Range|Reference)?Error: {_MESSAGE}{_FRAME}{_PACKAGES}",
    ),
}
