"""Patterns that are compiled late are the same patterns, compiled once."""

from __future__ import annotations

import re

import pytest

from mongoping.lazy_re import lazy_compile


def test_a_late_pattern_does_what_an_early_one_does() -> None:
    late, early = lazy_compile("b(.)", re.IGNORECASE), re.compile("b(.)", re.IGNORECASE)
    assert late.sub("-", "aBcd") == early.sub("-", "aBcd") == "a-d"
    assert [match.span(1) for match in late.finditer("BCbd")] == [(1, 2), (3, 4)]
    assert late.groups == early.groups
    assert late.search("none") is None


def test_its_methods_are_looked_up_once() -> None:
    late = lazy_compile("a")
    assert late.search is late.search


def test_nothing_is_compiled_before_it_is_asked_for() -> None:
    pattern = lazy_compile("(")
    with pytest.raises(re.error):
        pattern.search("a")
