"""Parse the snippets of every language with a real grammar."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any

from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAMMARS = {
    ".cs": ("tree_sitter_c_sharp", "language"),
    ".go": ("tree_sitter_go", "language"),
    ".java": ("tree_sitter_java", "language"),
    ".js": ("tree_sitter_javascript", "language"),
    ".php": ("tree_sitter_php", "language_php"),
    ".py": ("tree_sitter_python", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".rs": ("tree_sitter_rust", "language"),
}
STRINGS = {
    "encapsed_string",
    "interpreted_string_literal",
    "string",
    "string_literal",
}


@cache
def parser(suffix: str) -> Parser:
    module, function = GRAMMARS[suffix]
    return Parser(Language(getattr(importlib.import_module(module), function)()))


def tree(suffix: str, text: str) -> Any:
    """Return the root of the syntax tree."""
    return parser(suffix).parse(text.encode()).root_node


def walk(node: Any) -> Iterator[Any]:
    """Yield the node and all its descendants in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def _split(suffix: str, text: str) -> tuple[list[Any], list[Any]]:
    """Return all nodes outside string literals, and the outermost string literals."""
    outside, strings = [], []
    nodes = [tree(suffix, text)]
    while nodes:
        node = nodes.pop()
        if node.type in STRINGS:
            strings.append(node)
        else:
            outside.append(node)
            nodes.extend(node.children)
    return outside, strings


def literals(suffix: str, text: str) -> list[str]:
    """Return the source of every string literal."""
    return [node.text.decode() for node in _split(suffix, text)[1]]


def inside_literals(suffix: str, text: str) -> set[str]:
    """Return the types of the nodes inside string literals."""
    return {part.type for node in _split(suffix, text)[1] for part in walk(node)}


def shape(suffix: str, text: str) -> list[str]:
    """Return the types of all nodes, with each literal as one; no value may change them."""
    outside, strings = _split(suffix, text)
    return [*(node.type for node in outside), *(node.type for node in strings)]
