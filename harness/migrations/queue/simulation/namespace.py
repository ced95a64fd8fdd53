"""A namespace in the making: tasks and leases of the old format, as producers and daemons wrote them."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK
from kvstore import Entry
from kvstore.clock import iso

_HOUR: Final = 3600
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass
class Population:
    """Entries of a namespace as of ``now`` (epoch seconds), and the pending list that goes with them."""

    now: int
    entries: dict[str, Entry] = field(default_factory=dict)
    pending: list[Any] = field(default_factory=list)

    def add_task(self, task: str, **changes: Any) -> None:
        """A task as a producer wrote it ten minutes ago; ``changes`` replace members of its Entry."""
        self.entries[OLD_TASK + task] = self.task(task)._replace(**changes)

    def task(self, task: str) -> Entry:
        """A task as a producer wrote it ten minutes ago, a second after the one before."""
        return Entry(_task(task, self.now - 600 + len(self.entries)), self.now + _HOUR - 600)

    def list_task(self, task: str, **changes: Any) -> None:
        """A task that the pending list names."""
        self.add_task(task, **changes)
        self.pending.append(task)

    def add_lease(self, task: str, seconds: int = 240, *, expires: bool = True) -> None:
        """Somebody holds ``task`` for ``seconds`` more; the key itself may have no expiration."""
        lease = self.lease(task, seconds)
        self.entries[OLD_LEASE + task] = lease if expires else lease._replace(expiration=None)

    def lease(self, task: str, seconds: int) -> Entry:
        """A lease of a minute ago, for ``seconds`` more; its key is there as long."""
        return Entry(_lease(task, self.now - 60, self.now + seconds), self.now + seconds)


@lru_cache(maxsize=256)  # simulations begin alike
def _task(task: str, queued: int) -> bytes:
    return encoded(
        {
            "id": task,
            "type": "task",
            "source": "slack",
            "content": f"the work of {task}",
            "priority": "low",
            "metadata": {},
            "queuedAt": iso(queued * 1000),
            "status": "pending",
        }
    )


@lru_cache(maxsize=256)
def _lease(task: str, claimed: int, expires: int) -> bytes:
    return encoded(
        {
            "workerId": "worker-before",
            "claimNonce": f"worker-before:{task}",
            "claimedAt": iso(claimed * 1000),
            "expiresAt": iso(expires * 1000),
        }
    )


def encoded(value: Any) -> bytes:
    """JSON as JavaScript writes it."""
    return _COMPACT.encode(value).encode()
