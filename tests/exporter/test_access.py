"""Passwords of requests: what a header may contain, and what an unknown user costs."""

from __future__ import annotations

import asyncio
import base64

import bcrypt
import pytest

from mongoping.exporter.access import MAX_REMEMBERED, NO_USER, Access

HASH = bcrypt.hashpw(b"K4narie:2", bcrypt.gensalt(4)).decode()


def header(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        (header("ada:K4narie:2"), True),
        (header("ada:K4narie:2").replace("Basic", "basic"), True),
        (header("ada:K4narie"), False),
        (header("ada:"), False),
        (header("ada"), False),
        (header("bob:K4narie:2"), False),
        (header(":mongoping"), False),
        (header("ada:K4narie:2\0"), False),
        (header("ada:" + "x" * 100), False),
        (header("ada:" + "x" * 5000), False),
        ("Basic K4narie", False),
        ("Bearer K4narie", False),
        ("", False),
        (None, False),
    ],
)
def test_only_the_right_pair_is_allowed_also_the_second_time(
    text: str | None, is_allowed: bool
) -> None:
    async def twice() -> list[bool]:
        access = Access({"ada": HASH})
        return [await access.allows(text), await access.allows(text)]

    assert asyncio.run(twice()) == [is_allowed, is_allowed]


def test_without_users_everything_is_allowed() -> None:
    assert asyncio.run(Access({}).allows(None))


def test_a_password_for_unknown_users_matches_nothing_but_is_checked() -> None:
    """The check of an invalid hash would end at once, and show which users exist."""
    assert not bcrypt.checkpw(b"x", NO_USER.encode())


def test_few_pairs_are_remembered() -> None:
    async def many() -> int:
        access = Access({"ada": HASH})
        for number in range(MAX_REMEMBERED + 5):
            assert not await access.allows(header(f"ada:{number}"))
        return len(access._verified)

    assert asyncio.run(many()) <= MAX_REMEMBERED
