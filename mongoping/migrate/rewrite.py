"""Rewrite one program, node by node, from the leaves up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

import libcst as cst
from libcst.metadata import PositionProvider

from mongoping.migrate.imports import replace_import, split_lines
from mongoping.migrate.kinds import OTHER, dotted
from mongoping.migrate.names import (
    CLASSES,
    DISTINCTIVE,
    MARK,
    NOT_AWAITED,
    NOW_AWAITED,
    PROPERTIES,
    REMOVED,
    REMOVED_ARGUMENTS,
    RENAMED_ARGUMENTS,
)

if TYPE_CHECKING:
    from libcst.metadata import MetadataWrapper

    from mongoping.migrate.kinds import Kind, Names

Statement = TypeVar("Statement", bound="cst.SimpleStatementLine | cst.BaseCompoundStatement")

AWAITED = "{name}() is a coroutine now: await it in an async function"
HANDED_ON = "close() is a coroutine now: its caller must await it"
EMPTY = "to_list(0) is an error now: remove the 0 to get all documents, or remove the call"
LINES = "iteration yields lines now, not chunks: call readchunk() for chunks"
FEWER = "to_list(N) raises StopAsyncIteration for fewer than N files: use limit(N).to_list(None)"
TORNADO = "PyMongo Async needs await in async def; yield in Tornado coroutines does not work"
MAYBE = "if this is a MongoDB object, await {name}(): it is a coroutine now"
MAYBE_CLIENT = "if this is a MongoDB client, await close(): it is a coroutine now"
IN_TEXT = "this string refers to Motor"
GUESSED = "{name} is assumed to be a {kind} because of its name"

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

    def _await(self, original: cst.CSTNode, updated: cst.BaseExpression) -> cst.Await:
        """Return the awaited expression, in parentheses if its result is used directly."""
        parent = self._names.parent(original)
        bare = updated.with_changes(lpar=[], rpar=[])
        awaited = cst.Await(bare, lpar=updated.lpar, rpar=updated.rpar)
        used = (
            (isinstance(parent, cst.Attribute) and parent.value is original)
            or (isinstance(parent, cst.Call) and parent.func is original)
            or (isinstance(parent, cst.Subscript) and parent.value is original)
        )
        if not used or awaited.lpar:
            return awaited
        return awaited.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def _remark_guess(self, node: cst.CSTNode, base: cst.BaseExpression, kind: Kind) -> None:
        if not kind.sure:
            name = cst.Module([]).code_for_node(base)
            said = GUESSED.format(name=name, kind=kind.name)
            if (self._line(node), said) not in self.remarks:
                self.remarks.append((self._line(node), said))

    # Calls -----------------------------------------------------------------------------

    def leave_Call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:  # noqa: N802
        """Await new coroutines; drop and rename arguments."""
        created = self._names.motor_class(dotted(original.func) or "")
        if created is not None:
            return _arguments(updated, CLASSES[created].kind)
        if not isinstance(original.func, cst.Attribute):
            return updated
        base, method = original.func.value, original.func.attr.value
        kind = self._names.kind(base)
        if method == "to_list":
            self._mark_to_list(original, kind)
        if self._needs_await(original, base, method, kind) and not self._is_awaited(original):
            if self._can_await(original):
                return self._await(original, updated)
            self._mark(original, AWAITED.format(name=method))
        return updated

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
            found = method in NOW_AWAITED.get(kind.name, ())
            if found:
                self._remark_guess(node, base, kind)
            return found
        if not self._names.imports.any or kind is not None:
            return False
        if method in DISTINCTIVE:
            return True
        name = (dotted(base) or "").rpartition(".")[2]
        if method == "close" and name in _CLIENTS and not self._is_awaited(node):
            self._mark(node, MAYBE_CLIENT)
        elif method in _DISTINCTIVE_CALLS and not self._is_awaited(node):
            self._mark(node, MAYBE.format(name=method))
        return False

    def leave_Await(  # noqa: N802
        self, original: cst.Await, updated: cst.Await
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
                inside = updated.expression
                return inside.with_changes(
                    lpar=[*updated.lpar, *inside.lpar], rpar=[*inside.rpar, *updated.rpar]
                )
        return updated

    # Attributes and names --------------------------------------------------------------

    def leave_Attribute(  # noqa: N802
        self, original: cst.Attribute, updated: cst.Attribute
    ) -> cst.BaseExpression:
        """Await properties, rename classes, mark removed attributes."""
        motor = self._names.motor_class(dotted(original) or "")
        if motor is not None:
            return cst.Name(CLASSES[motor].name, lpar=updated.lpar, rpar=updated.rpar)
        kind = self._names.kind(original.value)
        name = original.attr.value
        if kind is None or kind.name == OTHER:
            return updated
        if name in REMOVED and kind.sure and self._names.parent(original) not in self._loops:
            self._mark(original, REMOVED[name])
        if kind.name == "client" and kind.sure:
            if name in PROPERTIES:
                return self._property(original, updated)
            parent = self._names.parent(original)
            called = isinstance(parent, cst.Call) and parent.func is original
            if name == "close" and not called:
                self._mark(original, HANDED_ON)
        return updated

    def _property(self, original: cst.Attribute, updated: cst.Attribute) -> cst.BaseExpression:
        if self._is_awaited(original):
            return updated
        if self._can_await(original):
            return self._await(original, updated)
        self._mark(original, f"{original.attr.value} must be awaited now, in an async function")
        return updated

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.BaseExpression:  # noqa: N802
        """Rename classes."""
        motor = self._names.imports.classes.get(original.value)
        parent = self._names.parent(original)
        if motor is None or motor != original.value:  # imported under an alias
            return updated
        if isinstance(parent, cst.Attribute) and parent.attr is original:
            return updated
        if isinstance(parent, cst.Arg) and parent.keyword is original:
            return updated
        return updated.with_changes(value=CLASSES[motor].name)

    def leave_SimpleString(  # noqa: N802
        self, original: cst.SimpleString, updated: cst.SimpleString
    ) -> cst.BaseExpression:
        """Rename classes in quoted annotations; mark other strings that refer to Motor."""
        value = original.evaluated_value
        if not isinstance(value, str) or "otor" not in value:
            return updated
        node: cst.CSTNode | None = original
        while isinstance(node, (cst.BaseExpression, cst.Index, cst.SubscriptElement)):
            node = self._names.parent(node)
        if isinstance(node, cst.Annotation):
            return updated.with_changes(value=self._renamed(original.value))
        if _PATH.fullmatch(value):
            self._mark(original, IN_TEXT)
        return updated

    def _renamed(self, text: str) -> str:
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
        self, original: cst.While, updated: cst.While
    ) -> cst.BaseStatement:
        """Turn ``while await cursor.fetch_next`` and its first line into ``async for``."""
        found = _fetch_next(original)
        if found is None or not self._can_await(original):
            return self._add_marks(original, updated)
        target, cursor = found
        body = updated.body
        rest = list(body.body)[1:] if isinstance(body, cst.IndentedBlock) else []
        loop = cst.For(
            target=target,
            iter=cursor,
            body=body.with_changes(body=rest or [cst.parse_statement("pass")]),
            orelse=updated.orelse,
            asynchronous=cst.Asynchronous(),
            leading_lines=updated.leading_lines,
        )
        return self._add_marks(original, loop)

    def leave_For(self, original: cst.For, updated: cst.For) -> cst.BaseStatement:  # noqa: N802
        """Mark loops over GridFS files, which yield lines now."""
        kind = self._names.kind(original.iter)
        if kind is not None and kind.name == "grid_out" and kind.sure:
            self._mark(original, LINES)
        return self._add_marks(original, updated)

    def leave_SimpleStatementLine(  # noqa: N802
        self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement] | cst.RemovalSentinel:
        """Replace imports line by line."""
        body: list[cst.BaseSmallStatement] = []
        changed = False
        for statement in original.body:
            if isinstance(statement, (cst.Import, cst.ImportFrom)):
                found = replace_import(statement, self._used)
                if found is not None:
                    changed = True
                    self._note_import(statement, found[1])
                    body += found[0]
                    continue
            body.append(updated.body[original.body.index(statement)])
        if not changed:
            return self._add_marks(original, updated)
        if not body:
            return cst.RemovalSentinel.REMOVE
        first, *others = split_lines(updated, body)
        return cst.FlattenSentinel([self._add_marks(original, first), *others])

    def _note_import(self, statement: cst.Import | cst.ImportFrom, marks: list[str]) -> None:
        for text in marks:
            self._mark(statement, text)
        module = dotted(statement.module) if isinstance(statement, cst.ImportFrom) else None
        tornado = module in ("motor", "motor.motor_tornado") and any(
            name.startswith("Motor") for name in self._names.imports.classes.values()
        )
        by_module = any(name.startswith("Motor") for name in self._used)
        if tornado or (by_module and not isinstance(statement, cst.ImportFrom)):
            self._mark(statement, TORNADO)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Add marks above the other compound statements."""
        updated: Any = super().on_leave(original_node, updated_node)
        done = (cst.While, cst.For)
        if isinstance(original_node, cst.BaseCompoundStatement) and not isinstance(
            original_node, done
        ):
            return self._add_marks(original_node, updated)
        return updated

    def _add_marks(self, original: cst.CSTNode, updated: Statement) -> Statement:
        texts = self._above.get(original, [])
        present = {line.comment.value for line in updated.leading_lines if line.comment}
        wanted = [f"# {MARK} {text}" for text in texts]
        comments = [
            cst.EmptyLine(comment=cst.Comment(text)) for text in wanted if text not in present
        ]
        if not comments:
            return updated
        above = [*updated.leading_lines, *comments]
        return cast("Statement", updated.with_changes(leading_lines=above))


def _modules_used(module: cst.Module, names: Names) -> set[str]:
    """Return the Motor classes that the program uses through a module."""
    found: set[str] = set()

    class Finder(cst.CSTVisitor):
        def visit_Attribute(self, node: cst.Attribute) -> None:  # noqa: N802
            name = names.motor_class(dotted(node) or "")
            if name is not None:
                found.add(name)

    module.visit(Finder())
    return found


def _arguments(call: cst.Call, kind: str) -> cst.Call:
    removed = REMOVED_ARGUMENTS.get(kind, frozenset())
    renamed = RENAMED_ARGUMENTS.get(kind, {})
    arguments = []
    for argument in call.args:
        name = argument.keyword.value if argument.keyword else None
        if name in removed:
            continue
        if name is not None and name in renamed:
            argument = argument.with_changes(keyword=cst.Name(renamed[name]))
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
