"""Words of the drivers about connection strings and logins, for `Cause.says`.

They follow the messages that the drivers' sources contain for these causes.
"""

_NOT_WITH = r"(?:can ?not|can't|must not|may not|should not) (?:both )?be"

INVALID_OPTION = (
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
)
CONFLICT = (
    rf"(?#likely)\w\W? {_NOT_WITH} (?:set|specified|used|combined|present|given|provided) (?:together |along )?(?:with|when|if|unless|without|on|to \w{{1,20}} with)\b",
    rf"(?#likely){_NOT_WITH} used together|(?:can|must)(?:not)? both be (?:specified|set|present)|{_NOT_WITH} (?:specified|present) simultaneously|cannot both be (?:true|present|set|specified)",
    r"(?#likely)\b[a-z]\w{1,60}+\W? (?:can|may|must) only be (?:set|specified|used) with",
    r"[Cc]onflicting (?:tls and ssl|client options|topology options|option)|are mutually exclusive",
    r"Direct connections are not supported when using|SRV cannot be used with direct|direct connection cannot be made if an SRV|SRV-style URI with directConnection",
    r"Only one host can be specified with|cannot specify multiple seeds with|Multiple hosts cannot be specified when|cannot be used with multiple seeds|must not contain more than one host",
    r"Cannot (?:combine|limit|use) (?:replicaSet|srv\w{0,15})\b[^\n]{0,80}\bwith\b",
    r"non-?SRV (?:URI|connection string)",
    r"\bset along with tlsInsecure|has already been configured with a different value",
    r"minPoolSize must be less|MaxConnectionPoolSize must be greater",
    r"enabled must not contain option|conflicts with canonical name",
    r"does not support passwords|(?:[Pp]assword|username)(?: must)? (?:is )?not (?:be )?(?:allowed|accepted|set|specified|provided)? ?(?:for|with) (?:the )?(?:\S{1,20} )?(?:MONGODB-|GSSAPI|mechanism|auth mechanism)",
)
EMPTY_LOGIN = (
    r"No username (?:is )?provided (?:in|for)|contains an at-sign \(@\) without a user",
    r"(?#likely)\b[Uu]ser ?name (?:is required|must be non-empty|can(?:not| not|'t) be (?:null|empty)|must not be null)",
    r"(?#likely)\b[Pp]assword (?:is required|can(?:not| not|'t) be (?:null|empty)|must not be (?:null|empty))",
    r"No password (?:is )?provided for|(?:credential|mechanism) (?:must have|requires) a (?:non-empty )?(?:username|password)",
    r"Empty username is not supported|username cannot be provided without password|username is provided but password",
)
UNESCAPED = (
    r"URLDecoder: (?:Incomplete trailing escape|Illegal hex)",
    r"unsupported characters in the (?:user ?name|password)",
    r"(?:[Uu]ser ?name|[Pp]assword) must not have unescaped|cannot contain unescaped %|(?:must|should) be URL encoded",
    r"(?:Truncated|Invalid) %.{0,3}sequence|Invalid %{1,2} escape sequence",
    r"(?#likely)malformed (?:percent|URI sequence)|invalid percent.encod|URIError: URI malformed",
)
MISSING_HOST = (
    r"must contain at least one host\b|Empty hostname in URI|the hostname cannot be empty",
    r"No valid host in the URI|clusters with no seeds are prohibited|[Nn]o hosts? (?:was|were) (?:given|specified|provided) in the (?:URI|connection string)",
)
INVALID_PORT = (
    r"[Ii]nvalid port (?:string )?'[^'\n]{0,80}'|Port string is not a valid integer",
    r"Port number (?:cannot be zero|is out-of-range)|hostname can only be followed by a port",
)
SRV_WITH_PORT = (
    r"mongodb\+srv protocol can ?not contain a port|[Pp]ort cannot be specified with .mongodb\+srv",
    r"srvHost can ?not contain a host name that specifies a port",
)
SRV_HOSTS = (
    r"exactly one host must be specified with .mongodb\+srv",
    r"mongodb\+srv schema Uri requires only one host",
)
SCHEME = (
    r"unsupported connection string scheme|Unexpected scheme in url|only valid schemas for Db",
    r"Invalid scheme (?:in uri|')|strings must start with either|URI must be a string, not nil|Cannot parse an empty URI",
)
SRV_EMPTY = (
    r"No (?:matching )?SRV records|No hosts were found in the SRV record",
    r"SRV response did not contain any valid hosts|missing SRV detail",
)
PARENT_DOMAIN = (
    r"host must be subdomain of service name|is not (?:a )?subdomain of",
    r"at least one more domain level than parent|Different domain detected in DNS SRV",
    r"Invalid host returned by SRV",
)
TXT = (
    r"TXT records? is only permitted to contain|prohibited in TXT records?",
    r"Cannot have empty URI params in DNS TXT|(?:Multiple|Only 1) TXT records?\b|missing TXT detail",
)
NO_TLS = (
    r"(?:TLS|SSL) (?:is )?not enabled in this build|not built with (?:TLS|SSL) support",
    r"requires libmongoc built with ENABLE_SSL|built without (?:TLS|SSL|OpenSSL) support",
    r"[Ss]cheme \W?ssl\W? not supported|Unable to find the socket transport .ssl.",
)
NO_COMPRESSOR = (
    r"(?:snappy|zlib|zstd)\w{0,8} (?:is )?(?:compression )?(?:is )?not compiled in|without the (?:zlib|snappy|zstd)-compression feature",
    r"(?:DllNotFound|FileNotFound|TypeLoad)Exception[^\n]{0,120}(?:Snappier|ZstdSharp|snappy|zstd)",
)
NO_DEPENDENCY = (
    r"requires libmongoc built with ENABLE_SASL|only supported with the (?:\S{1,20}-auth) feature",
    r"GSSAPI (?:support not enabled during build|is not supported on)",
    r"This JDK does not support the \S{1,30} SASL mechanism|No platform support for \S{1,30} mechanism",
    r"crypto module is required for SCRAM|kerberos module (?:is )?(?:not found|required)",
    r"Cannot find module '(?:kerberos|aws4|@aws-sdk/credential-providers|gcp-metadata)'",
    r"NoClassDefFoundError[^\n]{0,80}(?:software/amazon/awssdk|com/amazonaws)",
)
AWS = (
    r"(?#likely)\bAWS_(?:WEB_IDENTITY|ROLE|SESSION|CONTAINER|ACCESS|SECRET)\w{0,40} (?:is|are|and) \w",
    r"(?#likely)EC2 metadata|retrieve E(?:C2|CS) keys|[Ii]nvalid STS host|\bsts host (?:must|cannot)",
    r"(?#likely)[Uu]nable to obtain AWS cred|secretAccessKey is required|no (?:valid )?credential provider",
)
OIDC = (
    r"(?#likely)Mongo(?:OIDC|Azure|GCP)Error|OIDC (?:callback|human|machine)\b|OIDC(?:Machine|Human)?Callback\b",
    r"(?#likely)\b(?:Azure|GCE|GCP)\b[^\n]{0,60}(?:metadata|IMDS|identity provider|endpoint|OIDC)",
    r"(?#likely)ALLOWED_HOSTS|not permitted by \S{1,40}ALLOWED",
)
KERBEROS = (
    r"(?#likely)SSPI (?:service|data)|initializing (?:sspi|SASL client|GSSAPI)|InitializeSecurityContext failed",
    r"(?#likely)Unable to canonicalize host|Failed to login Subject|acquire credentials handle",
)
MECHANISM = (
    r"[Ii]nvalid mechanism (?:string|\W?\")|not a supported authentication mechanism",
    r"AuthMechanism '\S{1,30}' not supported|authMechanism \S{1,30} not supported|[Uu]nknown authenticator:|No AuthProvider for",
    r"MONGODB-CR\W{0,2} is (?:deprecated|no longer)|authentication scheme is not supported",
    r"failure to negotiate mechanism|Unsupported MongoAuthenticationMechanism",
)
AUTH_SOURCE = (
    r"auth(?:entication)? ?source must be \W?\$external|source must be (?:empty or )?\W{0,2}\$external",
    r"only \$external may be specified as an auth|requires an? (?:authSource of )?\W{0,2}\$external",
    r"is an invalid auth source for|[Ii]nvalid authSource for \S{1,80}, it must be",
)
NO_SOCKETS = (
    r"does not support Node\.js '(?:net|tls|dns|crypto)' module",
    r"Module \W?(?:net|tls|dns)\W? has been externalized for browser",
    r"(?:Can't|Could not|Cannot) resolve \W{0,3}(?:node:)?(?:net|tls|dns)\W",
    r"(?:net\.Socket|tls\.connect|net\.createConnection) is not a (?:constructor|function)",
    r"Unsupported operation: (?:Socket|SecureSocket|InternetAddress)\b",
    r"\[unenv\] \S{1,40} is not implemented",
)
