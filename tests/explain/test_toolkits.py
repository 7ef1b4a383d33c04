"""Remedies are in terms of the client that wrote the text: its packages and its tools."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain

OLD = "Unsupported OP_QUERY command: saslContinue. The client driver may require an upgrade."


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f"MongoServerError: {OLD}", "npm install mongodb@latest"),
        (f"mongoose: MongoServerError: {OLD}", "npm install mongoose@latest"),
        (f"pymongo.errors.OperationFailure: {OLD}", "pip install --upgrade pymongo"),
        (f"MongoDB.Driver.MongoCommandException: {OLD}", "dotnet add package MongoDB.Driver"),
        (f"{OLD} (Mongo::Error::OperationFailure)", "bundle update mongo"),
        (f"MongoDB\\Driver\\Exception\\CommandException: {OLD}", "composer update mongodb/mongodb"),
        (f"server selection error: {OLD}", "go get go.mongodb.org/mongo-driver/v2@latest"),
        (f"MongoDart Error: {OLD}", "dart pub upgrade --major-versions mongo_dart"),
        (f"** (Mongo.Error) {OLD}", "mix deps.update mongodb_driver"),
        ("MongoMissingDependencyError: Optional module `kerberos` not found. Please install it", "npm install kerberos"),
        ("MongoMissingDependencyError: Optional module `snappy` not found. Please install it", "npm install snappy"),
        ("connection() error occurred during connection handshake: auth error: GSSAPI support not enabled during build (-tags gssapi)", "go build -tags gssapi"),
    ],
)  # fmt: skip
def test_the_first_command_is_of_the_client(text: str, command: str) -> None:
    commands = [remedy.command for remedy in explain(text).remedies if remedy.command]

    assert command in commands[0]


@pytest.mark.parametrize(
    "text",
    [
        f"com.mongodb.MongoCommandException: Command failed with error 352: '{OLD}'",
        f"MongoDB.Driver.MongoCommandException: {OLD}",
        "com.mongodb.X: java.lang.NoClassDefFoundError: org/xerial/snappy/Snappy",
    ],
)
def test_no_remedy_is_for_another_language(text: str) -> None:
    remedies = explain(text).remedies

    assert remedies
    assert not any("pip " in str(remedy) or "npm " in str(remedy) for remedy in remedies)


def test_an_unknown_client_gets_every_remedy() -> None:
    explanation = explain(f"BSON: {OLD}")

    assert explanation.client is None
    assert any("pip " in str(remedy) for remedy in explanation.remedies)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("MongoMissingDependencyError: Optional module `socks` not found. Please install it", "npm install socks"),
        ("MongoRuntimeError: an unknown flavor", "npm install mongodb@latest"),
        ("MongoshInternalError: [COMMON-90001] an unknown flavor", None),
        ("com.mongodb.MongoInternalException: an unknown flavor", None),
        ("MongoDB.Driver.MongoInternalException: an unknown flavor.", "dotnet add package MongoDB.Driver"),
    ],
)  # fmt: skip
def test_a_missing_module_and_a_defect_have_the_command_of_the_client(
    text: str, command: str | None
) -> None:
    first = explain(text).remedies[0]

    assert first.command == command
    assert first.text != "Upgrade the driver."


@pytest.mark.parametrize(
    "text",
    [
        "MongoServerError: command find requires authentication",
        "MongoParseError: option flavor is not supported",
        "com.mongodb.MongoSocketWriteException: PKIX path building failed",
        "MongoDB.Driver.MongoConfigurationException: Host for mongodb+srv scheme cannot specify a port.",
    ],
)
def test_nothing_for_another_client_is_about_pymongo(text: str) -> None:
    explanation = explain(text)

    assert explanation.explanation
    assert explanation.links
    parts = (
        explanation.title,
        explanation.explanation,
        *map(str, explanation.remedies),
        *explanation.links,
    )
    assert not any("pymongo" in str(part).lower() for part in parts)
