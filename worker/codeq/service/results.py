"""What comes of a task."""

from dataclasses import dataclass
from typing import Any

from worker.codeq.documents import (
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    Fields,
    Result,
    Task,
)
from worker.codeq.errors import DocumentError, Refusal, ServerError, naming
from worker.codeq.service.artifacts import Artifacts
from worker.codeq.service.operations import Operations
from worker.codeq.service.webhooks.callbacks import Callbacks


@dataclass(frozen=True, slots=True)
class Results(Operations):
    """Stored step by step: after an error, some of it has happened. No lease is asked for."""

    artifacts: Artifacts
    callbacks: Callbacks

    async def submit(self, task_id: str, worker: str, body: Fields) -> Result:
        """Completes or fails the task, and tells its webhook.

        Raises Refusal: 400 for the body or a Redis error, 404 task not found, 403 not-owner,
        409 not-in-progress.
        """
        status, result, error = _outcome(body)
        task = await self._held(task_id, worker)
        artifacts = self.artifacts.kept(task_id, [Fields(item) for item in body.items("artifacts")])
        record = Result(task_id, status, self.timeline.now(), result, error, artifacts)
        try:
            await self._store(task, record)
        except ServerError as failure:
            raise Refusal(400, str(failure)) from failure
        if task.webhook:
            self.callbacks.send(task, record)
        return record

    async def _held(self, task_id: str, worker: str) -> Task:
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(404, "task not found")
        if task.worker_id and task.worker_id != worker:
            raise Refusal(403, "not-owner")
        if task.status != IN_PROGRESS:
            raise Refusal(409, "not-in-progress")
        return task

    async def _store(self, task: Task, record: Result) -> None:
        await self.server.call("HSET", self.keys.results, task.id, record.text())
        stored = await self.tasks.read(task.id) or task
        stored.result_key = self.keys.results
        await self.tasks.write(stored)
        stored = await self.tasks.read(task.id) or stored
        stored.release(record.status)
        await self.tasks.save(stored)
        with naming("redis SREM inprog"):
            await self.queues.drop(task.command, task.id)
        await self.server.call("DEL", self.keys.lease(task.id))

    async def read(self, task_id: str) -> tuple[Result, Task]:
        """Raises Refusal 404: task not found, result not found."""
        task = await self.tasks.read(task_id)
        if task is None:
            raise Refusal(404, "task not found")
        text = await self.server.call("HGET", self.keys.results, task_id)
        try:
            if text is not None:
                return Result.parse(text), task
        except DocumentError:
            pass
        raise Refusal(404, "result not found")


def _outcome(body: Fields) -> tuple[str, dict[str, Any] | None, str]:
    status = body.string("status")
    if not status:
        raise Refusal(400, "invalid request body")
    if status not in (COMPLETED, FAILED):
        raise Refusal(400, "invalid status")
    result, error = body.members("result"), body.string("error")
    if status == COMPLETED and result is None:
        raise Refusal(400, "result required when status=COMPLETED")
    if status == FAILED and not error.strip():
        raise Refusal(400, "error required when status=FAILED")
    return status, result, error
