"""The mutations of `tools.mutations` fit the code as it is now."""

from __future__ import annotations

from pathlib import Path

from tools._mutation_list import MUTATIONS, Mutation

PROJECT = Path(__file__).parents[1]


def fits(mutation: Mutation) -> bool:
    """Return whether the text to change occurs once, and the named tests exist."""
    source = (PROJECT / mutation.file).read_text()
    paths = [name.partition("::")[0] for name in mutation.tests]
    return source.count(mutation.before) == 1 and all((PROJECT / path).exists() for path in paths)


def test_every_mutation_fits_the_code() -> None:
    assert [mutation.name for mutation in MUTATIONS if not fits(mutation)] == []


def test_no_two_mutations_are_the_same() -> None:
    changes = [(mutation.file, mutation.before, mutation.after) for mutation in MUTATIONS]
    assert len(set(changes)) == len(changes)
