"""The patterns of the whole catalog: there, findable, and harmless in the face of any text."""

from __future__ import annotations

import re

import pytest

from mongoping import registry
from mongoping.causes.messages import FAMILIES, patterns_of
from mongoping.explaining import catalog, explain, literals, patterns, weighing
from mongoping.lazy_re import LazyPattern
from tests.examples import sample
from tests.explain import corpus
from tests.explain.bounds import ENDLESS, ways

MAX_WAYS = 8_000  # from one position; a text has at most 128,000 of them
EVERY = catalog.declared_patterns()
EVERY_NTH = 4  # pattern is tried with each text


def identify(pattern: patterns.Pattern) -> str:
    return f"{pattern.cause}: {pattern.source}"


def test_a_cause_that_no_test_sees_live_says_how_it_looks() -> None:
    """A cause without a test is for texts alone, and without patterns for nothing."""
    silent = {
        cause.code for cause in registry.causes() if not (cause.is_decided or patterns_of(cause))
    }

    assert silent == set()


def test_most_causes_say_how_they_look() -> None:
    """Causes without a driver message are the exception."""
    errors = [cause for cause in registry.causes() if cause.severity == "error"]
    silent = {cause.code for cause in errors if not patterns_of(cause)}

    assert len(silent) <= len(errors) // 10, silent


# What a text says if nothing arrived, or the connection ended.
SILENCE = re.compile(
    r"time(?:\(\?:d \)\?|d )?[ -]?out|timeout|\beof\b|end of (?:the )?(?:stream|file)|"
    r"(?:timeout|lifetime)(?: period)? expired|no (?:reply|response|answer)|to respond|"
    r"took (?:over|more)",
    re.IGNORECASE,
)
# Patterns with such words that are about something else: a file, an option, the server of a CRL.
ELSEWHERE = ("tls.bad-key-file", "tls.revoked", "uri.invalid-option")
ENDINGS = (
    "connect ETIMEDOUT 192.0.2.1:27017",
    "dial tcp db1.shop.example:27017: i/o timeout",
    "querySrv ETIMEOUT _mongodb._tcp.shop.example",
    "lookup _mongodb._tcp.shop.example on 192.0.2.53:53: read udp: i/o timeout",
    "The DNS operation timed out after 20.0 seconds",
    "db1.shop.example:27017: timed out",
    "db1.shop.example:27017: connection closed",
    "connection 3 to 192.0.2.1:27017 closed",
    "connection 3 to 192.0.2.1:27017 timed out",
    "Prematurely reached end of stream",
    "Timeout while receiving message",
    "Timed out while checking out a connection from connection pool",
    "connection() error occurred during connection handshake: EOF",
    "incomplete read of message header: context deadline exceeded",
    "Client network socket disconnected before secure TLS connection was established",
    "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1007)",
)


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_driver_is_certain_after_silence(ending: str) -> None:
    for client in ("MongoServerSelectionError", "pymongo.errors.AutoReconnect",
                   "com.mongodb.MongoSocketException", "server selection error"):  # fmt: skip
        assert explain(f"{client}: {ending}").confidence != "certain"


def test_every_certain_pattern_of_silence_is_of_a_cause_that_is_never_certain() -> None:
    """A new pattern for a timeout says how sure it is, or its cause is listed."""
    silent = {
        pattern.cause
        for pattern in EVERY
        if pattern.strength == patterns.CERTAIN and SILENCE.search(pattern.source)
    }

    assert silent - {*ELSEWHERE} <= {*weighing.SILENT}
    assert {"dns.timeout", "pool.timeout", "tcp.timeout"} <= silent


def test_every_message_of_a_driver_belongs_to_a_cause() -> None:
    codes = {cause.code for cause in registry.causes()}

    assert {code for family in FAMILIES for code in family.SAYS} <= codes


def test_no_pattern_is_that_of_two_causes_at_the_same_strength() -> None:
    """Two causes that the same words prove are no proof of either."""
    sure = [pattern.source for pattern in EVERY if pattern.strength >= patterns.LIKELY]

    assert len(sure) == len(set(sure))


def test_every_pattern_does_bounded_work_on_any_text() -> None:
    """Count the ways in which each expression can be tried from one position."""
    costly = {identify(pattern) for pattern in EVERY if ways(pattern.source) > MAX_WAYS}

    assert costly == set()


def test_every_pattern_has_a_literal_to_search_for_first() -> None:
    without = {
        identify(pattern)
        for pattern in EVERY
        if not pattern.literals or any(text != text.lower() for text in pattern.literals)
    }

    assert without == set()


def expressions() -> list[tuple[str, str]]:
    """Return the names and sources of the patterns that the package applies to foreign text.

    Those of `literals` and `patterns` read the patterns of the catalog.
    """
    return [
        (f"{module.__name__}.{name}", value.pattern)
        for module in registry.modules("explaining")
        for name, value in vars(module).items()
        if isinstance(value, LazyPattern) and module not in (literals, patterns)
    ]


def test_every_pattern_of_the_package_is_lazy() -> None:
    """Compiling them all would take longer than explaining a text."""
    eager = [
        f"{module.__name__}.{name}"
        for module in registry.modules("explaining")
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    ]

    assert eager == []


def test_every_expression_of_the_package_does_bounded_work() -> None:
    sources = expressions()

    assert len(sources) > 40
    assert {name for name, source in sources if ways(source) > MAX_WAYS} == set()


def test_the_bound_knows_an_expression_that_explodes() -> None:
    assert ways(r"(?:a+)+b") >= ENDLESS
    assert ways(r"a.*b") >= ENDLESS
    assert ways(r"a[^\n]{0,100}b[^\n]{0,100}c") == 101 * 101
    assert ways(r"(?>a[^\n]{0,100}?b)[^\n]{0,100}c") == 101


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"lookup (?!_mongodb)[^\n]{1,300}: no such host", (": no such host",)),
        (r"colou?r off", ("r off",)),
        (r"Broken pipe|\bE(?:PIPE|CONN)\b", ("broken pipe", "epipe", "econn")),
        (r"[Cc]onnection timed out", ("onnection timed out",)),
        (r"\w{3} \d+", ()),
        (r"(?:ab)?", ()),
    ],
)
def test_what_every_match_holds_is_read_off_a_pattern(
    source: str, expected: tuple[str, ...]
) -> None:
    assert literals.literals(source) == expected


def test_the_literals_of_a_pattern_are_in_every_text_that_it_matches() -> None:
    """Texts without any literal of a pattern are never searched for it.

    The texts of one kind of error follow each other, so each pattern is tried with a few of them.
    """
    from mongoping.explaining.reading import read

    for number, case in enumerate(sample(list(corpus.own()))):
        text = read(case.text).text
        lower = text.lower()
        for pattern in EVERY[number % EVERY_NTH :: EVERY_NTH]:
            if not any(literal in lower for literal in pattern.literals):
                match = patterns.compiled_expression(pattern.source).search(text)
                assert not match, (pattern.source, case.text)


def test_the_strength_stands_in_a_comment_at_the_beginning() -> None:
    one = patterns.pattern("tcp.refused", r"(?#possible)no reachable servers")

    assert (one.strength, one.source) == (patterns.POSSIBLE, "no reachable servers")
    assert patterns.pattern("tcp.refused", "refused").strength == patterns.CERTAIN


def test_every_strength_that_is_written_is_one() -> None:
    prefixes = {
        re.match(r"\(\?#(\w+)", say) for cause in registry.causes() for say in patterns_of(cause)
    }

    assert {pattern[1] for pattern in prefixes if pattern} <= set(patterns.STRENGTHS)
