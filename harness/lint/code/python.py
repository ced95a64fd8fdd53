"""Reads Python."""

import ast
from typing import Any, Final

from harness.lint.code import tree
from harness.lint.code.tree import Node

_OPERATORS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "/", "Mod": "%",
    "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "Is": "==", "IsNot": "!=",
    "In": "in", "NotIn": "not in", "And": "and", "Or": "or",
}  # fmt: skip


# A constant that is more than a place in a text.
_PLAIN: Final = (str, int, float, type(None))


def read_python(source: bytes) -> Node:
    """A file. Raises SyntaxError, and ValueError for what is not text."""
    return _block(ast.parse(source).body, 1)


def _block(statements: list[ast.stmt], line: int) -> Node:
    return tree.Other(line, tuple(_read(one) for one in statements))


def _read(node: ast.AST | None) -> Node:
    line = getattr(node, "lineno", 0)
    match node:
        case None:
            return tree.Constant(line, None)
        case ast.Name():
            return tree.Name(line, "this" if node.id == "self" else node.id)
        case ast.Constant():
            given = node.value
            return tree.Constant(line, given) if isinstance(given, _PLAIN) else tree.Other(line)
        case ast.JoinedStr():
            return tree.Text(line, tuple(_read(one) for one in node.values))
        case ast.Attribute():
            return tree.Member(line, _read(node.value), node.attr)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return tree.Member(line, _read(node.value), name)
        case ast.Subscript():
            return tree.Index(line, _read(node.value), _read(node.slice))
        case ast.FormattedValue() | ast.Await() | ast.Expr():
            return _read(node.value)
        case ast.NamedExpr():
            return tree.Assign(line, _read(node.target), _read(node.value), is_new=True)
        case ast.Starred():
            return tree.Spread(line, _read(node.value))
        case ast.Dict():
            names = [one.value if isinstance(one, ast.Constant) else one for one in node.keys]
            pairs = zip(names, node.values, strict=True)
            return tree.Object(
                line, tuple((name if isinstance(name, str) else None, _read(one)) for name, one in pairs)
            )
        case ast.List() | ast.Tuple() | ast.Set():
            return tree.Items(line, tuple(_read(one) for one in node.elts))
        case ast.Call():
            named = tuple((one.arg, _read(one.value)) for one in node.keywords)
            return tree.Call(line, _read(node.func), tuple(_read(one) for one in node.args), named)
        case ast.BinOp():
            return tree.Binary(line, _operator(node.op), _read(node.left), _read(node.right))
        case ast.BoolOp():
            first, *others = (_read(one) for one in node.values)
            for one in others:
                first = tree.Binary(line, _operator(node.op), first, one)
            return first
        case ast.UnaryOp(op=ast.Not()):
            return tree.Binary(line, "not", _read(node.operand), tree.Other(line))
        case ast.Compare():
            right = _read(node.comparators[0])
            return tree.Binary(line, _operator(node.ops[0]), _read(node.left), right)
        case ast.IfExp():
            return tree.Choice(line, _read(node.test), _read(node.body), _read(node.orelse))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(node, line)
        case _:
            return _statement(node, line)


def _statement(node: ast.AST, line: int) -> Node:
    match node:
        case ast.Lambda():
            return tree.Function(line, "", _parameters(node.args), _read(node.body), is_expression=True)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return tree.Function(line, node.name, _parameters(node.args), _block(node.body, line))
        case ast.ClassDef():
            return _class(node, line)
        case ast.Assign():
            value = _read(node.value)
            return tree.Other(
                line, tuple(tree.Assign(line, _read(one), value, is_new=True) for one in node.targets)
            )
        case ast.AnnAssign():
            return (
                tree.Assign(line, _read(node.target), _read(node.value)) if node.value else tree.Other(line)
            )
        case ast.AugAssign():
            return tree.Assign(line, _read(node.target), _read(node.value), is_more=True)
        case ast.For() | ast.AsyncFor():
            body = _block(node.body, line)
            return tree.Loop(line, _read(node.target), _read(node.iter), None, body)
        case ast.While():
            return tree.Loop(line, None, None, _read(node.test), _block(node.body, line))
        case ast.If():
            return tree.Branch(line, _read(node.test), _block(node.body, line), _block(node.orelse, line))
        case ast.Try() | ast.TryStar():
            caught = [
                tree.Branch(line, None, _block(one.body, line), tree.Other(line)) for one in node.handlers
            ]
            parts = (_block(node.body, line), *caught, _block([*node.orelse, *node.finalbody], line))
            return tree.Other(line, parts)
        case ast.Match():
            cases = [tree.Branch(line, None, _block(one.body, line), tree.Other(line)) for one in node.cases]
            return tree.Other(line, (_read(node.subject), *cases))
        case ast.With() | ast.AsyncWith():
            entered = [
                tree.Assign(line, _read(one.optional_vars), _read(one.context_expr), is_new=True)
                if one.optional_vars
                else _read(one.context_expr)
                for one in node.items
            ]
            return tree.Other(line, (*entered, _block(node.body, line)))
        case ast.Return():
            return tree.Leave(line, "return", _read(node.value))
        case ast.Raise():
            return tree.Leave(line, "throw", _read(node.exc))
        case ast.Break():
            return tree.Leave(line, "break")
        case ast.Continue():
            return tree.Leave(line, "continue")
        case _:
            return tree.Other(line, tuple(_read(one) for one in ast.iter_child_nodes(node)))


def _operator(node: ast.AST) -> str:
    return _OPERATORS.get(type(node).__name__, "?")


def _comprehension(node: Any, line: int) -> Node:
    value = _read(node.value if isinstance(node, ast.DictComp) else node.elt)
    for one in reversed(node.generators):
        body = tree.Other(line, tuple(_read(test) for test in one.ifs))
        value = tree.Loop(line, _read(one.target), _read(one.iter), None, body, value)
    return value


def _parameters(given: ast.arguments) -> tuple[tree.Parameter, ...]:
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [*([None] * (len(plain) - len(given.defaults))), *given.defaults]
    pairs = [*zip(plain, defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    found = [
        tree.Parameter(
            tree.Name(one.lineno, one.arg),
            None if default is None else _read(default),
            ast.unparse(one.annotation) if one.annotation else "",
        )
        for one, default in pairs
        if one.arg not in ("self", "cls")
    ]
    if given.kwarg is not None:
        name = tree.Name(given.kwarg.lineno, given.kwarg.arg)
        found.append(tree.Parameter(name, is_rest=True))
    return tuple(found)


def _class(node: ast.ClassDef, line: int) -> Node:
    methods, fields = {}, []
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            read = _statement(one, one.lineno)
            assert isinstance(read, tree.Function)
            methods["constructor" if one.name == "__init__" else one.name] = read
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            fields.append(
                (one.target.id, ast.unparse(one.annotation), _read(one.value) if one.value else None)
            )
        elif isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            fields.append((one.targets[0].id, "", _read(one.value)))
    return tree.Class(line, node.name, methods, tuple(fields))
