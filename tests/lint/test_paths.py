"""Paths in reports have forward slashes on every system, and are URIs in SARIF."""

from __future__ import annotations

import pytest

from mongoping.lint.files import with_slashes
from mongoping.lint.render import file_uri


@pytest.mark.parametrize(
    ("path", "separator", "expected"),
    [
        (r".\deploy\prod.env", "\\", "deploy/prod.env"),
        (r"C:\shop\.env", "\\", "C:/shop/.env"),
        (r"\\server\share\.env", "\\", "//server/share/.env"),
        ("./deploy/prod.env", "/", "deploy/prod.env"),
        (r"odd\name.env", "/", r"odd\name.env"),  # one file name, outside of Windows
    ],
)
def test_paths_have_forward_slashes(path: str, separator: str, expected: str) -> None:
    assert with_slashes(path, separator) == expected


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("deploy/prod 1.env", "deploy/prod%201.env"),
        ("größe.env", "gr%C3%B6%C3%9Fe.env"),
        ("/shop/.env", "/shop/.env"),
        ("C:/shop 1/.env", "file:///C:/shop%201/.env"),
        ("//server/share/a b.env", "file://server/share/a%20b.env"),
        (r"odd\name.env", "odd%5Cname.env"),
        ("C:odd", "C%3Aodd"),  # a file name with a colon, not a drive
    ],
)
def test_paths_are_uris_in_sarif(path: str, uri: str) -> None:
    assert file_uri(path) == uri
