"""Migration from Motor: programs behave the same before and after."""

from __future__ import annotations

import ast
import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.migrate import names
from mongoping.migrate.programs import Migration, migrate
from mongoping.snippets import all_snippets
from tests.preloaded import Preloader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

    Mongoping = Callable[..., Run]
    RunProgram = Callable[[Path, str, str], str]


PROGRAMS = Path(__file__).parent / "motor_programs"
SINGLE = sorted(PROGRAMS.glob("*.py"))
TORNADO = ("tornado_app",)


@pytest.fixture(scope="module")
def run() -> Iterator[RunProgram]:
    """Return a function that returns the output of a program, and fails if the program fails."""
    with closing(Preloader(("motor.motor_asyncio", "fastapi", "tornado.web"))) as preloader:

        def run(folder: Path, name: str, uri: str) -> str:
            process = preloader.run(
                (),
                env={**os.environ, "MONGODB_URI": uri},
                cwd=folder,
                stdin=None,
                timeout=60,
                program=str(folder / name),
            )
            assert process.returncode == 0, process.stderr
            assert "Traceback" not in process.stderr
            assert "was never awaited" not in process.stderr
            return process.stdout

        yield run


def migrate_one(text: str) -> Migration:
    """Migrate a single program."""
    return migrate({"program.py": text})["program.py"]


def imports_motor(text: str) -> bool:
    modules = [
        name
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    return any(name.partition(".")[0] == "motor" for name in modules)


def test_there_are_a_dozen_programs() -> None:
    assert len(SINGLE) >= 12
    assert all(imports_motor(path.read_text()) for path in SINGLE)


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: path.stem)
def test_a_migrated_program_prints_the_same_output(
    path: Path, tmp_path: Path, replica_set: Deployment, run: RunProgram
) -> None:
    """The programs run on a real server, first with Motor, then without it."""
    result = migrate_one(path.read_text())
    assert not imports_motor(result.new)
    assert bool(result.pending) == (path.stem in TORNADO), result.marks
    (tmp_path / "after.py").write_text(result.new)
    before = run(PROGRAMS, path.name, replica_set.uri)
    assert before.count("\n") > 0
    assert run(tmp_path, "after.py", replica_set.uri) == before


def test_files_of_one_program_are_migrated_together(
    tmp_path: Path, replica_set: Deployment, run: RunProgram
) -> None:
    """A file that does not import Motor still uses its cursors."""
    paths = sorted((PROGRAMS / "package").glob("*.py"))
    results = migrate({path.name: path.read_text() for path in paths})
    for name, result in results.items():
        (tmp_path / name).write_text(result.new)
    assert results["main.py"].changed
    before = run(PROGRAMS / "package", "main.py", replica_set.uri)
    assert run(tmp_path, "main.py", replica_set.uri) == before


@pytest.mark.parametrize("path", SINGLE, ids=lambda path: path.stem)
def test_migrating_twice_changes_nothing(path: Path) -> None:
    """A migrated program has nothing left to migrate."""
    once = migrate_one(path.read_text()).new
    again = migrate_one(once)
    assert again.new == once
    assert not again.changed


IMPORT = "from motor.motor_asyncio import AsyncIOMotorClient\n"
NEW = "from pymongo import AsyncMongoClient\n"
CLIENT = "client = AsyncIOMotorClient()\n"
NEW_CLIENT = "client = AsyncMongoClient()\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import os, motor.motor_asyncio, sys\n", "import os, sys\n"),
        (
            "import motor.motor_asyncio as m\nc = m.AsyncIOMotorClient()\n",
            NEW + "c = AsyncMongoClient()\n",
        ),
        (
            "# first\nfrom motor.motor_asyncio import AsyncIOMotorClient as C  # last\nC()\n",
            "# first\nfrom pymongo import AsyncMongoClient as C  # last\nC()\n",
        ),
        (
            "from motor.core import AgnosticDatabase\ndef f(db: AgnosticDatabase): ...\n",
            "from pymongo.asynchronous.database import AsyncDatabase\n"
            "def f(db: AsyncDatabase): ...\n",
        ),
        (
            IMPORT + "def f(c: 'AsyncIOMotorClient | None', s='AsyncIOMotor'): ...\n",
            NEW + "def f(c: 'AsyncMongoClient | None', s='AsyncIOMotor'): ...\n",
        ),
        (IMPORT + "x = d.AsyncIOMotorClient\n", NEW + "x = d.AsyncIOMotorClient\n"),
        (IMPORT + "f(AsyncIOMotorClient=1)\n", NEW + "f(AsyncIOMotorClient=1)\n"),
        (
            IMPORT + "class Mine(AsyncIOMotorClient): ...\n",
            NEW + "class Mine(AsyncMongoClient): ...\n",
        ),
        (
            IMPORT + "c = AsyncIOMotorClient(uri, connect=False, io_loop=loop)\n",
            NEW + "c = AsyncMongoClient(uri)\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    client.close()  # done\n",
            NEW + NEW_CLIENT + "async def f():\n    await client.close()  # done\n",
        ),
        (
            IMPORT + CLIENT + "async def f(): client.close()\n",
            NEW + NEW_CLIENT + "async def f(): await client.close()\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    async with await client.start_session(): pass\n",
            NEW + NEW_CLIENT + "async def f():\n    async with client.start_session(): pass\n",
        ),
        (
            IMPORT
            + CLIENT
            + "async def f():\n    return {k: v async for k, v in client.a.b.watch()}\n",
            NEW
            + NEW_CLIENT
            + "async def f():\n    return {k: v async for k, v in await client.a.b.watch()}\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    x = (client.primary or client.address)[0]\n",
            NEW
            + NEW_CLIENT
            + "async def f():\n    x = (await client.primary or await client.address)[0]\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    return client.address[0]\n",
            NEW + NEW_CLIENT + "async def f():\n    return (await client.address)[0]\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    if (c := client.a.b.aggregate([])): pass\n",
            NEW
            + NEW_CLIENT
            + "async def f():\n    if (c := await client.a.b.aggregate([])): pass\n",
        ),
        (
            IMPORT + "async def f():\n    c = AsyncIOMotorClient() if 1 else None\n    c.close()\n",
            NEW
            + "async def f():\n    c = AsyncMongoClient() if 1 else None\n    await c.close()\n",
        ),
        (
            IMPORT
            + CLIENT
            + "async def f():\n    if(client.is_primary): return(client.a.watch())\n",
            NEW
            + NEW_CLIENT
            + "async def f():\n    if(await client.is_primary): return(await client.a.watch())\n",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    return(await client.start_session())\n",
            NEW + NEW_CLIENT + "async def f():\n    return(client.start_session())\n",
        ),
        (
            IMPORT
            + CLIENT
            + "async def f():\n    return len(n for n in client.secondaries if n)\n",
            NEW
            + NEW_CLIENT
            + "async def f():\n    return len(n for n in await client.secondaries if n)\n",
        ),
        (
            'import x\r\nfrom motor.motor_asyncio import AsyncIOMotorClient\r\ny = "\ud55c"\r\n',
            'import x\r\nfrom pymongo import AsyncMongoClient\r\ny = "\ud55c"\r\n',
        ),
    ],
)
def test_each_construct_is_rewritten(old: str, new: str) -> None:
    """The rest of the text stays the same, including white space."""
    result = migrate_one(old)
    assert (result.new, result.marks) == (new, ())


@pytest.mark.parametrize(
    ("old", "message"),
    [
        (IMPORT + CLIENT + "def f():\n    client.close()\n", "close() is a coroutine now"),
        (IMPORT + CLIENT + "def f():\n    return client.a.b.aggregate([])\n", "aggregate() is a"),
        (IMPORT + CLIENT + "f = lambda: client.a.watch()\n", "watch() is a coroutine now"),
        (
            IMPORT + CLIENT + "import atexit\natexit.register(client.close)\n",
            "its caller must await it",
        ),
        (IMPORT + CLIENT + "def f():\n    return client.address\n", "address must be awaited"),
        (
            IMPORT
            + CLIENT
            + "async def f(all):\n    return any(client.primary == n for n in all)\n",
            "primary must be awaited",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    class A:\n        at = client.address\n",
            "address must be awaited",
        ),
        (IMPORT + CLIENT + "loop = client.get_io_loop()\n", "asyncio.run()"),
        (IMPORT + CLIENT + "client.a.b.find().each(print)\n", "PyMongo has no each()"),
        (IMPORT + CLIENT + "sync = client.delegate\n", "no underlying synchronous client"),
        (
            IMPORT + CLIENT + "async def f():\n    return await client.a.b.find().to_list(0)\n",
            "to_list(0)",
        ),
        (
            IMPORT + CLIENT + "async def f():\n    while (yield cursor.fetch_next): pass\n"
            "cursor = client.a.b.find()\n",
            "PyMongo has no fetch_next",
        ),
        (
            "from motor.motor_asyncio import AsyncIOMotorGridFSBucket\n"
            "async def f(db):\n    bucket = AsyncIOMotorGridFSBucket(db)\n"
            "    out = await bucket.open_download_stream(1)\n"
            "    async for chunk in out:\n        print(chunk)\n",
            "lines now, not chunks",
        ),
        (
            "from motor.motor_asyncio import AsyncIOMotorGridFSBucket as B\n"
            "async def f(db):\n    return await B(db).find().to_list(10)\n",
            "StopAsyncIteration",
        ),
        ("from motor.motor_asyncio import *\n", "import *"),
        ("from motor import version\n", "PyMongo has no version"),
        ("from motor.motor_tornado import MotorClient\n", "yield in Tornado coroutines"),
        (
            IMPORT + "patch('motor.motor_asyncio.AsyncIOMotorClient')\n",
            "this string refers to Motor",
        ),
        (IMPORT + "async def f(client):\n    client.close()\n", "if this is a MongoDB client"),
        (IMPORT + "async def f(thing):\n    thing.aggregate(1)\n", "if this is a MongoDB object"),
    ],
)
def test_what_needs_a_decision_is_marked_above_the_line(old: str, message: str) -> None:
    """The mark is a comment in the new program, and is reported with its line."""
    result = migrate_one(old)
    assert [note.text for note in result.marks if message in note.text]
    assert result.pending == result.new.count(f"# {names.MARK}") == len(result.marks)
    note = next(note for note in result.marks if message in note.text)
    lines = result.new.splitlines()
    at = next(i for i, line in enumerate(lines) if message in line)
    assert lines[at].strip() == f"# {names.MARK} {note.text}"
    assert len(lines[at]) < 140
    ast.parse(result.new)


def test_marks_are_not_repeated() -> None:
    """They stay, and count as pending, until someone removes them."""
    text = IMPORT + CLIENT + "def f():\n    client.close()\nfrom motor import version\n"
    first = migrate_one(text)
    second = migrate_one(first.new)
    assert second.new == first.new
    assert second.pending == first.pending == 2


@pytest.mark.parametrize(
    "text",
    [
        "import pandas\nframe.aggregate('sum')\nclient.close()\n",
        "from pymongo import MongoClient\nclient = MongoClient()\n"
        "for one in client.a.b.aggregate([]): pass\nclient.close()\nclient.address\n",
        "from pymongo import AsyncMongoClient\n"
        "async def f():\n    async with AsyncMongoClient() as c:\n"
        "        async with c.start_session() as s, await s.start_transaction(): pass\n"
        "        print(await c.address, await (await c.a.b.aggregate([])).to_list())\n",
        "'''AsyncIOMotorClient is what this used once.'''\n",
        "",
    ],
)
def test_programs_without_motor_do_not_change(text: str) -> None:
    """They are not marked either."""
    result = migrate_one(text)
    assert (result.changed, result.marks, result.remarks) == (False, (), ())


def test_clients_of_other_classes_do_not_change() -> None:
    """An object of another class is not Motor's, whatever its name."""
    text = (
        IMPORT + "import httpx\nasync def f():\n    client = httpx.Client()\n    client.close()\n"
        "    db = Other()\n    db.things.aggregate(1)\n"
    )
    assert migrate_one(text).new == text.replace(IMPORT, NEW)


def test_a_guess_by_name_is_reported() -> None:
    """A parameter named db is assumed to be a database."""
    result = migrate_one(IMPORT + "async def f(db):\n    c = db.a\n    return c.aggregate([])\n")
    assert "return await c.aggregate([])" in result.new
    assert [(note.line, note.text) for note in result.remarks] == [
        (4, "c is assumed to be a collection because of its name")
    ]


def test_inline_script_metadata_requires_pymongo() -> None:
    """Motor is replaced by PyMongo; other requirements stay."""
    head = '# /// script\n# dependencies = ["motor>=3.7", "motor-odm", \'motor\']\n# ///\n'
    result = migrate_one(head + IMPORT)
    assert '["pymongo>=4.13", "motor-odm", \'pymongo>=4.13\']' in result.new


def test_the_motor_snippets_become_their_replacements() -> None:
    """They have the same imports, client and ping; headers and layout may differ."""
    for snippet in (
        snippet
        for snippet in all_snippets()
        if snippet.driver == "Motor" and "asyncio" in snippet.name
    ):
        result = migrate_one(snippet.text)
        assert (result.pending, imports_motor(result.new)) == (0, False)
        assert re.search(r"AsyncMongoClient\(uri", result.new)


def test_a_program_that_is_not_python_has_a_problem() -> None:
    """The other files are still migrated."""
    results = migrate({"bad.py": "def (:\n", "good.py": IMPORT})
    assert results["bad.py"].problem is not None
    assert "line 1" in results["bad.py"].problem
    assert results["good.py"].new == NEW
