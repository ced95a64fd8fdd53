"""Functions and classes of the same code, called while it is gone through."""

import re
from abc import ABC, abstractmethod
from typing import Final

from harness.lint.code import tree
from harness.lint.code.state import State
from harness.lint.code.tree import Node
from harness.lint.code.values import (
    NOTHING,
    ClassOf,
    Closure,
    Env,
    Instance,
    Members,
    Scope,
    Trace,
    Value,
    joined,
    mixed,
)

_DEEPEST: Final = 8


class Functions(State, ABC):
    """Calls are entered; a function without callers gets what its types and names say."""

    # What those that stand on this do.
    @abstractmethod
    def run(self, node: Node) -> bool: ...

    @abstractmethod
    def value(self, node: Node) -> Value: ...

    @abstractmethod
    def assign(self, target: Node, value: Value, *, is_new: bool = False) -> None: ...

    @abstractmethod
    def member(self, of: Value, name: str) -> Value: ...

    @abstractmethod
    def changed(self, of: Node, owner: Value, value: Value, what: object) -> None: ...

    def enter(self, of: Value, arguments: list[Value], named: Members | None = None) -> Value:
        """Call a function of the same code."""
        if isinstance(of.what, ClassOf):
            return self._built(of.what, arguments, named)
        closure: Closure = of.what
        function = closure.function
        self.entered.add(id(function))
        if id(function) in self._calling or len(self._calling) >= _DEEPEST:
            return mixed(f"{function.name}#{self.atom()}", *arguments)
        scope = Scope({}, closure.scope, closure.scope.file)
        if closure.this is not None:
            scope.names["this"] = closure.this
        before = self.scope, self.path, self.compared
        self.scope = scope
        self._calling.append(id(function))
        self.returned.append([])
        self.compared = []
        try:
            self._take(function, arguments, named)
            if function.is_expression:
                return self.value(function.body)
            self.run(function.body)
        finally:
            given = self.returned.pop()
            self._calling.pop()
            self.scope, self.path, self.compared = before
        answer = given[0] if given else NOTHING
        for one in given[1:]:
            answer = joined(answer, one, self.atom())
        return answer

    def _take(self, function: tree.Function, arguments: list[Value], named: Members | None) -> None:
        rest = dict(named.members) if named is not None else {}
        for at, one in enumerate(function.parameters):
            name = one.target.name if isinstance(one.target, tree.Name) else ""
            if one.is_rest:
                given = Value(f"rest#{self.atom()}", what=Members(rest, named is not None and named.is_open))
            elif at < len(arguments):
                given = arguments[at]
            elif name in rest:
                given = rest.pop(name)
            elif one.default is not None:
                given = self.value(one.default)
            else:
                given = NOTHING if arguments else self._assumed(one)
            if given.what is None and (assumed := self._assumed(one)).what is not None and not given.reads:
                given = assumed
            if given.is_nothing and one.default is not None:
                given = self.value(one.default)
            self.assign(one.target, given, is_new=True)
            this = self.scope.names.get("this")
            if one.is_kept and this is not None and isinstance(this.what, Instance):
                this.what.fields[name] = given

    def _assumed(self, one: tree.Parameter) -> Value:
        """A parameter without an argument: what its type or its name says."""
        name = one.target.name if isinstance(one.target, tree.Name) else "given"
        atom = self.atom()
        if name == "env" or re.search(r"\b(Env|Bindings)\b", one.type):
            return Value("env", what=Env())
        known = self.known.by_type(name, one.type)
        if known is not None:
            return Value(f"kv {name}", what=known)
        typed = self.known.top_level(one.type.strip("\"' ").split("[")[0].split("<")[0]) if one.type else None
        what = (
            self.instance(typed.what).what if typed is not None and isinstance(typed.what, ClassOf) else None
        )
        return Value(f"{name}#{atom}", frozenset((atom,)), what=what)

    def _built(self, of: ClassOf, arguments: list[Value], named: Members | None) -> Value:
        made = Instance(of)
        value = Value(f"{of.of.name}#{self.atom()}", what=made)
        for at, (name, type, default) in enumerate(of.of.fields):
            has_own = "constructor" in of.of.methods
            if not has_own and at < len(arguments):
                made.fields[name] = arguments[at]
            elif not has_own and named is not None and name in named.members:
                made.fields[name] = named.members[name]
            elif default is not None:
                made.fields[name] = self.value(default)
            elif (known := self.known.by_type(name, type)) is not None:
                made.fields[name] = Value(f"kv {name}", what=known)
        if (constructor := of.of.methods.get("constructor")) is not None:
            self.enter(Value("new", what=Closure(constructor, of.scope, value)), arguments, named)
        return value

    def instance(self, of: ClassOf) -> Value:
        """An object of a class that other code makes."""
        trace, self.trace = self.trace, Trace()
        loops, self.loops = self.loops, []
        try:
            return self._built(of, [], None)
        finally:
            self.trace, self.loops = trace, loops

    def field(self, of: Value, instance: Instance, name: str) -> Value:
        """A member of an object."""
        if name in instance.fields:
            return instance.fields[name]
        if name in instance.of.of.methods:
            return Value(
                f"{of.text}.{name}", what=Closure(instance.of.of.methods[name], instance.of.scope, of)
            )
        if name == "env":
            return Value("env", what=Env())
        type = next((type for field, type, _ in instance.of.of.fields if field == name), "")
        return Value(f"{of.text}.{name}", of.atoms, what=self.known.by_type(name, type))
