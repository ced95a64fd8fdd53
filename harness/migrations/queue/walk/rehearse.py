"""Rehearses the queue migration on a copy of a namespace, and judges it."""

from collections.abc import Callable
from pathlib import Path

from harness import Call
from harness.migrations.queue.walk.invariants import judge
from harness.migrations.queue.walk.report import Rehearsal
from harness.migrations.queue.walk.stage import QUEUE_WORKER, Stage
from harness.migrations.queue.walk.steps import Migration, Strategy, Walk
from harness.sources.source import Source
from kvstore import Clock, SqliteStore
from kvstore.clock import stopwatch
from kvstore.conditions import CONDITIONS, Conditions
from kvstore.faults import Fault


async def rehearse_queue(
    source: Source,
    clock: Clock,
    *,
    strategy: Strategy = "steps",
    migration: Migration = "documented",
    conditions: Conditions = CONDITIONS["local"],
    seed: int = 1,
    fault: Fault | None = None,
    runs: int = 1,
    port: int = 0,
    command: str = "",
    worker: Path = QUEUE_WORKER,
    on_progress: Callable[[Call], None] = lambda exchange: None,
    watch: Callable[[Stage], None] = lambda stage: None,
) -> Rehearsal:
    """Copy the namespace into memory, walk the migration on it, judge what happened.

    ``clock`` is `kvstore.platform.clock_of` the conditions. A ``safe`` migration is run
    until it says that it is done. ``fault`` happens during the first run of a documented one, which is
    repeated until it reports success, at most ``runs`` times. ``on_progress`` gets every answer as it
    comes, ``watch`` the stage once it is open. Raises AddressInUse when ``port`` (0: any free one) is taken.
    """
    start = stopwatch()
    store = SqliteStore.in_memory(clock)
    await store.put_many(source.namespace.entries)
    stage = Stage(store, conditions, seed, worker=worker)
    async with stage.open(port=port):
        watch(stage)
        walk = Walk(stage, strategy, on_progress, migration=migration, fault=fault, runs=runs)
        outcome = await walk.take()
    await store.close()
    return Rehearsal(
        source, strategy, migration, conditions, outcome, judge(outcome), stopwatch() - start, command
    )
