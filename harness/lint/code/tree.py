"""Code in the same form for every language: what is called, assigned, repeated."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Other(Node):
    """Anything that needs no name here: its parts are carried out in their order."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Node):
    """A text, a number, a truth value; None for what is nothing."""

    value: str | float | None


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A text with places in it."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Member(Node):
    of: Node
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    of: Node
    index: Node


@dataclass(frozen=True, slots=True, eq=False)
class Spread(Node):
    of: Node


@dataclass(frozen=True, slots=True, eq=False)
class Object(Node):
    """``members`` by their names; None for one whose members become the object's. Also a pattern."""

    members: tuple[tuple[str | None, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Items(Node):
    """An array, a list, a tuple, a set. Also a pattern."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """``named`` are Python's keyword arguments; None for ``**``."""

    function: Node
    arguments: tuple[Node, ...]
    named: tuple[tuple[str | None, Node], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """``and``, ``or``, ``??`` and ``not`` are among the operators; ``not`` has only a left side."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Node):
    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True, eq=False)
class Assign(Node):
    """``is_more`` for ``+=`` and the like: what was there is part of what is there now.

    ``is_new`` where the name is the function's own, even if there is another one of that name outside.
    """

    target: Node
    value: Node
    is_more: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """``is_kept`` for TypeScript's ``constructor(private kv)``, which is also a member of the object."""

    target: Node
    default: Node | None = None
    type: str = ""
    is_kept: bool = False
    is_rest: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function(Node):
    name: str
    parameters: tuple[Parameter, ...]
    body: Node
    is_expression: bool = False  # an arrow function whose body is what it returns


@dataclass(frozen=True, slots=True, eq=False)
class Class(Node):
    name: str
    methods: dict[str, Function]
    fields: tuple[tuple[str, str, Node | None], ...] = ()  # name, type, value


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Node):
    """``target`` takes each of ``over``; without them it is repeated while ``test``.

    ``value`` is what a comprehension makes each time.
    """

    target: Node | None
    over: Node | None
    test: Node | None
    body: Node
    value: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Branch(Node):
    """``test`` is None where only an error decides."""

    test: Node | None
    then: Node
    other: Node


@dataclass(frozen=True, slots=True, eq=False)
class Leave(Node):
    how: Literal["return", "throw", "break", "continue"]
    value: Node | None = None
