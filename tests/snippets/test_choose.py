"""The snippet chosen for a deployment, and the command line in a report."""

from __future__ import annotations

import shlex

import pytest

from mongoping.snippets import Facts, all_snippets, choose, for_report, with_files
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import fill
from mongoping.uri.target import Target, parse

ATLAS = "mongodb+srv://ada:pw@cluster0.ab1cd.mongodb.net/"
OWN = "mongodb://ada:pw@db.example.com:27017/"
LOCAL = "mongodb://localhost:27017/"


def target(uri: str) -> Target:
    result = parse(uri).target
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("uri", "facts", "line"),
    [
        (ATLAS, Facts(stable_api=True), "pymongo-async-atlas"),
        (ATLAS, Facts(), "pymongo-async-atlas-no-stable-api"),
        (OWN, Facts(stable_api=False), "pymongo-async-self-managed"),
        (OWN, Facts(stable_api=True), "pymongo-async-self-managed --stable-api"),
        (LOCAL, Facts(), "pymongo-async-local"),
        (LOCAL, Facts(stable_api=True), "pymongo-async-local --stable-api"),
        (OWN, Facts(local=True), "pymongo-async-self-managed"),
        ("mongodb://db/", Facts(local=True), "pymongo-async-local"),
        ("mongodb://127.0.0.9,[::1]:2,%2Ftmp%2Fm.sock", Facts(), "pymongo-async-local"),
        ("mongodb://localhost,db.example.com/", Facts(), "pymongo-async-self-managed"),
        (
            LOCAL + "?tls=true&tlsCAFile=ca.pem",
            Facts(),
            "pymongo-async-ca-file --tls-ca-file ca.pem",
        ),
        (OWN, Facts(ca_file="/a b/ca.pem"), "pymongo-async-ca-file --tls-ca-file '/a b/ca.pem'"),
        (OWN, Facts(auth_source="admin"), "pymongo-async-self-managed"),
        ("mongodb+srv://ada:pw@c.example.com/", Facts(), "pymongo-async-self-managed"),
        (
            OWN + "shop",
            Facts(auth_source="admin"),
            "pymongo-async-self-managed --auth-source admin",
        ),
        (
            "mongodb://h/?authMechanism=MONGODB-X509&tls=true&tlsCertificateKeyFile=me.pem",
            Facts(stable_api=True, auth_source="$external"),
            "pymongo-async-x509 --stable-api --tls-certificate-key-file me.pem",
        ),
        (OWN, Facts(mechanism="MONGODB-AWS"), "pymongo-async-aws"),
        (ATLAS, Facts(mechanism="MONGODB-OIDC"), "pymongo-async-oidc"),
        (OWN, Facts(auth_source="it's; rm -rf /"), None),
    ],
)
def test_a_report_suggests_the_snippet_for_its_deployment(
    uri: str, facts: Facts, line: str | None
) -> None:
    """It declares the Stable API only if the server requires it, and has the values that worked."""
    lead = for_report(target(uri), facts)
    words = shlex.split(lead.command)
    assert words[:3] == ["mongoping", "snippet", "emit"]
    assert words[3] == lead.name
    if line is None:
        assert words[-2:] == ["--auth-source", "it's; rm -rf /"]
    else:
        assert lead.command == f"mongoping snippet emit {line}"
    assert "pw" not in lead.command
    assert "mongodb://" not in lead.command
    assert fill(lead.snippet, lead.choices)


def test_only_names_under_mongodb_net_are_atlas() -> None:
    """Without a report, the snippet for Atlas declares the Stable API."""
    assert choose(target(ATLAS)).name == "pymongo-async-atlas"
    elsewhere = "mongodb+srv://cluster0.mongodb.net.example.com/"
    assert choose(target(elsewhere)).name == "pymongo-async-self-managed"


@pytest.mark.parametrize(
    ("uri", "language", "driver", "name"),
    [
        (ATLAS, "Rust", None, "rust-atlas"),
        (OWN, "Node.js", None, "node-self-managed"),
        (LOCAL, "C#", None, "csharp-local"),
        (LOCAL, "Python", "PyMongo", "pymongo-local"),
        (OWN, "Python", "PyMongo", "pymongo-self-managed"),
        ("mongodb://ada:pw@localhost/", "Go", None, "go-self-managed"),
    ],
)
def test_the_choice_is_the_same_in_other_languages(
    uri: str, language: str, driver: str | None, name: str
) -> None:
    assert choose(target(uri), language=language, driver=driver).name == name


def test_a_deprecated_snippet_is_never_chosen() -> None:
    """A user of Motor must name the snippet."""
    with pytest.raises(LookupError, match="Motor"):
        choose(target(ATLAS), driver="Motor")


def test_every_language_has_a_snippet_for_every_deployment() -> None:
    for language in {snippet.language for snippet in all_snippets()}:
        for uri in (ATLAS, OWN, LOCAL):
            assert choose(target(uri), language=language).language == language


def test_files_in_the_string_go_into_a_program_that_reads_files() -> None:
    """The program's own option would override the string. Other programs do not change."""
    source = target("mongodb://h/?tls=true&tlsCAFile=ca.pem&tlsCertificateKeyFile=me.pem")
    by_name = {snippet.name: snippet for snippet in all_snippets()}
    choices = with_files(by_name["pymongo-async-ca-file"], Choices(), source)
    assert (choices.ca_file, choices.certificate_key_file) == ("ca.pem", None)
    choices = with_files(by_name["pymongo-async-x509"], Choices(), source)
    assert (choices.ca_file, choices.certificate_key_file) == (None, "me.pem")
    assert with_files(by_name["pymongo-async-atlas"], Choices(), source) == Choices()
    assert with_files(by_name["pymongo-async-x509"], Choices(), None) == Choices()
