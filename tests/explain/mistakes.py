"""Mistakes that no server and no network makes: in the program, its packages and its strings.

Each is a program of ``programs/mistakes.py`` or ``mistakes.mjs``, the deployment it meets, and
the cause that it is.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.explain.clients import NODE, PACKAGES, PROGRAMS, Output, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLAIN, WITH_LOGIN, NOBODY = "plain", "locked", ""


@dataclass(frozen=True)
class Mistake:
    """One mistake: ``uri`` instead of that of the deployment; ``bare`` without any package."""

    cause: str
    client: str
    program: str
    deployment: str = PLAIN
    uri: str | None = None
    packages: str | None = None
    bare: bool = False

    def run(self, uris: Mapping[str, str]) -> Output:
        """Make it."""
        uri = self.uri if self.uri is not None else uris.get(self.deployment, "")
        env = {"URI": uri.replace("{host}", uris["host"]).replace("{locked}", uris["locked host"])}
        if self.client in ("node", "mongoose"):
            home = {"NODE_HOME": str(NODE / "program.js")}
            return run_program(
                ["node", str(PROGRAMS / "mistakes.mjs"), self.program], {**env, **home}
            )
        if self.packages:
            env["PYTHONPATH"] = str(PACKAGES / self.packages)
        flags = ["-S"] if self.bare else []
        return run_program(
            [sys.executable, *flags, str(PROGRAMS / "mistakes.py"), self.program], env
        )


PROGRAM_MISTAKES = (
    Mistake("client.event-loop-mismatch", "pymongo", "another_loop"),
    Mistake("client.event-loop-mismatch", "motor", "motor_after_loop"),
    Mistake("client.closed", "pymongo", "closed_sync"),
    Mistake("client.closed", "pymongo", "closed_async"),
    Mistake("client.fork-unsafe", "pymongo", "fork"),
    Mistake("pool.timeout", "pymongo", "pool"),
    Mistake("network.slow", "pymongo", "slow"),
    Mistake("client.fd-limit", "pymongo", "files"),
    Mistake("client.http-to-mongodb", "other", "http"),
    Mistake("topology.replica-set-required", "pymongo", "transaction"),
    Mistake("topology.replica-set-required", "pymongo", "change_stream"),
    Mistake("topology.replica-set-required", "pymongo", "write_concern"),
    Mistake(
        "client.dnspython-missing",
        "pymongo",
        "simple",
        uri="mongodb+srv://cluster0.ab12c.example.test/",
        packages="pymongo-alone",
        bare=True,
    ),
    Mistake("client.bson-conflict", "pymongo", "simple", packages="bson-conflict"),
    Mistake("client.motor-pymongo-mismatch", "motor", "import_motor", packages="motor-3.3"),
    Mistake("client.driver-too-old", "pymongo", "simple_async", packages="pymongo-4.8"),
    Mistake(
        "client.compressor-missing", "pymongo", "simple", uri="mongodb://{host}/?compressors=snappy"
    ),
    Mistake(
        "auth.dependency-missing",
        "pymongo",
        "simple",
        uri="mongodb://{host}/?authMechanism=MONGODB-AWS&authSource=$external",
        packages="pymongo-alone",
        bare=True,
    ),
    Mistake(
        "auth.aws-credentials",
        "pymongo",
        "simple",
        uri="mongodb://{host}/?authMechanism=MONGODB-AWS&authSource=$external",
    ),
    Mistake(
        "auth.oidc",
        "pymongo",
        "simple",
        uri="mongodb://{host}/?authMechanism=MONGODB-OIDC&authSource=$external",
    ),
    Mistake("client.closed", "node", "closed"),
    Mistake("pool.timeout", "node", "pool"),
    Mistake("network.slow", "node", "slow"),
    Mistake("topology.replica-set-required", "node", "transaction"),
    Mistake("topology.replica-set-required", "node", "change_stream"),
    Mistake("uri.placeholder-not-replaced", "mongoose", "unset"),
    Mistake("client.closed", "mongoose", "disconnected"),
    Mistake("auth.failed", "mongoose", "mongoose", uri="mongodb://ada:wrong-one@{locked}/"),
)

STRINGS = (  # each is given to PyMongo, to the Node driver and to mongoose
    ("uri.invalid-scheme", "localhost:27017"),
    ("uri.invalid-scheme", "mongo://localhost:27017/"),
    ("uri.invalid-scheme", "MONGODB_URI=mongodb://localhost:27017/"),
    ("uri.invalid-scheme", "'mongodb://localhost:27017/'"),
    ("uri.missing-host", "mongodb://"),
    ("uri.missing-host", "mongodb://ada:word@/shop"),
    ("uri.missing-host", "mongodb://localhost:27017,,localhost:27018/"),
    ("uri.invalid-port", "mongodb://localhost:0x6989/"),
    ("uri.invalid-port", "mongodb://localhost:99999/"),
    ("uri.unescaped-credentials", "mongodb://ada:wo@rd@localhost:27017/"),
    ("uri.unescaped-credentials", "mongodb://ada:wo:rd@localhost:27017/"),
    ("uri.unescaped-credentials", "mongodb://ada:wo%rd@localhost:27017/"),
    ("uri.srv-with-port", "mongodb+srv://cluster0.ab12c.example.test:27017/"),
    (
        "uri.srv-multiple-hosts",
        "mongodb+srv://cluster0.ab12c.example.test,cluster1.ab12c.example.test/",
    ),
    ("uri.srv-host-too-short", "mongodb+srv://127.0.0.1/"),
    ("uri.invalid-option", "mongodb://{host}/?ssl_cert_reqs=CERT_NONE"),
    ("uri.invalid-option", "mongodb://{host}/?useNewUrlParser=true"),
    ("uri.invalid-option", "mongodb://{host}/?readPreference=quickest"),
    ("uri.invalid-option", "mongodb://{host}/?maxPoolSize=many"),
    (
        "uri.conflicting-options",
        "mongodb://{host}/?tlsInsecure=true&tlsAllowInvalidCertificates=true",
    ),
    ("uri.conflicting-options", "mongodb+srv://cluster0.ab12c.example.test/?directConnection=true"),
    ("uri.conflicting-options", "mongodb://{host},localhost:27018/?loadBalanced=true"),
    (
        "uri.file-not-found",
        "mongodb://{host}/?tls=true&tlsCertificateKeyFile=/etc/ssl/mongodb/client.pem",
    ),
    ("uri.malformed", "mongodb://{host}/?retryWrites"),
    ("uri.malformed", "mongodb://{host}/shop.orders$/"),
    ("uri.placeholder-not-replaced", "mongodb+srv://ada:word@<cluster>.mongodb.net/"),
    ("uri.placeholder-not-replaced", "mongodb://undefined:27017/"),
    ("dns.host-not-found", "mongodb://mongo:27017/"),
    ("dns.host-not-found", "mongodb://db.shop.example.test:27017/"),
    ("dns.host-not-found", "mongodb://mongo-0:27017,mongo-1:27017,mongo-2:27017/?replicaSet=rs0"),
    ("tcp.refused", "mongodb://localhost:27016,localhost:27015/?replicaSet=rs0"),
    ("tcp.refused", "mongodb://127.0.0.1:27016/"),
    ("tcp.socket-not-found", "mongodb://%2Ftmp%2Fmongodb-27016.sock/"),
    (
        "atlas.cluster-paused",
        "mongodb://cluster0-shard-00-00.ab12c.mongodb.net:27017,"
        "cluster0-shard-00-01.ab12c.mongodb.net:27017,cluster0-shard-00-02.ab12c.mongodb.net:27017/?ssl=true",
    ),
    ("uri.srv-scheme-needed", "mongodb://cluster0.ab12c.mongodb.net/"),
    ("uri.srv-scheme-needed", "mongodb://ada:word@shop-prod.x7k2m.mongodb.net/shop?tls=true"),
    ("atlas.cluster-paused", "mongodb://shop-shard-00-01.x7k2m.mongodb.net:27017/?tls=true"),
    ("dns.srv-not-found", "mongodb+srv://cluster0.ab12c.mongodb.net/"),
)


def all_mistakes() -> Iterator[Mistake]:
    """Every mistake, the strings once for each client that is given them."""
    yield from PROGRAM_MISTAKES
    for cause, uri in STRINGS:
        if "//" in uri:  # PyMongo takes a bare host as well
            yield Mistake(cause, "pymongo", "simple", uri=uri)
            yield Mistake(cause, "pymongo", "simple_async", uri=uri)
        yield Mistake(cause, "node", "simple", uri=uri)
        yield Mistake(cause, "mongoose", "mongoose", uri=uri)
