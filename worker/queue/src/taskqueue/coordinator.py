"""The coordinator: one Durable Object that decides who holds which task of the queue.

Its storage is the authority. It hands out a task only if nobody holds it and it is not completed, and one
call is decided before the next is looked at, so that no two workers ever hold one task at a time (I10). What
callers saw in KV decides nothing, with one exception: a lease that the coordinator never gave is one from
before its time, and is taken over as it stands (H69). It remembers a completed task for as long as KV could
still show it (H70, I5).

    task:<id>     what it knows of a task (`Record`)      meta:first   when it began, in ms
    meta:sweep    how far the alarm has come, which forgets what no longer matters
    note:<name>   a note of the migration; see `taskqueue.migration.safe.coordinated`

Values are text, and written one at a time: that means the same under every version of the platform's SDK.
"""

import asyncio
from typing import Any, Final

from workers import DurableObject

from taskqueue import platform, settings
from taskqueue.formats.leased import new_lease
from taskqueue.formats.protocol import Object
from taskqueue.formats.record import Record, identity
from taskqueue.turns import Turns

SWEEP_MS: Final = 300_000
SWEEP_KEYS: Final = 500

_FIRST: Final = "meta:first"
_SWEPT: Final = "meta:sweep"
_TASK: Final = "task:"
_NOTE: Final = "note:"


class TaskCoordinator(DurableObject):
    """Called by the queue's Workers; see `taskqueue.formats.coordinated`.

    ``seen`` is what a caller found of a task's leases in KV: the texts of its lease keys. ``name`` is the
    `identity` of a lease. A lease has members workerId, claimNonce, claimedAt, expiresAt and maybe renewedAt.
    """

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        # The platform lets nothing in while storage is awaited. That Python resumes before anything else
        # is let in is not promised anywhere.
        self._deciding = asyncio.Lock()
        self._turns = Turns()

    async def claim(self, candidates: list[Object], worker_id: str, seconds: int) -> Object:
        """Lease the first free one of ``candidates``, each ``{"id": …, "seen": […]}``, in their order.

        ``{"id": …, "lease": {…}}``, or ``{}`` if none is free, or if it is too early to tell: a lease from
        before the coordinator's time may be hidden from callers for as long as KV lags behind.
        """
        async with self._deciding:
            if await self._is_settling():
                return {}
            for candidate in candidates:
                record = await self._record(candidate["id"], candidate["seen"])
                if record.is_free:
                    record.lease = new_lease(worker_id, seconds)
                    await self._keep(record)
                    return {"id": record.id, "lease": record.lease}
            return {}

    async def lease(self, task_id: str, seen: list[str]) -> Object | None:
        """The lease that holds now."""
        async with self._deciding:
            return (await self._record(task_id, seen)).holding

    async def renew(self, task_id: str, name: str, seconds: int, seen: list[str]) -> Object | None:
        """The lease called ``name``, to end ``seconds`` from now; None unless it is the one that holds."""
        async with self._deciding:
            record = await self._record(task_id, seen)
            if record.holding is None or identity(record.holding) != name:
                return None
            end, now = platform.iso(record.now + seconds * 1000), platform.iso(record.now)
            record.lease = {**record.holding, "expiresAt": end, "renewedAt": now}
            await self._keep(record)
            return record.lease

    async def release(self, task_id: str, name: str, seen: list[str]) -> bool:
        """End the lease called ``name``; False unless it is the one that holds."""
        async with self._deciding:
            record = await self._record(task_id, seen)
            if not record.is_held_by(name):
                return False
            record.end_lease()
            await self._keep(record)
            return True

    async def complete(self, task_id: str) -> None:
        """Nobody gets the task again, whatever KV shows of it, and whoever holds it."""
        async with self._deciding:
            record = await self._record(task_id, [])
            record.complete()
            await self._keep(record)

    async def is_completed(self, task_id: str) -> bool:
        async with self._deciding:
            return (await self._record(task_id, [])).is_done

    async def enter(self, name: str, longest: int) -> int:
        """In how many milliseconds the caller may write what is called ``name``; -1 if another does."""
        return self._turns.enter(name, platform.now_ms(), longest)

    async def leave(self, name: str) -> None:
        self._turns.leave(name, platform.now_ms())

    async def enter_each(self, names: list[str]) -> list[str]:
        """Those of ``names`` that the caller may write at once; to be given back by `leave_each`."""
        return self._turns.enter_each(names, platform.now_ms())

    async def leave_each(self, names: list[str], written: list[str]) -> None:
        """``written`` are those that others have to wait for."""
        for name in names:
            self._turns.leave(name, platform.now_ms(), written=name in written)

    async def notes(self) -> dict[str, str]:
        """The notes of the migration, by name."""
        found = dict((await self.ctx.storage.list(prefix=_NOTE)).items())
        return {key.removeprefix(_NOTE): text for key, text in found.items()}

    async def note(self, name: str, text: str) -> None:
        await self.ctx.storage.put(_NOTE + name, text)

    async def close(self, name: str) -> None:
        await self.ctx.storage.delete(_NOTE + name)

    async def alarm(self) -> None:
        """Forget what no longer matters, some hundred records at a time."""
        async with self._deciding:
            options = {"prefix": _TASK, "limit": SWEEP_KEYS}
            swept = await self.ctx.storage.get(_SWEPT)
            if swept:
                options["startAfter"] = swept
            found = dict((await self.ctx.storage.list(**options)).items())
            for key, text in found.items():
                if not Record(key, text, platform.now_ms()).matters:
                    await self.ctx.storage.delete(key)
            await self._go_on(swept, found)

    async def _go_on(self, swept: str | None, found: dict[str, str]) -> None:
        """Plan the next part at once, the next round for later, and nothing when nothing is left."""
        is_part = len(found) == SWEEP_KEYS
        await self.ctx.storage.put(_SWEPT, max(found, key=str.encode) if is_part else "")
        if swept or await self._any_record():
            await self.ctx.storage.setAlarm(platform.now_ms() + (0 if is_part else SWEEP_MS))

    async def _any_record(self) -> bool:
        return len(dict((await self.ctx.storage.list(prefix=_TASK, limit=1)).items())) > 0

    async def _is_settling(self) -> bool:
        first = await self.ctx.storage.get(_FIRST)
        if first is None:
            first = str(platform.now_ms())
            await self.ctx.storage.put(_FIRST, first)
        return platform.now_ms() < int(first) + settings.claims_settle(self.env) * 1000

    async def _record(self, task_id: str, seen: list[str]) -> Record:
        record = Record(task_id, await self.ctx.storage.get(_TASK + task_id), platform.now_ms())
        if record.take_over(seen):
            await self._keep(record)
        return record

    async def _keep(self, record: Record) -> None:
        await self.ctx.storage.put(_TASK + record.id, record.text)
        if await self.ctx.storage.getAlarm() is None:
            await self.ctx.storage.setAlarm(platform.now_ms() + SWEEP_MS)
