"""The compat check: what is installed, what answered, and the real driver's own words."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.causes.messages import patterns_of
from mongoping.checks import compat as check
from mongoping.client import Driver
from mongoping.context import Context
from mongoping.installation import package_command
from mongoping.model import Evidence, Failure, Result
from mongoping.model.to_jsonable import to_jsonable
from mongoping.observations import HelloFacts
from mongoping.settings import Settings
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from pathlib import Path


def distribution(folder: Path, package: str, name: str, version: str) -> None:
    """A package as pip leaves it: its folder, and its metadata beside it."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    record = folder / f"{name}-{version}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def ran(*results: Result, uri: str = "mongodb://a") -> check.CompatFacts:
    parsed_uri, settings = parse(uri), Settings()
    evidence = Evidence(parsed_uri.target, settings, results)
    context = Context(parsed_uri, settings, Driver(parsed_uri, settings), lambda: evidence)
    outcome = asyncio.run(check.run(context))
    assert outcome.failure is None
    assert isinstance(outcome.data, check.CompatFacts)
    return outcome.data


def hello(host: str, max_wire: int, **more: Any) -> Result:
    return Result("hello", "hello", host, "ok", data=HelloFacts("standalone", 0, max_wire, **more))


def test_what_is_installed_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(tmp_path, "madeup", "madeup", "3.7.1")
    monkeypatch.syspath_prepend(tmp_path)
    assert check.installed_version("madeup", "madeup") == "3.7.1"
    assert "madeup" not in sys.modules


def test_a_file_of_that_name_is_not_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that steers motors has a motor.py, and has not installed Motor."""
    (tmp_path / "madeup.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert check.installed_version("madeup", "madeup") is None


def test_a_folder_that_no_distribution_provides_is_not_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "madeup").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert check.installed_version("madeup", "madeup") is None


def test_metadata_elsewhere_and_versions_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, records = tmp_path / "package", tmp_path / "records"
    package.mkdir(), records.mkdir()
    distribution(records, "unused", "madeup", "2.5.0")
    (package / "madeup").mkdir()
    monkeypatch.syspath_prepend(records)
    monkeypatch.syspath_prepend(package)
    assert check.installed_version("madeup", "madeup") == "2.5.0"
    distribution(tmp_path, "odd", "odd", "unknown")
    monkeypatch.syspath_prepend(tmp_path)
    assert check.installed_version("odd", "odd") is None


def test_the_real_packages_are_found() -> None:
    import dns.version
    import pymongo

    assert check.driver_version() == pymongo.version
    assert check.installed_version("pymongo", "pymongo") == pymongo.version
    assert check.installed_version("dns", "dnspython") == dns.version.version


def test_servers_are_known_by_what_they_state_else_by_their_wire_version() -> None:
    refusal = Failure("eof", "closed", facts={"legacy_wire": 5})
    facts = ran(
        hello("a:1", 17, version="6.0.5"),
        hello("b:1", 9),
        Result("hello", "hello", "c:1", "failed", failure=refusal),
        hello("d:1", 99),
        Result("hello", "hello", "e:1", "failed", failure=Failure("timeout", "silent")),
    )
    assert facts.servers == {"a:1": "6.0.5", "b:1": "4.4", "c:1": "3.4"}


@pytest.mark.parametrize("text", ["\x1b[2J6.0", "[bold]6.0", "6.0 or so", "", "6" * 5000])
def test_a_version_that_is_none_is_not_repeated(text: str) -> None:
    """Text from a server is not trusted."""
    assert ran(hello("a:1", 17, version=text)).servers == {"a:1": "6.0"}


def test_an_imitation_gets_no_end_of_life() -> None:
    subjects = {row.subject for row in ran(hello("a:1", 13, flavour="documentdb")).rows}
    assert not {"MongoDB", "MongoDB support", "Stable API"} & subjects


def test_lines_hold_the_versions_and_what_no_cause_repeats() -> None:
    """Rows with a cause become findings, which the report shows under the layer's lines."""
    lines = check.CHECK.lines(ran(hello("a:1", 9, version="4.4.2")))
    assert lines[0].text == check.CHECK.summarize(ran(hello("a:1", 9, version="4.4.2")))
    assert "MongoDB 4.4.2" in lines[0].text
    assert [line.status for line in lines if line.label == "Stable API"] == ["warn"]
    assert "MongoDB support" not in {line.label for line in lines}


def test_the_rows_are_words_and_json() -> None:
    facts = ran(hello("a:1", 13, version="5.0.4"))
    assert "MongoDB 5.0.4" in check.CHECK.summarize(facts)
    assert f"PyMongo {facts.pymongo}" in check.CHECK.summarize(facts)
    assert any("end of life on 2024-10-31" in row.words for row in facts.rows)
    data = to_jsonable(facts)
    assert data["rows"][0]["status"] in ("ok", "warn", "fail")
    assert data["python"] == "{}.{}.{}".format(*sys.version_info[:3])


def test_every_version_is_told_once_however_many_hosts_run_it() -> None:
    facts = ran(*[hello(f"{name}:1", 17, version="6.0.5") for name in "abc"])
    assert len(facts.servers) == 3
    assert [row.subject for row in facts.rows].count("MongoDB support") == 1


def test_compressors_that_are_asked_for_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("snappy", "zstandard", "backports", "compression"):
        monkeypatch.setitem(sys.modules, name, None)
    compressors = ["snappy", "zlib", "zstd", "lz4"]
    assert check.missing_compressors(compressors, "4.20.0") == ("snappy", "zstd")
    assert check.missing_compressors("snappy,zlib", "4.20.0") == ("snappy",)
    assert check.missing_compressors(None, "4.20.0") == ()
    facts = ran(uri="mongodb://a/?compressors=snappy")
    assert facts.compressors_missing == ("snappy",)
    assert facts.compressors_install == package_command("pymongo[snappy]")
    assert ran(uri="mongodb://a/?compressors=zlib").compressors_install is None


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="zstd is in the standard library")
def test_the_module_for_zstd_changed_with_pymongo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zstandard.py").touch()
    monkeypatch.setitem(sys.modules, "backports", None)
    monkeypatch.syspath_prepend(tmp_path)
    assert check.missing_compressors(["zstd"], "4.15.5") == ()
    assert check.missing_compressors(["zstd"], "4.16.0") == ("zstd",)


def test_loading_the_check_loads_neither_driver_nor_metadata() -> None:
    """It is loaded while nothing is known yet, and must not delay the first connection."""
    code = (
        "import sys, mongoping.checks.compat, mongoping.causes.client, mongoping.causes.network;"
        "print([name for name in ('pymongo', 'asyncio', 'ssl', 'rich', 'importlib.metadata') "
        "if name in sys.modules])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert process.stdout.strip() == "[]"


SAYINGS = {
    "client.event-loop-mismatch": """
        import asyncio
        from pymongo import AsyncMongoClient
        client = AsyncMongoClient("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=1)
        async def use():
            try:
                await client.admin.command("ping")
            except Exception as error:
                print(type(error).__name__, error)
        asyncio.run(use())
        asyncio.run(use())
        """,
    "client.closed": """
        import asyncio
        from pymongo import AsyncMongoClient
        async def use():
            client = AsyncMongoClient("mongodb://127.0.0.1:9")
            await client.close()
            await client.admin.command("ping")
        asyncio.run(use())
        """,
    "client.dnspython-missing": """
        import sys
        import pymongo
        for name in [name for name in sys.modules if name.split(".")[0] == "dns"]:
            del sys.modules[name]
        sys.modules["dns"] = None
        pymongo.MongoClient("mongodb+srv://cluster.example.net").admin.command("ping")
        """,
    "client.compressor-missing": """
        import sys
        sys.modules["snappy"] = None
        import pymongo
        pymongo.MongoClient("mongodb://127.0.0.1:9/?compressors=snappy")
        """,
    "client.fork-unsafe": """
        import os
        import pymongo
        client = pymongo.MongoClient("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=1)
        child = os.fork()
        if child == 0:
            try:
                client.admin.command("ping")
            except Exception as error:
                print(type(error).__name__)
            os._exit(0)
        os.waitpid(child, 0)
        """,
}


@pytest.mark.parametrize("code", SAYINGS)
def test_the_installed_driver_says_what_the_patterns_expect(code: str) -> None:
    """The real PyMongo makes the mistake; its own words must lead back to the cause."""
    if code == "client.fork-unsafe" and not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    text = SAYINGS[code].replace("\n        ", "\n")
    process = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60
    )
    output = process.stdout + process.stderr
    cause = registry.cause(code)
    assert cause is not None
    assert any(re.search(pattern, output, re.IGNORECASE) for pattern in patterns_of(cause)), output
