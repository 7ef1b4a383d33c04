"""Causes that stand in the connection string itself: seen before any traffic."""

from __future__ import annotations

from mongoping.causes._uri import (
    ENCODE_SOCKET,
    EXCLUSIVE_REMEDIES,
    HOST_VARIABLE,
    NAME_HOST,
    conflicting,
    invalid_option,
    malformed,
    missing_host,
    srv_host_too_short,
    srv_scheme_needed,
    stated,
)
from mongoping.model import Cause

STRINGS = "https://www.mongodb.com/docs/manual/reference/connection-string/"
FORMATS = "https://www.mongodb.com/docs/manual/reference/connection-string-formats/"
SRV = FORMATS + "#srv-connection-format"
OPTIONS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
ATLAS_STRING = "https://www.mongodb.com/docs/atlas/driver-connection/"
PYMONGO_TLS = "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/tls/"
ENCODE = (
    'python3 -c "from urllib.parse import quote; from getpass import getpass; '
    "print(quote(getpass(), safe=''))\""
)
COPY = (
    "Copy the connection string again from where the deployment is managed "
    "(Atlas: Connect, Drivers)."
)


CAUSES = (
    Cause(
        code="uri.invalid-scheme",
        title="The connection string does not begin with mongodb:// or mongodb+srv://",
        explanation="Drivers read nothing before they have seen the scheme, in lower case, as "
        "the very first characters. Quotes out of an env file, a variable's name, or a blank "
        "before it are enough to be refused.",
        remedies=(
            "Remove everything before mongodb. Docker's --env-file and Kubernetes secrets keep "
            "quotes as part of the value: write MONGODB_URI=mongodb://... without them.",
            "If only a host is there, put mongodb:// before it.",
            COPY,
        ),
        links=(FORMATS,),
        when=stated("uri.invalid-scheme"),
        says=(
            r"Invalid URI scheme",
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
        explanation="The short name of an Atlas cluster has SRV records and no address of its "
        "own. With mongodb:// the driver takes it for a server, and finds none.",
        remedies=(
            "Write mongodb+srv:// instead of mongodb://, and leave the port out.",
            "Where SRV lookups are not possible, use the long string that names every server "
            "(cluster0-shard-00-00...): Atlas shows it under Connect, Drivers, for old drivers.",
        ),
        links=(SRV, ATLAS_STRING),
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
        explanation="mongodb+srv:// takes a name of the DNS under which SRV records stand, such as "
        "cluster0.example.com. An IP address has none, and a name with fewer than three parts, "
        "such as localhost, is a server's own; most drivers refuse it outright.",
        remedies=(
            "For a server of its own, write mongodb:// and its port: mongodb://localhost:27017",
            "For Atlas, use the whole name: cluster0.ab1cd.mongodb.net, not cluster0.",
        ),
        links=(SRV,),
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
        title="User name or password are not percent-encoded",
        explanation="In a connection string the characters : / ? # [ ] @ % have a meaning of "
        "their own. A password that holds one of them must have it encoded, or the driver cuts "
        "the string in the wrong place. PyMongo also reads a '+' as a blank.",
        remedies=(
            f"Encode the password and put the result into the string: {ENCODE}",
            "Write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, + as %2B.",
            "Or leave it out of the string and give it apart, in MONGOPING_PASSWORD here and as "
            "AsyncMongoClient(uri, password=...) in a program: then nothing needs encoding.",
        ),
        links=(STRINGS,),
        when=stated("uri.unescaped-credentials"),
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
        title="User name or password are missing",
        explanation="The string names a user without a password, a password without a user, or a "
        "mechanism that needs them. It often comes from a variable that was empty when the "
        "string was put together.",
        remedies=(
            "Give both: mongodb://USER:PASSWORD@HOST/",
            "If the string is put together from variables, check that they are set where the "
            "program runs.",
            "For a server without access control, leave out user, password and the '@'.",
            "With GSSAPI or MONGODB-X509, which need no password, name the mechanism: "
            "authMechanism=MONGODB-X509",
        ),
        links=(STRINGS,),
        when=stated("uri.empty-credentials"),
        says=(
            r"A password is required",
            r"empty string is not valid username",
            r"password can't be empty",
            r"\b(?:DEFAULT|PLAIN|GSSAPI|SCRAM-SHA-\d{1,3}+) requires a username",
            r"username without a password is not supported",
            r"MongoMissingCredentialsError",
            r"username (?:cannot|can't|must not) be empty",
            # mongosh shows a star for each letter that is typed
            r"(?#likely)Enter password: ?(?=\n?Mongo\w{0,20}Error)[^\n]{0,120}",
        ),
    ),
    Cause(
        code="uri.placeholder-not-replaced",
        title="A placeholder of a template is still in the connection string",
        explanation="What is copied from a page or a template has places to fill in, such as "
        "<password>, ${DB_HOST} or your-cluster. Left as they are, or filled with undefined "
        "from a variable that was not set, they are taken literally.",
        remedies=(
            "Put the real value in its place, and remove the brackets around it as well.",
            "If the value comes from a variable, check that it is set where the program runs: "
            "single quotes in a shell, and most env files, do not replace ${...}.",
            COPY,
        ),
        links=(ATLAS_STRING, STRINGS),
        when=stated("uri.placeholder-not-replaced"),
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
        title="An option of the connection string is not one, or its value is not",
        explanation="PyMongo leaves such options out with a Python warning that few programs "
        "show, and goes on with the default; mongosh and other drivers refuse to connect. A few "
        "values are refused by PyMongo too, such as an empty authSource.",
        remedies=(
            "Correct the name or the value; mongoping uri URI explains every option.",
            "Options that PyMongo 4 removed have new names: ssl_ca_certs is tlsCAFile, "
            "ssl_certfile and ssl_keyfile are tlsCertificateKeyFile, ssl_cert_reqs is "
            "tlsAllowInvalidCertificates.",
            "true and false are written in lower case; times are whole milliseconds.",
        ),
        links=(OPTIONS,),
        when=invalid_option,
        says=(
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
        ),
    ),
    Cause(
        code="uri.missing-host",
        title="No host is named, or one is missing beside a comma",
        explanation="Between the scheme (or the '@') and the '/' stands the list of hosts, parted "
        "by single commas. An empty place in it is refused. It often comes from a variable that "
        "was empty.",
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
        explanation="What stands after the ':' of a host is its port. If it is not a number, a "
        "password that was not percent-encoded has often ended up there.",
        remedies=(
            "Write the port in digits, or leave it out: 27017 is the default.",
            "If it is a part of the password, percent-encode the password: '/' is %2F, '@' is %40.",
            "If it comes from a variable, check that it is set where the program runs.",
        ),
        links=(FORMATS,),
        when=stated("uri.invalid-port"),
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
        title="mongodb+srv:// takes no port",
        explanation="With mongodb+srv:// the ports of all servers come from the SRV records, so "
        "the string may not have one.",
        remedies=(
            "Remove the ':' and the port.",
            "If this is a server of its own, write mongodb:// and keep the port.",
        ),
        links=(SRV,),
        when=stated("uri.srv-with-port"),
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
        title="mongodb+srv:// takes one name",
        explanation="With mongodb+srv:// the list of servers comes from the SRV records of the one "
        "name in the string.",
        remedies=(
            "Keep the deployment's own name alone.",
            "To name the servers yourself, write mongodb://, and tls=true where mongodb+srv was "
            "meant to imply it.",
        ),
        links=(SRV,),
        when=stated("uri.srv-multiple-hosts"),
        says=(
            r"URIs must include one, and only one, hostname",
            r"URI with SRV must include one and only one hostname",
            r"mongodb\+srv URI cannot have multiple (?:service names|hosts)",
            r"[Oo]nly one host (?:is )?allowed when using mongodb\+srv",
        ),
    ),
    Cause(
        code="uri.conflicting-options",
        title="Two parts of the connection string exclude each other",
        explanation="The driver refuses strings that ask for two things at once, such as one "
        "direct connection to several hosts, TLS off with a certificate file, or a password for "
        "a mechanism that takes none.",
        remedies=EXCLUSIVE_REMEDIES,
        links=(OPTIONS,),
        when=conflicting,
        says=(
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
        ),
    ),
    Cause(
        code="uri.file-not-found",
        title="A file that the connection string names cannot be read",
        explanation="The driver opens the files of tlsCAFile, tlsCertificateKeyFile and tlsCRLFile "
        "before it connects. The path is that of the machine, or container, where the program "
        "runs; relative ones begin in its current folder, and '~' is not expanded.",
        remedies=(
            "Correct the path, and make it absolute: tlsCAFile=/etc/ssl/mongodb/ca.pem",
            "In a container, mount the file into it, and use its path there.",
            "If it is there, let the user who runs the program read it: ls -l FILE",
        ),
        links=(PYMONGO_TLS, OPTIONS),
        when=stated("uri.file-not-found"),
        alternatives=("tls.bad-key-file",),
        says=(
            r"(?:ENOENT|No such file or directory)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
            r"(?:EACCES|Permission denied)[^\n]{0,200}\.(?:pem|crt|cer|key|crl)\b",
        ),
    ),
    Cause(
        code="uri.malformed",
        title="The connection string is not well formed",
        explanation="The string cannot be cut into scheme, user, hosts, database and options: "
        "mongodb://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE&NAME=VALUE. White space in it "
        "is taken literally, as a part of the name beside it.",
        remedies=(
            "Compare it with the form above, at the mark.",
            "If it comes from a file or a secret, remove the line end behind it "
            "(printf instead of echo).",
            "In values, characters with a meaning of their own are percent-encoded: '=' is %3D.",
        ),
        links=(FORMATS,),
        when=malformed,
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
            r"[Mm]ust have a slash between hosts and (?:options|database)",
            r"'/' is required between the host list|contains options without trailing slash",
            r"The connection string '(?=mongodb)[^\n]{0,400}' is not valid",
        ),
    ),
)
