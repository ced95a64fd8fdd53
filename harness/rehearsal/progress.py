"""How far a rehearsal is, also within one long walk."""

from collections.abc import Callable
from typing import Protocol

from harness.model.record import Record
from harness.model.scenario import Scenario


class OnProgress(Protocol):
    """Is called while a rehearsal goes on."""

    def rehearsed(self, part: str, done: int, of: int, found: int) -> None:
        """So many runs of a part are done, of so many, with so many kinds of damage."""

    def found(self, invariant: str, what: str, scenario: Scenario) -> None:
        """A kind of damage is there, for the first time."""

    def follow(self, what: str, done: Callable[[], int], of: int) -> None:
        """A long part begins: ``what`` it is, with ``{done}`` and ``{of}`` in it, and how much is done."""

    def made_small(self, done: int, of: int) -> None:
        """So many findings are made as small as they get, of so many."""


class NoProgress:
    """The default: no progress is shown."""

    def rehearsed(self, part: str, done: int, of: int, found: int) -> None:
        """Nothing is shown."""

    def found(self, invariant: str, what: str, scenario: object) -> None:
        """Nothing is shown."""

    def follow(self, what: str, done: Callable[[], int], of: int) -> None:
        """Nothing is shown."""

    def made_small(self, done: int, of: int) -> None:
        """Nothing is shown."""


class Walks:
    """How many operations walks have done, ``under_way`` in those that go on, and how many there will be.

    ``small`` is a walk with so many ``entries``. ``over`` are the operator's operations in those that ended:
    beside them there are a second run, and the judge's own.
    """

    def __init__(self, under_way: Callable[[], int], small: Record, entries: int) -> None:
        self.over = self._done = 0
        self._under_way = under_way
        self._each = small.all_operations / entries
        self._of_operator = small.all_operations / max(1, small.count)

    def done(self) -> int:
        """It never becomes less: what is under way is unknown once its process has ended."""
        self._done = max(self._done, round(self.over * self._of_operator) + self._under_way())
        return self._done

    def expected(self, entries: int) -> int:
        """How many walks through so many entries take, about."""
        return round(self._each * entries)
