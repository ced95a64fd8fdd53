"""One bounded step along a route: verify what is due, look what is left, copy as much as fits."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from taskqueue import platform
from taskqueue.environment import KV
from taskqueue.listing import Shown
from taskqueue.migration.safe import inventory
from taskqueue.migration.safe.copying import Copying, noted_ids
from taskqueue.migration.safe.inventory import Inventory
from taskqueue.migration.safe.journal import Batch, Journal
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.migration.safe.report import KINDS, Kind, Step
from taskqueue.migration.safe.route import Route
from taskqueue.migration.safe.verifying import Verifying
from taskqueue.settings import Limits

# A fifth of the budget looks, the rest works; some operations stay for the end of the step.
LOOKING: Final = 5
RESERVE: Final = 6


@dataclass
class Mover:
    """What both directions do. Its attributes are what the step knows so far."""

    kv: KV
    route: Route
    limits: Limits
    step: Step = field(default_factory=Step)
    batches: list[Batch] = field(default_factory=list)
    full: bool = False
    left: dict[Kind, Inventory] = field(default_factory=dict)
    again: dict[Kind, set[str]] = field(default_factory=lambda: {"leases": set(), "tasks": set()})
    noted: dict[Kind, set[str]] = field(default_factory=lambda: {"leases": set(), "tasks": set()})

    def __post_init__(self) -> None:
        self._deleted_before = 0
        self.meter = Meter(self.kv, self.limits.budget)
        self.journal = Journal(self.meter, self.route.name)
        self.copying = Copying(self.meter, self.route, self.journal, self.step, self.limits.verify_after)

    async def take(self, step: Callable[["Mover"], Awaitable[None]]) -> None:
        """Go as far as ``step`` goes within the budget; whatever stops it is in the answer, never raised."""
        try:
            await step(self)
        except BudgetSpent:
            self.step.wait_until(platform.now_ms())
        except Exception as error:
            self.step.fatal.append(f"Fatal: {error}")
        self.count()

    async def load(self) -> None:
        self.batches, self.full = await self.journal.load()

    async def verify(self, kinds: Sequence[Kind] = KINDS, listed: Collection[str] | None = None) -> None:
        """Settle every batch of ``kinds`` that is due. Keeps operations for a look at what is left."""
        self.meter.reserve = RESERVE + max(4, self.limits.budget // (2 * LOOKING))
        verifying = Verifying(self.copying, listed)
        try:
            for batch in [batch for batch in self.batches if batch.kind in kinds]:
                due = batch.due(self.limits.verify_after)
                if due > platform.now_ms():
                    self.step.wait_until(due)
                elif await self._settle(verifying, batch):
                    self.batches.remove(batch)
        except BudgetSpent:
            self.step.wait_until(platform.now_ms())
        finally:
            self.meter.reserve = RESERVE

    async def _settle(self, verifying: Verifying, batch: Batch) -> bool:
        try:
            outcomes = await verifying.settle(batch)
            if "waits" not in outcomes.values():
                await self.journal.close(batch)
                return True
            self.again[batch.kind] |= {id for id, outcome in outcomes.items() if outcome == "again"}
        except BudgetSpent:
            raise
        except Exception as error:
            self._fail_batch(batch.kind, batch.ids, error)
        return False

    def _fail_batch(self, kind: Kind, ids: list[str], error: Exception) -> None:
        name = "Tasks" if kind == "tasks" else "Leases"
        self.step.section(kind).fail(f"{name} {ids[0]} to {ids[-1]}", str(error))

    async def look(self) -> None:
        """Take the inventory of both kinds, by full listings if they fit."""
        self._deleted_before = self.step.deleted
        allowed = max(2, self.limits.budget // LOOKING)
        for kind in KINDS:
            found = await inventory.take(
                self.meter,
                self.route.prefix(kind),
                noted_ids(self.batches, kind) - self.again[kind],
                want=self.limits.budget,
                most_pages=allowed,
            )
            self.left[kind] = found
            if found.ends_at is not None:
                self.step.wait_until(found.ends_at)

    async def copy(self) -> None:
        """Copy leases, and tasks when no lease is left that could be copied."""
        if self.full:
            return
        for kind in KINDS:
            fresh, complete = self.left[kind].fresh, self.left[kind].complete
            try:
                every = await self._copy_all(kind, fresh)
            except BudgetSpent:
                every = False
            if not every or (fresh and not complete):
                self.step.wait_until(platform.now_ms())
            if not every or not complete:
                return

    async def copy_now(self, kind: Kind, fresh: list[Shown]) -> None:
        """Copy what was noted before, and is not there."""
        await self._copy_all(kind, fresh)
        self.step.wait_until(platform.now_ms())

    async def _copy_all(self, kind: Kind, fresh: list[Shown]) -> bool:
        """Whether every fresh key was tried."""
        while fresh:
            size = self.copying.capacity()
            if size < 1:
                return False
            batch, fresh = fresh[:size], fresh[size:]
            self.step.cursor = batch[-1].id
            try:
                self.noted[kind] |= await self.copying.copy(kind, batch)
            except BudgetSpent:
                raise
            except Exception as error:
                self._fail_batch(kind, [shown.id for shown in batch], error)
        return True

    @property
    def is_empty(self) -> bool:
        """Whether full listings show no original of either kind."""
        return len(self.left) == len(KINDS) and all(
            one.complete and not one.total for one in self.left.values()
        )

    @property
    def everything_is_noted(self) -> bool:
        """Whether full listings show no task that is not copied, or about to end."""
        tasks = self.left.get("tasks")
        if tasks is None or not tasks.complete or tasks.uncounted_fresh:
            return False
        return all(shown.id in self.noted["tasks"] for shown in tasks.fresh)

    def count(self) -> None:
        """Work that is left: two for an original to copy, one for one to verify, one for the end."""
        looked = list(self.left.values())
        copied = sum(len(ids) for ids in self.noted.values())
        since = self.step.deleted - self._deleted_before
        work = sum(2 * one.to_copy + one.waiting for one in looked) - copied - since
        self.step.complete = len(looked) == len(KINDS) and all(one.complete for one in looked)
        self.step.remaining = 0 if self.step.done else max(0, work) + 1
