"""One batch settled, long after its copies were made: verified originals are deleted, late copies are undone.

Verified is an original whose copy, read anew, has the same bytes, and in the listings the same expiration and
metadata. Forward, a task that was in the target before stays as it is, and so does one that was changed there
since; one that was changed in the source since is copied anew. Anything else that differs sends the original
into quarantine, so that nothing is lost that was not understood: a change that the task in the target lacks,
too. What was completed goes from both.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from taskqueue import bulk, keys, listing, platform
from taskqueue.formats.lease import StoredLease, lasts_longer
from taskqueue.javascript import parse
from taskqueue.listing import Shown
from taskqueue.migration.safe.body import Body, equal, is_json
from taskqueue.migration.safe.coordinated import turns
from taskqueue.migration.safe.copying import Copying
from taskqueue.migration.safe.inventory import completed
from taskqueue.migration.safe.journal import Batch
from taskqueue.migration.safe.meter import BudgetSpent
from taskqueue.migration.safe.report import Kind

# ``waits`` for a listing to catch up, or for the pending list; ``again`` is for the next copy to see to;
# ``deleted`` may be read for some time to come.
Outcome = Literal["gone", "deleted", "waits", "again"]


@dataclass(frozen=True, slots=True)
class Original:
    """One original, its copy, and what the listings show of both; None is not there.

    ``kept``: the target had it before there was a copy.
    """

    id: str
    old: str
    new: str | None
    source: Shown | None
    target: Shown | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Verifying:
    """Verifies and deletes; ``listed`` are the only ids whose originals may go, None for all."""

    copying: Copying
    listed: Collection[str] | None = None

    async def settle(self, batch: Batch) -> dict[str, Outcome]:
        """What became of each of the batch; without those for which the operations did not suffice."""
        assert batch.kind != "end"
        async with turns(self.copying.coordinator, self.copying.meter, batch.kind, batch.ids) as granted:
            busy: dict[str, Outcome] = {id: "waits" for id in batch.ids if id not in granted}
            return busy | await self._settle_each(batch, batch.kind, granted)

    async def _settle_each(self, batch: Batch, kind: Kind, ids: Sequence[str]) -> dict[str, Outcome]:
        meter, route = self.copying.meter, self.copying.route
        old = await bulk.texts(meter, [route.from_key(kind, id) for id in ids])
        new = await bulk.texts(meter, [route.to_key(kind, id) for id in ids])
        done = await completed(meter, ids)
        found: dict[str, Outcome] = {}
        there = []
        for id in ids:
            texts = old[route.from_key(kind, id)], new[route.to_key(kind, id)]
            if id in done:
                found[id] = await self._drop(kind, id, *texts)
            elif texts[0] is None:
                found[id] = "gone" if texts[1] is None or self._is_listed(kind, id) else "waits"
            elif texts[1] is None and _is_work(kind, texts[0]):
                found[id] = "again"
            elif not self._is_listed(kind, id):
                found[id] = "waits"
            else:
                there.append(id)
        async for original in self._originals(batch, kind, there, old, new):
            found[original.id] = await self._settle(kind, original)
        return found

    def _is_listed(self, kind: Kind, id: str) -> bool:
        return self.listed is None or kind == "leases" or id in self.listed

    async def _drop(self, kind: Kind, id: str, old: str | None, new: str | None) -> Outcome:
        """A completed task: nothing of it is left in either format."""
        route = self.copying.route
        for text, key in ((new, route.to_key(kind, id)), (old, route.from_key(kind, id))):
            if text is not None:
                await self.copying.delete(kind, id, key)
        return "gone" if old is None and new is None else "deleted"

    async def _originals(
        self,
        batch: Batch,
        kind: Kind,
        there: list[str],
        old: dict[str, str | None],
        new: dict[str, str | None],
    ) -> AsyncIterator[Original]:
        """Those that a third of the operations suffices to look up in each of the two listings."""
        meter, route = self.copying.meter, self.copying.route
        most = max(1, meter.left // 3)
        sources = await listing.describe(meter, route.prefix(kind), there, most)
        targets = await listing.describe(meter, route.to_prefix(kind), list(sources), most)
        for id in targets:
            text = old[route.from_key(kind, id)]
            assert text is not None
            yield Original(id, text, new[route.to_key(kind, id)], sources[id], targets[id], id in batch.kept)

    async def _settle(self, kind: Kind, original: Original) -> Outcome:
        try:
            return await self._judge(kind, original)
        except BudgetSpent:
            raise
        except Exception as error:
            self.copying.step.fail(kind, original.id, error)
            return "waits"

    async def _judge(self, kind: Kind, one: Original) -> Outcome:
        if one.source is None:
            return "waits"  # a read that is older than the listing: it is gone
        if one.new is None:
            return await self._judge_quarantined(kind, one)
        if one.target is None or (kind == "tasks" and (self._is_young(one.old) or self._is_young(one.new))):
            return "waits"
        if await self._is_same(kind, one, one.new):
            if (one.source.expiration, one.source.metadata) == (one.target.expiration, one.target.metadata):
                return await self._delete(kind, one)
            return await self._judge_other_end(kind, one)
        return await self._judge_other_body(kind, one, one.new)

    def _is_young(self, body: str) -> bool:
        """Whether a task got a status so lately that not everybody sees it, in either format."""
        windows = 2000 * self.copying.verify_after
        return bool(windows) and _changed(body, "updatedAt") > platform.iso(platform.now_ms() - windows)

    async def _is_same(self, kind: Kind, one: Original, new: str) -> bool:
        route = self.copying.route
        left, right = (route.from_key(kind, one.id), one.old), (route.to_key(kind, one.id), new)
        return await equal(self.copying.meter, left, right)

    async def _judge_other_end(self, kind: Kind, one: Original) -> Outcome:
        """The same bytes to another end, or with other metadata."""
        if not self.copying.route.target_wins:
            return "again"  # copied once more
        if kind == "leases":
            return await self._judge_other_lease(one)
        return await self._quarantine(one, "its new key has another expiration or other metadata")

    async def _judge_other_body(self, kind: Kind, one: Original, new: str) -> Outcome:
        if kind == "leases" and (self.copying.route.target_wins or lasts_longer(new, one.old)):
            return await self._judge_other_lease(one)
        if not self.copying.route.target_wins:
            return "again"
        if not is_json(new):
            return await self._quarantine(one, "its new key holds no JSON")
        if one.kept and _changed(one.old, "updatedAt") > _changed(new, "updatedAt"):
            return await self._quarantine(one, "its new key was there before, and lacks its last change")
        if one.kept or _changed(new) >= _changed(one.old):
            return await self._delete(kind, one)
        # A worker that did not see the copy yet changed the original.
        return await self._make_way(kind, one)

    async def _judge_other_lease(self, one: Original) -> Outcome:
        """The one that lasts longer holds the task, as claims have it; the other one goes."""
        if _ends_ms(one.new, one.target) >= _ends_ms(one.old, one.source):
            return await self._delete("leases", one)
        return await self._make_way("leases", one)

    async def _make_way(self, kind: Kind, one: Original) -> Outcome:
        """Delete what is in the target, for another copy; not in this step, as KV takes a write a second."""
        await self.copying.delete(kind, one.id, self.copying.route.to_key(kind, one.id))
        return "waits"

    async def _judge_quarantined(self, kind: Kind, one: Original) -> Outcome:
        """Nothing in the target: the copy is in quarantine, or there is none yet."""
        if kind == "tasks" and await self._is_kept(one):
            return await self._delete(kind, one)
        return "again"

    async def _is_kept(self, one: Original) -> bool:
        key = keys.quarantine(one.id)
        if not keys.can_exist(key):
            return False
        # Read like the original, which loses a byte order mark by that.
        text = (await bulk.texts(self.copying.meter, [key]))[key]
        left = (self.copying.route.from_key("tasks", one.id), one.old)
        if text is None or not await equal(self.copying.meter, left, (key, text)):
            return False
        shown = await listing.describe(self.copying.meter, keys.QUARANTINE, [one.id])
        kept, source = shown.get(one.id), one.source
        return kept is not None and source is not None and kept.keeps(source)

    async def _quarantine(self, one: Original, why: str) -> Outcome:
        """Keep the original's entry; it is deleted when a later call has found it kept."""
        if await self._is_kept(one):
            return await self._delete("tasks", one)
        if one.source is None or one.source.ends_within(keys.LEAST_LEFT, platform.now_ms()):
            return "again"
        body = await Body.read(self.copying.meter, self.copying.route.from_key("tasks", one.id))
        if body is not None:
            await self.copying.keep(one.source, body)
            self.copying.step.notes.append(f"Task {one.id}: {why}; the old entry is in quarantine")
        return "again"

    async def _delete(self, kind: Kind, one: Original) -> Outcome:
        await self.copying.delete(kind, one.id, self.copying.route.from_key(kind, one.id))
        return "deleted"


def _is_work(kind: Kind, body: str) -> bool:
    """Whether a copy is made of it in the target, and not in quarantine."""
    return kind == "leases" or (is_json(body) and "�" not in body)


def _changed(body: str, *names: str) -> str:
    """When a task was queued or given a status, whichever is later; "" if it does not say."""
    try:
        task = parse(body)
    except ValueError:
        task = None
    said = [task.get(name) for name in names or ("queuedAt", "updatedAt")] if isinstance(task, dict) else []
    return max((moment for moment in said if isinstance(moment, str)), default="")


def _ends_ms(text: str | None, shown: Shown | None) -> float:
    """When a lease ends, by what it says and with its key; what cannot be read is nobody's."""
    lease = StoredLease.read(text)
    if lease is None or lease.members is None or shown is None:
        return 0
    return lease.ends_ms if shown.expiration is None else min(lease.ends_ms, 1000 * shown.expiration)
