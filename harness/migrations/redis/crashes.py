"""The search: a crash before every single command, there and back, must end as without one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.migrations.redis.declaration import Declaration
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.migrator import Migrator
from harness.migrations.redis.move import Move, Settings
from harness.migrations.redis.rehearsal import Contents, Place, Stage, refuse_unknown, stage
from harness.migrations.redis.rollback import Rollback
from harness.model.decision import Decision, Looked
from kvstore.clock import Clock
from worker.codeq import Server

OnPoint = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Search:
    """``there`` and ``back`` are how many commands either way has; ``broken`` has a sentence for each crash.

    ``crashes`` were tried: one for all commands before which the keyspace is the same.
    """

    there: int
    back: int
    crashes: int
    moved: int
    broken: tuple[str, ...]

    @property
    def points(self) -> int:
        return self.there + self.back

    @property
    def decision(self) -> Decision:
        runs = self.crashes + 1
        return Decision(self.broken, Looked(runs, runs, self.points, self.moved, self.points, self.points))

    def as_json(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "there": self.there,
            "back": self.back,
            "crashes": self.crashes,
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
        settings: Settings,
        *,
        elsewhere: bool = False,
    ) -> None:
        refuse_unknown(source)
        self._declaration = declaration
        self._source = source
        self._place = place
        self._clock = clock
        self._settings = replace(settings, freeze_seconds=0)
        self._elsewhere = elsewhere

    async def run(self, on_point: OnPoint = lambda done, of, broken: None) -> Search:
        """Raises Refused if the keyspace cannot be migrated at all."""
        with TemporaryDirectory() as folder:
            self._settings = replace(self._settings, backup=Path(folder) / "backup")
            async with self._stage() as on:
                whole = Crashing(on.target)
                moved = (await self._migrator(on, whole).apply()).moved
                end = await on.everything(on.target)
                back = Crashing(on.target)
                await self._rollback(on, back).apply()
                begin = await on.everything(on.source)
            broken: list[str] = []
            points = [("there", at) for at in whole.points] + [("back", at) for at in back.points]
            for number, (way, at) in enumerate(points, 1):
                fault = await (self._there(at, end) if way == "there" else self._back(at, begin))
                if fault:
                    broken.append(f"before command {at + 1} of the way {way}: {fault}")
                on_point(number, len(points), len(broken))
        return Search(whole.count, back.count, len(points), moved, tuple(broken))

    def _stage(self) -> AbstractAsyncContextManager[Stage]:
        return stage(self._declaration, self._source, self._place, self._clock, elsewhere=self._elsewhere)

    def _move(self, on: Stage, crashing: Server, backup: Path | None) -> Move:
        source = on.source if self._elsewhere else crashing
        return Move(self._declaration, source, crashing, self._clock, replace(self._settings, backup=backup))

    def _migrator(self, on: Stage, crashing: Server) -> Migrator:
        return Migrator(self._move(on, crashing, self._settings.backup))

    def _rollback(self, on: Stage, crashing: Server) -> Rollback:
        return Rollback(self._move(on, crashing, None))

    async def _there(self, point: int, end: Contents) -> str:
        """What is wrong after a crash on the way there; an empty text if nothing is."""
        async with self._stage() as on:
            try:
                done = await self._migrator(on, Crashing(on.target, point)).apply()
                return f"the run ended before it, after {done.moved:,} members"
            except Crashed:
                pass
            try:
                await self._migrator(on, on.target).apply()
            except MigrationError as error:
                return f"cannot be resumed: {error}"
            return _said(end.different(await on.everything(on.target)))

    async def _back(self, point: int, begin: Contents) -> str:
        async with self._stage() as on:
            await self._migrator(on, on.target).apply()
            try:
                await self._rollback(on, Crashing(on.target, point)).apply()
                return "the way back ended before it"
            except Crashed:
                pass
            try:
                await self._rollback(on, on.target).apply()
            except MigrationError as error:
                return f"cannot be resumed: {error}"
            return _said(begin.different(await on.everything(on.source)))


def _said(keys: list[str]) -> str:
    return f"{len(keys):,} keys differ, such as {keys[0]}" if keys else ""
