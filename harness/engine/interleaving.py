"""Turns: of several requests that are answered at once, whose KV operation or call of an object is next."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.parameters import Parameter, ParameterError
from kvstore.store import Verb

if TYPE_CHECKING:  # imported late: help only reads an order, and needs no loop
    from asyncio import Future

    from harness.engine.loop import LoopClock

_RUN = re.compile(r"([a-z])(\d*)")
_MOST_TURNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One operation of the request that is called ``who``, a letter. A scan has its prefix for a key.

    A ``call`` is one of a Durable Object, with the object's name for a key, or one of D1 that may write.
    """

    who: str
    verb: Verb | Literal["call"]
    keys: tuple[str, ...]

    def commutes_with(self, other: "Turn") -> bool:
        """Whether nobody can tell which of two came first. The turns of one request keep their order."""
        if self.who == other.who:
            return False
        if not (self.writes or other.writes):
            return True
        return not any(self._touches(mine, other, theirs) for mine in self.keys for theirs in other.keys)

    @property
    def writes(self) -> bool:
        return self.verb in ("put", "delete", "call")

    def _touches(self, mine: str, other: "Turn", theirs: str) -> bool:
        if self.verb == "scan":
            return theirs.startswith(mine)
        return mine.startswith(theirs) if other.verb == "scan" else mine == theirs

    def __str__(self) -> str:
        return f"{self.verb} {', '.join(self.keys)}"


def letter(place: int) -> str:
    """What the request at a place of several, from 0, is called."""
    return chr(ord("a") + place)


# Which of the requests that wait is next.
Choose = Callable[[Mapping[str, Turn]], str]


def following(order: str) -> Choose:
    """As ``order`` says: ``a4b4a3b3`` is four turns of a, four of b, and so on.

    A request without an operation left is passed over; after the end of ``order`` the first letter is next.
    """
    letters = iter(letters_of(order))

    def choose(waiting: Mapping[str, Turn]) -> str:
        return next((who for who in letters if who in waiting), None) or min(waiting)

    return choose


def letters_of(order: str) -> list[str]:
    """Every turn of an order by its letter."""
    return [who for who, count in _RUN.findall(order) for _ in range(int(count or 1))]


def order_of(turns: Sequence[Turn]) -> str:
    """The shortest order that says who had which turn."""
    runs = [(who, len(list(run))) for who, run in groupby(turns, lambda turn: turn.who)]
    return "".join(who if count == 1 else f"{who}{count}" for who, count in runs)


@dataclass(frozen=True, kw_only=True)
class Order(Parameter[str]):
    """An order of turns as a member of a scenario: the less it says, the simpler."""

    def read(self, value: Any) -> str:
        order = str(value)
        runs = _RUN.findall(order)
        if "".join(who + count for who, count in runs) != order:
            raise ParameterError("it must be letters with how many turns each has, such as a4b4a3b3")
        if (
            any(len(count) > 5 for _, count in runs)
            or sum(int(count or 1) for _, count in runs) > _MOST_TURNS
        ):
            raise ParameterError(f"it must have {_MOST_TURNS:,} turns at most")
        return order

    def weight(self, value: str) -> int:
        return len(value)

    def simpler(self, value: str) -> Iterator[str]:
        runs = ["".join(run) for run in _RUN.findall(value)]
        yield from ("", "".join(runs[: len(runs) // 2]))
        yield from ("".join(runs[:place] + runs[place + 1 :]) for place in reversed(range(len(runs))))

    @property
    def values(self) -> str:
        return "such as a4b4a3b3"


@dataclass
class Interleaving:
    """Gives turns to requests, one at a time, as ``choose`` says: each an operation and what follows from it.

    A request that `answer_all` did not send needs no turn. An operation takes ``pace`` milliseconds.
    """

    clock: "LoopClock"
    choose: Choose
    pace: int = 1000
    _letters: dict[str, str] = field(default_factory=dict, init=False)
    _waiting: dict[str, list[tuple[Turn, "Future[None]"]]] = field(default_factory=dict, init=False)

    async def answer_all(self, requests: Mapping[str, Awaitable[object]]) -> None:
        """Wait for the answers to ``requests``, by their names: the first is a, the second b.

        All of them have arrived before the first has its first turn.
        """
        from asyncio import ensure_future

        self._letters = {name: letter(place) for place, name in enumerate(requests)}
        tasks = {self._letters[name]: ensure_future(one) for name, one in requests.items()}
        try:
            while not all(who in self._waiting or task.done() for who, task in tasks.items()):
                await self.clock.sleep(self.pace / 1000)
            while not all(task.done() for task in tasks.values()):
                if self._waiting:
                    self._next()
                # Time goes on when everybody waits: for a turn, or for another request.
                await self.clock.sleep(self.pace / 1000)
        finally:
            self._letters = {}  # a request that is cut off cleans up without waiting for turns
        for task in tasks.values():
            task.result()

    def _next(self) -> None:
        who = self.choose({who: queue[0][0] for who, queue in self._waiting.items()})
        queue = self._waiting[who]
        queue.pop(0)[1].set_result(None)
        if not queue:
            del self._waiting[who]

    async def wait(self, request: str, verb: Verb | Literal["call"], *keys: str) -> None:
        """Wait for the turn of ``request``."""
        from asyncio import get_running_loop

        who = self._letters.get(request)
        if who is not None:
            turn: Future[None] = get_running_loop().create_future()
            self._waiting.setdefault(who, []).append((Turn(who, verb, keys), turn))
            await turn
