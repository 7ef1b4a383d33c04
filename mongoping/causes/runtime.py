"""Causes in the runtime of a program, which only its error text shows."""

from __future__ import annotations

from mongoping.model import Cause, Remedy

PYTHON_CLIENT = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/mongoclient/"
)
NODE_CLIENT = "https://www.mongodb.com/docs/drivers/node/current/connect/mongoclient/"

CAUSES = (
    Cause(
        code="client.ssl-patched",
        title="Another package replaced Python's ssl module while it was in use",
        explanation=(
            "gevent, eventlet and truststore replace classes of Python's ssl module. If that "
            "happens after another module has imported ssl, creating a TLS context calls itself "
            "until Python stops it. No connection was tried."
        ),
        remedies=(
            "Patch before any other import, in the first lines of the program: "
            "gevent.monkey.patch_all(), eventlet.monkey_patch() or truststore.inject_into_ssl().",
            Remedy(
                "Upgrade the package that patches ssl, which may not support this Python:",
                command="python -m pip install --upgrade gevent eventlet truststore",
            ),
            "Use a worker without monkey patching, such as Gunicorn's gthread.",
        ),
        links=(PYTHON_CLIENT,),
        says=(
            r"ssl\.py\W[\s\S]{0,2000}(?:RecursionError|maximum recursion depth exceeded)",
            r"Monkey-patching ssl after ssl has already been imported",
            r"(?#likely)(?:gevent|eventlet|truststore)\b[\s\S]{0,2000}maximum recursion depth exceeded",
        ),
    ),
    Cause(
        code="client.not-connected-yet",
        title="The program used its client before it was connected",
        explanation=(
            "The program started an operation before connect() or open() had finished, and its "
            "driver does not wait. The server was not asked."
        ),
        remedies=(
            "Await connect() or open() before the first operation.",
            "Check that the connection succeeds: its own error, if any, comes earlier in the log.",
            "In mongoose, use models of the connection that is opened, and do not set "
            "bufferCommands to false unless every operation waits.",
        ),
        links=(NODE_CLIENT,),
        alternatives=("client.closed",),
        says=(
            r"before initial connection is complete",
            r"(?:Db is in the wrong state|DB is not open)\b",
            r"The socket has not been created yet|connection must be opened before it can be used",
            r"[Yy]ou must (?:be connected|connect|call \w{1,20}) (?:before|first)[^\n]{0,80}mongo",
            r"(?#also)MongoNotConnectedError|client must be connected before running",
        ),
    ),
)
