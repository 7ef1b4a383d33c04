"""Errors recognized by their form: class, namespace and stack frame, if no words fit a cause."""

# ruff: noqa: E501 - what drivers print on one line stays on one line
from __future__ import annotations

import pytest

from mongoping.explaining import explain


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("client.setting-refused", "java.lang.IllegalArgumentException: state should be: flavor is sweet\n\tat com.mongodb.assertions.Assertions.isTrueArgument(Assertions.java:120)\n\tat com.mongodb.connection.SocketSettings.<init>(SocketSettings.java:9)"),
        ("client.driver-defect", "com.mongodb.MongoInternalException: the flavor is unknown"),
        ("client.driver-defect", "java.lang.IllegalStateException: no flavor left\n\tat com.mongodb.internal.connection.Flavors.next(Flavors.java:9)"),
        ("client.setting-refused", "System.ArgumentException: Value is not sweet. (Parameter 'flavor')\n   at MongoDB.Driver.Core.Misc.Ensure.IsSweet(String flavor)\n   at MongoDB.Driver.MongoClientSettings.set_Flavor(String value)"),
        ("client.setting-refused", "System.InvalidOperationException: Flavors is frozen.\n   at MongoDB.Driver.Flavors.set_Sweet(Boolean value)"),
        ("client.driver-defect", "System.InvalidOperationException: No flavor left.\n   at MongoDB.Driver.Core.Flavors.Next()"),
        ("client.setting-refused", "MongoInvalidArgumentError: The flavor must be sweet"),
        ("client.setting-refused", "MongooseError: The flavor must be sweet"),
        ("client.driver-defect", "MongoshInternalError: [COMMON-90001] No flavor left"),
        ("client.driver-defect", "TypeError: flavors.next is not a function\n    at Flavors.next (/app/node_modules/mongodb/lib/flavors.js:9:1)\n    at order (/app/shop.js:3:1)"),
        ("client.driver-defect", "TypeError: no flavor\n    at next (C:\\app\\node_modules\\mongodb\\lib\\flavors.js:9:1)"),
        ("client.setting-refused", "java.lang.IllegalArgumentException: no flavor\n        at shop-1.0.jar/com.mongodb.ConnectionString.<init>(ConnectionString.java:9) ~[?:?]"),
        ("client.setting-refused", "java.lang.IllegalArgumentException: no flavor\n\tat java.base/java.net.InetSocketAddress.checkHost(InetSocketAddress.java:1)\n\tat com.mongodb.ServerAddress.<init>(ServerAddress.java:9)"),
        ("client.setting-refused", "System.ArgumentNullException: no flavor\n   at System.ThrowHelper.Throw()\n   at MongoDB.Driver.MongoClient..ctor()"),
        ("client.driver-defect", "TypeError: no flavor\n    at new URL (node:internal/url:775:36)\n    at next (/app/node_modules/mongodb/lib/flavors.js:9:1)"),
        ("client.setting-refused", "java.lang.IllegalArgumentException: no flavor\n\tat reactivemongo.api.Flavors.apply(Flavors.scala:9)"),
    ],
)  # fmt: skip
def test_the_form_of_an_error_is_enough(cause: str, text: str) -> None:
    explanation = explain(text)

    assert (explanation.cause, explanation.confidence) == (cause, "likely")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (None, "java.lang.IllegalArgumentException: state should be: flavor is sweet\n\tat org.example.Shop.<init>(Shop.java:9)\n\tat com.mongodb.client.MongoClients.create(MongoClients.java:1)"),
        (None, "com.mongodb.MongoException: the flavor is unknown"),
        (None, "java.lang.IllegalStateException: no flavor left\n\tat org.example.Flavors.next(Flavors.java:9)\n\tat com.mongodb.internal.connection.Flavors.next(Flavors.java:9)"),
        (None, "System.ArgumentException: Value is not sweet.\n   at Shop.Flavors.Check(String flavor)\n   at MongoDB.Driver.MongoClient..ctor()"),
        (None, "java.lang.IllegalArgumentException: filter can not be null\n\tat com.mongodb.assertions.Assertions.notNull(Assertions.java:9)\n\tat com.mongodb.client.internal.MongoCollectionImpl.find(MongoCollectionImpl.java:9)"),
        (None, "System.InvalidOperationException: Sequence contains no elements\n   at System.Linq.Enumerable.First[TSource](IEnumerable`1 source)\n   at MongoDB.Driver.IAsyncCursorExtensions.First[TDocument](IAsyncCursor`1 cursor)"),
        (None, "MongoInvalidArgumentError: Argument docs must be an array of documents\n    at Collection.insertMany (/app/node_modules/mongodb/lib/collection.js:9:1)"),
        (None, "MongooseError: `Model.find()` cannot run without a model as `this`"),
        (None, "OverwriteModelError: Cannot overwrite `Order` model once compiled."),
        (None, "System.NotSupportedException: no flavor\n   at MongoDB.Driver.Linq.Translator.Translate()"),
        (None, "TypeError: flavors.next is not a function\n    at order (/app/shop.js:3:1)\n    at Flavors.next (/app/node_modules/mongodb/lib/flavors.js:9:1)"),
        (None, "Error: no flavor left\n    at /app/node_modules/shop-sessions/index.js:1:21\n    at /app/node_modules/mongodb/lib/utils.js:4:14"),
        (None, "MongoServerSelectionError: Server selection timed out after 30000 ms\nMongoRuntimeError: no flavor left"),
        ("client.closed", "System.OperationCanceledException: The ServerMonitor has been disposed.\n   at MongoDB.Driver.Core.Servers.ServerMonitor.Run()"),
        ("uri.invalid-option", "java.lang.IllegalArgumentException: Unknown option: flavor\n\tat com.mongodb.ConnectionString.<init>(ConnectionString.java:9)"),
        ("tcp.refused", "com.mongodb.MongoInternalException: Unexpected exception\nCaused by: java.net.ConnectException: Connection refused"),
    ],
)  # fmt: skip
def test_words_and_foreign_frames_come_before_the_form(cause: str | None, text: str) -> None:
    assert explain(text).cause == cause
