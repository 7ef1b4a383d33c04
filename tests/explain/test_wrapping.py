"""A text says the same however it was passed on: through logs, mails, terminals and JSON."""

from __future__ import annotations

import html
import json
import textwrap
from typing import TYPE_CHECKING

import pytest

from mongoping.explaining import explain
from mongoping.explaining.prefixes import bare, without_prefixes
from mongoping.explaining.wrapping import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

PYMONGO = (
    "pymongo.errors.ServerSelectionTimeoutError: No primary available for writes, Timeout: 30s, "
    "Topology Description: <TopologyDescription id: 000000000000000000000000, topology_type: "
    "ReplicaSetNoPrimary, servers: [<ServerDescription ('db1.shop.example', 27017) server_type: "
    "RSSecondary, rtt: 0.001>, <ServerDescription ('db2.shop.example', 27017) server_type: "
    "Unknown, rtt: None, error=AutoReconnect('db2.shop.example:27017: [Errno 111] Connection "
    "refused')>, <ServerDescription ('db3.shop.example', 27017) server_type: Unknown, rtt: None, "
    "error=AutoReconnect('db3.shop.example:27017: [Errno 111] Connection refused')>]>"
)
NODE = """MongooseServerSelectionError: Server selection timed out after 30000 ms
    at _handleConnectionErrors (/app/node_modules/mongoose/lib/connection.js:1165:11) {
  reason: TopologyDescription {
    type: 'ReplicaSetNoPrimary',
    servers: Map(1) { 'db1.shop.example:27017' => [ServerDescription] },
    setName: 'rs0',
    maxElectionId: null,
    maxSetVersion: null,
    commonWireVersion: 17,
    logicalSessionTimeoutMinutes: null
  }
}"""
LOGIN = """MongoServerError: Authentication failed.
    at Connection.sendCommand (/app/node_modules/mongodb/lib/cmap/connection.js:322:27)
    at async Plain.auth (/app/node_modules/mongodb/lib/cmap/auth/plain.js:22:9) {
  code: 18,
  codeName: 'AuthenticationFailed'
}"""
MONGOD = (
    '{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":5286307,"ctx":"c1",'
    '"msg":"Failed to authenticate","attr":{"user":"ada","db":"shop","error":"UserNotFound: Could '
    'not find user \\"ada\\" for db \\"shop\\""}}'
)
TEXTS = {
    "topology.no-primary": PYMONGO,
    "topology.not-initialized": NODE,
    "auth.ldap": LOGIN,
    "auth.wrong-auth-source": MONGOD,
}


def each(prefix: str) -> Callable[[str], str]:
    return lambda text: "\n".join(prefix + line for line in text.split("\n"))


def break_lines(width: int, prefix: str = "") -> Callable[[str], str]:
    """As a terminal breaks lines, in the midst of words."""

    def whole(text: str) -> str:
        pieces = (
            line[at : at + width]
            for line in text.split("\n")
            for at in range(0, max(len(line), 1), width)
        )
        return "\n".join(prefix + piece for piece in pieces)

    return whole


def fill_lines(width: int, prefix: str = "") -> Callable[[str], str]:
    """As a mail breaks lines, between words."""
    return lambda text: "\n".join(
        prefix + piece
        for line in text.split("\n")
        for piece in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
        or [""]
    )


def docker(text: str) -> str:
    return "\n".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-01-02T03:04:05.1Z"})
        for line in text.split("\n")
    )


def escaped_by_go(text: str) -> str:
    """As encoding/json does: HTML is escaped, too."""
    line = json.dumps({"msg": text})
    return line.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


WAYS: dict[str, Callable[[str], str]] = {
    "mail": each("> "),
    "mail, answered twice": each(">> "),
    "fence": lambda text: f"It says:\n```js\n{text}\n```\nWhat is it?",
    "indented": each("    "),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "JSON": lambda text: json.dumps({"level": "error", "msg": text}),
    "JSON in JSON": lambda text: json.dumps({"message": json.dumps({"msg": text})}),
    "JSON of Go": escaped_by_go,
    "JSON of PHP": lambda text: json.dumps({"msg": text}).replace("/", "\\/"),
    "repr": repr,
    "HTML": html.escape,
    "HTML with breaks": lambda text: html.escape(text).replace("\n", "<br>\n"),
    "HTML by numbers": lambda text: text.replace("'", "&#39;").replace('"', "&#x22;"),
    "journald": each("Jan 02 03:04:05 host shop-api[1598]: "),
    "journald, ISO": each("2026-01-02T03:04:05+0100 host shop-api[1598]: "),
    "compose": each("shop-api-1  | "),
    "foreman": each("03:04:05 web.1  | "),
    "pm2": each("0|shop-api  | "),
    "kubectl": each("[pod/shop-api-7d9f/api] "),
    "container runtime": each("2026-01-02T03:04:05.123456789Z stderr F "),
    "docker --timestamps": each("2026-01-02T03:04:05.123456789Z "),
    "docker's files": docker,
    "Heroku": each("2026-01-02T03:04:05.123456+00:00 app[web.1]: "),
    "colors": each("\x1b[31m"),
    "colors, escaped": each("\\u001b[31m"),
    "colors, as a pager shows them": each("^[[31m"),
    "colors, half gone": each("[31m"),
    "curly quotes": lambda text: text.replace("'", "’").replace('"', "”"),
    "hard spaces": lambda text: text.replace("  ", "\xa0 "),
}
BREAKS = {
    "terminal of 80": break_lines(80),
    "terminal of 120": break_lines(120),
    "mail of 72": fill_lines(72),
    "mail of 72, quoted": fill_lines(72, "> "),
}


def answer(text: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    explanation = explain(text)
    return explanation.cause, explanation.confidence, explanation.hosts


@pytest.mark.parametrize("cause", TEXTS)
def test_a_wrapped_text_gets_the_same_answer(cause: str) -> None:
    direct = answer(TEXTS[cause])
    answers = {way: answer(wrap(TEXTS[cause])) for way, wrap in WAYS.items()}

    assert direct[0] == cause
    assert answers == dict.fromkeys(WAYS, direct)


@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize("cause", ["topology.no-primary", "auth.ldap"])
def test_lines_that_were_broken_are_put_together(cause: str, way: str) -> None:
    assert explain(BREAKS[way](TEXTS[cause])).cause == cause


def test_lines_that_are_whole_stay_as_they_are() -> None:
    """No line is long enough to have been broken, or they differ too much."""
    assert list(unwrap("one\ntwo\nthree")) == []
    assert list(unwrap("x" * 400 + "\nshort")) == []
    assert list(unwrap("")) == []


@pytest.mark.parametrize(
    ("line", "rest", "who"),
    [
        ("shop-api-1  | connect refused", "connect refused", "shop-api-1"),
        ("Jan  2 03:04:05 host app[7]: refused", "refused", "app[7]"),
        ("2026-01-02T03:04:05.1Z stderr F refused", "refused", "stderr"),
        ('{"log":"refused\\n","stream":"stdout","time":"2026"}', "refused", ""),
        ("MongoServerError: refused", "MongoServerError: refused", ""),
        (MONGOD, MONGOD, ""),
        (
            "2026-01-02T03:04:05.000+0000 I NETWORK [conn1] end",
            "2026-01-02T03:04:05.000+0000 I NETWORK [conn1] end",
            "",
        ),
    ],
)
def test_a_line_is_parted_from_who_says_it(line: str, rest: str, who: str) -> None:
    assert bare(line) == (rest, who)


def test_a_prefix_of_some_lines_alone_is_none() -> None:
    text = "a | b\nMongoServerError\nat once\nand again"

    assert without_prefixes(text) == text
