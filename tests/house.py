"""The house, from the imports of its files: which file knows which, circles, and the drawing."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSE = ("kvstore", "worker", "wrangler_compat", "harness")
APART = ("worker/queue/", "worker/typings/")  # a Worker, and stubs: nobody imports them

Graph = Mapping[str, set[str]]


def files(folder: str) -> Iterator[Path]:
    yield from sorted((ROOT / folder).rglob("*.py"))


def every_file() -> list[Path]:
    return [path for room in HOUSE for path in files(room)]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it; for ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


@cache
def modules() -> Graph:
    """Each file by its path without ``.py``, and the files that it imports. What only types need counts."""
    paths = {str(path.relative_to(ROOT).with_suffix("")): path for path in every_file()}
    paths = {name: path for name, path in paths.items() if not name.startswith(APART)}
    known = {name.removesuffix("/__init__"): name for name in paths}
    return {
        name: {known[other] for one in imported(path) if (other := one.replace(".", "/")) in known} - {name}
        for name, path in paths.items()
        if path.name != "__init__.py"
    }


def siblings(folder: str) -> Graph:
    """What lies directly in ``folder`` ("" for the house), files and folders, and what of it each imports."""
    start = f"{folder}/" if folder else ""

    def child(name: str) -> str:
        return name.removeprefix(start).split("/")[0]

    graph: dict[str, set[str]] = {}
    for name, others in modules().items():
        if name.startswith(start):
            inside = {child(other) for other in others if other.startswith(start)}
            graph.setdefault(child(name), set()).update(inside - {child(name), "__init__"})
    return graph


def folders() -> list[str]:
    """Every folder that has files, and the house itself, which is ""."""
    return sorted({""} | {str(parent) for name in modules() for parent in Path(name).parents if parent.name})


def circle(graph: Graph) -> list[str]:
    """A way from something back to itself, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def drawing(depth: int = 2) -> str:
    """The folders down to ``depth``, each with what it imports beside it; whoever imports stands above."""
    return "\n".join(_lines("", depth))


def _lines(folder: str, depth: int) -> Iterator[str]:
    graph = siblings(folder)
    subfolders = [name for name in _downwards(graph) if (ROOT / folder / name).is_dir()]
    indent = "    " * len(Path(folder).parts)
    for name in subfolders:
        path = f"{folder}/{name}".lstrip("/")
        yield f"{indent + name + '/':<20}{_title(path)}".rstrip()
        if below := [other for other in subfolders if other in graph[name]]:
            yield f"{'':<20}→ {', '.join(below)}"
        if depth > 1:
            yield from _lines(path, depth - 1)


def _downwards(graph: Graph) -> list[str]:
    """Whoever imports before what is imported; by name where neither imports the other."""
    left = dict(graph)
    order = []
    while left:
        free = sorted(set(left) - {other for others in left.values() for other in others}) or sorted(left)
        order.append(free[0])
        del left[free[0]]
    return order


def _title(folder: str) -> str:
    """The first line of the package's docstring, without the name of the package."""
    path = ROOT / folder / "__init__.py"
    said = (ast.get_docstring(tree_of(path)) or "") if path.is_file() else ""
    title = re.sub(r"^[a-z_.]+: ", "", said.split("\n")[0]).rstrip(".").replace("``", "`")
    return title[:1].upper() + title[1:]
