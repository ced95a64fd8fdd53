"""The D1 databases of a simulation: in memory, each once, whatever location asks and whatever is deployed."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableSequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.migration import MigrationError
from harness.model.record import Place
from harness.model.row import is_table, row_of
from harness.system.stages import LoadedStage, Schemas
from harness.system.tables import Contents, DatabaseCopy, Keys, apply_file, ask_of, fill, made_as
from harness.world.rows import Rows
from kvstore import Entry, Event
from kvstore.layers.invocation import Invocations
from kvstore.layers.quotas import UNLIMITED, Allowance, Ledger
from worker.d1 import Answer, Ask, D1Database, Database, Service
from worker.d1.layers import D1Event, D1Journal, D1Quotas, D1Transit, Primary, Replica, only_reads
from worker.d1.layers.transit import Plan


class Around(Protocol):
    """What happens around a call of a database of that label, which ``writes`` or only reads."""

    def __call__(
        self, label: str, operation: Callable[[], Awaitable[Answer]], *, writes: bool
    ) -> Awaitable[Answer]: ...


async def _plainly(label: str, operation: Callable[[], Awaitable[Answer]], *, writes: bool) -> Answer:
    """Nothing happens around it."""
    return await operation()


class SeenDatabase(Database):
    """A database whose rows are seen to change."""

    rows: Rows

    def answer(self, ask: Ask) -> Answer:
        answer = super().answer(ask)
        if not only_reads(ask.queries):
            self.rows.called(ask, answer.body)
        return answer


@dataclass(eq=False)
class DeployedDatabases:
    """What Workers are bound to. Rows outlive a deployment.

    ``plan`` says how calls travel, and which fault happens to which. What calls change is noted in
    ``writes``. ``copies`` are databases that were there before anything is deployed. With ``lag_ms`` those
    who read in a session read from a copy in their location, so far behind. ``allowance`` is how many queries
    an invocation, and how many rows a day may have; ``ledger`` has those of the day so far.
    """

    seed: int
    clock: LoopClock
    invocations: Invocations
    plan: Plan
    around: Around = _plainly
    keys: Keys = field(default_factory=dict)
    writes: MutableSequence[Event] = field(default_factory=list)
    copies: Mapping[str, DatabaseCopy] = field(default_factory=dict)
    lag_ms: int = 0
    allowance: Allowance = UNLIMITED
    ledger: Ledger = field(default_factory=Ledger)
    # Every call as the Worker saw it: what it asked, and what it was told.
    asked: list[D1Event] = field(default_factory=list, init=False)
    _databases: dict[str, SeenDatabase] = field(default_factory=dict, init=False)
    _primaries: dict[str, Primary] = field(default_factory=dict, init=False)
    _replicas: dict[tuple[str, str], Replica] = field(default_factory=dict, init=False)
    _applied: set[tuple[str, str]] = field(default_factory=set, init=False)
    _ways: list[D1Transit] = field(default_factory=list, init=False)

    def apply(self, stage: Schemas) -> None:
        """Apply what a stage brings of migration files and was not applied yet, as one does in good time.

        Raises MigrationError.
        """
        for label, path in self._missing(stage):
            database = self._database(label)
            apply_file(database, path)
            self._applied.add((label, path.name))
            database.rows.refresh()
            if label in self._primaries:
                self._primaries[label].arrive()

    async def apply_slowly(self, stage: Schemas) -> None:
        """Apply them one after the other, each a call that travels, and may meet a fault.

        Raises MigrationError with what is said of a file that fails, and what a fault raises.
        """
        for label, path in self._missing(stage):
            way = self._way(label, self._applying(label, path))
            answer = await self._call(label, way, ask_of(path))
            if isinstance(answer.body, dict):
                raise MigrationError(f"{path}: {answer.body['error']}")

    def _applying(self, label: str, path: Path) -> Service:
        async def carried_out(ask: Ask) -> Answer:
            answer = await self._primary(label)(ask)
            if isinstance(answer.body, list):  # the same transaction remembers that it was applied
                self._applied.add((label, path.name))
            return answer

        return carried_out

    def _missing(self, stage: Schemas) -> Iterable[tuple[str, Path]]:
        for name, label in stage.databases.items():
            self._database(label)  # which knows what was applied
            for path in stage.files_of(name):
                if (label, path.name) not in self._applied:
                    yield label, path

    def bindings(self, stage: LoadedStage, colo: str = "") -> dict[str, object]:
        """What a stage's Worker is bound to in a location."""
        return {name: self.binding(label, colo) for name, label in stage.databases.items()}

    def fill(self, start: Mapping[Place, Entry]) -> None:
        """Let the rows of the beginning be there."""
        found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for place, stored in start.items():
            if is_table(place[0]):
                row = row_of(place, stored)
                found.setdefault(row.binding, []).append((row.table, row.columns))
        for label, rows in found.items():
            database = self._database(label)
            fill(database, rows)
            database.rows.refresh(note=False)

    @property
    def stored(self) -> dict[Place, Entry]:
        """Every row that is there now."""
        return {place: row for one in self._databases.values() for place, row in one.rows.stored.items()}

    def refused(self, invocation: str) -> bool:
        """Whether a request was refused something that it asked."""
        return any(invocation in way.refused for way in self._ways)

    def close(self) -> None:
        for database in self._databases.values():
            database.close()
        for replica in self._replicas.values():
            replica.close()

    def _database(self, label: str) -> SeenDatabase:
        if label not in self._databases:
            database = SeenDatabase(clock=self.clock, entropy=Chance(self.seed, f"d1/{label}"))
            if label in self.copies:
                made_as(database, self.copies[label])
                self._applied |= {(label, name) for name in self.copies[label].applied}
            contents = Contents(database, label, self.keys)
            database.rows = Rows(contents, self.clock, self.invocations, self.writes)
            self._databases[label] = database
        return self._databases[label]

    def _primary(self, label: str) -> Service:
        """What answers who writes."""
        if not self.lag_ms:
            return self._database(label)
        if label not in self._primaries:
            self._primaries[label] = Primary(self._database(label), self.clock, self.lag_ms)
        return self._primaries[label]

    def _service(self, label: str, colo: str) -> Service:
        """What answers in a location, but for the way there."""
        primary = self._primary(label)
        if not isinstance(primary, Primary):
            return primary
        if (label, colo) not in self._replicas:
            copy = Database(clock=self.clock, entropy=Chance(self.seed, f"d1/{label}/{colo}"))
            self._replicas[label, colo] = Replica(primary, copy)
        return self._replicas[label, colo]

    def _way(self, label: str, service: Service) -> D1Journal:
        counted = D1Quotas(service, self.clock, self.allowance, self.ledger)
        queries = self.allowance.queries
        self._ways.append(D1Transit(counted, self.clock, self.plan, self.invocations, queries))
        return D1Journal(self._ways[-1], self.clock, self.invocations, self.asked, label)

    async def _call(self, label: str, way: Service, ask: Ask) -> Answer:
        return await self.around(label, lambda: way(ask), writes=not only_reads(ask.queries))

    def binding(self, label: str, colo: str) -> D1Database:
        """What the database of that label is in a location."""
        way = self._way(label, self._service(label, colo))

        async def asked(ask: Ask) -> Answer:
            return await self._call(label, way, ask)

        return D1Database(asked)
