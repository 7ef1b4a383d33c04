"""Infer the kinds of names in a program: a client, a database, a cursor.

Control flow is ignored. A name has the kind of what is assigned to it anywhere in its scope, an
attribute that of any attribute of this name in the file. If two assignments disagree, the kind
is unknown. `mongoping.migrate.learning` fills the tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst
from libcst.metadata import ParentNodeProvider

from mongoping.migrate.names import CLASSES, GUESSES, MEMBERS, NEW_CLASSES, PARTS, RESULTS

if TYPE_CHECKING:
    from libcst.metadata import MetadataWrapper

Function = cst.FunctionDef | cst.Lambda
OTHER = "other"  # known not to come from Motor
_CLASS = re.compile(r"\b(?:" + "|".join(sorted(CLASSES, key=len, reverse=True)) + r")\b")


class Kind(NamedTuple):
    """The kind of an expression; not ``sure`` if it is inferred only from a name."""

    name: str
    sure: bool = True


class Imports(NamedTuple):
    """The ways in which a file refers to Motor.

    Attributes:
        classes: Local names of classes, and their names in Motor.
        modules: Local names of modules, and their full names.
        lines: All import statements of Motor.
        learned: Names imported from other files that use Motor.
    """

    classes: dict[str, str]
    modules: dict[str, str]
    lines: set[cst.CSTNode]
    learned: set[str]

    @property
    def any(self) -> bool:
        """Return whether the file imports Motor."""
        return bool(self.lines)


def dotted_name(node: cst.CSTNode | None) -> str | None:
    """Return ``a.b.c`` for names and attributes, None for any other expression."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        front = dotted_name(node.value)
        return None if front is None else f"{front}.{node.attr.value}"
    return None


def key_of(node: cst.Subscript) -> str | None:
    """Return the key of a subscript that is a single string literal, else None."""
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        value = node.slice[0].slice.value
        if isinstance(value, cst.SimpleString):
            return value.evaluated_value if isinstance(value.evaluated_value, str) else None
    return None


class Names:
    """The names of one file; the tables map each name to all kinds assigned to it."""

    def __init__(self, wrapper: MetadataWrapper) -> None:
        self.imports = Imports({}, {}, set(), set())
        self.bound: dict[str, set[str]] = {}  # by `in_scope`
        self.guessed: dict[str, set[str]] = {}  # the same, inferred only from a name
        self.attributes: dict[str, set[str]] = {}
        self.items: dict[str, set[str]] = {}
        self.returned: dict[str, set[str]] = {}
        self.types: dict[str, str] = {}
        self._parents = wrapper.resolve(ParentNodeProvider)

    @property
    def exported(self) -> dict[str, str]:
        """Return the kinds of module-level names and function results that are certain."""
        if not self.imports.any and not self.imports.learned:
            return {}
        top = in_scope(None, "")
        own_kinds = {key: kinds for key, kinds in self.bound.items() if key.startswith(top)}
        names = {key.removeprefix(top): kinds for key, kinds in own_kinds.items()}
        names |= {f"{name}()": kinds for name, kinds in self.returned.items()}
        return {name: next(iter(kinds)) for name, kinds in names.items() if len(kinds) == 1}

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the parent of a node."""
        return self._parents.get(node)

    def scope(self, node: cst.CSTNode) -> Function | None:
        """Return the function whose body contains a node; None at module or class level."""
        child, parent = node, self.parent(node)
        while parent is not None:
            if isinstance(parent, (cst.FunctionDef, cst.Lambda)) and child is parent.body:
                return parent
            child, parent = parent, self.parent(parent)
        return None

    def named_class(self, node: cst.BaseExpression) -> str | None:
        """Return the kind of the first Motor class in an annotation, quoted or not."""
        name = dotted_name(node)
        if name is not None:
            return self._class_kind(name)
        if isinstance(node, cst.SimpleString):
            match = _CLASS.search(node.value)
            return CLASSES[match[0]].kind if match else None
        for child in node.children:
            kind = None
            if isinstance(child, cst.BaseExpression) and not isinstance(child, cst.Call):
                kind = self.named_class(child)
            elif isinstance(child, cst.SubscriptElement) and isinstance(child.slice, cst.Index):
                kind = self.named_class(child.slice.value)
            if kind is not None:
                return kind
        return None

    def motor_class(self, name: str) -> str | None:
        """Return the Motor class that a dotted name refers to in this file, or None."""
        if name in self.imports.classes:
            return self.imports.classes[name]
        module, _, attribute = name.rpartition(".")
        return attribute if module in self.imports.modules and attribute in CLASSES else None

    def is_other_class(self, function: cst.BaseExpression) -> bool:
        """Return whether a call creates an object that is neither Motor's nor PyMongo Async's."""
        name = (dotted_name(function) or "").rpartition(".")[2]
        return name[:1].isupper() and name not in CLASSES and name not in NEW_CLASSES

    def kind(self, node: cst.BaseExpression) -> Kind | None:
        """Return the kind of an expression, or None if it is unknown."""
        if isinstance(node, cst.Await):
            return self.kind(node.expression)
        if isinstance(node, cst.NamedExpr):
            return self.kind(node.value)
        if isinstance(node, cst.BooleanOperation):
            return self.kind(node.left) or self.kind(node.right)
        if isinstance(node, cst.IfExp):
            return self.kind(node.body) or self.kind(node.orelse)
        if isinstance(node, cst.Name):
            return self._of_name(node)
        if isinstance(node, cst.Call):
            return self._of_call(node)
        if isinstance(node, cst.Attribute):
            return self._of_attribute(node)
        if isinstance(node, cst.Subscript):
            return self._of_item(node)
        return None

    def _class_kind(self, name: str) -> str | None:
        motor = self.motor_class(name)
        return CLASSES[motor].kind if motor is not None else self.types.get(name)

    def _of_name(self, node: cst.Name) -> Kind | None:
        scope: cst.CSTNode | None = node
        while scope is not None:
            scope = self.scope(scope)
            key = in_scope(scope, node.value)
            if key in self.bound:
                return _only(self.bound[key])
            if key in self.guessed:
                return _only(self.guessed[key], sure=False)
        return self._guess(node.value)

    def _guess(self, name: str) -> Kind | None:
        guess = GUESSES.get(name)
        return Kind(guess, sure=False) if guess is not None and self.imports.any else None

    def _of_call(self, node: cst.Call) -> Kind | None:
        name = dotted_name(node.func)
        if name is not None:
            kind = self._class_kind(name)
            if kind is not None:
                return Kind(kind)
            last = name.rpartition(".")[2]
            if last == "Depends" and node.args:
                last = (dotted_name(node.args[0].value) or "").rpartition(".")[2]
            if last in self.returned:
                return _only(self.returned[last])
        if isinstance(node.func, cst.Attribute):
            base = self.kind(node.func.value)
            result = RESULTS.get(base.name, {}).get(node.func.attr.value) if base else None
            if base is not None and result is not None:
                return Kind(result, base.sure)
        return None

    def _of_attribute(self, node: cst.Attribute) -> Kind | None:
        name = node.attr.value
        base = self.kind(node.value)
        if base is not None and base.name in PARTS and (base.sure or name not in GUESSES):
            members = MEMBERS[base.name]
            if name in members:
                member = members[name]
                return None if member is None else Kind(member, base.sure)
            return None if name.startswith("_") else Kind(PARTS[base.name], base.sure)
        if name in self.attributes:
            return _only(self.attributes[name])
        part_of_other = Kind(OTHER) if base is not None and base.name == OTHER else None
        return self._guess(name) or part_of_other

    def _of_item(self, node: cst.Subscript) -> Kind | None:
        base = self.kind(node.value)
        if base is not None and base.name in PARTS:
            return Kind(PARTS[base.name], base.sure)
        key = key_of(node)
        return None if key is None else _only(self.items.get(key, set()))


def in_scope(function: cst.CSTNode | None, name: str) -> str:
    """Return the key of a name in the tables; ``function`` is None for the module."""
    return f"{0 if function is None else id(function)}:{name}"


def _only(kinds: set[str], *, sure: bool = True) -> Kind | None:
    return Kind(next(iter(kinds)), sure) if len(kinds) == 1 else None
