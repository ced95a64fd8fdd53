"""A rehearsal on a copy: migrated, checked, migrated again, taken back, and compared with the beginning."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from harness import LoopClock, SimulatedLoop, in_virtual_time
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.pieces import anything_under, delete_under
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from harness.migrations.redis.moving.migrator import DryRun, Migrated, Migrator
from harness.migrations.redis.moving.move import Move, OnProgress, Settings
from harness.migrations.redis.planfile.declaration import OURS, Declaration
from harness.model.decision import Decision
from harness.model.verdict import Verdict, finding, verdict
from kvstore.clock import Clock, SystemClock
from worker.codeq import Server

T = TypeVar("T")

# Opens a server; one in this process takes the time of the clock.
Place = Callable[[Clock], AbstractAsyncContextManager[Server]]
_SLACK_MS = 30_000  # what a busy machine may take to read it all


def carried_out(main: Coroutine[Any, Any, T], url: str | None) -> T:
    """The result of ``main``: in simulated time, unless a server takes part that is at ``url``.

    Raises Deadlock where nobody can go on.
    """
    return in_virtual_time(main) if url is None else asyncio.run(main)


def simulated(clock: Clock) -> Clock:
    """The time of the simulation that runs, which begins at ``clock``'s; where none runs, ``clock``."""
    loop = asyncio.get_running_loop()
    return LoopClock(loop, clock.now_ms() - loop.now_ms) if isinstance(loop, SimulatedLoop) else clock


@dataclass(frozen=True)
class Rehearsed:
    """A finished rehearsal of ``source``; without ``migrated`` it was refused."""

    source: str
    server: str
    dry_run: DryRun
    migrated: Migrated | None
    verdicts: tuple[Verdict, ...]

    @property
    def decision(self) -> Decision:
        if self.migrated is None:
            return Decision(self.dry_run.refusals, None)
        unmet = [] if self.dry_run.plan.steps else ["no key of the source matches a rule: nothing was moved"]
        unmet += [
            f"{one.title!r} was asked of nothing"
            for one in self.verdicts
            if one.is_vacuous and self.dry_run.plan.steps
        ]
        return Decision([one.name for one in self.verdicts if not one.held], None, unmet)


@dataclass(frozen=True)
class Contents:
    """All that a server held ``after`` so many milliseconds: type, content, and when it ends, -1 for never.

    Both are counted from when the copy was filled, which is when its times begin to run.
    """

    after: int
    keys: dict[str, tuple[str, Any, int]]

    def different(self, other: "Contents") -> list[str]:
        """The keys that are not the same in both. What has run out of time meanwhile is."""
        later = max(self.after, other.after)
        return sorted(
            key
            for key in self.keys.keys() | other.keys.keys()
            if not _same(self.keys.get(key), other.keys.get(key), later)
        )


def _same(one: tuple[str, Any, int] | None, other: tuple[str, Any, int] | None, later: int) -> bool:
    if one is None or other is None:
        there = one or other
        return there is None or 0 <= there[2] <= later
    ends = (one[2], other[2])
    return one[:2] == other[:2] and (min(ends) >= 0 or max(ends) < 0) and abs(ends[0] - ends[1]) < _SLACK_MS


@dataclass(frozen=True)
class Stage:
    """Two servers, or one twice, of which ``source`` has had a copy since the moment ``filled``."""

    source: Server
    target: Server
    clock: Clock
    filled: int

    async def everything(self, server: Server) -> Contents:
        """All that ``server`` holds, but for the journal."""
        entries = (await read_snapshot(server, "")).entries
        after = self.clock.now_ms() - self.filled
        keys = {
            key: (one.type, one.value, after + one.pttl if one.pttl >= 0 else -1)
            for key, one in entries.items()
            if not key.startswith(OURS)
        }
        return Contents(after, keys)


@asynccontextmanager
async def emptied(server: Server, prefixes: Sequence[str]) -> AsyncIterator[None]:
    """Takes away afterwards what is under ``prefixes``. Raises Refused if anything is there before."""
    for prefix in prefixes:
        if await anything_under(server, prefix):
            held = f"{prefix} keys" if prefix else "keys"
            raise Refused([f"{server.name} holds {held}, and a rehearsal works on a server of its own"])
    try:
        yield
    finally:
        for prefix in prefixes:
            await delete_under(server, prefix)


@asynccontextmanager
async def stage(
    source: Snapshot,
    place: Place,
    prefixes: Sequence[str] = ("",),
    time: Clock | None = None,
    *,
    elsewhere: bool = False,
) -> AsyncIterator[Stage]:
    """A server with a copy of ``source``, and the one to move it to, both of ``place``.

    What is under ``prefixes`` is there for the while only. It begins when ``time`` is, or now.
    """
    clock = simulated(time or SystemClock())
    async with AsyncExitStack() as ends:
        servers = [await ends.enter_async_context(place(clock)) for _ in range(1 + elsewhere)]
        for server in servers:
            await ends.enter_async_context(emptied(server, prefixes))
        filled = clock.now_ms()
        await restore(servers[0], source.pieces())
        yield Stage(servers[0], servers[-1], clock, filled)


async def rehearse(
    declaration: Declaration,
    source: Snapshot,
    name: str,
    place: Place,
    settings: Settings,
    on_progress: OnProgress,
    *,
    elsewhere: bool = False,
) -> Rehearsed:
    """Raises MigrationError, ServerError."""
    refuse_unknown(source)
    with TemporaryDirectory() as folder:
        settings = replace(settings, freeze_seconds=0, backup=Path(folder) / "backup")
        async with stage(source, place, elsewhere=elsewhere) as on:
            first, second = on.source, on.target
            before = await on.everything(first)
            move = Move(declaration, first, second, on.clock, settings, on_progress)
            migrator = Migrator(move)
            dry_run = await migrator.dry_run()
            if dry_run.refusals or not dry_run.plan.steps:
                nothing = None if dry_run.refusals else Migrated(dry_run.plan, 0, False, "", ())
                return Rehearsed(name, first.name, dry_run, nothing, ())
            migrated = await migrator.apply()
            after = await on.everything(second)
            await migrator.apply()
            again = after.different(await on.everything(second))
            await Rollback(replace(move, settings=replace(settings, backup=None))).apply()
            on_progress("taken back")
            wrong = before.different(await on.everything(first))
            if elsewhere:
                wrong += [f"{key} (left at the target)" for key in (await on.everything(second)).keys]
            verdicts = [
                *migrated.verdicts,
                _unchanged("R4", "Second run: changes nothing", after, again, "again"),
                _unchanged(
                    "R5", "Way back: the source is again what it was, its ends too", before, wrong, "back"
                ),
            ]
            return Rehearsed(name, first.name, dry_run, migrated, tuple(verdicts))


def _unchanged(name: str, title: str, contents: Contents, different: list[str], code: str) -> Verdict:
    found = finding("{n} key{s} {are} not what {they} {were}", different, code=code)
    return verdict(name, title, [found], looked=len(contents.keys), at="keys")


def refuse_unknown(source: Snapshot) -> None:
    """Raises Refused for a type of which there is no copy."""
    strange = [f"{key} is a {entry.type}" for key, entry in source.entries.items() if entry.value is None]
    if strange:
        raise Refused([f"the source cannot be copied: {strange[0]}"])
