"""Hazards of the move itself: halves, latecomers, size, and time between two commands."""

from collections.abc import Sequence
from typing import Any

from harness.migrations.codeq.conversion import convert_inprog
from harness.migrations.codeq.hazards.hazard import Hazards, Seen
from harness.migrations.codeq.hazards.stage import COMMAND, INPROG, PENDING, Stage, either
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.option_b.stragglers import Gathering
from kvstore.clock import stopwatch
from worker.codeq import Passing, Server, ServerError
from worker.codeq.servers.server import Command

_MANY = 100_000
_ALL_AT_ONCE = "return redis.call('SADD', KEYS[2], unpack(redis.call('LRANGE', KEYS[1], 0, -1)))"

HAZARDS = Hazards()


@HAZARDS.hazard("codeq/H18", "codeQ on half a keyspace")
async def _half(stage: Stage) -> Seen:
    """By hand, in the wrong order: the queue is there and its records are not."""
    ids = await stage.call("LRANGE", PENDING, 0, -1)
    await stage.call("RPUSH", stage.keys.pending(COMMAND, 0), *ids)
    dry_run = await Migrator(stage.server, stage.clock).dry_run()
    refused = any("half migrated by hand" in text for text in dry_run.refusals)
    await stage.claim()
    gone = not await stage.call("EXISTS", stage.keys.pending(COMMAND, 0))
    return Seen(
        f"one claim drops all {len(ids)} ids" * gone,
        either("migrate refuses" * refused, "--codeq-url refuses a half journal"),
    )


@HAZARDS.hazard("codeq/H19", "the old service is not frozen")
async def _straggler(stage: Stage) -> Seen:
    before = await stage.state()
    await stage.migrate()
    made = await stage.services.old("/tasks", {"command": COMMAND, "payload": {"late": True}})
    found = await stage.violated(before, "codeq/H19")
    gathered = await Gathering(stage.server).run(apply=True)
    moved = gathered.moved == [made.json()["id"]] and not gathered.left
    what = "the old service takes a task that codeQ does not see"
    return Seen(what, either(found, "rehearse codeq stragglers moves it" * moved))


@HAZARDS.hazard("codeq/H20", "very long lists")
async def _size(stage: Stage) -> Seen:
    key = stage.keys.inprog(COMMAND)
    for start in range(0, _MANY, 1000):
        await stage.call("RPUSH", key, *(str(number) for number in range(start, start + 1000)))
    try:
        await stage.call("EVAL", _ALL_AT_ONCE, 2, key, f"{key}:all")
        what = ""
    except ServerError as error:
        what = f"one SADD of {_MANY:,} ids: {str(error)[:60]}"
    start_at = stopwatch()
    await convert_inprog(stage.server)
    return Seen(what, f"convert, in thousands: {stopwatch() - start_at:.2f} s")


@HAZARDS.hazard("codeq/H21", "a lease ends between GET and PTTL")
async def _race(stage: Stage) -> Seen:
    """A lease ends between GET and PTTL: a SET without PX would last for ever, which codeQ takes for over."""
    task_id = await stage.first(INPROG)
    lease = f"legacy:lease:{task_id}"
    naive = stage.keys.lease("naive")
    await stage.call("SET", naive, "worker-1", "PX", 60_000)
    worker = await stage.call("GET", naive)
    await stage.call("DEL", naive)
    left = await stage.call("PTTL", naive)
    await stage.call("SET", naive, worker)
    endless = await stage.call("TTL", naive)
    await stage.call("DEL", naive)
    settings = Settings(freeze_seconds=0, keep_source=True, accept_defects=True)
    await Migrator(_Ending(stage.server, lease), stage.clock, settings).apply()
    there = await stage.call("EXISTS", stage.keys.lease(task_id))
    what = f"PTTL says {left}; SET without PX gives TTL {endless}" * (endless == -1)
    return Seen(what, "the migrator writes no lease for it" * (not there))


class _Ending(Passing):
    """``inner``, on which ``lease`` ends between PTTL and GET, which copying asks for in this order."""

    def __init__(self, inner: Server, lease: str) -> None:
        super().__init__(inner)
        self._lease = lease
        self._reads = 0

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        if ("GET", self._lease) in commands:
            self._reads += 1
            if self._reads > 1:  # the first is the inventory's
                await self._inner.call("DEL", self._lease)
        return await super().pipeline(commands)
