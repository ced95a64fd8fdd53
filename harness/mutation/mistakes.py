"""The table of small mistakes: what is made of a place in a Worker's code, by rule."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from harness.mutation.keys import another_key
from harness.mutation.mutant import Mutant
from harness.mutation.options import OPTIONS, left_out, stars
from harness.mutation.sql import SQL
from harness.mutation.syntax import Syntax

# Something that is to stand in the place from one byte to another.
Change = tuple[int, int, str]
Rule = Callable[[Syntax, ast.AST], Iterator[Change]]

_COMPARED: Final[dict[type[ast.cmpop], tuple[str, tuple[str, ...]]]] = {
    ast.Lt: (r"<", ("<=", ">=")),
    ast.LtE: (r"<=", ("<", ">")),
    ast.Gt: (r">", (">=", "<=")),
    ast.GtE: (r">=", (">", "<")),
    ast.Eq: (r"==", ("!=",)),
    ast.NotEq: (r"!=", ("==",)),
    ast.In: (r"in\b", ("not in",)),
    ast.NotIn: (r"not\s+in\b", ("in",)),
    ast.Is: (r"is\b", ("is not",)),
    ast.IsNot: (r"is\s+not\b", ("is",)),
}
_COMPUTED: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: (r"//", "*"),
    ast.Mod: (r"%", "*"),
    ast.BitAnd: (r"&", "|"),
    ast.BitOr: (r"\|", "&"),
}
_SIMPLE: Final = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Await)
_LEAVES: Final = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _operator(syntax: Syntax, left: ast.expr, right: ast.expr, pattern: str, new: str) -> Iterator[Change]:
    """Another operator between two operands."""
    start = syntax.end(left)
    found = re.search(pattern, syntax.between(start, syntax.start(right)))
    if found is not None:
        yield start + found.start(), start + found.end(), new


def _comparison(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for place, one in enumerate(node.ops):
            pattern, others = _COMPARED[type(one)]
            for new in others:
                yield from _operator(syntax, sides[place], sides[place + 1], pattern, new)


def _arithmetic(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
        if any(_is_text(syntax, side) for side in (node.left, node.right)):
            return  # nobody calculates with texts
        pattern, new = _COMPUTED[type(node.op)]
        yield from _operator(syntax, node.left, node.right, pattern, new)


def _is_text(syntax: Syntax, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        or (isinstance(node, ast.Name) and node.id in syntax.texts)
    )


def _smaller_or_larger(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        yield _instead(syntax, node.func, "max" if node.func.id == "min" else "min")


def _constant(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield _instead(syntax, node, str(not node.value))
    elif isinstance(node.value, int | float):
        yield _instead(syntax, node, repr(node.value + 1))
        if node.value:
            yield _instead(syntax, node, repr(node.value - 1))


def _and_or(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        first, second = node.values[:2]
        yield from _operator(syntax, first, second, rf"\b{old}\b", new)
        for one in node.values:
            others = [f"({syntax.of(other)})" for other in node.values if other is not one]
            yield _instead(syntax, node, f" {old} ".join(others))


def _negation(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _instead(syntax, node, f"({syntax.of(node.operand)})")
        return
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        if not isinstance(test, ast.Compare) and not _is_not(test):
            yield _instead(syntax, test, f"not ({syntax.of(test)})")


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _none_or_falsy(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and _is_none(node.comparators[0]):
        if isinstance(node.ops[0], ast.Is):
            yield _instead(syntax, node, f"not ({syntax.of(node.left)})")
        elif isinstance(node.ops[0], ast.IsNot):
            yield _instead(syntax, node, f"({syntax.of(node.left)})")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, _SIMPLE):
        yield _instead(syntax, node, f"({syntax.of(node.operand)}) is None")
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and isinstance(node.test, _SIMPLE):
        yield _instead(syntax, node.test, f"({syntax.of(node.test)}) is not None")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _statement_left_out(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete) or any(
        is_one(node) for is_one in (_is_guard, _is_done, _is_set)
    ):
        yield _instead(syntax, node, "pass")


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


def _await_left_out(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Await):
        yield _instead(syntax, node, syntax.of(node.value))


def _arguments_swapped(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or any(isinstance(one, ast.Starred) for one in node.args):
        return
    for one, other in pairwise(node.args):
        if syntax.of(one) != syntax.of(other):
            yield _exchanged(syntax, one, other)


def _exception_swallowed(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[0], ast.Pass):
        yield syntax.start(node.body[0]), syntax.end(node.body[-1]), "pass"


def _statements_exchanged(syntax: Syntax, node: ast.AST) -> Iterator[Change]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if not isinstance(body, list) or isinstance(node, ast.Module | ast.ClassDef):
            continue
        for one, other in pairwise(body):
            if _can_change_places(one, other):
                yield _exchanged(syntax, one, other)


def _can_change_places(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether both would still run, and the order may matter: one of them does something."""
    both = (one, other)
    if any(
        isinstance(each, (*_LEAVES, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for each in both
    ):
        return False
    if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
        return False
    if not any(isinstance(inner, ast.Call | ast.Await) for each in both for inner in ast.walk(each)):
        return False
    return not (_names(one, ast.Store) & _names(other, ast.Load))


def _names(node: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    found = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {inner.id for inner in found if isinstance(inner.ctx, context)}


def _exchanged(syntax: Syntax, one: ast.AST, other: ast.AST) -> Change:
    between = syntax.between(syntax.end(one), syntax.start(other))
    return syntax.start(one), syntax.end(other), f"{syntax.of(other)}{between}{syntax.of(one)}"


def _instead(syntax: Syntax, node: ast.AST, text: str) -> Change:
    return syntax.start(node), syntax.end(node), text


# Every rule, by its name, in the order in which they are told.
RULES: Final[dict[str, Rule]] = {
    "comparison": _comparison,
    "constant": _constant,
    "arithmetic": _arithmetic,
    "min or max": _smaller_or_larger,
    "and or": _and_or,
    "negation": _negation,
    "None or falsy": _none_or_falsy,
    "statement left out": _statement_left_out,
    "await left out": _await_left_out,
    "arguments swapped": _arguments_swapped,
    "another key": another_key,
    "exception swallowed": _exception_swallowed,
    "statements exchanged": _statements_exchanged,
    **{name: left_out(words) for name, words in OPTIONS.items()},
    "options left out": stars,
    **SQL,
}


def mistakes(file: str, text: str) -> list[Mutant]:
    """Every mistake that the rules make in a file that is Python, in the order of the text; each once."""
    syntax = Syntax(text)
    made: dict[Change, str] = {}
    for node in syntax.nodes():
        for rule, changes in RULES.items():
            for change in changes(syntax, node):
                made.setdefault(change, rule)
    return [
        Mutant(rule, file, syntax.line(start), start, syntax.between(start, end), new)
        for (start, end, new), rule in sorted(made.items())
    ]
