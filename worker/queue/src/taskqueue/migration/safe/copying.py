"""One batch of copies.

Before a task is copied its lease must be in the target; one whose lease still waits is left alone. What is
completed is noted and not copied. What is there in the target stays as it is, except on the way back, where
the source is newer. What happens to a task while it is copied is seen to when its batch is settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from taskqueue import bulk, keys, listing, platform
from taskqueue.formats.lease import StoredLease, lasts_longer
from taskqueue.formats.record import identity
from taskqueue.listing import Shown
from taskqueue.migration.safe.body import Body
from taskqueue.migration.safe.coordinated import Coordinator, turns
from taskqueue.migration.safe.inventory import completed
from taskqueue.migration.safe.journal import COPYING_MS, Journal
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.migration.safe.report import Kind, Step
from taskqueue.migration.safe.route import Route

# Operations of a batch beside two for each copy: four bulk gets, the note, two to spare.
OVERHEAD: Final = 7
PER_COPY: Final = 2
# When to ask again for what somebody else writes now.
BUSY_MS: Final = 2_000
# And for leases whose tasks others hold.
HELD_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies batches along ``route``; ``verify_after`` in seconds."""

    meter: Meter
    route: Route
    journal: Journal
    step: Step
    verify_after: int
    coordinator: Coordinator | None

    def capacity(self) -> int:
        """How many copies the operations that are left allow, at most as many as one bulk get reads."""
        return min(bulk.KEYS_PER_GET, (self.meter.left - OVERHEAD) // PER_COPY)

    async def copy(self, kind: Kind, batch: Sequence[Shown]) -> set[str]:
        """Copy what can be copied of ``batch``, at most `capacity`; the ids that are noted now.

        Errors of single keys are collected. Raises KV's refusals of what concerns the whole batch.
        """
        async with turns(self.coordinator, self.meter, kind, [shown.id for shown in batch]) as granted:
            if len(granted) < len(batch):
                self.step.wait_until(platform.now_ms() + BUSY_MS)
            return await self._copy_each(kind, [shown for shown in batch if shown.id in granted])

    async def _copy_each(self, kind: Kind, batch: Sequence[Shown]) -> set[str]:
        ids = [shown.id for shown in batch]
        there = await bulk.texts(self.meter, [self.route.to_key(kind, id) for id in ids])
        unready = await self._without_lease(ids) if kind == "tasks" else set()
        wanted = [shown for shown in batch if shown.id not in unready]
        if not wanted:
            return set()
        kept = {shown.id for shown in wanted if there[self.route.to_key(kind, shown.id)] is not None}
        note = await self.journal.note(kind, [shown.id for shown in wanted], sorted(kept, key=str.encode))
        self.step.touched = True
        left_alone = (kept if self.route.target_wins else set()) | await completed(self.meter, note.ids)
        held = 0
        for shown in wanted:
            if self.verify_after and platform.now_ms() > note.at + COPYING_MS:
                break
            if shown.id not in left_alone:
                held += await self._copy(kind, shown, there[self.route.to_key(kind, shown.id)])
        due = note.due(self.verify_after)
        self.step.wait_until(due if held < len(wanted) else max(due, platform.now_ms() + HELD_MS))
        return set(note.ids)

    async def _copy(self, kind: Kind, shown: Shown, there: str | None) -> bool:
        try:
            return await self._copy_one(kind, shown, there)
        except BudgetSpent:
            raise
        except Exception as error:
            self.step.fail(kind, shown.id, error)
            return False

    async def _copy_one(self, kind: Kind, shown: Shown, there: str | None) -> bool:
        """Copy it unless it is gone, has too little time left, or goes into quarantine.

        A lease is left alone, too, that lasts longer ``there``, in the target, or waits for the end of
        another that the coordinator gave: then the answer is True.
        """
        if shown.ends_within(keys.LEAST_LEFT, platform.now_ms()):
            return False
        body = await Body.read(self.meter, self.route.from_key(kind, shown.id))
        if body is None:
            return False
        if kind == "leases" and await self._is_held_otherwise(shown.id, body):
            return True
        if kind == "leases" and lasts_longer(there, body.text):
            return False
        if kind == "tasks" and self.route.target_wins and not body.is_json:
            await self.keep(shown, body)
            return False
        await self._put(body, self.route.to_key(kind, shown.id), shown)
        self.step.section(kind).migrated += 1
        return False

    async def _is_held_otherwise(self, id: str, body: Body) -> bool:
        """Whether the coordinator gave another lease: its copy in KV may be too young to be seen here."""
        if self.coordinator is None or not self.route.target_wins:
            return False
        holding: Any = await self.coordinator.lease(id, [body.text])
        found = StoredLease.read(body.text)
        return (
            holding is not None and found is not None and identity(dict(holding)) != identity(found.members)
        )

    async def _put(self, body: Body, key: str, shown: Shown) -> None:
        try:
            await body.put(self.meter, key, shown)
        except BudgetSpent:
            raise
        except Exception as error:
            # A write may be carried out and not confirmed, but not one that came too soon after another's.
            stored = None if " 429 " in str(error) else await Body.read(self.meter, key)
            if stored is None or not stored.same_bytes(body):
                raise

    async def keep(self, shown: Shown, body: Body) -> None:
        """Put a body into quarantine, unless it is there for as long already."""
        key = keys.quarantine(shown.id)
        kept = await Body.read(self.meter, key)
        if kept is not None and not kept.same_bytes(body):
            raise ValueError(f"{key} holds another body already: move that elsewhere, and call again")
        known = await listing.describe(self.meter, keys.QUARANTINE, [shown.id] if kept else [])
        there = known.get(shown.id)
        if there is None or not there.keeps(shown):
            await self._put(body, key, shown)
            self.step.quarantined.append(shown.id)

    async def _without_lease(self, ids: list[str]) -> set[str]:
        """Those whose lease is in the source and not in the target: not copied, or deleted in this step."""
        source = await bulk.texts(self.meter, [self.route.from_key("leases", id) for id in ids])
        target = await bulk.texts(self.meter, [self.route.to_key("leases", id) for id in ids])
        # A late read may still show a copy that this step deleted.
        there = {key for key, text in target.items() if text is not None and key not in self.meter.deleted}
        return {
            id
            for id in ids
            if source[self.route.from_key("leases", id)] is not None
            and self.route.to_key("leases", id) not in there
        }

    async def delete(self, kind: Kind, task_id: str, key: str) -> None:
        """Delete one key; a refusal is collected."""
        try:
            await self.meter.delete(key)
            self.step.deleted += key == self.route.from_key(kind, task_id)
            self.step.touched = True
        except BudgetSpent:
            raise
        except Exception as error:
            self.step.fail(kind, task_id, error)
