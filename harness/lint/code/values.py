"""What is known of a value: what it is made of, and whose content it has."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.lint.code.tree import Class, Function

NO: Final[frozenset[int]] = frozenset()
_LONGEST: Final = 300


class Nothing:
    """``null``, ``undefined``, ``None``."""


class Env:
    """What holds the bindings."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A KV binding; unless ``is_sure`` only its name, and what is called of it, say so."""

    name: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """An object whose members are known; it may have more where it ``is_open``."""

    members: dict[str, "Value"]
    is_open: bool = False

    def may_have(self, *names: str) -> bool:
        return self.is_open or any(name in self.members for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Something to go through: ``element`` is each, ``most`` how many there may be, None if unknown."""

    element: "Value"
    most: float | None = None
    items: tuple["Value", ...] = ()
    page: "Operation | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Length:
    of: Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A key that a listing shows."""

    page: "Operation"


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    operation: "Operation"


@dataclass(frozen=True, slots=True, eq=False)
class WithMetadata:
    """What ``getWithMetadata`` answers."""

    value: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class ClassOf:
    of: Class
    scope: "Scope"


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    of: ClassOf
    fields: dict[str, "Value"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    function: Function
    scope: "Scope"
    this: "Value | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The names of a function, or of a file."""

    names: dict[str, "Value"]
    outer: "Scope | None"
    file: str

    def holder(self, name: str) -> "Scope | None":
        """The scope that has a name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """``text`` is the same for what is certainly the same; ``atoms`` are the unknown things it is made of.

    ``reads`` are the operations whose content had a part in it, ``carried`` those whose content, or a part of
    that, it is; ``exact`` is the one whose content it is unchanged. ``what`` is what it is, if that is known.
    """

    text: str
    atoms: frozenset[int] = NO
    reads: frozenset[int] = NO
    carried: frozenset[int] = NO
    exact: int | None = None
    what: Any = None

    @property
    def is_nothing(self) -> bool:
        return isinstance(self.what, Nothing)

    @property
    def number(self) -> float | None:
        return float(self.what) if isinstance(self.what, int | float) else None


NOTHING: Final = Value("null", what=Nothing())


@dataclass(slots=True, eq=False)
class Repeated:
    """A loop while it is followed: what is made in it has an atom from ``start`` on."""

    line: int
    file: str
    start: int
    most: float | None = None
    is_concurrent: bool = False
    is_counted: bool = False  # goes through something, or counts
    is_bounded: bool = False  # left, or gone on with, by a comparison
    is_patient: bool = False  # waits in between, or is left at once


@dataclass(slots=True, eq=False)
class Operation:
    """A KV operation: ``path`` says which arms of branches it is in, ``lanes`` what goes on beside it."""

    number: int
    verb: str
    namespace: Namespace
    key: Value
    value: Value
    options: Members | None
    file: str
    line: int
    path: tuple[tuple[int, int], ...]
    loops: tuple[Repeated, ...]
    lanes: tuple[tuple[int, int], ...]
    sites: tuple[tuple[str, int], ...]  # the calls that led to it, itself the last
    seen: set[str] = field(default_factory=set)  # of a page: the members that were read
    ends_by_length: bool = False  # of a page: whether the number of its keys ends a loop
    whole: bool = False  # of a page: other code gets it

    def excludes(self, other: "Operation") -> bool:
        """Whether only one of both can happen."""
        arms = dict(self.path)
        return any(branch in arms and arms[branch] != arm for branch, arm in other.path)

    def beside(self, other: "Operation") -> tuple[str, int]:
        """Where it is in the function that has both: there it is called, or is itself."""
        pairs = zip(self.sites, other.sites, strict=False)
        return next((mine for mine, theirs in pairs if mine != theirs), (self.file, self.line))

    def place(self, other: "Operation") -> str:
        """Where it is, as seen from the other: without the file if both are in one."""
        return f"line {self.line}" if self.file == other.file else f"{self.file}:{self.line}"

    def same_key(self, other: "Operation") -> bool:
        return self.key.text == other.key.text and self.namespace.name == other.namespace.name


@dataclass(slots=True, eq=False)
class Sent:
    """Content of KV that is written elsewhere: to a table, to another store."""

    number: int
    value: Value
    path: tuple[tuple[int, int], ...]


@dataclass(slots=True, eq=False)
class Trace:
    """What an invocation would do, as far as its code says, in the order of the code."""

    operations: list[Operation] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)  # the atoms that are keys of a listing

    def of(self, *verbs: str) -> list[Operation]:
        return [one for one in self.operations if one.verb in verbs]

    def read(self, number: int) -> Operation | None:
        return next((one for one in self.operations if one.number == number), None)

    def is_listed(self, key: Value) -> bool:
        return not self.listed.isdisjoint(key.atoms)


def joined(one: Value, other: Value, atom: int) -> Value:
    """What is one or the other."""
    if one is other or one.text == other.text:
        return one
    if one.is_nothing or other.is_nothing:
        return other if one.is_nothing else one
    return Value(
        short(f"({one.text}|{other.text})"),
        one.atoms | other.atoms | {atom},
        one.reads | other.reads,
        one.carried | other.carried,
        one.exact if other.exact is None or one.exact == other.exact else None,
        _either(one.what, other.what),
    )


def _either(one: Any, other: Any) -> Any:
    match one, other:
        case Members(), Members():
            return Members({**one.members, **other.members}, one.is_open or other.is_open)
        case Sequence(), Sequence():
            most = None if one.most is None or other.most is None else max(one.most, other.most)
            longer = one if one.page is not None else other
            return replace(longer, most=most, items=())
        case ((str() | float() | int()), _):
            return None
        case None, _:
            return other if isinstance(other, Namespace | Env | Page | Sequence | Instance) else None
        case _:
            return one if isinstance(one, type(other)) or other is None else None


def mixed(text: str, *parts: Value, carries: bool = False) -> Value:
    """A value that is made of others."""
    return Value(
        short(text),
        NO.union(*(one.atoms for one in parts)),
        NO.union(*(one.reads for one in parts)),
        NO.union(*(one.carried for one in parts)) if carries else NO,
    )


def short(text: str) -> str:
    """The same for the same text, and never long: what is made of much would double with every step."""
    return text if len(text) <= _LONGEST else f"{text[:20]}…{hash(text):x}"


def literal(value: str | float | None) -> Value:
    if value is None:
        return NOTHING
    if isinstance(value, bool | int | float):
        return Value(repr(float(value)), what=float(value))
    return Value(f"'{value}'", what=value)


def together(parts: list[Value]) -> Value:
    """A text of several, one after the other: the same text however it is put together."""
    if all(isinstance(one.what, str) for one in parts):
        return literal("".join(one.what for one in parts))
    made = mixed("+".join(one.text for one in parts), *parts, carries=True)
    return replace(made, text=short("+".join(one.text for one in parts).replace("'+'", "")))


UNBOUNDED: Final = math.inf


def moves(trace: Trace) -> Iterator[tuple[Operation, Operation]]:
    """Reads, and the writes of what was read: unchanged, or under a key that is made of the same."""
    for put in trace.of("put"):
        for number in sorted(put.value.reads):
            read = trace.read(number)
            if read is None or read.same_key(put) or read.excludes(put):
                continue
            is_unchanged = put.value.exact == number
            is_renamed = bool(put.key.atoms & read.key.atoms) and number in put.value.carried
            if is_unchanged or is_renamed:
                yield read, put
