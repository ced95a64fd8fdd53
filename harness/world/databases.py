"""The D1 databases of a simulation: in memory, each once, whatever location asks and whatever is deployed."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from harness.engine.chance import Chance
from harness.engine.clock import LoopClock
from harness.model.record import Place
from harness.model.row import is_table, row_of
from harness.system.stages import LoadedStage
from harness.system.tables import Contents, Keys, apply_file, fill
from harness.world.rows import Rows
from kvstore import Entry, Event
from kvstore.layers.invocation import Invocations
from worker.d1 import Answer, Ask, D1Database, Database
from worker.d1.layers import D1Transit, only_reads
from worker.d1.layers.transit import Plan


class Around(Protocol):
    """What happens around a call of a database of that label, which ``writes`` or only reads."""

    def __call__(
        self, label: str, operation: Callable[[], Awaitable[Answer]], *, writes: bool
    ) -> Awaitable[Answer]: ...


async def _plainly(label: str, operation: Callable[[], Awaitable[Answer]], *, writes: bool) -> Answer:
    """Nothing happens around it."""
    return await operation()


class DeployedDatabases:
    """What Workers are bound to. Rows outlive a deployment.

    ``plan`` says how calls travel, and which fault happens to which. What calls change is noted in
    ``writes``, what they are refused in ``asked``.
    """

    def __init__(
        self,
        seed: int,
        clock: LoopClock,
        invocations: Invocations,
        plan: Plan,
        around: "Around | None" = None,
        keys: Keys = MappingProxyType({}),
        writes: list[Event] | None = None,
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._invocations = invocations
        self._plan = plan
        self._around: Around = around or _plainly
        self._keys = keys
        self._writes = [] if writes is None else writes
        self._databases: dict[str, tuple[Database, Rows]] = {}
        self._applied: set[tuple[str, str]] = set()
        self._ways: list[D1Transit] = []

    def deploy(self, stage: LoadedStage) -> dict[str, object]:
        """The bindings of a stage's Worker, once the migration files that it brings are applied."""
        for name, label in stage.databases.items():
            for path in stage.files_of(name):
                self._apply(label, path)
        return {name: self._binding(label) for name, label in stage.databases.items()}

    def fill(self, start: Mapping[Place, Entry]) -> None:
        """Let the rows of the beginning be there."""
        found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for place, stored in start.items():
            if is_table(place[0]):
                row = row_of(place, stored)
                found.setdefault(row.binding, []).append((row.table, row.columns))
        for label, rows in found.items():
            database, seen = self._database(label)
            fill(database, rows)
            seen.look(note=False)

    @property
    def stored(self) -> dict[Place, Entry]:
        """Every row that is there now."""
        return {place: row for _, rows in self._databases.values() for place, row in rows.stored.items()}

    def refused(self, invocation: str) -> bool:
        """Whether a request was refused something that it asked."""
        return any(invocation in way.refused for way in self._ways)

    def close(self) -> None:
        for database, _ in self._databases.values():
            database.close()

    def _database(self, label: str) -> tuple[Database, Rows]:
        if label not in self._databases:
            chance = Chance(self._seed, f"d1/{label}")
            database = Database(clock=self._clock, entropy=chance)
            contents = Contents(database, label, self._keys)
            rows = Rows(contents, self._clock, self._invocations, self._writes)
            self._databases[label] = database, rows
        return self._databases[label]

    def _binding(self, label: str) -> D1Database:
        database, rows = self._database(label)

        async def seen(ask: Ask) -> Answer:
            answer = database.answer(ask)
            if not only_reads(ask.queries):
                rows.called(ask, answer.body)
            return answer

        transit = D1Transit(seen, self._clock, self._plan, self._invocations)
        self._ways.append(transit)

        async def asked(ask: Ask) -> Answer:
            return await self._around(label, lambda: transit(ask), writes=not only_reads(ask.queries))

        return D1Database(asked)

    def _apply(self, label: str, path: Any) -> None:
        """A file that was not applied yet, as before a deployment. Raises MigrationError."""
        if (label, path.name) in self._applied:
            return
        self._applied.add((label, path.name))
        database, rows = self._database(label)
        apply_file(database, path)
        rows.look()
