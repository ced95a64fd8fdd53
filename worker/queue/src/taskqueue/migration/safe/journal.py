"""Which copies wait for their verification: a key for each batch, under the migration's own prefix.

A batch is noted before the first of its copies is made, under a name that is never used again: it is written
once and deleted once. What it names is not copied a second time as long as it is open. A batch without ids
says that nothing was left to move when it was noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from taskqueue import bulk, keys, platform
from taskqueue.environment import KV
from taskqueue.javascript import parse, stringify
from taskqueue.migration.safe.report import Kind

MOST_OPEN: Final = 300
# Copying a batch ends this long after it was noted, so that its verification knows how old its copies are.
COPYING_MS: Final = 10_000
# As long as anything is seen late, for a copy to be seen; once more, for what was done before it was seen;
# and as long as two locations' clocks may differ.
WINDOWS: Final = 3

BatchKind = Literal[Kind, "end"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids of one ``kind``, noted at ``at`` (ms); ``kept`` are those that the target had already."""

    key: str
    kind: BatchKind
    at: int
    ids: list[str]
    kept: list[str]

    def due(self, verify_after: int) -> int:
        """From when (ms) everybody sees what was done when it was noted; without stale reads at once."""
        return self.at + 1000 * WINDOWS * verify_after + (COPYING_MS if verify_after else 0)


@dataclass(frozen=True, slots=True)
class Journal:
    """The batches of one direction: the oldest ``MOST_OPEN``; ``full`` when there may be more."""

    kv: KV
    direction: str

    @property
    def prefix(self) -> str:
        return f"{keys.JOURNAL}{self.direction}:"

    async def load(self) -> tuple[list[Batch], bool]:
        """An operation for each page of the listing, each hundred batches, and each batch of the other
        direction: those are dropped."""
        names = list[str]()
        page: Any = {"list_complete": False}
        while not page["list_complete"] and len(names) < MOST_OPEN:
            after = {"cursor": page["cursor"]} if "cursor" in page else {}
            page = await self.kv.list(prefix=keys.JOURNAL, limit=MOST_OPEN, **after)
            names += [key["name"] for key in page["keys"]]
        found = await bulk.texts(self.kv, names)
        batches = []
        for name, text in found.items():
            if text is None:
                continue  # closed, and still listed
            if name.startswith(self.prefix):
                batches.append(as_batch(name, parse(text)))
            else:
                await self.kv.delete(name)
        return batches, not page["list_complete"] or len(batches) == MOST_OPEN

    async def note(self, kind: BatchKind, ids: Sequence[str], kept: Sequence[str] = ()) -> Batch:
        batch = self.new(kind, ids, kept)
        await self.kv.put(batch.key, as_text(batch), expirationTtl=keys.JOURNAL_TTL)
        return batch

    def new(self, kind: BatchKind, ids: Sequence[str], kept: Sequence[str]) -> Batch:
        now = platform.now_ms()
        return Batch(f"{self.prefix}{now:014}-{platform.nonce(8)}", kind, now, list(ids), list(kept))

    async def close(self, batch: Batch) -> None:
        await self.kv.delete(batch.key)


def as_text(batch: Batch) -> str:
    return stringify({"kind": batch.kind, "at": batch.at, "ids": batch.ids, "kept": batch.kept})


def as_batch(name: str, noted: Any) -> Batch:
    return Batch(name, noted["kind"], noted["at"], noted["ids"], noted.get("kept", []))
