"""Groups of tests that run in the same worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution import DIVIDED, scope_of

ROOT = Path(__file__).parents[1]


def test_divided_files_exist() -> None:
    assert [file for file in DIVIDED if not (ROOT / file).exists()] == []


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/test_faults.py::test_a[dns.timeout:slow]", "tests/test_faults.py[dns]"),
        ("tests/test_faults.py::test_a[dns.slow]", "tests/test_faults.py[dns]"),
        ("tests/test_faults.py::test_a[tcp.timeout]", "tests/test_faults.py[tcp]"),
        ("tests/test_faults.py::test_b", "tests/test_faults.py"),
        ("tests/cli/test_check.py::test_a[dns.slow]", "tests/cli/test_check.py"),
        ("tests/cli/test_check.py::TestRun::test_a", "tests/cli/test_check.py"),
    ],
)
def test_only_divided_files_have_several_groups(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope
