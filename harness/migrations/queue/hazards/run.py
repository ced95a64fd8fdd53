"""A run of the migration, read from what it asked of KV: which tasks it tried, and how far it got."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from harness import Call
from harness.migrations.queue.layout import NEW_TASK, OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record, kept
from harness.migrations.queue.state import Lease, QueueState, parsed_list
from harness.model.verdict import Moment
from kvstore import Event
from kvstore.errors import Code
from kvstore.messages import TOO_MANY_OPERATIONS


@dataclass(slots=True)
class Attempt:
    """What a run did with one task: read the old key, put the new one, read that, delete the old one.

    Each is kept as a place in ``operations``; there may be more tasks than all of those can be kept for.
    """

    task: str
    operations: Sequence[Event]
    read_at: int
    put_at: int | None = None
    verify_at: int | None = None
    delete_at: int | None = None

    @property
    def read(self) -> Event:
        return self.operations[self.read_at]

    @property
    def put(self) -> Event | None:
        return None if self.put_at is None else self.operations[self.put_at]

    @property
    def verify(self) -> Event | None:
        return None if self.verify_at is None else self.operations[self.verify_at]

    @property
    def delete(self) -> Event | None:
        return None if self.delete_at is None else self.operations[self.delete_at]

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
    def attempts(self) -> list[Attempt]:
        found: list[Attempt] = []
        for at, event in enumerate(self.operations):
            if event.verb == "get" and event.key.startswith(OLD_TASK):
                found.append(Attempt(event.key.removeprefix(OLD_TASK), self.operations, at))
            elif found:
                _go_on(found[-1], at, event)
        return found

    @cached_property
    def moved(self) -> dict[str, Attempt]:
        return {one.task: one for one in self.attempts if one.moved}

    @cached_property
    def listed(self) -> Any:
        """The pending list as the run read it: None for a missing one, BROKEN for what is no JSON."""
        read = [event for event in self.operations if event.verb == "get" and event.key == PENDING]
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

    def _first(self, verb: str, key: str) -> Event | None:
        return next((event for event in self.operations if event.verb == verb and event.key == key), None)

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
        return next((event for event in self.operations if event.error and event.code == code), None)

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


def _go_on(attempt: Attempt, at: int, event: Event) -> None:
    if event.verb == "put" and event.key == NEW_TASK + attempt.task:
        attempt.put_at = at
    elif event.verb == "get" and event.key == NEW_TASK + attempt.task and attempt.put_at is not None:
        attempt.verify_at = at
    elif event.verb == "delete" and event.key == OLD_TASK + attempt.task:
        attempt.delete_at = at


def _holds(lease: Lease | None, at: int) -> bool:
    return lease is not None and (lease.until is None or lease.until * 1000 > at)
