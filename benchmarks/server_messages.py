"""Score ``mongoping explain`` on the messages in the sources of the MongoDB server.

``python -m benchmarks.server_messages CLONE ...`` reads work trees or bare repositories of the
server, lists the messages of starting, networking, access control and replication, fills in
plausible values, and prints what ``explain`` makes of them, by severity. With ``--misses`` it also
prints the messages that fail: severity, column, file and message, separated by tabs.

A message of the log is printed as the JSON line of 4.4 and later, and also as the text of 4.2 if
its source still has that form. What a command or a check returns is printed where it appears: by
mongosh, at the end of a start, or in the log line of a login. Log lines of severity I, D and W are
no failures by themselves, so silence is right for them, and so is a cause that fits.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import driver_messages
from benchmarks.driver_messages import (
    ANOTHER,
    CAUSE_NAMED,
    ELSEWHERE,
    FLAGS,
    NO_CONNECTION,
    SILENT,
    STRANGER,
    UNSURE,
    WRONG,
    fill,
)
from benchmarks.drivers import Driver
from benchmarks.templates import DOUBLE, Language, Template, templates
from mongoping.explaining import advice, explain
from mongoping.explaining.log import read_log

FILES = (
    r"(?:^|/)src/mongo/(?!.*(?:_test|_mock|_bm|_fixture|test_\w+|tenant\w*|shard_merge\w*)\b)(?:"
    r"db/(?:mongod_main|db|startup_\w+|server_options\w*|initialize_server_\w+|mongod_options\w*"
    r"|repl_set_member_in_standalone_mode|unclean_shutdown|commands/feature_compatibility_version"
    r"|keys_collection_\w+|logical_time_validator|log_process_details)"
    r"|db/storage/(?:storage_engine_(?:init|lock_file\w*|metadata)|storage_init\w*|storage_options"
    r"|wiredtiger/wiredtiger_(?:kv_engine|util|init|global_options|customization\w*))"
    r"|db/auth/(?:auth\w+|sasl_\w+|security_\w+|user_\w+|cluster_auth\w*|x509\w*|validated_\w+)"
    r"|client/(?:sasl_\w+|authenticate\w*|native_sasl\w+|scram_\w+|dbclient_\w+|replica_set_\w+"
    r"|mongo_uri\w*|streamable_\w+|connpool|sdam/\w+)"
    r"|db/repl/(?:replication_coordinator_\w+|topology_coordinator\w*|bgsync|isself"
    r"|check_quorum\w*|repl_set_(?:config|commands|heartbeat)\w*|member_config\w*|initial_syncer"
    r"|sync_source_\w+|oplog_fetcher|reporter|vote_requester|split_horizon|repl_settings)"
    r"|util/(?:net/\w+|net/private/\w+|options_parser/\w+|exit\w*|signal_handlers\w*|version\w*)"
    r"|transport/\w+|transport/asio/\w+|executor/\w+|s/(?:mongos_\w+|sharding_initialization|server)"
    r")\.cpp$"
)
LOG_CALLS = Language(
    r"\.cpp$",
    r"\bLOGV2(?P<kind>(?:_[A-Z]+)*)\((?=\s*\d)",
    DOUBLE,
    r"\{(\w+)\}",
)
ERROR_VALUES = Language(
    r"\.cpp$",
    r"\bStatus\s?[({]\s*(?:ErrorCodes::)(?P<kind>\w+),"
    r"|\b[mu]assert(?:ed)?\(\s*(?:ErrorCodes::(?P<kind2>\w+)|\d+),",
    DOUBLE,
    r"\{(\w+)\}",
)
SERVER = Driver(LOG_CALLS, FILES, "{text}", ("mongod", "mongosh"))
LETTERS = {"FATAL": "F", "ERROR": "E", "WARNING": "W", "DEBUG": "D1"}
COMPONENTS = {
    "AccessControl": "ACCESS", "ConnectionPool": "CONNPOOL", "Default": "-", "Executor": "EXECUTOR",
    "Replication": "REPL", "ReplicationElection": "ELECTION", "ReplicationHeartbeats": "REPL_HB",
    "ReplicationInitialSync": "INITSYNC", "ReplicationRollback": "ROLLBACK", "ASIO": "ASIO",
}  # fmt: skip
DATE = "2026-01-02T03:04:05.678"

# What cannot appear in a deployment: tests, checks of arguments within the program, and the parts
# of the server that no client or set of one's own meets.
INTERNAL = (
    r"fail ?-?point|test-only|for testing|tenan|security token|\bJW[ST]\b|callback|\bCallbackCancel"
    r"|cannot be null|\bnull function|invalid (?:storage interface|\w+ function)|should never"
    r"|must be (?:positive|called)|unexpected (?:state|type)|dump|Mixing ssl modes|grpc|\bFTDC"
    r"|shutting down|_rsConfigState|Uninitialized|not been (?:properly )?initialized|reinitialize"
    r"|unsupportedSyncSource|hex dump|state update|Writing fatal message|in-?memory payload"
)
STARTING = r"options|initialize_server|options_parser|mongo[ds]_main|server_parameter"
TLS_AT_START = r"util/net/ssl|security_key|/auth/security_file"
STORAGE = r"/storage/|feature_compatibility"
LOGIN = r"/auth/|client/(?:sasl|auth|native|scram)"

# Causes that a message may name, by its file and text; the first pattern that fits applies.
EXPECTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"try 'mongod --help'", ("server", "tls", "auth.mech")),
    (r"\"s\":\"F\"|\+0000 F ", ("server", "tls", "topology")),
    (r"PEM|x509", ("tls", "server", "auth", "hello")),
    (r"key ?file|security (?:key|file)|security_(?:key|file)", ("server.key-file", "server.not")),
    (r"feature ?Compat|wrong mongod|\bFCV\b|binary version", ("server.feature",)),
    (r"keys? (?:not )?found|HMAC|key cache", ("server.keys",)),
    (r"listen|\bbind|unlink|socket file", ("server", "uri")),
    (r"dbpath|data (?:directory|files)|lock ?file|WiredTiger|storage engine", ("server",)),
    (
        r"ssl|tls|certificate|OCSP|\bPEM\b|cipher|\bCRL\b|x\.?509",
        ("tls", "server", "auth", "hello"),
    ),
    (r"options|initialize_server|options_parser", ("server", "uri", "tls", "auth")),
    (r"mongo_uri|hostandport|sasl_aws|server host|Username|Password", ("uri", "dns", "auth")),
    (r"auth|sasl|scram|credential|user\b|mechanism", ("auth", "tls", "uri", "server")),
    (r"/repl/|replica ?set|sync source|heartbeat|primary", ("topology", "server", "auth", "hello")),
    (r"connect|socket|host", ("topology", "tcp", "dns", "hello", "server", "tls", "pool")),
)
CALM = "silent"
COLUMNS = (CAUSE_NAMED, UNSURE, CALM, NO_CONNECTION, *driver_messages.MISSES)


@dataclass(frozen=True)
class Message:
    """A message as it appears, with the beginnings of the codes that it may be given."""

    severity: str
    where: str
    text: str
    expected: tuple[str, ...]
    wraps: bool  # it passes on another error, which has the reason


def messages(clone: Path) -> Iterator[Message]:
    """Yield the messages of a clone, each once."""
    numbers = error_codes(clone)
    texts: set[str] = set()
    for path, source in driver_messages.sources(clone, SERVER):
        component = _component(source)
        for severity, text, plain, wraps in (
            *_log_lines(source, path, component),
            *_error_lines(source, path, numbers),
        ):
            if text in texts or re.search(INTERNAL, plain, FLAGS):
                continue
            texts.add(text)
            yield Message(severity, path, text, _expected_codes(path, plain, text), wraps)


def error_codes(clone: Path) -> dict[str, int]:
    """Return the numbers of the server's error codes by name."""
    git = ("git", f"--git-dir={clone}") if (clone / "HEAD").exists() else ("git", "-C", str(clone))
    codes: dict[str, int] = {}
    for top in ("", "*/"):
        process = subprocess.run(
            [*git, "grep", "-hE", "^ *- *[{] *code: ", "HEAD", "--",
             f":(glob){top}src/mongo/base/error_codes.yml"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        for code, name in re.findall(r"code:\s*(\d+),\s*name:\s*(\w+)", process.stdout):
            codes[name] = int(code)
    return codes


def _component(source: str) -> str:
    match = re.search(r"LOGV2_DEFAULT_COMPONENT\s+::mongo::logv2::LogComponent::k(\w+)", source)
    name = match[1] if match else "Default"
    return COMPONENTS.get(name, name.upper())


def _log_lines(source: str, path: str, component: str) -> Iterator[tuple[str, str, str, bool]]:
    """Yield severity, line, bare message, and whether it wraps, for each line of the log."""
    for opener in re.finditer(LOG_CALLS.opener, source):
        statement = source[opener.start() : opener.start() + 1500].partition(";")[0]
        results = list(templates(statement, LOG_CALLS))
        if not results:
            continue
        severity = next((LETTERS[word] for word in LETTERS if word in opener["kind"]), "I")
        names = re.findall(r"\"([\w ]+)\"_attr", statement)
        values = {name: fill(("", name, ""))[0] for name in names}
        wraps = any(fill(("", name, ""))[1] for name in names)
        number = re.search(r"\d+", statement[opener.end() - opener.start() :])
        both = _literals(statement)
        text, _ = fill(results[0].parts)
        short = both[1] if len(both) > 1 else both[0] if both else text
        where = _context(path, component)
        line = {
            "t": {"$date": f"{DATE}+00:00"}, "s": severity, "c": component,
            "id": int(number[0]) if number else 1, "ctx": where, "msg": short,
            **({"attr": values} if values else {}),
        }  # fmt: skip
        yield severity, json.dumps(line, separators=(",", ":")), f"{short} {' '.join(names)}", wraps
        if len(both) > 1:
            letter = severity[0]
            yield letter, f"{DATE}+0000 {letter} {component:<8} [{where}] {text}", text, wraps


def _literals(statement: str) -> list[str]:
    """Return the format and the message of a log statement, with adjacent literals joined."""
    head = re.split(r"\"[\w ]+\"_attr", statement)[0]
    groups = re.findall(r"(?:\"(?:[^\"\\\n]|\\.)*\"\s*)+", head)
    return ["".join(re.findall(r"\"((?:[^\"\\\n]|\\.)*)\"", group)) for group in groups]


def _context(path: str, component: str) -> str:
    if component.startswith(("REPL", "ELECTION")):
        return "ReplCoord-1"
    starting = re.search(r"ssl|_layer", path) or component not in ("ACCESS", "NETWORK")
    return "initandlisten" if starting else "conn12"


def _error_lines(
    source: str, path: str, numbers: dict[str, int]
) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the same for each error that is returned or thrown, in the form in which it appears."""
    for template in templates(source, ERROR_VALUES):
        text, wraps = fill(template.parts)
        yield "", _appears(path, template, text, numbers), text, wraps


def _appears(path: str, template: Template, text: str, numbers: dict[str, int]) -> str:
    """Return an error as the program that receives it prints it."""
    kind = template.kind or "Location51234"
    number = numbers.get(kind, 51234)
    status = {"code": number, "codeName": kind, "errmsg": text}
    if re.search(r"mongo_uri|hostandport", path):
        help_line = "try 'mongo --help' for more information"
        return f"MongoDB shell version v4.4.29\n{kind}: {text}\n{help_line}"
    if re.search(TLS_AT_START, path):
        return _line("F", "CONTROL", 20574, "main", "Error during global initialization", status)
    if re.search(STORAGE, path):
        message = "DBException in initAndListen, terminating"
        return _line("E", "CONTROL", 20557, "initandlisten", message, f"{kind}: {text}")
    if re.search(STARTING, path):
        return f"{kind}: {text}\ntry 'mongod --help' for more information"
    if re.search(LOGIN, path):
        return _line("I", "ACCESS", 5286307, "conn12", "Failed to authenticate", f"{kind}: {text}")
    if re.search(r"/repl/", path):
        return f"MongoServerError[{kind}]: {text}"
    message = "Heartbeat failed after max retries"
    return _line(
        "I", "REPL_HB", 23974, "ReplCoord-1", message, status, target="db2.example.net:27017"
    )


def _line(
    severity: str, component: str, number: int, where: str, message: str, error: object, **more: str
) -> str:
    line = {
        "t": {"$date": f"{DATE}+00:00"}, "s": severity, "c": component, "id": number, "ctx": where,
        "msg": message, "attr": {**more, "error": error},
    }  # fmt: skip
    return json.dumps(line, separators=(",", ":"))


def _expected_codes(path: str, text: str, line: str) -> tuple[str, ...]:
    for pattern, codes in EXPECTED[:2]:
        if re.search(pattern, line):
            return codes
    if re.search(LOGIN, path):
        return ("auth", "tls", "uri", "server.key", "server.not", "topology.member-unres")
    for words in (text, path):
        for pattern, codes in EXPECTED:
            if re.search(pattern, words, FLAGS):
                return codes
    return ()


def judge(message: Message) -> tuple[str, str]:
    """Return the column of what ``explain`` said about a message, and the cause it named."""
    explanation = explain(message.text)
    if message.severity[:1] in ("I", "D", "W"):
        groups = read_log([message.text]).groups
        if not groups:
            return CALM, ""
        explanation = groups[0].explanation
    if explanation.cause:
        answer = f"{explanation.cause} ({explanation.confidence})"
        if explanation.cause.startswith(message.expected or ("",)):
            return CAUSE_NAMED, answer
        return (WRONG if explanation.confidence == "certain" else ANOTHER), answer
    if explanation.missing == advice.ROUTINE:
        return CALM, ""
    if explanation.missing == advice.NOT_MONGODB:
        return STRANGER, ""
    if re.search(r"not a connection error", explanation.missing or ""):
        return NO_CONNECTION, ""
    if explanation.client not in SERVER.clients:
        return ELSEWHERE, explanation.client or ""
    return (UNSURE if message.wraps or not message.expected else SILENT), ""


def main() -> None:
    """Print a table with a line per severity."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server_messages",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("clones", nargs="+", metavar="CLONE", type=Path)
    parser.add_argument("--misses", action="store_true", help="print the messages that fail")
    parser.add_argument("--all", action="store_true", help="print every message")
    args = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    for clone in args.clones:
        for message in messages(clone):
            word, answer = judge(message)
            counts.setdefault(message.severity or "returned", Counter())[word] += 1
            if args.all or (args.misses and word in driver_messages.MISSES):
                text = message.text.replace("\n", "\\n")
                print(f"{message.severity}\t{word} {answer}\t{message.where}\t{text}")
    print(f"\n| severity | messages | {' | '.join(COLUMNS)} |")
    print("|---|" + "---:|" * (len(COLUMNS) + 1))
    for severity, words in (*sorted(counts.items()), ("all", sum(counts.values(), Counter()))):
        cells = (severity, words.total(), *(words[word] for word in COLUMNS))
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
