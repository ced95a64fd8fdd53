"""The safe migration of 1,000, 10,000 and 100,000 tasks: a task must not cost more because there are many.

KV operations are what is billed; processor time is what the emulation takes.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.migrations.queue.rehearsal.rehearsal import Walk, walk_of
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.worker import OURS

_SIZES = (1_000, 10_000, 100_000)
_NOW = 1_795_300_000_000


@dataclass(frozen=True)
class Cost:
    """Of one task: KV operations, and milliseconds of processor time."""

    operations: float
    milliseconds: float


async def measure(folder: Path) -> list[Measurement]:
    costs = {size: _migrated(size) for size in _SIZES}
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


def _migrated(tasks: int) -> Cost:
    """A walk to the end of it, a tenth of the tasks held by somebody."""
    walk = Walk(OURS, populate(_NOW // 1000, tasks, tasks // 10, ()), _NOW)
    began = time.process_time()
    record = walk.take(walk_of("safe"))
    spent = time.process_time() - began
    return Cost(sum(run.operations for run in record.runs) / tasks, 1000 * spent / tasks)
