"""Causes in the connection string itself, found before any traffic."""

from __future__ import annotations

from mongoping.causes._connection_strings import (
    ADD_SCHEME,
    ASK_PASSWORD,
    COMPARE,
    COPY,
    ENCODE_SOCKET,
    ENCODE_VALUES,
    EXCLUSIVE_REMEDIES,
    FIX_OPTION,
    FIX_PATH,
    FULL_NAME,
    GIVE_BOTH,
    HOST_VARIABLE,
    LEAVE_OUT,
    LET_READ,
    NAME_HOST,
    NO_LOGIN,
    OWN_CA,
    REMOVE_BEFORE,
    UNSET_VARIABLE,
    USE_SRV,
    USE_STANDARD,
    conflicting,
    empty_credentials,
    file_not_found,
    invalid_option,
    invalid_scheme,
    malformed_string,
    missing_host,
    refused_or_warned,
    risky,
    srv_host_too_short,
    srv_scheme_needed,
    with_correction,
)
from mongoping.model import Cause, Remedy

STRINGS = "https://www.mongodb.com/docs/manual/reference/connection-string/"
FORMATS = "https://www.mongodb.com/docs/manual/reference/connection-string-formats/"
SRV_FORMAT = FORMATS + "#srv-connection-format"
OPTIONS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
WRITE_CONCERN = "https://www.mongodb.com/docs/manual/reference/write-concern/"
ATLAS_STRING = "https://www.mongodb.com/docs/atlas/driver-connection/"
PYMONGO_TLS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"

ENCODE = Remedy(
    "Encode the password and put the result into the string:",
    command='python3 -c "from urllib.parse import quote; from getpass import getpass; '
    "print(quote(getpass(), safe=''))\"",
)
MOUNT = "In a container, mount the file, and use its path inside the container."
WRITE_PORT = "Write the port in digits, or omit it to use 27017."
DROP_PORT = "Remove the ':' and the port."
KEEP_NAME = "Keep only the name of the deployment, or of the cluster."

CAUSES = (
    Cause(
        code="uri.invalid-scheme",
        title="The connection string does not begin with mongodb:// or mongodb+srv://",
        explanation="A connection string starts with its scheme, in lower case. Drivers refuse it "
        "if quotes from an env file, a variable's name or a blank come first.",
        remedies=(
            REMOVE_BEFORE,
            ADD_SCHEME,
            COPY,
        ),
        links=(FORMATS,),
        when=invalid_scheme,
        says=(
            r"Invalid URI scheme",
            r"(?<![=&?/\w])mongodb(?:(?:%2b|\+)srv)?%3a(?:%2f){1,2}\S{1,400}:\d{2,5}: ",
            r"Invalid URI Schema",
            r"Invalid schem[ae], expected",
            r"scheme must be \W{0,2}mongodb",
            r"[Cc]onnection strings? must start with (?:either )?\W?mongodb",
            r"(?#likely)MongoParseError: Invalid connection string",
            r"Invalid protocol in URI",
            r"connection string contains no scheme",
            r"Invalid URI: (?!mongodb(?:\+srv)?://)\S",
            r"(?:Invalid|The) connection string:? [\"'](?!mongodb(?:\+srv)?://)\w",
        ),
    ),
    Cause(
        code="uri.srv-scheme-needed",
        title="An Atlas cluster's name needs mongodb+srv://",
        explanation="The short name of an Atlas cluster has SRV records, but no address. With "
        "mongodb:// the driver looks up an address, and finds none.",
        remedies=(
            USE_SRV,
            "If SRV lookups are not possible, use the string that lists every server "
            "(cluster0-shard-00-00...). Atlas shows it under Connect, Drivers, for old drivers.",
        ),
        links=(SRV_FORMAT, ATLAS_STRING),
        when=srv_scheme_needed,
        alternatives=("dns.host-not-found",),
        says=(
            r"(?#likely)(?:ENOTFOUND|UnknownHostException:?|no such host:?) "
            r"(?!_mongodb)(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+\.mongodb\.net\b",
            r"(?#likely)lookup (?!_mongodb)(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+"
            r"\.mongodb\.net\b[^\n]{0,80}: no such host",
            r"(?#likely)(?<![\w.-])(?!\S{0,80}-(?:shard-|pri\.|pl-\d)|pl-\d)(?!_mongodb)[a-z0-9][a-z0-9-]{0,60}+\.[a-z0-9]{4,8}+\.mongodb\.net"
            r":27017: \[Errno -?\d{1,5}+\] ⟨EAI_NO",
            r"(?#also)(?:ENOTFOUND|⟨EAI_NO\w{2,4}⟩|UnknownHostException:?|lookup) [^\n]{0,80}\bcluster\d{1,2}\.",
            r"(?#also)\bcluster\d{1,2}\.[\w.-]{1,200}:\d{2,5}: \[Errno -?\d",
        ),
    ),
    Cause(
        code="uri.srv-host-too-short",
        title="The name after mongodb+srv:// cannot be the name of a deployment",
        explanation="mongodb+srv:// needs a DNS name that has SRV records, such as "
        "cluster0.example.com. An IP address has none, and a name with fewer than three parts, "
        "such as localhost, is usually a single server; most drivers refuse both.",
        remedies=(USE_STANDARD, FULL_NAME),
        links=(SRV_FORMAT,),
        when=srv_host_too_short,
        says=(
            r"is not a valid hostname for \W?mongodb\+srv",
            r"hostname, domain name,? and tld",
            r"does not contain at least three parts",
            r"must have (?:at least )?(?:three|3) (?:or more )?(?:domain )?parts",
            r"_mongodb\._tcp\.(?:[\w-]{1,63}|\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\w)",
        ),
    ),
    Cause(
        code="uri.unescaped-credentials",
        title="The user name or password contains an unescaped reserved character",
        explanation="The characters : / ? # [ ] @ % are reserved in a connection string. In a user "
        "name or password they must be percent-encoded, or the driver splits the string in the "
        "wrong place. PyMongo also decodes '+' as a blank.",
        remedies=(
            ENCODE,
            "Write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, + as %2B.",
            Remedy(
                "Leave the password out of the string, and pass it separately, where it needs no "
                "encoding:",
                command="AsyncMongoClient(uri, password=PASSWORD)",
            ),
            ASK_PASSWORD,
        ),
        links=(STRINGS,),
        when=refused_or_warned("uri.unescaped-credentials"),
        alternatives=("uri.invalid-port",),
        says=(
            r"must be escaped according to RFC",
            r"(?:Username|Password|User info\w{0,12}+) contains? (?:an )?(?:illegal )?unescaped",
            r"(?#likely)URI malformed",
            r"unescaped (?:@ sign|slash|colon)",
            r"contains invalid user information",
            r"(?:username|password) must be (?:URL|percent).encoded",
            r"Invalid %-encoding in (?:username|password)",
            r"invalid URL escape",
            r"(?#likely)Bad database name \W?[^\n]{0,80}@",
            r"(?#likely)Unable to parse (?![^\s:]{0,200}:\d{1,9} |localhost:|[\w-]{1,63}\.)\S{1,300} with URL",
            r"(?#likely)mongodb-connection-string-url[\s\S]{0,400}Invalid connection string",
            r"(?#also)MongoParseError: Invalid connection string",
            r"(?#also)URI options are key=value pairs",
        ),
    ),
    Cause(
        code="uri.empty-credentials",
        title="The user name or password is missing",
        explanation="The string has a user without a password, a password without a user, or a "
        "mechanism that needs both. Often a variable was empty when the string was built.",
        remedies=(
            GIVE_BOTH,
            UNSET_VARIABLE,
            NO_LOGIN,
            "With GSSAPI or MONGODB-X509, which need no password, set authMechanism.",
        ),
        links=(STRINGS,),
        when=empty_credentials,
        says=(
            r"A password is required",
            r"empty string is not valid username",
            r"password can't be empty",
            r"\b(?:DEFAULT|PLAIN|GSSAPI|SCRAM-SHA-\d{1,3}+) requires a username",
            r"username without a password is not supported",
            r"(?#likely)MongoMissingCredentialsError(?!: (?:Could not obtain temporary|Reauth|Connection is))",
            r"username (?:cannot|can't|must not) be empty",
            # mongosh shows a star for each letter that is typed
            r"(?#likely)Enter password: ?(?=\n?Mongo\w{0,20}Error)[^\n]{0,120}",
        ),
    ),
    Cause(
        code="uri.placeholder-not-replaced",
        title="The connection string still contains a placeholder",
        explanation="A string copied from a page or a template has placeholders such as "
        "<password>, ${DB_HOST} or your-cluster. If they are not replaced, or replaced with "
        "undefined from an unset variable, drivers take them literally.",
        remedies=(
            "Replace the placeholder, including its brackets, with the real value.",
            "If the value comes from a variable, check that it is set where the program runs. "
            "Single quotes in a shell, and most env files, do not expand ${...}.",
            COPY,
        ),
        links=(ATLAS_STRING, STRINGS),
        when=refused_or_warned("uri.placeholder-not-replaced"),
        alternatives=("dns.host-not-found", "auth.failed"),
        says=(
            r"(?:ENOTFOUND|EAI_AGAIN|lookup|UnknownHostException:?) (?:undefined|null|None)\b",
            r"parameter to .{0,3}openUri\(\).{0,3} must be a string, got .{0,2}undefined",
            r"mongodb(?:\+srv)?://\S{0,300}?<(?:db_)?(?:user|username|password|cluster|host)[\w-]{0,40}+>",
            r"mongodb(?:\+srv)?://undefined\b",
            r"_mongodb\._tcp\.[^\s'\"]{0,80}[<>${}]",
            r"(?<![\w.-])(?:undefined|null|None):\d{2,5}: \[",
        ),
    ),
    Cause(
        code="uri.invalid-option",
        title="An option of the connection string is unknown or has an invalid value",
        explanation="Drivers know a fixed set of options, each with its type and range, and most "
        "drivers and mongosh refuse to connect with any other. PyMongo ignores such options with a "
        "Python warning that few programs show, and uses the default; it refuses a few values, such "
        "as an empty authSource.",
        remedies=(
            FIX_OPTION,
            "Replace the old names of options: ssl_ca_certs is now tlsCAFile, "
            "ssl_certfile and ssl_keyfile are tlsCertificateKeyFile, ssl_cert_reqs is "
            "tlsAllowInvalidCertificates.",
            "Write true and false in lower case, and times as integer milliseconds.",
        ),
        links=(OPTIONS,),
        when=invalid_option,
    ),
    Cause(
        code="uri.missing-host",
        title="The connection string has no host, or an empty one in its list",
        explanation="The hosts come after the scheme (or the '@') and before the '/', separated "
        "by single commas. Often a variable was empty when the string was built.",
        remedies=(
            NAME_HOST,
            HOST_VARIABLE,
            ENCODE_SOCKET,
        ),
        links=(FORMATS,),
        when=missing_host,
        says=(
            r"Must provide at least one hostname or IP",
            r"Empty host \(or extra comma",
            r"need to specify at least one host",
            r"must have at least 1 host",
            r"No hostname or hostnames provided",
            r"connection string contains (?:an )?empty host",
            r"Host component (?:is )?empty",
            r"Protocol and host list are required",
            r"Unable to parse :\d{1,5} with URL",
        ),
    ),
    Cause(
        code="uri.invalid-port",
        title="The port is not a number between 1 and 65535",
        explanation="The text after the ':' of a host is its port. If it is not a number, it is "
        "often a part of a password that was not percent-encoded.",
        remedies=(
            WRITE_PORT,
            "If it is a part of the password, percent-encode the password: '/' is %2F, '@' is %40.",
            UNSET_VARIABLE,
        ),
        links=(FORMATS,),
        when=with_correction("uri.invalid-port", WRITE_PORT),
        says=(
            r"Port must be an integer between",
            r"Port contains (?:whitespace|non-digit) character",
            r"Invalid port \((?:zero|larger than 65535)",
            r"invalid port \S{1,80}+ after host",
            r"port must be in the range",
            r"[Tt]he port '[^'\n]{0,80}' is not a valid",
            r"(?#likely)Unable to parse [^\s:@]{1,200}:\d{1,9} with URL",
            r"(?#likely)Unable to parse (?:localhost|[\w-]{1,63}+\.[\w.-]{1,200}+):\S{1,80}+ with URL",
            r"(?#also)Unable to parse \S{1,300} with URL",
        ),
    ),
    Cause(
        code="uri.srv-with-port",
        title="mongodb+srv:// does not allow a port",
        explanation="With mongodb+srv://, the ports of all servers come from the SRV records, so "
        "the string must not contain one.",
        remedies=(DROP_PORT, "For a single server, write mongodb:// and keep the port."),
        links=(SRV_FORMAT,),
        when=with_correction("uri.srv-with-port", DROP_PORT),
        says=(
            r"URIs must not include a port number",
            r"Ports not accepted with \W?mongodb\+srv",
            r"URI with srv must not include a port",
            r"mongodb\+srv URI cannot have (?:a )?port",
            r"[Pp]ort (?:number )?(?:is )?not (?:permitted|allowed) (?:\w{1,20}+ )?\W?mongodb\+srv",
        ),
    ),
    Cause(
        code="uri.srv-multiple-hosts",
        title="mongodb+srv:// allows only one host name",
        explanation="With mongodb+srv://, the list of servers comes from the SRV records of the "
        "one name in the string.",
        remedies=(
            KEEP_NAME,
            "To list the servers yourself, write mongodb://, and add tls=true, which mongodb+srv "
            "implies.",
        ),
        links=(SRV_FORMAT,),
        when=with_correction("uri.srv-multiple-hosts", KEEP_NAME),
        says=(
            r"URIs must include one, and only one, hostname",
            r"URI with SRV must include one and only one hostname",
            r"mongodb\+srv URI cannot have multiple (?:service names|hosts)",
            r"[Oo]nly one host (?:is )?allowed when using mongodb\+srv",
        ),
    ),
    Cause(
        code="uri.conflicting-options",
        title="Two parts of the connection string conflict",
        explanation="The driver refuses options that contradict each other, such as a direct "
        "connection to several hosts, tls=false with a certificate file, or a password for a "
        "mechanism that does not use one.",
        remedies=EXCLUSIVE_REMEDIES,
        links=(OPTIONS,),
        when=conflicting,
    ),
    Cause(
        code="uri.file-not-found",
        title="A file named in the connection string cannot be read",
        explanation="The driver opens the files of tlsCAFile, tlsCertificateKeyFile and tlsCRLFile "
        "before it connects. The path must exist on the machine, or in the container, where the "
        "program runs. A relative path starts in its current folder, and '~' is not expanded.",
        remedies=(FIX_PATH, MOUNT, LET_READ),
        links=(PYMONGO_TLS, OPTIONS),
        when=file_not_found,
        alternatives=("tls.bad-key-file",),
        says=(
            r"(?#likely)No such file or directory \(os error 2\)",
            r"(?:ENOENT|No such file or directory)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
            r"(?:EACCES|Permission denied)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
        ),
    ),
    Cause(
        code="uri.malformed",
        title="The connection string is malformed",
        explanation="The string cannot be split into scheme, user, hosts, database and options. "
        "White space in it is taken literally, as part of the name next to it.",
        remedies=(
            COMPARE,
            "If it comes from a file or a secret, remove the newline at its end "
            "(use printf instead of echo).",
            ENCODE_VALUES,
        ),
        links=(FORMATS,),
        when=malformed_string,
        alternatives=("uri.unescaped-credentials",),
        says=(
            r"(?#likely)URI options are key=value pairs",
            r"(?#also)URI malformed",
            r"(?#likely)Database names cannot contain the character|query(?:Srv|Txt) EBADNAME",
            r"URI option \W?(?!replicaSet|tlsCertificateKeyFilePassword)\w{1,60}\W? cannot be specified with no",
            r"Can not mix '&' and ';' for option separators",
            r"(?#likely)Bad database name",
            r"double colon in host identifier",
            r"must be enclosed in '\[' and '\]'",
            r"in a unix domain socket must be percent-encoded",
            r"Percent-encoding is only allowed in",
            r"[Mm](?:ust have a|issing delimiting) slash between hosts and (?:options|database)",
            r"'/' is required between the host list|contains options without trailing slash",
            r"The connection string '(?=mongodb)[^\n]{0,400}' is not valid",
        ),
    ),
    Cause(
        code="uri.risky-option",
        title="An option weakens security or durability on a remote deployment",
        explanation="With tlsInsecure and the tlsAllowInvalid... options, anyone on the network "
        "path can impersonate the server and read the password. With w=1, writes are lost if the "
        "primary fails before another member has them; with w=0, even a refused write goes "
        "unnoticed.",
        remedies=(LEAVE_OUT, OWN_CA),
        links=(OPTIONS, WRITE_CONCERN),
        when=risky,
        severity="warning",
    ),
)
