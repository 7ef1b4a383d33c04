"""Error texts of any driver that speak of compatibility, of the client, its pool or its network."""

from __future__ import annotations

import re

import pytest

from mongoping.causes.messages import patterns_of
from tests.causes.compat_rows import CAUSES


def recognize(text: str) -> list[str]:
    return [
        cause.code
        for cause in CAUSES.values()
        if any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns_of(cause))
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AutoReconnect: h:1: [Errno 24] Too many open files", "client.fd-limit"),
        ("Error: connect EMFILE 192.0.2.7:27017", "client.fd-limit"),
        (
            "RuntimeError: Task got Future attached to a different loop",
            "client.event-loop-mismatch",
        ),
        (
            "MongoNotConnectedError: Client must be connected before running operations",
            "client.closed",
        ),
        ("MongoTopologyClosedError: Topology is closed", "client.closed"),
        ("ModuleNotFoundError: No module named 'dns'", "client.dnspython-missing"),
        ("ModuleNotFoundError: No module named 'bson.objectid'", "client.bson-conflict"),
        (
            "ImportError: cannot import name 'SON' from 'bson' (/srv/app/bson/__init__.py)",
            "client.bson-conflict",
        ),
        (
            "ImportError: cannot import name '_QUERY_OPTIONS' from 'pymongo.cursor'",
            "client.motor-pymongo-mismatch",
        ),
        (
            'File "/srv/app/motor/core.py", line 30, in <module>\n'
            "ImportError: cannot import name 'x' from 'pymongo.cursor'",
            "client.motor-pymongo-mismatch",
        ),
        ("ConfigurationError: The ssl module is not available", "client.python-ssl-missing"),
        ("Optional module `snappy` not found.", "client.compressor-missing"),
        (
            "ERROR: Package 'pymongo' requires a different Python: 3.8.10 not in '>=3.11'",
            "client.python-too-old",
        ),
        (
            "pymongo/pool.py: AttributeError: module 'collections' has no attribute 'Mapping'",
            "client.python-too-new",
        ),
        ("ERROR: Failed building wheel for pymongo", "client.python-too-new"),
        (
            "ImportError: cannot import name 'AsyncMongoClient' from 'pymongo'",
            "client.driver-too-old",
        ),
        (
            "It looks like you are trying to access MongoDB over HTTP on the native driver port.",
            "client.http-to-mongodb",
        ),
        (
            "The wait queue for acquiring a connection to server h:27017 is full.",
            "pool.exhausted",
        ),
        (
            "Timeout waiting for connection from the connection pool. maxPoolSize: 1, timeout: 0.1",
            "pool.timeout",
        ),
        ("MongoWaitQueueTimeoutError: Timed out while checking out a connection", "pool.timeout"),
        ("MongoTimeoutException: Timeout waiting for a pooled item after 9 ms", "pool.timeout"),
        (
            "Mongo::Error::SocketTimeoutError: Took more than 5 seconds to receive data",
            "network.slow",
        ),
        ("incomplete read of message header: context deadline exceeded", "network.slow"),
        ("h:27017: The read operation timed out", "network.slow"),
        (
            "UserWarning: You appear to be connected to a CosmosDB cluster.",
            "compat.not-genuine",
        ),
        ("this tool requires MongoDB version 4.4 or newer", "compat.server-too-old"),
    ],
)
def test_error_texts_of_any_driver_are_recognized(text: str, code: str) -> None:
    assert recognize(text) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "localhost:27017: [Errno 111] Connect call failed ('127.0.0.1', 27017), Timeout: 30s",
        "Server selection timed out after 30000 ms",
        "Timed out after 30000 ms while waiting to connect. Client view of cluster state is",
        "Server at h:27017 reports wire version 8, but this version of PyMongo requires at least 9",
        "bad auth : Authentication failed.",
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
        "The DNS query name does not exist: _mongodb._tcp.x.example.net.",
        "h:27017: timed out (configured timeouts: connectTimeoutMS: 20000.0ms)",
        "dial tcp 192.0.2.7:27017: i/o timeout",
        "connection 3 to 192.0.2.7:27017 timed out",
        "not authorized on admin to execute command { collections: 1 }",
    ],
)
def test_texts_of_other_causes_are_left_to_them(text: str) -> None:
    assert recognize(text) == []
