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
        code="client.setting-refused",
        title="The driver rejects a setting or an argument of the program",
        explanation=(
            "The driver checks what the program passes to it before it connects, and rejected a "
            "value. Its message names the setting. No server was asked."
        ),
        remedies=(
            "Correct the setting that the message names, in the connection string or in the code "
            "that creates the client.",
            "If the program worked before an upgrade, look up the setting in the upgrade notes of "
            "the driver: a new major version removes options and arguments.",
            "If the message names no setting, print the complete error with its stack trace: the "
            "first line of your own code in it passes the value.",
        ),
        links=("https://www.mongodb.com/docs/manual/reference/connection-string-options/",),
        alternatives=("uri.invalid-option", "uri.conflicting-options"),
    ),
    Cause(
        code="client.module-missing",
        title="The driver, or a module that it needs for this feature, is not installed",
        explanation=(
            "The driver loads some modules only if an option of the program needs them, such as "
            "those for a SOCKS proxy, for SRV records or for encryption. This environment does not "
            "have the driver or the module, or not in a version that fits."
        ),
        remedies=(
            "Install the module that the message names, in the environment that runs the program, "
            "and add it to the program's list of dependencies.",
            "If the program runs in a container or as a bundle, build it again: bundlers and "
            "minimal images leave out modules that are loaded by name.",
            "Remove the option that needs the module.",
        ),
        links=("https://www.mongodb.com/docs/drivers/",),
        alternatives=("auth.dependency-missing", "client.compressor-missing"),
        says=(
            r"(?#likely)MissingDependencyError: Optional module \W?(?!kerberos|aws4|@aws-sdk|gcp-metadata|snappy|@mongodb-js/zstd)[\w@./-]{2,60}\W? not found",
        ),
    ),
    Cause(
        code="client.modules-mismatched",
        title="Parts of the driver are of different versions",
        explanation=(
            "The driver consists of several packages, and frameworks are built for certain versions "
            "of it. A class or method that one part calls does not exist in the version of another "
            "part that was loaded. The server was not asked."
        ),
        remedies=(
            "Use the same version of all of the driver's packages, and let the framework choose it "
            "if there is one.",
            "Look for a second copy of the driver: application servers, plugins and bundles that "
            "contain all dependencies bring their own.",
            "Build the program again from an empty output folder.",
        ),
        links=("https://www.mongodb.com/docs/drivers/",),
        alternatives=("client.module-missing",),
    ),
    Cause(
        code="client.driver-defect",
        title="The driver reports an error in its own code",
        explanation=(
            "The driver met a state that should not occur. The cause is a defect in this version "
            "of the driver, a module that does not fit it, or a program that uses it in a way it "
            "was not written for. The connection string is not the cause."
        ),
        remedies=(
            "Upgrade the driver.",
            "Upgrade the frameworks and monitoring agents that wrap the driver, too: they use its "
            "internals, which change.",
            "Search the driver's issue tracker for the message. If it is not known there, report "
            "it with the versions of the driver, the runtime and the server, and the stack trace.",
        ),
        links=("https://www.mongodb.com/docs/drivers/",),
        alternatives=("client.setting-refused",),
    ),
    Cause(
        code="client.not-connected-yet",
        title="The program used its client before it was connected",
        awaits="the client to connect",
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
            r"The socket has not been created yet",
            r"(?#likely)connection must be opened before it can be used",
            r"[Yy]ou must (?:be connected|connect|call \w{1,20}) (?:before|first)[^\n]{0,80}mongo",
            r"(?#also)MongoNotConnectedError|client must be connected before running",
        ),
    ),
)
