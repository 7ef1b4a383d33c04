"""No spelling of a secret survives in foreign text, and redaction takes linear time."""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, reject
from hypothesis import strategies as st

from mongoping.escape import MAX_CHARS
from mongoping.uri.spellings import MIN_ENCODED, MIN_INSIDE
from mongoping.uri.target import parse, scrub
from mongoping.uri.text import HIDDEN
from tests.examples import examples, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.uri.target import Credentials

CANARY = "HUNTERcanary"
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="*")
SECRETS = st.text(LETTERS, min_size=1, max_size=12) | st.text(
    st.sampled_from("ab1%&+\\/'\"\n\t @:?#=;,<>~é\xadÃ©€\U0001f600"), min_size=1, max_size=12
)
SENTENCES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", "\\", "%", "&", "it failed: ", "'", '"', " (", "C:\\temp\\", "100%"]
)


def js(text: str) -> str:
    return "".join(f"\\u{{{ord(char):X}}}" if ord(char) > 126 else char for char in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "decoded": str,
    "repr": lambda text: repr(text)[1:-1],
    "repr with both quotes": lambda text: repr(f"'\"{text}")[4:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of JavaScript": lambda text: js(json.dumps(text, ensure_ascii=False)[1:-1]),
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "shell": lambda text: shlex.quote(text).strip("'"),
    "shell, escaped": lambda text: text.replace("'", "'\\''"),
    "YAML": lambda text: text.replace("'", "''"),
    "percent": quote,
    "percent, all": lambda text: quote(text, safe=""),
    "percent, lower": lambda text: "".join(
        f"%{octet:02x}" if octet > 126 or chr(octet) in "%/@: ?#&=+" else chr(octet)
        for octet in text.encode()
    ),
    "percent, every octet": lambda text: "".join(f"%{octet:02X}" for octet in text.encode()),
    "form": quote_plus,
    "HTML": html.escape,
    "XML": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "octal": lambda text: "".join(
        f"\\{octet:03o}" if octet > 126 else chr(octet)
        for octet in text.replace("\\", "\\\\").encode()
    ),
    "read as Latin-1": lambda text: text.encode().decode("latin-1"),
}
WAYS: dict[str, Callable[[str], str]] = {
    "password": lambda secret: f"mongodb://ada:{quote(secret, safe='')}@h/",
    "password, every octet": lambda secret: (
        f"mongodb://ada:{SPELLINGS['percent, every octet'](secret)}@h"
    ),
    "password of a form": lambda secret: f"mongodb://ada:{quote_plus(secret)}@h/",
    "in the user name": lambda secret: (
        f"mongodb://ada%3A{quote(secret, safe='')}@h/?authMechanism=PLAIN"
    ),
    "key": lambda secret: f"mongodb://h/?tlsCertificateKeyFilePassword={quote(secret, safe='')}",
    "proxy": lambda secret: f"mongodb://h/?proxyHost=p&proxyPassword={quote(secret, safe='')}",
    "misspelled": lambda secret: f"mongodb://h/?clientSecrt={quote(secret, safe='')}&bogus=1&w=1",
    "token": lambda secret: (
        "mongodb://k:s@h/?authMechanism=MONGODB-AWS&authMechanismProperties="
        f"AWS_SESSION_TOKEN:{quote(secret, safe='')}"
    ),
}


def credentials(uri: str, **apart: str) -> Credentials:
    """Parse a string that has to be valid."""
    result = parse(uri, password=apart.get("password")).credentials
    if result is None:
        reject()
    return result


def survivors(secret: str, credentials: Credentials, before: str, after: str) -> list[str]:
    """Name the spellings of a secret that `scrub` leaves in a sentence."""
    forms = {name: spelling(secret) for name, spelling in SPELLINGS.items()}
    for name, form in tuple(forms.items()):
        forms |= {f"{name} in {outer}": SPELLINGS[outer](form) for outer in OUTER_FORMS}
    texts = [f"{before} {form} {after}" for form in forms.values()]
    output = scrub("\n".join(texts), credentials, limit=sum(map(len, texts)) * 2)
    short = len(secret) < MIN_INSIDE
    return [name for name, form in forms.items() if (f" {form} " if short else form) in output]


OUTER_FORMS = ("repr", "JSON", "percent, all")


@pytest.mark.parametrize("way", WAYS)
@given(secret=SECRETS, before=SENTENCES, after=SENTENCES)
@example(secret="pä\\ss'w\"ord\n", before="", after="")
@example(secret="%2541&amp;\\x41", before="\\", after="%")
@example(secret="a%5C%5c%255C\\", before="", after="")
@examples(40)
def test_no_spelling_of_a_secret_survives(way: str, secret: str, before: str, after: str) -> None:
    assume("," not in secret or way != "token")
    assume(secret.strip() == secret)
    login = credentials(WAYS[way](secret))
    assert survivors(secret, login, before, after) == []


@given(secret=SECRETS, before=st.binary(max_size=8), after=st.binary(max_size=8))
@example(secret="s3cr3tC4nary", before=b"\0ada\0", after=b"")
@examples(100)
def test_bytes_that_contain_a_secret_are_hidden_in_hexadecimal_and_base64(
    secret: str, before: bytes, after: bytes
) -> None:
    """A server gets the password itself with PLAIN, and may send it back encoded."""
    data = secret.encode()
    assume(len(data) >= MIN_ENCODED)
    login = credentials("mongodb://ada@h/", password=secret)
    payload = before + data + after
    encoded = (base64.b64encode(payload), base64.urlsafe_b64encode(payload))
    for text in (payload.hex(), payload.hex().upper(), *map(bytes.decode, encoded)):
        shown, hidden, rest = scrub(f"bad login: {text} !", login).partition(HIDDEN)
        assert hidden
        assert len(shown) <= len("bad login: ") + 2 * len(before)
        assert not rest.startswith(text[-6:])


@given(secret=SECRETS, before=SENTENCES, after=SENTENCES)
@examples(40)
def test_no_spelling_of_a_separate_password_survives(secret: str, before: str, after: str) -> None:
    login = credentials("mongodb://ada@h/", password=secret)
    assert survivors(secret, login, before, after) == []


@pytest.mark.parametrize("odd", ["%zz", "100%", "a+b%4", "%ff", "%E9"])
def test_the_written_form_is_hidden_even_if_it_decodes_to_something_else(odd: str) -> None:
    """A server may repeat the string as it was written."""
    value = f"{CANARY}{odd}"
    for uri in (f"mongodb://h/?clientSecret={value}", f"mongodb://h/?proxyPassword={value}"):
        assert scrub(f"it was {value} so", credentials(uri)) == "it was *** so"


def test_only_the_first_value_is_known_where_the_end_of_a_secret_is_in_doubt() -> None:
    login = credentials("mongodb://h/?clientSecret=abcdef&bogus=ghijkl&w=1")
    assert scrub("abcdef", login) == HIDDEN
    assert scrub("abcdef&bogus=ghijkl", login) == HIDDEN


def test_a_short_secret_is_hidden_as_a_word_only() -> None:
    login = credentials("mongodb://ada:an@h/")
    assert scrub("an answer: an, 'an' (an)", login) == "*** answer: ***, '***' (***)"


@pytest.mark.parametrize("length", [129, 500, 5000])
def test_a_long_secret_is_hidden_from_end_to_end(length: int) -> None:
    token = "".join(random.Random(length).choices("ABCdef012+/é", k=length))
    login = credentials(f"mongodb://ada:{quote(token, safe='')}@h/")
    for name, spelling in SPELLINGS.items():
        output = scrub(f"it is {spelling(token)} so", login, limit=100_000)
        assert output == "it is *** so", name
    cut = scrub(f"it is {token[:-1]} so", login, limit=100_000)
    assert cut == "it is ***"


BLANKS = st.sampled_from(["", " ", "  ", " 1", "12 "])
HEADS = st.sampled_from(
    [
        *["mongodb://", "mongodb+srv://", "MongoDB://", "mongo://", "mongodb:/", "mongodb//"],
        *["mongdb://", "mongodb:\\/\\/", "mongodb:\\\\", "'mongodb://", "uri=mongodb://"],
    ]
)


@given(
    SENTENCES.filter(lambda text: "@" not in text),
    HEADS,
    st.sampled_from(["ada", "a/da", "ada@x.org", "<user>", "a%41", ""]),
    st.sampled_from([":", ": ", " :", ":  ", ":12 ", ":<", ":a ", ":é"]),
    st.text(st.sampled_from("a1%&+\\/'\"?#=;,<> é:@"), max_size=6),
    st.sampled_from(["h", "h:27017", "a,b:1/db", "h/?w=1", "<host>", "", "[::1]"]),
    st.sampled_from(["", " failed", ": refused\nnext line", "'", '"}']),
)
@example("", "mongodb:\\/\\/", "ada", ":", "/ ", "h", "")
@examples(400)
def test_no_password_of_a_malformed_connection_string_survives(
    before: str, head: str, user: str, colon: str, more: str, host: str, after: str
) -> None:
    """Nothing is known of these strings: a driver, or a person, put them into a sentence."""
    uri = f"{head}{user}{colon}{CANARY}{more}@{host}"
    assert CANARY not in scrub(f"{before} {uri}{after}", None)
    assert CANARY not in scrub(f"{before}: {uri!r}{after}", None)
    assert CANARY not in scrub(f"{before}: {json.dumps(uri)}{after}", None)
    string = quote(f"mongodb://{user}{colon}{CANARY}{more}@{host}", safe="")
    assert CANARY not in scrub(f"{before} http://x/?u={string}{after}", None)


def test_a_password_that_begins_like_a_port_is_hidden() -> None:
    assert scrub(f"mongodb://ada:27017 {CANARY}@h", None) == "mongodb://ada:***@h"


def test_a_secret_option_with_blanks_in_it_is_hidden() -> None:
    assert scrub(f"mongodb://h/?password=a {CANARY}@x", None) == "mongodb://h/?password=***@x"


@pytest.mark.parametrize("scheme", ["postgres", "amqp", "https", "redis+tls"])
def test_the_login_of_any_address_is_hidden(scheme: str) -> None:
    for login in (f"u:{CANARY}", f":{CANARY}", f"u:a@{CANARY}", f"u:a/{CANARY}"):
        assert CANARY not in scrub(f"see {scheme}://{login}@h/x@y, please", None)
    harmless = f"see {scheme}://h:1/x, {scheme}://h/x@y and {scheme}://u@h, mail a@b.c"
    assert scrub(harmless, None) == harmless


def test_prose_around_a_connection_string_stays() -> None:
    for text in (
        "mongodb://h:27017 refused the connection; ask dba@example.org",
        "mongodb://h:27017/db failed for ada@admin",
        "mongodb://h/: not authorized",
        "mongod: /data/db is not writable by root@host",
    ):
        assert scrub(text, None) == text


def cuts(text: str) -> list[str]:
    """Put a text so that the limit falls on each of its characters in turn."""
    return [("x " * MAX_CHARS)[: MAX_CHARS - cut] + text for cut in range(len(text) + 1)]


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_secret_is_cut_in_two(name: str) -> None:
    """The rest of a secret would no longer be recognized."""
    secret = f"{CANARY}-é'\\"
    login = credentials(f"mongodb://ada:{quote(secret, safe='')}@h/")
    for text in sample(cuts(f"{SPELLINGS[name](secret)} and more {'y' * 60}"), len(name)):
        assert CANARY[:4] not in scrub(text, login)


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://ada:{CANARY}@h/",
        f"mongodb://ada:12{CANARY}@h/",
        f"mongodb://ada:a b {CANARY}@h/",
        f"mongodb://ada:a@{CANARY}@h/",
        f"mongodb://ada:a/{CANARY}@h/",
        f"mongodb://h/?password={CANARY}",
        f"amqp://ada:{CANARY}@h/",
        f"amqp://ada:a@{CANARY}@h/",
        f"mongodb%3A%2F%2Fada%3A{CANARY}%40h",
        f"mongodb:\\/\\/ada:{CANARY}@h/",
    ],
)
def test_no_connection_string_is_cut_in_two(uri: str) -> None:
    for text in sample(cuts(f"{uri} and more {'y ' * 200}"), len(uri)):
        assert CANARY[:2] not in scrub(text, None)


def test_what_was_left_out_is_counted() -> None:
    output = scrub("x" * (MAX_CHARS + 1000), None)
    assert output == f"{'x' * MAX_CHARS}… (1000 more characters)"
    assert scrub(output, None) == output


HOSTILE = {
    "colons and slashes": "a:/:",
    "schemes": "mongodb://",
    "encoded schemes": "mongodb%3A%2F%2F",
    "logins without an end": "mongodb://a:b ",
    "logins": "x://a:b@",
    "properties": "mongodb://h/?authMechanismProperties=a:b,c&",
    "nested properties": "authMechanismProperties=",
    "secret options": "password=",
    "encoded secret options": "x%3dpassword%3d",
    "hosts": "mongodb://a:b,",
    "switches": " -p --password ",
    "separators": "&;",
    "backslashes": "\\",
    "encoded backslashes": "%5C",
    "percent signs": "%25",
    "quotes": "'\\''",
    "beginnings of the secret": "'\\\\é\\\\",
    "blanks": " ",
    "lines": "mongodb://a:b c\n",
}


def cost(function: Callable[[], object]) -> float:
    """Return the CPU time in seconds that a call takes: the least of three."""
    best = float("inf")
    for _ in range(3):
        before = time.process_time()
        function()
        best = min(best, time.process_time() - before)
    return best


@pytest.mark.parametrize("name", HOSTILE)
def test_redaction_takes_linear_time(name: str) -> None:
    """Eight times the text takes about eight times as long; a quadratic rule takes 64 times."""
    login = credentials(WAYS["password"]("'\\é\\é\\é\\é\\é'"))
    small, large = ("mongodb://" + (HOSTILE[name] * size)[:size] for size in (2_000, 16_000))
    before, after = (
        cost(lambda text=text: scrub(text, login, limit=len(text))) for text in (small, large)
    )
    assert after < 24 * max(before, 0.001)


@pytest.mark.parametrize("name", HOSTILE)
def test_text_behind_the_limit_is_not_looked_at(name: str) -> None:
    """A text of megabytes is as good as its beginning."""
    login = credentials(WAYS["password"]("s3cret"))
    text = HOSTILE[name] * 500_000
    output, mark, _ = scrub(text, login).rpartition("… (")
    beginning = scrub(text[: MAX_CHARS * 2], login)
    assert mark
    assert output == beginning.rpartition("… (")[0]
