"""Goes through a function as one invocation would, without running it, and notes what it asks of KV."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from harness.lint.code import tree
from harness.lint.code.expressions import Expressions
from harness.lint.code.tree import Node
from harness.lint.code.values import (
    NOTHING,
    Instance,
    Length,
    Members,
    Repeated,
    Sequence,
    Value,
)

# Whether there is more of something: by these, loops keep to a budget.
ORDERS: Final = frozenset(("<", ">", "<=", ">="))


class Walk(Expressions):
    """What is known while a function is gone through. Raises Enough for one that has no end."""

    def run(self, node: Node) -> bool:
        """Carry out a statement; whether what follows it is not reached any more."""
        self.count()
        match node:
            case tree.Other(parts=parts):
                return self._all(parts)
            case tree.Branch():
                return self._branch(node)
            case tree.Loop():
                self.loop(node)
            case tree.Leave():
                return self._leave(node)
            case tree.Function() if node.name:
                self.scope.names[node.name] = self.closure(node)
            case tree.Class():
                self.scope.names[node.name] = self.class_of(node)
            case _:
                self.value(node)
        return False

    def _all(self, parts: Iterable[Node]) -> bool:
        path = self.path
        statements = list(parts)
        for one in statements:  # functions are there before what is above them
            if isinstance(one, tree.Function) and one.name:
                self.scope.names[one.name] = self.closure(one)
        has_left = False
        for one in statements:
            has_left = self.run(one)
            if has_left:
                break
        self.path = path
        return has_left

    def _leave(self, node: tree.Leave) -> bool:
        value = NOTHING if node.value is None else self.value(node.value)
        if node.how == "return" and self.returned:
            self.returned[-1].append(value)
        if node.how in ("break", "return", "throw") and self.loops:
            loop = self.loops[-1]
            compared = any(self.compared)
            loop.is_bounded |= compared
            loop.is_patient |= node.how != "throw" and not self.compared
        return True

    def _branch(self, node: tree.Branch) -> bool:
        if node.test is not None:
            self.value(node.test)
        before, path, number = self.names(), self.path, self.atom()
        self.compared.append(node.test is not None and _compares(node.test))
        self.narrow(node.test, truth=True)
        self.path = (*path, (number, 1))
        then_left = self.run(node.then)
        after_then = self.names()
        self.restore(before)
        self.narrow(node.test, truth=False)
        self.path = (*path, (number, 0))
        other_left = self.run(node.other)
        self.compared.pop()
        if then_left:
            # What follows is in the other arm.
            self.path = path if other_left else (*path, (number, 0))
        else:
            self.path = (*path, (number, 1)) if other_left else path
            if other_left:
                self.restore(after_then)
            else:
                self.merge(after_then)
        return then_left and other_left

    def loop(self, node: tree.Loop, *, is_concurrent: bool = False) -> Value:
        """Go through it once; the value is what a comprehension makes."""
        over = None if node.over is None else self.value(node.over)
        sequence = over.what if over is not None and isinstance(over.what, Sequence) else None
        loop = Repeated(node.line, self.scope.file, self.atom())
        loop.is_concurrent = is_concurrent
        loop.is_counted = node.over is not None
        if sequence is not None:
            loop.most = sequence.most
        elif node.over is not None:
            loop.most = _counted(node.over, self)
        before = self.names()
        if node.test is not None:
            self._counting(node.test, loop)
        self._renew(node)
        with self.repeating(loop):
            if node.target is not None:
                element = Value(f"each#{loop.start}", frozenset((loop.start,)))
                if sequence is not None:
                    element = self.each(sequence, loop.start)
                elif over is not None:
                    text = f"{over.text}[#{loop.start}]"
                    element = Value(text, over.atoms | {loop.start}, over.reads, over.carried)
                self.assign(node.target, element, is_new=True)
            if node.test is not None:
                self.value(node.test)
            self.run(node.body)
            made = NOTHING if node.value is None else self.value(node.value)
            if node.test is not None:
                self.value(node.test)
        self.merge(before)
        kept = Value(f"[{made.text}]", made.atoms, made.reads, made.carried)
        return replace(kept, what=Sequence(made, loop.most, page=sequence.page if sequence else None))

    def _counting(self, test: Node, loop: Repeated) -> None:
        """``i < keys.length`` goes through the keys, ``i < 10`` ten times."""
        match test:
            case tree.Binary(operator="<" | "<=" | "!=", right=right):
                limit = self.value(right)
                if isinstance(limit.what, Length):
                    loop.most, loop.is_counted = limit.what.of.most, True
                elif limit.number is not None:
                    loop.most, loop.is_counted = limit.number, True
                else:
                    loop.is_bounded = True
            case tree.Binary(operator="and" | "or", left=left, right=right):
                self._counting(left, loop)
                self._counting(right, loop)
            case tree.Binary(operator=operator) if operator in ORDERS:
                loop.is_bounded = True

    def _renew(self, node: tree.Loop) -> None:
        """What a loop assigns is another thing each time; it may still have the content it had."""
        for name in _assigned_names(node):
            holder = self.scope.holder(name)
            if holder is not None:
                old = holder.names[name]
                atom = self.atom()
                what = old.what if isinstance(old.what, Members | Instance | Sequence) else None
                holder.names[name] = Value(
                    f"{name}#{atom}", old.atoms | {atom}, old.reads, old.carried, None, what
                )


def _compares(test: Node) -> bool:
    match test:
        case tree.Binary(operator=operator, left=left, right=right):
            return operator in ORDERS or _compares(left) or _compares(right)
        case tree.Call():
            return True  # `meter.is_empty()`: the function called compares
    return False


def _assigned_names(node: Node) -> set[str]:
    """The names that are assigned anywhere in a node, functions in it left out."""
    found: set[str] = set()
    waiting: list[object] = [node]
    while waiting:
        one = waiting.pop()
        match one:
            case tree.Function() | tree.Class():
                continue
            case tree.Assign(target=target):
                waiting += [one.value]
                found |= _names(target)
            case Node():
                for name in one.__class__.__dataclass_fields__:
                    part = getattr(one, name)
                    waiting += part if isinstance(part, tuple) else [part]
            case tuple():
                waiting += one
    return found


def _names(target: Node) -> set[str]:
    match target:
        case tree.Name(name=name):
            return {name}
        case tree.Member(of=of) | tree.Index(of=of) | tree.Spread(of=of):
            return _names(of) - {"this"}
        case tree.Object(members=members):
            return set().union(*(_names(one) for _, one in members))
        case tree.Items(items=items):
            return set().union(*(_names(one) for one in items))
    return set()


def _counted(over: Node, walk: Walk) -> float | None:
    """How often ``range(n)`` is gone through."""
    match over:
        case tree.Call(function=tree.Name(name="range"), arguments=(*_, last)):
            return walk.value(last).number
    return None
