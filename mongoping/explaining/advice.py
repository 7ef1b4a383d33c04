"""Say what to provide if a text is not enough, in terms of the client that wrote it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache

from mongoping.explaining.hosts import addresses, port_of
from mongoping.explaining.literals import may_match
from mongoping.lazy_re import lazy_compile
from mongoping.model import Remedy, remedy_of

CLIENTS: tuple[tuple[str, str], ...] = (
    # the most particular first: who is built on another client also shows that one's words
    (
        "mongod",
        r"\"c\":\s?\"[A-Z_-]{1,12}\",\s{0,12}\"id\""
        r"|^\S{19,30}[+-]\d{4} [DIWEF]\d? +(?:[A-Z_]{2,12}|-) +\[(?!thread1\]|js\]|main\])",
    ),
    ("compass", r"\b[Cc]ompass\b"),
    (
        "mongosh",
        r"\bmongosh\b|MongoDB shell version|[A-Z]{2,10} +\[(?:thread1|js|main)\]|@\(shell\)"
        r"|src/mongo/shell|\bMongosh\w|\bMongo\w{0,30}Error\[\w",
    ),
    ("mongoose", r"[Mm]ongoose"),
    ("dart", r"MongoDart|mongo_dart|package:mongo|\bMongoDB ConnectionException: "),
    (
        "elixir",
        r"\(Mongo\.\w{1,40}\)|mongodb_driver\b|%Mongo\.\w|\bMongo\.start_link\b|\bMongo\.Protocol\b"
        r"|:selection_timeout\b|Unable to send request to database because of "
        r"|Unable to parse the read preference tags ",
    ),
    ("reactivemongo", r"(?i:reactivemongo)|\br\.(?:core|api)\.\w{1,40}\.|MongoError\['"),
    ("motor", r"\bmotor\b|AsyncIOMotor"),
    (
        "pymongo",
        r"pymongo|Traceback \(most recent call last\)|TopologyDescription id:|\[Errno -?\d"
        r"|<ServerDescription \(|full error: \{|\bdns\.(?:resolver|exception)\.",
    ),
    (
        "tools",
        r"\bmongo(?:dump|restore|import|export|stat|top|files)\b|can't create session"
        r"|error connecting to db server"
        r"|^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d{4}\s{1,8}"
        r"(?:Failed: |error parsing command line options: )",
    ),
    (
        "go",
        r"server selection error|current topology: \{|go\.mongodb\.org|topology\.\w{1,40}Error"
        r"|dial tcp|x509: |\bmgo\b|\blookup \S{1,200} on \S|sasl conversation error"
        r"|error parsing uri|context deadline exceeded|connection\(\S{0,200}\) "
        r"|connection pool for \S{1,200} was cleared because|OIDC(?:Machine|Human)Callback\b"
        r"|; total connections: \w{1,12}, maxPoolSize: |\bcse build tag\b",
    ),
    (
        "java",
        r"com\.mongodb|org\.mongodb|org\.springframework|cluster state is \{type="
        r"|\tat [\w.$]{1,200}\([\w.]{1,80}\.java|MongoSocket\w{1,30}Exception",
    ),
    (
        "csharp",
        r"MongoDB\.Driver|CompositeServerSelector|--->|System\.(?:Net|IO|TimeoutException)|DnsClient",
    ),
    ("php", r"MongoDB\\(?:Driver|Exception|Client)|\bPHP\b|\.php\b|\bext-mongodb\b"),
    ("ruby", r"Mongo::|Mongoid|Moped|\bMONGODB \| |\.rb:\d|#<Cluster topology"),
    (
        "rust",
        r"Kind: (?:ServerSelection|I/O|Dns)|\bServer selection timeout: No available servers\."
        r"|mongodb::error|\bos error \d|rustls"
        r"|\b[Kk]ind: [^\n]{1,2000}, labels: \{",
    ),
    (
        "c",
        r"mongo-?c\b|mongoc_|mongo-c-driver|No suitable servers found|[Cc]alling hello on '"
        r"|\bSCRAM Failure: |serverSelectionTryOnce|serverselectiontryonce|\bmongolite\b"
        r"|\bSASL Failure: (?:\(|no payload|maximum|invalid mech|insuff|failure to neg)",
    ),
    (
        "node",
        r"Mongo\w{0,30}Error|\bat \S.{0,200}\.js:\d|node_modules|\bE[A-Z]{4,12}\b"
        r"|querySrv|queryTxt|[Ss]erver selection timed out after \d"
        r"|Cannot find (?:module|package) '",
    ),
)

NAMES = {
    "mongod": "mongod's own log",
    "compass": "Compass",
    "mongosh": "mongosh",
    "mongoose": "mongoose",
    "motor": "Motor",
    "pymongo": "PyMongo",
    "tools": "the database tools",
    "go": "the Go driver",
    "java": "the Java driver",
    "csharp": "the C# driver",
    "php": "the PHP driver",
    "ruby": "the Ruby driver",
    "rust": "the Rust driver",
    "c": "the C driver",
    "node": "the Node driver",
    "dart": "mongo_dart",
    "elixir": "the Elixir driver",
    "reactivemongo": "ReactiveMongo",
}

# How to print the reason for each server after a failed server selection, by client. An indented
# line is code.
REASONS = {
    "mongod": "Provide the lines around this one, and the client's own error.",
    "compass": "Provide what Compass logs: Help, Open Log File.",
    "mongosh": "Provide the reason of each server: start mongosh with its log on standard error.\n"
    "    MONGODB_LOG_ALL=debug MONGODB_LOG_PATH=stderr mongosh URI",
    "mongoose": "Provide the reason of each server:\n"
    "    err.reason?.servers.forEach((s, host) => console.log(host, s.error))",
    "motor": "Provide the complete message of the exception, with its Topology Description.",
    "pymongo": "Provide the complete message of the exception, with its Topology Description, or "
    "print it after the failure:\n    print(client.topology_description)",
    "tools": "Run the tool again with -vvv, and provide its last lines.",
    "go": "Provide the complete error (err.Error()), which ends with the current topology and the "
    "last error of each server.",
    "java": "Provide the complete exception with every 'Caused by', or set the logger "
    "org.mongodb.driver.cluster to DEBUG.",
    "csharp": "Provide the complete exception (ToString()), which has the client's view of the "
    "cluster with the HeartbeatException of each server.",
    "php": "Provide the complete message: the reasons are in brackets after 'No suitable servers "
    "found'. Or set mongodb.debug=stderr in php.ini.",
    "ruby": "Provide what the driver logs:\n    Mongo::Logger.logger.level = Logger::DEBUG",
    "rust": 'Provide the complete error, printed with {:?}; with RUST_LOG="mongodb=debug" the '
    "driver also logs the reason.",
    "c": "Provide the complete error.message: the reasons are in brackets after 'No suitable "
    "servers found'.",
    "node": "Provide the reason of each server:\n"
    "    error.reason?.servers.forEach((s, host) => console.log(host, s.error))",
    "dart": "Provide the complete exception with its stack trace, and what the driver logs:\n"
    "    Logger.root.level = Level.ALL;\n"
    "    Logger.root.onRecord.listen((record) => print(record.message));",
    "elixir": "Provide what the driver logs about each server: start its event handler before "
    "the client.\n    Mongo.EventHandler.start(topics: [:topology])",
    "reactivemongo": "Provide the complete exception with every 'Caused by', and what the driver "
    "logs about its nodes: set the logger reactivemongo to DEBUG.",
}  # fmt: skip
# The same for errors that do not have the reasons of the servers; other clients print one form.
OTHER_REASONS = {
    "mongoose": "Provide the error of mongoose.connect(), which comes before this one:\n"
    "    mongoose.connect(uri).catch((err) => console.error(err))",
    "motor": "Provide the complete traceback.",
    "pymongo": "Provide the complete traceback.",
    "node": "Provide the complete error with its cause:\n    console.dir(error, { depth: null })",
    "go": "Provide the complete error (err.Error()).",
    "csharp": "Provide the complete exception (ToString()).",
    "php": "Provide the complete message, or set mongodb.debug=stderr in php.ini.",
    "c": "Provide the complete error.message, and what the driver logs.",
}
ANY = "Provide the complete error, with the reason for each server."
GAVE_UP = "The error says that the driver found no server in time, but not why."
NO_CAUSE = "The text does not show a cause."
FOLLOWS = (
    "The error follows from an earlier one, in which the driver lost its connection to the server. "
    "Look for that error in the lines before."
)
CONNECTION_ENDED = (
    "A container ended, or did not become ready. The text does not say why, but its log does:\n"
    "    docker logs --tail 50 CONTAINER\n"
    "    kubectl logs --previous POD"
)
LOCAL = ("uri.", "client.", "auth.dependency-missing")  # causes that no server can show
CHECK_URI = "Check the connection string by itself, without a server:\n    mongoping uri URI"
CHECK = "Or check the deployment directly:\n    mongoping check URI"
ROUTINE = "This is no error: healthy MongoDB clients and servers write such lines."
NOT_MONGODB = (
    "This does not look like the error of a MongoDB client. If it is one, include more of the "
    "output: the lines before it, and the name of the driver."
)


_GAVE_UP = lazy_compile(
    r"[Ss]erver selection timed out|MongoServerSelectionError|ServerSelectionTimeoutError"
    r"|MongoTimeoutException|[Ss]erver selection (?:error|timeout)|buffering timed out after"
    r"|No suitable servers found|timeout occurr?ed after \d{1,9}ms selecting a server"
    r"|NoServerAvailable|:selection_timeout\b|[Tt]imed out (?:in|during) server selection"
)


_FOLLOW_UP_WORDS = lazy_compile(
    r"\bin paused state\b|(?:connection )?pool (?:is|was|has been) (?:paused|cleared)"
    r"|connection pool for \S{1,200} was cleared|Pool(?:Cleared|Paused)\w{0,20}(?:Error|Exception)"
)


_END_WORDS = lazy_compile(
    r"\bexited with code [1-9]\d{0,2}\b|\bcontainer \S{1,100} is unhealthy\b|\bCrashLoopBackOff\b"
    r"|\bBack-off restarting failed container\b"
)


_FAILURE_WORDS = lazy_compile(
    r"\bAutoReconnect\b|MongoNetwork(?:Timeout)?Error|ConnectionFailure\b"
    r"|MongoSocket\w{1,20}Exception"
    r"|MongoConnectionException|MongoEngineConnectionError|PrimaryUnavailableException"
    r"|(?:unable|failed|could not|cannot|can't|couldn't) (?:to )?connect (?:to|with) "
    r"(?:the |a |default )?(?:mongo|database|db\b|server)"
    r"|mongo\w{0,10} connection (?:error|failed)|initial connection is complete",
    re.IGNORECASE,
)


def reports_failure(text: str) -> bool:
    """Return whether a client says that it could not connect, with or without the reason."""
    return gave_up(text) or bool(_FAILURE_WORDS.search(text))


def gave_up(text: str) -> bool:
    """Return whether a driver gave up server selection."""
    return bool(_GAVE_UP.search(text))


# "bad auth" and AtlasError are messages of Atlas's own proxy.
_OF_ATLAS = lazy_compile(r"\bbad auth\b|\bAtlasError\b|\.mongodb(?:gov)?\.net\b")
ON_ATLAS, OF_USERS = "On Atlas, ", "db.getSiblingDB("


def fitting(
    remedies: Iterable[Remedy | str], text: str, hosts: Collection[str]
) -> tuple[Remedy, ...]:
    """Return the remedies that fit the deployment, as far as the text shows which one it is.

    On Atlas, shell commands cannot change users, and no server runs in Docker. Elsewhere, which
    only a host in the text proves, the pages of Atlas are no remedy.
    """
    rows = tuple(map(remedy_of, remedies))
    if _OF_ATLAS.search(text):
        return tuple(
            row
            for row in rows
            if not (row.command or "").startswith(OF_USERS) and "Docker" not in row.text
        )
    return tuple(row for row in rows if not (hosts and row.text.startswith(ON_ATLAS)))


IN_CONTAINERS = ("Docker", "container")
DATA = ("/data/db", "/data/configdb")  # the folders in MongoDB's image


def containers_first(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Return remedies with those for containers first."""
    return tuple(
        sorted(remedies, key=lambda row: not any(word in row.text for word in IN_CONTAINERS))
    )


_DEFAULT_PORT = lazy_compile(r"(?<!\d)27017(?!\d| mongo$)")  # not that inside a container
_WILDCARD = lazy_compile(r"(?:(?<=\s):|:::|\*:)(\d{4,5})(?![\w:])")  # all addresses
_SOCKET_PORT = lazy_compile(r"/mongodb-(\d{2,5})\.sock")


def named_port(hosts: Collection[str], text: str) -> str | None:
    """Return the port of the hosts or, without hosts, in a text. Return None if there is none.

    If there are several, return ``PORT``, for the reader to replace.

    Args:
        hosts: The hosts of an answer.
        text: The line by which the cause was recognized.
    """
    named_hosts = list(hosts) or [match[1] for match in addresses(text)]
    ports = {
        socket[1] if (socket := _SOCKET_PORT.search(host)) else port_of(host)
        for host in named_hosts
    }
    if not hosts:
        ports.update(_WILDCARD.findall(text))
    ports = {port for port in ports if port.isdigit()}
    return "PORT" if len(ports) > 1 else next(iter(ports), None)


def at_port(remedies: Iterable[Remedy], port: str) -> tuple[Remedy, ...]:
    """Return remedies whose commands and connection strings have a port, not the default one."""

    def with_port(text: str | None) -> str | None:
        return None if text is None else _DEFAULT_PORT.sub(port, text)

    return tuple(
        row.replace(command=with_port(row.command), uri=with_port(row.uri)) for row in remedies
    )


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.MULTILINE)


def client(text: str) -> str | None:
    """Return the client that wrote a text, or None if unknown."""
    lower = text.lower()
    for name, source in CLIENTS:
        if may_match(source, lower) and _pattern(source).search(text):
            return name
    return None


_SELECTION = lazy_compile(
    r"[Ss]erver ?[Ss]election|TopologyDescription|Topology Description|No suitable servers found"
    r"|selecting a server|current topology"
)


_SHOW_SENSITIVE = "show_sensitive_data_on_connection_error"  # Elixir's DBConnection


def reasons(who: str | None, text: str) -> str:
    """Return how to print the missing reason, with what this error of this client provides."""
    if _SHOW_SENSITIVE in text:
        return f"Start the client so that it shows the hidden details:\n    {_SHOW_SENSITIVE}: true"
    if not _SELECTION.search(text) and who in OTHER_REASONS:
        return OTHER_REASONS[who]
    return REASONS.get(who or "", ANY)


def missing(who: str | None, text: str) -> str:
    """Return why a text shows no cause, and how to print the missing reason."""
    if not reports_failure(text) and _END_WORDS.search(text):
        return f"{CONNECTION_ENDED}\nGive the log to mongoping explain."
    why = GAVE_UP if gave_up(text) else FOLLOWS if _FOLLOW_UP_WORDS.search(text) else NO_CAUSE
    return f"{why}\n{reasons(who, text)}\n{CHECK}"


def deciding(
    who: str | None, text: str, confidence: str, alternatives: tuple[str, ...]
) -> str | None:
    """Return what would make the answer certain, or None if it is."""
    if confidence == "certain":
        return None
    reason = f"{reasons(who, text)}\n" if confidence == "possible" else ""
    if not alternatives:
        return f"{reason}{CHECK}" if reason else None
    if all(code.startswith(LOCAL) for code in alternatives):
        return f"{reason}{CHECK_URI}" if alternatives[0].startswith("uri.") else reason or None
    return f"{reason}Check the deployment, layer by layer:\n    mongoping check URI"
