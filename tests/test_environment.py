"""What mongoping changes in its environment."""

from __future__ import annotations

import pytest

from mongoping.environment import restore_libraries


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LD_LIBRARY_PATH": "/tmp/_MEI1"}, {}),
        (
            {"LD_LIBRARY_PATH": "/tmp/_MEI1", "LD_LIBRARY_PATH_ORIG": "/opt/lib", "PATH": "/bin"},
            {"LD_LIBRARY_PATH": "/opt/lib", "PATH": "/bin"},
        ),
        ({"LD_LIBRARY_PATH": "/tmp/_MEI1", "LD_LIBRARY_PATH_ORIG": ""}, {}),
        ({"PATH": "/bin"}, {"PATH": "/bin"}),
    ],
)
def test_the_executable_restores_where_programs_find_libraries(
    variables: dict[str, str], expected: dict[str, str]
) -> None:
    restore_libraries(variables)
    assert variables == expected
