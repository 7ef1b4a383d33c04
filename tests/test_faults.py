"""The promise of mongoping: each fault is named, and its first remedy is the right one.

Every fault of `mongoping.sandbox.faults` runs here, on real sockets, and the health probe must not
contradict `check`. A fault whose note says so has simulated parts.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mongoping.model import Remedy
from mongoping.sandbox.fault import Fault, FaultKind, faults, lending
from mongoping.uri.target import HIDDEN, parse
from tests.conftest import having
from tests.formats.printed import COLUMNS, paste
from tests.healthcheck.agreement import can_probe, require_agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

SILENT = {  # mongoping waits until its cap for a peer that never answers: a shorter cap here
    "hello.no-reply",
    "hello.not-mongodb:endless",
    "hello.not-mongodb:ssh",
    "ping.timeout",
    "ping.timeout:later",
    "tcp.timeout",
}
SILENT_RESOLVERS = {"dns.timeout", "dns.timeout:slow"}  # judged after 5 s without those of stalls
PATIENCE_S = "6"  # long enough to judge silence, shorter than the default


@pytest.fixture(scope="session")
def _lend(mongod: Deployment, mongod_auth: Deployment, replica_set: Deployment) -> Iterator[None]:
    """Lend healthy deployments to the faults, instead of starting one for each."""
    with lending(plain=mongod, locked=mongod_auth, replicas=replica_set):
        yield


def findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for layer in report["layers"] for finding in layer["findings"]]


def outcome(run: Run) -> str:
    """Return what to show of a run that was not as expected."""
    verdict = run.json and run.json["verdict"]
    causes = run.json and [
        (finding["cause"], finding["severity"], finding["detail"]) for finding in findings(run.json)
    ]
    return f"exit {run.code}, verdict {verdict and verdict['cause']}, found {causes}, {run.err}"


def args_of(kind: FaultKind, args: tuple[str, ...]) -> tuple[str, ...]:
    limit = ("--timeout", PATIENCE_S) if kind.code in SILENT and "--timeout" not in args else ()
    return (*args, *limit, "--format", "json")


def first_remedy(kind: FaultKind, fault: Fault, report: dict[str, Any]) -> Remedy:
    """Return the first remedy of the verdict, or of the warning that the fault causes."""
    if kind.warning:
        row = next(finding for finding in findings(report) if finding["cause"] == fault.cause)
    else:
        row = report["verdict"]
    return Remedy(**row["remedies"][0])


def with_password(uri: str, fault: Fault) -> str:
    """Return a redacted string with the fault's own password."""
    credentials = parse(fault.uri).credentials
    password = credentials.password if credentials else None
    return uri.replace(HIDDEN, quote(password, safe="")) if password else uri


def after(fault: Fault, remedy: Remedy, output_of: Callable[[], str]) -> str | None:
    """Carry out a remedy and return the connection string for the next run.

    What is pasted comes from the report as a terminal shows it. Return None if the fault says why
    that is not possible here.
    """
    if fault.no_remedy_here:
        return None
    if fault.remedy:
        assert fault.remedy in str(remedy), (
            f"`remedy` of the Fault is no part of the first remedy, which is {str(remedy)!r}"
        )
        if fault.repair is not None:
            fault.repair()
        return fault.remedy_uri or fault.uri
    if fault.runs_command:
        assert remedy.command is not None, f"the first remedy has no command: {remedy}"
        (command,) = paste(output_of(), [remedy.command])
        subprocess.run(["/bin/bash", "-c", command], check=True, timeout=30)
        return fault.uri
    assert remedy.uri is not None, (
        f"say in the Fault how to carry out its first remedy, {str(remedy)!r}: `remedy` with "
        "`remedy_uri`, `remedy_args` or `repair`; `runs_command`; or `no_remedy_here`"
    )
    assert not fault.has_remedy, (
        "`remedy_uri`, `remedy_args` and `repair` need `remedy`: quote a part of the remedy's text"
    )
    (uri,) = paste(output_of(), [remedy.uri])
    return with_password(uri, fault)


@pytest.mark.usefixtures("_lend")
@pytest.mark.parametrize("kind", faults().values(), ids=list(faults()))
def test_a_fault_is_named_and_its_first_remedy_repairs_it(
    kind: FaultKind, run_mongoping: Callable[..., Run]
) -> None:
    with having(kind.needs or None), kind.make() as fault:

        def check() -> Run:
            return run_mongoping(kind.preset, fault.uri, *args_of(kind, fault.args), env=fault.env)

        def probe() -> None:
            if can_probe(kind, fault):
                require_agreement(kind, fault, run_mongoping, PATIENCE_S)

        # some faults count connections, so only those that wait are run at the same time
        with ThreadPoolExecutor(2 if kind.code in SILENT | SILENT_RESOLVERS else 1) as pool:
            checking, probing = pool.submit(check), pool.submit(probe)
        run = checking.result()
        _check_named(kind, fault, run)
        probing.result()

        def output_of() -> str:
            environment = {**fault.env, "COLUMNS": str(COLUMNS)}
            return run_mongoping(kind.preset, fault.uri, *fault.args, env=environment).out

        uri = after(fault, first_remedy(kind, fault, run.json), output_of)
        if uri is None:
            return
        args = fault.args if fault.remedy_args is None else fault.remedy_args
        second_run = run_mongoping(kind.preset, uri, *args, "--format", "json", env=fault.env)
    assert second_run.code == 0, f"{uri}: {outcome(second_run)}"
    assert second_run.json["verdict"] is None
    assert second_run.json["status"] in ("ok", "warn")
    if kind.warning:
        assert fault.cause not in {finding["cause"] for finding in findings(second_run.json)}


def _check_named(kind: FaultKind, fault: Fault, run: Run) -> None:
    """Require one report in JSON, nothing on standard error, and the right cause."""
    assert run.json is not None, outcome(run)
    severities = {
        finding["severity"] for finding in findings(run.json) if finding["cause"] == fault.cause
    }
    assert kind.warning or severities != {"warning"}, (
        f"{fault.cause} is only a warning here: declare @fault({kind.code!r}, warning=True)"
    )
    assert run.code == fault.expect_exit, outcome(run)
    assert run.err == "", outcome(run)
    causes = {finding["cause"] for finding in findings(run.json)}
    assert not any(cause.endswith(".unexplained") for cause in causes), outcome(run)
    if kind.warning:
        warnings = [finding for finding in findings(run.json) if finding["severity"] != "error"]
        assert fault.cause in {finding["cause"] for finding in warnings}, outcome(run)
        assert run.json["verdict"] is None
        return
    verdict = run.json["verdict"]
    assert verdict is not None, outcome(run)
    assert verdict["cause"] == fault.cause, outcome(run)
    assert verdict["title"]
    assert verdict["explanation"]
    assert verdict["remedies"]
    assert run.json["status"] == "fail"


def test_there_are_faults_of_every_layer() -> None:
    """The tests above cover all layers, and at least forty causes."""
    kinds = faults().values()
    layers = {kind.code.partition(".")[0] for kind in kinds}
    assert layers >= {"uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology"}
    assert len({kind.code.partition(":")[0] for kind in kinds}) >= 40
