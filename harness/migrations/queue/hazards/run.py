"""A run of the migration, read from what it asked of KV: which tasks it tried, and how far it got."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, overload

from harness import Call
from harness.migrations.queue.layout import NEW_TASK, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import MOST_ENTRIES
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import Lease, QueueState, parsed_list
from harness.model.log import chosen
from harness.model.verdict import Moment
from kvstore import Event
from kvstore.errors import Code
from kvstore.messages import TOO_MANY_OPERATIONS
from kvstore.store import Verb
from kvstore.stores.names import Names


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a run did with one task: read the old key, put the new one, read that, delete the old one.

    Each is kept as a place in ``operations``, -1 for none; there may be more tasks than all of those can be
    kept for.
    """

    operations: Sequence[Event]
    read_at: int
    put_at: int
    verify_at: int
    delete_at: int

    @property
    def task(self) -> str:
        return self.read.key.removeprefix(OLD_TASK)

    @property
    def read(self) -> Event:
        return self.operations[self.read_at]

    @property
    def put(self) -> Event | None:
        return None if self.put_at < 0 else self.operations[self.put_at]

    @property
    def verify(self) -> Event | None:
        return None if self.verify_at < 0 else self.operations[self.verify_at]

    @property
    def delete(self) -> Event | None:
        return None if self.delete_at < 0 else self.operations[self.delete_at]

    @property
    def moved(self) -> bool:
        delete = self.delete
        return delete is not None and delete.error is None

    @property
    def missing(self) -> bool:
        """Whether the run was told that there is no such task."""
        read = self.read
        return read.entry is None and read.error is None

    @property
    def refusal(self) -> Event | None:
        """The first operation that KV refused."""
        steps = (self.read, self.put, self.verify, self.delete)
        return next((step for step in steps if step is not None and step.error is not None), None)

    @property
    def moments(self) -> list[Moment]:
        steps = (self.read, self.put, self.verify, self.delete)
        return [timeline.of_read(step) for step in steps if step is not None]


class Attempts(Sequence[Attempt]):
    """Every task that was tried in ``operations``: four numbers each."""

    def __init__(self, operations: Sequence[Event]) -> None:
        self._operations, self._places = operations, array("i")
        task = ""
        for at, event in enumerate(operations):
            if event.verb == "get" and event.key.startswith(OLD_TASK):
                task = event.key.removeprefix(OLD_TASK)
                self._places.extend((at, -1, -1, -1))
            elif self._places:
                self._go_on(task, at, event)

    def _go_on(self, task: str, at: int, event: Event) -> None:
        """Note the place of what is done next with a task."""
        if event.verb == "put" and event.key == NEW_TASK + task:
            self._places[-3] = at
        elif event.verb == "get" and event.key == NEW_TASK + task and self._places[-3] >= 0:
            self._places[-2] = at
        elif event.verb == "delete" and event.key == OLD_TASK + task:
            self._places[-1] = at

    def __len__(self) -> int:
        return len(self._places) // 4

    @overload
    def __getitem__(self, index: int) -> Attempt: ...
    @overload
    def __getitem__(self, index: slice) -> list[Attempt]: ...
    def __getitem__(self, index: int | slice) -> Attempt | list[Attempt]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        at = 4 * range(len(self))[index]
        return Attempt(self._operations, *self._places[at : at + 4])


class Moved(Mapping[str, Attempt]):
    """The attempts that moved their task, by its id; the last one of each."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts, self._tasks, self._last = attempts, Names(MOST_ENTRIES), array("I")
        for place, one in enumerate(attempts):
            if one.moved:
                number = self._tasks.number(one.task)
                if number == len(self._last):
                    self._last.append(place)
                self._last[number] = place

    def __getitem__(self, task: str) -> Attempt:
        number = self._tasks.find(task)
        if number < 0:
            raise KeyError(task)
        return self._attempts[self._last[number]]

    def __contains__(self, task: object) -> bool:
        return isinstance(task, str) and self._tasks.find(task) >= 0

    def __iter__(self) -> Iterator[str]:
        return self._tasks.each(range(len(self._tasks)))

    def __len__(self) -> int:
        return len(self._tasks)


@dataclass(frozen=True)
class Run:
    """One ``POST /api/migrate/run``, with what was alive before it and after it.

    For the last of all, which is asked when everything is over, ``operations`` is empty.
    """

    call: Call
    operations: Sequence[Event]
    around: Callable[[], tuple[QueueState, QueueState]]

    @property
    def before(self) -> QueueState:
        return self.around()[0]

    @property
    def after(self) -> QueueState:
        return self.around()[1]

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self.operations)

    @cached_property
    def moved(self) -> Moved:
        return Moved(self.attempts)

    @cached_property
    def listed(self) -> Any:
        """The pending list as the run read it: None for a missing one, BROKEN for what is no JSON."""
        read = [event for event in chosen(self.operations, PENDING, verb="get") if event.key == PENDING]
        return parsed_list(read[-1].entry) if read and read[-1].entry is not None else None

    @property
    def says_missing(self) -> bool:
        """Whether it was told that there is no pending list, and looked no further."""
        message = self.call.member("message")
        return isinstance(message, str) and message.startswith("Migration not needed")

    @cached_property
    def end_of_list(self) -> Event | None:
        """The attempt to delete the pending list."""
        return self._first("delete", PENDING)

    @property
    def deleted_list(self) -> bool:
        return self.end_of_list is not None and self.end_of_list.error is None

    @cached_property
    def lease_listing(self) -> Event | None:
        return self._first("scan", OLD_LEASE)

    def _first(self, verb: Verb, key: str) -> Event | None:
        return next((event for event in chosen(self.operations, key, verb=verb) if event.key == key), None)

    @cached_property
    def errors(self) -> list[str]:
        """The errors of both sections in the answer."""
        told = self.call.member("errors")
        return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []

    def reported(self, task: str, why: str = "") -> bool:
        """Whether the answer counts ``task`` as a failure, for a reason that contains ``why``."""
        begin, errors = f"Task {task}: ", self._in_order
        place = bisect_left(errors, begin)
        while place < len(errors) and errors[place].startswith(begin):
            if why in errors[place]:
                return True
            place += 1
        return False

    @cached_property
    def _in_order(self) -> list[str]:
        """The errors in the order of their texts: those of a task are one after the other."""
        return sorted(self.errors)

    def refused_for(self, code: Code) -> Event | None:
        """The first operation that failed because of a limit."""
        return next((event for event in chosen(self.operations, failed=True) if event.code == code), None)

    @cached_property
    def spent(self) -> Event | None:
        """The first operation that the invocation was not allowed any more."""
        return self.refused_for("invocation-limit")

    @property
    def ran_out(self) -> bool:
        """Whether it used up what one invocation is allowed."""
        return self.spent is not None or any(TOO_MANY_OPERATIONS in error for error in self.errors)

    @property
    def refused_otherwise(self) -> bool:
        """Whether KV refused something for another reason than the budget."""
        return any("KV " in error and " failed: " in error for error in self.errors)

    def stranded_leases(self) -> list[str]:
        """Moved tasks that somebody holds by a lease in the old format alone."""
        return [
            task
            for task, entry in self.after.old_leases.items()
            if task in self.after.new_tasks
            and task not in self.after.new_leases
            and _holds(Lease.read(entry), self.call.answered)
        ]

    def evidence(self, *events: Event | None) -> list[Moment]:
        """What the run was told, and its answer."""
        return [
            *(timeline.of_read(event) for event in events if event is not None),
            timeline.of_call(self.call),
        ]


class Earlier:
    """Runs that moved tasks, and which of them was the last for each task."""

    def __init__(self) -> None:
        self._runs = list[Run]()
        self._tasks, self._last = Names(MOST_ENTRIES), array("I")

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, run: Run) -> None:
        """The run has moved tasks."""
        if run.moved:
            self._runs.append(run)
        for task in run.moved:
            number = self._tasks.number(task)
            if number == len(self._last):
                self._last.append(0)
            self._last[number] = len(self._runs) - 1

    def of(self, task: str) -> Run | None:
        """The last run that moved a task."""
        number = self._tasks.find(task)
        return None if number < 0 else self._runs[self._last[number]]


def runs(record: Record, *, last: bool = False) -> Iterator[Run]:
    """Every run in the order in which they were sent; with ``last`` also the one after everything."""
    yield from _runs(record)
    if last:
        yield Run(record.judged["rerun"], [], lambda: (record.final, record.final))


@kept
def _runs(record: Record) -> list[Run]:
    around = record.around  # what a record keeps does not know the record
    return [
        Run(call, record.operations[call.name], partial(around.__getitem__, call.name))
        for call in record.runs
    ]


def ran_out(event: Event | None) -> bool:
    """Whether an operation was refused because its invocation had used up what it is allowed."""
    return event is not None and event.code == "invocation-limit"


def page_size(record: Record) -> int:
    """How many keys a listing shows at most."""
    return min(1000, record.scenario.page)


def _holds(lease: Lease | None, at: int) -> bool:
    return lease is not None and (lease.until is None or lease.until * 1000 > at)
