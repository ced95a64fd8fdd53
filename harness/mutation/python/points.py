"""The points of a Python file at which a mistake can be made."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from harness.mutation.points import (
    TAKE_OPTIONS,
    Absence,
    Awaited,
    Block,
    Called,
    Code,
    Condition,
    Given,
    Handled,
    Joined,
    Literal,
    Member,
    Name,
    Negated,
    Number,
    Operator,
    Option,
    Removable,
    Spelling,
    Statement,
    TextRange,
    keys_among,
)
from harness.mutation.python.syntax import Syntax

_SPELLING: Final = Spelling(
    nothing="pass",
    negated="not ({})",
    absent="({}) is None",
    present="({}) is not None",
    truth={True: "True", False: "False"},
    computed={"+": "-", "-": "+", "*": "//", "//": "*", "%": "*", "&": "|", "|": "&"},
    joining={"and": "or", "or": "and"},
)
_WRITTEN: Final[dict[type[ast.cmpop | ast.operator], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}
_SIMPLE: Final = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Await)
_LEAVES: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MADE: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def read_python(text: str) -> Code:
    """Raises SyntaxError for what is not Python."""
    syntax = Syntax(text)
    imported = {
        (one.module or "").rpartition(".")[2]: [each.asname or each.name for each in one.names]
        for one in ast.walk(syntax.tree)
        if isinstance(one, ast.ImportFrom)
    }
    nodes = [tuple(_points(syntax, node)) for node in syntax.nodes()]
    return Code(syntax, _SPELLING, nodes, keys_among(imported, syntax.texts))


def _points(syntax: Syntax, node: ast.AST) -> Iterator[TextRange]:
    yield from _expression(syntax, node)
    yield from _statement(syntax, node)


def _expression(syntax: Syntax, node: ast.AST) -> Iterator[TextRange]:
    where = syntax.range
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            for place, one in enumerate(node.ops):
                yield from _operator(syntax, sides[place], sides[place + 1], _WRITTEN[type(one)])
            operator, *more = node.ops
            if not more and _is_none(node.comparators[0]) and isinstance(operator, ast.Is | ast.IsNot):
                yield Absence(*where(node), _at(syntax, node.left), isinstance(operator, ast.Is))
        case ast.BinOp():
            # Other operators are not for texts.
            written, sides = _WRITTEN.get(type(node.op)), [node.left, node.right]
            if written is not None and not any(_is_text(syntax, one) for one in sides):
                yield from _operator(syntax, node.left, node.right, written)
        case ast.BoolOp():
            word = "and" if isinstance(node.op, ast.And) else "or"
            between = next(_operator(syntax, node.values[0], node.values[1], word), None)
            yield Joined(*where(node), word, between, tuple(_at(syntax, one) for one in node.values))
        case ast.UnaryOp(op=ast.Not()):
            yield Negated(*where(node), _at(syntax, node.operand), isinstance(node.operand, _SIMPLE))
        case ast.Constant(value=bool() | int() | float() as number):
            yield Number(*where(node), number)
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield _literal(syntax, node)
        case ast.Name(ctx=ast.Load()):
            yield Name(*where(node), node.id)
        case ast.Attribute(ctx=ast.Load(), value=ast.Name(id=owner)):
            yield Member(*where(node), owner, node.attr)
        case ast.Await():
            yield Awaited(*where(node), _at(syntax, node.value))
        case ast.Dict():
            within = TextRange(syntax.start(node) + 1, syntax.end(node) - 1)
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    label = TextRange(syntax.start(key) + 1, syntax.end(key) - 1)
                    start, end = syntax.start(key), syntax.end(value)
                    yield Option(start, end, key.value, label, _at(syntax, value), within)
        case ast.Call():
            yield from _call(syntax, node)
    yield from _conditions(syntax, node)


def _call(syntax: Syntax, node: ast.Call) -> Iterator[TextRange]:
    if isinstance(node.func, ast.Name):
        yield Called(*syntax.range(node.func), node.func.id)
    if not any(isinstance(one, ast.Starred) for one in node.args):
        yield Given(*syntax.range(node), tuple(_at(syntax, one) for one in node.args))
    within = TextRange(syntax.end(node.func) + 1, syntax.end(node) - 1)
    takes = isinstance(node.func, ast.Attribute) and node.func.attr in TAKE_OPTIONS
    for one in node.keywords:
        start, end = syntax.range(one)
        if one.arg is not None:
            label = TextRange(start, start + len(one.arg.encode()))
            yield Option(start, end, one.arg, label, _at(syntax, one.value), within)
        elif takes:
            yield Option(start, end, None, TextRange(start, start), None, within)


def _conditions(syntax: Syntax, node: ast.AST) -> Iterator[TextRange]:
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        is_simple = isinstance(test, _SIMPLE) and not isinstance(node, ast.comprehension)
        yield Condition(*syntax.range(test), is_not or isinstance(test, ast.Compare), is_simple)


def _statement(syntax: Syntax, node: ast.AST) -> Iterator[TextRange]:
    if isinstance(node, ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete) or any(
        is_one(node) for is_one in (_is_guard, _is_done, _is_set)
    ):
        yield Removable(*syntax.range(node))
    if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[0], ast.Pass):
        yield Handled(syntax.start(node.body[0]), syntax.end(node.body[-1]))
    if isinstance(node, ast.Module | ast.ClassDef):
        return
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and len(body) > 1:
            start, end = syntax.start(body[0]), syntax.end(body[-1])
            yield Block(start, end, tuple(_among_others(syntax, one) for one in body))


def _operator(syntax: Syntax, left: ast.expr, right: ast.expr, written: str) -> Iterator[Operator]:
    """An operator between two operands."""
    start = syntax.end(left)
    words = r"\s+".join(re.escape(word) for word in written.split())
    pattern = rf"\b{words}\b" if written[0].isalpha() else words
    found = re.search(pattern, syntax.between(start, syntax.start(right)))
    if found is not None:
        yield Operator(start + found.start(), start + found.end(), written)


def _at(syntax: Syntax, node: ast.AST) -> TextRange:
    return TextRange(*syntax.range(node))


def _is_text(syntax: Syntax, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        or (isinstance(node, ast.Name) and node.id in syntax.texts)
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(syntax: Syntax, node: ast.Constant | ast.JoinedStr) -> Literal:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [one.value if isinstance(one, ast.Constant) else None for one in parts]
    text = "".join(one for one in texts if isinstance(one, str))
    first = texts[0] if texts else None
    return Literal(*syntax.range(node), text, first if isinstance(first, str) else "")


def _is_guard(node: ast.AST) -> bool:
    """Whether it only leaves what it is in, where something is so."""
    return isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], _LEAVES)


def _is_done(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)


def _is_set(node: ast.AST) -> bool:
    """Whether it changes something that is there without it: a name would be missing."""
    return isinstance(node, ast.Assign) and all(
        isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets
    )


def _among_others(syntax: Syntax, node: ast.stmt) -> Statement:
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return Statement(
        *syntax.range(node),
        is_text or isinstance(node, (*_LEAVES, *_MADE)),
        any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(node)),
        frozenset(one.id for one in names if isinstance(one.ctx, ast.Store)),
        frozenset(one.id for one in names if isinstance(one.ctx, ast.Load)),
    )
