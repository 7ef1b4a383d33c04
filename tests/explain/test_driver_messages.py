"""The benchmark over the drivers' sources, on sources written for this test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import templates
from benchmarks.driver_messages import messages
from benchmarks.drivers import DRIVERS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("language", "source", "hole"),
    [
        (templates.PYTHON, 'raise Wrong(f"no host {host!r} " "given", 5)', "host!r"),
        (templates.SCRIPT, "throw new MyError(`no host ${a.b} given`);", "a.b"),
        (templates.JAVA, 'throw new MyException("no host " + host + " given", e);', "host"),
        (templates.GOLANG, 'return fmt.Errorf("no host %q given", host)', "host"),
        (templates.CSHARP, 'throw new MyException($"no host {host} given");', "host"),
        (templates.C, '_mongoc_set_error (error, A, B, "no host "\n  "%s given", host);', "host"),
        (
            templates.RUBY,
            "raise Error::Wrong, \"no host #{host} \" \\\n  'given'\nputs 'more'",
            "host",
        ),
        (templates.RUST, 'ErrorKind::Dns { message: format!("no host {} given", x) }', "x"),
        (templates.DART, "throw ConnectionException('no host $host given');", "host"),
        (templates.ELIXIR, 'Mongo.Error.exception(message: "no host #{host} given")', "host"),
        (templates.SCALA, 'new MyException(s"no host ${host} given")', "host"),
    ],
)
def test_a_message_is_read_from_each_language(language, source, hole):
    messages = [template.parts for template in templates.templates(source, language)]

    assert messages == [("no host ", hole, " given")]


@pytest.mark.parametrize(
    "source",
    [
        'newAuthError("no host given", err)',
        'newAuthError(fmt.Sprintf("no host %s given", name), err)',
        'ConnectionError{ID: c.id, Wrapped: err, message: "no host given"}',
    ],
    ids=["an argument", "around a format", "a field"],
)
def test_a_low_level_error_is_printed_behind_the_message(source):
    messages = [template.parts for template in templates.templates(source, templates.GOLANG)]

    assert len(messages) == 1
    assert messages[0][-3].endswith(" given: ")
    assert messages[0][-2:] == ("err", "")


def test_a_message_without_a_low_level_error_ends_with_its_text():
    results = list(templates.templates('newAuthError("no host given", nil)', templates.GOLANG))

    assert [template.parts for template in results] == [("no host given",)]


@pytest.mark.parametrize(
    "source",
    ['// new MyError("no host given")', 'new MyError("host")', "new MyError(text)"],
    ids=["a comment", "a name", "a variable"],
)
def test_what_is_no_message_is_left_out(source):
    assert list(templates.templates(source, templates.SCRIPT)) == []


@pytest.fixture
def clone(tmp_path):
    """Return a work tree with one commit, in the layout of the Go driver."""
    place = tmp_path / "x/mongo/driver/connstring"
    place.mkdir(parents=True)
    (place / "connstring.go").write_text('errors.New("scheme must be \\"mongodb\\" here")\n')
    (place / "connstring_test.go").write_text('errors.New("a test that failed")\n')
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "Add a file")):
        git = (shutil.which("git") or "git", "-C", str(tmp_path))
        subprocess.run([*git, *command], check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("part", ["", ".git"], ids=["a work tree", "a bare repository"])
def test_a_clone_is_read_without_its_tests(clone, part):
    texts = [message.text for message in messages("go", clone / part)]

    assert texts == ['error parsing uri: scheme must be "mongodb" here']


def test_the_command_prints_a_line_per_driver(clone):
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.driver_messages", "--misses", f"go={clone}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "| go | 1 |" in process.stdout


def test_every_form_of_printing_can_be_filled():
    fields = dict.fromkeys(("kind", "text", "path", "dotted", "stem", "package"), "x")
    for driver in DRIVERS.values():
        forms = (driver.own, driver.general, *(form for _, form in driver.special))
        assert all(form.format(**fields) is not None for form in forms)
