"""Messages of the Go, Rust, C, Dart and Scala drivers and the database tools, by cause.

Those of conflicting options are of all drivers.

These patterns extend ``says`` of the causes; `mongoping.explaining.patterns` describes the syntax.
"""

from __future__ import annotations

SAYS: dict[str, tuple[str, ...]] = {
    "uri.invalid-scheme": (
        r"unsupported connection string scheme|Unexpected scheme in url|only valid schemas for Db"
        r"|MongoDart Error: Invalid scheme|URIParsingException[^\n]{0,60}Invalid scheme",
    ),
    "uri.missing-host": (
        r"invalid server address[^\n]{0,200}hostname cannot be empty|\bEmpty hostname in URI"
        r"|\bNo valid host in the URI",
    ),
    "uri.invalid-port": (
        r"error parsing uri: port must be|\bInvalid port string '|from URI: invalid port '"
        r"|hostname can only be followed by a port\b",
        r"(?#possible)\bPort (?:number cannot be zero|string is not a valid integer"
        r"|number is out-of-range)",
    ),
    "uri.srv-with-port": (r"port cannot be (?:specified|used|given) with \W?mongodb\+srv",),
    "uri.srv-multiple-hosts": (
        r"(?:exactly|only) one host must be \w{1,20}+ with \W?mongodb\+srv"
        r"|mongodb\+srv schem[ae] Uri requires only one",
    ),
    "uri.srv-host-too-short": (r"Invalid (?:DNS|SRV) service name\b",),
    "uri.empty-credentials": (
        r"\b(?:username|password) required (?:for (?:GSSAPI|PLAIN|SCRAM|MONGO)|if URI contains)",
        r"No (?:username|password) provided for [\w-]{1,30} auth"
        r"|Username for [\w-]{1,30} authentication must be",
        r"\b(?:username|password)(?: cannot be provided)? without (?:a )?(?:username|password)"
        r" (?:is invalid )?for MONGODB",
        r"'[A-Z0-9-]{4,20}' authentication mechanism requires a (?:non-empty )?(?:user|pass)",
        r"SCRAM Failure: username is not set"
        r"|username and mechanism both not provided, but auth",
    ),
    "uri.unescaped-credentials": (
        r"(?:Username|Password) must not have unescaped|\b(?:username|password) cannot contain "
        r"unescaped %",
        r"(?#likely)error parsing uri: invalid (?:username|password): ",
        r"(?#likely)\bAt offset \w{1,9}: (?:Truncated|Invalid) %|Invalid %{1,2} escape sequence",
    ),
    "uri.malformed": (
        r"error parsing uri: must have a [/?] (?:before|separator)",
        r"error parsing uri: invalid (?:database|host)\b|Invalid database specifier"
        r"|illegal character in database name",
        r"URI option \"[^\"\n]{1,300}\" contains no \"|is not a 'key=value' pair"
        r"|repeated options are not allowed in the conn",
        r"missing closing '\]' in IP|Missing closing bracket '\]'|Mising closing bracket"
        r"|Must start with a bracket '\['|content following closing bracket '\]'",
        r"Unix Domain Sockets must be escaped|(?:Hostname|literal) provided in URI is too long",
        r"unix sockets cannot be used with 'mongodb\+srv",
        r"(?#likely)Invalid host specifier \W|Invalid IPv6 literal address"
        r"|invalid server address |URIParsingException[^\n]{0,60}Could not parse URI",
        r"(?#possible)mongoc: (?:Error parsing URI: '|Failed to parse uri for )"
        r"|error parsing URI from ",
    ),
    "uri.invalid-option": (
        r"\bmax[_ ]?staleness(?:Seconds)?\b[^\n]{0,60}\bmust be\b",
        r"\bheartbeat_?Freq(?:uencyMS)?'? must (?:be|exceed)\b",
        r"(?:invalid|unknown|unsupported|not a valid) (?:server )?(?:monitoring|read preference) "
        r"mode\b",
        r"Unsupported value for authMechanism '",
        r"authSource must be non-?empty|empty authSource provided",
        r"source must be (?:empty or )?\$external|requires \"\$external\" authSource"
        r"|only \$external may be specified",
        r"error parsing uri: invalid (?:option\b|auth|'\w{1,30}' value)"
        r"|error parsing uri: must have at least \d compressor",
        r"srvServiceName value must be",
        r"connection string `[^`\n]{1,200}` (?:option|argument) (?:must|can|cannot)\b",
        r"zlibCompressionLevel'? cannot be|Invalid (?:zlib|zstd) compression level",
        r"cannot specify (?:maxPoolSize|maxConnecting)=0",
        r"entry in authMechanismProperties must be|authentication mechanism property:? '"
        r"|not a valid property for [\w-]{1,30} authentication|has unrecognized \w{1,40} property",
        r"Invalid CANONICALIZE_HOST_NAME value|CANONICALIZE_HOST_NAME must be",
        r"(?:Value for|Failed to set|Cannot set|Error while parsing '\w{1,20}') URI option\b",
        r"mongoc: (?:(?:Unsupported|Empty) value (?:provided )?for|Unsupported URI option"
        r"|Invalid localThresholdMS|Cannot read 64-bit value|Invalid \"[^\"\n]{1,80}\" of )",
        r"mongoc: Setting value for 32-bit option|mongoc: Cannot set appname",
        r"\bUnsupported compressor: ",
        r"Rust driver does not support \w|must only be specified through client options",
        r"connection URI contains unsupported options|Could not parse invalid options '"
        r"|URIParsingException[^\n]{0,60}Invalid (?:URI options|duration)"
        r"|'heartbeatFrequencyMS' must be",
        r"TXT record option 'loadbalanced=",
    ),
    "uri.conflicting-options": (
        r"Cannot specify (?:multiple hosts|directConnection|replicaSet|both)\b",
        r"cannot be specified simultaneously",
        r"[Cc]an ?not specify conflicting values for URI options",
        r"TLS has not been enabled but the following",
        r"directConnection option requires exactly one host",
        r"direct connection cannot be made if multiple hosts",
        r"loadBalanced cannot be set to true if",
        r"[Cc]annot use srvMaxHosts option with",
        r"[Yy]ou cannot specify \w{1,60}+ with srvMaxHosts",
        r"option is only allowed with \W?mongodb\+srv",
        r"Read preference primary cannot be combined",
        r"minPoolSize must be smaller",
        r"Cannot set w to 0 and j",
        r"(?:Passwords? (?:is|are) not supported|does not support a password)\b",
        r"cannot be specified when CRL checking is enabled",
        r"All values of tls/ssl must be the same",
        r"option cannot be used with the '\w{1,60}' option",
        r"SRV URI does not support directConnection|only supported with a single host",
        r"srvMaxHosts (?:and \S{1,30} cannot|cannot be a positive value if)",
        r"\bwrite concern cannot have both w=0\b",
        r"\bdirectConnection=\S{1,20} conflict",
        r"(?:cannot specify srv\w{5,12} on|(?:cannot|not) be specified with) a? ?non-SRV URI",
        r"\btls and ssl options\b[^\n]{0,40}\bequivalent",
        r"\bpasswords? (?:cannot|must not|may not) be (?:specified|set) (?:for|with)\b"
        r"|should not provide a password when authenticating",
        r"'[A-Z0-9-]{4,20}' authentication mechanism does not accept a",
        r"cannot have mechanism properties|token without username and password is invalid",
        r"\bURI option (?:must be provided if the|cannot be provided along with)\b",
        r"direct connection cannot be made if an? SRV|SRV-style URI with directConnection",
        r"minPoolSize must be less",
        r"\bhedge with mode primary|without also setting read preference mode",
        r"multiple seeds with (?:directConnection|loadBalanced)",
        r"\bcannot set \S{1,60} (?:if other TLS options are set|(?:if|when) TLS is disabled)"
        r"|can't be set if tls=false",
        r"cannot set both \S{1,60} and \S{1,60} in the connection string",
        r"cannot be set if proxy\w{1,20} is|proxy username and password must both"
        r"|empty username or password for proxy"
        r"|non-TCP address when connected to a proxy",
        r"\" enabled must not contain (?:option|more than one host)",
        r"conflicts with canonical name '|different \S{1,40} in connection URI and command-line",
        r"too many URIs found in positional|must be enabled to specify tlsCertificateKeyFile",
        r"Missing tlsCertificateKeyFile parameter|but no database name in URI",
    ),
    "dns.srv-empty": (
        r"SRV lookup for \S{1,300} returned no records|No (?:matching )?SRV records for \"",
        r"(?#likely)missing SRV detail",
    ),
    "dns.srv-not-found": (r"(?#possible)contact the DNS server or the host \"",),
    "dns.timeout": (r"(?#possible)MongoDart Error: Impossible to contact the DNS server",),
    "dns.host-not-found": (r"No DNS results for domain ",),
    "dns.srv-parent-domain-mismatch": (
        r"should have more domain levels than parent|host must be subdomain of service"
        r"|Different domain detected in DNS SRV|\bis not subdomain of \w",
        r"mongoc: Invalid host returned by SRV",
        r"(?#likely)SRV response did not contain any valid hosts",
    ),
    "dns.txt-invalid": (
        r"multiple records from TXT|Multiple TXT records|TXT lookup for \S{1,300} returned more",
        r"(?:invalid|in|prohibited in) TXT records?$|\" prohibited in TXT record"
        r"|Invalid TXT (?:record|string) size",
        r"TXT record (?:string|option) '",
        r"(?#likely)from TXT record \"[^\"\n]{1,300}\"",
    ),
    "auth.aws-credentials": (
        r"\b(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY) is set, but (?:SECRET_)?ACCESS_KEY(?:_ID)? is missing",
        r"(?#likely)failed to retrieve web identity keys",
        r"\bAWS_(?:WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|SESSION_TOKEN"
        r"|CONTAINER_CREDENTIALS_RELATIVE_URI)\b[^\n]{0,80}\b(?:is|are) missing",
        r"(?#likely)(?:unable|failed) to retrieve (?:token from EC2|role_name from|EC2 keys"
        r"|ECS keys)|\bAssumeRoleWithWebIdentity\b",
        r"(?#likely)\b(?:invalid STS|sts) host\b",
    ),
    "auth.oidc": (
        r"(?#likely)\bK8s token file\b",
        r"(?#likely)\bOIDC (?:callback|token|access token|authentication|provider|reply)",
        r"(?#likely)\bOIDC(?:Machine|Human)Callback\b|\bALLOWED_HOSTS\b",
        r"(?#likely)\b(?:Azure|GCP) (?:Identity Provider|OIDC|IDMS)\b|\bbuilt-in OIDC\b",
    ),
    "auth.kerberos": (
        r"(?#likely)\b(?:initializ\w{1,3} sspi|SSPI: \w|SSPI service|SSPI data)"
        r"|auth error: unable to canonicalize hostname|auth error: error creating gssapi",
        r"CANONICALIZE_HOST_NAME and SERVICE_HOST",
        r"(?#likely)(?:CANONICALIZE_HOST_NAME|SERVICE_REALM) is not supported when",
    ),
    "auth.dependency-missing": (
        r"mechanism requires libmongoc built with ENABLE_|\bGSSAPI support not enabled during build",
        r"\bauth is only supported with the [\w-]{1,30} feature flag|\bGSSAPI is not supported on ",
    ),
    "auth.mechanism-unavailable": (
        r"auth error: unknown authenticator|MONGODB-CR\"? is (?:no longer available|deprecated)"
        r"|\binvalid mechanism string: ",
        r"authentication scheme is not supported : |SASL Failure: invalid mechanism",
        r"(?#likely)SASL Failure: failure to negotiate mechanism",
    ),
    "auth.failed": (
        r"(?#likely)SCRAM Failure: authentication failure in|SCRAM-SHA-\d{1,3} failure: "
        r"[^\n]{0,40}Authentication fail|mongoc: Failed authentication to",
        r"(?#possible)\bNo authenticated channel\b",
    ),
    "auth.iteration-count": (
        r"SCRAM Failure: iterations (?:must be|is negative)|unable to parse iterations in sasl",
    ),
    "auth.password-characters": (r"(?#likely)\berror SASLprepping password",),
    "client.compressor-missing": (
        r"\b(?:snappy|zlib|zstd) compression is not compiled in",
        r"\w{3,10}-compression feature flag",
    ),
    "client.closed": (
        r"Kind: Client has been shut down|SessionProvider already closed",
        r"(?#likely)Invalid state: Connection already closed",
    ),
    "tls.bad-key-file": (
        r"mongoc: (?:Cannot load private key|Couldn't find valid private key|Can't associate private key)",
        r"(?#likely)mongoc: (?:Failed to (?:open|read|seek in) file|Can't open CA store|Failed to decode)",
        r"\bfailed to find (?:CERTIFICATE|PRIVATE KEY)$|\bCA file does not contain any valid cert"
        r"|certificates file does not contain any valid cert",
        r"no password provided to decrypt private key|No encrypted private keys found"
        r"|error encoding private key as PEM",
        r"mongoc: (?:Cannot find|Can't find public|Couldn't find) certificate in '"
        r"|mongoc: Failed (?:importing PEM|to attach key|adding the cert)"
        r"|mongoc: Unexpected EOF reading file: '|mongoc: Could not convert certificate",
        r"(?:can't load (?:client certificate|CA file)|Cannot load Certificate Authorities)\b",
        r"(?#likely)X\.509 (?:key|certificate) must be less than",
    ),
    "tls.revoked": (
        r"(?#likely)TLS handshake failed: Failed OCSP verification",
        r"CSSMERR_TP_CERT_REVOKED",
    ),
    "tls.unknown-ca": (
        r"CSSMERR_TP_(?:NOT_TRUSTED|INVALID_ANCHOR)|TLS handshake failed: [^\n(]{0,60}\(-98(?:12|13)\)",
        r"(?#possible)Certificate trust failure: CSSMERR|TLS handshake failed: [^\n(]{0,60}\(-9807\)",
        r"(?#possible)TLS handshake failed: Failed certificate verification"
        r"|mongoc: SSL Certification verification failed",
    ),
    "topology.set-name-mismatch": (
        r"\breported set name '[^'\n]{1,100}' does not match"
        r"|replicaSet name \S{1,100} does not match actual name",
        r"(?#also)\bno reported set name, but expected",
    ),
    "topology.not-a-replica-set": (r"(?#likely)\bno reported set name, but expected",),
    "topology.load-balanced-mismatch": (r"server is not in Load Balanced mode",),
    "topology.no-primary": (
        r"(?#likely)No primary node is available|MongoDart Error: No master connection"
        r"|No active channel can be found to the primary node",
    ),
    "compat.server-too-old": (r"At least MongoDb version [\d.]{1,9} is required",),
    "pool.timeout": (r"(?#likely); total connections: \w{1,12}, maxPoolSize: ",),
    "client.no-sockets": (
        r"Unsupported operation: (?:default SecurityContext|Socket|RawSocket|InternetAddress|SecureSocket)",
    ),
    "tls.crl-invalid": (r"mongoc: (?:Couldn't find|Can't extract) CRL in '",),
    "tls.certificate-expired": (
        r"CSSMERR_TP_CERT_EXPIRED|TLS handshake failed: [^\n(]{0,60}\(-9814\)",
    ),
    "tls.certificate-not-yet-valid": (
        r"CSSMERR_TP_CERT_NOT_VALID_YET|TLS handshake failed: [^\n(]{0,60}\(-9815\)",
    ),
    "tls.hostname-mismatch": (
        r"CSSMERR_APPLETP_HOSTNAME_MISMATCH|TLS handshake failed: [^\n(]{0,60}\(-9843\)",
    ),
}
