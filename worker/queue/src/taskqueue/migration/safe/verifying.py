"""One batch verified, in a later call than the one that made its copies; then its originals are deleted.

Verified is an original whose copy, read anew, has the same bytes, and in the listings the same expiration and
metadata. Forward, a task in the target whose body differs was changed there since, and wins; anything else
that differs sends the original into quarantine, so that nothing is lost that was not understood.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from taskqueue import bulk, keys, listing, platform
from taskqueue.formats.lease import StoredLease
from taskqueue.listing import Shown
from taskqueue.migration.safe.body import Body, equal, is_json
from taskqueue.migration.safe.copying import Copying
from taskqueue.migration.safe.journal import Batch
from taskqueue.migration.safe.meter import BudgetSpent
from taskqueue.migration.safe.report import Kind
from taskqueue.migration.safe.results import completed

# ``waits`` for a listing to catch up, or for the pending list; ``again`` is for the next copy to see to.
Outcome = Literal["gone", "waits", "again"]


@dataclass(frozen=True, slots=True)
class Original:
    """One original, its copy, and what the listings show of both; None is not there."""

    id: str
    old: str
    new: str | None
    source: Shown | None
    target: Shown | None
    completed: bool


@dataclass(frozen=True, slots=True)
class Verifying:
    """Verifies and deletes; ``listed`` are the only ids whose originals may go, None for all."""

    copying: Copying
    listed: Collection[str] | None = None

    async def settle(self, batch: Batch) -> dict[str, Outcome]:
        """What became of every original that is still there."""
        return {one.id: await self._settle(batch.kind, one) for one in await self._originals(batch)}

    async def _settle(self, kind: Kind, original: Original) -> Outcome:
        try:
            return await self._judge(kind, original)
        except BudgetSpent:
            raise
        except Exception as error:
            self.copying.step.fail(kind, original.id, error)
            return "waits"

    async def _originals(self, batch: Batch) -> list[Original]:
        meter, route, kind = self.copying.meter, self.copying.route, batch.kind
        old = await bulk.texts(meter, [route.from_key(kind, id) for id in batch.ids])
        there = {id: text for id in batch.ids if (text := old[route.from_key(kind, id)]) is not None}
        if not there:
            return []
        new = await bulk.texts(meter, [route.to_key(kind, id) for id in there])
        sources = await listing.describe(meter, route.prefix(kind), list(there))
        targets = await listing.describe(meter, route.to_prefix(kind), list(there))
        done = await completed(meter, list(there))
        return [
            Original(
                id,
                text,
                new[route.to_key(kind, id)],
                sources.get(id),
                targets.get(id),
                id in done,
            )
            for id, text in there.items()
        ]

    async def _judge(self, kind: Kind, one: Original) -> Outcome:
        if one.completed:
            await self._drop_copy(kind, one)
            return await self._delete(kind, one)
        if one.source is None:
            return "again"  # a read older than the listing: it is gone, or comes up again as fresh
        if one.new is None:
            return await self._judge_quarantined(kind, one)
        if one.target is None:
            return "waits"
        if await self._is_same(kind, one, one.new):
            if (one.source.expiration, one.source.metadata) == (one.target.expiration, one.target.metadata):
                return await self._delete(kind, one)
            return await self._judge_other_end(kind, one)
        return await self._judge_other_body(kind, one, one.new)

    async def _is_same(self, kind: Kind, one: Original, new: str) -> bool:
        route = self.copying.route
        left, right = (route.from_key(kind, one.id), one.old), (route.to_key(kind, one.id), new)
        return await equal(self.copying.meter, left, right)

    async def _judge_other_end(self, kind: Kind, one: Original) -> Outcome:
        """The same bytes to another end, or with other metadata."""
        if not self.copying.route.target_wins:
            return "again"  # copied once more
        if kind == "leases":
            return await self._delete(kind, one) if _ends_no_later(one) else "again"
        return await self._quarantine(one, "its new key has another expiration or other metadata")

    async def _judge_other_body(self, kind: Kind, one: Original, new: str) -> Outcome:
        if not self.copying.route.target_wins:
            return "again"
        if kind == "leases":
            lasts = _ends_ms(new) >= _ends_ms(one.old)
            return await self._delete(kind, one) if lasts else "again"
        if is_json(new):
            return await self._delete(kind, one)
        return await self._quarantine(one, "its new key holds no JSON")

    async def _judge_quarantined(self, kind: Kind, one: Original) -> Outcome:
        """Nothing in the target: the copy is in quarantine, or there is none yet."""
        if kind == "tasks" and await self._is_kept(one):
            return await self._delete(kind, one)
        return "again"

    async def _is_kept(self, one: Original) -> bool:
        key = keys.quarantine(one.id)
        text = await self.copying.meter.get(key)
        left = (self.copying.route.from_key("tasks", one.id), one.old)
        if text is None or not await equal(self.copying.meter, left, (key, text)):
            return False
        shown = await listing.describe(self.copying.meter, keys.QUARANTINE, [one.id])
        kept, source = shown.get(one.id), one.source
        if kept is None or source is None:
            return False
        return (kept.expiration, kept.metadata) == (source.expiration, source.metadata)

    async def _quarantine(self, one: Original, why: str) -> Outcome:
        """Keep the original's entry; it is deleted when a later call has found it kept."""
        if await self._is_kept(one):
            return await self._delete("tasks", one)
        if one.source is None or one.source.ends_within(keys.LEAST_TTL, platform.now_ms()):
            return "again"
        body = await Body.read(self.copying.meter, self.copying.route.from_key("tasks", one.id))
        if body is not None:
            await self.copying.keep(one.source, body)
            self.copying.step.notes.append(f"Task {one.id}: {why}; the old entry is in quarantine")
        return "again"

    async def _drop_copy(self, kind: Kind, one: Original) -> None:
        """Delete a copy that came too late, if it is one: what differs was queued anew."""
        if one.new is not None and kind == "tasks" and await self._is_same(kind, one, one.new):
            await self.copying.delete(kind, one.id, self.copying.route.to_key(kind, one.id))

    async def _delete(self, kind: Kind, one: Original) -> Outcome:
        if self.listed is not None and kind == "tasks" and one.id not in self.listed:
            return "waits"
        await self.copying.delete(kind, one.id, self.copying.route.from_key(kind, one.id))
        return "gone"


def _ends_ms(text: str) -> float:
    lease = StoredLease.read(text)
    return platform.now_ms() if lease is None else lease.ends_ms


def _ends_no_later(one: Original) -> bool:
    """Whether the original's key ends no later than the copy's; None is never."""
    source, target = one.source, one.target
    if source is None or target is None or source.expiration is None:
        return target is not None and target.expiration is None
    return target.expiration is None or source.expiration <= target.expiration
