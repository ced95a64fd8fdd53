"""Which lines of a Worker's functions a run carries out, and which of them a mistake is in."""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.mutation.mutant import Mutant
from harness.mutation.syntax import Syntax
from harness.system.code import WorkerCode

# A line of a file, which is relative to the folder of the Worker's entry file.
Line = tuple[str, int]

# Where each module of a Worker that counts its lines keeps those that were carried out.
_NAME: Final = "__lines_carried_out__"


class Counting:
    """The Worker of ``worker`` as it is, whose files in ``folder`` count the statements that are carried out.

    Python's own tracing would make everything else slow, too.
    """

    def __init__(self, worker: Path, folder: Path, files: Iterable[str]) -> None:
        self.code = WorkerCode(
            worker, {folder / one: _counting((folder / one).read_text(encoding="utf-8")) for one in files}
        )
        root = f"{self.code.code.space.root}."
        modules = [module for name, module in list(sys.modules.items()) if name.startswith(root)]
        self._found: dict[str, set[int]] = {
            str(Path(module.__file__).relative_to(folder)): vars(module)[_NAME]
            for module in modules
            if module.__file__ and _NAME in vars(module)
        }

    def forget(self) -> None:
        """Begin anew."""
        for lines in self._found.values():
            lines.clear()

    @property
    def lines(self) -> frozenset[Line]:
        """The first lines of the statements that were carried out since."""
        return frozenset((name, line) for name, lines in self._found.items() for line in lines)


def _counting(text: str) -> str:
    """The text of a file, with a count before each statement of its functions."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                _count_in(inner)
    first = 1 if ast.get_docstring(tree, clean=False) is not None else 0
    while _is_from_future(tree.body[first : first + 1]):
        first += 1
    tree.body[first:first] = ast.parse(f"{_NAME} = set()").body
    return ast.unparse(ast.fix_missing_locations(tree))


def _is_from_future(statements: list[ast.stmt]) -> bool:
    return any(isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in statements)


def _count_in(node: ast.AST) -> None:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list) and not any(_is_count(one) for one in body):
            counted = ((ast.parse(f"{_NAME}.add({one.lineno})").body[0], one) for one in body)
            setattr(node, name, [each for pair in counted for each in pair])


def _is_count(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == f"{_NAME}.add"
    )


def lines_of(mutant: Mutant, folder: Path) -> frozenset[Line] | None:
    """The lines of which one is carried out before the mistake is; None for what loading the Worker does."""
    syntax = _syntax(folder / mutant.file)
    inside, found = False, None
    for node, in_function in _statements(syntax.tree.body, is_inside=False):
        if syntax.start(node) <= mutant.start < syntax.end(node):
            inside, found = in_function, node
    if found is None or not inside:
        return None
    last = min(
        (one.lineno - 1 for one in getattr(found, "body", ())), default=found.end_lineno or found.lineno
    )
    return frozenset((mutant.file, at) for at in range(found.lineno, max(last, found.lineno) + 1))


@cache
def _syntax(path: Path) -> Syntax:
    return Syntax(path.read_text(encoding="utf-8"))


def _statements(body: list[Any], *, is_inside: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement, the outer before the inner, and whether it is in a function."""
    for statement in body:
        yield statement, is_inside
        deeper = is_inside or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []), is_inside=deeper)
        for one in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _statements(one.body, is_inside=deeper)
