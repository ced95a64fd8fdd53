"""One bounded step along a route: settle what is due, look what is left, copy as much as fits."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from taskqueue import keys, listing, platform
from taskqueue.environment import KV
from taskqueue.listing import Shown
from taskqueue.migration.safe import inventory
from taskqueue.migration.safe.coordinated import CoordinatedJournal, Coordinator, enter, leave
from taskqueue.migration.safe.copying import Copying
from taskqueue.migration.safe.inventory import Inventory, completed
from taskqueue.migration.safe.journal import Batch, Journal
from taskqueue.migration.safe.meter import BudgetSpent, Meter
from taskqueue.migration.safe.report import KINDS, Kind, Step, named
from taskqueue.migration.safe.route import Route
from taskqueue.migration.safe.verifying import Outcome, Verifying
from taskqueue.settings import Limits

# A fifth of the budget looks, the rest works; some operations stay for the end of the step.
LOOKING: Final = 5
RESERVE: Final = 6
# When to ask again while another step is being taken.
BUSY_MS: Final = 30_000


@dataclass
class Mover:
    """What both directions do. Its attributes are what the step knows so far."""

    kv: KV
    route: Route
    limits: Limits
    coordinator: Coordinator | None = None
    step: Step = field(default_factory=Step)
    batches: list[Batch] = field(default_factory=list)
    ends: list[Batch] = field(default_factory=list)
    full: bool = False
    moved: bool = False
    left: dict[Kind, Inventory] = field(default_factory=dict)
    noted: dict[Kind, set[str]] = field(default_factory=lambda: {"leases": set(), "tasks": set()})

    def __post_init__(self) -> None:
        self._deleted_before = 0
        self.meter = Meter(self.kv, self.limits.budget)
        self.journal = (
            Journal(self.meter, self.route.name)
            if self.coordinator is None
            else CoordinatedJournal(self.meter, self.route.name, self.coordinator)
        )
        self.copying = Copying(
            self.meter, self.route, self.journal, self.step, self.limits.verify_after, self.coordinator
        )

    async def take(self, step: Callable[["Mover"], Awaitable[None]]) -> None:
        """Go as far as ``step`` goes within the budget; whatever stops it is in the answer, never raised."""
        try:
            if await enter(self.coordinator):
                try:
                    await step(self)
                finally:
                    await leave(self.coordinator)
            else:
                self.step.notes.append("Another step is being taken")
                self.step.wait_until(platform.now_ms() + BUSY_MS)
        except BudgetSpent:
            self.step.wait_until(platform.now_ms())
        except Exception as error:
            self.step.fatal.append(f"Fatal: {error}")
        self.count()

    async def load(self) -> None:
        batches, self.full = await self.journal.load()
        self.batches = [batch for batch in batches if batch.kind != "end"]
        self.ends = [batch for batch in batches if batch.kind == "end"]

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
        """Settle a batch; whether it is closed now."""
        # What was noted once more since is settled with the later batch.
        later = {id for one in self.batches if one.kind == batch.kind and one.at > batch.at for id in one.ids}
        batch = replace(batch, ids=[id for id in batch.ids if id not in later])
        try:
            found = await verifying.settle(batch)
            short = len(found) < len(batch.ids)
            if short or any(self._is_open(outcome) for outcome in found.values()):
                # The others have their turn at once where what moved makes place for them. What is seen
                # late may look different later.
                wait = 0 if short and (self.moved or self.step.touched) else self.limits.verify_after
                self.step.wait_until(platform.now_ms() + 1000 * wait)
                return False
            self.moved = True
            await self.journal.close(batch)
            return True
        except BudgetSpent:
            raise
        except Exception as error:
            self._fail_batch(batch.kind, batch.ids, error)
            return False

    def _is_open(self, outcome: Outcome) -> bool:
        return outcome == "waits" or (outcome == "deleted" and self.limits.verify_after > 0)

    def _fail_batch(self, kind: str, ids: list[str], error: Exception) -> None:
        name, section = ("Tasks", self.step.tasks) if kind == "tasks" else ("Leases", self.step.leases)
        section.fail(f"{name} {ids[0]} to {ids[-1]}", str(error))

    async def look(self) -> None:
        """Take the inventory of both kinds, by full listings if they fit."""
        self._deleted_before = self.step.deleted
        allowed = max(2, self.limits.budget // LOOKING)
        for kind in KINDS:
            found = await inventory.take(
                self.meter,
                self.route.prefix(kind),
                {id for batch in self.batches if batch.kind == kind for id in batch.ids},
                want=self.limits.budget,
                most_pages=allowed,
                able=partial(self._can_have_a_copy, kind),
            )
            if found.stuck:
                self.step.notes.append(
                    f"No key is long enough for their ids, they stay: {named(found.stuck)}"
                )
            self.left[kind] = found
            if found.ends_at is not None:
                self.step.wait_until(found.ends_at)

    def _can_have_a_copy(self, kind: Kind, id: str) -> bool:
        return keys.can_exist(self.route.to_key(kind, id))

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

    async def copy_missed(self, ids: list[str]) -> bool:
        """Copy those tasks of ``ids`` that were noted and not copied; whether there are any."""
        done = await completed(self.meter, ids)
        shown = await listing.describe(
            self.meter, self.route.prefix("tasks"), [id for id in ids if id not in done]
        )
        missed = [one for one in shown.values() if one is not None]
        if missed:
            await self._copy_all("tasks", missed)
            self.step.wait_until(platform.now_ms())
        return bool(missed)

    async def _copy_all(self, kind: Kind, fresh: Sequence[Shown]) -> bool:
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
    def tasks_on_their_way(self) -> set[str]:
        """The tasks of every open batch."""
        return self.noted["tasks"].union(*(batch.ids for batch in self.batches if batch.kind == "tasks"))

    @property
    def tasks_seen(self) -> set[str]:
        """The tasks that were to be copied, as far as the inventory remembers them."""
        return {shown.id for shown in self.left["tasks"].fresh} if "tasks" in self.left else set()

    async def is_over(self) -> bool:
        """Whether nothing is left, and nothing was when it was looked for long enough ago.

        One look does not tell: listings are late, and what is done elsewhere meanwhile is not seen at all.
        """
        now = platform.now_ms()
        valid = [end for end in self.ends if self._is_empty and now - end.at < 1000 * keys.JOURNAL_TTL]
        for end in self.ends:
            if end not in valid:
                await self.journal.close(end)
        if not self._is_empty or not self.limits.verify_after:
            return self._is_empty
        ends = valid or [await self.journal.note("end", [])]
        due = min(end.due(self.limits.verify_after) for end in ends)
        self.step.wait_until(due)
        return due <= now

    @property
    def _is_empty(self) -> bool:
        """Whether no batch is open, and full listings show no original of either kind."""
        looked = len(self.left) == len(KINDS) and not self.full and not self.batches
        return looked and all(one.complete and not one.total for one in self.left.values())

    def count(self) -> None:
        """Work that is left: two for an original to copy, one for one to verify, one for the end."""
        looked = list(self.left.values())
        # What is copied once more was counted as waiting.
        fresh = {kind: {shown.id for shown in one.fresh} for kind, one in self.left.items()}
        copied = sum(len(ids & self.noted[kind]) for kind, ids in fresh.items())
        since = self.step.deleted - self._deleted_before
        work = sum(2 * one.to_copy + one.waiting for one in looked) - copied - since
        self.step.complete = len(looked) == len(KINDS) and all(one.complete for one in looked)
        self.step.remaining = 0 if self.step.done else max(0, work) + 1
