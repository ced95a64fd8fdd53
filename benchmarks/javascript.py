"""JavaScript Workers in simulations: processor time, with that of workerd, beside a Python Worker's."""

import os
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.memory import resident
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.deployment import Code
from harness.system.javascript.code import JavaScriptCode
from harness.system.stages import code_of, read_config
from worker.javascript import MissingPartError, find_part

_TWIN = Path(__file__).parents[1] / "tests" / "harness" / "queue" / "twin"
_REAL = Path(__file__).parents[1] / ".real"
_RUNS = 200
_ROUNDS = 3
_OPERATIONS = 20
_MANY = 10_000
# What is there after so many runs is what stays.
_WARM = 1_000

Play = Callable[[Code, Scenario], object]


async def measure(folder: Path) -> list[Measurement]:
    what = "simulated runs of a JavaScript Worker"
    try:
        for part in ("workerd", "esbuild"):
            os.environ[f"{part.upper()}_BIN"] = str(find_part(part, _REAL, os.environ))
    except MissingPartError as missing:
        return [Measurement(what, missing=str(missing))]
    with _one_core():
        return [*_paces(what), _memory()]


@contextmanager
def _one_core() -> Iterator[None]:
    """This process, and the workerd that it starts, on one core, where the system can do that.

    They take turns, so that a second core gains them nothing, and waking it costs both. A search has a
    process for every core.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _paces(what: str) -> list[Measurement]:
    alone = Scenario(conditions="production", tasks=3)
    migrations = [replace(alone, seed=seed) for seed in range(1, _RUNS + 1)]
    schedules = [draw(seed, Scenario(conditions="production")) for seed in range(1, _RUNS + 1)]
    python, script, held = _code(QUEUE_WORKER), _code(_TWIN), _Held(read_config(_TWIN))
    rounds = []
    for _ in range(_ROUNDS):
        one_by_one = [_seconds(_simulated, code, migrations) for code in (python, script)]
        everybody = [_seconds(_simulated, code, schedules) for code in (python, script)]
        rounds.append([*one_by_one, *everybody, _seconds(_simulated, held, migrations)])
    best = [min(times) for times in zip(*rounds, strict=True)]
    per_run = len(simulate(alone, python).asked) / _OPERATIONS
    paces = [_RUNS * per_run / best[place] for place in (1, 4)]
    return [
        Measurement(
            f"{what}: {_OPERATIONS} operations, per core", "runs/s", paces[0], rule="at least", bar=80
        ),
        Measurement(f"{what}: the same, with barriers", "runs/s", paces[1], rule="at least", bar=30),
        _ratio(f"{what}: a migration alone", best[1], best[0]),
        _ratio(f"{what}: random schedules of everybody", best[3], best[2]),
    ]


def _ratio(what: str, ours: float, python: float) -> Measurement:
    one = 1000 / _RUNS
    return Measurement(what, "ms", ours * one, python * one, "the Worker in Python", "at most", 3)


class _Held(JavaScriptCode):
    """Where everything may happen at once: the isolate is asked whether it is at rest."""

    def is_parallel(self, method: str, path: str) -> bool:
        return True


def _code(folder: Path) -> Code:
    return code_of(folder, read_config(folder))


def _simulated(code: Code, scenario: Scenario) -> object:
    return simulate(scenario, code)


def _seconds(play: Play, code: Code, scenarios: Sequence[Scenario]) -> float:
    """Processor time (s) of this process and, where there is one, of workerd from its start to its end."""
    code.renew()
    start = _spent()
    for scenario in scenarios:
        play(code, scenario)
    code.renew()
    return _spent() - start


def _spent() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _memory() -> Measurement:
    """How much both processes grow (MB) in 10,000 runs, once all is warm."""
    code = JavaScriptCode(read_config(_TWIN))
    sizes = []
    for seed in range(1, _MANY + 1):
        simulate(Scenario(seed=seed, tasks=1), code)
        if seed % _WARM == 0:
            sizes.append(sum(map(resident, [os.getpid(), *_workerds(code)])))
    code.close()
    grown = sizes[-1] - sizes[0]
    return Measurement(f"memory of {_MANY:,} runs, growth after {_WARM:,}", "MB", grown, bar=20)


def _workerds(code: JavaScriptCode) -> list[int]:
    guards = [one._process.pid for one in code._running]
    return [
        int(one) for pid in guards for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]
