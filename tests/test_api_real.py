"""mongoping in a program of one's own: a report, and no trace of having been there."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import dns.asyncresolver
import pytest

import mongoping
from mongoping import diagnose
from mongoping.formats.json import document
from mongoping.record import Record
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.nameserver import NameServer, Silence, cluster
from tests.conftest import clean_environment, validate

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.model import Report
    from mongoping.sandbox.deployment import Deployment

NAME = "c0.ab.example.test"
HOST = "h0.ab.example.test"
REFUSED_URI = "mongodb://localhost:1/"


def report(uri: str, **more: Any) -> Report:
    return asyncio.run(diagnose(uri, **more))


def test_a_report_is_what_the_schema_says(mongod: Deployment) -> None:
    result = report(mongod.uri)
    validate(document(result))
    assert (result.status, result.verdict, result.exit_code()) == ("warn", None, 0)
    assert result.latency is not None
    assert result.latency.lost == 0


def test_what_is_wrong_is_in_the_report_and_raises_nothing() -> None:
    for uri, cause in (
        (REFUSED_URI, "tcp.refused"),
        ("", "uri."),
        ("mongodb://a:b:c@d/", "uri.unescaped-credentials"),
        ("mongodb://localhost:1/?tls=true&tlsCAFile=/none", "uri.file-not-found"),
    ):
        result = report(uri)
        assert result.verdict is not None
        assert result.verdict.cause.startswith(cause)


def test_a_report_is_frozen_all_the_way() -> None:
    """Whoever passes it on knows that it says what it said."""
    result = report(REFUSED_URI)

    def records(value: Any) -> list[Record]:
        if isinstance(value, Record):
            return [value, *(record for inner in vars(value).values() for record in records(inner))]
        if isinstance(value, tuple):
            return [record for inner in value for record in records(inner)]
        assert not isinstance(value, (list, set)), value
        return []

    all_records = records(result)
    assert len(all_records) > 10
    for module in all_records:
        for name in vars(module):
            with pytest.raises(AttributeError):
                setattr(module, name, None)


PROGRAM = """
import asyncio, sys
from mongoping import diagnose

async def main():
    for uri in sys.argv[1:]:
        report = await diagnose(uri, timeout=60.0)
        print(report.status, report.verdict and report.verdict.cause)

asyncio.run(main())
"""


def test_nothing_is_printed_and_nothing_is_left_open(
    mongod: Deployment, mongod_auth: Deployment, mongod_tls: Deployment, tmp_path: Path
) -> None:
    """In a program with all warnings on: its own lines, and not one of ours."""
    wrong = f"mongodb://ada:wrong@{mongod_auth.host}/"
    uris = [mongod.uri, wrong, mongod_tls.uri, REFUSED_URI]
    process = subprocess.run(
        [sys.executable, "-W", "always", "-c", PROGRAM, *uris],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.stdout.splitlines() == [
        "warn None",
        "fail auth.failed",
        "warn None",
        "fail tcp.refused",
    ]
    assert process.stderr == ""
    assert process.returncode == 0


def test_it_works_again_in_the_same_loop_and_in_another(mongod: Deployment) -> None:
    async def twice() -> list[str]:
        return [(await diagnose(mongod.uri)).status for _ in range(2)]

    assert asyncio.run(twice()) == asyncio.run(twice()) == ["warn", "warn"]


def test_it_works_in_a_thread(mongod: Deployment) -> None:
    """Signal handlers cannot be set there, and are not needed."""
    statuses: list[str] = []
    thread = threading.Thread(target=lambda: statuses.append(report(mongod.uri).status))
    thread.start()
    thread.join(30)
    assert statuses == ["warn"]


def test_several_at_once_do_not_mix(mongod: Deployment, replica_set: Deployment) -> None:
    async def main() -> list[Report]:
        return await asyncio.gather(
            diagnose(mongod.uri), diagnose(replica_set.uri), diagnose(REFUSED_URI)
        )

    one, two, three = asyncio.run(main())
    assert [result.hosts for result in (one, two, three)] == [
        tuple(mongod.hosts),
        tuple(replica_set.hosts),
        ("localhost:1",),
    ]
    assert (one.verdict, two.verdict) == (None, None)
    assert three.verdict is not None


def lookups() -> tuple[object, object]:
    return socket.getaddrinfo, dns.asyncresolver.default_resolver


def test_a_resolver_is_used_and_put_back(mongod: Deployment) -> None:
    """Names of the whole process go there while it runs, and no longer."""
    before = lookups()
    with NameServer(cluster(NAME, [(HOST, mongod.ports[0])])) as names:
        result = report(f"mongodb+srv://{NAME}/?tls=false", resolver=names.address)
    assert result.verdict is None
    assert result.hosts == (f"{HOST}:{mongod.ports[0]}",)
    assert lookups() == before


def test_resolvers_of_several_at_once_are_put_back(mongod: Deployment) -> None:
    before = lookups()
    zone = cluster(NAME, [(HOST, mongod.ports[0])])
    with NameServer(zone) as one, NameServer(zone) as two:

        async def main() -> list[Report]:
            uri = f"mongodb+srv://{NAME}/?tls=false"
            return await asyncio.gather(
                diagnose(uri, resolver=one.address, count=50),
                diagnose(uri, resolver=two.address, count=1),
            )

        for result in asyncio.run(main()):
            assert result.verdict is None
    assert lookups() == before


def test_a_caller_who_cancels_finds_all_as_it_was() -> None:
    """No task runs on, and no lookup goes elsewhere. See also test_api_traces."""
    before = lookups()

    async def main() -> int:
        with NameServer(behaviors={"*": Silence()}) as names:
            run = asyncio.ensure_future(diagnose(f"mongodb+srv://{NAME}/", resolver=names.address))
            while not names.queries:  # noqa: ASYNC110 - a thread answers
                await asyncio.sleep(0.01)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1
    assert lookups() == before


def test_the_deadline_is_kept() -> None:
    """Nothing else would end this run within an hour."""
    with Listener(listeners.silent) as listener:
        result = report(f"mongodb://{listener.address}/", timeout=0.5, cap=3600.0)
    assert result.status != "ok"


def test_logging_is_left_as_it_was(mongod: Deployment) -> None:
    """But for a handler of PyMongo's that does nothing, once."""
    logger = logging.getLogger("pymongo.client")
    report(mongod.uri)
    before = list(logger.handlers)
    report(mongod.uri)
    assert logger.handlers == before


def test_a_password_may_come_apart(mongod_auth: Deployment) -> None:
    bare = f"mongodb://ada@{mongod_auth.host}/"
    right = report(bare, password=mongod_auth.password)
    wrong = report(bare, password="Kanarie/1")
    assert right.verdict is None
    assert wrong.verdict is not None
    assert "Kanarie" not in repr(wrong)
    assert str(mongod_auth.password) not in repr(right)


def test_the_stable_api_is_declared_on_request(mongod: Deployment) -> None:
    result = report(mongod.uri, stable_api=True, api_strict=True)
    data = next(layer.data for layer in result.layers if layer.name == "api")
    assert (data["declared"], data["strict"], result.verdict) == ("1", True, None)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"no_such_setting": 1}, TypeError),
        ({"timeout": 0}, ValueError),
        ({"timeout": -1.0}, ValueError),
        ({"timeout": float("nan")}, ValueError),
        ({"timeout": float("inf")}, ValueError),
        ({"timeout": "5"}, TypeError),
        ({"count": 0}, ValueError),
        ({"count": 1.5}, TypeError),
        ({"resolver": "dns.example.test"}, ValueError),
        ({"resolver": 53}, TypeError),
        ({"password": b"x"}, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], error: type[Exception]) -> None:
    """By its name, before anything is asked."""
    (name,) = settings
    with pytest.raises(error, match=name):
        report(REFUSED_URI, **settings)
    with pytest.raises(TypeError, match="uri must be a str"):
        report(b"mongodb://localhost:1/")  # type: ignore[arg-type]


def test_dir_lists_the_public_api_only() -> None:
    importlib.import_module("mongoping.api")  # a submodule becomes an attribute of the package
    public = [name for name in dir(mongoping) if not name.startswith("__")]
    assert {*public, "__version__"} == {*mongoping.__all__}


def test_every_argument_of_diagnose_has_a_type() -> None:
    for function in (mongoping.diagnose, mongoping.diagnose_sync):
        parameters = inspect.signature(function).parameters.values()
        assert {parameter.kind for parameter in parameters} == {
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.KEYWORD_ONLY,
        }
        assert all("Any" not in str(parameter.annotation) for parameter in parameters)
        assert all(parameter.annotation is not parameter.empty for parameter in parameters)


def test_a_script_needs_no_event_loop() -> None:
    result = mongoping.diagnose_sync(REFUSED_URI, timeout=60.0)
    assert result.verdict is not None
    assert result.verdict.cause == "tcp.refused"


def test_an_event_loop_is_told_to_await() -> None:
    async def main() -> None:
        mongoping.diagnose_sync(REFUSED_URI)

    with pytest.raises(RuntimeError, match=r"use 'await diagnose\(\.\.\.\)'"):
        asyncio.run(main())


def test_a_report_has_the_waterfall_and_the_program_on_request(mongod: Deployment) -> None:
    plain = report(mongod.uri)
    assert plain.next_steps
    assert (plain.waterfall, plain.program) == (None, None)
    complete = report(mongod.uri, waterfall=True, program=True, count=2)
    assert complete.waterfall is not None
    assert complete.waterfall.asked == 2
    assert "AsyncMongoClient" in (complete.program or "")


def test_what_is_exported_is_there_and_sorted() -> None:
    assert mongoping.__all__ == sorted(mongoping.__all__)
    for name in mongoping.__all__:
        assert getattr(mongoping, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = mongoping.no_such_name
