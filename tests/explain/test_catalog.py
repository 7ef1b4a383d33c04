"""The table that `explain` reads agrees with the causes, and is not used when it does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import mongoping
from mongoping import registry
from mongoping.data import catalog as table
from mongoping.explaining import catalog
from mongoping.model import remedy_of

PACKAGE = Path(mongoping.__file__).parent
PROGRAM = "import sys; from mongoping import explain; print(explain(sys.argv[1]).cause)"


def test_the_table_has_every_pattern_of_the_causes() -> None:
    """Write it with: python -m tools.docs."""
    assert catalog.patterns() == catalog.declared_patterns()
    assert registry.sizes("causes") == table.SIZES


def test_the_table_has_the_texts_and_relations_of_every_cause() -> None:
    for entry in registry.causes():
        read = catalog.cause(entry.code)
        assert read is not None
        for name in ("title", "explanation", "links", "severity", "layer"):
            assert getattr(read, name) == getattr(entry, name)
        for name in ("hidden_by", "outranks", "alternatives"):
            assert getattr(read, name) == getattr(entry, name)
        assert list(map(remedy_of, read.remedies)) == list(map(remedy_of, entry.remedies))
    assert [cause.code for cause in catalog.causes()] == [cause.code for cause in registry.causes()]
    assert catalog.cause("tcp.no-such-cause") is None


def test_a_pattern_counts_as_soon_as_it_is_written(tmp_path: Path) -> None:
    """The table does not fit the edited file, so the file is read."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "mongoping", ignore=ignore)
    text = "com.mongodb.MongoException: the marmot gnawed at the cable"
    program = [sys.executable, "-c", PROGRAM, text]

    before = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True)
    with (tmp_path / "mongoping" / "causes" / "messages" / "java.py").open("a") as file:
        file.write('\nSAYS["tcp.reset"] = (r"the marmot gnawed",)\n')
    after = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert (before.stdout, after.stdout) == ("None\n", "tcp.reset\n")
