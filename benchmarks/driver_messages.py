"""Score ``mongoping explain`` on the messages in the drivers' sources.

``python -m benchmarks.driver_messages NAME=CLONE ...`` reads work trees or bare repositories, lists
the message templates that connecting can produce, fills in plausible values, and prints what
``explain`` makes of them. NAME is one of DRIVERS. With ``--misses`` it also prints the messages
that it dismisses, misunderstands, attributes to another client, or of which it ignores the reason:
driver, column, file and message, separated by tabs.

Low-level errors inside a message are neutral, so only the driver's own words count. Files are
chosen by name (see `benchmarks.drivers`), without those that connecting does not run: buffers and
encoders of documents, the server's side of TLS, the prompt of a shell. Messages about reading and
writing data are left out. A message that is printed without any form of its driver need not be
attributed to it, and it may be dismissed if no word in it is MongoDB's.

A message must get a cause that its words or its file allow (EXPECTED). The two general causes are
right only for a class of error that is about arguments or about the driver's own state, and never
for a message about what the other side sent. No cause is right for a message that passes on
another error, or that says only that something failed or took too long.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drivers import DRIVERS, Driver
from benchmarks.templates import templates
from mongoping.explaining import Explanation, advice, explain

INNER = "something else went wrong"  # a low-level error, which must not decide
VALUES = (  # by the expression, or by the words before the placeholder
    (r"host_and_port", "db1.example.net:27017"),
    (r"rr_type", "SRV"),
    (r"escape_instructions", "Percent-encode username and password according to RFC 3986"),
    (r"type_name", "str"),
    (r"_id\b|^response|op_?code", "17"),
    (r"log_level", "17"),
    (r"wire", "6"),
    (r"MongoDB_?OIDC", "MONGODB-OIDC"),
    (r"resource_?prop", "TOKEN_RESOURCE"),
    (r"environment_?prop", "ENVIRONMENT"),
    (r"allowed_?hosts_?prop", "ALLOWED_HOSTS"),
    (r"\be(?:rr|x|xc)?\b|err(?:or|no)?s?\b|cause|reason|exception|failure|^messages?\b", INNER),
    (r"port\b", "27018"),
    (r"replica\W?set|set\W?name", "rs0"),
    (r"uri_option", "retryWrites"),
    (r"ur[il]|connection.?string|conn_?str", "mongodb://db1.example.net:27017/shop"),
    (r"\bsrv\b|\btxt\b|domain", "cluster0.example.net"),
    (r"host|addr|server\b|endpoint|seed|node|peer|target", "db1.example.net:27017"),
    (r"version", "4.0.28"),
    (r"mechanism|\bmech", "SCRAM-SHA-256"),
    (r"file|path|cert|\bpem", "/etc/ssl/mongo.pem"),
    (r"user|principal", "app"),
    (r"database|\bdb|source", "shop"),
    (r"time|\bms\b|seconds|duration|elapsed|after|waited", "30000"),
    (r"size|length|count|number|num|max|min|%d|limit|bytes|code|status|int", "17"),
    (r"type\(|__class__|typeof|gettype|class", "str"),
    (r"compress", "snappy"),
    (r"option|key|param|name|field|property|argument", "retryWrites"),
    (r"mode", "secondary"),
)
OTHER = "value"
FLAGS = re.IGNORECASE

GENERAL = ("uri", "client", "pool", "auth", "topology", "hello", "dns", "tls")
OPTIONS = ("uri.empty-credentials", "uri.conflicting-options", "uri.invalid-option", "client")

# Causes that a message may name, by its text or its file; the first pattern that fits applies.
FORMS = ("client.driver-defect", "client.setting-refused")  # by the class of an error
EXPECTED = (
    (
        r"wire.?version|requires? (?:at least|mongodb) version|minimum (?:wire|server)"
        r"|server versions? \d|does not support the \w+ option",
        ("hello.wire", "compat", *FORMS),
    ),
    (r"\bconnect.?timeout|took over \S+ seconds to connect", ("tcp", "tls", "hello", "uri")),
    (
        r"\bsrv|_srv|\btxt\b|\bdns(?!EndPoint)|resolv(?!e certificate)|lookup",
        ("dns", "uri", "client", "atlas", "topology"),
    ),
    (r"MONGODB-OIDC", ("auth.oidc", "auth.mech", "auth.wrong", *OPTIONS)),
    (r"server selection|selecting a server", ("topology", "pool", "client", "compat")),
    (r"fork", ("client.fork",)),
    (r"compress|snappy|zstd|zlib", ("client.compressor", "uri", "hello")),
    (r"check(?:ing)?.?out|connection.?pool", ("pool", "client", "uri.conflicting-options")),
    (
        r"aws|\bsts\b|\bec[s2]\b|iam|session token|access key",
        ("auth.aws", "auth.dep", "auth.mech", "auth.invalid-reply", "compat", *OPTIONS),
    ),
    (r"oidc|\btoken", ("auth.oidc", "auth.kerberos", "auth.mech", "auth.wrong", *OPTIONS)),
    (
        r"kerberos|gssapi|sspi|principal",
        ("auth.kerberos", "auth.dep", "auth.mech", "auth.invalid-reply", "dns", *OPTIONS),
    ),
    (r"socks|proxy", ("tcp.proxy", "uri", "client")),
    (r"api.?(?:version|strict)|stable api", ("api", "uri", "client")),
    (r"load.?balanc", ("topology", "uri", "hello", *FORMS)),
    (r"ocsp|revo[ck]", ("tls", "client", "uri")),
    (r"certif|\btls|\bssl|x509|pem", ("tls", "uri", "client", "auth", "hello")),
    (r"auth|credential|password|username|scram|sasl|mechanism", ("auth", "uri", "client", "tls")),
    (
        r"(?<!session)timed? ?out",
        ("tcp", "tls", "hello", "network", "ping", "pool", "dns", "auth", *FORMS, *OPTIONS),
    ),
    (r"ur[il]\b|connection.?string|connstring|options?\b|must be|invalid", GENERAL),
)

# Messages about reading and writing data, and what makes such a message one about a connection.
DATA = (
    r"\btransaction|bulk ?write|\bunacknowledged|encryption|crypt_shared|\bKMS\b|key vault"
    r"|\bcursor|\bdocuments?\b|\bcollections?\b|\bnamespaces?\b|\boplog|\bdump|\brestor|archive"
    r"|\bindex(?:es)?\b|gridfs|\bgeo|time-?series|\bheaderline|\bfields?\b|fieldFile|upsert"
    r"|\bcausal|snapshotTime|snapshot session|\bfor_writes\b|\bslice\b|\b(?:users? and )?roles\b"
    r"|\busers\b|(?<!\S)--(?!ssl|tls|auth|user|pass|host|port|uri)\w|\bdb name|database name is"
    r"|key_or_list|\bdirection\b|\bkey (?:names|pair)\b|\$ operators|update cannot be empty"
    r"|unable to retrieve (?:GCP|Azure) credentials|prelude|auth version|lock information"
    r"|key or keys|selector parameter|SelectorBuilder"
    r"|stream is closed|\bMD5\b|session was|query option|valid JSON|already quoted|lock info"
    r"|kms_tls_options|insecure tls options prohibited"
    r"|\bchunks?\b|\bFile (?:with|MD5)|for file '|bulk operation|resume (?:token|functionality)"
    r"|\bsleep|polling interval|Extended JSON|^invalid '|versionArray|\btimestamp\b|positional"
)
CONNECTING = (
    r"description|hello|not support(?:ed)?\b.*session|\bhost|server|\bnode\b|\buri\b|connect"
)

# Words of MongoDB and its drivers. A message without a form of its driver and without any of them
# could be any program's.
OWN_WORDS = (
    r"mongo|bson|replica|\bsrv|topology|\bwire|(?:read|write) ?(?:preference|concern)|scram"
    r"|\bhello\b|is ?master|uri option|staleness|heartbeat|\boidc|\$external|crypt"
    r"|(?:auth|retry|server|direct|load|tls|ssl|zlib)[A-Z]\w+|\bop_\w+|\bsession"
)
LOG_PREFIX = r"[\d:.]+ \[\w+\] "  # the form of a logger, which is no driver's


@dataclass(frozen=True)
class Message:
    """A message as it is printed, with what may be said about it."""

    driver: str
    where: str
    kind: str  # the class of the error
    text: str
    expected: tuple[str, ...]  # beginnings of codes; empty if the script knows none
    wraps: bool  # it passes on a low-level error, which has the reason
    bare: bool = False  # the driver prints it without anything around it


def messages(name: str, clone: Path) -> Iterator[Message]:
    """Yield the messages of a driver, each once."""
    driver = DRIVERS[name]
    texts: set[str] = set()
    for path, source in sources(clone, driver):
        for template in templates(source, driver.language):
            text, wraps = fill(template.parts)
            if text in texts or is_about_data(text, path) or text.startswith("WARNING: "):
                continue
            texts.add(text)
            line = form(driver, template.kind, path, text)
            yield Message(
                name,
                path,
                template.kind or driver.default,
                line,
                tuple(expectation(text, path)),
                wraps,
                bare=bool(re.fullmatch(rf"(?:{LOG_PREFIX})?{re.escape(text)}", line)),
            )


def is_about_data(text: str, path: str) -> bool:
    """Return whether a message is about an operation on data, not about a connection."""
    return bool(re.search(DATA, text, FLAGS)) and not re.search(CONNECTING, f"{path} {text}", FLAGS)


def sources(clone: Path, driver: Driver) -> Iterator[tuple[str, str]]:
    """Yield the paths and contents of the files that matter."""
    git = ("git", f"--git-dir={clone}") if (clone / "HEAD").exists() else ("git", "-C", str(clone))
    process = subprocess.run(
        [*git, "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, text=True, check=True
    )
    for path in process.stdout.splitlines():
        if re.search(driver.files, path) and re.search(driver.language.suffixes, path):
            content = subprocess.run(
                [*git, "show", f"HEAD:{path}"], capture_output=True, check=True
            )
            yield path, content.stdout.decode(errors="replace")


def fill(parts: tuple[str, ...]) -> tuple[str, bool]:
    """Return a message with plausible values, and whether it passes on a low-level error."""
    text, wraps = parts[0], False
    for expression, literal in zip(parts[1::2], parts[2::2], strict=True):
        words = re.findall(r"[A-Za-z]+|%d", text)[-2:]
        hint = expression or " ".join(words or re.findall(r"[A-Za-z]+", literal)[:2])
        value = next((value for about, value in VALUES if re.search(about, hint, FLAGS)), OTHER)
        macro = re.fullmatch(r"MONGOC_URI_([A-Z]+)", expression)
        value = macro[1].lower() if macro else value
        wraps = wraps or value == INNER
        text += value + literal
    if text.rstrip().endswith(":"):  # the driver appends the low-level error
        return f"{text.strip()} {INNER}", True
    return text.strip(), wraps


def expectation(text: str, path: str) -> Iterator[str]:
    """Yield the beginnings of the codes that a message may be given."""
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])|[/._-]", " ", path)
    for words in (text, stem):
        for pattern, codes in EXPECTED:
            if codes is GENERAL and words is stem:
                continue  # a file of options also has messages that are about none
            if re.search(pattern, words, FLAGS):
                yield from codes
                return


def form(driver: Driver, kind: str, path: str, text: str) -> str:
    """Return a message as programs print it."""
    shape, kind = driver.own, kind.removeprefix("Mongo::") or driver.default
    if driver.general and re.search(driver.kinds, kind):
        shape = driver.general
    for pattern, special in driver.special:
        if re.search(pattern, f"{path} {kind}"):
            shape = special
            break
    dotted_path = (
        re.sub(r".*(?:/main/(?:scala/)?|^src/)", "", path).rpartition(".")[0].replace("/", ".")
    )
    return shape.format(
        kind=kind,
        text=text,
        path=path,
        dotted=dotted_path,
        stem=Path(path).stem,
        package=driver.package,
    )


SETTING_REFUSED, DEFECT = GENERAL_CAUSES = ("client.setting-refused", "client.driver-defect")
OF_ARGUMENTS = (  # classes of errors about what a program passes
    r"Argument|ARGUMENT|Conflict|Config|Parse|Format|Value|Type|Range|Key|Input|Option|API|isTrue"
    r"|Usage|Unsupported|NotSupported|Unimplemented|^Mongoose"
)
OF_STATES = (  # classes of errors about the driver's own state
    r"[Ii]nternal|Lint|R(?:untime|UNTIME)|State|InvalidOperation|Index|Assert|Unsupported|NotSupported"
    r"|Unimplemented|NotImplemented|NullPointer|Application|Callback|Type|Range|^Error$"
)
OF_DEFECTS = (  # words about the driver's own state
    r"\bInternal error: |[Ff]ile a bug|Invalid mongoc_\w+_t|[Cc]ould not (?:append|buffer|encode"
    r"|generate|compress|determine)|failed to (?:salt|append)|base64 (?:en|de)code"
    r"|internal registry|\bAPM\b|\bSubscriber\b|unserialization|mongoc_uri_t"
    r"|unknown phongo|get server descr"
)
OF_VALUES = (  # words about what a program passes
    r"\bmust (?:not )?be\b|\bshould (?:not )?be\b|support|\binvalid\b|\bunknown\b|\bfrozen\b"
    r"|must only be|can(?:not| only| not) be called|cannot (?:set|call|use)|more than once"
    r"|only set|initialized"
    r"|has no effect|no longer accepts|\bnot enabled\b|\brequire[sd]?\b"
    r"|\bis not (?:greater|less|between|valid)\b"
)
OF_PEERS = (  # words about what the other side sent
    r"\b(?:server|reply|response|peer|proxy)\b[^.\n]{0,40}\b(?:sent|returned|replied|contain\w*"
    r"|received|length|opcode|invalid|signature)\b|\bnonce\b|\bopcode\b"
)


VAGUE = (  # what a driver says when a connection ended or was not made, without the reason
    r"\bpaused state\b|\bunexpected (?:\w+ )?\w*exception$|\btime[ds]? ?out\b"
    r"|\bconnection (?:was|has been) closed\b"
    r"|\bfail(?:s|ed) to (?:finish connect|connect|close)\b[^:]*$"
)


def general_causes(message: Message) -> tuple[str, ...]:
    """Return the general causes that fit a message, by its class of error and its words."""
    match = re.search(OF_DEFECTS, message.text)
    if not match and re.search(OF_PEERS, message.text, FLAGS) and "Argument" not in message.kind:
        return ()
    hit = re.search(OF_VALUES, message.text, FLAGS)
    is_refusal = hit or re.search(OF_ARGUMENTS, message.kind)
    inner = re.search(DRIVERS[message.driver].inner, message.where) and re.search(
        r"Argument|Lint|MongoDart|^(?:Mongo::Error)?$", message.kind
    )
    defect = inner or match or re.search(OF_STATES, message.kind)
    return tuple(
        cause for cause, fits in zip(GENERAL_CAUSES, (is_refusal, defect), strict=True) if fits
    )


CAUSE_NAMED = "named"
GENERALLY = "by its form"  # one of the two general causes
UNSURE = "cannot tell"
NO_CONNECTION = "not of connecting"
SILENT = "cannot tell, reason given"  # the message or its file says what it is about
ELSEWHERE = "cannot tell, other client"
STRANGER = "dismissed"
ANYONES = "dismissed, no word of MongoDB's"
ANOTHER = "another cause"
WRONG = "certain and wrong"
MISSES = (SILENT, ELSEWHERE, STRANGER, ANOTHER, WRONG)
RIGHT = (CAUSE_NAMED, GENERALLY, UNSURE, NO_CONNECTION, ANYONES)
COLUMNS = (*RIGHT, *MISSES)


def judge(message: Message, explanation: Explanation) -> str:
    """Return the column of what ``explain`` said about a message."""
    if explanation.cause:
        if explanation.cause in GENERAL_CAUSES:
            fits = explanation.cause in general_causes(message)
        else:
            fits = explanation.cause.startswith(message.expected) if message.expected else True
        if fits:
            return GENERALLY if explanation.cause in GENERAL_CAUSES else CAUSE_NAMED
        return WRONG if explanation.confidence == "certain" else ANOTHER
    if explanation.missing == advice.NOT_MONGODB:
        has_own_words = not message.bare or re.search(OWN_WORDS, message.text, re.IGNORECASE)
        return STRANGER if has_own_words else ANYONES
    if re.search(
        r"not (?:a|an error of|of|about) connect|no connection", explanation.missing or ""
    ):
        return NO_CONNECTION
    clients = (*DRIVERS[message.driver].clients, *((None,) if message.bare else ()))
    if explanation.client not in clients:
        return ELSEWHERE
    vague = message.wraps or advice.gave_up(message.text) or re.search(VAGUE, message.text, FLAGS)
    codes = message.expected or general_causes(message)
    return UNSURE if vague or not codes else SILENT


def main() -> None:
    """Print a table with a line per driver."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.driver_messages",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("clones", nargs="+", metavar="NAME=CLONE", help=", ".join(DRIVERS))
    parser.add_argument("--misses", action="store_true", help="print the messages that fail")
    parser.add_argument("--all", action="store_true", help="print every message")
    args = parser.parse_args()
    totals: Counter[str] = Counter()
    rows = []
    for clone in args.clones:
        name, _, path = clone.partition("=")
        if name not in DRIVERS or not Path(path).is_dir():
            parser.error(f"not NAME=CLONE with a driver and a folder: {clone}")
        counts: Counter[str] = Counter()
        for message in messages(name, Path(path)):
            explanation = explain(message.text)
            word = judge(message, explanation)
            counts[word] += 1
            if args.all or (args.misses and word in MISSES):
                answer = (
                    f" {explanation.cause} ({explanation.confidence})" if explanation.cause else ""
                )
                text = message.text.replace("\n", "\\n")
                print(f"{name}\t{word}{answer}\t{message.where}\t{text}")
        totals += counts
        rows.append(row(name, counts))
    print(f"\n| driver | messages | right | {' | '.join(COLUMNS)} |")
    print("|---|" + "---:|" * (len(COLUMNS) + 2))
    print("\n".join((*rows, row("all", totals))))


def row(name: str, counts: Counter[str]) -> str:
    """Return a line of the table."""
    right = sum(counts[word] for word in RIGHT) / max(counts.total(), 1)
    cells = (name, counts.total(), f"{right:.1%}", *(counts[word] for word in COLUMNS))
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
