"""What happened in a simulation: everything that the checkers judge by."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Final, TypeVar

from harness import Call, History, RunRecord, carry_out, timeline
from harness.migrations.queue.simulation.expectation import MOST_ENTRIES, Expectation
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.state import QueueState
from kvstore import Entry, Event
from kvstore.stores.table import alive_at, copied

T = TypeVar("T")

# Who migrates; the names of the others begin with what they are.
OPERATOR: Final = "operator"


@dataclass(frozen=True, kw_only=True)
class Record(RunRecord[QueueState]):
    """A finished simulation.

    judged    the answers after everything was over: ``listing``, ``status``, and ``rerun``, another run;
              ``rewritten`` are the writes of that. After a walk also a ``claim``, and what became of it:
              ``complete`` and ``queue again``
    """

    scenario: Scenario
    judged: Mapping[str, Call]
    rewritten: Sequence[Event]

    def timeline(self) -> Iterator[tuple[Event, MutableMapping[str, Entry]]]:
        """Each write with the namespace right after it; the same mapping every time, changed in place."""
        return timeline(self.start.entries, self.writes)

    def state_at(self, place: int) -> QueueState:
        """The namespace after the first ``place`` writes, expired keys included."""
        state = copied(self.start.entries)
        carry_out(self.writes[:place], state)
        return QueueState(state)

    @cached_property
    def expectation(self) -> Expectation:
        """Every entry that there was, from when until when, and what was to happen to each task."""
        return Expectation(self, self.versions)

    @cached_property
    def versions(self) -> History:
        """What was stored when, key by key."""
        return History(self.start.entries, self.writes)

    @cached_property
    def said(self) -> dict[str, str]:
        """The text of each answer, by the name of its Call."""
        return {call.name: str(call.answer) for call in self.calls}

    @cached_property
    def refused(self) -> list[Event]:
        """The operations that failed, for whatever reason."""
        return [event for event in self.asked if event.error]

    @cached_property
    def around(self) -> "Around":
        """What was alive before and after each request of an operator, by the name of its Call."""
        theirs = {call.name: call for call in self.calls if call.actor.startswith(OPERATOR)}
        return Around(self.start.entries, self.writes, theirs)

    def made_by_migration(self, event: Event) -> bool:
        """Whether a request of an operator made a write or asked an operation."""
        return event.invocation.startswith(OPERATOR)

    @cached_property
    def runs(self) -> list[Call]:
        """The calls of ``POST /api/migrate/run``."""
        return self.to("POST", "/api/migrate/run")


class Around(Mapping[str, tuple[QueueState, QueueState]]):
    """What was alive before and after ``calls``, by name: put together when it is asked for.

    All of it at once would be two copies of the namespace for each call. The latest are kept.
    """

    def __init__(
        self, start: Mapping[str, Entry], writes: Sequence[Event], calls: Mapping[str, Call]
    ) -> None:
        self._start, self._writes, self._calls = start, writes, calls
        self._state, self._done = copied(start), 0
        self._latest: dict[tuple[int, int], QueueState] = {}
        self._most = max(2, MOST_ENTRIES // (len(start) + 1))

    def __getitem__(self, name: str) -> tuple[QueueState, QueueState]:
        call = self._calls[name]
        return self._alive(call.first, call.sent), self._alive(call.last, call.answered)

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def _alive(self, place: int, at: int) -> QueueState:
        """What is alive ``at`` a moment, after the first ``place`` writes."""
        if (place, at) not in self._latest:
            if place < self._done:
                self._state, self._done = copied(self._start), 0
            carry_out(self._writes[self._done : place], self._state)
            self._done = place
            while len(self._latest) >= self._most:
                del self._latest[next(iter(self._latest))]
            self._latest[place, at] = QueueState(alive_at(self._state, at))
        return self._latest[place, at]


def kept_if_few(find: Callable[[Record], Iterable[T]]) -> Callable[[Record], Iterable[T]]:
    """The same for what there is of each task: of a large record it is found anew each time."""
    few = kept(lambda record: list(find(record)))

    @wraps(find)
    def look(record: Record) -> Iterable[T]:
        return few(record) if len(record.writes) <= MOST_ENTRIES else find(record)

    return look


def kept(find: Callable[[Record], T]) -> Callable[[Record], T]:
    """``find``, but what it finds in a record is kept there: for what many ask, and nobody changes."""

    @wraps(find)
    def look(record: Record) -> T:
        found: dict[object, T] = record._found
        if find not in found:
            found[find] = find(record)
        return found[find]

    return look
