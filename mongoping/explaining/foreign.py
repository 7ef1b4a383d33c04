"""Decide whether a text is about MongoDB or another service. Pure."""

from __future__ import annotations

import re
from functools import cache

from mongoping.explaining.hosts import FOREIGN_PORTS

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
    ("MySQL", r"\bmysql|mariadb|\bER_[A-Z_]{4,40}\b|SQLSTATE\[HY000\] \[|Access denied for user"),
    (
        "PostgreSQL",
        r"postgres|psycopg|\bpsql\b|\bpg_\w{2,40}\b|\bPQ\w{2,20}\b"
        r"|FATAL: +(?:password|role|database|no pg_hba)",
    ),
    ("Redis", r"\bredis|WRONGPASS|NOAUTH Authentication|\bMOVED \d+ |\bCLUSTERDOWN\b"),
    ("SQL Server", r"SqlException|\bmssql\b|SQL Server|TDS "),
    ("Oracle", r"\bORA-\d{5}\b|\bTNS-\d{5}\b"),
    ("Elasticsearch", r"elastic(?:search|_transport)|opensearch"),
    ("Kafka", r"\bkafka\b|\bKafkaJS"),
    ("RabbitMQ", r"rabbitmq|\bamqp\b|\bpika\."),
    ("Cassandra", r"cassandra|NoHostAvailable"),
    (
        "an HTTP service",
        r"\bHTTP/[12](?:\.\d)? [345]\d\d\b|\bHTTP (?:status|error|code)? ?:?[345]\d\d\b"
        r"|\b(?:status|response) ?(?:code)?:? ?[345]\d\d\b|\b500 Internal Server Error"
        r"|\baxios\b|requests\.exceptions|urllib3\.|HTTPSConnectionPool|\bfetch failed\b|<html",
    ),
    ("SMTP", r"\bsmtp|nodemailer"),
    (
        "a tool of its own",
        r"\bcurl: \(\d|\bssh: |\(publickey|\bwget: |\bgit@|fatal: unable to access",
    ),
    ("LDAP", r"\bLDAP: error code|\bLdapErr\b"),
    (
        "a service at another port",
        rf"\bport[ :=]{{1,2}}+(?:{'|'.join(map(str, sorted(FOREIGN_PORTS)))})\b",
    ),
)
# What fetches packages fails by itself, whatever the package is called.
NEVER = r"^npm (?:ERR!|error) (?:network|code E[A-Z])|^yarn error |^go: module |^error: RPC failed"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE | re.MULTILINE)


def is_mongodb(text: str) -> bool:
    """Return whether a text mentions MongoDB, or is in the form of one of its clients."""
    if _pattern(MONGODB).search(text):
        return True
    return bool(_pattern("|".join(FORMS)).search(text)) and other(text) is None


def is_fetching(text: str) -> bool:
    """Return whether a text is from a tool that could not download a package."""
    return bool(re.search(NEVER, text, re.MULTILINE))


def other(text: str) -> str | None:
    """Return the other service that a text names, or None."""
    return next((name for name, source in OTHERS if _pattern(source).search(text)), None)
