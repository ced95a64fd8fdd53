"""A search on a local Dask cluster: what a second worker adds, and the scheduler's memory.

``python -m benchmarks cluster``
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.measurement import Measurement
from benchmarks.memory import resident
from harness.explore.tally import Batch
from harness.explore.workforce import Cluster
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS
from kvstore.clock import stopwatch

_ROOT: Final = Path(__file__).parents[1]
_SEEDS: Final = 2_000
_ROUNDS: Final = 2
# A million seeds are as many jobs as this of a thousand each.
_JOBS: Final = 1_000
_EARLY: Final = 100


async def measure(folder: Path) -> list[Measurement]:
    """Two rows. Scheduler and client share the cores with the workers, so that 2 x is not reached."""
    if find_spec("distributed") is None:
        return [Measurement("a search on a cluster", missing="pip install '.[cluster]'")]
    with _cluster(folder, 1) as (alone, _), _cluster(folder, 2) as (both, scheduler):
        times = [(await _searched(alone), await _searched(both)) for _ in range(_ROUNDS)]
        growth = _growth(both, scheduler)
    one, two = (min(each) for each in zip(*times, strict=True))
    what = f"a search of {_SEEDS:,} seeds on two local workers, whole process"
    jobs = f"the scheduler's memory, from {_EARLY} jobs of a thousand seeds to {_JOBS:,}"
    return [
        Measurement(what, "seeds/s", _SEEDS / two, _SEEDS / one, "one worker", "at least", 1.8),
        Measurement(jobs, "MB", growth, bar=5),
    ]


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[tuple[str, int]]:
    """The address of a scheduler with so many workers of one thread, and its process."""
    from distributed import Client

    file = folder / f"scheduler{workers}.json"
    with ExitStack() as stack:
        # Where the benchmark is killed, scheduler and workers end by themselves.
        at = ["--host", "127.0.0.1", "--port", "0", "--idle-timeout", "600s"]
        scheduler = _start(stack, "scheduler", *at, "--scheduler-file", str(file))
        for _ in range(workers):
            ours = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
            ours += ["--death-timeout", "60"]
            _start(stack, "worker", "--scheduler-file", str(file), *ours)
        with Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=60)  # type: ignore[no-untyped-call]
        yield json.loads(file.read_text())["address"], scheduler


def _start(stack: ExitStack, part: str, *arguments: str) -> int:
    command = [sys.executable, "-m", f"distributed.cli.dask_{part}", "--no-dashboard", *arguments]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process.pid


async def _searched(address: str) -> float:
    """Seconds of a whole search."""
    search = ["queue", "-q", "--explore", "schedules", "--migration", "safe", "--claims", "coordinator"]
    search += ["--seeds", str(_SEEDS), "--cluster", address, "--json", "-"]
    start = stopwatch()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "harness", *search, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    took = stopwatch() - start
    assert json.loads(output)["runs"] == _SEEDS, output
    return took


def _growth(address: str, scheduler: int) -> float:
    """MB that the scheduler's process grows by after the first jobs; nothing is simulated of any."""
    there = Cluster(address)
    scenarios = [draw(seed, Scenario(conditions="production")) for seed in range(1, there.batch + 1)]
    jobs, early, most = [Batch(Queue(OURS), scenarios)] * _JOBS, 0.0, 0.0
    for done, _ in enumerate(there.do(skipped, jobs), 1):
        if done % 10 == 0:
            most = max(most, resident(scheduler))
        if done == _EARLY:
            early = most
    there.close()
    return most - early


def skipped(batch: Batch) -> int:
    """A job of which nothing is simulated."""
    return len(batch.scenarios)
