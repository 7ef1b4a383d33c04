"""Warnings about strings that work: options that weaken security, and strings not for Atlas."""

from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.checks.uri import look
from mongoping.model import Evidence, Match, Result
from mongoping.settings import Settings
from mongoping.uri.target import parse

TLS = "tls=true&"


def match(code: str, uri: str, preset: str = "check") -> Match | None:
    """Return the match of one cause for a string."""
    parsed_uri = parse(uri)
    result = Result("uri", "uri", None, "ok", data=look(parsed_uri).data)
    hosts = parsed_uri.target.hosts if parsed_uri.target and not parsed_uri.target.srv else ()
    evidence = Evidence(parsed_uri.target, Settings(preset=preset), results=(result,), hosts=hosts)
    cause = registry.cause(code)
    assert cause is not None
    assert cause.is_decided
    assert cause.severity == "warning"
    return next((match for _, match in cause.matches(evidence)), None)


@pytest.mark.parametrize(
    ("uri", "option", "remedy"),
    [
        ("mongodb://db.example.test/?w=1", "w", "w=majority"),
        ("mongodb://db.example.test/?w=0", "w", "w=majority"),
        ("mongodb+srv://c.example.test/?w=1", "w", "w=majority"),
        ("mongodb://localhost,db.example.test/?w=1", "w", "w=majority"),
        (f"mongodb://10.0.0.1/?{TLS}tlsInsecure=true", "tlsInsecure", "Remove tlsInsecure"),
        (
            f"mongodb://h/?{TLS}tlsAllowInvalidCertificates=true",
            "tlsAllowInvalidCertificates",
            "Remove tlsAllowInvalidCertificates",
        ),
        (
            "mongodb+srv://c.example.test/?tlsAllowInvalidHostnames=true",
            "tlsAllowInvalidHostnames",
            "Remove tlsAllowInvalidHostnames",
        ),
    ],
)
def test_an_option_that_weakens_security_is_a_warning(uri: str, option: str, remedy: str) -> None:
    hit = match("uri.risky-option", uri)
    assert hit is not None
    assert hit.detail.startswith(f"{option}: ")
    assert hit.severity == "warning"
    assert remedy in str(hit.remedies[0])


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://localhost/?w=1",
        "mongodb://127.0.0.1,[::1]:2/?w=0",
        "mongodb://%2Ftmp%2Fmongodb-1.sock/?w=1",
        f"mongodb://localhost/?{TLS}tlsInsecure=true",
        "mongodb://db.example.test/?w=majority",
        "mongodb://db.example.test/?w=2",
        f"mongodb://db.example.test/?{TLS}tlsInsecure=false",
        "mongodb://db.example.test/?tlsInsecure=true",  # TLS is off: another warning has it
        "mongodb://db.example.test/",
    ],
)
def test_what_is_safe_or_stays_on_the_machine_is_not(uri: str) -> None:
    assert match("uri.risky-option", uri) is None


def test_a_name_that_begins_like_an_address_of_this_machine_is_remote() -> None:
    assert match("uri.risky-option", "mongodb://127.0.0.1.example.test/?w=1") is not None


def test_atlas_is_told_what_a_string_lacks() -> None:
    hit = match("atlas.not-atlas", "mongodb://127.0.0.1:1/", "atlas")
    assert hit is not None
    assert "TLS is off" in hit.detail
    assert "mongodb+srv://" in hit.detail
    hit = match("atlas.not-atlas", "mongodb+srv://c.example.test/", "atlas")
    assert hit is not None
    assert "TLS is off" not in hit.detail


@pytest.mark.parametrize(
    ("uri", "preset"),
    [
        ("mongodb://127.0.0.1:1/", "check"),
        ("mongodb://127.0.0.1:1/", "local"),
        ("mongodb+srv://cluster0.ab1cd.mongodb.net/", "atlas"),
        ("mongodb://a-shard-00-00.ab1cd.mongodb.net:27017/?tls=true", "atlas"),
    ],
)
def test_a_string_of_atlas_or_another_command_is_not_told_so(uri: str, preset: str) -> None:
    assert match("atlas.not-atlas", uri, preset) is None


def test_the_commands_say_so(run_mongoping: object) -> None:
    """`uri` warns and stays at 0; `atlas` warns whatever else it finds."""
    assert callable(run_mongoping)
    run = run_mongoping("uri", "mongodb://db.example.test/?w=1")
    assert run.code == 0
    assert "uri.risky-option" in run.out
    run = run_mongoping("atlas", "mongodb://127.0.0.1:1/", "--timeout", "2")
    assert run.code == 12
    assert "atlas.not-atlas" in run.out
