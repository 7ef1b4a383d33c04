"""All snippets: header, placeholder and syntax of each program."""

from __future__ import annotations

import ast
import json
import re

import pytest

from mongoping.snippets import all_snippets, find, similar_names
from mongoping.snippets.fill import NOTE
from mongoping.snippets.languages import DIALECTS
from mongoping.snippets.record import (
    COMMENTS,
    PLACEHOLDER,
    BadHeaderError,
    dependencies,
    header,
    parse,
    script_metadata,
)
from mongoping.snippets.store import folder
from tests.snippets import syntax

NAMES = [snippet.name for snippet in all_snippets()]
PYTHON_NAMES = [snippet.name for snippet in all_snippets() if snippet.language == "Python"]
DECLARES = re.compile(
    r"\bServerApi\(|ServerApi::|ServerApi\.|ServerAPI\(|\b(server_api|serverApi|api): \{"
)


def test_the_collection_is_the_content_of_the_folder() -> None:
    """There is no separate list of the files."""
    files = [path for path in folder().glob("*/*") if path.is_file()]
    suffixes = {path.suffix for path in files} - set(COMMENTS)
    assert suffixes == set(), "add them to COMMENTS in mongoping/snippets/record.py"
    assert sorted(path.stem for path in files) == sorted(NAMES)


def test_no_published_snippet_is_removed() -> None:
    """Users and reports refer to these names. A new snippet needs no line here."""
    python = {
        "motor-asyncio-atlas",
        "motor-asyncio-atlas-no-stable-api",
        "motor-tornado",
        *(
            f"pymongo-async-{kind}"
            for kind in ("atlas", "atlas-no-stable-api", "local", "x509", "aws", "oidc")
        ),
        *(f"pymongo-async-{kind}" for kind in ("ca-file", "self-managed", "fastapi", "timeout")),
        *(f"pymongo-{kind}" for kind in ("atlas", "atlas-no-stable-api", "local")),
    }
    others = ("csharp", "go", "java", "mongosh", "node", "php", "ruby", "rust")
    names = python | {f"{driver}-{kind}" for driver in others for kind in ("atlas", "local")}
    assert names - set(NAMES) == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_texts_that_fill_replaces_occur_once(name: str) -> None:
    """All programs of a language have the same placeholder, expression and comment."""
    snippet = find(name)
    assert snippet is not None
    expected = (
        PLACEHOLDER,
        DIALECTS[snippet.language].fallback,
        f"{COMMENTS[snippet.suffix]} {NOTE}\n",
    )
    counts = {text: snippet.text.count(text) for text in expected}
    assert counts == dict.fromkeys(expected, 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_header_matches_the_program(name: str) -> None:
    """The program declares the Stable API if and only if the header says so."""
    snippet = find(name)
    assert snippet is not None
    program = snippet.text.partition(NOTE)[2]
    assert (DECLARES.search(program) is not None) == snippet.stable_api


@pytest.mark.parametrize("name", NAMES)
def test_the_program_is_well_formed(name: str) -> None:
    """The grammar of its language parses it without an error."""
    snippet = find(name)
    assert snippet is not None
    assert not syntax.tree(snippet.suffix, snippet.text).has_error


@pytest.mark.parametrize(
    "name", [snippet.name for snippet in all_snippets() if snippet.language == "Python"]
)
def test_python_programs_declare_their_dependencies(name: str) -> None:
    """The inline script metadata has the driver and the version in the header."""
    snippet = find(name)
    assert snippet is not None
    assert script_metadata(snippet.text) is not None
    packages = dependencies(snippet.text)
    driver = "motor" if snippet.driver == "Motor" else "pymongo"
    assert any(
        re.fullmatch(rf"{driver}(\[\w+\])?>={snippet.minimum}", package) for package in packages
    )
    ast.parse(snippet.text, feature_version=(3, 9))


@pytest.mark.parametrize("name", [snippet.name for snippet in all_snippets() if snippet.deprecated])
def test_a_deprecated_snippet_has_a_replacement(name: str) -> None:
    """Motor is replaced by PyMongo Async."""
    snippet = find(name)
    assert snippet is not None
    assert snippet.instead is not None
    replacement = find(snippet.instead)
    assert replacement is not None
    assert replacement.deprecated is None
    assert replacement.driver == "PyMongo Async"


def test_other_languages_have_an_install_command() -> None:
    """Python programs have it in their metadata."""
    assert [
        snippet.name
        for snippet in all_snippets()
        if snippet.language != "Python" and not snippet.install
    ] == []


def test_rows_have_the_documented_keys() -> None:
    """``snippet list --format json`` prints these rows."""
    keys = {"name", "title", "language", "driver", "auth", "stable_api", "deprecated"}
    assert all(set(snippet.row()) == keys for snippet in all_snippets())
    assert json.loads(json.dumps([snippet.row() for snippet in all_snippets()]))


def test_unknown_names_have_similar_ones() -> None:
    """Names match by similarity, or else by a part; nonsense matches nothing."""
    assert similar_names("pymongo-async-x50")[0] == "pymongo-async-x509"
    assert similar_names("fastapi") == ("pymongo-async-fastapi",)
    assert similar_names("zzzzzzzz") == ()


@pytest.mark.parametrize(
    ("text", "correction"),
    [
        ("# title: a\n", "add to the header: language, driver, auth"),
        ("import os\n", "add to the header: title, language"),
        (
            "# title: a\n# language: Python\n# driver: PyMongo\n# auth: none\n# stable-api: yes\n"
            "# for: any\n# tested: no\n",
            "write driver as 'PyMongo Async 4.13 or later', not 'PyMongo'",
        ),
        (
            "# title: a\n# language: Python\n# driver: PyMongo 4 or later\n# auth: none\n"
            "# stable-api: perhaps\n# for: any\n# tested: no\n",
            "stable-api is yes or no, not 'perhaps'",
        ),
        (
            "# title: a\n# language: Python\n# driver: PyMongo 4 or later\n# auth: none\n"
            "# stable-api: no\n# for: any\n# tested: no\n# color: blue\n",
            "the header has 'color', which is none of title, language",
        ),
    ],
)
def test_an_incomplete_or_malformed_header_is_refused(text: str, correction: str) -> None:
    """The message names the file, and what to correct in it."""
    with pytest.raises(BadHeaderError, match=f"^broken.py: {correction}"):
        parse("broken", ".py", text)


def test_the_header_ends_with_the_first_other_line() -> None:
    """Later comments do not belong to the header."""
    assert header(".py", "# title: a\n\n# auth: none\n") == {"title": "a"}
    assert header(".php", "<?php\n// title: a\n") == {"title": "a"}
