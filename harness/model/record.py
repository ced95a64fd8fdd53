"""What happened in one simulation of a migration: everything that is judged by."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeVar

from harness.migration import Migration, Rule
from harness.model.answers import member, raw, shown
from harness.model.log import grouped
from kvstore import Entry, Event
from worker.d1.layers import D1Event

# What is stored, as those look at it who judge.
State = TypeVar("State")

_AT: Final = attrgetter("at")
_IN_ORDER: Final = json.JSONEncoder(sort_keys=True)

# Where an entry is: its namespace, and its key.
Place = tuple[str, str]

Role = Literal["operator", "reader", "client", "judge"]


# Of a request as its sender knows it.
Kind = Literal["invoke", "ok", "fail", "info"]


@dataclass(slots=True)
class Call:
    """One request, from when it was sent to when its answer came, in milliseconds since the UNIX epoch.

    ``name`` is ``<actor>.<number>``, and so is the invocation that answers it. ``step`` says what it is for,
    ``body`` is the JSON that was sent, ``answer`` what came back. ``status`` is None when no answer came:
    nobody knows then what was done. ``stage`` is the Worker that answered. ``first`` and ``last`` are places
    in the record's ``writes``: how many there were when it was sent, and when it ended. ``operations`` are
    those of KV and of D1; ``refused`` says that D1 refused one of them.
    """

    name: str
    actor: str
    colo: str
    step: str
    method: str
    path: str
    body: Any
    sent: int
    first: int
    stage: str = ""
    answered: int = -1
    status: int | None = None
    answer: Any = None
    last: int = -1
    operations: int = 0
    role: Role = "operator"
    refused: bool = False

    def member(self, *names: str) -> Any:
        """A member of a JSON answer, None when it is not there or not of its type (see `answers.py`)."""
        return member(self.answer, *names)

    def raw(self, *names: str) -> Any:
        """What is there in the answer, of whatever type; None for nothing."""
        return raw(self.answer, *names)

    def shown(self, *names: str) -> str:
        """What is there in the answer, of whatever type."""
        return shown(self.answer, *names)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.answered - self.sent) / 1000

    @property
    def outcome(self) -> Kind:
        """``ok`` below 400, ``fail`` for a refusal, ``info`` when nobody knows what was done."""
        if self.status is None or self.status >= 500:
            return "info"
        return "ok" if self.status < 400 else "fail"


@dataclass(slots=True)
class Act:
    """What a reader or client did to the entry ``name`` of a rule, from one moment to another (ms).

    outcome   ``found`` or ``missed`` of a reader; ``gone``, ``made`` or ``changed`` of a client;
              ``unknown`` when a request of it was not answered, or with an error
    first     how many writes there were when it began, and ``last`` when it ended; ``call`` is its last
              request
    """

    rule: Rule
    name: str
    actor: str
    role: Role
    began: int
    first: int
    outcome: str = "running"
    ended: int = -1
    last: int = -1
    call: Call | None = None

    @property
    def place(self) -> Place:
        return self.rule.binding, self.rule.prefix + self.name

    @property
    def what(self) -> str:
        """What is done to which entry, as the key of what it is answered."""
        return f"{self.rule.name} {self.name}"


@dataclass(frozen=True, slots=True)
class Response:
    """``request`` was answered with ``status``, None for no answer, ``body`` and ``headers``."""

    request: str
    status: int | None
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Requests:
    """What readers and clients were answered, and what that left.

    responses    the answers to each act: by who did what to which entry, as a sentence
    written  where clients wrote, and ``stored`` what was there when all was over
    """

    responses: Mapping[str, Sequence[Response]]
    written: frozenset[Place]
    stored: Mapping[Place, Entry]


@dataclass(frozen=True)
class Compared:
    """The same requests to the Worker before and the one after, each with its layout, while nothing moves.

    ``once`` and ``twice`` are by the Worker before, at different moments and with different chance: wherever
    these two are the same, ``after`` is to be.
    """

    once: Requests
    twice: Requests
    after: Requests


@dataclass(frozen=True, slots=True)
class Failure:
    """An operator gave up at ``at`` (ms): ``what`` was asked, and ``why`` it was enough."""

    at: int
    what: str
    why: str


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


@dataclass(slots=True)
class ObjectCall:
    """One call of a Durable Object, after it ended.

    The object of ``class_name`` is the one of a ``name``, or has this id. ``what`` was asked: a method, or
    the method and path of a request. ``began`` and ``at``, its end, are in milliseconds since the UNIX epoch;
    ``invocation`` names the request in which it happened, and it is the ``ordinal``-th (from 1) of what that
    asked. ``answer`` begins as the answer does: a status, or the JSON of what a method gave; ``error`` is why
    there is none.
    """

    at: int
    invocation: str
    ordinal: int
    class_name: str
    name: str
    what: str
    began: int
    answer: str
    error: str | None = None

    @property
    def label(self) -> str:
        return f"{self.class_name}({self.name}) {self.what}"


@dataclass(frozen=True, kw_only=True)
class RunRecord(Generic[State]):
    """What any finished simulation leaves behind, whatever was migrated.

    start      what was stored at the beginning; ``writes`` every put and delete carried out since, in order;
               ``final`` what was stored when everybody had seen everything
    calls      every request, in the order in which they were sent
    asked      every KV operation as the Worker saw it: what it asked, and what it was told
    began      when it began, and when it ``ended`` (ms)
    deployed   when (ms) each Worker was deployed
    fired      the faults that happened
    """

    scenario: Any
    start: State
    final: State
    writes: Sequence[Event]
    calls: Sequence[Call]
    asked: Sequence[Event]
    began: int
    ended: int
    deployed: Sequence[tuple[int, str]] = ()
    fired: Sequence[str] = ()
    # What `to` has found in it, and who keeps there what many ask.
    _found: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def by_name(self) -> dict[str, Call]:
        """Every request by its name."""
        return {call.name: call for call in self.calls}

    @cached_property
    def operations(self) -> Mapping[str, Sequence[Event]]:
        """What each request asked of KV, by the name of its Call, in the order in which that ended."""
        return grouped(self.asked, "invocation")

    @cached_property
    def by_key(self) -> Mapping[str, Sequence[Event]]:
        """What was asked of KV, by the key that was asked for."""
        return grouped(self.asked, "key")

    @cached_property
    def lost(self) -> list[Event]:
        """Puts and deletes that were confirmed and never carried out, because of the write rate, in order.

        Each says so as one that was refused for it does: by its ``code``.
        """
        if self.scenario.platform.allowance.write_rate != "lost":
            return []
        done = Counter(map(_written, self.writes))
        found = []
        for event in self.asked:
            if event.verb in ("put", "delete") and not event.error:
                if done[_written(event)]:
                    done[_written(event)] -= 1
                else:
                    found.append(replace(event, error="it is confirmed, and lost", code="write-rate"))
        return found

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


def _written(event: Event) -> tuple[str, str, str, str, Entry | None]:
    """What is the same where a write is asked for and where it is done."""
    return event.invocation, event.namespace, event.verb, event.key, event.entry


@dataclass(frozen=True, kw_only=True)
class Record(RunRecord[Mapping[Place, Entry]]):
    """A finished simulation of a declared migration.

    acts       of readers and clients
    interrupted  the interruptions and meetings that happened, ``order`` the deviations from first come, first
               served
    failures   where operators gave up, in the first run and ``second``, that of a second run
    again      what was stored after a second run, None when there was none; it ended at ``again_at`` (ms)
    unreadable entries that readers did not find even before anything moved
    rolled     when (ms) the way back was over, None when none was taken
    compared   the same requests to the Worker before and after; None where somebody else was there, too
    baseline   what readers are answered at the end, beside what they are without a migration, when clients do
               the same; None where that was not asked
    has_objects  whether a Worker has Durable Objects: what they know is not recorded
    queried    every call of D1 as the Worker saw it, and ``called`` every call of a Durable Object
    tables     what its rows can be in, each a Table, by label
    refused    requests to the outside that nothing is said of, as ``GET https://…``
    all_operations  how many operations of KV, D1 and objects there were, with those of the judge
    """

    migration: Migration
    acts: Sequence[Act]
    interrupted: Sequence[str]
    failures: Sequence[Failure]
    second: Sequence[Failure]
    again: Mapping[Place, Entry] | None
    again_at: int
    rolled: int | None
    unreadable: frozenset[Place] = frozenset()
    order: Sequence[Any] = ()
    compared: Compared | None = None
    baseline: Compared | None = None
    has_objects: bool = False
    queried: Sequence[D1Event] = ()
    called: Sequence[ObjectCall] = ()
    tables: Mapping[str, Any] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    all_operations: int = 0

    @property
    def count(self) -> int:
        """How many operations of KV, D1 and Durable Objects there are in it."""
        return len(self.asked) + len(self.queried) + len(self.called)

    @property
    def moved(self) -> int:
        """How much the migration wrote: whoever's request did it, but for clients', and but for its notes."""
        is_note = self.migration.is_note
        return sum(
            self.role_of(write.invocation) != "client" and not is_note(write.namespace, write.key)
            for write in self.writes
        )

    def role_of(self, invocation: str) -> Role:
        """Whose request an invocation answered; what belongs to none is the operator's."""
        call = self.by_name.get(invocation)
        return "operator" if call is None else call.role
