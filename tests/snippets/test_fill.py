"""Filling in a snippet: the choices are in the program, and nothing else changes."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.snippets import Snippet, all_snippets
from mongoping.snippets.brackets import find_call, split_items
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import FROM_ENVIRONMENT, NOTE, CannotFillError, client_line, fill
from mongoping.snippets.languages import DIALECTS
from mongoping.snippets.record import PLACEHOLDER, parse
from tests.snippets import syntax
from tests.snippets.programs import find_snippet

PYTHON = [snippet for snippet in all_snippets() if snippet.suffix == ".py"]
EVERY = [pytest.param(snippet, id=snippet.name) for snippet in all_snippets()]
CANARY = 'mongodb://canary:secret@host/?x="${1}#{2}'


def as_snippet(snippet: Snippet, text: str) -> Snippet:
    """Return the filled-in program as a snippet."""
    dialect = DIALECTS[snippet.language]
    text = text.replace(dialect.environment, dialect.fallback).replace(FROM_ENVIRONMENT, NOTE)
    text = text.replace("import (\n", 'import (\n\t"cmp"\n')
    return parse(snippet.name, snippet.suffix, text)


@pytest.mark.parametrize("snippet", EVERY)
def test_by_default_a_program_reads_only_the_environment(snippet: Snippet) -> None:
    """Only the note and the expression with the placeholder change."""
    program = fill(snippet, Choices())
    assert PLACEHOLDER not in program
    before = snippet.text.replace('\t"cmp"\n', "")  # Go has nothing to choose from any more
    changes = [
        (old, new)
        for old, new in zip(before.split("\n"), program.split("\n"), strict=True)
        if old != new
    ]
    assert len(changes) == 2
    assert DIALECTS[snippet.language].environment in program


@pytest.mark.parametrize("snippet", EVERY)
def test_removing_and_adding_the_stable_api_restores_the_program(snippet: Snippet) -> None:
    """Nothing is lost on the way."""
    there = as_snippet(snippet, fill(snippet, Choices(stable_api=not snippet.stable_api)))
    assert there.stable_api is not snippet.stable_api
    back = as_snippet(there, fill(there, Choices(stable_api=snippet.stable_api)))
    named_without = snippet.title.endswith(" without the Stable API")
    assert back.text == snippet.text or named_without
    assert fill(back, Choices()).split("\n")[1:] == fill(snippet, Choices()).split("\n")[1:]


@pytest.mark.parametrize("snippet", EVERY)
@pytest.mark.parametrize("stable", [True, False])
def test_a_choice_the_snippet_already_has_changes_nothing(snippet: Snippet, stable: bool) -> None:
    if snippet.stable_api == stable:
        assert fill(snippet, Choices(stable_api=stable)) == fill(snippet, Choices())


CHOICES = st.builds(
    Choices,
    uri=st.none() | st.just(CANARY) | st.text(st.characters(exclude_categories=["Cs"])),
    stable_api=st.sampled_from([None, True]),
    strict=st.booleans(),
    deprecation_errors=st.booleans(),
    timeout=st.none() | st.floats(0.001, 3600),
    app_name=st.none()
    | st.sampled_from(["os.path", "time.Now()", "AsyncMongoClient(uri", "cmp.Or", '"<x>"'])
    | st.text(st.characters(exclude_categories=["Cs"])),
)


@settings(deadline=None)
@given(choices=CHOICES, snippet=st.sampled_from(all_snippets()))
def test_programs_are_well_formed_with_any_choices(choices: Choices, snippet: Snippet) -> None:
    """The syntax tree is that of the same program with harmless values."""
    dialect = DIALECTS[snippet.language]
    if dialect.timeout is None:
        choices = choices.replace(timeout=None, app_name=None)
    program = fill(snippet, choices)
    assert not syntax.tree(snippet.suffix, program).has_error
    tame = choices.replace(
        uri=None if choices.uri is None else "mongodb://localhost/",
        app_name=None if choices.app_name is None else "app",
    )
    assert _kinds(snippet, program) == _kinds(snippet, fill(snippet, tame))
    if choices.uri is None:
        assert "mongodb://" not in program.replace(choices.app_name or " ", "")
    else:
        assert dialect.quote(choices.uri) in syntax.literals(snippet.suffix, program)


def _kinds(snippet: Snippet, text: str) -> set[str]:
    """Return the types of nodes, without the commas of calls that span several lines."""
    return set(syntax.shape(snippet.suffix, text)) - {",", ";"}


@settings(deadline=None)
@given(
    choices=CHOICES,
    snippet=st.sampled_from([snippet for snippet in all_snippets() if snippet.suffix == ".py"]),
)
def test_python_programs_import_exactly_what_they_use(choices: Choices, snippet: Snippet) -> None:
    """A name in a string literal does not count."""
    tree = ast.parse(fill(snippet, choices))
    imports = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imports <= names
    assert {"ServerApi", "os"} & names <= imports


def test_go_programs_import_exactly_what_they_use() -> None:
    """Go rejects unused imports; a host name in a string does not use a package."""
    program = fill(find_snippet("go-atlas"), Choices(uri="mongodb://os.Getenv.cmp.Or.time.x/"))
    assert '\t"os"' not in program
    assert '\t"cmp"' not in program
    assert '\t"time"' in fill(find_snippet("go-atlas"), Choices(timeout=1))
    assert '\t"cmp"' not in fill(find_snippet("go-atlas"), Choices())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pymongo-async-atlas", 'ServerApi("1", strict=True, deprecation_errors=True)'),
        ("node-atlas", 'serverApi: { version: "1", strict: true, deprecationErrors: true }'),
        ("mongosh-local", 'api: { version: "1", strict: true, deprecationErrors: true }'),
        ("java-local", ".version(ServerApiVersion.V1).strict(true).deprecationErrors(true)"),
        ("go-local", "options.ServerAPIVersion1).SetStrict(true).SetDeprecationErrors(true)"),
        ("csharp-local", "(ServerApiVersion.V1, strict: true, deprecationErrors: true);"),
        ("php-local", "'serverApi' => new ServerApi(\"1\", strict: true, deprecationErrors: true)"),
        ("ruby-local", 'server_api: { version: "1", strict: true, deprecation_errors: true }'),
        ("rust-local", ".version(ServerApiVersion::V1).strict(true).deprecation_errors(true)"),
    ],
)
def test_stable_api_flags_declare_the_stable_api(name: str, line: str) -> None:
    """Each driver has its own syntax."""
    assert line in fill(find_snippet(name), Choices(strict=True, deprecation_errors=True))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("pymongo-async-atlas", ["serverSelectionTimeoutMS=1500", 'appname="my app"']),
        ("pymongo-async-local", ["serverSelectionTimeoutMS=1500", 'appname="my app"']),
        ("node-local", ["serverSelectionTimeoutMS: 1500", 'appName: "my app"']),
        ("java-atlas", ["(1500, TimeUnit.MILLISECONDS)", '.applicationName("my app")']),
        ("go-atlas", ["(1500 * time.Millisecond)", 'settings.SetAppName("my app")']),
        ("csharp-local", ["FromMilliseconds(1500);", 'settings.ApplicationName = "my app";']),
        ("php-local", ["'serverSelectionTimeoutMS' => 1500", "'appName' => \"my app\""]),
        ("ruby-local", ["server_selection_timeout: 1.5", 'app_name: "my app"']),
        ("rust-local", ["Duration::from_millis(1500)", 'Some("my app".into());']),
        ("pymongo-async-timeout", ["with pymongo.timeout(1.5):", 'appname="my app"']),
    ],
)
def test_timeout_and_app_name_have_the_drivers_syntax(name: str, lines: list[str]) -> None:
    """An existing option is changed, not repeated."""
    program = fill(find_snippet(name), Choices(timeout=1.5, app_name="my app"))
    assert [line for line in lines if program.count(line) != 1] == []
    assert "3000" not in program
    assert "timeout(10)" not in program


def test_a_file_goes_where_the_program_reads_it() -> None:
    """It replaces the program's variable, or becomes an option of the client."""
    own = fill(find_snippet("pymongo-async-ca-file"), Choices(ca_file="/a b/c.pem"))
    assert 'ca_file = "/a b/c.pem"\n' in own
    assert own.count("tlsCAFile=") == 1
    other = fill(
        find_snippet("pymongo-async-x509"), Choices(ca_file="c.pem", certificate_key_file="k")
    )
    assert 'certificate = "k"\n' in other
    assert 'tlsCAFile="c.pem"' in other


@pytest.mark.parametrize(
    ("name", "choices", "message"),
    [
        ("mongosh-local", Choices(timeout=1), "serverSelectionTimeoutMS"),
        ("mongosh-local", Choices(app_name="x"), "appName"),
        ("go-local", Choices(ca_file="x"), "tlsCAFile"),
        ("pymongo-local", Choices(stable_api=False, strict=True), "Stable API"),
        ("pymongo-local", Choices(uri="mongodb://\udcff"), "Unicode"),
    ],
)
def test_an_unsupported_choice_is_refused(name: str, choices: Choices, message: str) -> None:
    """The message names the option."""
    with pytest.raises(CannotFillError, match=message):
        fill(find_snippet(name), choices)


def test_the_repr_of_choices_hides_the_connection_string() -> None:
    assert "secret" not in repr(Choices(uri=CANARY))


def test_the_client_line_is_the_call_that_creates_the_client() -> None:
    """It is one line, whatever the layout of the program."""
    expected = 'AsyncMongoClient(uri, server_api=ServerApi("1"), serverSelectionTimeoutMS=3000)'
    assert client_line(find_snippet("pymongo-async-local"), Choices(stable_api=True)) == expected
    with pytest.raises(CannotFillError):
        client_line(find_snippet("go-local"), Choices())


def test_arguments_may_contain_strings_and_brackets() -> None:
    text = "f(1); g(a, \"x),(\", h(1, [2, 3]), {'k': ')'}, 'it\\'s,')  # )"
    call = find_call(text, "g")
    assert call is not None
    assert call.arguments == ("a", '"x),("', "h(1, [2, 3])", "{'k': ')'}", "'it\\'s,'")
    assert text[call.end :] == ")  # )"
    assert split_items("") == ()
    assert find_call(text, "k") is None
    with pytest.raises(ValueError, match="never closed"):
        find_call("g(1", "g")
