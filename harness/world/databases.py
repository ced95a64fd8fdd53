"""The D1 databases of a simulation: in memory, each once, whatever location asks and whatever is deployed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from harness.engine.chance import Chance
from harness.engine.clock import LoopClock
from harness.migration import MigrationError
from harness.system.stages import LoadedStage
from kvstore.layers.invocation import Invocations
from worker.d1 import Answer, Ask, D1Database, Database, Query
from worker.d1.layers import D1Transit
from worker.d1.layers.transit import Plan
from worker.d1.statements import is_empty, split


class DeployedDatabases:
    """What Workers are bound to. Rows outlive a deployment.

    ``plan`` says how calls travel, and which fault happens to which; ``before`` is awaited before each.
    """

    def __init__(
        self,
        seed: int,
        clock: LoopClock,
        invocations: Invocations,
        plan: Plan,
        before: Callable[[], Awaitable[None]],
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._invocations = invocations
        self._plan = plan
        self._before = before
        self._databases: dict[str, Database] = {}
        self._applied: set[tuple[str, str]] = set()
        self._ways: list[D1Transit] = []

    def deploy(self, stage: LoadedStage) -> dict[str, object]:
        """The bindings of a stage's Worker, once the migration files that it brings are applied."""
        for one in stage.databases.values():
            folder = stage.backstage.folder / one.migrations_dir
            for path in sorted(folder.glob("*.sql")):
                self._apply(one.local_id, path)
        return {name: self._binding(one.local_id) for name, one in stage.databases.items()}

    def refused(self, invocation: str) -> bool:
        """Whether a request was refused something that it asked."""
        return any(invocation in way.refused for way in self._ways)

    def close(self) -> None:
        for database in self._databases.values():
            database.close()

    def _database(self, identity: str) -> Database:
        if identity not in self._databases:
            chance = Chance(self._seed, f"d1/{identity}")
            self._databases[identity] = Database(clock=self._clock, entropy=chance)
        return self._databases[identity]

    def _binding(self, identity: str) -> D1Database:
        transit = D1Transit(self._database(identity), self._clock, self._plan, self._invocations)

        self._ways.append(transit)

        async def asked(ask: Ask) -> Answer:
            await self._before()
            return await transit(ask)

        return D1Database(asked)

    def _apply(self, identity: str, path: Path) -> None:
        """A file that was not applied yet, as before a deployment. Raises MigrationError."""
        if (identity, path.name) in self._applied:
            return
        self._applied.add((identity, path.name))
        statements = [Query(part) for part in split(path.read_text()) if not is_empty(part)]
        answer = self._database(identity).answer(Ask("query", statements))
        if isinstance(answer.body, dict):
            raise MigrationError(f"{path}: {answer.body['error']}")
