"""What happened in a rehearsal: everything that the checkers judge by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness import Call, Looked
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.state import QueueState
from kvstore import Event
from kvstore.messages import DAY_IS_OVER


@dataclass(frozen=True)
class Run:
    """One run of the migration: its answer, and the keys that it wrote as they were before and after it.

    The whole namespace for every step would take memory and time as the square of its size.
    """

    report: Call
    before: QueueState
    after: QueueState


@dataclass(frozen=True, repr=False)  # asyncio writes out what a task gives: every value that was ever written
class Outcome:
    """A walked migration.

    ``runs`` are the operator's, ``rerun`` is one more on a copy of what they left.
    ``at_status`` is the namespace when the first status was asked for, ``before`` and ``after`` right before
    and right after the run, ``at_listing`` when the new Worker listed its queue. ``events`` are the KV
    operations of the runs in order as they reached the store, ``asked`` the same as the Worker asked them,
    ``now`` when it ended, in epoch seconds. ``born`` are the ids that
    producers were told were accepted after it, ``done`` those that workers completed before the listing.
    ``planned`` are the faults that were to happen, ``fired`` those that did.
    """

    at_status: QueueState
    before: QueueState
    after: QueueState
    events: Sequence[Event]
    asked: Sequence[Event]
    now: float
    status_before: Call
    runs: Sequence[Run]
    status_after: Call
    rerun: Run
    listing: Call
    calls: Sequence[Call]
    at_listing: QueueState
    born: frozenset[str] = field(default=frozenset())
    done: frozenset[str] = field(default=frozenset())
    planned: tuple[str, ...] = field(default=())
    fired: tuple[str, ...] = field(default=())

    @property
    def run(self) -> Call:
        """The answer of the last run."""
        return self.runs[-1].report

    @property
    def finished(self) -> bool:
        """Whether the operator was told, by the run or by the status, that nothing is left to do."""
        return self.run.status == 200 or self.status_after.member("needsMigration") is False

    @cached_property
    def expected(self) -> frozenset[str]:
        """The ids that must be listed once the migration is over: live, born since, and not completed.

        A task whose body was set aside, byte for byte, is accounted for and not listed.
        """
        return (frozenset(self.before.live) | self.born) - self.set_aside - self.done

    @cached_property
    def set_aside(self) -> frozenset[str]:
        kept = self.at_listing.quarantined
        before = self.before.tasks
        return frozenset(task for task in kept if task in before and kept[task] == before[task])

    @cached_property
    def looked(self) -> Looked:
        """How much there was to judge; what was moved is what left the old format before its time."""
        moved = [
            key
            for key, entry in self.before.entries.items()
            if key.startswith((PENDING, OLD_TASK, OLD_LEASE)) and key not in self.after.entries
            if entry.expiration is None or entry.expiration > self.now
        ]
        return Looked(
            runs=1,
            requests=len(self.calls),
            operations=sum(exchange.operations for exchange in self.calls),
            moved=len(moved),
            planned=len(self.planned),
            fired=len(self.fired),
        )

    @cached_property
    def listed(self) -> list[str]:
        """The ids that the new Worker lists, in its order."""
        pending = self.listing.member("pending")
        return [item for item in pending if isinstance(item, str)] if isinstance(pending, list) else []


def out_of_quota(report: Call) -> bool:
    """Whether a step was told that the operations of the day are used up."""
    return DAY_IS_OVER in str(report.member("errors"))


def line(call: Call) -> str:
    """A request with its answer, for somebody who waits."""
    took = f"{call.status} in {call.seconds:.2f} s, {call.operations:,} KV operations"
    return f"{call.step:<21} {call.method:<4} {call.path}  {took}"
