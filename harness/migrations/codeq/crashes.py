"""The search: a crash before every single command of Option B, resumed, must end as without one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq.journal import KEY
from harness.migrations.codeq.migrator import Migrator, Settings
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from harness.model.decision import Decision, Looked
from kvstore.clock import Clock
from worker.codeq import PROFILES, Server, open_server


@dataclass(frozen=True)
class Search:
    """``points`` are all commands; ``crashes`` were tried, one for all before which the keyspace is the same.

    ``broken`` has a sentence for each that ended differently. ``moved`` is how many members the migration
    moves when nothing cuts it off. ``tried`` has, for each crash, after how many commands it was, and what
    came out differently.
    """

    points: int
    crashes: int
    moved: int
    broken: tuple[str, ...]
    tried: tuple[tuple[int, str], ...] = ()

    @property
    def decision(self) -> Decision:
        runs = self.crashes + 1
        looked = Looked(runs, runs, self.points, self.moved, self.points, self.points)
        return Decision(self.broken, looked)

    def as_json(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "crashes": self.crashes,
            "broken": list(self.broken),
            **self.decision.as_json(),
        }


async def explore(
    source: Snapshot,
    clock: Clock,
    settings: Settings,
    *,
    profile: str = PROFILES[0],
    on_progress: Callable[[int, int, int], None] | None = None,
) -> Search:
    """Tries every point on embedded servers. ``on_progress`` gets how many are done, of how many, and broken.

    Raises Refused if the keyspace cannot be migrated at all.
    """
    server = await _filled(source, profile)
    whole = Crashing(server)
    done = await Migrator(whole, clock, settings).apply()
    end = await _contents(server)
    await server.close()
    broken: list[str] = []
    tried: list[tuple[int, str]] = []
    for number, point in enumerate(whole.points, 1):
        fault = await _one(source, clock, settings, profile, point, end)
        tried.append((point, fault))
        if fault:
            broken.append(f"before command {point + 1} of {whole.count}: {fault}")
        if on_progress is not None:
            on_progress(number, len(whole.points), len(broken))
    return Search(whole.count, len(whole.points), done.changes, tuple(broken), tuple(tried))


async def _one(
    source: Snapshot,
    clock: Clock,
    settings: Settings,
    profile: str,
    point: int,
    end: dict[str, tuple[str, Any]],
) -> str:
    """What is wrong after a crash there; an empty text if nothing is."""
    server = await _filled(source, profile)
    try:
        await Migrator(Crashing(server, point), clock, settings).apply()
        return "the run ended before it"
    except Crashed:
        pass
    try:
        await Migrator(server, clock, settings).apply()
    except MigrationError as error:
        return f"cannot be resumed: {error}"
    found = await _contents(server)
    await server.close()
    different = sorted(key for key in found.keys() | end.keys() if found.get(key) != end.get(key))
    return f"{len(different)} keys differ, such as {different[0]}" if different else ""


async def _filled(source: Snapshot, profile: str) -> Server:
    server = await open_server(None, profile)
    await restore(server, source.pieces())
    return server


async def _contents(server: Server) -> dict[str, tuple[str, Any]]:
    """Everything but the journal, whose counts are of the last run."""
    found = (await read_snapshot(server, "")).contents()
    found.pop(KEY, None)
    return found
