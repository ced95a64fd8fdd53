"""What is known while code is gone through: names and what they stand for, where it is, and what was seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from harness.lint.code import tree
from harness.lint.code.names import Names
from harness.lint.code.tree import Node
from harness.lint.code.values import (
    NOTHING,
    Closure,
    Env,
    Listed,
    Namespace,
    Repeated,
    Scope,
    Sequence,
    Trace,
    Value,
    joined,
)

_MOST_STEPS: Final = 40_000


class Enough(Exception):
    """A function has more steps than are followed."""


class State:
    """``known`` are the names of the project, ``scope`` those that are seen from here."""

    def __init__(self, known: Names, scope: Scope, started: int = 0) -> None:
        self.known, self.scope = known, scope
        self.trace = Trace()
        self.made: list[Closure] = []
        self.entered: set[int] = set()
        self.alone: list[Closure] = []  # what other code calls, at another time
        self.path: tuple[tuple[int, int], ...] = ()
        self.loops: list[Repeated] = []
        self.lanes: tuple[tuple[int, int], ...] = ()
        self.compared: list[bool] = []
        self.returned: list[list[Value]] = []
        self.sites: list[tuple[str, int]] = []  # of the calls that are under way
        self._calling: list[int] = []
        self._atoms = started
        self._steps = 0

    def atom(self) -> int:
        self._atoms += 1
        return self._atoms

    def count(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise Enough

    def named(self, name: str) -> Value:
        """What a name stands for."""
        holder = self.scope.holder(name)
        if holder is not None:
            return holder.names[name]
        if name == "env":
            return Value("env", what=Env())
        if name in self.known.kv:
            return Value(f"env.{name}", what=Namespace(name))
        found = self.known.top_level(name)
        if found is not None:
            return found
        return Value(name, what=self.known.module(name) or self.known.by_type(name, ""))

    def names(self) -> list[dict[str, Value]]:
        """What is known now, where branches part; the names of a file are the same in all of them."""
        scope: Scope | None = self.scope
        found = []
        while scope is not None and scope.outer is not None:
            found.append(dict(scope.names))
            scope = scope.outer
        return found

    def restore(self, before: list[dict[str, Value]]) -> None:
        scope: Scope | None = self.scope
        for names in before:
            assert scope is not None
            scope.names.clear()
            scope.names.update(names)
            scope = scope.outer

    def merge(self, other: list[dict[str, Value]]) -> None:
        """What is known where two ways come together."""
        scope: Scope | None = self.scope
        for names in other:
            assert scope is not None
            for name, value in names.items():
                here = scope.names.get(name)
                scope.names[name] = value if here is None else joined(here, value, self.atom())
            scope = scope.outer

    def unknown(self, text: str) -> Value:
        atom = self.atom()
        return Value(f"{text}#{atom}", frozenset((atom,)))

    def each(self, sequence: Sequence, atom: int) -> Value:
        """One of a sequence, in a loop."""
        element = sequence.element
        made = replace(element, text=f"{element.text}[#{atom}]", atoms=element.atoms | {atom})
        if isinstance(made.what, Listed | str):
            self.trace.listed.add(atom)
        if sequence.page is not None:
            self.trace.listed.add(atom)
        return made if not isinstance(made.what, str) else replace(made, what=None)

    @contextmanager
    def repeating(self, loop: Repeated) -> Iterator[None]:
        compared, self.compared = self.compared, []
        self.loops.append(loop)
        try:
            yield
        finally:
            self.loops.pop()
            self.compared = compared

    def narrow(self, test: Node | None, *, truth: bool) -> None:
        """What is nothing where a test holds, or does not."""
        match test:
            case tree.Binary(operator="not", left=left):
                self.narrow(left, truth=not truth)
            case tree.Binary(operator="and", left=left, right=right) if truth:
                self.narrow(left, truth=True)
                self.narrow(right, truth=True)
            case tree.Binary(operator="or", left=left, right=right) if not truth:
                self.narrow(left, truth=False)
                self.narrow(right, truth=False)
            case tree.Binary(operator="==" | "!=" as operator, left=left, right=tree.Constant(value=None)):
                self.narrow(left, truth=truth == (operator == "!="))
            case tree.Name(name=name) if not truth:
                self._forget(name)
            case tree.Assign(target=tree.Name(name=name)) if not truth:
                self._forget(name)

    def _forget(self, name: str) -> None:
        holder = self.scope.holder(name)
        if holder is not None and holder.names[name].reads:
            holder.names[name] = NOTHING
