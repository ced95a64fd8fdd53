"""Which lines of a Worker's functions a run carries out, and which mistakes would change a value there."""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.mutation.mutant import Mutant
from harness.mutation.python.syntax import Syntax
from harness.mutation.python.values import CHANGED, HELPERS, compare, looking
from harness.system.files import PYTHON, source_files
from worker.runtime import Worker

# A line of a file, which is relative to the folder of the Worker's entry file.
Line = tuple[str, int]

# Where each module of a Worker that counts its lines keeps those that were carried out.
_NAME: Final = "__lines_carried_out__"


class Counting:
    """The files of a Worker in ``folder``, which count the statements that are carried out, to be read in
    their place: ``texts``.

    They evaluate expressions with those of ``mutants``, too, with which that can be done: ``compared``, by
    their places. Python's own tracing would make everything else slow, too.
    """

    def __init__(self, folder: Path, mutants: Sequence[Mutant] = ()) -> None:
        read = {
            path.relative_to(folder).as_posix(): Syntax(path.read_text("utf-8"))
            for path in source_files(folder, PYTHON)
        }
        pure = looking(one.tree for one in read.values())
        self.compared: dict[int, Mutant] = {}
        for name, syntax in read.items():
            here = {at: one for at, one in enumerate(mutants) if one.file == name}
            self.compared |= {at: here[at] for at in compare(syntax, here, pure)}
        self.texts = {folder / name: _counting(syntax.tree) for name, syntax in read.items()}
        self._folder = folder
        self._found: dict[str, set[int]] = {}
        self._changed: list[set[int]] = []

    def begin(self, worker: Worker) -> None:
        """Count in a Worker that was loaded with the texts."""
        root = f"{worker.space.root}."
        modules = [vars(module) for name, module in list(sys.modules.items()) if name.startswith(root)]
        counting = [module for module in modules if _NAME in module]
        self._found = {
            Path(module["__file__"]).relative_to(self._folder).as_posix(): module[_NAME]
            for module in counting
        }
        self._changed = [module[CHANGED] for module in counting]

    def forget(self) -> None:
        """Begin anew."""
        for found in (*self._found.values(), *self._changed):
            found.clear()

    @property
    def lines(self) -> frozenset[Line]:
        """The first lines of the statements that were carried out since."""
        return frozenset((name, line) for name, lines in self._found.items() for line in lines)

    @property
    def changed(self) -> frozenset[int]:
        """With which of those that are compared some value would have been another one since."""
        return frozenset(at for changed in self._changed for at in changed)


def _counting(tree: ast.Module) -> str:
    """The text of a file, with a count before each statement of its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                _count_in(inner)
    first = 1 if ast.get_docstring(tree, clean=False) is not None else 0
    while _is_from_future(tree.body[first : first + 1]):
        first += 1
    tree.body[first:first] = ast.parse(f"{_NAME} = set()\n{HELPERS}").body
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
    """The lines of which one is carried out before the mistake is; None for what loading the Worker does, and
    for what is not Python.
    """
    if not mutant.file.endswith(PYTHON):
        return None
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
