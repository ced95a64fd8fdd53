"""The code of a folder, followed without running it: every function once, as if it had been called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
from harness.system.files import JAVASCRIPT, PYTHON, code_files, source_files
from harness.system.javascript.grammar import INSTALL
from harness.terminal.command import CannotStart
from harness.terminal.lines import some

_CONFIGURATIONS: Final = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")
_LARGEST: Final = 1_000_000  # bytes; what is larger was written by a program

# `// rehearse: allow lost-update, as only the operator writes it`
_ALLOWED: Final = re.compile(rb"rehearse: allow ([a-z-]+)")


@dataclass(frozen=True, slots=True)
class Linted:
    """``unread`` is what could not be read or followed, each with the reason; ``found`` lacks what comments
    allow, which ``allowed`` counts.
    """

    files: list[str]
    unread: list[str]
    operations: int
    found: list[Finding]
    allowed: int


def lint(folder: Path) -> Linted:
    """Check the code of a folder, or of one file. Raises CannotStart."""
    if not folder.exists():
        raise CannotStart(f"there is no {folder}: name the folder of a Worker, or a file")
    if folder.is_dir():
        root, code = folder, source_files(folder, PYTHON + JAVASCRIPT)
        configurations = [one for one in code_files(folder) if one.name in _CONFIGURATIONS]
    else:
        root, code = folder.parent, [folder] if folder.suffix in PYTHON + JAVASCRIPT else []
        configurations = [one for name in _CONFIGURATIONS if (one := root / name).is_file()]
    reading = _Reading(root)
    for path in configurations:
        reading.configuration(path)
    for path in code:
        reading.code(path)
    names, trees, unread = reading.names, reading.trees, reading.unread
    if not trees:
        why = f" (not read: {some(unread)})" if unread else ""
        raise CannotStart(
            f"{folder} has no code in Python, JavaScript or TypeScript that can be read{why}: "
            "name the folder of a Worker's source, or a file"
        )
    traces = list(_traces(trees, names, unread))
    found = found_in(traces, _uses(traces, names))
    kept = [one for one in found if (one.file, one.line, one.rule) not in reading.allowed]
    places = {(one.file, one.line, one.verb) for trace in traces for one in trace.operations}
    return Linted(list(trees), unread, len(places), kept, len(found) - len(kept))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the files below ``root`` hold; ``allowed`` are lines of files, with the rules they allow."""

    root: Path
    names: Names = field(default_factory=Names)
    trees: dict[str, Node] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    allowed: set[tuple[str, int, str]] = field(default_factory=set)

    def configuration(self, path: Path) -> None:
        try:
            configured(path, self.names)
        except (OSError, ValueError, RecursionError) as error:
            self._not_read(path, _reason(error))

    def code(self, path: Path) -> None:
        """Read a file of code; one that is generated only has types. Raises CannotStart."""
        try:
            source = path.read_bytes()
            typed(source, self.names)
            if path.name.endswith(".d.ts") or ".min." in path.name:
                return
            if len(source) > _LARGEST:
                self._not_read(
                    path, f"it has {len(source):,} bytes; more than {_LARGEST:,} are taken as generated"
                )
                return
            tree, wrong = (
                (read_python(source), None) if path.suffix in PYTHON else read_javascript(source, path.suffix)
            )
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            self._not_read(path, _reason(error))
            return
        except ImportError as error:
            raise CannotStart(f"{path.name} is JavaScript, which tree-sitter reads: {INSTALL}") from error
        if wrong is not None:
            self._not_read(path, f"line {wrong} is not valid; the rest was read as far as possible")
        shown = str(path.relative_to(self.root))
        self.trees[shown] = tree
        self.allowed.update((shown, line, name) for line, name in _allowed(source))

    def _not_read(self, path: Path, reason: str) -> None:
        self.unread.append(f"{path.relative_to(self.root)}: {reason}")


def _reason(error: Exception) -> str:
    match error:
        case SyntaxError():
            return f"line {error.lineno}: {error.msg}"
        case OSError():
            return error.strerror or str(error)
        case RecursionError():
            return "it is nested too deeply"
    return str(error)


def _allowed(source: bytes) -> Iterator[tuple[int, str]]:
    """The lines that a comment beside them, or above, allows something."""
    for number, line in enumerate(source.splitlines(), start=1):
        for name in _ALLOWED.findall(line):
            yield number, name.decode()
            yield number + 1, name.decode()


def _traces(trees: dict[str, Node], names: Names, unread: list[str]) -> Iterator[Trace]:
    """What each function would do; the code of modules first, as it says what names are."""
    made: list[Closure] = []
    for file, node in trees.items():
        scope = Scope({}, None, file)
        walk = Walk(names, scope)
        if not _run(walk, node):
            unread.append(f"{file}: its top level is too long to follow to the end")
        made += walk.made
        names.take(file, scope)
    waiting = [*made, *_methods(names)]
    entered: set[int] = set()
    for closure in waiting:  # grows while it is gone through
        if id(closure.function) in entered:
            continue
        entered.add(id(closure.function))
        walk = Walk(names, closure.scope)
        if not _run(walk, closure):
            where = f"{closure.scope.file}: the function of line {closure.function.line}"
            unread.append(f"{where} is too long to follow to the end")
        waiting += walk.alone
        waiting += [one for one in walk.made if id(one.function) not in walk.entered]
        yield walk.trace


def _run(walk: Walk, what: Node | Closure) -> bool:
    """Whether it was followed to its end; what was seen until there counts."""
    try:
        if isinstance(what, Closure):
            walk.enter(Value("root", what=what), [])
        else:
            walk.run(what)
    except (Enough, RecursionError):
        return False
    return True


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
