"""What happened in a rehearsal: everything that the checkers judge by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.queue_state import QueueState
from kvstore import Event


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    ``body`` is parsed JSON, or text; ``seconds`` is how long it took, ``operations`` how many KV operations.
    """

    step: str
    method: str
    path: str
    status: int
    body: Any
    seconds: float
    operations: int

    def member(self, *names: str) -> Any:
        """A member of a JSON answer, None when it is not there."""
        value = self.body
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "body": self.body,
            "seconds": round(self.seconds, 4),
            "operations": self.operations,
        }


@dataclass(frozen=True)
class Rerun:
    """A second run on a copy of what the first one left."""

    report: Exchange
    before: QueueState
    after: QueueState


@dataclass(frozen=True)
class Outcome:
    """A walked migration.

    ``at_status`` is the namespace when the first status was asked for, ``before`` and ``after`` right before
    and right after the run, ``at_listing`` when the new Worker listed its queue. ``events`` are the KV
    operations of the run in order, ``now`` when it ended, in epoch seconds. ``born`` are the ids that
    producers were told were accepted after it.
    """

    at_status: QueueState
    before: QueueState
    after: QueueState
    events: Sequence[Event]
    now: float
    status_before: Exchange
    run: Exchange
    status_after: Exchange
    rerun: Rerun
    listing: Exchange
    exchanges: Sequence[Exchange]
    at_listing: QueueState
    born: frozenset[str] = field(default=frozenset())

    @property
    def expected(self) -> frozenset[str]:
        """The ids that must be listed once the migration is over."""
        return frozenset(self.before.live) | self.born

    @property
    def listed(self) -> list[str]:
        """The ids that the new Worker lists, in its order."""
        pending = self.listing.member("pending")
        return [item for item in pending if isinstance(item, str)] if isinstance(pending, list) else []
