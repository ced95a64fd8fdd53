"""What mistakes would make of values: an expression without effects is evaluated with each of them, too.

So one run of the Worker as it is tells of many mistakes at once that nothing can come of them in it.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.mutation.mutant import Mutant
from harness.mutation.python.syntax import Syntax

# Where a module keeps the numbers of mistakes that would have made another value of something, and what
# evaluates an expression as it is and with its mistakes.
CHANGED: Final = "__values_changed__"
EITHER: Final = "__either__"
HELPERS: Final = f"""
{CHANGED} = set()
def {EITHER}(right, *mistakes):
    try:
        value = right()
    except Exception:
        {CHANGED}.update(number for number, _ in mistakes)
        raise
    for number, mistaken in mistakes:
        if number not in {CHANGED}:
            try:
                other = mistaken()
                same = other is value or (
                    type(other) is type(value) and other == value and repr(other) == repr(value)
                )
            except Exception:
                same = False
            if not same:
                {CHANGED}.add(number)
    return value
"""

# Functions and methods of Python that only look at what they are given.
_ONLY_LOOK: Final = """
    len min max isinstance str int float bool abs repr round bytes ceil floor
    get keys values items startswith endswith removeprefix removesuffix encode decode partition rpartition
    split rsplit strip lstrip rstrip lower upper join replace isdigit isascii find index count bit_length
    union intersection difference symmetric_difference issubset issuperset isdisjoint copy
    time time_ns timestamp isoformat fromisoformat timedelta
"""
# These use up what they are given, where that is an iterator. A function may do so with what it made itself.
_USE_UP: Final = """
    list tuple set dict frozenset sorted sum any all enumerate zip range map filter reversed
"""
_EFFECTS: Final = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_USED_UP: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NO_VALUE: Final = (ast.Slice, ast.Starred)
_NOT_AROUND: Final = (ast.JoinedStr, ast.FormattedValue, ast.Lambda)
_SIMPLE: Final = (
    ast.Return,
    ast.Assign,
    ast.AnnAssign,
    ast.If,
    ast.For,
    ast.Try,
    ast.Raise,
    ast.Continue,
    ast.Break,
    ast.Pass,
    ast.Expr,
)


def looking(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The names of functions that only look at what they are given: Python's, and those in ``trees``."""
    found: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, []).append(node)
    pure = {*_ONLY_LOOK.split(), *_USE_UP.split(), *found}
    while True:
        less = {
            name for name in pure & found.keys() if not all(_only_looks(one, pure) for one in found[name])
        }
        if not less:
            return frozenset(pure)
        pure -= less


def _only_looks(function: ast.FunctionDef | ast.AsyncFunctionDef, pure: Collection[str]) -> bool:
    if isinstance(function, ast.AsyncFunctionDef):
        return False
    inside = [node for statement in function.body for node in ast.walk(statement)]
    for node in inside:
        is_stored = isinstance(getattr(node, "ctx", ast.Load()), ast.Store)
        able = isinstance(node, _SIMPLE) if isinstance(node, ast.stmt) else not _has_effect(node, pure)
        if not able or (is_stored and not isinstance(node, ast.Name | ast.Tuple)):
            return False
    return True


def _has_effect(node: ast.AST, pure: Collection[str]) -> bool:
    """Whether the node itself, without what is in it, may have one."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name not in pure
    return isinstance(node, _EFFECTS) or (isinstance(node, ast.comprehension) and bool(node.is_async))


def _is_pure(node: ast.AST, pure: Collection[str]) -> bool:
    return not any(
        _has_effect(one, pure)
        or isinstance(one, _USED_UP)
        or (isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in _USE_UP.split())
        for one in ast.walk(node)
    )


@dataclass(frozen=True)
class Alternative:
    """``mistaken`` in place of the expression ``node``; ``operands`` are evaluated once, for both of them."""

    node: ast.expr
    right: ast.expr
    mistaken: ast.expr
    operands: tuple[ast.expr, ...] = ()


def compare(syntax: Syntax, mutants: Mapping[int, Mutant], pure: Collection[str]) -> frozenset[int]:
    """Have the tree evaluate what mutants, by their numbers, make of expressions; the numbers of these."""
    above = {child: node for node in ast.walk(syntax.tree) for child in ast.iter_child_nodes(node)}
    expressions = [(syntax.start(node), syntax.end(node), node) for node in _evaluated(syntax.tree)]
    found: dict[ast.expr, list[tuple[int, Alternative]]] = {}
    for number, mutant in mutants.items():
        start, end = mutant.start, mutant.start + len(mutant.before.encode())
        inside = [(last - first, node) for first, last, node in expressions if first <= start and end <= last]
        if not inside:
            continue
        smallest = min(inside, key=lambda one: one[0])[1]
        if (one := _alternative(syntax, mutant, smallest, above, pure)) is not None:
            found.setdefault(one.node, []).append((number, one))
    for node, group in found.items():
        if any(not one.operands for _, one in group):
            found[node] = [(number, one) for number, one in group if not one.operands]
    _Comparing(found, above).visit(syntax.tree)
    return frozenset(number for group in found.values() for number, _ in group)


def _evaluated(tree: ast.Module) -> Iterator[ast.expr]:
    """The expressions that functions evaluate: not those of f-strings, annotations, targets and patterns."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                yield from _expressions(statement)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.pattern):
        return
    if isinstance(node, ast.expr) and not isinstance(node, _NO_VALUE):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            yield node
        if isinstance(node, ast.JoinedStr):
            return
    for name, value in ast.iter_fields(node):
        if name != "annotation":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _expressions(child)


def _alternative(
    syntax: Syntax,
    mutant: Mutant,
    smallest: ast.expr,
    above: Mapping[ast.AST, ast.AST],
    pure: Collection[str],
) -> Alternative | None:
    """The largest expression around a mistake that can be evaluated twice."""
    found, node = None, smallest
    # A call that is awaited is not called twice.
    while not isinstance(above[node], ast.Await):
        if not isinstance(node, _NO_VALUE):
            mistaken = _mistaken(syntax, mutant, node)
            if mistaken is None or not (_is_pure(node, pure) and _is_pure(mistaken, pure)):
                break
            found = Alternative(node, node, mistaken)
        parent = above[node]
        if isinstance(parent, ast.keyword):
            parent = above[parent]
        if not isinstance(parent, ast.expr) or isinstance(parent, _NOT_AROUND):
            break
        node = parent
    return found or _by_operands(syntax, mutant, smallest, pure)


def _mistaken(syntax: Syntax, mutant: Mutant, node: ast.expr) -> ast.expr | None:
    start, before = syntax.start(node), mutant.before.encode()
    text, at = syntax.of(node).encode(), mutant.start - start
    changed = text[:at] + mutant.after.encode() + text[at + len(before) :]
    try:
        return ast.parse(f"({changed.decode()}\n)", mode="eval").body
    except SyntaxError:
        return None


def _by_operands(syntax: Syntax, mutant: Mutant, node: ast.expr, pure: Collection[str]) -> Alternative | None:
    """With operands that have effects, and are all evaluated whatever the operator is."""
    operands, mistaken = tuple(_operands_of(node)), _mistaken(syntax, mutant, node)
    if not operands or mistaken is None:
        return None
    copy = ast.parse(f"({syntax.of(node)}\n)", mode="eval").body
    names = {ast.dump(one): _operand(at) for at, one in enumerate(operands)}
    right, mistaken = (_Naming(names).named(one) for one in (copy, mistaken))
    if not (_is_pure(right, pure) and _is_pure(mistaken, pure)):
        return None
    return Alternative(node, right, mistaken, operands)


def _operand(at: int) -> str:
    return f"_operand_{at}"


class _Naming(ast.NodeTransformer):
    """Puts names in the place of operands, by their dumps."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def named(self, node: ast.expr) -> ast.expr:
        named = self.visit(node)
        assert isinstance(named, ast.expr)
        return named

    def visit(self, node: ast.AST) -> ast.AST:
        name = self.names.get(ast.dump(node))
        return self.generic_visit(node) if name is None else ast.Name(name, ast.Load())


class _Comparing(ast.NodeTransformer):
    """Puts what evaluates both in the place of an expression with alternatives."""

    def __init__(
        self, found: Mapping[ast.expr, Sequence[tuple[int, Alternative]]], above: Mapping[ast.AST, ast.AST]
    ) -> None:
        self.found = found
        self.above = above

    def visit(self, node: ast.AST) -> ast.AST:
        group = self.found.get(node, ()) if isinstance(node, ast.expr) else ()
        is_test = self._is_test(node)
        visited = self.generic_visit(node)
        if not group:
            return visited
        assert isinstance(visited, ast.expr)
        if not group[0][1].operands:
            return _either(visited, group, is_test=is_test)
        operands = list(_operands_of(visited))
        names = [ast.arg(_operand(at)) for at in range(len(operands))]
        body = _either(group[0][1].right, group, is_test=is_test)
        return ast.Call(ast.Lambda(ast.arguments([], names, None, [], [], None, []), body), operands, [])

    def _is_test(self, node: ast.AST) -> bool:
        """Whether it only matters whether it is true."""
        parent = self.above.get(node)
        return (isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node) or (
            isinstance(parent, ast.comprehension) and any(one is node for one in parent.ifs)
        )


def _operands_of(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand


def _either(right: ast.expr, group: Sequence[tuple[int, Alternative]], *, is_test: bool) -> ast.expr:
    mistakes = [
        ast.Tuple([ast.Constant(number), _later(one.mistaken, is_test=is_test)], ast.Load())
        for number, one in group
    ]
    return ast.Call(ast.Name(EITHER, ast.Load()), [_later(right, is_test=is_test), *mistakes], [])


def _later(node: ast.expr, *, is_test: bool) -> ast.Lambda:
    body = ast.Call(ast.Name("bool", ast.Load()), [node], []) if is_test else node
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), body)
