"""Groups of tests that run in the same worker."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, SLOW
from tests.distribution import PARTED_FILES, TOGETHER, scope_of


def test_divided_and_slow_files_exist() -> None:
    files = [*(ROOT / file for file in (*PARTED_FILES, *TOGETHER)), *SLOW]
    assert [file for file in files if not file.exists()] == []


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/test_faults.py::test_a[dns.timeout:slow]", "tests/test_faults.py[dns]"),
        ("tests/test_faults.py::test_a[dns.slow]", "tests/test_faults.py[dns]"),
        ("tests/test_faults.py::test_a[tcp.timeout]", "tests/test_faults.py[tcp]"),
        ("tests/test_faults.py::test_b", "tests/test_faults.py"),
        ("tests/cli/test_check.py::test_a[dns.slow]", "tests/cli/test_check.py"),
        ("tests/cli/test_check.py::TestRun::test_a", "tests/cli/test_check.py"),
        ("tests/bundle/test_files_real.py::test_a", "tests/bundle"),
        ("tests/bundle/test_release_real.py::test_a", "tests/bundle"),
        ("tests/topology/test_cli.py::test_a", "tests/topology"),
        ("tests/topology/test_real.py::test_a", "tests/topology"),
    ],
)
def test_only_divided_files_have_several_groups(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope
