"""Decide whether a text is about MongoDB or another service. Pure."""

from __future__ import annotations

import re
from functools import cache

from mongoping.explaining.hosts import FOREIGN_PORTS
from mongoping.explaining.literals import may_match

MONGODB = (
    r"mongo|\bbson\b|\bmotor\b|\bmgo\b|\b27017\b|TopologyDescription|ServerDescription|replica ?set"
    r"|\bsetName\b|NotWritablePrimary|is ?master\b|-shard-\d\d|\batlas\b|\bdocdb\b|documentdb"
    r"|cosmos\.azure|connection\(\) error"
    r"|socket exception \[|\"ctx\":\s?\"|\[initandlisten\]|wiredtiger"
    r"|\"c\":\s?\"(?:NETWORK|ACCESS|REPL|COMMAND|CONTROL|CONNPOOL)\""
    r"|\bI (?:ACCESS|NETWORK) +\[|SCRAM-SHA|saslStart|Unsupported OP_QUERY|over your space quota"
    r"|server selection (?:error|timed? ?out)|serverSelectionTry|\bMoped::|InvalidBSON|apiStrict"
    r"|OperationFailure|AutoReconnect|ServerSelectionTimeout|\berrmsg\b|\bcodeName\b|_mongodb\._tcp"
    r"|CompositeServerSelector|No suitable servers found|\bbad auth\b"
    r"|\bCast to \w{1,20} failed for value\b"
    r"|MissingSchemaError|OverwriteModelError|\bE11000\b|\bBSON\w{0,8}Error|WriteConflict|CommandNotFound"
    r"|\bbuffering timed out after \d|AsyncIOMotor|motor_asyncio"
    r"|\b(?:Database|Collection) objects do not implement truth value testing"
    r"|\bquery(?:Srv|Txt)\b|WaitQueueTimeout|NotPrimaryError|SRV host|AtlasError"
)
# What decides only if the text names no other service: the forms in which the Go driver, the Rust
# driver and the database tools print any error, options of connection strings, terms of drivers.
FORMS: tuple[str, ...] = (
    r"error parsing uri: (?!parse )",
    r"^\S{19,30}\s{1,8}error parsing command line options: ",
    r"\bkind: [^\n]{1,2000}, labels: \{",
    r"^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d{4}\s{1,8}Failed: ",
    # the lines of mongod and mongos before 4.4, whose components have a fixed width
    r"\b[DIWEF]\d? {1,2}(?:REPL     |REPL_HB  |NETWORK  |STORAGE  |CONTROL  )\[",
    r"\b[DIWEF]\d? {1,2}(?:COMMAND  |ACCESS   |ELECTION |SHARDING |CONNPOOL )\[",
    r"\b[DIWEF]\d? {1,2}(?:ASIO     |-        |EXECUTOR |ROLLBACK |INITSYNC )\[",
    # the fields of drivers' structured logs
    r"\bserverHost\b",
    r"\bdriverConnectionId\b",
    r"\btopologyDescription\b",
    r"\bsrvMaxHosts\b",
    r"\bsrvServiceName\b",
    r"\bheartbeat(?:FrequencyMS|_freq)\b",
    r"\bmaxStalenessSeconds\b",
    r"\blocalThresholdMS\b",
    r"\bwaitQueueTimeoutMS\b",
    r"\bdirectConnection\b",
    r"\bloadBalanced\b",
    r"\bauthSource\b",
    r"\bauth_source\b",
    r"\bauthMechanism(?:Properties)?\b",
    r"\bretryReads\b",
    r"\bretryWrites\b",
    r"\bzlibCompressionLevel\b",
    r"\breadPreferenceTags\b",
    r"\btlsAllowInvalid\w{1,20}\b",
    r"\btlsCertificate(?:Key)?File\b",
    r"\btlsPrivateKeyFile\b",
    r"\btlsCAFile\b",
    r"\btlsDisableOCSPEndpointCheck\b",
    r"\blastWriteDate\b",
    r"\bmaxCommitTimeMS\b",
    r"\bcommitTransaction\b",
    r"\babortTransaction\b",
    r"\bOIDC(?:Machine|Human)Callback\b",
    r"\bAuto ?Encryption(?:Options| extra)\b",
    r"\bcrypt_shared\b",
    r"\belectionId\b",
    r"\b(?:read|write) ?(?:preference|concern)",
    r"\bmax staleness",
    r"\bcausal consistency\b",
    r"\$external\b",
    r"\bSRV (?:URI|service name|answer|response)",
    r"\bURI option\b",
    r"\bGridFS\b",
    r"\boplog\b",
    r"\b(?:logical|snapshot) ?session",
    r"\bcalling hello\b",
    r"\berror creating authenticator: ",
    r"^invalid logger options: ",
    r"^invalid value \S{1,60} for \"Timeout\": value must be positive",
    r"^an even number of tags must be specified$",
    r"^must not specify username for \S{1,60} ENVIRONMENT",
    r"\bclient-side encryption not enabled\. add the cse build tag",
    r"\(module Mongo is not available\)",
    r"^Requested server id does not matched pinned server id",
    r"^Could not find (?:server with id: \d|description for node )",
    r"^Cannot assemble command for invalidated server: ",
    r"^could not decompress message from server$",
    r"^Percent-encode username and password according to RFC",
    r"\bduplicate idle conn \S{1,40} in idle connections stack",
    r"^Invalid sessionId$",
    r"\binvalid reply from server: m",
    r"\bFailed to look up (?:SRV|TXT) record \"",
    r"\b(?:srv|txt) lookup failed: ",  # Bun, which runs the Node driver
    r"^No (?:matching )?(?:SRV|TXT) records for \"",
    r"\] Unable to send request to database because of ",
    r"\boperation not sent to server, as Timeout would be exceeded\b",
    r"\bset server api\b",
    r"\bSCRAM Failure: ",
    r"\bSASL Failure: (?:\(|no payload|maximum|invalid mech|insuff|failure to neg)",
    r"; total connections: \w{1,12}, maxPoolSize: ",
    r"\bOP_REPLY\b",
    r"\bremoved from topology\b",
    r"\bserver monitoring mode\b",
    r"\breported set name\b",
    r"\bconnection pool for \S{1,200} was cleared because another operation\b",
)
OTHERS: tuple[tuple[str, str], ...] = (
    (
        "MySQL",
        r"\bmysql|mariadb|\bER_[A-Z_]{4,40}\b|SQLSTATE\[HY000\] \[|Access denied for user"
        r"|\bcom\.mysql\b",
    ),
    (
        "PostgreSQL",
        r"postgres|psycopg|\bpsql|\bpg_\w{2,40}\b|\bPQ\w{2,20}\b|\bpg-(?:protocol|pool)\b"
        r"|node_modules/pg/|\bNpgsql|\bPG::|\bpgbouncer|\bpatroni|\bpgx\b"
        r"|failed to connect to `(?:user|host)=|password authentication failed for user "
        r"|FATAL: +(?:password|role|database|no pg_hba|sorry, too many clients)",
    ),
    (
        "a database with SQL",
        r"\bjava\.sql\.|\bSequelize\w{0,40}Error|\bHikariPool|\bdjango\.db\.utils\b"
        r"|\bActiveRecord::|\bPDOException|\bsqlite3\.|\bsnowflake\b|\bclickhouse|\bcockroach"
        r"|\bgorm\b|\bsqlx\b|\bdiesel::",
    ),
    ("Redis", r"\b(?:io)?redis|WRONGPASS|NOAUTH Authentication|\bMOVED \d+ |\bCLUSTERDOWN\b"),
    ("SQL Server", r"SqlException|\bmssql\b|SQL Server|TDS "),
    ("Oracle", r"\bORA-\d{5}\b|\bTNS-\d{5}\b"),
    ("Elasticsearch", r"elastic(?:search|_transport)|opensearch|\blogstash\b|\bkibana\b"),
    ("Kafka", r"\bkafka\b|\bKafkaJS"),
    ("RabbitMQ", r"rabbitmq|\bamqp|\bpika\.|\bkombu\b"),
    ("Cassandra", r"cassandra|NoHostAvailable"),
    (
        "another database",
        r"\bneo4j|\bcouchbase|\bcouchdb|\binfluxdb|\bmemcached?\b|\barangodb|\bdynamodb\b",
    ),
    ("a coordinator", r"\bzookeeper|\betcd(?:server)?\b|\betcd-client\b|\bconsul\b|\bnomad\b"),
    ("object storage", r"\bminio\b|\bbotocore\.|\bS3Exception"),
    (
        "a message broker",
        r"\bAmqp\w{0,20}Exception|\bmosquitto|\bmqtt\b|\bNATS\b|\bActiveMQ|\bStripe\w{0,20}Error",
    ),
    (
        "an HTTP service",
        r"\bHTTP/[12](?:\.\d)? [345]\d\d\b|\bHTTP (?:status|error|code)? ?:?[345]\d\d\b"
        r"|\b(?:status|response)[ _]?(?:code)?['\"]?[:=]? ?[345]\d\d\b|\b500 Internal Server Error"
        r"|\bUnauthorizedException\b|JsonWebTokenError|TokenExpiredError|\bnet::ERR_"
        r"|\bHttpRequestException\b|\bResourceAccessException\b|\bfeign\."
        r"|\b(?:xhr|grpc)\b|\b14 UNAVAILABLE\b|\bfailed to connect to all addresses\b"
        r"|\baxios|requests\.exceptions|\burllib(?:[23]\b|[./](?:error|request))|\burlopen\b|HTTPSConnectionPool"
        r"|\bfetch failed\b|<html"
        r"|\bhttpx\.|\baiohttp\.client|\bGuzzleHttp|\bFaraday::|\bokhttp3\b|\breqwest::",
    ),
    ("SMTP", r"\bsmtp|nodemailer|\b[45]\d\d[- ][45]\.\d\.\d{1,2}\b"),
    (
        "a tool of its own",
        r"\bcurl: \(\d|\bssh: |\(publickey|\bwget: |\bgit@|\bfatal: (?:unable|Auth)|\bnginx\b",
    ),
    ("LDAP", r"\bLDAP: error code|\bLdapErr\b|\bldap3\."),
    (
        "a service at another port",
        rf"(?:\bport[ :=]{{1,2}}+|/\d{{1,3}}(?:\.\d{{1,3}}){{3}}:|/dev/tcp/[\w.-]{{1,200}}/)"
        rf"(?:{'|'.join(map(str, sorted(FOREIGN_PORTS)))})\b",
    ),
)
# Lines about a request over HTTP or a download, which fail by themselves whatever they name: a
# package, an image or a chart is often called like MongoDB. Drivers print no such lines.
REQUESTS: tuple[str, ...] = (
    r"^npm (?:ERR!|error) (?:network|errno|code E[A-Z])",
    r"^yarn error |^error An unexpected error occurred: \"https?://",
    r"^go: (?:module |downloading |[^\s@]{1,300}+@v\S{1,100}+ ?)",
    r"^error: RPC failed|\b(?:Authentication failed for|unable to access) '(?:https?|ssh)://",
    # Go, the Atlas CLI and Terraform
    r"\b(?:Get|Post|Put|Patch|Head|Delete|GET|POST|PUT|PATCH|HEAD|DELETE)[ :]{1,2}\"?https?://",
    r"https?://\S{1,300} (?:GET|POST|PUT|PATCH|DELETE): HTTP \d",
    # Node, pip, libcurl
    r"\brequest to https?://\S{1,300} failed",
    r"\bHTTPS?ConnectionPool\(|\bNewConnectionError\b|Max retries exceeded with url"
    r"|\bRetrying \(Retry\(",
    r"\[\d{1,2}\] Could(?:n't| not) (?:resolve|connect)"
    r"|\bcurl: \(\d{1,2}\) (?![^\n]{0,200}\b27\d{3}\b)",
    # other protocols, whose hosts may be called like MongoDB
    r"\bdial udp(?:: lookup |[^\n]{1,100}:(?!53\b)\d)",
    r"\b(?:ssh|rsync|scp|sftp): |\(publickey|\bwss?://",
    # package managers, container runtimes, Kubernetes
    r"\b[Ff]ailed to (?:fetch|download|pull image|resolve reference)\b",
    r"\bCould not (?:transfer artifact|resolve dependencies|find artifact)\b",
    r"\bError (?:response from daemon|from server): (?:Get|Head|error dialing backend|i/o)\b",
    r"\bunauthorized: authentication required|\brequested access to the resource is denied",
    # the web sites of MongoDB, where no deployment is
    r"\b(?:ENOTFOUND|EAI_AGAIN|lookup|connect to|resolve(?: host)?:?) "
    r"(?:https?://)?[\w.-]{0,120}\bmongodb\.(?:com|org)\b",
)


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE | re.MULTILINE)


def is_mongodb(text: str) -> bool:
    """Return whether a text mentions MongoDB, or is in the form of one of its clients."""
    if _pattern(MONGODB).search(text):
        return True
    return bool(_pattern("|".join(FORMS)).search(text)) and other(text) is None


def is_request(text: str) -> bool:
    """Return whether a line of a text is about a request over HTTP, or a download."""
    return request_at(text) is not None


def request_at(text: str) -> int | None:
    """Return where a text begins to be about a request over HTTP or a download, or None."""
    lower = text.lower()
    matches = (
        re.search(source, text, re.MULTILINE) for source in REQUESTS if may_match(source, lower)
    )
    return min((match.start() for match in matches if match), default=None)


def other(text: str) -> str | None:
    """Return the other service that a text names, or None."""
    return next((name for name, source in OTHERS if _pattern(source).search(text)), None)
