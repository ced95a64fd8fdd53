"""A Python file as its syntax tree and its text: where each node is, and what is written there."""

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from harness.mutation.points import SourceText

# What is written between quotes has no places of its own before Python 3.12; annotations are not carried out.
_LEFT_OUT: Final = (ast.JoinedStr, ast.arg)


class Syntax(SourceText):
    """The ``text`` of a file. Raises SyntaxError for what is not Python."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.tree = ast.parse(text)
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: ast.AST) -> int:
        """The byte at which a node begins."""
        return self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined, no-any-return]

    def end(self, node: ast.AST) -> int:
        """The byte after its last one."""
        return self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined, no-any-return]

    def range(self, node: ast.AST) -> tuple[int, int]:
        return self.start(node), self.end(node)

    def of(self, node: ast.AST) -> str:
        """What is written for a node."""
        return self.between(*self.range(node))

    def nodes(self) -> Iterator[ast.AST]:
        """Every node that is carried out, in the order of the text."""
        yield from _carried_out(self.tree)

    @cached_property
    def texts(self) -> dict[str, str]:
        """The constants of the file that are texts, by their names in capitals."""
        found: dict[str, str] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.AnnAssign) and statement.value is not None:
                pairs: list[tuple[ast.expr, ast.expr]] = [(statement.target, statement.value)]
            elif isinstance(statement, ast.Assign):
                pairs = [pair for target in statement.targets for pair in _pairs(target, statement.value)]
            else:
                continue
            for name, value in pairs:
                if isinstance(name, ast.Name) and name.id.isupper() and _is_text(value):
                    found[name.id] = ast.literal_eval(value)
        return found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _carried_out(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, _LEFT_OUT):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _carried_out(child)
