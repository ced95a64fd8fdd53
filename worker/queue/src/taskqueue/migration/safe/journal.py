"""Which copies wait for their verification: a key for each batch, under the migration's own prefix.

A batch is noted before the first of its copies is made, under a name that is never used again: it is written
once and deleted once. What it names is not copied a second time until it has been looked at.
"""

from dataclasses import dataclass
from typing import Any, Final

from taskqueue import bulk, keys, platform
from taskqueue.environment import KV
from taskqueue.javascript import parse, stringify
from taskqueue.migration.safe.report import Kind

MOST_OPEN: Final = 100
# Copying a batch ends this long after it was noted, so that its verification knows how old its copies are.
COPYING_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids of one ``kind``, noted at ``at`` (ms)."""

    key: str
    kind: Kind
    at: int
    ids: list[str]

    def due(self, verify_after: int) -> int:
        """From when (ms) it may be verified; without stale reads at once."""
        return self.at + 1000 * verify_after + (COPYING_MS if verify_after else 0)


@dataclass(frozen=True, slots=True)
class Journal:
    """The batches of one direction: the oldest ``MOST_OPEN``; ``full`` when there may be more."""

    kv: KV
    direction: str

    async def load(self) -> tuple[list[Batch], bool]:
        """Two operations, and one for each batch of the other direction: those are dropped."""
        page = await self.kv.list(prefix=keys.JOURNAL, limit=MOST_OPEN)
        names = [key["name"] for key in page["keys"]]
        mine = [name for name in names if name.startswith(f"{keys.JOURNAL}{self.direction}:")]
        for name in names:
            if name not in mine:
                await self.kv.delete(name)
        found = await bulk.texts(self.kv, mine) if mine else {}
        batches = [_batch(name, parse(text)) for name, text in found.items() if text is not None]
        return batches, not page["list_complete"] or len(mine) == MOST_OPEN

    async def note(self, kind: Kind, ids: list[str]) -> Batch:
        now = platform.now_ms()
        batch = Batch(f"{keys.JOURNAL}{self.direction}:{now:014}-{platform.nonce(8)}", kind, now, ids)
        content = stringify({"kind": kind, "at": now, "ids": ids})
        await self.kv.put(batch.key, content, expirationTtl=keys.JOURNAL_TTL)
        return batch

    async def clear(self, known: list[Batch]) -> None:
        """Drop every batch, of which a first listing may have shown only some."""
        page = await self.kv.list(prefix=keys.JOURNAL)
        for name in dict.fromkeys([*(batch.key for batch in known), *(key["name"] for key in page["keys"])]):
            await self.kv.delete(name)

    async def close(self, batch: Batch) -> None:
        await self.kv.delete(batch.key)


def _batch(name: str, noted: Any) -> Batch:
    return Batch(name, noted["kind"], noted["at"], noted["ids"])
