"""Rewrite one program, node by node, from the leaves up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

import libcst as cst
from libcst.metadata import PositionProvider

from mongoping.migrate.imports import replace_import, split_lines
from mongoping.migrate.kinds import OTHER, dotted_name
from mongoping.migrate.names import (
    CLASSES,
    DISTINCTIVE,
    MARK,
    NOT_AWAITED,
    NOW_AWAITED,
    PROPERTIES,
    REMOVED_ARGUMENTS,
    REMOVED_NAMES,
    RENAMED_ARGUMENTS,
)

if TYPE_CHECKING:
    from libcst.metadata import MetadataWrapper

    from mongoping.migrate.kinds import Kind, Names

Statement = TypeVar("Statement", bound="cst.SimpleStatementLine | cst.BaseCompoundStatement")

NEEDS_AWAIT = "{name}() is a coroutine now: await it in an async function"
HANDED_ON = "close() is a coroutine now: its caller must await it"
EMPTY = "to_list(0) is an error now: remove the 0 to get all documents, or remove the call"
LINES = "iteration yields lines now, not chunks: call readchunk() for chunks"
FEWER = "to_list(N) raises StopAsyncIteration for fewer than N files: use limit(N).to_list(None)"
TORNADO = "PyMongo Async needs await in async def; yield in Tornado coroutines does not work"
MAYBE = "if this is a MongoDB object, await {name}(): it is a coroutine now"
MAYBE_CLIENT = "if this is a MongoDB client, await close(): it is a coroutine now"
IN_TEXT = "this string refers to Motor"
GUESSED_KIND = "{name} is assumed to be a {kind} because of its name"

_PATH = re.compile(r"motor(\.\w+)+|AsyncIOMotor\w+")
_CLIENTS = ("client", "_client", "mongo_client", "motor_client")
_DISTINCTIVE_CALLS = ("aggregate", "watch", "start_transaction")


class Rewriter(cst.CSTTransformer):
    """Rewrites one program.

    ``marks`` are messages for comments above statements, ``remarks`` those that are only
    reported, both as pairs of line and text.
    """

    def __init__(self, wrapper: MetadataWrapper, names: Names) -> None:
        super().__init__()
        self.marks: list[tuple[int, str]] = []
        self.remarks: list[tuple[int, str]] = []
        self._names = names
        self._positions = wrapper.resolve(PositionProvider)
        self._above: dict[cst.CSTNode, list[str]] = {}
        self._used = sorted(_modules_used(wrapper.module, names))
        self._loops: set[cst.CSTNode] = set()

    # Positions of nodes

    def _line(self, node: cst.CSTNode) -> int:
        position: Any = self._positions[node]
        return int(position.start.line)

    def _mark(self, node: cst.CSTNode, text: str) -> None:
        """Add a comment above the statement that contains the node, once."""
        statement: cst.CSTNode | None = node
        while statement is not None and not isinstance(
            statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)
        ):
            statement = self._names.parent(statement)
        if statement is None:
            return
        texts = self._above.setdefault(statement, [])
        if text not in texts:
            texts.append(text)
            self.marks.append((self._line(statement), text))

    def _can_await(self, node: cst.CSTNode) -> bool:
        """Return whether an await is allowed here: in a coroutine, outside sync generators."""
        function = self._names.scope(node)
        inner, child, parent = node, node, self._names.parent(node)
        while parent is not None and parent is not function:
            if isinstance(parent, cst.ClassDef):
                return False
            if isinstance(parent, cst.GeneratorExp):
                first = child is parent.for_in and inner is parent.for_in.iter
                if not first and parent.for_in.asynchronous is None:
                    return False
            inner, child, parent = child, parent, self._names.parent(parent)
        return isinstance(function, cst.FunctionDef) and function.asynchronous is not None

    def _is_awaited(self, node: cst.CSTNode) -> bool:
        return isinstance(self._names.parent(node), cst.Await)

    def _await(self, original: cst.CSTNode, updated_node: cst.BaseExpression) -> cst.Await:
        """Return the awaited expression, in parentheses if its result is used directly."""
        parent = self._names.parent(original)
        bare = updated_node.with_changes(lpar=[], rpar=[])
        await_node = cst.Await(bare, lpar=updated_node.lpar, rpar=updated_node.rpar)
        uses = (
            (isinstance(parent, cst.Attribute) and parent.value is original)
            or (isinstance(parent, cst.Call) and parent.func is original)
            or (isinstance(parent, cst.Subscript) and parent.value is original)
        )
        if not uses or await_node.lpar:
            return await_node
        return await_node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def _remark_guess(self, node: cst.CSTNode, base: cst.BaseExpression, kind: Kind) -> None:
        if not kind.sure:
            name = cst.Module([]).code_for_node(base)
            remark = GUESSED_KIND.format(name=name, kind=kind.name)
            if (self._line(node), remark) not in self.remarks:
                self.remarks.append((self._line(node), remark))

    # Calls -----------------------------------------------------------------------------

    def leave_Call(self, original: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: N802
        """Await new coroutines; drop and rename arguments."""
        class_created = self._names.motor_class(dotted_name(original.func) or "")
        if class_created is not None:
            return _arguments(updated_node, CLASSES[class_created].kind)
        if not isinstance(original.func, cst.Attribute):
            return updated_node
        base, method = original.func.value, original.func.attr.value
        kind = self._names.kind(base)
        if method == "to_list":
            self._mark_to_list(original, kind)
        if self._needs_await(original, base, method, kind) and not self._is_awaited(original):
            if self._can_await(original):
                return self._await(original, updated_node)
            self._mark(original, NEEDS_AWAIT.format(name=method))
        return updated_node

    def _mark_to_list(self, node: cst.Call, kind: Kind | None) -> None:
        """Mark calls of ``to_list`` with an argument that PyMongo treats differently."""
        text = cst.Module([]).code_for_node(node.args[0].value) if node.args else "None"
        if text == "0":
            self._mark(node, EMPTY)
        elif text != "None" and kind is not None and kind.name == "grid_cursor":
            self._mark(node, FEWER)

    def _needs_await(
        self, node: cst.Call, base: cst.BaseExpression, method: str, kind: Kind | None
    ) -> bool:
        if kind is not None and kind.name != OTHER:
            needs = method in NOW_AWAITED.get(kind.name, ())
            if needs:
                self._remark_guess(node, base, kind)
            return needs
        if not self._names.imports.any or kind is not None:
            return False
        if method in DISTINCTIVE:
            return True
        name = (dotted_name(base) or "").rpartition(".")[2]
        if method == "close" and name in _CLIENTS and not self._is_awaited(node):
            self._mark(node, MAYBE_CLIENT)
        elif method in _DISTINCTIVE_CALLS and not self._is_awaited(node):
            self._mark(node, MAYBE.format(name=method))
        return False

    def leave_Await(  # noqa: N802
        self, original: cst.Await, updated_node: cst.Await
    ) -> cst.BaseExpression:
        """Remove the await from methods that are synchronous now."""
        call = original.expression
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
            kind = self._names.kind(call.func.value)
            method = call.func.attr.value
            starts = kind is None and method == "start_session" and self._names.imports.any
            if starts or (kind is not None and method in NOT_AWAITED.get(kind.name, ())):
                if kind is not None:
                    self._remark_guess(original, call.func.value, kind)
                inside = updated_node.expression
                return inside.with_changes(
                    lpar=[*updated_node.lpar, *inside.lpar], rpar=[*inside.rpar, *updated_node.rpar]
                )
        return updated_node

    # Attributes and names --------------------------------------------------------------

    def leave_Attribute(  # noqa: N802
        self, original: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Await properties, rename classes, mark removed attributes."""
        motor = self._names.motor_class(dotted_name(original) or "")
        if motor is not None:
            return cst.Name(CLASSES[motor].name, lpar=updated_node.lpar, rpar=updated_node.rpar)
        kind = self._names.kind(original.value)
        name = original.attr.value
        if kind is None or kind.name == OTHER:
            return updated_node
        if name in REMOVED_NAMES and kind.sure and self._names.parent(original) not in self._loops:
            self._mark(original, REMOVED_NAMES[name])
        if kind.name == "client" and kind.sure:
            if name in PROPERTIES:
                return self._property(original, updated_node)
            parent = self._names.parent(original)
            is_call = isinstance(parent, cst.Call) and parent.func is original
            if name == "close" and not is_call:
                self._mark(original, HANDED_ON)
        return updated_node

    def _property(self, original: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if self._is_awaited(original):
            return updated_node
        if self._can_await(original):
            return self._await(original, updated_node)
        self._mark(original, f"{original.attr.value} must be awaited now, in an async function")
        return updated_node

    def leave_Name(self, original: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802
        """Rename classes."""
        motor = self._names.imports.classes.get(original.value)
        parent = self._names.parent(original)
        if motor is None or motor != original.value:  # imported under an alias
            return updated_node
        if isinstance(parent, cst.Attribute) and parent.attr is original:
            return updated_node
        if isinstance(parent, cst.Arg) and parent.keyword is original:
            return updated_node
        return updated_node.with_changes(value=CLASSES[motor].name)

    def leave_SimpleString(  # noqa: N802
        self, original: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Rename classes in quoted annotations; mark other strings that refer to Motor."""
        value = original.evaluated_value
        if not isinstance(value, str) or "otor" not in value:
            return updated_node
        node: cst.CSTNode | None = original
        while isinstance(node, (cst.BaseExpression, cst.Index, cst.SubscriptElement)):
            node = self._names.parent(node)
        if isinstance(node, cst.Annotation):
            return updated_node.with_changes(value=self._rename(original.value))
        if _PATH.fullmatch(value):
            self._mark(original, IN_TEXT)
        return updated_node

    def _rename(self, text: str) -> str:
        for local, motor in self._names.imports.classes.items():
            if local == motor:
                text = re.sub(rf"\b{local}\b", CLASSES[motor].name, text)
        return text

    # Statements ------------------------------------------------------------------------

    def visit_While(self, node: cst.While) -> None:  # noqa: N802
        """Remember loops that become ``async for``, so that nothing in them is marked."""
        first = _first(node)
        if _fetch_next(node) is not None and first is not None and self._can_await(node):
            self._loops |= {node.test, first.value}

    def leave_While(  # noqa: N802
        self, original: cst.While, updated_node: cst.While
    ) -> cst.BaseStatement:
        """Turn ``while await cursor.fetch_next`` and its first line into ``async for``."""
        cursor_name = _fetch_next(original)
        if cursor_name is None or not self._can_await(original):
            return self._add_marks(original, updated_node)
        target, cursor = cursor_name
        body = updated_node.body
        rest = list(body.body)[1:] if isinstance(body, cst.IndentedBlock) else []
        loop = cst.For(
            target=target,
            iter=cursor,
            body=body.with_changes(body=rest or [cst.parse_statement("pass")]),
            orelse=updated_node.orelse,
            asynchronous=cst.Asynchronous(),
            leading_lines=updated_node.leading_lines,
        )
        return self._add_marks(original, loop)

    def leave_For(self, original: cst.For, updated_node: cst.For) -> cst.BaseStatement:  # noqa: N802
        """Mark loops over GridFS files, which yield lines now."""
        kind = self._names.kind(original.iter)
        if kind is not None and kind.name == "grid_out" and kind.sure:
            self._mark(original, LINES)
        return self._add_marks(original, updated_node)

    def leave_SimpleStatementLine(  # noqa: N802
        self, original: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        """Replace imports line by line."""
        body: list[cst.BaseSmallStatement] = []
        has_changed = False
        for statement in original.body:
            if isinstance(statement, (cst.Import, cst.ImportFrom)):
                replacement = replace_import(statement, self._used)
                if replacement is not None:
                    has_changed = True
                    self._note_import(statement, replacement[1])
                    body += replacement[0]
                    continue
            body.append(updated_node.body[original.body.index(statement)])
        if not has_changed:
            return self._add_marks(original, updated_node)
        if not body:
            return cst.RemovalSentinel.REMOVE
        first, *others = split_lines(updated_node, body)
        return cst.FlattenSentinel([self._add_marks(original, first), *others])

    def _note_import(self, statement: cst.Import | cst.ImportFrom, marks: list[str]) -> None:
        for text in marks:
            self._mark(statement, text)
        module = dotted_name(statement.module) if isinstance(statement, cst.ImportFrom) else None
        tornado = module in ("motor", "motor.motor_tornado") and any(
            name.startswith("Motor") for name in self._names.imports.classes.values()
        )
        by_module = any(name.startswith("Motor") for name in self._used)
        if tornado or (by_module and not isinstance(statement, cst.ImportFrom)):
            self._mark(statement, TORNADO)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Add marks above the other compound statements."""
        new_node: Any = super().on_leave(original_node, updated_node)
        loops = (cst.While, cst.For)
        if isinstance(original_node, cst.BaseCompoundStatement) and not isinstance(
            original_node, loops
        ):
            return self._add_marks(original_node, new_node)
        return new_node

    def _add_marks(self, original: cst.CSTNode, updated_node: Statement) -> Statement:
        texts = self._above.get(original, [])
        present = {line.comment.value for line in updated_node.leading_lines if line.comment}
        marks = [f"# {MARK} {text}" for text in texts]
        comments = [
            cst.EmptyLine(comment=cst.Comment(text)) for text in marks if text not in present
        ]
        if not comments:
            return updated_node
        above = [*updated_node.leading_lines, *comments]
        return cast("Statement", updated_node.with_changes(leading_lines=above))


def _modules_used(module: cst.Module, names: Names) -> set[str]:
    """Return the Motor classes that the program uses through a module."""
    modules: set[str] = set()

    class Finder(cst.CSTVisitor):
        def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802
            name = names.motor_class(dotted_name(node) or "")
            if name is not None:
                modules.add(name)

    module.visit(Finder())
    return modules


def _arguments(call: cst.Call, kind: str) -> cst.Call:
    removed_names = REMOVED_ARGUMENTS.get(kind, frozenset())
    new_names = RENAMED_ARGUMENTS.get(kind, {})
    arguments = []
    for argument in call.args:
        name = argument.keyword.value if argument.keyword else None
        if name in removed_names:
            continue
        if name is not None and name in new_names:
            argument = argument.with_changes(keyword=cst.Name(new_names[name]))
        arguments.append(argument)
    if arguments and len(arguments) < len(call.args) and call.args[-1] not in arguments:
        arguments[-1] = arguments[-1].with_changes(comma=call.args[-1].comma)
    return call.with_changes(args=arguments)


def _first(node: cst.While) -> cst.Assign | None:
    """Return the first line of a loop if it is an assignment, else None."""
    body = node.body.body
    line = body[0] if body else None
    if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
        statement = line.body[0]
        return statement if isinstance(statement, cst.Assign) else None
    return None


def _fetch_next(
    node: cst.While,
) -> tuple[cst.BaseAssignTargetExpression, cst.BaseExpression] | None:
    """Return target and cursor of ``while await c.fetch_next: x = c.next_object()``, else None."""
    test = node.test.expression if isinstance(node.test, cst.Await) else None
    first = _first(node)
    if not isinstance(test, cst.Attribute) or test.attr.value != "fetch_next" or first is None:
        return None
    call = first.value
    if not isinstance(call, cst.Call) or call.args or not isinstance(call.func, cst.Attribute):
        return None
    code = cst.Module([]).code_for_node
    same = code(call.func.value) == code(test.value) and call.func.attr.value == "next_object"
    if not same or len(first.targets) != 1 or code(node.body).count("next_object") != 1:
        return None
    return first.targets[0].target, test.value
