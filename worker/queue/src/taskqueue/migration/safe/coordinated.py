"""The journal and the turns of a migration whose Worker has a coordinator: nothing of them is ever seen late.

One step is taken at a time, whoever asks for it and wherever. Without a coordinator two steps may do the same
work twice.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from taskqueue import keys, platform
from taskqueue.javascript import parse
from taskqueue.migration.safe.journal import MOST_OPEN, Batch, BatchKind, Journal, as_batch, as_text
from taskqueue.migration.safe.meter import Meter
from taskqueue.migration.safe.report import Kind

TURN: Final = "migration"
# No step takes longer, unless it is cut off.
STEP_MS: Final = 120_000


class Coordinator(Protocol):
    """What the stub of a `taskqueue.coordinator.TaskCoordinator` does for a migration."""

    async def enter(self, name: str, longest: int) -> int: ...

    async def leave(self, name: str) -> None: ...

    async def enter_each(self, names: list[str]) -> list[str]: ...

    async def leave_each(self, names: list[str], written: list[str]) -> None: ...

    async def lease(self, task_id: str, seen: list[str]) -> Any: ...

    async def notes(self) -> dict[str, str]: ...

    async def note(self, name: str, text: str) -> None: ...

    async def close(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CoordinatedJournal(Journal):
    """The batches of one direction, kept by ``coordinator``."""

    coordinator: Coordinator

    async def load(self) -> tuple[list[Batch], bool]:
        found = dict(await self.coordinator.notes())
        mine = {name: text for name, text in found.items() if name.startswith(self.prefix)}
        for name in found.keys() - mine.keys():
            await self.coordinator.close(name)
        batches = [as_batch(name, parse(mine[name])) for name in sorted(mine)]
        return batches, len(batches) >= MOST_OPEN

    async def note(self, kind: BatchKind, ids: Sequence[str], kept: Sequence[str] = ()) -> Batch:
        batch = self.new(kind, ids, kept)
        await self.coordinator.note(batch.key, as_text(batch))
        return batch

    async def close(self, batch: Batch) -> None:
        await self.coordinator.close(batch.key)


@asynccontextmanager
async def turns(
    coordinator: Coordinator | None, meter: Meter, kind: Kind, ids: list[str]
) -> AsyncIterator[list[str]]:
    """Be the only one to write the keys of tasks, or of leases: those of ``ids`` that nobody writes now.

    What was only looked at may be written again at once.
    """
    if coordinator is None:
        yield ids
        return
    new, old = (one.tasks if kind == "tasks" else one.leases for one in (keys.NEW, keys.OLD))
    granted = list(await coordinator.enter_each([new + id for id in ids]))
    theirs = {name: name.removeprefix(new) for name in granted}
    try:
        yield list(theirs.values())
    finally:
        written = [name for name, id in theirs.items() if {name, old + id} & meter.changed]
        await coordinator.leave_each(granted, written)


async def enter(coordinator: Coordinator | None) -> bool:
    """Whether a step may be taken now; then `leave` is to follow."""
    if coordinator is None:
        return True
    wait: Any = await coordinator.enter(TURN, STEP_MS)
    if wait > 0:
        await platform.pause(wait)
    return bool(wait >= 0)


async def leave(coordinator: Coordinator | None) -> None:
    if coordinator is not None:
        await coordinator.leave(TURN)
