"""What happened in a simulation: everything that the checkers judge by."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from operator import attrgetter
from typing import Any, Final, TypeVar

from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.truth import Truth
from harness.migrations.queue.state import QueueState
from harness.model.history import History
from harness.model.record import Call, Kind
from kvstore import Entry, Event

T = TypeVar("T")

_AT: Final = attrgetter("at")
_IN_ORDER: Final = json.JSONEncoder(sort_keys=True)

# Who migrates; the names of the others begin with what they are.
OPERATOR: Final = "operator"


@dataclass(slots=True)
class HistoryEvent:
    """A line of the history: ``kind`` at ``at`` (ms) of ``call``, seen from outside the Worker.

    Not frozen, which takes five times as long to make; nobody changes it.
    """

    at: int
    kind: Kind
    call: Call

    def as_json(self) -> dict[str, Any]:
        call = self.call
        invoked = self.kind == "invoke"
        told = {"body": call.body} if invoked else {"status": call.status, "answer": call.answer}
        return {
            "at": self.at,
            "kind": self.kind,
            "request": call.name,
            "colo": call.colo,
            "method": call.method,
            "path": call.path,
            **told,
        }


class ByRequest(dict[str, list[Event]]):
    """Operations by the name of their request; one that asked for nothing has none."""

    def __missing__(self, name: str) -> list[Event]:
        return []


@dataclass(frozen=True)
class Record:
    """A finished simulation.

    start     the namespace at the beginning; ``writes`` every put and delete that was carried out since, in
              order; ``final`` the namespace when everybody had seen everything
    calls     every request, in the order in which they were sent
    asked     every KV operation as the Worker saw it: what it asked, and what it was told
    deployed  when (ms) each format was deployed
    judged    the answers after everything was over: ``listing``, ``status``, and ``rerun``, another run;
              ``rewritten`` are the writes of that
    fired     the faults that happened
    """

    scenario: Scenario
    start: QueueState
    final: QueueState
    writes: Sequence[Event]
    calls: Sequence[Call]
    asked: Sequence[Event]
    began: int
    ended: int
    deployed: Sequence[tuple[int, str]]
    judged: Mapping[str, Call]
    rewritten: Sequence[Event]
    fired: Sequence[str] = field(default=())
    # What `kept` and `to` have found in it.
    _found: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def history(self) -> list[HistoryEvent]:
        """Every request twice: when it was sent, and when it ended."""
        invoked = [HistoryEvent(call.sent, "invoke", call) for call in self.calls]
        ended = [HistoryEvent(call.answered, call.outcome, call) for call in self.calls]
        return sorted([*invoked, *ended], key=_AT)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the history and of every write: equal for two runs of one scenario."""
        digest = hashlib.sha256()
        for event in self.history:
            digest.update(_IN_ORDER.encode(event.as_json()).encode())
        for write in self.writes:
            value = b"" if write.entry is None else write.entry.value
            digest.update(f"{write.at} {write.invocation} {write.verb} {write.key} ".encode() + value)
        return digest.hexdigest()[:16]

    def timeline(self) -> Iterator[tuple[Event, dict[str, Entry]]]:
        """Each write with the namespace right after it; the same dict every time, changed in place."""
        state = dict(self.start.entries)
        for event in self.writes:
            if event.verb == "put" and event.entry is not None:
                state[event.key] = event.entry
            else:
                state.pop(event.key, None)
            yield event, state

    def state_at(self, place: int) -> QueueState:
        """The namespace after the first ``place`` writes, expired keys included."""
        state = dict(self.start.entries)
        for event in self.writes[:place]:
            if event.verb == "put" and event.entry is not None:
                state[event.key] = event.entry
            else:
                state.pop(event.key, None)
        return QueueState(state)

    @cached_property
    def truth(self) -> Truth:
        """Every entry that there was, from when until when, and what was to happen to each task."""
        return Truth(self)

    @cached_property
    def past(self) -> History:
        """What was stored when, key by key."""
        return History(self.start.entries, self.writes)

    @cached_property
    def operations(self) -> dict[str, list[Event]]:
        """What each request asked of KV, by the name of its Call, in the order in which that ended."""
        found = ByRequest()
        for event in self.asked:
            found.setdefault(event.invocation, []).append(event)
        return found

    @cached_property
    def said(self) -> dict[str, str]:
        """The text of each answer, by the name of its Call."""
        return {call.name: str(call.answer) for call in self.calls}

    @cached_property
    def refused(self) -> list[Event]:
        """The operations that failed, for whatever reason."""
        return [event for event in self.asked if event.error]

    @cached_property
    def around(self) -> dict[str, tuple[QueueState, QueueState]]:
        """What was alive before and after each request of an operator, by the name of its Call."""
        theirs = [call for call in self.calls if call.actor.startswith(OPERATOR)]
        places = {(call.first, call.sent) for call in theirs} | {
            (call.last, call.answered) for call in theirs
        }
        states = dict(self._states(sorted(places)))
        return {
            call.name: (states[call.first, call.sent], states[call.last, call.answered]) for call in theirs
        }

    def _states(self, places: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], QueueState]]:
        """What is alive at each of ``places`` in the writes, which are in order."""
        state, done = dict(self.start.entries), 0
        for place, at in places:
            for event in self.writes[done:place]:
                if event.verb == "put" and event.entry is not None:
                    state[event.key] = event.entry
                else:
                    state.pop(event.key, None)
            done = place
            alive = {
                key: entry
                for key, entry in state.items()
                if entry.expiration is None or entry.expiration * 1000 > at
            }
            yield (place, at), QueueState(alive)

    def made_by_migration(self, event: Event) -> bool:
        """Whether a request of an operator made a write or asked an operation."""
        return event.invocation.startswith(OPERATOR)

    def to(self, method: str, path: str) -> list[Call]:
        """The requests to a route; a path that ends in ``*`` stands for all that begin like it."""
        found: list[Call] | None = self._found.get((method, path))
        if found is None:
            calls = [call for call in self.calls if call.method == method]
            if path.endswith("*"):
                found = [call for call in calls if call.path.startswith(path[:-1])]
            else:
                found = [call for call in calls if call.path == path]
            self._found[method, path] = found
        return found

    @cached_property
    def runs(self) -> list[Call]:
        """The calls of ``POST /api/migrate/run``."""
        return self.to("POST", "/api/migrate/run")


def kept(find: Callable[[Record], T]) -> Callable[[Record], T]:
    """``find``, but what it finds in a record is kept there: for what many ask, and nobody changes."""

    @wraps(find)
    def look(record: Record) -> T:
        found: dict[object, T] = record._found
        if find not in found:
            found[find] = find(record)
        return found[find]

    return look
