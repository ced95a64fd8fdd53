"""The search: a crash before every single command, there and back, must end as without one."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, Settings
from harness.migrations.redis.planfile.declaration import Declaration
from harness.migrations.redis.rehearsal import Contents, Place, Stage, refuse_unknown, stage
from harness.model.decision import Decision, Extent
from harness.model.verdict import agree
from harness.terminal.lines import some
from kvstore.clock import Clock
from worker.codeq import Server

OnPoint = Callable[[int, int, int], None]
# Goes one way, or what is left of it, with every command of the target's through the server that is given,
# and files in the folder; how many members it moved.
Way = Callable[[Stage, Server, Path], Awaitable[int]]
THERE, BACK = "there", "back"


@dataclass(frozen=True)
class Crash:
    """A crash before command ``at``, counted from 0, of the way there or back; ``fault``: what it broke."""

    way: str
    at: int
    fault: str


@dataclass(frozen=True)
class Search:
    """``there`` and ``back`` are how many commands either way has, ``moved`` how many members.

    ``tried`` were crashes: one for all commands before which the keyspace is the same.
    """

    there: int
    back: int
    moved: int
    tried: tuple[Crash, ...]

    @property
    def crashes(self) -> int:
        return len(self.tried)

    @property
    def broken(self) -> list[str]:
        """A sentence for each crash that ended differently."""
        return [
            f"before command {one.at + 1} of the way {one.way}: {one.fault}"
            for one in self.tried
            if one.fault
        ]

    @property
    def points(self) -> int:
        return self.there + self.back

    @property
    def decision(self) -> Decision:
        runs = self.crashes + 1
        return Decision(self.broken, Extent(runs, runs, self.points, self.moved, self.points, self.points))

    def as_json(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "there": self.there,
            "back": self.back,
            "crashes": self.crashes,
            "moved": self.moved,
            "broken": self.broken,
            **self.decision.as_json(),
        }


class Explorer:
    """Tries every point of two ways, each on a new ``stage``."""

    def __init__(
        self, stage: Callable[[], AbstractAsyncContextManager[Stage]], there: Way, back: Way
    ) -> None:
        self._stage = stage
        self._there = there
        self._back = back

    async def run(self, on_point: OnPoint = lambda done, of, broken: None) -> Search:
        """Raises Refused if the keyspace cannot be migrated at all."""
        with TemporaryDirectory() as named:
            folder = Path(named)
            async with self._stage() as on:
                there, back = Crashing(on.target), Crashing(on.target)
                moved = await self._there(on, there, folder)
                end = await on.everything(on.target)
                await self._back(on, back, folder)
                begin = await on.everything(on.source)
            points = [(THERE, at) for at in there.points] + [(BACK, at) for at in back.points]
            tried: list[Crash] = []
            for way, at in points:
                fault = await self._one(way, at, end if way == THERE else begin, folder)
                tried.append(Crash(way, at, fault))
                on_point(len(tried), len(points), sum(bool(one.fault) for one in tried))
        return Search(there.count, back.count, moved, tuple(tried))

    async def _one(self, way: str, at: int, whole: Contents, folder: Path) -> str:
        """What is wrong after a crash there; an empty text if nothing is."""
        async with self._stage() as on:
            go = self._there
            if way == BACK:
                await go(on, on.target, folder)
                go = self._back
            try:
                await go(on, Crashing(on.target, at), folder)
                return "the run ended before it"
            except Crashed:
                pass
            try:
                await go(on, on.target, folder)
            except MigrationError as error:
                return f"cannot be resumed: {error}"
            different = whole.different(await on.everything(on.target if way == THERE else on.source))
            text = agree("{n} key{s} {are} different", len(different))
            return f"{text}: {some(different)}" if different else ""


def explorer(
    declaration: Declaration,
    source: Snapshot,
    place: Place,
    clock: Clock,
    settings: Settings,
    *,
    elsewhere: bool = False,
) -> Explorer:
    """The search of a plan, on copies of ``source``. Raises Refused for what cannot be copied."""
    refuse_unknown(source)
    settings = replace(settings, freeze_seconds=0)

    def move(on: Stage, target: Server, backup: Path | None) -> Move:
        terms = replace(settings, backup=backup)
        return Move(declaration, on.source if elsewhere else target, target, clock, terms)

    async def there(on: Stage, target: Server, folder: Path) -> int:
        return (await Migrator(move(on, target, folder / "backup")).apply()).moved

    async def back(on: Stage, target: Server, folder: Path) -> int:
        return (await Rollback(move(on, target, None)).apply()).restored

    return Explorer(partial(stage, declaration, source, place, clock, elsewhere=elsewhere), there, back)
