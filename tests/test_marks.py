"""A test cannot start a server, a browser or a shell without the marker of it."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import building, having


def start_a_server() -> None:
    with having():
        pass


def test_a_server_needs_a_marked_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"add @pytest\.mark\.server"):
        start_a_server()


def build() -> None:
    building()


def test_a_build_needs_a_marked_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"add @pytest\.mark\.server"):
        build()


@pytest.mark.parametrize(
    ("program", "marker"), [("mongod", "server"), ("chromium", "browser"), ("zsh", "shell")]
)
def test_a_program_needs_a_marked_test(program: str, marker: str) -> None:
    """The program does not exist: nothing starts if the guard fails."""
    with pytest.raises(pytest.fail.Exception, match=rf"add @pytest\.mark\.{marker}"):
        subprocess.run([f"/no-such-folder/{program}"], check=False)


def test_the_version_of_a_server_may_be_asked() -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run(["/no-such-folder/mongod", "--version"], check=False)


@pytest.mark.server
def test_a_marked_test_may_start_a_server() -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run(["/no-such-folder/mongod"], check=False)


def test_a_fixture_marks_the_tests_that_use_it(
    request: pytest.FixtureRequest, mongod: object
) -> None:
    assert request.node.get_closest_marker("server")
