"""Searches: simulations per second and core, and every crash of a migration of 100 tasks."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.explore.tally import Batch, tallied
from harness.migrations.queue.explore.system import Queue, worker_code
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import OURS
from kvstore import Entry, SystemClock, write_bulk
from kvstore.clock import core_seconds, stopwatch

_RUNS = 200
_ROUNDS = 3
_CORES = 2
_TASKS = 100


async def measure(folder: Path) -> list[Measurement]:
    return [*_paces(), await _crashes(folder / "queue.json")]


def _paces() -> list[Measurement]:
    """How much one core simulates, in runs of 100 KV operations; every simulated operation counts.

    Alone, an operator migrates 18 tasks and a lease in one request of 91 operations. In random schedules
    everybody is at work: a request has six operations, and its own way through the platform and the Worker.
    Judged are those with all checkers, hazards and properties, and the runs that they are compared with.
    """
    alone = Scenario(conditions="production", tasks=18, leases=1)
    migrations = [replace(alone, seed=seed) for seed in range(1, _RUNS + 1)]
    schedules = [draw(seed, Scenario(conditions="production")) for seed in range(1, _RUNS + 1)]
    what = "simulated runs of 100 operations, per core"
    bare, busy, judged = _pace(_simulate, migrations), _pace(_simulate, schedules), _pace(_judge, schedules)
    return [
        Measurement(f"{what}: migrations alone", "runs/s", bare, rule="at least", bar=200),
        Measurement(f"{what}: random schedules of everybody", "runs/s", busy, bar=None),
        Measurement(f"{what}: the same, judged", "runs/s", judged, bar=None),
    ]


def _pace(play: Callable[[Sequence[Scenario]], object], scenarios: Sequence[Scenario]) -> float:
    """Hundreds of operations per second of a core; the best of some rounds, since the machine is shared."""
    stage = worker_code(OURS)
    play(scenarios[:3])  # the Worker is loaded
    best = 0.0
    for _ in range(_ROUNDS):
        before, start = stage.operations, core_seconds()
        play(scenarios)
        best = max(best, (stage.operations - before) / 100 / (core_seconds() - start))
    return best


def _simulate(scenarios: Sequence[Scenario]) -> None:
    for scenario in scenarios:
        simulate(scenario, worker_code(OURS))


def _judge(scenarios: Sequence[Scenario]) -> None:
    tallied(Batch(Queue(OURS), scenarios))


async def _crashes(file: Path) -> Measurement:
    file.write_text(write_bulk(_queue(SystemClock().now_ms() // 1000 + 36_000)))
    search = ["queue", "-q", "--from", str(file), "--explore", "crashes", "--faults", "crash"]
    search += ["--jobs", str(_CORES)]
    start = stopwatch()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "harness", *search, "--json", "-", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    took = stopwatch() - start
    assert json.loads(output)["exhausted"], output
    what = f"a crash at every operation of a migration of {_TASKS} tasks, {_CORES} cores, whole process"
    return Measurement(what, "s", took, bar=10)


def _queue(expiration: int) -> dict[str, Entry]:
    """Tasks in the old format, as the guide has them."""
    ids = [f"slack_{number:03}" for number in range(_TASKS)]
    entries = {"orchestrator:pending": Entry(json.dumps(ids).encode(), expiration)}
    for task in ids:
        body = {"id": task, "type": "task", "content": f"the work of {task}", "status": "pending"}
        entries[f"orchestrator:queue:{task}"] = Entry(json.dumps(body).encode(), expiration)
    return entries
