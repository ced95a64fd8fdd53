"""What a language says of a file: the points at which a small mistake can be made, whatever the language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

# What a text ends with that other text is to follow.
KEY_ENDS: Final = (":", "/", "-", ".", "_", "#", "|")
# Modules that hold the keys of a Worker have one of these names.
KEY_MODULES: Final = ("keys", "prefixes")
# Methods of KV that take options.
TAKE_OPTIONS: Final = ("put", "list", "get", "getWithMetadata")


class SourceText:
    """The ``text`` of a file; places in it are counted in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bytes = text.encode()

    def between(self, start: int, end: int) -> str:
        return self._bytes[start:end].decode()

    def at(self, place: "TextRange") -> str:
        """What is written there."""
        return self.between(place.start, place.end)

    def line(self, start: int) -> int:
        """The number of the line that a byte is in, from 1."""
        return self._bytes.count(b"\n", 0, start) + 1


@dataclass(frozen=True, slots=True)
class TextRange:
    """From the byte ``start`` to the one before ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Operator(TextRange):
    """An operator between two operands: ``written`` with one space between its words."""

    written: str


@dataclass(frozen=True, slots=True)
class Joined(TextRange):
    """Conditions joined by ``word``, which is written at ``operator``."""

    word: str
    operator: TextRange | None
    operands: tuple[TextRange, ...]


@dataclass(frozen=True, slots=True)
class Called(TextRange):
    """The name of a function where it is called."""

    name: str


@dataclass(frozen=True, slots=True)
class Number(TextRange):
    """A number, or a truth value."""

    value: float


@dataclass(frozen=True, slots=True)
class Negated(TextRange):
    """``inner``, negated. ``is_simple``: it may be something that is absent."""

    inner: TextRange
    is_simple: bool


@dataclass(frozen=True, slots=True)
class Condition(TextRange):
    """A condition. ``has_own``: it is a comparison or a negation, about which there are rules already."""

    has_own: bool
    is_simple: bool


@dataclass(frozen=True, slots=True)
class Absence(TextRange):
    """``subject`` is compared with what stands for nothing."""

    subject: TextRange
    is_absent: bool


@dataclass(frozen=True, slots=True)
class Nullish(TextRange):
    """What matters only where something is absent; ``otherwise`` is what is easily written instead."""

    otherwise: str


@dataclass(frozen=True, slots=True)
class Removable(TextRange):
    """A statement without which the others can still be carried out."""


@dataclass(frozen=True, slots=True)
class Awaited(TextRange):
    """``inner`` is what is awaited."""

    inner: TextRange


@dataclass(frozen=True, slots=True)
class Given(TextRange):
    """The arguments of a call, which have an order."""

    arguments: tuple[TextRange, ...]


@dataclass(frozen=True, slots=True)
class Handled(TextRange):
    """What is done about an exception."""


@dataclass(frozen=True, slots=True)
class Statement(TextRange):
    """``is_fixed``: it stays where it is. ``acts``: it calls something; ``stores``, ``loads``: names."""

    is_fixed: bool
    acts: bool
    stores: frozenset[str]
    loads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Block(TextRange):
    """Statements that follow each other."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Option(TextRange):
    """An option or a member: its ``name``, where that is written (``label``), and its ``value``.

    It is among others ``within`` brackets. Without a name it stands for several that come from elsewhere;
    without a value it is named like the variable that it is.
    """

    name: str | None
    label: TextRange
    value: TextRange | None
    within: TextRange


@dataclass(frozen=True, slots=True)
class Literal(TextRange):
    """A literal that is a ``text``, what is put into it left out; it begins with ``start_text``."""

    text: str
    start_text: str


@dataclass(frozen=True, slots=True)
class Name(TextRange):
    """Where the value of a variable is taken."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(TextRange):
    """Where the member ``name`` of the variable ``owner`` is taken."""

    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a language says what the rules need; ``{}`` stands for an expression."""

    nothing: str
    negated: str
    absent: str
    present: str
    truth: Mapping[bool, str]
    # An operator of calculation, and what stands in its place.
    computed: Mapping[str, str]
    # The words that join conditions, each with the other.
    joining: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Code:
    """A file: its ``source``, and the points of each ``node`` in the order of the text.

    ``keys`` are the names of prefixes or of what else makes a key, of which one may be taken for another.
    """

    source: SourceText
    spelling: Spelling
    nodes: Sequence[Sequence[TextRange]]
    keys: Sequence[str]
    members: Mapping[str, Sequence[str]] = field(init=False)
    prefixes: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        members: dict[str, set[str]] = {}
        prefixes = set()
        for point in self.points():
            if isinstance(point, Member) and point.owner in KEY_MODULES:
                members.setdefault(point.owner, set()).add(point.name)
            elif isinstance(point, Literal):
                prefixes.add(prefix_of(point))
        object.__setattr__(self, "members", {owner: sorted(names) for owner, names in members.items()})
        object.__setattr__(self, "prefixes", sorted(prefixes - {""}))

    def points(self) -> Iterator[TextRange]:
        for node in self.nodes:
            yield from node


def prefix_of(literal: Literal) -> str:
    """The beginning of a key that a literal writes; empty where it is none."""
    text = literal.start_text
    is_one = len(text) > 2 and text.endswith(KEY_ENDS) and " " not in text
    return text if is_one and not text.startswith(("/", "http")) else ""


def keys_among(imported: Mapping[str, Sequence[str]], texts: Mapping[str, str]) -> list[str]:
    """The names of keys: those in capitals that are ``imported`` together from a module of keys, or of the
    ``texts`` of the file those to which other text is put.
    """
    for module, names in imported.items():
        capitals = [name for name in names if name.isupper()]
        if len(capitals) > 1 and module in KEY_MODULES:
            return capitals
    return sorted(name for name, text in texts.items() if text.endswith(KEY_ENDS))
