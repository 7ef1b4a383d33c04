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
    r"|\bE11000\b|\bBSON\w{0,8}Error|WriteConflict|CommandNotFound"
    r"|\bquery(?:Srv|Txt)\b|WaitQueueTimeout|NotPrimaryError|SRV host|AtlasError"
)
# What decides only if the text names no other service: the forms in which the Go driver, the Rust
# driver and the database tools print any error, options of connection strings, terms of drivers.
FORMS = (
    r"error parsing uri: (?!parse )|\bkind: [^\n]{1,2000}, labels: \{"
    r"|^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d{4}\s{1,8}Failed: "
    r"|\b(?:srv(?:MaxHosts|ServiceName)|heartbeatFrequencyMS|heartbeat_freq|maxStalenessSeconds"
    r"|localThresholdMS|waitQueueTimeoutMS|directConnection|loadBalanced|auth_?Source"
    r"|authMechanism(?:Properties)?|retry(?:Reads|Writes)|zlibCompressionLevel|readPreferenceTags"
    r"|tlsAllowInvalid\w{1,20}|tls(?:Certificate|PrivateKey|CertificateKey|CA)File"
    r"|tlsDisableOCSPEndpointCheck|lastWriteDate|maxCommitTimeMS|commitTransaction"
    r"|abortTransaction|OIDC(?:Machine|Human)Callback"
    r"|Auto ?Encryption(?:Options| extra)|crypt_shared|electionId)\b"
    r"|\b(?:read|write) ?(?:preference|concern)|\bmax staleness|\bcausal consistency\b"
    r"|\$external\b|\bSRV (?:URI|service name|answer|response)|\bURI option\b|\bGridFS\b|\boplog\b"
    r"|\b(?:logical|snapshot) ?session|\bcalling hello\b|\bset server api\b"
    r"|\bSCRAM Failure: "
    r"|\bSASL Failure: (?:\(|no payload|maximum|invalid mech|insuff|failure to neg)"
    r"|; total connections: \w{1,12}, maxPoolSize: |\bOP_REPLY\b"
    r"|\bremoved from topology\b|\bserver monitoring mode\b|\breported set name\b"
    r"|\bconnection pool for \S{1,200} was cleared because another operation\b"
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
    return bool(_pattern(FORMS).search(text)) and other(text) is None


def is_fetching(text: str) -> bool:
    """Return whether a text is from a tool that could not download a package."""
    return bool(re.search(NEVER, text, re.MULTILINE))


def other(text: str) -> str | None:
    """Return the other service that a text names, or None."""
    return next((name for name, source in OTHERS if _pattern(source).search(text)), None)
