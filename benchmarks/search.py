"""Searches: simulations per second and core, and every crash of a migration of 100 tasks."""

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.explore.tally import Batch, backstage, tallied
from harness.simulation.scenario import Scenario, draw
from harness.stage import QUEUE_WORKER
from kvstore import Entry, SystemClock, write_bulk
from kvstore.clock import stopwatch

_RUNS = 200
_CORES = 2
_TASKS = 100


async def measure(folder: Path) -> list[Measurement]:
    return [_pace(), await _crashes(folder / "queue.json")]


def _pace() -> Measurement:
    """Random schedules of the documented migration in this one process, checkers and all.

    Every operation counts that is simulated: those of the schedules, of what they are compared with, and of
    the requests by which each of them is judged in the end.
    """
    base = Scenario(conditions="production")
    scenarios = [draw(seed, base) for seed in range(1, _RUNS + 1)]
    tallied(Batch(QUEUE_WORKER, [draw(0, base)]))  # the Worker is loaded
    stage = backstage(QUEUE_WORKER)
    before = stage.operations
    start = stopwatch()
    tallied(Batch(QUEUE_WORKER, scenarios))
    took = stopwatch() - start
    pace = (stage.operations - before) / 100 / took
    what = f"simulated runs of 100 operations, judged, per core ({_RUNS} schedules, comparisons included)"
    return Measurement(what, "runs/s", pace, rule="at least", bar=200)


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
