"""Learn the kinds of the names in a file, in several rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mongoping.migrate.kinds import OTHER, Names, dotted_name, in_scope, key_of
from mongoping.migrate.names import CLASSES, MODULES, NEW_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from libcst.metadata import MetadataWrapper

_ROUNDS = 5  # allows chains of up to four assignments
_AMBIGUOUS = cst.FunctionDef(cst.Name("_"), cst.Parameters(), cst.IndentedBlock([]))


def learn(wrapper: MetadataWrapper, others: Mapping[str, Mapping[str, str]]) -> Names:
    """Learn the names of a file; ``others`` are the names that other files export, by file."""
    learner = _Learner(Names(wrapper), others)
    for _ in range(_ROUNDS):
        learner.changed = False
        wrapper.module.visit(learner)
        if not learner.changed:
            break
    return learner.names


class _Learner(cst.CSTVisitor):
    """Records assignments, imports, parameters and results. libcst prescribes the method names."""

    def __init__(self, names: Names, others: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__()
        self.names = names
        self.changed = False
        self._others = others
        self._globals: set[str] = set()
        self._functions: dict[str, cst.FunctionDef] = {}

    def visit_Import(self, node: cst.Import) -> None:  # noqa: N802
        for alias in node.names:
            full = dotted_name(alias.name)
            if full is not None and full in MODULES:
                local = alias.asname.name if alias.asname else None
                name = local.value if isinstance(local, cst.Name) else full
                self.names.imports.modules[name] = full
                self.names.imports.lines.add(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802
        module = dotted_name(node.module) or ""
        if module in MODULES and not node.relative:
            self.names.imports.lines.add(node)
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            name = dotted_name(alias.name) or ""
            bound_name = (dotted_name(alias.asname.name) or "") if alias.asname else name
            if module in MODULES and name in CLASSES:
                self.names.imports.classes[bound_name] = name
            elif module == "motor" and f"motor.{name}" in MODULES:
                self.names.imports.modules[bound_name] = f"motor.{name}"
            elif name in NEW_CLASSES and module == NEW_CLASSES[name].module:
                self.names.types[bound_name] = NEW_CLASSES[name].kind
            else:
                self._learn_import(module.rpartition(".")[2], name, bound_name)

    def _learn_import(self, file: str, name: str, bound_name: str) -> None:
        exports = self._others.get(file, {})
        if name in exports:
            self._learn(self.names.bound, in_scope(None, bound_name), exports[name])
            self.names.imports.learned.add(bound_name)
        if f"{name}()" in exports:
            self._learn(self.names.returned, bound_name, exports[f"{name}()"])
            self.names.imports.learned.add(bound_name)

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802
        for target in node.targets:
            self._bind(target.target, node.value)
            if isinstance(target.target, cst.Name) and not isinstance(node.value, cst.Call):
                kind = self.names.named_class(node.value)
                if kind is not None:
                    self.names.types[target.target.value] = kind

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:  # noqa: N802
        kind = self.names.named_class(node.annotation.annotation)
        if kind is not None:
            self._bind_kind(node.target, kind)
        elif node.value is not None:
            self._bind(node.target, node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:  # noqa: N802
        self._bind(node.target, node.value)

    def visit_WithItem(self, node: cst.WithItem) -> None:  # noqa: N802
        if node.asname is not None and isinstance(node.asname.name, cst.BaseExpression):
            self._bind(node.asname.name, node.item)

    def visit_For(self, node: cst.For) -> None:  # noqa: N802
        kind = self.names.kind(node.iter)
        if kind is not None and kind.name == "grid_cursor":
            self._bind_kind(node.target, "grid_out")

    def visit_Param(self, node: cst.Param) -> None:  # noqa: N802
        kind = self.names.named_class(node.annotation.annotation) if node.annotation else None
        if kind is None and node.default is not None:
            default_kind = self.names.kind(node.default)
            kind = default_kind.name if default_kind is not None and default_kind.sure else None
        function = self.names.parent(node)
        while function is not None and not isinstance(function, (cst.FunctionDef, cst.Lambda)):
            function = self.names.parent(function)
        if kind is not None and function is not None:
            self._learn(self.names.bound, in_scope(function, node.name.value), kind)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        if self._functions.setdefault(node.name.value, node) is not node:
            self._functions[node.name.value] = _AMBIGUOUS
        kind = self.names.named_class(node.returns.annotation) if node.returns else None
        if kind is not None:
            self._learn(self.names.returned, node.name.value, kind)

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        """Give the parameters of a function the kinds of the arguments in its calls."""
        method = (dotted_name(node.func) or "").rpartition(".")[2]
        function = self._functions.get(method, _AMBIGUOUS)
        names = [param.name.value for param in function.params.params]
        if names[:1] in (["self"], ["cls"]) and isinstance(node.func, cst.Attribute):
            names = names[1:]
        for number, argument in enumerate(node.args):
            if argument.star:
                break
            keyword = argument.keyword.value if argument.keyword else None
            name = keyword or (names[number] if number < len(names) else None)
            kind = self.names.kind(argument.value)
            if kind is not None and kind.sure and name in names:
                self._learn(self.names.bound, in_scope(function, name), kind.name)

    def visit_Return(self, node: cst.Return) -> None:  # noqa: N802
        self._learn_result(node, node.value)

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: N802
        if isinstance(node.value, cst.BaseExpression):
            self._learn_result(node, node.value)

    def visit_Global(self, node: cst.Global) -> None:  # noqa: N802
        function = self.names.scope(node)
        self._globals |= {in_scope(function, item.name.value) for item in node.names}

    def _learn_result(self, node: cst.CSTNode, value: cst.BaseExpression | None) -> None:
        function = self.names.scope(node)
        kind = None if value is None else self.names.kind(value)
        if isinstance(function, cst.FunctionDef) and kind is not None and kind.sure:
            self._learn(self.names.returned, function.name.value, kind.name)

    def _bind(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
            for element, part in zip(target.elements, value.elements, strict=False):
                self._bind(element.value, part.value)
            return
        kind = self.names.kind(value)
        if kind is not None and kind.sure:
            self._bind_kind(target, kind.name)
        elif kind is not None and isinstance(target, cst.Name):
            key = in_scope(self.names.scope(target), target.value)
            self._learn(self.names.guessed, key, kind.name)
        elif isinstance(value, cst.Call) and self.names.is_other_class(value.func):
            self._bind_kind(target, OTHER)

    def _bind_kind(self, target: cst.BaseExpression, kind: str) -> None:
        if isinstance(target, cst.Name):
            key = in_scope(self.names.scope(target), target.value)
            if self._in_class_body(target):
                self._learn(self.names.attributes, target.value, kind)
            elif key in self._globals:
                self._learn(self.names.bound, in_scope(None, target.value), kind)
            else:
                self._learn(self.names.bound, key, kind)
        elif isinstance(target, cst.Attribute):
            self._learn(self.names.attributes, target.attr.value, kind)
        elif isinstance(target, cst.Subscript):
            key_text = key_of(target)
            if key_text is not None:
                self._learn(self.names.items, key_text, kind)

    def _in_class_body(self, node: cst.CSTNode) -> bool:
        parent = self.names.parent(node)
        while parent is not None and not isinstance(parent, (cst.FunctionDef, cst.Lambda)):
            if isinstance(parent, cst.ClassDef):
                return True
            parent = self.names.parent(parent)
        return False

    def _learn(self, table: dict[str, set[str]], key: str, kind: str) -> None:
        kinds = table.setdefault(key, set())
        if kind not in kinds:
            kinds.add(kind)
            self.changed = True
