"""Whose KV operation is next: first come, first served, but for the deviations that a scenario names.

A deviation makes one operation wait until so many operations of others have been carried out. Requests that
meet (`harness.engine.meeting`) have one operation carried out after the other: who came first is served
until its answer, and any other order is a matter of deviations.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from harness.engine.interleaving import Choose, Turn, letter
from harness.engine.loop import LoopClock
from harness.parameters import Several
from kvstore import Store
from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Verb

_FORM: Final = re.compile(r"([^:,+\s]+):([1-9]\d{0,5})\+([1-9]\d{0,5})")
# Behind all others, whatever they do.
LAST: Final = 99
# No request waits longer for others in all, in seconds: as long as a slow operation takes.
_MOST_SECONDS: Final = 20.0
# What an operation of requests that meet takes: KV takes a write of one key a second.
_PACE_SECONDS: Final = 1.0
# For so many operations' time those that meet wait for one of them who asks nothing.
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Deviation:
    """Before its ``operation`` (from 1), ``request`` lets ``behind`` operations of others go first."""

    request: str
    operation: int
    behind: int

    def __str__(self) -> str:
        return f"{self.request}:{self.operation}+{self.behind}"


def read_deviation(text: str) -> Deviation:
    """A deviation from its own text. Raises ValueError with what is wrong."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise ValueError(
            f"{text!r:.60} is not a deviation: it takes REQUEST:N+K, such as operator.2:7+3: operation 7 of "
            "operator.2 lets 3 of others go first"
        )
    return Deviation(parts[1], int(parts[2]), int(parts[3]))


@dataclass(frozen=True, kw_only=True)
class Deviations(Several[Deviation]):
    """An order as a member of a scenario: the fewer deviations, and the shorter, the simpler."""

    def weight(self, value: tuple[Deviation, ...]) -> int:
        return sum(1000 + min(one.behind, 999) for one in value)

    def simpler(self, value: tuple[Deviation, ...]) -> Iterator[tuple[Deviation, ...]]:
        yield from super().simpler(value)
        for place, one in enumerate(value):
            for fewer in dict.fromkeys((1, one.behind // 2, one.behind - 1)):
                if 0 < fewer < one.behind:
                    shorter = Deviation(one.request, one.operation, fewer)
                    yield (*value[:place], shorter, *value[place + 1 :])


@dataclass(eq=False, slots=True)
class _Waiting:
    """An operation that waits: ``number`` of its request, for ``behind`` others, as ``turn``.

    ``passed`` counts the operations of others that were carried out meanwhile, and ``overtaken`` says
    whether one of them was of somebody who came later.
    """

    request: str
    number: int
    behind: int
    turn: Turn
    go: "asyncio.Future[None]"
    passed: int = 0
    overtaken: bool = False


class Order:
    """Lets operations wait for others as ``planned`` says; ``taken`` are the deviations that there were.

    ``choose`` stands for it among those that meet, for a search through every order.
    """

    def __init__(
        self,
        planned: Sequence[Deviation],
        invocations: Invocations,
        clock: LoopClock,
        choose: Choose | None = None,
    ) -> None:
        self.taken: list[Deviation] = []
        self._planned = {(one.request, one.operation): one.behind for one in planned}
        self._invocations = invocations
        self._clock = clock
        self._choose: Choose = choose or self._first_come
        self._asked: dict[str, int] = {}
        self._waited: dict[str, float] = {}
        self._held: list[_Waiting] = []
        self._letters: dict[str, str] = {}
        self._queues: dict[str, list[_Waiting]] = {}
        self._served: _Waiting | None = None

    def around(self, store: Store, namespace: str) -> Store:
        """``store`` with waiting before its operations."""
        return _InOrder(store, self, namespace)

    async def carry_out(
        self, verb: Verb | Literal["call"], keys: Sequence[str], operation: Callable[[], Any]
    ) -> Any:
        """``operation``, when it is its turn."""
        request = self._invocations.current().name
        number = self._asked[request] = self._asked.get(request, 0) + 1
        behind = self._planned.get((request, number), 0)
        who = self._letters.get(request) or self._letters.get(request.rpartition(".")[0])
        if who is None and not behind:
            return await self._carried_out(request, who, operation)
        go: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(request, number, behind, Turn(who or "", verb, tuple(keys)), go)
        if who is None:
            await self._hold(waiting)
        else:
            self._queues.setdefault(who, []).append(waiting)
            await go
        try:
            return await self._carried_out(request, who, operation)
        finally:
            if self._served is waiting:
                self._served = None

    async def _hold(self, waiting: _Waiting) -> None:
        """Wait for others, though not for ever."""
        loop, waited = asyncio.get_running_loop(), self._waited.get(waiting.request, 0.0)
        self._held.append(waiting)
        began = loop.time()
        timer = loop.call_later(max(0.0, _MOST_SECONDS - waited), self._let_go, waiting)
        await waiting.go
        timer.cancel()
        self._waited[waiting.request] = waited + loop.time() - began

    def _let_go(self, waiting: _Waiting) -> None:
        if waiting in self._held:
            self._held.remove(waiting)
            waiting.go.set_result(None)
            if waiting.passed:
                self.taken.append(Deviation(waiting.request, waiting.number, waiting.passed))

    async def _carried_out(self, request: str, who: str | None, operation: Callable[[], Any]) -> Any:
        try:
            return await operation()
        finally:
            for held in [one for one in self._held if one.request != request]:
                held.passed += 1
                if held.passed >= held.behind:
                    self._let_go(held)

    async def meet(self, meeting: Mapping[str, "asyncio.Task[Any]"]) -> None:
        """Wait for all of these, by the names of requests or actors; one operation at a time is carried out.

        They came in this order.
        """
        self._letters = {name: letter(place) for place, name in enumerate(meeting)}
        tasks = {self._letters[name]: task for name, task in meeting.items()}
        patience = _PATIENCE
        while not all(task.done() for task in tasks.values()):
            everybody = all(who in self._queues or task.done() for who, task in tasks.items())
            if self._queues and self._served is None and (everybody or not patience):
                patience = _PATIENCE
                self._serve()
            elif self._queues and self._served is None:
                patience -= 1
            await self._clock.sleep(_PACE_SECONDS)
        self._letters = {}
        for task in tasks.values():
            task.result()

    def _serve(self) -> None:
        who = self._choose({who: queue[0].turn for who, queue in self._queues.items()})
        queue = self._queues[who]
        served = queue.pop(0)
        if not queue:
            del self._queues[who]
        for other, theirs in self._queues.items():
            for one in theirs if other != who else ():
                one.passed += 1
                one.overtaken = one.overtaken or other < who
        if served.overtaken:
            self.taken.append(Deviation(served.request, served.number, served.passed))
        self._served = served
        served.go.set_result(None)

    def _first_come(self, waiting: Mapping[str, Turn]) -> str:
        """Who came first of those that need not let others go first."""
        ready = [who for who in waiting if self._queues[who][0].passed >= self._queues[who][0].behind]
        return min(ready or waiting)


class _InOrder(Around):
    def __init__(self, store: Store, order: Order, namespace: str) -> None:
        super().__init__(store)
        self.order = order
        self.namespace = namespace

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        keys = arguments[0] if verb == "get_many" else (key,)
        named = [f"{self.namespace}/{one}" for one in keys]
        found: T = await self.order.carry_out(verb, named, lambda: operation(*arguments))
        return found
