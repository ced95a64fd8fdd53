"""What a call does while code is gone through: KV, functions of the same code, and what languages bring."""

import re
from dataclasses import replace
from typing import Final

from harness.lint.code import tree
from harness.lint.code.functions import Functions
from harness.lint.code.tree import Node
from harness.lint.code.values import (
    NOTHING,
    UNBOUNDED,
    ClassOf,
    Closure,
    Instance,
    Listed,
    Members,
    Namespace,
    Operation,
    Page,
    Repeated,
    Scope,
    Sent,
    Sequence,
    Value,
    WithMetadata,
    mixed,
)
from kvstore.figures import whole

VERBS: Final = frozenset(("get", "getWithMetadata", "put", "delete", "list"))
# The same content, written in another way.
_SAME: Final = frozenset((
    "parse", "stringify", "loads", "dumps", "String", "str", "to_js", "fromEntries",
    "structuredClone", "to_py", "toString", "decode", "encode", "bytes", "text", "json", "list",
    "Array", "from", "dict", "copy", "deepcopy", "strip", "trim", "resolve",
))  # fmt: skip
_TOGETHER: Final = frozenset(("all", "allSettled", "any", "race", "gather", "wait"))
_GO_THROUGH: Final = frozenset(("map", "forEach", "flatMap", "filter", "some", "every", "find", "reduce"))
_SELECT: Final = frozenset(("filter", "slice", "sort", "reverse", "concat", "sorted", "values", "toSorted"))
_CHANGE: Final = frozenset((
    "push", "append", "extend", "add", "unshift", "insert", "splice", "pop", "remove", "set",
    "update", "delete", "sort", "concat",
))  # fmt: skip
_ROUTES: Final = frozenset((
    "get", "post", "put", "delete", "patch", "all", "use", "on", "route", "head", "options",
    "scheduled", "queue",
))  # fmt: skip
_WAIT: Final = re.compile(r"sleep|delay|wait|pause|backoff|setTimeout", re.IGNORECASE)
_ELSEWHERE: Final = frozenset(("bind", "put", "insert"))
_CHANCE: Final = re.compile(
    r"uuid|random|nanoid|now|token_hex|^id$|generate|next|read|fetch|token_urlsafe", re.IGNORECASE
)


class Calls(Functions):
    """Calls, of whatever it may be."""

    def called(self, node: tree.Call) -> Value:
        self.sites.append((self.scope.file, node.line))
        try:
            return self._called(node)
        finally:
            self.sites.pop()

    def _called(self, node: tree.Call) -> Value:
        function = node.function
        if isinstance(function, tree.Member):
            return self._method(node, function)
        if isinstance(function, tree.Name) and function.name in ("gather",):
            return self._together(node)
        of = self.value(function)
        arguments = self._arguments(node)
        name = function.name if isinstance(function, tree.Name) else ""
        if isinstance(of.what, Closure | ClassOf):
            return self.enter(of, arguments, self._options(node))
        return self._unknown_call(node, name, NOTHING, arguments)

    def _arguments(self, node: tree.Call) -> list[Value]:
        return [self.value(one) for one in node.arguments]

    def _options(self, node: tree.Call) -> Members | None:
        """Python's keyword arguments."""
        if not node.named:
            return None
        members: dict[str, Value] = {}
        is_open = False
        for name, one in node.named:
            given = self.value(one)
            if name is not None:
                members[name] = given
            elif isinstance(given.what, Members):
                members |= given.what.members
                is_open |= given.what.is_open
            else:
                is_open = True
        return Members(members, is_open)

    def _method(self, node: tree.Call, function: tree.Member) -> Value:
        if function.name in _TOGETHER and isinstance(function.of, tree.Name):
            return self._together(node)
        of = self.value(function.of)
        name = function.name
        if isinstance(of.what, Namespace):
            if name in VERBS:
                return self._operation(node, of.what, name)
            self.known.foreign.add(of.what.name)
        if isinstance(of.what, Page) and name == "get" and node.arguments:
            given = self.value(node.arguments[0])
            return self.member(of, given.what) if isinstance(given.what, str) else of
        if name in _GO_THROUGH and (isinstance(of.what, Sequence) or _is_unknown(node, of)):
            return self._gone_through(node, of, name)
        arguments = self._arguments(node)
        options = self._options(node)
        if isinstance(of.what, Members | Instance | Scope | ClassOf):
            found = self.member(of, name)
            if isinstance(found.what, Closure | ClassOf):
                return self.enter(found, arguments, options)
        elif of.what is None and not of.reads and (unique := self.known.method(name)) is not None:
            holder, closure = unique
            this = self.instance(holder)
            return self.enter(Value(name, what=replace(closure, this=this)), arguments, options)
        if name in ("then", "finally", "catch"):
            return self._then(name, of, arguments)
        if name in _CHANGE and arguments:
            self._change(node, function, of, arguments)
        if isinstance(of.what, Sequence) and name in _SELECT:
            most = arguments[1].number if name == "slice" and len(arguments) > 1 else of.what.most
            return replace(of, exact=None, what=replace(of.what, most=most, items=()))
        return self._unknown_call(node, name, of, arguments)

    def _change(self, node: tree.Call, function: tree.Member, of: Value, arguments: list[Value]) -> None:
        what = of.what
        for given, one in zip(node.arguments, arguments, strict=True):
            if isinstance(one.what, Sequence) and one.what.page is not None:
                is_all = isinstance(given, tree.Spread) or function.name in ("extend", "concat")
                most = UNBOUNDED if self.loops and one.what.most is not None else one.what.most
                what = replace(one.what, most=most, items=()) if is_all else what
            elif self.loops and isinstance(what, Sequence) and self.trace.listed & one.atoms:
                inner = self.loops[-1]
                most = UNBOUNDED if self.loops[:-1] and inner.most is not None else inner.most
                pages = [page for page in self.trace.of("list") if page.number in one.atoms]
                what = Sequence(one, most, page=pages[-1] if pages else None)
            elif isinstance(what, Sequence):
                what = replace(what, items=(), most=None)
        self.changed(function.of, of, mixed("more", *arguments, carries=True), what)

    def _then(self, name: str, of: Value, arguments: list[Value]) -> Value:
        made = of
        for one in arguments:
            if isinstance(one.what, Closure):
                made = self.enter(one, [of] if name == "then" else [])
        return made

    def _gone_through(self, node: tree.Call, of: Value, name: str) -> Value:
        """``keys.map(each)``: a loop whose turns are at once where they are asynchronous."""
        one_of = Value(f"{of.text}[]", of.atoms, of.reads, of.carried)
        sequence = of.what if isinstance(of.what, Sequence) else Sequence(one_of)
        loop = Repeated(node.line, self.scope.file, self.atom(), sequence.most, is_counted=True)
        loop.is_concurrent = name in ("map", "forEach", "flatMap")
        arguments = self._arguments(node)
        made = self.unknown("made")
        with self.repeating(loop):
            element = self.each(sequence, loop.start)
            given = [self.unknown("so far"), element] if name == "reduce" else [element, self.unknown("at")]
            for one in arguments:
                if isinstance(one.what, Closure):
                    made = self.enter(one, given)
        if name in ("filter", "find"):
            return of if name == "filter" else element
        kept = Value(f"[{made.text}]", made.atoms, made.reads, made.carried)
        return replace(kept, what=Sequence(made, sequence.most, page=sequence.page))

    def _together(self, node: tree.Call) -> Value:
        """``Promise.all``, ``asyncio.gather``: each argument, or item of an array, has its lane."""
        number, before = self.atom(), self.lanes
        parts: list[Node] = []
        for one in node.arguments:
            parts += one.items if isinstance(one, tree.Items) else [one]
        answers = []
        for lane, one in enumerate(parts):
            self.lanes = (*before, (number, lane))
            answers.append(self.value(one))
        self.lanes = before
        if len(answers) == 1 and isinstance(answers[0].what, Sequence):
            return answers[0]
        made = mixed(f"all#{number}", *answers, carries=True)
        element = answers[0] if answers else NOTHING
        return replace(made, what=Sequence(element, float(len(answers)), tuple(answers)))

    def _unknown_call(self, node: tree.Call, name: str, of: Value, arguments: list[Value]) -> Value:
        """A call of which nothing is known: it may use whatever it is given."""
        named = [self.value(one) for _, one in node.named]
        for one in [*arguments, *named]:
            self.whole(one)
            if isinstance(one.what, Closure):
                # Handlers are called by other code at another time, callbacks now.
                if not self.returned or (name in _ROUTES and isinstance(node.function, tree.Member)):
                    self.alone.append(one.what)
                else:
                    self.enter(one, [])
        if _WAIT.search(name):
            for loop in self.loops:
                loop.is_patient = True
        every = [of, *arguments, *named]
        if name in _ELSEWHERE and any(one.reads for one in arguments):
            content = mixed("sent", *arguments, carries=True)
            self.trace.sent.append(Sent(self.atom(), content, self.path))
        if name == "fetch":
            return self.unknown("answer")
        if name in _SAME and len(arguments) + (not of.is_nothing) >= 1:
            base = arguments[0] if arguments else of
            if base.reads or isinstance(base.what, Members | Sequence | Page):
                what = base.what if isinstance(base.what, Members | Sequence | Page) else None
                return replace(base, text=base.text if what is None else f"{name}({base.text})", what=what)
        text = f"{of.text}.{name}({','.join(one.text for one in [*arguments, *named])})"
        if _CHANCE.search(name) or (not arguments and not named and of.is_nothing):
            made = mixed(f"{text}#{self.atom()}", *every)
            return replace(made, atoms=made.atoms | {self.atom()})
        made = mixed(text, *every)
        return replace(made, carried=of.carried, what=_extreme(name, arguments))

    def keys_of(self, operation: Operation) -> Value:
        """The keys of a page."""
        key = Value(f"key#{operation.number}", frozenset((operation.number,)), what=Listed(operation))
        self.trace.listed.add(operation.number)
        made = Value(f"keys#{operation.number}", key.atoms)
        return replace(made, what=Sequence(key, _page_size(operation), page=operation))

    def whole(self, value: Value) -> None:
        """Other code gets a value, and so the whole of a page in it."""
        match value.what:
            case Page(operation=operation):
                operation.whole = True
            case Members(members=members):
                for one in members.values():
                    self.whole(one)

    def _operation(self, node: tree.Call, namespace: Namespace, verb: str) -> Value:
        arguments = self._arguments(node)
        named = self._options(node)
        key = NOTHING if verb == "list" else arguments[0] if arguments else NOTHING
        if named is not None and "key" in named.members:
            key = named.members["key"]
        value = arguments[1] if verb == "put" and len(arguments) > 1 else NOTHING
        at = {"list": 0, "put": 2, "get": 1, "getWithMetadata": 1, "delete": 1}[verb]
        options = named
        if len(arguments) > at and not arguments[at].is_nothing:
            what = arguments[at].what
            given = what if isinstance(what, Members) else Members({}, is_open=not isinstance(what, str))
            options = given if named is None else Members({**given.members, **named.members}, given.is_open)
        number = self.atom()
        if options is not None and options.may_have("httpMetadata", "customMetadata") and not options.is_open:
            self.known.foreign.add(namespace.name)  # a bucket of R2
        operation = Operation(
            number, verb, namespace, key, value, options, self.scope.file, node.line, self.path,
            tuple(self.loops), self.lanes, tuple(self.sites),
        )  # fmt: skip
        self.trace.operations.append(operation)
        self.whole(value)
        ours = frozenset((number,))
        content = Value(f"value#{number}", ours, ours, ours, number)
        match verb:
            case "list":
                return Value(f"page#{number}", ours, what=Page(operation))
            case "get":
                is_many = isinstance(key.what, Sequence)
                return replace(content, exact=None) if is_many else content
            case "getWithMetadata":
                return Value(f"both#{number}", ours, what=WithMetadata(content))
            case _:
                return NOTHING


def _is_unknown(node: tree.Call, of: Value) -> bool:
    """Whether a method that goes through something is given a function, of something unknown."""
    return (
        of.what is None and bool(node.arguments) and isinstance(node.arguments[0], tree.Function | tree.Name)
    )


def _extreme(name: str, arguments: list[Value]) -> float | None:
    """The most that ``min`` gives, and what ``max`` gives of numbers alone."""
    numbers = [one.number for one in arguments if one.number is not None]
    if name == "min" and numbers:
        return min(numbers)
    return max(numbers) if name == "max" and numbers and len(numbers) == len(arguments) else None


def _page_size(operation: Operation) -> float | None:
    """How many keys a page may have; None where the limit, or the prefix, is only known when it runs."""
    options = operation.options
    if options is None:
        return float(whole("kv.list_keys"))
    prefix = options.members.get("prefix")
    limit = options.members.get("limit")
    if limit is not None and not limit.is_nothing:
        return limit.number
    if options.is_open or (prefix is not None and prefix.atoms):
        return None
    return float(whole("kv.list_keys"))
