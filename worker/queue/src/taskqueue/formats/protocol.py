"""What a queue format can do."""

from dataclasses import dataclass
from typing import Any, Protocol

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task with the lease that its claimant got. The id is as the format lists it, text or not."""

    task_id: Any
    task: Any
    lease: Object


@dataclass(frozen=True, slots=True)
class NothingToClaim:
    """No task was free; ``pending`` is how many were listed (None if the list has no length)."""

    pending: Any


class QueueFormat(Protocol):
    """The queue in one key layout. KV's refusals pass through every method."""

    async def enqueue(self, task: Object) -> None: ...

    async def pending(self) -> Any:
        """The ids to show and to claim from: an array, or whatever else is stored in its place."""
        ...

    async def claim(self, worker_id: str, seconds: int) -> Claimed | NothingToClaim: ...

    async def task(self, task_id: str) -> Any:
        """The stored task, None without one."""
        ...

    async def set_status(self, task_id: str, status: str) -> bool:
        """False when there is no such task. The task lives for another hour from now."""
        ...

    async def lease(self, task_id: str) -> Any:
        """The stored lease, None without one."""
        ...

    async def release(self, task_id: str) -> None: ...

    async def renew(self, task_id: str, lease: Object, seconds: int) -> Object:
        """Write ``lease`` again to end ``seconds`` from now; the lease as written."""
        ...

    async def complete(self, task_id: str, result: Any) -> None:
        """Store ``result`` and take the task off the queue, whoever holds its lease."""
        ...
