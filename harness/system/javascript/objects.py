"""A Worker's Durable Objects in a simulation: what they ask is done in it, several events at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping
from contextvars import Context, copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.system.deployment import NotSequential, SystemFailed
from harness.system.javascript.answers import Answers, SetAlarm, Surroundings
from harness.system.javascript.configuration import DISK, EVENTS
from harness.system.javascript.invocation import begun
from harness.system.javascript.lane import Held
from harness.system.javascript.object_lane import Answer, ObjectLane
from kvstore.faults import InvocationCrashed
from worker.javascript import WorkerdError

_TOO_MANY = f"more than {EVENTS} events of Durable Objects at once are not emulated in a rehearsal"


Told = tuple[Mapping[str, Any], bytes]


@dataclass(eq=False)
class _Event:
    """An event of an object of the class bound as ``binding``: what it asks is asked in ``context``, that of
    whoever called. ``is_alone`` as long as no other goes on beside it.
    """

    context: Context
    answer: "asyncio.Future[Answer]"
    digits: str
    binding: str
    is_alone: bool


class RunningObjects:
    """The Durable Objects in ``lane``, whose ``answers`` they get; ``folder`` is that of their workerd.

    ``variables`` are those of the Worker where they are others than the configuration's.
    """

    def __init__(
        self,
        code: Surroundings,
        lane: ObjectLane,
        folder: Path,
        answers: Answers,
        variables: Mapping[str, Any] | None,
    ) -> None:
        self._code = code
        self._lane = lane
        self._folder = folder
        self._answers = answers
        self._variables = variables
        # The numbers that an event can have; that which was used last comes last.
        self._free = deque(range(EVENTS))
        self._events: dict[int, _Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        lane.begin()

    def begin(self, objects: Mapping[str, Any], planned: SetAlarm) -> None:
        """They are called by these bindings; ``planned`` is called for every alarm that one sets."""
        self._answers.objects, self._answers.set_alarm = objects, planned

    def is_busy(self, digits: str) -> bool:
        """Whether an object handles an event."""
        return any(one.digits == digits and not one.answer.done() for one in self._events.values())

    def files(self, key: str, digits: str) -> list[Path]:
        """Where what an object stores is, or will be: the database, and what is not yet in it."""
        place = self._folder / DISK / key / f"{digits}.sqlite"
        return [place, place.with_name(f"{place.name}-wal")]

    def deliver(self, event: Mapping[str, Any], body: bytes = b"") -> Awaitable[Told]:
        """Let an object handle an event; awaited, what it answers. It goes on without whoever waits.

        Raises SystemFailed.
        """
        if not self._free:
            raise SystemFailed(WorkerdError(_TOO_MANY))
        number = self._free.popleft()
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        others = [one for one in self._events.values() if not one.answer.done()]
        for one in others:
            one.is_alone = False
        self._events[number] = _Event(copy_context(), answer, event["id"], event["binding"], not others)
        self._lane.is_busy = True
        about = {**begun(self._code, self._variables), "event": {**event, "number": number}}
        self._lane.deliver(number, about, body)
        self._settle()
        return self._told(answer)

    async def _told(self, answer: "asyncio.Future[Answer]") -> Told:
        found = await asyncio.shield(answer)
        return found.told, found.content

    def _settle(self) -> None:
        """Let the isolate compute, begin what it asks, and pass on what it answers."""
        asked = self._computed()
        for held in asked:
            context = self._events[held.event].context.copy()
            task = asyncio.get_running_loop().create_task(self._carry_out(held), context=context)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        answers, self._lane.answers = self._lane.answers, []
        for answer in sorted(answers):
            self._events[answer.event].answer.set_result(answer)
            self._free.append(answer.event)
        self._lane.is_busy = len(self._free) < EVENTS or not self._lane.is_idle

    def _computed(self) -> list[Held]:
        """What the isolate asks when it has come to rest. Raises NotSequential."""
        going = [one for one in self._events.values() if not one.answer.done()]
        kind = "object", f"/{going[0].binding}" if going else ""
        if (
            len(going) != 1
            or not going[0].is_alone
            or not self._lane.is_idle
            or self._code.is_parallel(*kind)
        ):
            return self._lane.settle()
        try:
            return self._lane.step()
        except NotSequential:
            raise self._code.was_parallel(*kind) from None

    async def _carry_out(self, held: Held) -> None:
        try:
            told = await self._answers.told(held)
        except InvocationCrashed:
            told = self._answers.crashed(held)
        if held.is_open:
            held.tell(told)
            self._settle()
