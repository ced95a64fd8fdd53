"""The search: a crash before every single command, there and back, must end as without one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.decision import Decision, Looked
from harness.migrations.redis.declaration import Declaration
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.migrator import Migrator, Terms
from harness.migrations.redis.rehearsal import Contents, Place, Stage, refuse_unknown, stage
from harness.migrations.redis.rollback import Rollback
from kvstore.clock import Clock
from worker.codeq import Server

OnPoint = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Search:
    """``there`` and ``back`` are how many crashes were tried either way; ``broken`` has a sentence each."""

    there: int
    back: int
    moved: int
    broken: tuple[str, ...]

    @property
    def points(self) -> int:
        return self.there + self.back

    @property
    def decision(self) -> Decision:
        runs = self.points + 1
        return Decision(self.broken, Looked(runs, runs, self.points, self.moved, self.points, self.points))

    def as_json(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "there": self.there,
            "back": self.back,
            "moved": self.moved,
            "broken": list(self.broken),
            **self.decision.as_json(),
        }


class Explorer:
    """Tries every point, each on a new copy of ``source`` at ``place``."""

    def __init__(
        self,
        declaration: Declaration,
        source: Snapshot,
        place: Place,
        clock: Clock,
        terms: Terms,
        *,
        elsewhere: bool = False,
    ) -> None:
        refuse_unknown(source)
        self._declaration = declaration
        self._source = source
        self._place = place
        self._clock = clock
        self._terms = replace(terms, freeze_seconds=0)
        self._elsewhere = elsewhere

    async def run(self, on_point: OnPoint = lambda done, of, broken: None) -> Search:
        """Raises Refused if the keyspace cannot be migrated at all."""
        with TemporaryDirectory() as folder:
            self._terms = replace(self._terms, backup=Path(folder) / "backup")
            async with self._stage() as on:
                first, second = on.source, on.target
                whole = Crashing(second)
                moved = (await self._migrator(first, second, whole).apply()).moved
                end = await on.everything(second)
                back = Crashing(second)
                await self._rollback(first, second, back).apply()
                begin = await on.everything(first)
            broken: list[str] = []
            of = whole.count + back.count
            for point in range(of):
                there = point < whole.count
                at, way = (point, "there") if there else (point - whole.count, "back")
                fault = await (self._there(at, end) if there else self._back(at, begin))
                if fault:
                    broken.append(f"before command {at + 1} of the way {way}: {fault}")
                on_point(point + 1, of, len(broken))
        return Search(whole.count, back.count, moved, tuple(broken))

    def _stage(self) -> AbstractAsyncContextManager[Stage]:
        return stage(self._declaration, self._source, self._place, self._clock, elsewhere=self._elsewhere)

    def _migrator(self, first: Server, second: Server, crashing: Server) -> Migrator:
        source = first if self._elsewhere else crashing
        return Migrator(self._declaration, source, crashing, self._clock, self._terms)

    def _rollback(self, first: Server, second: Server, crashing: Server) -> Rollback:
        source = first if self._elsewhere else crashing
        return Rollback(self._declaration, source, crashing, self._clock, replace(self._terms, backup=None))

    async def _there(self, point: int, end: Contents) -> str:
        """What is wrong after a crash on the way there; an empty text if nothing is."""
        async with self._stage() as on:
            first, second = on.source, on.target
            try:
                done = await self._migrator(first, second, Crashing(second, point)).apply()
                return f"the run ended before it, after {done.moved:,} members"
            except Crashed:
                pass
            try:
                await self._migrator(first, second, second).apply()
            except MigrationError as error:
                return f"cannot be resumed: {error}"
            return _said(end.different(await on.everything(second)))

    async def _back(self, point: int, begin: Contents) -> str:
        async with self._stage() as on:
            first, second = on.source, on.target
            await self._migrator(first, second, second).apply()
            try:
                await self._rollback(first, second, Crashing(second, point)).apply()
                return "the way back ended before it"
            except Crashed:
                pass
            try:
                await self._rollback(first, second, second).apply()
            except MigrationError as error:
                return f"cannot be resumed: {error}"
            return _said(begin.different(await on.everything(first)))


def _said(keys: list[str]) -> str:
    return f"{len(keys):,} keys differ, such as {keys[0]}" if keys else ""
