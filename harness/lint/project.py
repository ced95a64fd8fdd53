"""The code of a folder, gone through: every function once, as if somebody had called it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.lint.code.javascript import read_javascript
from harness.lint.code.names import Names, configured, typed
from harness.lint.code.python import read_python
from harness.lint.code.state import Enough
from harness.lint.code.tree import Node
from harness.lint.code.values import Closure, Namespace, Scope, Trace, Value
from harness.lint.code.walk import Walk
from harness.lint.rules import Finding, Uses, found_in
from harness.system.files import JAVASCRIPT, PYTHON, source_files
from harness.terminal.command import CannotStart

_LARGEST: Final = 1_000_000  # bytes; what is larger was written by a program


# `// rehearse: allow lost-update, as only the operator writes it`
_ALLOWED: Final = re.compile(rb"rehearse: allow ([a-z-]+)")


@dataclass(frozen=True, slots=True)
class Looked:
    """``unread`` are files that could not be, each with why; ``found`` what no comment ``allowed``."""

    files: list[str]
    unread: list[str]
    operations: int
    found: list[Finding]
    allowed: int


def look_at(folder: Path) -> Looked:
    """Go through the code of a folder, or of one file. Raises CannotStart."""
    if not folder.exists():
        raise CannotStart(f"there is no {folder}: name the folder of a Worker, or a file")
    names = Names()
    root = folder if folder.is_dir() else folder.parent
    every = source_files(folder, PYTHON + JAVASCRIPT) if folder.is_dir() else [folder]
    configured([*root.rglob("wrangler.toml"), *root.rglob("wrangler.json*")], names)
    trees: dict[str, Node] = {}
    unread: list[str] = []
    allowed: set[tuple[str, int, str]] = set()
    for path in every:
        shown = str(path.relative_to(root))
        source = path.read_bytes()
        typed(source, names)
        if path.name.endswith(".d.ts") or len(source) > _LARGEST or ".min." in path.name:
            continue
        try:
            is_python = path.suffix in PYTHON
            trees[shown] = read_python(source) if is_python else read_javascript(source, path.suffix)
            allowed |= {(shown, line, name) for line, name in _allowed(source)}
        except (SyntaxError, ValueError, RecursionError) as error:
            unread.append(f"{shown}: {error}")
        except ImportError as error:
            raise CannotStart(
                f"{shown} is JavaScript, which tree-sitter reads: python -m pip install 'understudy-kv[lint]'"
            ) from error
    if not trees:
        raise CannotStart(f"{folder} has no code in Python, JavaScript or TypeScript that can be read")
    traces = list(_traces(trees, names))
    found = found_in(traces, _uses(traces, names))
    kept = [one for one in found if (one.file, one.line, one.rule) not in allowed]
    places = {(one.file, one.line, one.verb) for trace in traces for one in trace.operations}
    return Looked(list(trees), unread, len(places), kept, len(found) - len(kept))


def _allowed(source: bytes) -> Iterator[tuple[int, str]]:
    """The lines that a comment beside them, or above, allows something."""
    for number, line in enumerate(source.splitlines(), start=1):
        for name in _ALLOWED.findall(line):
            yield number, name.decode()
            yield number + 1, name.decode()


def _traces(trees: dict[str, Node], names: Names) -> Iterator[Trace]:
    """What each function would do; the code of modules first, as it says what names are."""
    made: list[Closure] = []
    for file, node in trees.items():
        scope = Scope({}, None, file)
        walk = Walk(names, scope)
        _run(walk, node)
        made += walk.made
        names.take(file, scope)
    waiting = [*made, *_methods(names)]
    entered: set[int] = set()
    for closure in waiting:  # grows while it is gone through
        if id(closure.function) in entered:
            continue
        entered.add(id(closure.function))
        walk = Walk(names, closure.scope)
        _run(walk, closure)
        waiting += walk.alone
        waiting += [one for one in walk.made if id(one.function) not in walk.entered]
        yield walk.trace


def _run(walk: Walk, what: Node | Closure) -> None:
    try:
        if isinstance(what, Closure):
            walk.enter(Value("root", what=what), [])
        else:
            walk.run(what)
    except (Enough, RecursionError):
        pass  # what has been seen until here counts


def _methods(names: Names) -> Iterator[Closure]:
    for found in names.methods.values():
        for of, closure in found:
            this = Walk(names, of.scope).instance(of)
            yield Closure(closure.function, closure.scope, this)


def _uses(traces: list[Trace], names: Names) -> Uses:
    for trace in traces:
        trace.operations = [one for one in trace.operations if _is_kv(one.namespace, names)]
    puts = [one for trace in traces for one in trace.of("put")]
    given = [one.options for one in puts if one.options is not None]
    reads = any(trace.of("getWithMetadata") for trace in traces)
    return Uses(
        names,
        reads or any("metadata" in one.members for one in given),
        any("expiration" in one.members or "expirationTtl" in one.members for one in given),
    )


def _is_kv(namespace: Namespace, names: Names) -> bool:
    return namespace.is_sure or namespace.name not in names.foreign
