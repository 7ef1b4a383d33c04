"""Causes in the environment of the user's program: one true case and a look-alike each.

Pure: the evidence is built by hand, as checks would have left it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mongoping import registry
from mongoping.causes import program
from mongoping.compat import rules as compat
from mongoping.diagnosis import diagnose
from mongoping.interpreter.record import Interpreter
from mongoping.model import Evidence, Failure, Result
from mongoping.observations import (
    ClientAttempt,
    CompatFacts,
    ImportFacts,
    ProgramError,
    ProgramFacts,
    TlsFilesFacts,
)
from tests.causes.table import False_, True_, is_complete, is_silent, is_true
from tests.evidence import evidence, failed, hello, result

A = "a:27017"
UNTRUSTED_CODE, EXPIRED_CODE = (
    19,
    10,
)  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_HAS_EXPIRED
TODAY = date(2026, 11, 22)
HERE = CompatFacts(
    "2026-11-22",
    "3.11.7",
    "CPython",
    pymongo="4.20.0",
    dnspython="2.8.0",
    openssl="OpenSSL 3.5.4",
)
OLDER = result("import", ImportFacts("4.15.1", 7, 27, "4.0"))
OF_PYTHON = ("openssl", "store_digest", "lock_folder", "has_pip")
WORKS = result("ping", None)
THERE = "/app/python"


def error(kind: str = "AutoReconnect", message: str = "words", *types: str) -> ProgramError:
    return ProgramError(kind, message, (kind, *types))


def there(
    attempt: ClientAttempt | None = None, *, packages: dict[str, str] | None = None, **fields: Any
) -> Result:
    """The program's Python, with PyMongo 4.0 unless ``packages`` says otherwise."""
    own = {
        name: fields.pop(name)
        for name in ("openssl", "store_digest", "lock_folder", "has_pip")
        if name in fields
    }
    versions = {"pymongo": "4.0.2", "motor": None, "dnspython": None, **(packages or {})}
    own = {"openssl": "OpenSSL 1.1.1", **own}
    places = {"library": "/usr/lib/python3.8", "pymongo_file": "/vendor/pymongo/__init__.py"}
    python = Interpreter(THERE, "--python", "3.8.1", packages=versions, **places, **own)
    rows = compat.check(
        TODAY,
        python="3.8.1",
        pymongo=versions["pymongo"],
        motor=versions["motor"],
    )
    attempts = () if attempt is None else (attempt,)
    facts = {"pymongo": versions["pymongo"], "rows": tuple(rows), **fields}
    return result("program", ProgramFacts(python, attempts=attempts, **facts))


def fails(step: Any = "ping", why: ProgramError | None = None, **more: Any) -> ClientAttempt:
    return ClientAttempt("MongoClient", step, None, why or error(), **more)


def tls(digest: str | None = "ours", **fields: Any) -> Result:
    all_fields = {"store_digest": digest, "store_count": 140, **fields}
    return result("tls-files", TlsFilesFacts("system store", **all_fields))


SRV = "mongodb+srv://cluster.example.test"
TLS = "mongodb://a/?tls=true"
PINGS = ClientAttempt("MongoClient", "ping", 0.3)
CONFIGURATION = error("ConfigurationError", "dnspython must be installed")
IMPORT_ERROR = error("ImportError", "cannot import name ObjectId")
NO_SUCH_NAME = error("ConfigurationError", "The DNS query name does not exist", "NXDOMAIN")
DNS = {"dnspython": "2.8.0"}
UNTRUSTED_FAILURE = fails(verify_code=UNTRUSTED_CODE)
DOWN = failed("driver", "unreachable")

TRUE: list[True_] = [
    (
        "client.trust-store-differs",
        evidence(WORKS, tls(), there(UNTRUSTED_FAILURE, store_digest="theirs"), uri=TLS),
        "and the Python of mongoping system store (140 CAs)",
    ),
    (
        "client.environment-differs",
        evidence(WORKS, result("compat", HERE), there(fails())),
        "Different there: Python CPython 3.8.1 (here CPython 3.11.7), PyMongo 4.0.2 (here 4.20.0)",
    ),
    (
        "client.environment-differs",
        evidence(WORKS, there(import_error=error("ImportError", "no _cbson"))),
        "cannot import PyMongo: ImportError: no _cbson",
    ),
    (
        "client.environment-differs",
        evidence(WORKS, there(fails("import", error("ImportError")), packages={"motor": "2.5.1"})),
        "cannot import Motor (ImportError: words)",
    ),
    ("client.only-program-works", evidence(DOWN, there(PINGS)), "/app/python (CPython 3.8.1"),
]

FALSE: list[False_] = [
    # both trust the same CAs; the CA comes from the connection string; it has expired
    (
        "client.trust-store-differs",
        evidence(WORKS, tls("same"), there(UNTRUSTED_FAILURE, store_digest="same"), uri=TLS),
    ),
    (
        "client.trust-store-differs",
        evidence(
            WORKS, tls(), there(UNTRUSTED_FAILURE, store_digest="theirs"), uri=f"{TLS}&tlsCAFile=/x"
        ),
    ),
    (
        "client.trust-store-differs",
        evidence(
            WORKS, tls(), there(fails(verify_code=EXPIRED_CODE), store_digest="theirs"), uri=TLS
        ),
    ),
    # neither can verify it; nothing is verified here
    (
        "client.trust-store-differs",
        evidence(DOWN, tls(), there(UNTRUSTED_FAILURE, store_digest="theirs")),
    ),
    (
        "client.trust-store-differs",
        evidence(
            WORKS, tls(verifies=False), there(UNTRUSTED_FAILURE, store_digest="theirs"), uri=TLS
        ),
    ),
    # it fails here too; both work; it did not finish; another name server was used here
    ("client.environment-differs", evidence(DOWN, there(fails()))),
    ("client.environment-differs", evidence(WORKS, there(PINGS))),
    ("client.environment-differs", evidence(WORKS, there(problem="did not finish"))),
    ("client.environment-differs", evidence(WORKS, there(fails()), resolver="127.0.0.9")),
    # both work; neither does; it was not tried; another name server was used here
    ("client.only-program-works", evidence(WORKS, there(PINGS))),
    ("client.only-program-works", evidence(DOWN, there(fails()))),
    ("client.only-program-works", evidence(DOWN)),
    ("client.only-program-works", evidence(DOWN, there(PINGS), resolver="127.0.0.9")),
    # the login is missing for both: that Python only pings
    (
        "client.only-program-works",
        evidence(failed("auth", "not-authenticated", code=13), there(PINGS)),
    ),
]

OF_OTHER_FILES: list[True_] = [
    (
        "client.dnspython-missing",
        evidence(WORKS, there(fails("create", CONFIGURATION)), uri=SRV),
        "has no dnspython, which mongodb+srv needs",
    ),
    (
        "auth.dependency-missing",
        evidence(
            WORKS, there(fails(why=CONFIGURATION)), uri="mongodb://a/?authMechanism=MONGODB-AWS"
        ),
        "has no pymongo-auth-aws",
    ),
    (
        "client.python-ssl-missing",
        evidence(WORKS, there(fails("create", CONFIGURATION), openssl=None), uri=TLS),
        "has no ssl module",
    ),
    (
        "client.driver-too-old",
        evidence(WORKS, result("compat", HERE), there(fails("create", CONFIGURATION))),
        "cannot create a client, as PyMongo 4.20.0 can",
    ),
    (
        "client.driver-too-old",
        evidence(
            WORKS, result("compat", HERE), there(fails("create", error("ModuleNotFoundError")))
        ),
        "cannot create a client",
    ),
    (
        "client.driver-too-old",
        evidence(WORKS, hello(A, min_wire=20), there(fails(), min_wire=6, max_wire=14)),
        "knows wire versions up to 14, and a:27017 needs 20",
    ),
    (
        "compat.server-too-old",
        evidence(WORKS, OLDER, hello(A, wire=8), there(fails(), min_wire=9, max_wire=29)),
        "needs wire version 9, and a:27017 has at most 8",
    ),
    (
        "client.motor-pymongo-mismatch",
        evidence(
            WORKS,
            there(fails("import", error("ImportError")), packages={"motor": "3.7.1"}),
        ),
        "Motor 3.7 works with PyMongo >=4.9,<5",
    ),
    (
        "client.module-shadowed",
        evidence(WORKS, there(import_error=IMPORT_ERROR.replace(file="/app/bson.py"))),
        "imports /app/bson.py instead of the module bson",
    ),
    (
        "client.module-shadowed",
        evidence(WORKS, there(PINGS, shadows=("/app/ssl.py",))),
        "a program that is in the same folder imports /app/ssl.py",
    ),
    (
        "client.python-too-old",
        evidence(WORKS, there(import_error=error("SyntaxError"), packages={"pymongo": "4.20.0"})),
        "PyMongo 4.20 requires Python",
    ),
]

NOT_OF_OTHER_FILES: list[False_] = [
    # the same errors from a Python that has what it needs
    (
        "client.dnspython-missing",
        evidence(
            WORKS,
            there(fails("create", CONFIGURATION), packages=DNS),
            uri=SRV,
        ),
    ),
    ("client.dnspython-missing", evidence(WORKS, there(fails("create", CONFIGURATION)))),
    ("client.dnspython-missing", evidence(WORKS, there(fails()), uri=SRV)),
    (
        "auth.dependency-missing",
        evidence(
            WORKS,
            there(fails(why=CONFIGURATION), packages={"pymongo-auth-aws": "1.3.0"}),
            uri="mongodb://a/?authMechanism=MONGODB-AWS",
        ),
    ),
    (
        "client.python-ssl-missing",
        evidence(WORKS, there(fails("create", CONFIGURATION)), uri=TLS),
    ),
    # the same PyMongo as here; rejected later than at its creation
    (
        "client.driver-too-old",
        evidence(
            WORKS,
            result("compat", HERE.replace(pymongo="4.0.2")),
            there(fails("create", CONFIGURATION)),
        ),
    ),
    (
        "client.driver-too-old",
        evidence(WORKS, result("compat", HERE), there(fails("ping", CONFIGURATION))),
    ),
    # an SRV lookup that failed
    (
        "client.driver-too-old",
        evidence(
            WORKS,
            result("compat", HERE),
            there(fails("create", NO_SUCH_NAME), packages=DNS),
            uri=SRV,
        ),
    ),
    ("client.dnspython-missing", evidence(WORKS, there(fails("create", NO_SUCH_NAME)), uri=SRV)),
    # files of PyMongo itself, of the standard library, and with the name of no module
    *(
        (
            "client.module-shadowed",
            evidence(WORKS, there(import_error=IMPORT_ERROR.replace(file=file))),
        )
        for file in (
            "/vendor/bson/__init__.py",
            "/usr/lib/python3.8/ssl.py",
            "/env/lib/python3.8/site-packages/bson/__init__.py",
            "/app/orders.py",
            None,
        )
    ),
    # wire versions that overlap
    (
        "client.driver-too-old",
        evidence(WORKS, hello(A, min_wire=14), there(fails(), min_wire=6, max_wire=14)),
    ),
    (
        "compat.server-too-old",
        evidence(WORKS, hello(A, wire=9), there(fails(), min_wire=9, max_wire=29)),
    ),
    # a Motor that fits, and fails for another reason
    (
        "client.motor-pymongo-mismatch",
        evidence(
            WORKS,
            there(
                fails("import", error("ImportError")),
                packages={"motor": "3.7.1", "pymongo": "4.9.2"},
            ),
        ),
    ),
    ("client.python-too-old", evidence(WORKS, there(import_error=error("SyntaxError")))),
]


@pytest.mark.parametrize(("code", "evidence", "words"), [*TRUE, *OF_OTHER_FILES])
def test_it_is_named(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), [*FALSE, *NOT_OF_OTHER_FILES])
def test_it_only_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_has_both() -> None:
    is_complete([program], TRUE, FALSE)


def test_what_that_python_lacks_is_only_a_warning_if_the_deployment_fails() -> None:
    refusal = result("tcp", None, A, failure=Failure("refused", "words", "ECONNREFUSED"))
    case = evidence(refusal, there(fails("create", CONFIGURATION)), uri=SRV)
    diagnosis = diagnose(case, registry.causes())
    rows = {row.cause: row.severity for row in diagnosis.findings}
    assert rows["client.dnspython-missing"] == "warning"
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.cause == "tcp.refused"


def test_a_timeout_there_is_only_a_warning() -> None:
    """That Python may only have been slower: the machine was busy, or a packet was lost."""
    late = fails(server_error=error("NetworkTimeout", "timed out", "timeout"))
    diagnosis = diagnose(evidence(WORKS, there(late)), registry.causes())
    assert diagnosis.verdict is None
    assert {row.cause: row.severity for row in diagnosis.findings}[
        "client.environment-differs"
    ] == "warning"


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        (
            {},
            "/app/python -m pip uninstall -y bson pymongo && "
            "/app/python -m pip install 'pymongo>=4.10'",
        ),
        (
            {"has_pip": False},
            "uv pip uninstall --python /app/python bson pymongo && "
            "uv pip install --python /app/python 'pymongo>=4.10'",
        ),
        (
            {"lock_folder": "/app"},
            "uv remove --project /app bson && uv sync --project /app --reinstall-package pymongo",
        ),
    ],
)
def test_remedies_are_for_what_manages_that_environment(
    fields: dict[str, Any], command: str
) -> None:
    program_row = there(import_error=error("ImportError"), packages={"bson": "0.5.10"}, **fields)
    diagnosis = diagnose(evidence(WORKS, program_row), registry.causes())
    assert diagnosis.verdict is not None
    assert diagnosis.verdict.remedies[0].command == command
    assert not any("pip uninstall -y bson" in str(row) for row in diagnosis.verdict.remedies[1:])


@pytest.mark.parametrize(("code", "evidence", "words"), [*TRUE, *OF_OTHER_FILES])
def test_every_command_of_pip_is_for_that_python(code: str, evidence: Evidence, words: str) -> None:
    """Also those of remedies that the cause has in general."""
    findings = diagnose(evidence, registry.causes()).findings
    commands = [remedy.command or "" for row in findings for remedy in row.remedies]
    assert [command for command in commands if "python -m pip" in command.replace(THERE, "")] == []
