"""Hunts a mutant: looks for a scenario in which it violates what the Worker without the mistake does not."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from harness.engine.loop import Deadlock
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.walk.stage import QUEUE_WORKER
from harness.system.code import WorkerCode
from tests.harness.queue.mutants import probes
from tests.harness.queue.mutants.mutant import Mutant

# A mutant that lives longer has survived. Seconds of a core: how busy a machine is changes nothing.
CAP_SECONDS: Final = 60.0
FIRST_RUN: Final = "operator-1.2"


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the hunt for a mutant ended, after so many ``runs`` and ``seconds``.

    ``invariant`` is the one that told, None when none did; ``scenario`` is the line that shows it.
    """

    mutant: str
    runs: int
    seconds: float
    invariant: str | None = None
    what: str = ""
    scenario: str = ""

    def __str__(self) -> str:
        end = f"{self.invariant}: {self.what}\n    {self.scenario}" if self.invariant else "SURVIVED"
        return f"{self.mutant} ({self.runs} runs, {self.seconds:.1f} s): {end}"


def hunt(mutant: Mutant, worker: Path = QUEUE_WORKER) -> Hunt:
    """Go through the probes until one of them shows the mutant, for a minute at most. Raises PatchError."""
    began = time.process_time()
    runs = 0
    with tempfile.TemporaryDirectory() as folder:
        backstage = WorkerCode(mutant.build(worker, Path(folder)))
        for scenario in every_probe(lambda one: simulate(one, backstage)):
            runs += 1
            found = violated(scenario, backstage)
            news = found.keys() - _known(worker, scenario) if found else ()
            if news:
                invariant = next(name for name in found if name in news)
                return Hunt(
                    mutant.name, runs, time.process_time() - began, invariant, found[invariant], str(scenario)
                )
            if time.process_time() - began > CAP_SECONDS:
                break
    return Hunt(mutant.name, runs, time.process_time() - began)


def every_probe(run: Callable[[Scenario], Record]) -> Iterator[Scenario]:
    """Everything that a hunt tries; ``run`` shows which operations there are to interrupt."""
    yield from probes.told()
    busy = run(probes.BUSY)
    yield from probes.interrupted(busy, FIRST_RUN)
    yield from probes.interleaved()
    yield from probes.drawn(range(1, 11))
    yield from probes.interrupted(busy)
    yield from probes.interrupted(run(probes.BUSY_BACK))
    yield from probes.drawn(range(11, probes.SEEDS + 1))


def violated(scenario: Scenario, backstage: WorkerCode) -> dict[str, str]:
    """What the Worker must not do and does in a scenario: the invariants, each with its first finding."""
    try:
        record = simulate(scenario, backstage)
    except Deadlock as deadlock:
        return {"deadlock": str(deadlock)}
    verdicts = judge(record)
    for comparison in COMPARISONS:
        other = comparison.reference(scenario)
        if other is not None and scenario.tasks < 20:
            verdicts.append(comparison.judge(record, verdicts, partial(simulate, other, backstage)))
    excused = _excused(scenario)
    return {
        one.invariant: one.findings[0].what
        for one in verdicts
        if one.findings and one.invariant not in excused
    }


def _excused(scenario: Scenario) -> set[str]:
    """What no Worker can promise: on plain KV no claim is exclusive, and a limiter's counter is one key."""
    alone = scenario.daemons < 2 and scenario.platform.staleness is None
    return {"I20"} if scenario.claims == "coordinator" or alone else {"I9", "I10", "I20"}


@cache
def _known(worker: Path, scenario: Scenario) -> frozenset[str]:
    """What the Worker without any mistake violates in a scenario."""
    return frozenset(violated(scenario, _original(worker)))


@cache
def _original(worker: Path) -> WorkerCode:
    return WorkerCode(worker)
