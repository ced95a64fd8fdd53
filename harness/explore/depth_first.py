"""Depth first through every order of turns, leaving out those that are equivalent to one that was taken.

Two orders are equivalent when one becomes the other by exchanging neighbours that commute. Sleep sets find
them before they are at their end: once a turn has been tried at a place, it need not be tried again beside it
until something has happened that it does not commute with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache

from harness.engine.interleaving import Choose, Turn


class Redundant(BaseException):
    """The order that is being taken is equivalent to one that was: no code that is simulated catches this."""


@dataclass
class _Place:
    """A place in an order: ``waiting`` for a turn, ``chosen`` of these, and who need not have it now."""

    waiting: Mapping[str, Turn]
    asleep: dict[str, Turn]
    chosen: str

    @property
    def turn(self) -> Turn:
        return self.waiting[self.chosen]


class DepthFirst:
    """Chooses turns: all along one order after the other, until `advance` says that there is no other."""

    def __init__(self) -> None:
        self._path: list[_Place] = []
        self._at = 0

    @property
    def turns(self) -> list[Turn]:
        """The order that was taken last."""
        return [place.turn for place in self._path]

    def choose(self, waiting: Mapping[str, Turn]) -> str:
        """Whose turn it is. Raises Redundant when all that could follow was taken elsewhere."""
        if self._at == len(self._path):
            self._path.append(self._place(waiting))
        place = self._path[self._at]
        self._at += 1
        return place.chosen

    def _place(self, waiting: Mapping[str, Turn]) -> _Place:
        asleep: dict[str, Turn] = {}
        last = self._path[-1] if self._path else None
        if last is not None:
            asleep = {who: turn for who, turn in last.asleep.items() if turn.commutes_with(last.turn)}
        awake = [who for who in sorted(waiting) if who not in asleep]
        if not awake:
            raise Redundant
        # Who has begun goes on, if possible: orders with few changes come first.
        return _Place(
            dict(waiting), asleep, last.chosen if last is not None and last.chosen in awake else awake[0]
        )

    def advance(self) -> bool:
        """Turn to the next order; False when all were taken."""
        self._at = 0
        while self._path:
            place = self._path[-1]
            place.asleep[place.chosen] = place.turn
            left = [who for who in sorted(place.waiting) if who not in place.asleep]
            if left:
                place.chosen = left[0]
                return True
            self._path.pop()
        return False


@dataclass(frozen=True, slots=True)
class Visited:
    """``runs`` stand for ``orders``, and ``redundant`` ones were given up; ``unfinished`` is 1 where more are
    left. Those of several searches add up.
    """

    orders: int = 0
    runs: int = 0
    redundant: int = 0
    unfinished: int = 0

    def __add__(self, other: "Visited") -> "Visited":
        return Visited(*map(int.__add__, astuple(self), astuple(other)))


def every_order(visit: Callable[[Choose], object], most: int | None = None) -> Visited:
    """Have ``visit`` run everything again for each order, choosing as it is told, ``most`` times at most."""
    search, orders, runs, redundant = DepthFirst(), 0, 0, 0
    more = True
    while more and (most is None or runs + redundant < most):
        try:
            visit(search.choose)
        except Redundant:
            redundant += 1
        else:
            runs += 1
            orders += count_equivalent(search.turns)
        more = search.advance()
    return Visited(orders, runs, redundant, int(more))


def count_equivalent(turns: Sequence[Turn]) -> int:
    """How many orders are equivalent to one, itself included."""
    of = {who: [turn for turn in turns if turn.who == who] for who in sorted({turn.who for turn in turns})}
    names = list(of)
    needs: dict[tuple[str, int], tuple[int, ...]] = {}
    passed = dict.fromkeys(names, 0)
    for at, turn in enumerate(turns):
        needs[turn.who, passed[turn.who]] = tuple(
            max(
                (place for place, one in _numbered(turns[:at], who) if not one.commutes_with(turn)),
                default=0,
            )
            for who in names
        )
        passed[turn.who] += 1

    @cache
    def ways(taken: tuple[int, ...]) -> int:
        """In how many orders what is not ``taken`` yet can follow."""
        found = 0
        for place, who in enumerate(names):
            at = taken[place]
            if at < len(of[who]) and all(map(int.__ge__, taken, needs[who, at])):
                found += ways((*taken[:place], at + 1, *taken[place + 1 :]))
        return found if any(taken[place] < len(of[who]) for place, who in enumerate(names)) else 1

    return ways((0,) * len(names))


def _numbered(turns: Sequence[Turn], who: str) -> list[tuple[int, Turn]]:
    """The turns of one, counted from 1."""
    return list(enumerate((turn for turn in turns if turn.who == who), 1))
