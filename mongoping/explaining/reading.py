"""Read a pasted text: mark what it says in a uniform way, and extract the driver's view. Pure.

The marks replace the many forms that drivers and systems use: ``⟨ECONNREFUSED⟩`` after
``[WinError 10061]``, ``⟨code 18⟩`` after ``(AuthenticationFailed)``, ``⟨alert 80⟩`` after
``TLSV1_ALERT_INTERNAL_ERROR``, ``⟨says HTTP⟩`` after a length of 1347703880, ``⟨eof⟩`` after the
end of a stream. Marks that follow from the complete view come at the end, one per line. The
patterns of the causes look for words and for these marks alike; docs/explain.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from mongoping.data.translated_errors import TRANSLATED
from mongoping.explaining import numbers, servers
from mongoping.explaining.clean import CLOSE, OPEN, clean
from mongoping.explaining.conclusions import conclusions
from mongoping.explaining.routine import without_routine
from mongoping.lazy_re import lazy_compile
from mongoping.record import Record

LEAST_LENGTH = 0x14000000  # lengths below are lengths: four letters make a larger number


class Uri(Record):
    """A connection string in the text: its hosts and TLS options, without secrets."""

    srv: bool
    hosts: tuple[str, ...]
    login: bool
    options: str

    @property
    def tls(self) -> bool:
        """Return whether it turns TLS on."""
        asks = re.search(r"\b(?:tls|ssl)=(true|false)", self.options, re.IGNORECASE)
        return asks[1].lower() == "true" if asks else self.srv


class Reading(Record):
    """A text with its marks, and the facts read from it.

    ``tls`` is None if the text does not show whether TLS is in use. ``server_log`` is True for
    lines of mongod's own log, which describe the server's side.
    """

    text: str
    view: servers.View
    uris: tuple[Uri, ...] = ()
    tls: bool | None = None
    server_log: bool = False
    plain: str = ""  # the text without marks, as it was cleaned

    @property
    def seeds(self) -> frozenset[str]:
        """Return the hosts of the connection strings in the text, as ``host:port``."""
        return frozenset(host for uri in self.uris if not uri.srv for host in uri.hosts)


def read(text: str) -> Reading:
    """Return the reading of a pasted text."""
    plain = whole = without_routine(clean(text))
    strings = tuple(uris(plain))
    is_server_log = is_server_line(plain)
    tls = _tls(plain, strings)
    marks: tuple[_Mark, ...] = (
        *_MARKS,
        (_ALERT, ALERTS, _peer_alert_word if is_server_log else _alert_word),
        (_END, ENDS, lambda match: _end_word(match, tls)),
    )
    if is_server_log:
        plain = _PEER_CERTIFICATE.sub(f"\\1 {OPEN}peer certificate refused{CLOSE}", plain)
        plain = _PEER_PLAIN.sub(f"{OPEN}peer without tls{CLOSE}", plain)
    lower, marked_text = plain.lower(), plain
    for pattern, cues, word in marks:
        if any(cue in lower for cue in cues):  # no expression is compiled in vain
            marked_text = _mark(marked_text, pattern, word)
    view = servers.view(marked_text)
    statements = (
        *conclusions(view, servers.folded_addresses(marked_text), marked_text),
        *_login(plain),
    )
    marked_text += "".join(f"\n{OPEN}{word}{CLOSE}" for word in statements)
    return Reading(marked_text, view, strings, tls, is_server_log, whole)


def _mark(text: str, pattern: re.Pattern[str], word: Callable[[re.Match[str]], str | None]) -> str:
    """Return the text with a mark behind every match for which ``word`` returns one."""

    def put(match: re.Match[str]) -> str:
        replacement = word(match)
        return match[0] if replacement is None else f"{match[0]} {OPEN}{replacement}{CLOSE}"

    return pattern.sub(put, text)


# Each begins with plain characters, which `re` finds much faster than a choice of words.
_ERRNO = lazy_compile(r"\[(?:Errno|WinError) (-?\d{1,5})\]")
_OS_ERROR = lazy_compile(r"os error (\d{1,5})\)")
_SYSTEM = lazy_compile(r"system:(\d{1,5})\b")
_DART = lazy_compile(r"SocketException \((\d{1,5})\)")
_ERRNO_FIELD = lazy_compile(r"errno ?[:=] ?-?(\d{1,5})\b")  # Node's own are negative
# PyMongo before 4 on old Pythons, and repr of an OSError
_REPR = lazy_compile(r"\((-?\d{1,5}), ")
_OF_REPR = lazy_compile(r"\b(?:error|OSError|gaierror|timeout|ConnectionRefusedError)$")
MAX_NAME = 30  # characters before a parenthesis


def _errno_word(match: re.Match[str]) -> str | None:
    return numbers.errno_name(int(match[1]), windows=match[0].startswith("[WinError"))


def _own_errno_word(match: re.Match[str]) -> str | None:
    """Return the mark, unless the match is only the end of a word."""
    before = match.string[: match.start()][-1:]
    return None if before.isalnum() or before == "_" else _errno_word(match)


def _repr_word(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - MAX_NAME) : match.start()]
    return _errno_word(match) if _OF_REPR.search(before) else None


_CODE = lazy_compile(
    r"\bcode['\"]?\s{0,2}[:=]\s{0,2}(?:NumberInt\(|Int32\()?(\d{1,6})\b"
    r"|\b(?:failed|failure) with (?:error|code|status):? (\d{1,6})\b"
    r"|\berror code:? (\d{1,6})\b|\bserver error:? (\d{1,6})\b",
    re.IGNORECASE,
)
_CODE_IN_BRACKETS = lazy_compile(r"\[(\d{1,6}):[A-Z]\w{1,60}\]", re.IGNORECASE)


def _code_word(match: re.Match[str]) -> str:
    return f"code {int(next(filter(None, match.groups())))}"


def _code_name(name: str) -> re.Pattern[str]:
    """Return the pattern for the name of a code, which begins with the name to be fast."""
    return lazy_compile(rf"{name}(?<=[(:'\" ]{name})(?<!::{name})(?=[)'\",:\s]|$)")


def _code_name_word(match: re.Match[str]) -> str:
    return f"code {numbers.CODES[match[0]]}"


def _login(text: str) -> Iterator[str]:
    """Return the mechanism and the step of a login, which drivers show in their stack frames.

    A server refuses an unknown user at the first step of SCRAM (``start``); a refusal at the
    second one (``proof``) means that the password is wrong.
    """
    if "auth" not in text.lower():
        return
    match = _MECHANISM.search(text)
    if match:
        name = next(filter(None, match.groups())).upper()
        yield f"login {name.removeprefix('MONGODB-')}"
    if _PROOF.search(text):
        yield "login proof"
    elif _START.search(text):
        yield "login start"


_MECHANISM = lazy_compile(
    r"\b_authenticate_(plain|x509|gssapi|oidc|aws)\b|\bat async (Plain|X509|GSSAPI)\.auth\b"
    r"|mechanism\W{1,3}(PLAIN|GSSAPI|MONGODB-(?:AWS|OIDC|X509))\b"
    r"|\b(Plain|X509|GSSAPI)Authenticator\b",
    re.IGNORECASE,
)


_START = lazy_compile(r"\bexecuteScram\b|\bsendSaslStart\b")


_PROOF = lazy_compile(r"\bcontinueScramConversation\b|\bsendSaslContinue\b|saslContinue failed")


_LENGTH = lazy_compile(
    r"(?:[Mm]essage length|[Ii]nvalid message size:?|msgLen|[Gg]ot response id|message size"
    r"|responseTo|message of length|reply message length|sizeOf\w{1,20}"
    r"|(?:[Ll]ength|[Ss]ize)(?: (?:is|was|of))?)\W{0,4}(-?\d{1,11})\b"
)


def _length_word(match: re.Match[str]) -> str | None:
    number = int(match[1])
    letters = numbers.letters(number) if abs(number) < 2**32 else None
    if letters == "TLS" or (letters and abs(number) >= LEAST_LENGTH):
        return f"says {letters}"
    return None


_ALERT = lazy_compile(
    r"SSL alert number (\d{1,3})"
    r"|\b(?:tlsv1[0-3]?|sslv3|tlsv1\.[0-3]|ssl/tls) alert ([a-z]{2,20}+(?: [a-z]{2,20}+){0,3}+)"
    r"|\b(?:TLSV1[0-3]?|SSLV3|SSL/TLS)_ALERT_([A-Z]{2,20}+(?:_[A-Z]{2,20}+){0,3}+)"
    r"|remote error: tls: ([a-z]{2,20}+(?: [a-z]{2,20}+){0,3}+)"
    r"|\bTLS Alert: ([a-z]{2,20}+(?: [a-z]{2,20}+){0,3}+)"
    r"|\bALERT: Fatal - ([A-Z][a-z]{1,20}+(?: [A-Z][a-z]{1,20}+){0,3}+)"
    r"|[Rr]eceived fatal alert: ([a-z]{2,20}+(?:_[a-z]{2,20}+){0,3}+|[A-Z]\w{2,40}+)"
    r"|TLS handshake failed: [^\n(]{0,60}\(-(?P<macos>98\d\d)\)"
)


def _alert_word(match: re.Match[str]) -> str | None:
    if match[1]:
        return f"alert {int(match[1])}"
    if match["macos"]:
        peer = numbers.SECURE_TRANSPORT.get(int(match["macos"]))
        return None if peer is None else f"alert {peer}"
    words = next(filter(None, match.groups()))
    while words:  # the sentence may go on behind the name
        number = numbers.alert(words)
        if number is not None:
            return f"alert {number}"
        words = words.replace("_", " ").rpartition(" ")[0]
    return None


def _peer_alert_word(match: re.Match[str]) -> str | None:
    """Return the mark for an alert in a server's log, which the client sent."""
    word = _alert_word(match)
    return f"peer {word}" if word else None


# the messages of clients that the other side closed the connection, and when. Groups: during the
# TLS handshake; at an unknown time
_END = lazy_compile(
    r"(SSL handshake failed: [^\s,]{1,300}:\s{1,3}(?=\(configured|[,'\"]|$)"
    r"|UNEXPECTED_EOF_WHILE_READING"
    r"|socket disconnected before secure TLS connection was established"
    r"|(?:connection handshake|Last error): (?:unexpected )?EOF"
    r"|TLS handshake failed: (?:-98(?:05|06)|error:0{8}:)"
    r"|Remote host (?:closed connection during|terminated the) handshake"
    r"|SSL peer shut down incorrectly"
    r"|remote party (?:has )?closed the transport stream"
    r"|unexpected EOF or 0 bytes from the transport stream"
    r"|TLS handshake failed: [^\]\n]{0,80}(?:unexpected eof|connection closed|EOF)"
    r"|tls handshake eof|Connection terminated during handshake"
    r"|SSL_connect (?:SYSCALL returned=5|returned=5)[^\n]{0,60}EOF)"
    r"|((?<=: )connection(?: is already)? closed(?=\W|$)|(?<=: )Connection is closed\b"
    r"|connection (?:<monitor>|\d{1,9}|<\w{1,20}>) to \S{1,300} closed"
    r"|Prematurely reached end of stream"
    r"|incomplete read of (?:message header|full message): (?:unexpected )?EOF"
    r"|read past the end of the stream"
    r"|connection closed\.? calling (?:hello|is\s?master)"
    r"|server closed connection\.? calling|(?<= - ): ?closed\b"
    r"|failed to (?:receive length header from server|write rpc bytes)\.? calling"
    r"|socket was unexpectedly closed: EOF|unable to decode message length: EOF"
    r"|unexpected end of file"
    r"|\b(?:tcp|ssl) (?:recv|send|connect): closed"
    r"|(?<=MongoDB ConnectionException: )connection closed"
    r"|EOFError: end of file reached"
    r"|network error while attempting to run command '(?:isMaster|hello)'"
    r"|(?<=connection pool: )EOF)",
    re.IGNORECASE,
)


def _end_word(match: re.Match[str], tls: bool | None) -> str:
    if match[1] is not None:
        return "eof in handshake"
    if tls is None:
        return "eof"
    return "eof in tls" if tls else "eof in plain"


ALERTS = ("alert", "error: tls", "(-98")
ENDS = (
    "clos", "eof", "end of", "handshake", "shut down", "disconnect", "attempting to run",
    "rpc bytes", "length header",
)  # fmt: skip
_Mark = tuple[re.Pattern[str], tuple[str, ...], Callable[[re.Match[str]], "str | None"]]
"""A pattern, texts of which it needs at least one, and a function that returns the mark."""


def _translation(words: str, name: str) -> _Mark:
    """Return what marks the words of a translated system message with the name of its error."""
    return lazy_compile(re.escape(words), re.IGNORECASE), (words,), lambda _match: name


_MARKS: tuple[_Mark, ...] = (
    (_ERRNO, ("[errno", "[winerror"), _errno_word),
    (_OS_ERROR, ("os error",), _own_errno_word),
    (_SYSTEM, ("system:",), _own_errno_word),
    (_DART, ("exception (",), _errno_word),
    (_ERRNO_FIELD, ("errno",), _own_errno_word),
    (_REPR, ("error(", "timeout("), _repr_word),
    (_CODE, ("code", "failed with", "failure with", "server error"), _code_word),
    (_CODE_IN_BRACKETS, ("[",), _code_word),
    *((_code_name(name), (name.lower(),), _code_name_word) for name in numbers.CODES),
    (_LENGTH, ("length", "size", "msglen", "response id", "responseto"), _length_word),
    *(_translation(words, name) for name, every in TRANSLATED.items() for words in every),
)


_NUMBERS: tuple[_Mark, ...] = (*_MARKS, (_ALERT, ALERTS, _alert_word))
_MARKS_BY_CUE: dict[str, list[_Mark]] = {}
for _number in _NUMBERS:
    for _cue in _number[1]:
        _MARKS_BY_CUE.setdefault(_cue, []).append(_number)
NUMBER_CUES = frozenset(_MARKS_BY_CUE)
"""Strings, one of which every text has in which `numbers_in` finds a number."""


def numbers_in(text: str, words: Set[str]) -> Iterator[str]:
    """Yield the meanings of the numbers in a text, without their positions.

    ``words`` are those of `NUMBER_CUES` that occur in it in any case.
    """
    for pattern, _, word in {mark for cue in NUMBER_CUES & words for mark in _MARKS_BY_CUE[cue]}:
        yield from filter(None, map(word, pattern.finditer(text)))


# a certificate error in a server's log, which is about the client's certificate
_PEER_CERTIFICATE = lazy_compile(
    r"(SSL peer certificate validation failed)"
    r"(?:(?:: |\",\"attr\":\{\"reason\":\")[^\n\"]{0,200})?"
)


# what a server's TLS library says of a client that speaks something else
_PEER_PLAIN = lazy_compile(
    r"(?<=reason: \")wrong version number|(?<=:)wrong version number\b|(?<=routines::)http request"
)


# a log line of mongod or mongos: JSON since 4.4, text before
_SERVER_LOG = lazy_compile(
    r"\"t\":\s?+\{\s?+\"\$date\":[^\n]{1,120}\"c\":\s?+\"[A-Z_-]{1,12}+\""
    r"|^\S{19,30}[+-]\d{4} [DIWEF]\d? {1,4}+(?:[A-Z_]{2,12}+|-) {1,10}+"
    r"\[(?!thread1\]|js\]|main\])\w{1,60}"
    r"|^\S{19,30}[+-]\d{4} \[conn\d{1,9}\]"
    # gateways that speak MongoDB's protocol to clients
    r"|\[documentdb_gateway\]|\bclientconn/conn\.go",
    re.MULTILINE,
)


def is_server_line(text: str) -> bool:
    """Return whether a text contains a line of a server's own log."""
    return bool(_SERVER_LOG.search(text))


_URI = lazy_compile(r"mongodb(\+srv)?://([^\s\"'`<>]{1,2000})", re.IGNORECASE)


def uris(text: str) -> Iterator[Uri]:
    """Yield the connection strings in a text, without anything before the last '@'."""
    for match in _URI.finditer(text):
        front, _, query = match[2].partition("?")
        place = front.partition("/")[0]
        login, at, hosts = place.rpartition("@")
        named_hosts = tuple(
            host if match[1] or ":" in host.rpartition("]")[2] else f"{host}:27017"
            for name in hosts.lower().split(",")
            if (host := name.strip(" .;)"))
        )
        yield Uri(bool(match[1]), named_hosts, bool(at or login), query)


# messages that only occur with TLS
_SECURE_WORDS = lazy_compile(
    r"\[SSL[:\]]|SSL handshake|TLS handshake|certificate|SSL alert|TLSSocket|SslStream|\btls: "
    r"|SSLHandshake|SSLException|SslHandler|SSLSocket|AuthenticateAsClient"
    r"|(?:tls|ssl)['\"]?[=:]\s?['\"]?(?:true|True)|sslEnabled=true",
    re.IGNORECASE,
)


def _tls(text: str, strings: tuple[Uri, ...]) -> bool | None:
    """Return whether the client uses TLS; None if the text does not show it."""
    if any(uri.tls for uri in strings) or _SECURE_WORDS.search(text):
        return True
    whole = [uri for uri in strings if uri.hosts]
    return False if whole else None
