"""Whether a seed has one history: JavaScript Workers in two processes beside each other."""

import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.measurement import Measurement
from tests.harness.javascript import running, test_durable_objects, test_isolates
from worker.javascript import MissingPartError, find_part

_REAL = Path(__file__).parents[1] / ".real"
_SEEDS = 1000
# What the requests of a run ask, which are sent at once.
_REQUESTS = {
    "one operation after the other": ["/line"] * 4,
    **{name: [f"/{name}"] * 3 for name in ("all", "race", "timers", "rest", "digest")},
    "each of these": [*test_isolates.PLACES],
}


async def measure(folder: Path) -> list[Measurement]:
    try:
        for part in ("workerd", "esbuild"):
            os.environ[f"{part.upper()}_BIN"] = str(find_part(part, _REAL, os.environ))
    except MissingPartError as missing:
        return [Measurement("histories of JavaScript Workers", missing=str(missing))]
    found = [_measured(name, partial(_of_requests, paths)) for name, paths in _REQUESTS.items()]
    return [*found, _measured("Durable Objects", _of_objects)]


def _measured(what: str, histories: Callable[[Path], list[str]]) -> Measurement:
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        ProcessPoolExecutor(2, mp_context=context) as processes,
    ):
        pair = processes.map(histories, [Path(one), Path(other)])
        differ = sum(here != there for here, there in zip(*pair, strict=True))
    return Measurement(f"{what}: histories that differ, of {_SEEDS:,}", "", differ, bar=0)


def _of_requests(paths: list[str], folder: Path) -> list[str]:
    code = running.code_of(folder, test_isolates.BUSY)
    play = running.at_once(*paths)
    found = [json.dumps(running.simulated(code, play, seed)) for seed in range(1, _SEEDS + 1)]
    code.close()
    return found


def _of_objects(folder: Path) -> list[str]:
    return test_durable_objects.histories(folder, range(1, _SEEDS + 1))
