"""How mongoping knows a cause, read off the code that decides it.

A page says which checks a cause's test looks at, and with which sentences it speaks; both are
found in the test itself, so that neither can be out of date.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType, ModuleType

from mongoping import collect
from mongoping.model import Cause, Check

OPEN = "…"  # stands for what differs from case to case
FEWEST = 12  # letters of its own that a sentence must have to say something
PLACES = {"host": "HOST", "name": "HOST", "names": "HOSTS"}


def checks(cause: Cause) -> tuple[Check, ...]:
    """The checks whose results the test of a cause looks at, in the order of layers."""
    if not isinstance(cause.when, FunctionType):
        return ()
    words = {word for one in _reached(cause.when) for word in _strings(one.__code__)}
    return tuple(one for one in collect.checks() if one.name in words)


def sentences(cause: Cause) -> tuple[str, ...]:
    """The sentences that the test of a cause, and no other, may conclude with, names left open."""
    if not isinstance(cause.when, FunctionType):
        return ()
    found: dict[str, None] = {}
    for one in _reached(cause.when):
        if _users()[one.__code__] == {cause.code}:
            found |= dict.fromkeys(_details(one, whole=one is cause.when))
    return tuple(found)


@cache
def _users() -> Mapping[CodeType, set[str]]:
    """The causes whose tests come to a function, by its code."""
    found: dict[CodeType, set[str]] = {}
    for cause in collect.causes():
        for one in _reached(cause.when) if isinstance(cause.when, FunctionType) else ():
            found.setdefault(one.__code__, set()).add(cause.code)
    return found


@cache
def _reached(function: FunctionType) -> tuple[FunctionType, ...]:
    """A test with every function of the causes that it calls, directly or not."""
    found: dict[FunctionType, None] = {}
    ahead = [function]
    while ahead:
        one = ahead.pop(0)
        if one not in found:
            found[one] = None
            ahead += _called(one)
    return tuple(found)


def _called(function: FunctionType) -> Iterator[FunctionType]:
    """Functions of `mongoping.causes` whose names stand in the code of another."""
    names = sorted(set(_names(function.__code__)))  # in one order, whatever Python compiles
    seen = [function.__globals__[name] for name in names if name in function.__globals__]
    for module in [one for one in seen if isinstance(one, ModuleType)]:
        seen += [vars(module)[name] for name in names if name in vars(module)]
    for one in seen:
        if isinstance(one, FunctionType) and one.__module__.startswith("mongoping.causes"):
            yield one


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _names(code: CodeType) -> Iterator[str]:
    for one in _codes(code):
        yield from one.co_names


def _strings(code: CodeType) -> Iterator[str]:
    for one in _codes(code):
        yield from (const for const in one.co_consts if isinstance(const, str))


def _details(function: FunctionType, *, whole: bool) -> Iterator[str]:
    """The texts in a function that become the detail of a match; ``whole``: what it returns too."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
    for value in _values(tree, returned=whole):
        for one in assigned.get(value.id, []) if isinstance(value, ast.Name) else [value]:
            text = _template(one)
            if sum(letter.isalpha() for letter in text.replace("HOST", "")) >= FEWEST:
                yield text


def _values(tree: ast.AST, *, returned: bool) -> Iterator[ast.expr]:
    """What is given to ``Match(...)`` first, or returned as it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Match" and node.args:
                yield node.args[0]
        elif returned and isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr):
            yield node.value


def _template(node: ast.expr) -> str:
    """A text with marks where it is filled in; empty where it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts: list[str] = []
    for one in node.values:
        if isinstance(one, ast.Constant):
            parts.append(str(one.value))
        elif isinstance(one, ast.FormattedValue):
            inner = one.value
            parts.append(PLACES.get(inner.id, OPEN) if isinstance(inner, ast.Name) else OPEN)
    return "".join(parts)
