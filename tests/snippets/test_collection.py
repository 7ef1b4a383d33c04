"""The collection as a whole: every program, its header, its placeholder, its form."""

from __future__ import annotations

import ast
import json
import re

import pytest

from mongoping.snippets import every, find, nearest
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

NAMES = [one.name for one in every()]
DECLARES = re.compile(
    r"\bServerApi\(|ServerApi::|ServerApi\.|ServerAPI\(|\b(server_api|serverApi|api): \{"
)


def test_the_collection_is_what_lies_in_the_folder() -> None:
    """No list is kept beside the files."""
    files = [path for path in folder().glob("*/*") if path.is_file()]
    assert sorted(path.stem for path in files) == sorted(NAMES)
    assert {path.suffix for path in files} <= set(COMMENTS)


def test_the_documented_ways_to_connect_are_all_there() -> None:
    """Motor, PyMongo Async, PyMongo, Node.js, mongosh and the other languages."""
    python = {
        "motor-asyncio-atlas",
        "motor-asyncio-atlas-no-stable-api",
        "motor-tornado",
        *(
            f"pymongo-async-{one}"
            for one in ("atlas", "atlas-no-stable-api", "local", "x509", "aws", "oidc")
        ),
        *(f"pymongo-async-{one}" for one in ("ca-file", "self-managed", "fastapi", "timeout")),
        *(f"pymongo-{one}" for one in ("atlas", "atlas-no-stable-api", "local")),
    }
    others = ("csharp", "go", "java", "mongosh", "node", "php", "ruby", "rust")
    assert python | {f"{one}-{way}" for one in others for way in ("atlas", "local")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_placeholder_stands_in_one_place(name: str) -> None:
    """The same text in all, in the expression that fill puts the string for."""
    snippet = find(name)
    assert snippet is not None
    assert snippet.text.count(PLACEHOLDER) == 1
    assert snippet.text.count(DIALECTS[snippet.language].fallback) == 1
    assert snippet.text.count(f"{COMMENTS[snippet.suffix]} {NOTE}\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_header_says_what_the_program_does(name: str) -> None:
    """The Stable API is declared in the program exactly when the header says so."""
    snippet = find(name)
    assert snippet is not None
    program = snippet.text.partition(NOTE)[2]
    assert (DECLARES.search(program) is not None) == snippet.stable_api


@pytest.mark.parametrize("name", NAMES)
def test_the_program_is_well_formed(name: str) -> None:
    """It is read with the grammar of its language, without an error."""
    snippet = find(name)
    assert snippet is not None
    assert not syntax.tree(snippet.suffix, snippet.text).has_error


@pytest.mark.parametrize("name", [one.name for one in every() if one.language == "Python"])
def test_python_programs_can_be_installed_by_a_runner(name: str) -> None:
    """Inline script metadata names the driver with the version that the header names."""
    snippet = find(name)
    assert snippet is not None
    assert script_metadata(snippet.text) is not None
    packages = dependencies(snippet.text)
    driver = "motor" if snippet.driver == "Motor" else "pymongo"
    assert any(re.fullmatch(rf"{driver}(\[\w+\])?>={snippet.minimum}", one) for one in packages)
    ast.parse(snippet.text, feature_version=(3, 9))


@pytest.mark.parametrize("name", [one.name for one in every() if one.deprecated])
def test_a_deprecated_snippet_names_one_that_is_not(name: str) -> None:
    """Motor's headers lead to PyMongo Async."""
    snippet = find(name)
    assert snippet is not None
    assert snippet.instead is not None
    replacement = find(snippet.instead)
    assert replacement is not None
    assert replacement.deprecated is None
    assert replacement.driver == "PyMongo Async"


def test_other_languages_say_how_their_driver_is_installed() -> None:
    """Python says it in its metadata."""
    assert [one.name for one in every() if one.language != "Python" and not one.install] == []


def test_rows_have_the_keys_that_scripts_rely_on() -> None:
    """As ``snippet list --format json`` prints them."""
    keys = {"name", "title", "language", "driver", "auth", "stable_api", "deprecated"}
    assert all(set(one.row()) == keys for one in every())
    assert json.loads(json.dumps([one.row() for one in every()]))


def test_unknown_names_lead_to_near_ones() -> None:
    """By likeness, else by a part of the name; nonsense leads nowhere."""
    assert nearest("pymongo-async-x50")[0] == "pymongo-async-x509"
    assert nearest("fastapi") == ("pymongo-async-fastapi",)
    assert nearest("zzzzzzzz") == ()


@pytest.mark.parametrize(
    "text",
    [
        "# title: a\n",
        "import os\n",
        "# title: a\n# language: Python\n# driver: PyMongo\n# auth: none\n# stable-api: yes\n"
        "# for: any\n# tested: no\n",
        "# title: a\n# language: Python\n# driver: PyMongo 4 or later\n# auth: none\n"
        "# stable-api: perhaps\n# for: any\n# tested: no\n",
        "# title: a\n# language: Python\n# driver: PyMongo 4 or later\n# auth: none\n"
        "# stable-api: no\n# for: any\n# tested: no\n# colour: blue\n",
    ],
)
def test_a_header_that_says_too_little_is_refused(text: str) -> None:
    """Every key is there, known, and of the known form."""
    with pytest.raises(BadHeaderError):
        parse("broken", ".py", text)


def test_the_header_ends_where_the_comments_end() -> None:
    """Comments further down are not taken for it."""
    assert header(".py", "# title: a\n\n# auth: none\n") == {"title": "a"}
    assert header(".php", "<?php\n// title: a\n") == {"title": "a"}
