"""Expressions while code is gone through: what they are, as far as that can be said."""

from abc import abstractmethod
from dataclasses import replace
from typing import Final

from harness.lint.code import tree
from harness.lint.code.calls import Calls
from harness.lint.code.tree import Node
from harness.lint.code.values import (
    NO,
    ClassOf,
    Closure,
    Env,
    Instance,
    Length,
    Listed,
    Members,
    Namespace,
    Page,
    Scope,
    Sequence,
    Value,
    WithMetadata,
    joined,
    literal,
    mixed,
    together,
)

_COMPARISONS: Final = frozenset(("<", ">", "<=", ">=", "==", "!="))


class Expressions(Calls):
    """Values of expressions, and what they are assigned to."""

    @abstractmethod
    def loop(self, node: tree.Loop, *, is_concurrent: bool = False) -> Value: ...

    def value(self, node: Node) -> Value:
        """What an expression is, once everything in it has been carried out."""
        self.count()
        match node:
            case tree.Name():
                return self.named(node.name)
            case tree.Constant():
                return literal(node.value)
            case tree.Text():
                return together([self.value(one) for one in node.parts])
            case tree.Member():
                return self.member(self.value(node.of), node.name)
            case tree.Index():
                return self._indexed(self.value(node.of), self.value(node.index))
            case tree.Spread():
                return self.value(node.of)
            case tree.Object():
                return self._object(node)
            case tree.Items():
                return self._items([self.value(one) for one in node.items], node)
            case tree.Call():
                return self.called(node)
            case tree.Binary():
                return self._binary(node)
            case tree.Choice():
                return self._choice(node)
            case tree.Assign():
                return self._assigned(node)
            case tree.Function():
                return self.closure(node)
            case tree.Class():
                return self.class_of(node)
            case tree.Loop():
                return self.loop(node, is_concurrent=bool(self.lanes))
            case _:
                self.run(node)
                return self.unknown("?")

    def _choice(self, node: tree.Choice) -> Value:
        self.value(node.test)
        before, path, number = self.names(), self.path, self.atom()
        self.narrow(node.test, truth=True)
        self.path = (*path, (number, 1))
        then = self.value(node.then)
        self.restore(before)
        self.narrow(node.test, truth=False)
        self.path = (*path, (number, 0))
        other = self.value(node.other)
        self.restore(before)
        self.path = path
        return joined(then, other, number)

    def _binary(self, node: tree.Binary) -> Value:
        left = self.value(node.left)
        if node.operator == "not":
            return mixed(f"!{left.text}", left)
        if node.operator in ("and", "or", "??"):
            before, path, number = self.names(), self.path, self.atom()
            self.narrow(node.left, truth=node.operator == "and")
            self.path = (*path, (number, 1))
            right = self.value(node.right)
            self.path = path
            self.merge(before)
            return right if node.operator == "and" else joined(left, right, number)
        right = self.value(node.right)
        for side in (left, right):
            if isinstance(side.what, Length) and side.what.of.page and node.operator in _COMPARISONS:
                side.what.of.page.ends_by_length |= bool(self.loops)
        if isinstance(right.what, Page) and isinstance(left.what, str):
            right.what.operation.seen.add(left.what)
        if left.number is not None and right.number is not None:
            return _computed(node.operator, left.number, right.number)
        if node.operator == "+" and not _is_number(left) and not _is_number(right):
            return together([left, right])
        made = mixed(f"({left.text}{node.operator}{right.text})", left, right)
        if node.operator == "|" and isinstance(left.what, Members) and isinstance(right.what, Members):
            return replace(made, what=Members({**left.what.members, **right.what.members}))
        return made

    def _object(self, node: tree.Object) -> Value:
        members: dict[str, Value] = {}
        is_open = False
        parts = []
        for name, one in node.members:
            given = self.value(one)
            parts.append(given)
            if name is not None:
                members[name] = given
            elif isinstance(given.what, Members):
                members |= given.what.members
                is_open |= given.what.is_open
            elif isinstance(given.what, Page):
                self.whole(given)
            elif not given.is_nothing and not isinstance(one, tree.Constant):
                is_open = True
        text = ",".join(f"{name}:{one.text}" for name, one in members.items())
        made = mixed(f"{{{text}}}" if not is_open else f"{{{text}…}}", *parts, carries=True)
        return replace(made, what=Members(members, is_open))

    def _items(self, items: list[Value], node: tree.Items) -> Value:
        made = mixed(f"[{','.join(one.text for one in items)}]", *items, carries=True)
        if any(isinstance(one, tree.Spread) for one in node.items):
            spread = [one.what for one in items if isinstance(one.what, Sequence)]
            pages = [one for one in spread if one.page is not None]
            most = None if not pages or self.loops else pages[0].most
            return replace(made, what=replace(pages[0], most=most, items=()) if pages else None)
        element = items[0] if items else self.unknown("element")
        for one in items[1:]:
            element = joined(element, one, self.atom())
        return replace(made, what=Sequence(element, float(len(items)), tuple(items)))

    def _indexed(self, of: Value, index: Value) -> Value:
        if isinstance(of.what, Sequence):
            at = index.number
            if of.what.items and at is not None and 0 <= at < len(of.what.items):
                return of.what.items[int(at)]
            if of.what.page is not None:
                return self.each(of.what, max(index.atoms, default=0))
        made = mixed(f"{of.text}[{index.text}]", of, index)
        return replace(made, carried=of.carried)

    def _assigned(self, node: tree.Assign) -> Value:
        value = self.value(node.value)
        if node.is_more:
            before = self.value(node.target)
            is_keys = isinstance(value.what, Sequence) and value.what.page is not None
            more = mixed(f"({before.text}+{value.text})#{self.atom()}", before, value)
            value = replace(more, what=value.what if is_keys else before.what)
            if isinstance(value.what, int | float | str):
                value = replace(value, what=None)
        self.assign(node.target, value, is_new=node.is_new and not node.is_more)
        return value

    def assign(self, target: Node, value: Value, *, is_new: bool = False) -> None:
        match target:
            case tree.Name(name=name):
                holder = None if is_new else self.scope.holder(name)
                (holder or self.scope).names[name] = value
            case tree.Object(members=members):
                for member, one in members:
                    if member is None:
                        self.whole(value)
                    part = value if member is None else self.member(value, member)
                    self.assign(one, part, is_new=is_new)
            case tree.Items(items=items):
                for at, one in enumerate(items):
                    self.assign(one, self._indexed(value, literal(float(at))), is_new=is_new)
            case tree.Spread(of=of):
                self.assign(of, value, is_new=is_new)
            case tree.Member(of=of, name=name):
                self._put_member(of, name, value)
            case tree.Index(of=of, index=index):
                self.value(index)
                self._put_member(of, None, value)
            case tree.Other(parts=parts):
                for one in parts:
                    self.assign(one, value, is_new=is_new)

    def _put_member(self, of: Node, name: str | None, value: Value) -> None:
        owner = self.value(of)
        if isinstance(owner.what, Instance) and name is not None:
            owner.what.fields[name] = value
            return
        what = owner.what
        if isinstance(what, Members):
            what = (
                replace(what, is_open=True)
                if name is None
                else Members({**what.members, name: value}, what.is_open)
            )
        self.changed(of, owner, value, what)

    def changed(self, of: Node, owner: Value, value: Value, what: object) -> None:
        """What a name stands for has got something more in it."""
        while isinstance(of, tree.Member | tree.Index):
            of, what = of.of, None
            owner = self.value(of)
            if isinstance(owner.what, Instance | Members | Env | Namespace):
                return
        if isinstance(of, tree.Name):
            made = mixed(f"{owner.text}#{self.atom()}", owner, value, carries=True)
            self.assign(of, replace(made, what=what))

    def closure(self, node: tree.Function) -> Value:
        made = Value(f"function#{id(node)}", what=Closure(node, self.scope, self.scope.names.get("this")))
        self.made.append(made.what)
        return made

    def class_of(self, node: tree.Class) -> Value:
        return Value(f"class {node.name}", what=ClassOf(node, self.scope))

    def member(self, of: Value, name: str) -> Value:
        what = of.what
        match what:
            case Env():
                found = self.known.binding(name)
                return Value(f"env.{name}", what=found)
            case Page(operation=operation):
                operation.seen.add(name)
                if name in ("objects", "truncated"):
                    self.known.foreign.add(operation.namespace.name)
                return self.keys_of(operation) if name == "keys" else mixed(f"{of.text}.{name}", of)
            case WithMetadata(value=value):
                if name == "value":
                    return value
                return Value(f"{of.text}.{name}", of.atoms)
            case Sequence() if name in ("length", "size"):
                return replace(mixed(f"{of.text}.length", of), what=Length(what))
            case Members(members=members) if name in members:
                return members[name]
            case Instance():
                return self.field(of, what, name)
            case Scope():
                return what.names.get(name) or self.unknown(name)
            case ClassOf() if name in what.of.methods:
                return Value(f"{of.text}.{name}", what=Closure(what.of.methods[name], what.scope))
        if name == "env":
            return Value("env", what=Env())
        made = Value(f"{of.text}.{name}", of.atoms, of.reads, of.carried)
        is_plain = not of.reads and not isinstance(what, Listed)
        return replace(made, what=self.known.by_type(name, "")) if is_plain else made


def _is_number(value: Value) -> bool:
    return value.number is not None


def _computed(operator: str, left: float, right: float) -> Value:
    match operator:
        case "+":
            return literal(left + right)
        case "-":
            return literal(left - right)
        case "*":
            return literal(left * right)
        case "/" if right:
            return literal(left / right)
    return Value(f"({left}{operator}{right})", NO)
