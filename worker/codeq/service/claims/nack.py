"""Gives up an attempt: the task is tried again later, how much later, or laid with the dead letters."""

from dataclasses import dataclass

from kvstore.entropy import Entropy
from worker.codeq.documents import FAILED, IN_PROGRESS, PENDING, Task
from worker.codeq.errors import Refusal
from worker.codeq.servers import Command, checked
from worker.codeq.service.operations import Operations

_LARGEST_EXPONENT = 62


@dataclass(frozen=True, slots=True)
class Backoff:
    """One of the five policies; an unknown name is ``exp_full_jitter``. ``base`` and ``most`` in seconds."""

    policy: str
    base: int
    most: int
    entropy: Entropy

    def seconds(self, attempts: int) -> int:
        """The delay after ``attempts`` attempts, counted from 0."""
        doubled = min(self.base << min(max(attempts, 0), _LARGEST_EXPONENT), self.most)
        match self.policy:
            case "fixed":
                return min(self.base, self.most)
            case "linear":
                return min(self.base * max(1, attempts), self.most)
            case "exponential":
                return doubled
            case "exp_equal_jitter":
                return doubled // 2 + self.entropy.below(doubled // 2 + 1)
            case _:
                return self.entropy.below(doubled + 1)


TOO_MANY_ATTEMPTS = "MAX_ATTEMPTS"


@dataclass(frozen=True, slots=True)
class Nacked:
    """``requeued`` with a delay in seconds, or ``dlq``."""

    status: str
    delay: int


@dataclass(frozen=True, slots=True)
class Nack(Operations):
    """Claiming counts an attempt, and so does this: five attempts are three deliveries."""

    backoff: Backoff

    async def by_worker(self, task_id: str, worker: str, delay: int, reason: str) -> Nacked:
        """A worker's own nack; a ``delay`` of 0 or less leaves it to the back-off.

        Raises Refusal: 404 not-found, 403 not-owner, 409 not-in-progress.
        """
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(404, "not-found")
        if task.worker_id != worker:
            raise Refusal(403, "not-owner")
        if task.status != IN_PROGRESS:
            raise Refusal(409, "not-in-progress")
        seconds = min(delay, self.backoff.most) if delay > 0 else self.backoff.seconds(task.attempts)
        return await self.give_up(task_id, seconds, reason)

    async def give_up(self, task_id: str, delay: int, reason: str) -> Nacked:
        """The attempt is over, whoever says so. Raises Refusal, and ServerError after what could be done."""
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(404, "not-found")
        if task.status != IN_PROGRESS:
            raise Refusal(409, "not-in-progress")
        task.attempts += 1
        task.max_attempts = task.max_attempts or self.settings.max_attempts_default
        if task.attempts >= task.max_attempts:
            return await self._bury(task, reason)
        return await self._delay(task, delay)

    async def _bury(self, task: Task, reason: str) -> Nacked:
        task.release(FAILED)
        task.error = reason or TOO_MANY_ATTEMPTS
        await self._move(task, ("LPUSH", self.keys.dlq(task.command), task.id))
        return Nacked("dlq", 0)

    async def _delay(self, task: Task, delay: int) -> Nacked:
        task.release(PENDING)
        task.error = ""
        due = self.timeline.epoch() + delay
        await self._move(task, ("ZADD", self.keys.delayed(task.command), due, task.id))
        return Nacked("requeued", delay)

    async def _move(self, task: Task, arrival: Command) -> None:
        commands: list[Command] = [
            ("SREM", self.keys.inprog(task.command), task.id),
            ("DEL", self.keys.lease(task.id)),
            arrival,
            self.tasks.written(task),
            self.tasks.retained(task.id),
        ]
        checked(await self.server.transaction(commands))
