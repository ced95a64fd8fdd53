"""Option A: producers are frozen, workers go on until nothing is left, or until the deadline."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.codeq.legacy_state import LegacyState
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import read_snapshot
from kvstore.clock import Clock
from worker.codeq import Server
from worker.codeq.servers.server import checked

REPAIR_LIMIT = 200  # how many of the newest ids in progress the old service looks at


@dataclass(frozen=True, slots=True)
class Stall:
    """An id that is left, and why it does not go away by itself."""

    command: str
    task: str
    why: str

    def __str__(self) -> str:
        return f"{self.command} {self.task}: {self.why}"


@dataclass(frozen=True)
class Drained:
    """How it ended. ``left`` is the number of queued ids by key; ``stalls`` are empty if it ended well."""

    empty: bool
    seconds: float
    polls: int
    left: dict[str, int]
    stalls: tuple[Stall, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "empty": self.empty,
            "seconds": round(self.seconds, 3),
            "polls": self.polls,
            "left": self.left,
            "stalls": [str(stall) for stall in self.stalls],
        }


async def drain(
    server: Server,
    clock: Clock,
    *,
    deadline: float,
    every: float = 1,
    polls: int = 3,
    work: Callable[[], Awaitable[None]] | None = None,
) -> Drained:
    """Polls until pending and in progress are empty ``polls`` times in a row, or ``deadline`` seconds passed.

    Pending alone is not enough: a lease that expires fills it again. ``work`` runs before each poll, for a
    rehearsal's own workers. Only reads. Raises ServerError.
    """
    start, count, quiet = clock.now_ms(), 0, 0
    while True:
        if work is not None:
            await work()
        left = await _lengths(server)
        count, quiet = count + 1, 0 if any(left.values()) else quiet + 1
        seconds = (clock.now_ms() - start) / 1000
        if quiet >= polls:
            return Drained(True, seconds, count, left, ())
        if seconds >= deadline:
            return Drained(False, seconds, count, left, await stalls(server))
        await clock.sleep(every)


async def _lengths(server: Server) -> dict[str, int]:
    keys = [key for key in await keys_under(server, legacy.QUEUE) if legacy.queue_of(key)[0]]
    lengths = checked(await server.pipeline([("LLEN", key) for key in keys]))
    return {key: length for key, length in zip(keys, lengths, strict=True) if length}


async def stalls(server: Server) -> tuple[Stall, ...]:
    """Every id that is still queued, with the reason. Only reads."""
    state = LegacyState(await read_snapshot(server, legacy.PREFIX))
    return tuple(
        Stall(command, task_id, _why(state, part, place, task_id))
        for command, queue in sorted(state.queues.items())
        for part, ids in sorted(queue.items())
        for place, task_id in enumerate(ids)
    )


def _why(state: LegacyState, part: str, place: int, task_id: str) -> str:
    if task_id not in state.tasks:
        return "has no record: LREM and note it"
    if part == legacy.PENDING:
        return "pending, and no worker took it"
    worker, pttl = state.leases.get(task_id, ("", 0))
    if pttl > 0:
        return f"held by {worker} for {pttl // 1000} s more"
    if place >= REPAIR_LIMIT:
        return "expired, and behind newer ones that repair never looks past: LREM and LPUSH by hand"
    return "expired: the next claim puts it back"
