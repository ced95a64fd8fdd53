"""What happened in one simulation of a migration: everything that the checks judge by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from harness.answers import member, raw, shown
from harness.migration import Migration, Rule
from kvstore import Entry, Event

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
        """A member of a JSON answer, None when it is not there or not of its type: see `harness.answers`."""
        return member(self.answer, *names)

    def raw(self, *names: str) -> Any:
        """What is there in the answer, of whatever type; None for nothing."""
        return raw(self.answer, *names)

    def shown(self, *names: str) -> str:
        """What is there in the answer, of whatever type."""
        return shown(self.answer, *names)

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


@dataclass(frozen=True, slots=True)
class Failure:
    """An operator gave up at ``at`` (ms): ``what`` was asked, and ``why`` it was enough."""

    at: int
    what: str
    why: str


@dataclass(frozen=True)
class Record:
    """A finished simulation.

    start      what was stored at the beginning; ``writes`` every put and delete carried out since, in order;
               ``final`` what was stored when everybody had seen everything
    calls      every request, in the order in which they were sent; ``acts`` of readers and clients
    asked      every KV operation as the Worker saw it
    fired      the faults that happened; ``interrupted`` the interruptions and meetings that did, ``order``
               the deviations from first come, first served
    failures   where operators gave up, in the first run and ``second``, that of a second run
    again      what was stored after a second run, None when there was none; it ended at ``again_at`` (ms)
    unreadable entries that readers did not find even before anything moved
    rolled     when (ms) the way back was over, None when none was taken
    """

    migration: Migration
    scenario: Any
    start: Mapping[Place, Entry]
    final: Mapping[Place, Entry]
    writes: Sequence[Event]
    calls: Sequence[Call]
    acts: Sequence[Act]
    asked: Sequence[Event]
    began: int
    ended: int
    fired: Sequence[str]
    interrupted: Sequence[str]
    failures: Sequence[Failure]
    second: Sequence[Failure]
    again: Mapping[Place, Entry] | None
    again_at: int
    rolled: int | None
    deployed: Sequence[tuple[int, str]] = field(default=())
    unreadable: frozenset[Place] = field(default=frozenset())
    order: Sequence[Any] = field(default=())

    @cached_property
    def by_name(self) -> dict[str, Call]:
        """Every request by its name."""
        return {call.name: call for call in self.calls}

    @cached_property
    def operations(self) -> dict[str, list[Event]]:
        """What each request asked of KV, by its name."""
        found: dict[str, list[Event]] = {}
        for event in self.asked:
            found.setdefault(event.invocation, []).append(event)
        return found

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
