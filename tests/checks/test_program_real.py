"""The Python of the user's program: real environments, which ping a real deployment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import scripts
from mongoping.sandbox.nameserver import srv
from mongoping.sandbox.played import SimulatedServer
from tests import servers
from tests.conftest import unavailable
from tests.interpreter.programs import (
    HERE,
    MOTOR,
    PYMONGO,
    add_package,
    describe,
    environment,
    script,
)

if TYPE_CHECKING:
    from mongoping.interpreter.record import Interpreter
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer
from tests.checks.program_runs import comparison, diagnosis_of, program, verdict


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """An environment with PyMongo 4.0, which has no async API, and without dnspython."""
    if not servers.old_driver().exists():
        unavailable(f"{servers.OLD_DRIVER} is missing: run python tests/servers.py")
    folder = tmp_path_factory.mktemp("old")
    return describe(environment(folder, path=servers.old_driver()))


@pytest.fixture(scope="module")
def no_dnspython(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return describe(environment(tmp_path_factory.mktemp("plain"), *PYMONGO))


def test_an_old_pymongo_pings(old: Interpreter, mongod: Deployment) -> None:
    evidence = comparison(mongod.uri, python=old)
    facts = program(evidence)
    assert (facts.state, facts.pymongo) == ("works", "4.0.2")
    assert [attempt.client for attempt in facts.attempts] == ["MongoClient"]
    assert diagnosis_of(evidence).verdict is None
    (row,) = [row for row in facts.rows if row.subject == "MongoDB"]
    assert "knows MongoDB up to 5.1" in row.words


def test_options_that_an_old_pymongo_ignores_are_listed(
    old: Interpreter, mongod: Deployment
) -> None:
    facts = program(comparison(mongod.uri_with(timeoutMS=5000), python=old))
    assert facts.state == "works"
    assert facts.warnings == ("Unknown option timeoutms",)


def test_motor_pings_too(mongod: Deployment) -> None:
    facts = program(comparison(mongod.uri, python=describe(HERE)))
    assert facts.state == "works"
    assert [attempt.client for attempt in facts.attempts] == ["MongoClient", "AsyncIOMotorClient"]


def test_a_motor_that_does_not_fit_is_named(
    old: Interpreter, mongod: Deployment, tmp_path: Path
) -> None:
    """MongoClient works there, so only Motor is the reason."""
    python = describe(environment(tmp_path / "env", *MOTOR, path=servers.old_driver()))
    code, words = verdict(comparison(mongod.uri, python=python))
    assert code == "client.motor-pymongo-mismatch"
    assert "PyMongo 4.0.2, Motor 3.7" in words
    assert "cannot import Motor (ModuleNotFoundError" in words


def test_a_server_that_needs_a_newer_driver_is_named(old: Interpreter) -> None:
    """The server is simulated: no real one refuses a PyMongo of that age so far."""
    script = scripts.standalone(minWireVersion=20, maxWireVersion=21)
    with SimulatedServer(script) as server:
        evidence = comparison(f"mongodb://{server.address}", python=old)
    code, words = verdict(evidence)
    assert code == "client.driver-too-old"
    assert "knows wire versions up to 14" in words
    assert "needs 20" in words


def test_missing_dnspython_is_named(
    no_dnspython: Interpreter, mongod: Deployment, nameserver: NameServer
) -> None:
    nameserver.zone = {
        ("_mongodb._tcp.cluster.example.test", "SRV"): srv([("db.example.test", mongod.ports[0])]),
        ("db.example.test", "A"): ["127.0.0.1"],
    }
    uri = "mongodb+srv://cluster.example.test/?tls=false"
    evidence = comparison(uri, python=no_dnspython, resolver=nameserver.address)
    code, words = verdict(evidence)
    assert code == "client.dnspython-missing"
    assert f"{no_dnspython.path} (CPython" in words


def test_a_name_that_only_the_given_resolver_has_is_no_difference(
    mongod: Deployment, nameserver: NameServer
) -> None:
    """--resolver is for mongoping only, so the other Python cannot find the host."""
    nameserver.zone = {("db.example.test", "A"): ["127.0.0.1"]}
    uri = f"mongodb://db.example.test:{mongod.ports[0]}"
    evidence = comparison(uri, python=describe(HERE), resolver=nameserver.address)
    assert program(evidence).state == "fails"
    assert diagnosis_of(evidence).verdict is None


def test_another_trust_store_is_named(
    mongod_tls: Deployment,
    certificates: Certificates,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its start file plays an OpenSSL that was built with another place for CAs."""
    start = f"import os; os.environ['SSL_CERT_FILE'] = {str(certificates.other_authority)!r}"
    python = describe(environment(tmp_path / "env", *PYMONGO, start=start))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    uri = mongod_tls.uri_with(tlsCAFile=None)
    code, words = verdict(comparison(uri, python=python))
    assert code == "client.trust-store-differs"
    assert f"trusts {certificates.other_authority} (1 CAs)" in words
    assert str(certificates.authority) in words
    # with the CA in the connection string, both trust the same
    evidence = comparison(mongod_tls.uri, python=python)
    assert program(evidence).state == "works"
    assert diagnosis_of(evidence).verdict is None


def test_a_ca_that_neither_trusts_is_not_the_environment(
    mongod_tls: Deployment, no_dnspython: Interpreter
) -> None:
    evidence = comparison(mongod_tls.uri_with(tlsCAFile=None), python=no_dnspython)
    assert program(evidence).state == "fails"
    assert verdict(evidence)[0] == "tls.unknown-ca"
    assert not any(row.cause.startswith("client.t") for row in diagnosis_of(evidence).findings)


def test_a_foreign_package_bson_is_named(mongod: Deployment, tmp_path: Path) -> None:
    """The package is simulated: it has the name and none of PyMongo's modules."""
    python = environment(tmp_path / "env", *PYMONGO[:-1])
    (site,) = (tmp_path / "env" / "lib").glob("python3*/site-packages")
    (site / "bson").mkdir()
    (site / "bson" / "__init__.py").touch()
    add_package(site, "bson", "0.5.10")
    code, words = verdict(comparison(mongod.uri, python=describe(python)))
    assert code == "client.bson-conflict"
    assert "has the package bson 0.5.10" in words
    # the same error without that package is not its fault
    shutil.rmtree(site / "bson-0.5.10.dist-info")
    code, words = verdict(comparison(mongod.uri, python=describe(python)))
    assert code == "client.environment-differs"
    assert "cannot import PyMongo: ModuleNotFoundError: No module named 'bson." in words


def test_a_file_on_pythonpath_with_the_name_of_a_module_is_named(
    mongod: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = describe(environment(tmp_path / "env", *PYMONGO))
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "bson.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "app"))
    code, words = verdict(comparison(mongod.uri, python=python))
    assert code == "client.module-shadowed"
    assert f"imports {tmp_path}/app/bson.py instead of the module bson" in words


def test_files_of_the_folder_that_a_program_there_would_import_are_a_warning(
    mongod: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program may be elsewhere. Names of modules that PyMongo does not load are fine."""
    python = describe(environment(tmp_path / "env", *PYMONGO))
    for name in ("bson", "threading", "os", "turtle", "orders"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.chdir(tmp_path)
    evidence = comparison(mongod.uri, python=python)
    assert program(evidence).state == "works"
    assert program(evidence).shadows == (f"{tmp_path}/bson.py", f"{tmp_path}/threading.py")
    rows = {row.cause: row for row in diagnosis_of(evidence).findings}
    assert rows["client.module-shadowed"].severity == "warning"
    assert diagnosis_of(evidence).verdict is None


def test_a_deployment_that_fails_here_too_is_not_the_environment(
    no_dnspython: Interpreter, certificates: Certificates
) -> None:
    evidence = comparison("mongodb://127.0.0.1:1", python=no_dnspython)
    assert program(evidence).state == "fails"
    assert [
        row.cause for row in diagnosis_of(evidence).findings if row.cause.startswith("client.")
    ] in (
        [],
        ["client.motor-end-of-life"],
    )
    assert verdict(evidence)[0] == "tcp.refused"


def test_only_the_python_of_mongoping_fails(
    mongod_tls: Deployment, certificates: Certificates, tmp_path: Path
) -> None:
    start = f"import os; os.environ['SSL_CERT_FILE'] = {str(certificates.authority)!r}"
    python = describe(environment(tmp_path / "env", *PYMONGO, start=start))
    evidence = comparison(mongod_tls.uri_with(tlsCAFile=None), python=python)
    assert verdict(evidence)[0] == "tls.unknown-ca"
    rows = {row.cause: row for row in diagnosis_of(evidence).findings}
    assert rows["client.only-program-works"].severity == "warning"
    assert "Different there: " in rows["client.only-program-works"].detail


def test_the_password_stays_out_of_what_the_program_reports(mongod_auth: Deployment) -> None:
    """It is wrong, and its error quotes no part of it; arguments and variables are tested apart."""
    uri = f"mongodb://ada:canary@{mongod_auth.hosts[0]}/"
    evidence = comparison(uri, python=describe(HERE))
    assert program(evidence).state == "fails"
    assert "canary" not in repr(evidence)
    assert verdict(evidence)[0].startswith("auth.")


def test_a_python_that_hangs_while_it_imports_is_no_failure(
    mongod: Deployment, tmp_path: Path
) -> None:
    """A limit of mongoping ends it, which says nothing about the environment."""
    hang = "import sys\nif sys.stdin.readable():\n    import time\n    time.sleep(600)\n"
    (tmp_path / "pymongo").mkdir()
    (tmp_path / "pymongo" / "__init__.py").write_text(hang)
    python = describe(environment(tmp_path / "env", path=tmp_path))
    evidence = comparison(mongod.uri, python=python, deadline=4.0)
    facts = program(evidence)
    assert facts.state == "unfinished"
    assert "did not finish within" in str(facts.problem)
    assert "client.environment-differs" not in {
        row.cause for row in diagnosis_of(evidence).findings
    }


def test_an_interrupted_run_leaves_no_python_behind(mongod: Deployment, tmp_path: Path) -> None:
    """The pipe ends when the other Python, which holds it open, has ended."""
    os.mkfifo(tmp_path / "pipe")
    hang = f"import time\npipe = open({str(tmp_path / 'pipe')!r}, 'w', 1)\n"
    hang += "pipe.write('up\\n')\ntime.sleep(600)\n"
    (tmp_path / "pymongo").mkdir()
    (tmp_path / "pymongo" / "__init__.py").write_text(hang)
    python = environment(tmp_path / "env", path=tmp_path)
    command = [sys.executable, "-m", "mongoping", "check", mongod.uri, "--python", str(python)]
    with subprocess.Popen([*command, "--timeout", "600"], stdout=subprocess.PIPE) as process:
        with (tmp_path / "pipe").open() as pipe:
            assert pipe.readline() == "up\n"
            process.send_signal(signal.SIGINT)
            assert pipe.read() == ""
        assert process.stdout is not None
        assert process.stdout.read()
    assert process.returncode == 130


def test_a_python_that_ends_early_is_no_failure(mongod: Deployment, tmp_path: Path) -> None:
    (tmp_path / "pymongo").mkdir()
    (tmp_path / "pymongo" / "__init__.py").write_text("import os; os._exit(0)")
    python = describe(environment(tmp_path / "env", path=tmp_path))
    facts = program(comparison(mongod.uri, python=python))
    assert facts.problem == "ended before it had tried to connect"


def test_the_report_names_the_python_and_how_it_was_found(
    mongod: Deployment, run_mongoping: Any
) -> None:
    environment_variables = {"VIRTUAL_ENV": sys.prefix}
    run = run_mongoping(
        "check", mongod.uri, "--python", "auto", "--timeout", "60", env=environment_variables
    )
    assert run.code == 0
    python = str(Path(sys.prefix) / "bin" / "python")
    assert f"also connects with {python} (CPython " in " ".join(run.out.split())
    assert ", from VIRTUAL_ENV)" in " ".join(run.out.split())
    run = run_mongoping(
        "check", mongod.uri, "--python", python, "--timeout", "60", "--format", "json"
    )
    (layer,) = [layer for layer in run.json["layers"] if layer["name"] == "compat"]
    assert layer["data"]["program"]["python"]["path"] == python
    assert layer["data"]["program"]["attempts"][0]["client"] == "MongoClient"


def test_a_python_that_is_found_is_named_and_not_started(
    mongod: Deployment, tmp_path: Path, run_mongoping: Any
) -> None:
    """A folder that was cloned may have any program there."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = script(tmp_path / ".venv" / "bin" / "python", f"touch {tmp_path}/it-ran")
    run = run_mongoping("check", mongod.uri)
    assert f"not tried: {python} (from .venv); add --python auto" in " ".join(run.out.split())
    run = run_mongoping("check", mongod.uri, "--anonymize", "--verbose")
    assert "not tried: /" in run.out
    assert str(tmp_path) not in run.out
    run = run_mongoping("check", "mongodb://127.0.0.1:1")
    assert "not tried" not in run.out
    assert not (tmp_path / "it-ran").exists()


@pytest.fixture(scope="module")
def broken_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment whose PyMongo cannot be imported."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "pymongo").mkdir()
    (folder / "pymongo" / "__init__.py").write_text("import a_module_that_is_missing\n")
    return environment(folder / "env", path=folder)


def test_smoke_starts_the_python_once_when_a_target_is_ready(
    mongod: Deployment, tmp_path: Path, run_mongoping: Any
) -> None:
    """Not in each attempt of the wait. The first start is the one that inspects it."""
    starts = tmp_path / "starts"
    count = f"with open({str(starts)!r}, 'a') as file:\n    file.write('.')\n"
    python = environment(tmp_path / ".venv", *PYMONGO, start=count)
    (tmp_path / "mongoping.toml").write_text(f"[targets.orders]\nuri = {mongod.uri!r}\n")
    listing = run_mongoping("smoke", "--dry-run", "--python", "auto").out
    assert f"  connect with {python} too\n" in listing
    starts.unlink()
    waits = ("--wait", "60", "--stable-for", "1", "--timeout", "60")
    run = run_mongoping("smoke", "@orders", *waits, "--python", "auto")
    assert run.code == 0, run
    assert f"also connects with {python} (CPython " in " ".join(run.out.split())
    assert starts.read_text() == ".."


def test_smoke_fails_if_only_the_python_fails(
    mongod: Deployment, broken_python: Path, run_mongoping: Any
) -> None:
    rest = ("--python", str(broken_python), "--timeout", "60", "--format", "json")
    run = run_mongoping("smoke", mongod.uri, "--until", "auth", *rest)
    assert (run.code, run.json["verdict"]["cause"]) == (19, "client.environment-differs")
    run = run_mongoping("smoke", "mongodb://127.0.0.1:1", *rest)
    assert (run.code, run.json["verdict"]["cause"]) == (12, "tcp.refused")


@pytest.mark.parametrize("option", ["--until hello", "--until primary", "--probe"])
def test_smoke_without_a_login_takes_no_python(
    option: str, no_dnspython: Interpreter, run_mongoping: Any
) -> None:
    run = run_mongoping(
        "smoke", "mongodb://127.0.0.1:1", *option.split(), "--python", no_dnspython.path
    )
    assert run.code == 2
    assert f"--python needs {'the driver' if option == '--probe' else 'a login'}" in run.err


def test_topology_names_the_python_and_fails_if_only_it_fails(
    mongod: Deployment, no_dnspython: Interpreter, broken_python: Path, run_mongoping: Any
) -> None:
    command = ("topology", mongod.uri, "--timeout", "60", "--python")
    run = run_mongoping(*command, no_dnspython.path)
    assert run.code == 0, run
    assert f"also connects with {no_dnspython.path} (CPython " in " ".join(run.out.split())
    run = run_mongoping(*command, str(broken_python), "--format", "json")
    assert (run.code, run.json["verdict"]["cause"]) == (19, "client.environment-differs")
    assert any(note.startswith(f"fails with {broken_python} (") for note in run.json["notes"])


@pytest.mark.parametrize("command", ["check", "atlas", "local", "smoke", "topology"])
def test_a_python_without_pymongo_is_one_sentence(
    command: str, tmp_path: Path, run_mongoping: Any
) -> None:
    python = environment(tmp_path / "bare")
    uri = "localhost:1" if command == "local" else "mongodb://127.0.0.1:1"
    run = run_mongoping(command, uri, "--python", str(python))
    assert run.code == 2
    assert not run.out
    assert f"{python} has no PyMongo: name the Python" in " ".join(run.err.split())
    run = run_mongoping(command, uri, "--python", "/bin/ls")
    assert run.code == 2
    assert "/bin/ls is not a Python" in " ".join(run.err.split())
