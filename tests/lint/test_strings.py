"""Connection strings in texts of many languages, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.lint.judge import judge
from mongoping.lint.record import PASSWORD
from mongoping.lint.strings import find
from mongoping.uri.target import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MONGO_URL=mongodb://h:1/db", ["mongodb://h:1/db"]),
        ('"mongodb://h/?a=1&b=2",', ["mongodb://h/?a=1&b=2"]),
        ("uri: mongodb://a:1,b:2/?replicaSet=rs0 # set", ["mongodb://a:1,b:2/?replicaSet=rs0"]),
        ("[mongodb://a:1, mongodb://b:2]", ["mongodb://a:1", "mongodb://b:2"]),
        ("(see mongodb://a:1).", ["mongodb://a:1"]),
        ("<uri>mongodb://a/?x=1&amp;y=2</uri>", ["mongodb://a/?x=1&y=2"]),
        (r"uri=mongodb\://a\:1/?w\=1", ["mongodb://a:1/?w=1"]),
        (r'"mongodb:\/\/a:1\/db"', ["mongodb://a:1/db"]),
        (r'"mongodb://a/?x=1\u0026y=2"', ["mongodb://a/?x=1&y=2"]),
        ("mongodb://[::1]:27017/", ["mongodb://[::1]:27017/"]),
        (r'"client(\"mongodb://h:1/\")\n"', ["mongodb://h:1/"]),
        (
            "mongodb://${U}:${P}@${H}:${PORT}/${D}",
            ["mongodb://filled:filled@filled.in.host:27017/filled"],
        ),
        ("mongodb://%s:%s@h", ["mongodb://filled:filled@h"]),
        (
            "mongodb://{{ .Values.host }}/?w={{ .x }}&tls=true",
            ["mongodb://filled.in.host/?tls=true"],
        ),
        ("f'mongodb://{user}@{host}:{port}/'", ["mongodb://filled@filled.in.host:27017/"]),
        ("mongodb+srv://$HOST/", ["mongodb+srv://filled.in.host/"]),
        ("mongodb://u:p%40ss@h", ["mongodb://u:p%40ss@h"]),
        ("uri.startswith('mongodb://')", []),
        ("mongodb://...", []),
        ("mymongodb://h", []),
        ("https://github.com/mongodb/mongo", []),
    ],
)
def test_a_string_ends_where_its_language_ends_it(text: str, expected: list[str]) -> None:
    assert [candidate.text for candidate in find(text)] == expected


def codes(text: str, *, is_tracked: bool = False) -> list[tuple[int, int, str]]:
    problems = judge(text, "file", is_tracked=is_tracked).problems
    return [(problem.line, problem.column, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\nURI = 'mongodb://h:99999/'", [(2, 20, "uri.invalid-port")]),
        ("mongodb+srv://c.ab.mongodb.net:27017/", [(1, 31, "uri.srv-with-port")]),
        ("mongodb://${U}:${P}@h/?tls=maybe", [(1, 1, "uri.invalid-option")]),
        ("mongodb://${U}:${P}@${H}/", []),
        ("mongodb://<user>:<password>@h/", [(1, 11, "uri.placeholder-not-replaced")]),
        ("mongodb://h:99999/ # mongoping: ignore", []),
        ("# mongoping: ignore\nmongodb://h:99999/", []),
        ("x = 1  # mongoping: ignore\nmongodb://h:99999/", [(2, 13, "uri.invalid-port")]),
        ("# mongoping: ignore-file\n\n\nmongodb://h:99999/", []),
    ],
)
def test_a_problem_has_its_place(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert codes(text) == expected


def test_only_a_password_in_a_tracked_file_is_a_problem() -> None:
    text = "mongodb://ada:secret@db.example.com/"
    assert codes(text) == []
    assert codes(text, is_tracked=True) == [(1, 1, PASSWORD)]
    assert codes("mongodb://ada:${PASS}@db.example.com/", is_tracked=True) == []
    assert codes("mongodb://db.example.com/", is_tracked=True) == []


def test_no_problem_shows_a_password() -> None:
    text = (
        "mongodb://ada:canary1@h:99999/ mongodb://ada:can@ry2@h/ mongodb://ada:canary3@{h}/?tls=x"
    )
    for problem in judge(text, "file", is_tracked=True).problems:
        assert "canary" not in problem.text + problem.shown
        assert "ry2" not in problem.text + problem.shown


@given(st.text(alphabet="mongodb+srv:/@[]{}$%<>\\,'\" \n&;a1\ue000", max_size=200))
def test_any_text_is_read(text: str) -> None:
    judge(f"mongodb://{text}", "file", is_tracked=True)


def test_what_is_filled_in_is_valid() -> None:
    for text in ("mongodb://${A}", "mongodb+srv://{{ a }}/?x=${B}", "mongodb://$U:$P@$H:$N/$D?$O"):
        (candidate,) = find(text)
        assert parse(candidate.text).problem is None, candidate.text


def test_a_port_that_documentation_calls_port_is_filled_in() -> None:
    for text in ("mongodb://host:port/db", "mongodb://h1:PORT,h2:PORT/?w=1", "mongodb://h:port"):
        assert not [
            row for row in judge(text, "file", is_tracked=True).problems if "port" in row.code
        ]
    (problem,) = judge("mongodb://host:support/db", "file", is_tracked=True).problems
    assert problem.code == "uri.invalid-port"
