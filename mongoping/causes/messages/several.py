"""Messages that several drivers print, in the same or in similar words."""

from __future__ import annotations

_NOT_WITH = r"(?:can ?not|can't|must not|may not|should not) (?:both )?be"

SAYS: dict[str, tuple[str, ...]] = {
    "uri.invalid-option": (
        r"Unknown option:? \w",
        r"The value of \w{1,60}+ must be (?:an integer|'true' or|a (?:positive|non negative))",
        r"authMechanism must be in \(",
        r"is not a valid read preference",
        r"authSource database cannot be an empty string",
        r"CANONICALIZE_HOST_NAME '[^'\n]{0,80}+' not in valid options",
        r"heartbeatFrequencyMS cannot be less than",
        r"invalid value for \W?\w{1,60}\W?: ",
        r"Invalid read preference mode|to be stringified (?:int|bool)\w{0,5} value",
        r"unexpected keyword argument \W?(?:ssl|tls)_?\w{1,60}",
        r"\b\w{1,60} is an invalid option|Invalid connection string option value",
        r"\boptions? \[?\w{1,60}+(?:, ?\w{1,60}+){0,20}+\]? (?:is|are) not supported",
        r"connection string contains an? invalid (?:option|value|read preference)",
        r"\bhas an invalid (?:boolean |int32 |int64 |double |TimeSpan )?(?:\w{1,30} )?value of\b",
        r"connection string \W?\w{1,80}\W? (?:option|argument) (?:must be|can be one of|cannot be)",
        r"(?:Value for )?URI option \S{1,200} (?:contains|cannot be empty|cannot appear)",
        r"connection string option is not a .key=value. pair|is missing the value delimiter",
        r"(?#likely)\b[a-z]\w{1,60} (?:can only be a positive int|must be either \W?true|must be an? (?:non-negative|positive) (?:int|number))",
        r"(?#likely)Wrong type for \w{1,60}, value must be",
        r"(?#likely)\b(?:[Uu]nsupported|[Uu]nknown|[Ii]nvalid) (?:URI option|compressor\b|uuid representation|read preference|server monitoring mode|readConcern|server ?API version|localThreshold\w*)",
        r"is not a valid (?:compression mechanism|server monitoring mode)",
        r"(?#likely)(?:[Mm]ax ?staleness\w{0,7}|heartbeatFrequencyMS)\b[^\n]{0,80}\bmust (?:be|exceed)",
        r"(?#likely)[Rr]ead preference (?:mode|tags?)\b[^\n]{0,60}(?:must be|is required|invalid)|readPreference mode is required",
        r"\boption \W?\w{1,60}\W? (?:is not known|was repeated)|repeated options are not allowed",
        r"(?#likely)(?:zlibCompressionLevel|srvMaxHosts|maxPoolSize|maxConnecting)\W{0,2} (?:must|cannot|can't|is required)",
        r"does not support (?:the option )?(?:socketTimeoutMS|waitQueueTimeoutMS)\b",
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
        rf"(?#likely)\w\W? {_NOT_WITH} (?:set|specified|used|combined|present|given|provided) (?:together |along )?(?:with|when|if|unless|without|on|to \w{{1,20}} with)\b",
        rf"(?#likely){_NOT_WITH} used together|(?:can|must)(?:not)? both be (?:specified|set|present)|{_NOT_WITH} (?:specified|present) simultaneously|cannot both be (?:true|present|set|specified)",
        r"(?#likely)\b[a-z]\w{1,60}+\W? (?:can|may|must) only be (?:set|specified|used) with",
        r"[Cc]onflicting (?:tls and ssl|client options|topology options|option)|are mutually exclusive",
        r"illegal argument combination: cannot specify \S{1,40} and --uri",
        r"Direct connections are not supported when using|SRV cannot be used with direct|direct connection cannot be made if an SRV|SRV-style URI with directConnection",
        r"Only one host can be specified with|cannot specify multiple seeds with|Multiple hosts cannot be specified when|cannot be used with multiple seeds|must not contain more than one host",
        r"Cannot (?:combine|limit|use) (?:replicaSet|srv\w{0,15})\b[^\n]{0,80}\bwith\b",
        r"non-?SRV (?:URI|connection string)",
        r"\bset along with tlsInsecure|has already been configured with a different value",
        r"minPoolSize must be less|MaxConnectionPoolSize must be greater",
        r"enabled must not contain option|conflicts with canonical name",
        r"does not support passwords|(?:[Pp]assword|username)(?: must)? (?:is )?not (?:be )?(?:allowed|accepted|set|specified|provided)? ?(?:for|with) (?:the )?(?:\S{1,20} )?(?:MONGODB-|GSSAPI|mechanism|auth mechanism)",
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
    "uri.empty-credentials": (
        r"No username (?:is )?provided (?:in|for)|contains an at-sign \(@\) without a user",
        r"(?#likely)\b[Uu]ser ?name (?:is required|must be non-empty|can(?:not| not|'t) be (?:null|empty)|must not be null)",
        r"(?#likely)\b[Pp]assword (?:is required|can(?:not| not|'t) be (?:null|empty)|must not be (?:null|empty))",
        r"No password (?:is )?provided for|(?:credential|mechanism) (?:must have|requires) a (?:non-empty )?(?:username|password)",
        r"Empty username is not supported|username cannot be provided without password|username is provided but password",
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
        r"URLDecoder: (?:Incomplete trailing escape|Illegal hex)",
        r"unsupported characters in the (?:user ?name|password)",
        r"(?:[Uu]ser ?name|[Pp]assword) must not have unescaped|cannot contain unescaped %|(?:must|should) be URL encoded",
        r"(?:Truncated|Invalid) %.{0,3}sequence|Invalid %{1,2} escape sequence",
        r"(?#likely)malformed (?:percent|URI sequence)|invalid percent.encod|URIError: URI malformed",
        r"(?:Username|Password) must not have unescaped|\b(?:username|password) cannot contain "
        r"unescaped %",
        r"(?#likely)error parsing uri: invalid (?:username|password): ",
        r"(?#likely)\bAt offset \w{1,9}: (?:Truncated|Invalid) %|Invalid %{1,2} escape sequence",
    ),
    "uri.missing-host": (
        r"must contain at least one host\b|Empty hostname in URI|the hostname cannot be empty",
        r"No valid host in the URI|clusters with no seeds are prohibited|[Nn]o hosts? (?:was|were) (?:given|specified|provided) in the (?:URI|connection string)",
        r"invalid server address[^\n]{0,200}hostname cannot be empty|\bEmpty hostname in URI"
        r"|\bNo valid host in the URI",
    ),
    "uri.invalid-port": (
        r"[Ii]nvalid port (?:string )?'[^'\n]{0,80}'|Port string is not a valid integer",
        r"Port number (?:cannot be zero|is out-of-range)|hostname can only be followed by a port",
        r"error parsing uri: port must be|\bInvalid port string '|from URI: invalid port '"
        r"|hostname can only be followed by a port\b",
        r"(?#possible)\bPort (?:number cannot be zero|string is not a valid integer"
        r"|number is out-of-range)",
    ),
    "uri.srv-with-port": (
        r"mongodb\+srv protocol can ?not contain a port|[Pp]ort cannot be specified with .mongodb\+srv",
        r"srvHost can ?not contain a host name that specifies a port",
        r"port cannot be (?:specified|used|given) with \W?mongodb\+srv",
    ),
    "uri.srv-multiple-hosts": (
        r"exactly one host must be specified with .mongodb\+srv",
        r"mongodb\+srv schema Uri requires only one host",
        r"(?:exactly|only) one host must be \w{1,20}+ with \W?mongodb\+srv"
        r"|mongodb\+srv schem[ae] Uri requires only one",
    ),
    "uri.invalid-scheme": (
        r"unsupported connection string scheme|Unexpected scheme in url|only valid schemas for Db",
        r"Invalid scheme (?:in uri|')|strings must start with either|URI must be a string, not nil|Cannot parse an empty URI",
        r"unsupported connection string scheme|Unexpected scheme in url|only valid schemas for Db"
        r"|MongoDart Error: Invalid scheme|URIParsingException[^\n]{0,60}Invalid scheme",
    ),
    "uri.srv-host-too-short": (r"Invalid (?:DNS|SRV) service name\b",),
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
    "dns.srv-empty": (
        r"No (?:matching )?SRV records|No hosts were found in the SRV record",
        r"SRV response did not contain any valid hosts|missing SRV detail",
        r"SRV lookup for \S{1,300} returned no records|No (?:matching )?SRV records for \"",
        r"(?#likely)missing SRV detail",
    ),
    "dns.srv-parent-domain-mismatch": (
        r"host must be subdomain of service name|is not (?:a )?subdomain of",
        r"at least one more domain level than parent|Different domain detected in DNS SRV",
        r"Invalid host returned by SRV",
        r"should have more domain levels than parent|host must be subdomain of service"
        r"|Different domain detected in DNS SRV|\bis not subdomain of \w",
        r"mongoc: Invalid host returned by SRV",
        r"(?#likely)SRV response did not contain any valid hosts",
    ),
    "dns.txt-invalid": (
        r"TXT records? is only permitted to contain|prohibited in TXT records?",
        r"Cannot have empty URI params in DNS TXT|(?:Multiple|Only 1) TXT records?\b|missing TXT detail",
        r"multiple records from TXT|Multiple TXT records|TXT lookup for \S{1,300} returned more",
        r"(?:invalid|in|prohibited in) TXT records?$|\" prohibited in TXT record"
        r"|Invalid TXT (?:record|string) size",
        r"TXT record (?:string|option) '",
        r"(?#likely)from TXT record \"[^\"\n]{1,300}\"",
    ),
    "dns.srv-not-found": (r"(?#possible)contact the DNS server or the host \"",),
    "dns.timeout": (r"(?#possible)MongoDart Error: Impossible to contact the DNS server",),
    "dns.host-not-found": (r"No DNS results for domain ",),
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
    "auth.dependency-missing": (
        r"requires libmongoc built with ENABLE_SASL|only supported with the (?:\S{1,20}-auth) feature",
        r"GSSAPI (?:support not enabled during build|is not supported on)",
        r"This JDK does not support the \S{1,30} SASL mechanism|No platform support for \S{1,30} mechanism",
        r"crypto module is required for SCRAM|kerberos module (?:is )?(?:not found|required)",
        r"Cannot find module '(?:kerberos|aws4|@aws-sdk/credential-providers|gcp-metadata)'",
        r"NoClassDefFoundError[^\n]{0,80}(?:software/amazon/awssdk|com/amazonaws)",
        r"mechanism requires libmongoc built with ENABLE_|\bGSSAPI support not enabled during build",
        r"\bauth is only supported with the [\w-]{1,30} feature flag|\bGSSAPI is not supported on ",
    ),
    "auth.aws-credentials": (
        r"(?#likely)\bAWS_(?:WEB_IDENTITY|ROLE|SESSION|CONTAINER|ACCESS|SECRET)\w{0,40} (?:is|are|and) \w",
        r"(?#likely)EC2 metadata|retrieve E(?:C2|CS) keys|[Ii]nvalid STS host|\bsts host (?:must|cannot)",
        r"(?#likely)[Uu]nable to obtain AWS cred|secretAccessKey is required|no (?:valid )?credential provider",
        r"\b(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY) is set, but (?:SECRET_)?ACCESS_KEY(?:_ID)? is missing",
        r"(?#likely)failed to retrieve web identity keys",
        r"\bAWS_(?:WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|SESSION_TOKEN"
        r"|CONTAINER_CREDENTIALS_RELATIVE_URI)\b[^\n]{0,80}\b(?:is|are) missing",
        r"(?#likely)(?:unable|failed) to retrieve (?:token from EC2|role_name from|EC2 keys"
        r"|ECS keys)|\bAssumeRoleWithWebIdentity\b",
        r"(?#likely)\b(?:invalid STS|sts) host\b",
    ),
    "auth.oidc": (
        r"(?#likely)Mongo(?:OIDC|Azure|GCP)Error|OIDC (?:callback|human|machine)\b|OIDC(?:Machine|Human)?Callback\b",
        r"(?#likely)\b(?:Azure|GCE|GCP)\b[^\n]{0,60}(?:metadata|IMDS|identity provider|endpoint|OIDC)",
        r"(?#likely)ALLOWED_HOSTS|not permitted by \S{1,40}ALLOWED",
        r"(?#likely)\bK8s token file\b",
        r"(?#likely)\bOIDC (?:callback|token|access token|authentication|provider|reply)",
        r"(?#likely)\bOIDC(?:Machine|Human)Callback\b|\bALLOWED_HOSTS\b",
        r"(?#likely)\b(?:Azure|GCP) (?:Identity Provider|OIDC|IDMS)\b|\bbuilt-in OIDC\b",
    ),
    "auth.kerberos": (
        r"(?#likely)SSPI (?:service|data)|initializing (?:sspi|SASL client|GSSAPI)|InitializeSecurityContext failed",
        r"(?#likely)Unable to canonicalize host|Failed to login Subject|acquire credentials handle",
        r"(?#likely)\b(?:initializ\w{1,3} sspi|SSPI: \w|SSPI service|SSPI data)"
        r"|auth error: unable to canonicalize hostname|auth error: error creating gssapi",
        r"CANONICALIZE_HOST_NAME and SERVICE_HOST",
        r"(?#likely)(?:CANONICALIZE_HOST_NAME|SERVICE_REALM) is not supported when",
    ),
    "auth.mechanism-unavailable": (
        r"[Ii]nvalid mechanism (?:string|\W?\")|not a supported authentication mechanism",
        r"AuthMechanism '\S{1,30}' not supported|authMechanism \S{1,30} not supported|[Uu]nknown authenticator:|No AuthProvider for",
        r"MONGODB-CR\W{0,2} is (?:deprecated|no longer)|authentication scheme is not supported",
        r"failure to negotiate mechanism|Unsupported MongoAuthenticationMechanism",
        r"auth error: unknown authenticator|MONGODB-CR\"? is (?:no longer available|deprecated)"
        r"|\binvalid mechanism string: ",
        r"authentication scheme is not supported : |SASL Failure: invalid mechanism",
        r"(?#likely)SASL Failure: failure to negotiate mechanism",
    ),
    "auth.wrong-auth-source": (
        r"auth(?:entication)? ?source must be \W?\$external|source must be (?:empty or )?\W{0,2}\$external",
        r"only \$external may be specified as an auth|requires an? (?:authSource of )?\W{0,2}\$external",
        r"is an invalid auth source for|[Ii]nvalid authSource for \S{1,80}, it must be",
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
    "client.python-ssl-missing": (
        r"(?:TLS|SSL) (?:is )?not enabled in this build|not built with (?:TLS|SSL) support",
        r"requires libmongoc built with ENABLE_SSL|built without (?:TLS|SSL|OpenSSL) support",
        r"[Ss]cheme \W?ssl\W? not supported|Unable to find the socket transport .ssl.",
    ),
    "client.compressor-missing": (
        r"(?:snappy|zlib|zstd)\w{0,8} (?:is )?(?:compression )?(?:is )?not compiled in|without the (?:zlib|snappy|zstd)-compression feature",
        r"(?:DllNotFound|FileNotFound|TypeLoad)Exception[^\n]{0,120}(?:Snappier|ZstdSharp|snappy|zstd)",
        r"\b(?:snappy|zlib|zstd) compression is not compiled in",
        r"\w{3,10}-compression feature flag",
    ),
    "client.no-sockets": (
        r"does not support Node\.js '(?:net|tls|dns|crypto)' module",
        r"Module \W?(?:net|tls|dns)\W? has been externalized for browser",
        r"(?:Can't|Could not|Cannot) resolve \W{0,3}(?:node:)?(?:net|tls|dns)\W",
        r"(?:net\.Socket|tls\.connect|net\.createConnection) is not a (?:constructor|function)",
        r"Unsupported operation: (?:Socket|SecureSocket|InternetAddress)\b",
        r"\[unenv\] \S{1,40} is not implemented",
        r"Unsupported operation: (?:default SecurityContext|Socket|RawSocket|InternetAddress|SecureSocket)",
    ),
    "client.closed": (
        r"Kind: Client has been shut down|SessionProvider already closed",
        r"(?#likely)Invalid state: Connection already closed",
    ),
    "compat.server-too-old": (r"At least MongoDb version [\d.]{1,9} is required",),
    "pool.timeout": (r"(?#likely); total connections: \w{1,12}, maxPoolSize: ",),
}
