"""Recognize MongoDB errors that are not about connecting: the server was reached. Pure."""

from __future__ import annotations

import re

from mongoping.lazy_re import lazy_compile

CODES = "https://www.mongodb.com/docs/manual/reference/error-codes/"
NOT_CONNECTION = (
    "This is a MongoDB error, but not a connection error: {why}\n"
    "The documentation explains these errors:\n"
    f"    {CODES}"
)
WAS_REACHED = "the server was reached, and it refused the operation."
CONFIGURATION = "the server was reached, and it refused a replica set command or configuration."
LOCAL = "the client refused the document or the operation before it was sent."
ARGUMENTS = (
    "This is an error of a MongoDB tool, but not a connection error: it refuses its arguments, or "
    "cannot read or write its files.\nRun the tool with --help to see its options."
)

# replies of the server to an operation, by name or code
_REPLY_WORDS = lazy_compile(
    r"\bE11000\b|duplicate key error|WriteConflict|CommandNotFound|no such (?:cmd|command)\b"
    r"|\bNamespace(?:NotFound|Exists)\b|\bns (?:not found|does not exist)|CursorNotFound"
    r"|MaxTimeMSExpired|exceeded time limit|NoSuchTransaction|TransactionTooOld|LockTimeout"
    r"|Document ?(?:Validation|failed validation)|FailedToParse|IndexOptionsConflict"
    r"|IndexKeySpecsConflict|ImmutableField|Unrecognized pipeline stage"
    r"|unknown (?:top level )?operator"
    r"|BSONObj(?:ect)? ?TooLarge|QueryExceededMemoryLimit|CappedPositionLost"
    r"|StaleConfig|ShardKeyNotFound"
    r"|(?:Mongo)?BulkWrite(?:Error|Exception)|MongoWriteException|DuplicateKey(?:Error|Exception)"
    r"|Kind: (?:Command failed|Write|BulkWrite)"
    r"|\u27e8code (?:2|9|14|26|27|40|43|48|50|59|66|67|72|85|86|96|112|115|121|168|251|262"
    r"|10334|11000|11001|16389|17280|40[0-9]{3}|5[0-9]{4})\u27e9"
)
# classes of errors that a reply of the server raises; only without words of connecting
_REPLY = lazy_compile(
    r"\bMongoServerError\b|\bMongoError: (?=[a-z])|\bMongo(?:Command|Query)Exception\b"
    r"|\bOperationFailure\b"
    r"|\bCommandException\b|\bServerException\b|\bWriteError\b|\bMongoWriteConcern\w{5,9}\b"
)
_CONNECTING = lazy_compile(
    r"connect(?!ionId)|socket|time(?:d|s)? ?out|network|unreachable|resolv"
    r"|handshake|auth"
    r"|no primary|not master|login|sasl|\btls\b|\bssl\b|certificate|shutdown"
    r"|interrupted|host\b|replica ?set",
    re.IGNORECASE,
)
_UNREACHED_WORDS = lazy_compile(
    r"connect(?:ing|ion \(|ed)|socket|timed? ?out|unreachable|handshake|auth err|\bserver\b"
    r"|certificate|\bsession\b|\bhost\b|\bpassword\b"
)
_REFUSED_HERE = lazy_compile(
    r"\bCastError\b|\bValidationError: \w{1,80} validation failed|\bBSON(?:Type|Version)?Error\b"
    r"|\bInvalid(?:Document|BSON|Id)\b|\bDocumentTooLarge\b|CodecConfigurationException"
    r"|BsonInvalidOperationException|BsonSerializationException|Argument passed in must be a "
    r"|input must be a 24 character hex string|MissingSchemaError|OverwriteModelError"
    r"|MongooseError: [^\n]{0,80}\b(?:Model|Query|Schema|Document|Aggregate)\b"
    r"|[Dd]atabase name (?:must not|cannot|can not|can't) be empty|Transaction already in progress"
    r"|[Nn]o transaction started|MongoTransactionError|is not valid BSON"
    r"|replacement can not include \$ operators|update (?:cannot be empty$|only works with \$ op)"
    r"|\bkey_or_list must\b|list of \(key, direction\) pairs|Expected a string and a direction"
    r"|To access the \S{1,80} (?:database|collection), use |object is not callable\. If you meant"
    r"|\b(?:Database|Collection) objects do not implement truth value testing"
    r"|^TypeError: 'MongoClient' object is not iterable|Cannot use \"address\" property when load"
    r"|Only the client that created the bound session|Can only use session with the MongoClient"
    r"|Use (?:a change stream|\w{1,60}) in \"async with\"|Use Motor sessions like"
    r"|First argument to \w{1,40} must be\s{1,3}Motor(?:Collection|Database)\b"
    r"|MongoDB\\Exception\\InvalidArgumentException: (?:Expected \$|Cannot provide both|\$\w)"
    r"|An error occurred when (?:trying to execute an? (?:insert_many|write)|executing Client::bu)"
    r"|\(Mongo\.Error\) Failed to (?:count|insert many)|^Write Concern error: "
    r"|\bInvalid document in \w{1,40}Statement\b|must be set: key or keys$"
    r"|^Invalid argument\(s\): key or keys|SelectorBuilder"
    r"|length must be (?:an int, not|non-negative$)"
    r"|MongoInvalidArgumentError: (?:Collection|Database|Document|Pipeline|Update|Operation"
    r"|Query) ",
    re.MULTILINE,
)

# an argument or a state that a method for data refuses, by one of the first stack frames
_OF_DATA = lazy_compile(
    r"(?:Illegal(?:Argument|State)|NullPointer|NotSupported|Argument\w{0,12}|InvalidOperation)Exception\b"
    r"[^\n]{0,300}+(?:\n\s{1,8}+at [^\n]{0,240}+){0,3}?\n\s{1,8}+at "
    r"(?:com\.mongodb\.(?:client\.model\.|[\w.]{0,60}(?:Mongo(?:Collection|Iterable|Cursor)|DBC))"
    r"|MongoDB\.Driver\.(?:I?MongoCollection|IAsyncCursor|I?FindFluent|I?Aggregate|Linq))"
    r"|Mongo(?:InvalidArgument|API|Runtime)Error: "
    r"[^\n]{0,300}+(?:\n\s{1,8}+at [^\n]{0,240}+){0,2}?\n\s{1,8}+at "
    r"(?:async )?(?:new )?(?:Collection|\w{0,20}Cursor|Model|Query|Aggregate)\b"
    r"|Error: [^\n]{0,300}+(?:\n\s{1,8}+at [^\n]{0,240}+){0,2}?\n\s{1,8}+at [^\n]{0,200}?"
    r"[/\\]mongoose[/\\]lib[/\\](?:error[/\\](?:validat|cast)|document\.js|schema|cast)"
)

# the Go, Rust, C, Dart, Elixir and Scala drivers about sessions, transactions and writes
_MISUSE_WORDS = lazy_compile(
    r"\b[Tt]ransactions?\b|\bstarting txn\b|\b(?:commit|abort)Transaction\b"
    r"|INTERNAL_TRANSACTION_|[Rr]ecovery token|^Invalid sessionId$"
    r"|\"(?:maxCommitTimeMS|defaultTransactionOptions)\" option"
    r"|\bsnapshot sessions?\b|\bsnapshotTime\b|\bsnapshot_time\b|\bnot started session"
    r"|\bunacknowledged (?:write|command)|\bread concern after\b|\bbulk ?[Ww]rite\b"
    r"|\b(?:expected|invalid) (?:single )?documents?\b|\bexpected list of documents"
    r"|\b(?:insert|replace|update) (?:prohibits|only works)\b|\bresume token\b"
    r"|\bAn invalid argument was provided: \w{1,40} does not support sessions"
    r"|Session '[^'\n]{1,80}' is already|\bBSONSize: |\bInvalid (?:read|write)Concern\b"
)
# rs.reconfig(), rs.stepDown() and the like, which need a running set
_ADMINISTRATION = lazy_compile(
    r"\b(?:NewReplicaSetConfigurationIncompatible|ConfigurationInProgress|AlreadyInitialized"
    r"|CurrentConfigNotCommittedYet|NodeNotElectable|SplitHorizonChange|InvalidReplicaSetConfig)\b"
    r"|\breplica set config(?:uration)?s?\b"
    r"|\breplSet(?:Initiate|Reconfig|SyncFrom|StepDown|Freeze)\b"
    r"|\bhorizons?\b|\bstep ?down period\b|\bsecondaryCatchUpPeriodSecs\b|\bmaintenance mode\b"
    r"|\bvoting members\b|\bnon-arbiter member\b|\boplog fetcher\b|\binitial sync",
    re.IGNORECASE,
)
# PyMongo's stack frames of operations, and the classes of errors about their arguments
_OPERATION_FRAME = lazy_compile(
    r"[/\\]pymongo[/\\](?:\w{1,20}+[/\\])?(?:aggregation|bulk|change_stream|client_bulk|client_session"
    r"|collection|command_cursor|cursor|database|operations)\.py\", line \d"
)
_ARGUMENT = lazy_compile(
    r"^(?:TypeError|ValueError|NotImplementedError|pymongo\.errors\.Invalid(?:Name|Operation)): ",
    re.MULTILINE,
)
_TOOL = lazy_compile(
    r"^\d{4}-\d\d-\d\dT[\d:.]{8,15}[+-]\d{4}\s{1,8}"
    r"(?:error parsing command line options: |Failed: (?=[^\n]{0,300}(?:\bfiles?\b|--[a-z]"
    r"|\binvalid |\bpositional\b|\barchive|\bdump|\brestor|\boplog|not a valid command|filesystem"
    r"|\bcollection|\bnamespace|must be|only be|bad option"
    r"|no command specified|arguments?(?:\(s\))? missing|already quoted|valid JSON|unknown type "
    r"|Invalid mode: |query option|ServerVersion key|auth version|prelude|cannot convert"
    r"|to be float64|encoding error|illegal character value)))",
    re.MULTILINE,
)
# The same where a word of connecting is part of the sentence.
_TOOL_DATA = lazy_compile(
    r"\bFailed: (?:can't|cannot) (?:dump|restore)[^\n]{0,80}Atlas free or shared cluster"
    r"|\bFailed: mongo\w{4,7} does not support exporting "
)


def not_connection(text: str) -> str | None:
    """Return the answer for an error of an operation; None for any other text."""
    if _REPLY_WORDS.search(text) or (_REPLY.search(text) and not _CONNECTING.search(text)):
        return NOT_CONNECTION.format(why=WAS_REACHED)
    if _ADMINISTRATION.search(text) and _REPLY.search(text):
        return NOT_CONNECTION.format(why=CONFIGURATION)
    if _REFUSED_HERE.search(text) or _OF_DATA.search(text):
        return NOT_CONNECTION.format(why=LOCAL)
    if _OPERATION_FRAME.search(text) and _ARGUMENT.search(text):
        return NOT_CONNECTION.format(why=LOCAL)
    if _MISUSE_WORDS.search(text) and not _CONNECTING.search(text):
        return NOT_CONNECTION.format(why=LOCAL)
    if _TOOL_DATA.search(text) or (_TOOL.search(text) and not _UNREACHED_WORDS.search(text)):
        return ARGUMENTS
    return None
