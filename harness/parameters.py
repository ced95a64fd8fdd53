"""Parameters: the members of a dataclass, each of which says everything about itself once.

    @dataclass(frozen=True, slots=True)
    class Trip:
        seed: Annotated[int, Number("where chance begins", most=10**15, said=True, kept=always)] = 1
        guests: Annotated[int, Count("how many travel", most=40)] = 3
        season: Annotated[str, Choice("when", ("summer", "winter"))] = "summer"

How a member is read from a line or a TOML file, its range, how it is written, what is simpler, how much it
adds to the size of the whole, and its row in the documentation follow.
"""

import shlex
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Final, Generic, TypeVar, get_type_hints

from kvstore import Entropy

V = TypeVar("V")
Whole = TypeVar("Whole", bound=Hashable)

# Of a value that is refused, no more than this is repeated.
_MOST_REPEATED: Final = 60


class ParameterError(ValueError):
    """A value that is not allowed; the text says which value, and what is allowed."""


def always(whole: object) -> bool:
    return True


def never(whole: object) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Parameter(Generic[V]):
    """What is said of one member; `read_line`, `write_line`, `size` and `table` are about all of them.

    what    what it means, for the documentation
    rank    its place in the size of the whole: what has a lower rank outweighs everything of a higher one
    each    the count that it is multiplied with: messages of each producer
    kept    whether it says what the whole is about, so that simpler values are never tried
    said    whether it is written even where it is the default
    also    other names under which it is read
    drawn   the values that `draw` chooses from, each as often as it is there
    """

    what: str = field(kw_only=False)
    rank: int = 0
    each: str = ""
    kept: Callable[[Any], bool] = never
    said: bool = False
    also: tuple[str, ...] = ()
    drawn: Sequence[V] = ()
    default: V = field(init=False, compare=False)

    def read(self, value: Any) -> V:
        """The value from text, or from what a TOML file holds. Raises ParameterError: what it must be."""
        raise NotImplementedError

    def write(self, value: V) -> str:
        """The text that `read` reads."""
        return str(value)

    def weight(self, value: V) -> int:
        """How much the value adds to what there is to understand: 0 for the simplest."""
        return int(value != self.default)

    def simpler(self, value: V) -> Iterator[V]:
        """Values that may be simpler, the biggest steps first."""
        yield self.default

    def draw(self, entropy: Entropy) -> V:
        return self.drawn[entropy.below(len(self.drawn))]

    @property
    def values(self) -> str:
        """What it can be, for the documentation."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Number(Parameter[int]):
    """A whole number from ``least`` to ``most``: the default, or something else."""

    least: int = 0
    most: int

    def read(self, value: Any) -> int:
        try:
            if not isinstance(value, int | str) or isinstance(value, bool):
                raise TypeError  # a file has other types, and int() would take them
            number = int(value)
        except (TypeError, ValueError):
            raise ParameterError("it must be a whole number") from None
        if not self.least <= number <= self.most:
            raise ParameterError(f"it must be from {self.least} to {self.most}")
        return number

    @property
    def values(self) -> str:
        return f"{self.least:,} to {self.most:,}"


@dataclass(frozen=True, kw_only=True)
class Count(Number):
    """How many there are: the fewer, the simpler."""

    def weight(self, value: int) -> int:
        return value

    def simpler(self, value: int) -> Iterator[int]:
        yield from (self.least, self.default)
        yield from (fewer for fewer in (value // 2, value - 1) if fewer >= self.least)


@dataclass(frozen=True, kw_only=True)
class Choice(Parameter[str]):
    """One of a few: the default is the simplest, then the first."""

    choices: Sequence[str] = field(kw_only=False)

    def read(self, value: Any) -> str:
        if value not in self.choices:
            raise ParameterError(f"choose from {', '.join(self.choices)}")
        return str(value)

    def weight(self, value: str) -> int:
        return 0 if value == self.default else 1 + self.choices.index(value)

    def simpler(self, value: str) -> Iterator[str]:
        yield from (self.default, *self.choices[: self.choices.index(value)])

    @property
    def values(self) -> str:
        return ", ".join(self.choices)


@dataclass(frozen=True, kw_only=True)
class Several(Parameter[tuple[V, ...]]):
    """A list of at most ``most`` parts; in a line with commas between them.

    ``least`` of them are left when it gets simpler.

    ``part`` reads one from text, or from what a TOML file holds, and raises ValueError with what it must be.
    ``parts`` says which there are.
    """

    part: Callable[[Any], V] = field(kw_only=False)
    parts: str = field(kw_only=False)
    least: int = 0
    most: int = 100

    def read(self, value: Any) -> tuple[V, ...]:
        parts = [part for part in value.split(",") if part] if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise ParameterError("it must be a list")
        if len(parts) > self.most:
            raise ParameterError(f"it must have at most {self.most} parts, and has {len(parts)}")
        return tuple(self.part(part) for part in parts)

    def write(self, value: tuple[V, ...]) -> str:
        return ",".join(str(part) for part in value)

    def weight(self, value: tuple[V, ...]) -> int:
        return len(value)

    def simpler(self, value: tuple[V, ...]) -> Iterator[tuple[V, ...]]:
        if len(value) <= self.least:
            return
        half = len(value) // 2
        yield from (
            rest for rest in (value[: self.least], value[:half], value[half:]) if len(rest) >= self.least
        )
        yield from (value[:place] + value[place + 1 :] for place in range(len(value)))

    @property
    def values(self) -> str:
        return self.parts


def one_of(names: Sequence[str]) -> Callable[[Any], str]:
    """What reads a part of `Several` that is one of ``names``."""

    def read(value: Any) -> str:
        if value not in names:
            raise ParameterError(f"there is no {_repeated(value)}: choose from {', '.join(names)}")
        return str(value)

    return read


@cache
def parameters(kind: type) -> Mapping[str, Parameter[Any]]:
    """What the members of a dataclass say, by their names."""
    said = get_type_hints(kind, include_extras=True)
    return {one.name: _with_default(said[one.name].__metadata__[0], one.default) for one in fields(kind)}


def _with_default(says: Parameter[V], default: V) -> Parameter[V]:
    complete = copy(says)
    object.__setattr__(complete, "default", default)
    return complete


def read_line(kind: type[Whole], text: str) -> Whole:
    """The whole of a line: ``name=value name=value``. Raises ParameterError."""
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f"{_repeated(text)} is not a line of name=value: {error}") from error
    members: dict[str, Any] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            raise _unknown(kind, part)
        members[name] = value
    return read_members(kind, members)


def read_members(kind: type[Whole], members: Mapping[str, Any]) -> Whole:
    """The whole of values by name: text, or what a TOML file holds. Raises ParameterError."""
    names = {other: name for name, one in parameters(kind).items() for other in (name, *one.also)}
    read = {}
    for given, value in members.items():
        if given not in names:
            raise _unknown(kind, given)
        try:
            read[names[given]] = parameters(kind)[names[given]].read(value)
        except ValueError as error:
            raise ParameterError(f"{given} is {_repeated(value)}: {error}") from error
    return kind(**read)


def _unknown(kind: type, part: str) -> ParameterError:
    known = ", ".join(sorted(parameters(kind)))
    return ParameterError(
        f"{_repeated(part)} is not a member of a {kind.__name__.lower()}: write name=value, "
        f"with a name of {known}"
    )


def _repeated(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_REPEATED else f"{text[:_MOST_REPEATED]}…"


def write_line(whole: Hashable) -> str:
    """The line that `read_line` reads: every member that is not the default."""
    return " ".join(
        f"{name}={one.write(value)}"
        for name, one in parameters(type(whole)).items()
        if (value := getattr(whole, name)) != one.default or one.said
    )


def size(whole: Hashable) -> tuple[int, ...]:
    """How much there is to understand: weights added up by rank, and last how many members must be said."""
    all_of_it = parameters(type(whole))
    ranks = [0] * (2 + max(one.rank for one in all_of_it.values()))
    for name, one in all_of_it.items():
        value = getattr(whole, name)
        ranks[one.rank] += one.weight(value) * (getattr(whole, one.each) if one.each else 1)
        ranks[-1] += value != one.default
    return tuple(ranks)


def table(kind: type) -> str:
    """What the members are, as a table for the documentation."""
    rows = [
        f"| `{name}` | {one.write(one.default) or 'none'} | {one.values} | {one.what} |"
        for name, one in parameters(kind).items()
    ]
    return "\n".join(("| member | default | values | |", "|---|---|---|---|", *rows))
