"""Estimate the work of an expression on hostile text from the expression itself.

The work is bounded by the ways in which an expression can be tried from one place: each repeat of
a varying length multiplies them, what is in an atomic group ``(?>...)`` does not. A repeat
without an upper bound is allowed at the end alone, where it is never tried in another way.
"""

from __future__ import annotations

import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from typing import Any

ENDLESS = 10**9


def ways(source: str) -> int:
    """In how many ways an expression can be tried from one place of a text, at most."""
    return _of_sequence(list(parser.parse(source)), last=True)


def _of_sequence(items: list[Any], *, last: bool) -> int:
    product = 1
    for at, (code, value) in enumerate(items):
        product *= _of_item(code, value, last=last and at == len(items) - 1)
    return product


def _of_item(code: Any, value: Any, *, last: bool) -> int:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _of_repeat(code, *value, last=last)
    if code is codes.SUBPATTERN:
        return _of_sequence(list(value[-1]), last=last)
    if code is codes.BRANCH:
        return max(_of_sequence(list(branch), last=last) for branch in value[1])
    if code is codes.ATOMIC_GROUP:
        return 1 if _of_sequence(list(value), last=False) < ENDLESS else ENDLESS
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return 1 if _of_sequence(list(value[1]), last=False) < ENDLESS else ENDLESS
    return 1


def _of_repeat(code: Any, least: int, most: Any, inside: Any, *, last: bool) -> int:
    within = _of_sequence(list(inside), last=False)
    if code is codes.POSSESSIVE_REPEAT:
        return 1 if within < ENDLESS else ENDLESS
    if most is codes.MAXREPEAT:
        return 1 if last and within == 1 else ENDLESS
    if within > 1 and int(most) > 1:
        return ENDLESS if within ** int(most) > ENDLESS else int(within ** int(most))
    choices = int(most) - least + 1
    return within * (1 if last else choices)
