"""Takes in a new task."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kvstore.entropy import Entropy
from worker.codeq.documents import PENDING, Task, encode
from worker.codeq.errors import Refusal
from worker.codeq.service.operations import Operations
from worker.codeq.service.webhooks.notifications import Notifications
from worker.codeq.settings import IDEMPOTENCY_SECONDS


@dataclass(frozen=True, slots=True)
class Order:
    """What a producer asks for, checked. ``visible_at`` is in epoch seconds; one that is past means now."""

    command: str
    payload: Any
    priority: int
    webhook: str
    max_attempts: int
    idempotency_key: str
    visible_at: int


@dataclass(frozen=True, slots=True)
class Creation(Operations):
    """Separate commands, no transaction: a crash in between leaves a record that is in no queue.

    An order that repeats an earlier one is announced like a new one.
    """

    notifications: Notifications
    entropy: Entropy

    async def create(self, order: Order) -> Task:
        """The new task, or the stored one of an earlier order with the same idempotency key."""
        task = self._new_task(order)
        if order.idempotency_key:
            earlier = await self._earlier(order.idempotency_key, task.id)
            if earlier is not None:
                await self._announce(order.command)
                return earlier
        await self.server.call("HSET", self.keys.tasks, task.id, task.text())
        await self.tasks.retain(task.id)
        if order.visible_at > self.timeline.epoch():
            await self.server.call("ZADD", self.keys.delayed(task.command), order.visible_at, task.id)
        else:
            await self.queues.push(task.command, task.priority, task.id)
            await self._announce(task.command)
        return task

    def _new_task(self, order: Order) -> Task:
        now = self.timeline.now()
        return Task(
            id=str(UUID(bytes=self.entropy.token(16), version=4)),
            command=order.command,
            payload=encode(order.payload),
            status=PENDING,
            created_at=now,
            updated_at=now,
            priority=min(max(order.priority, 0), 9),
            webhook=order.webhook,
            max_attempts=order.max_attempts,
        )

    async def _earlier(self, idempotency_key: str, task_id: str) -> Task | None:
        """The task that has the key already; None when the key is now ``task_id``'s.

        A key whose task is gone (cleanup forgets keys) is taken over.
        """
        key = self.keys.idempo(idempotency_key)
        if known := await self.server.call("GET", key):
            task = await self.tasks.read(known)
            if task is not None:
                return task
            await self.server.call("DEL", key)
        if await self.server.call("SET", key, task_id, "EX", IDEMPOTENCY_SECONDS, "NX"):
            return None
        winner = await self.server.call("GET", key)
        task = await self.tasks.read(winner) if winner else None
        if task is None:
            raise Refusal(400, "idempotency conflict")
        return task

    async def _announce(self, command: str) -> None:
        """Tells subscribers that an empty queue has its first task, before the producer gets an answer."""
        if await self.queues.waiting(command) == 1:
            await self.notifications.send(command)
