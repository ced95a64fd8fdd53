"""The safe migration of 1,000, 10,000 and 100,000 tasks: a task must not cost more because there are many.

KV operations are what is billed; processor time is what the emulation takes.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.walk.stage import Stage
from kvstore import ManualClock, SqliteStore

_SIZES = (1_000, 10_000, 100_000)
_NOW = 1_795_300_000_000


@dataclass(frozen=True)
class Cost:
    """Of one task: KV operations, and milliseconds of processor time."""

    operations: float
    milliseconds: float


async def measure(folder: Path) -> list[Measurement]:
    costs = {size: await _migrated(size) for size in _SIZES}
    small = costs[_SIZES[0]]
    return [
        measurement
        for size in _SIZES[1:]
        for measurement in (
            Measurement(
                f"safe migration of {size:,} tasks: KV operations a task",
                "",
                costs[size].operations,
                small.operations,
                f"{_SIZES[0]:,} tasks",
                bar=1.1,
            ),
            Measurement(
                f"safe migration of {size:,} tasks: processor time a task",
                "ms",
                costs[size].milliseconds,
                small.milliseconds,
                f"{_SIZES[0]:,} tasks",
                bar=2,
            ),
        )
    ]


async def _migrated(tasks: int) -> Cost:
    """Run the migration until it is done, a tenth of the tasks held by somebody."""
    clock = ManualClock(_NOW)
    store = SqliteStore.in_memory(clock)
    await store.put_many(populate(_NOW // 1000, tasks, tasks // 10, ()))
    stage = Stage(store)
    stage.deploy("dual", "safe")
    began, operations, done = time.process_time(), 0, False
    while not done:
        step = await stage.request("run", "POST", "/api/migrate/run")
        operations += step.operations
        done = step.member("done") is True
        # What was recorded of a step is not needed any more: memory is the migration's, not the journal's.
        stage.layers.asked.clear()
        stage.layers.done.events.clear()
    spent = time.process_time() - began
    await store.close()
    return Cost(operations / tasks, 1000 * spent / tasks)
