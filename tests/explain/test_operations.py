"""A MongoDB error that is not about connecting gets its own answer, and is never dismissed."""

# ruff: noqa: E501 - what drivers print on one line stays on one line

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.explaining import advice, explain
from mongoping.explaining.operations import ARGUMENTS, CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run


@pytest.mark.parametrize(
    "text",
    [
        "E11000 duplicate key error collection: shop.orders index: sku_1 dup key: { sku: 7 }",
        "MongoServerError: Plan executor error :: caused by :: WriteConflict",
        "com.mongodb.MongoCommandException: Command failed with error 59 (CommandNotFound): "
        "'no such command' on server db1.shop.example:27017",
        "MongoError: a collection 'shop.orders' already exists",
        "Error: Kind: Command failed: Error code 72 (InvalidOptions): bad value, labels: {}",
        "BSONError: input must be a 24 character hex string, 12 byte Uint8Array, or an integer",
        "mongoose: ValidationError: Order validation failed: sku: Path `sku` is required.",
    ],
)
def test_an_error_of_an_operation_is_no_connection_error(text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing is not None
    assert "not a connection error" in explanation.missing
    assert CODES in explanation.missing


@pytest.mark.parametrize(
    "text",
    [
        "Error: Kind: An invalid argument was provided: read concern after a snapshot, labels: {}",
        "MongoError['Cannot end transaction without a started session'] (reactivemongo)",
        "** (Mongo.Error) Aborting transaction is not allowed",
        "pymongo: ValueError: update only works with $ operators",
        'motor: RuntimeError: Use a change stream in "async with", not "with"',
        "2024/05/01 10:00:00.0000: [  123]:    ERROR:      mongoc: Invalid writeConcern here",
    ],
)
def test_misuse_of_a_driver_is_no_connection_error(text: str) -> None:
    assert "not a connection error" in (explain(text).missing or "")


TOOL = "2024-05-01T10:00:00.000+0000\t"


@pytest.mark.parametrize(
    "text",
    [
        TOOL + "error parsing command line options: invalid sleep interval: 17\n"
        + TOOL + "try 'mongostat --help' for more information",
        TOOL + "Failed: --collection cannot go with this option",
        TOOL + "Failed: error writing data to file /backup/orders.bson",
        TOOL + "Failed: can't dump from admin database when connecting to a MongoDB Atlas free or shared cluster",
    ],
)  # fmt: skip
def test_arguments_and_files_of_a_tool_are_no_connection_error(text: str) -> None:
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing == ARGUMENTS


def test_a_tool_that_does_not_reach_the_server_is_not_told_about_its_arguments() -> None:
    for text in ("Failed: error connecting to host: EOF", "Failed: invalid reply from the server"):
        assert explain(TOOL + text).missing != ARGUMENTS


@pytest.mark.parametrize(
    "text",
    ["AutoReconnect", "MongoError", "pymongo.errors.AutoReconnect: [Errno 5] Input/output error",
     "MongoServerError: connection pool for the host was cleared"],
)  # fmt: skip
def test_an_error_without_a_reason_is_not_called_an_operation(text: str) -> None:
    """The class, or words about connections, leave open whether the server was reached."""
    explanation = explain(text)

    assert explanation.cause is None
    assert explanation.missing not in (None, advice.NOT_MONGODB)
    assert "not a connection error" not in (explanation.missing or "")


def test_a_named_cause_wins_over_its_class() -> None:
    text = "com.mongodb.MongoCommandException: Command failed with error 18 (AuthenticationFailed)"

    assert explain(text).cause == "auth.failed"


def test_the_command_exits_with_1_and_names_the_page(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("explain", "pymongo.errors.DuplicateKeyError: E11000 duplicate key error")

    assert run.code == 1
    assert CODES in run.out


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("Unhandled exception:\nMongoDart Error: No master connection", "dart"),
        ("** (Mongo.Error) db1:27017 tcp connect: closed", "elixir"),
        ("reactivemongo.core.errors.ChannelNotFoundException: MongoError['no channel']", "reactivemongo"),
        ("Error: Kind: An invalid argument was provided: no user, labels: {}", "rust"),
        ("No suitable servers found (`serverSelectionTryOnce` set): [x calling hello on 'a:1']", "c"),
        ("MongoDB\\Driver\\Exception\\RuntimeException: No suitable servers found", "php"),
    ],
)  # fmt: skip
def test_the_client_is_named(text: str, client: str) -> None:
    assert explain(text).client == client


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "MongooseError: Operation `a.find()` buffering timed out after 10000ms",
            "mongoose.connect",
        ),
        ("pymongo.errors.AutoReconnect: [Errno 5] Input/output error", "traceback"),
        ("MongoNetworkError: it failed", "cause"),
    ],
)
def test_only_what_the_client_has_is_asked_for(text: str, words: str) -> None:
    explanation = explain(text)

    assert words in (explanation.missing or "")
    assert "reason" not in (explanation.missing or "")
