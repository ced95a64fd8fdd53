"""One batch of copies.

Before a task is copied its lease must be in the target; a task with a result, or whose lease still waits, is
left alone. What is there in the target stays as it is, except on the way back, where the source is newer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from taskqueue import bulk, keys, platform
from taskqueue.listing import Shown
from taskqueue.migration.safe.body import Body
from taskqueue.migration.safe.journal import COPYING_MS, Batch, Journal
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.migration.safe.report import Kind, Step
from taskqueue.migration.safe.results import completed
from taskqueue.migration.safe.route import Route

# Operations of a batch beside two for each copy: four bulk gets, the note, two more bulk gets, two to spare.
OVERHEAD: Final = 9
PER_COPY: Final = 2


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies batches along ``route``; ``verify_after`` in seconds."""

    meter: Meter
    route: Route
    journal: Journal
    step: Step
    verify_after: int

    def capacity(self) -> int:
        """How many copies the operations that are left allow, at most as many as one bulk get reads."""
        return min(bulk.KEYS_PER_GET, (self.meter.left - OVERHEAD) // PER_COPY)

    async def copy(self, kind: Kind, batch: Sequence[Shown]) -> set[str]:
        """Copy what can be copied of ``batch``, at most `capacity`; the ids that are noted now.

        Errors of single keys are collected. Raises KV's refusals of what concerns the whole batch.
        """
        ids = [shown.id for shown in batch]
        done = await completed(self.meter, ids)
        await self._drop_completed(kind, [id for id in ids if id in done])
        there = await bulk.texts(self.meter, [self.route.to_key(kind, id) for id in ids])
        unready = await self._without_lease(ids) if kind == "tasks" else set()
        wanted = [shown for shown in batch if shown.id not in done | unready]
        if not wanted:
            return set()
        note = await self.journal.note(kind, [shown.id for shown in wanted])
        self.step.wait_until(note.due(self.verify_after))
        copied: dict[str, str] = {}
        for shown in wanted:
            if self.verify_after and platform.now_ms() > note.at + COPYING_MS:
                break
            if there[self.route.to_key(kind, shown.id)] is not None and self.route.target_wins:
                continue
            body = await self._copy(kind, shown)
            if body is not None:
                copied[shown.id] = body.text
        if kind == "tasks" and copied:
            await self._take_back(copied)
        self.step.touched = True
        return set(note.ids)

    async def _copy(self, kind: Kind, shown: Shown) -> Body | None:
        try:
            return await self._copy_one(kind, shown)
        except BudgetSpent:
            raise
        except Exception as error:
            self.step.fail(kind, shown.id, error)
            return None

    async def _copy_one(self, kind: Kind, shown: Shown) -> Body | None:
        """What was copied; None when it is gone, has too little time left, or went into quarantine."""
        if shown.ends_within(keys.LEAST_TTL, platform.now_ms()):
            return None
        body = await Body.read(self.meter, self.route.from_key(kind, shown.id))
        if body is None:
            return None
        if kind == "tasks" and self.route.target_wins and not body.is_json:
            await self.keep(shown, body)
            return None
        await self._put(body, self.route.to_key(kind, shown.id), shown)
        self.step.section(kind).migrated += 1
        return body

    async def _put(self, body: Body, key: str, shown: Shown) -> None:
        try:
            await body.put(self.meter, key, shown)
        except BudgetSpent:
            raise
        except Exception:
            # A write may be carried out and not confirmed; then it is as good as any.
            stored = await Body.read(self.meter, key)
            if stored is None or not stored.same_bytes(body):
                raise

    async def keep(self, shown: Shown, body: Body) -> None:
        """Put a body into quarantine, once."""
        key = keys.quarantine(shown.id)
        kept = await Body.read(self.meter, key)
        if kept is None:
            await self._put(body, key, shown)
            self.step.quarantined.append(shown.id)
        elif not kept.same_bytes(body):
            raise ValueError(f"{key} holds another body already")

    async def _without_lease(self, ids: list[str]) -> set[str]:
        """Those whose lease is in the source and not yet in the target."""
        source = await bulk.texts(self.meter, [self.route.from_key("leases", id) for id in ids])
        target = await bulk.texts(self.meter, [self.route.to_key("leases", id) for id in ids])
        return {
            id
            for id in ids
            if source[self.route.from_key("leases", id)] is not None
            and target[self.route.to_key("leases", id)] is None
        }

    async def _drop_completed(self, kind: Kind, ids: list[str]) -> None:
        for id in ids:
            await self.delete(kind, id, self.route.from_key(kind, id))

    async def delete(self, kind: Kind, task_id: str, key: str) -> None:
        """Delete one key; a refusal is collected."""
        try:
            await self.meter.delete(key)
            self.step.deleted += 1
            self.step.touched = True
        except BudgetSpent:
            raise
        except Exception as error:
            self.step.fail(kind, task_id, error)

    async def _take_back(self, copied: dict[str, str]) -> None:
        """Delete copies of what was completed, or changed in the source, while it was copied.

        A worker that writes to the source later than this finds the copy, and sees to it.
        """
        undone = await completed(self.meter, list(copied))
        source = await bulk.texts(self.meter, [self.route.from_key("tasks", id) for id in copied])
        changed = [id for id in copied if source[self.route.from_key("tasks", id)] not in (copied[id], None)]
        target = await bulk.texts(self.meter, [self.route.to_key("tasks", id) for id in changed])
        undone |= {id for id in changed if target[self.route.to_key("tasks", id)] == copied[id]}
        for id in sorted(undone, key=str.encode):
            await self.delete("tasks", id, self.route.to_key("tasks", id))


def noted_ids(batches: Sequence[Batch], kind: Kind) -> set[str]:
    """The ids of every batch of a kind."""
    return {id for batch in batches if batch.kind == kind for id in batch.ids}
