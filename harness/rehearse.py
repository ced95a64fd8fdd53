"""Rehearses the queue migration on a copy of a namespace, and judges it."""

from collections.abc import Callable

from harness.invariants import judge
from harness.migrations.queue import Strategy, Walk
from harness.outcome import Exchange
from harness.report import Rehearsal
from harness.source import Source
from harness.stage import Stage
from kvstore import Clock, SqliteStore
from kvstore.clock import stopwatch


async def rehearse_queue(
    source: Source,
    clock: Clock,
    *,
    strategy: Strategy = "steps",
    port: int = 0,
    command: str = "",
    tell: Callable[[Exchange], None] = lambda exchange: None,
    watch: Callable[[Stage], None] = lambda stage: None,
) -> Rehearsal:
    """Copy the namespace into memory, walk the migration on it, judge what happened.

    ``tell`` hears of every answer as it comes, ``watch`` gets the stage once it is open, to show progress.
    Raises AddressInUse when ``port`` (0: any free one) is taken.
    """
    start = stopwatch()
    store = SqliteStore.in_memory(clock)
    await store.put_many(source.namespace.entries)
    stage = Stage(store)
    async with stage.open(port=port):
        watch(stage)
        outcome = await Walk(stage, strategy, tell).take()
    await store.close()
    return Rehearsal(source, strategy, outcome, judge(outcome), stopwatch() - start, command)
