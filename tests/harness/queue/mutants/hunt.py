"""Hunts a mutant: looks for a scenario in which it violates what the Worker without the mistake does not."""

import signal
import tempfile
import time
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from harness.engine.loop import Deadlock
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.checkers.exclusion import UNSEEN
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.explore.probes import every_probe
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.model.verdict import Finding
from harness.system.code import WorkerCode
from harness.system.transport import Unanswered
from tests.harness.queue.mutants.mutant import Mutant
from worker.runtime import LoadError

# A mutant that lives longer has survived: a minute of two cores. These are seconds of a core, of which a busy
# machine takes half as many again for the same.
CAP_SECONDS: Final = 120.0
# Seconds of a core after which a simulation is taken to go on for ever.
HANGS_SECONDS: Final = 15.0


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
    differs: bool = True

    def __str__(self) -> str:
        end = f"{self.invariant}: {self.what}\n    {self.scenario}" if self.invariant else self._alive
        return f"{self.mutant} ({self.runs} runs, {self.seconds:.1f} s): {end}"

    @property
    def _alive(self) -> str:
        return "SURVIVED" if self.differs else "never differed"


class Hangs(BaseException):
    """A simulation goes on for ever; a Worker does not catch it."""


def hunt(mutant: Mutant, worker: Path = QUEUE_WORKER) -> Hunt:
    """Go through the probes until one of them shows the mutant, for a minute at most. Raises PatchError."""
    began = time.process_time()
    traces: dict[Scenario, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        code = WorkerCode(mutant.build(worker, Path(folder)))
        for scenario in every_probe(partial(_run_original, worker)):
            found, traces[scenario] = looked_at(scenario, code)
            news = found.keys() - _known(worker, scenario) if found else ()
            if news:
                invariant = next(name for name in found if name in news)
                return Hunt(
                    mutant.name,
                    len(traces),
                    time.process_time() - began,
                    invariant,
                    found[invariant],
                    str(scenario),
                )
            if time.process_time() - began > CAP_SECONDS:
                break
    took = time.process_time() - began
    differs = any(trace != _trace_of_original(worker, one) for one, trace in traces.items())
    return Hunt(mutant.name, len(traces), took, differs=differs)


def violated(scenario: Scenario, code: WorkerCode) -> dict[str, str]:
    """What the Worker must not do and does in a scenario: the invariants, each with its first finding."""
    return looked_at(scenario, code)[0]


def looked_at(scenario: Scenario, code: WorkerCode) -> tuple[dict[str, str], str]:
    """What is violated in a scenario, and a hash of all that was answered and written."""
    previous = signal.signal(signal.SIGVTALRM, _hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_SECONDS)
    try:
        record = simulate(scenario, code)
        return _judged(record, code), _trace(record)
    except Deadlock as deadlock:
        return {"deadlock": str(deadlock)}, "deadlock"
    except (Hangs, Unanswered, LoadError) as error:
        return {type(error).__name__: str(error)}, repr(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def _hang(number: int, frame: object) -> None:
    raise Hangs(f"a simulation took longer than {HANGS_SECONDS} s")


def _trace(record: Record) -> str:
    entries = [(one.key, one.verb, one.entry) for one in record.writes]
    return f"{record.fingerprint} {hash(repr(entries))}"


def _judged(record: Record, code: WorkerCode) -> dict[str, str]:
    scenario = record.scenario
    verdicts = judge(record)
    for comparison in COMPARISONS:
        other = comparison.reference(scenario)
        if other is not None and scenario.tasks < 20:
            verdicts.append(comparison.judge(record, verdicts, partial(simulate, other, code)))
    return {
        one.invariant: told[0].what
        for one in verdicts
        if (told := [finding for finding in one.findings if not _is_excused(scenario, finding)])
    }


def _is_excused(scenario: Scenario, finding: Finding) -> bool:
    """What no Worker can promise: on plain KV, two claims that cannot see each other's leases."""
    return scenario.claims == "kv" and not UNSEEN.isdisjoint(finding.hazards)


def _known(worker: Path, scenario: Scenario) -> frozenset[str]:
    """What the Worker without any mistake violates in a scenario."""
    return frozenset(_look_at_original(worker, scenario)[0])


@cache
def _run_original(worker: Path, scenario: Scenario) -> Record:
    return simulate(scenario, _original(worker))


def _trace_of_original(worker: Path, scenario: Scenario) -> str:
    return _look_at_original(worker, scenario)[1]


@cache
def _look_at_original(worker: Path, scenario: Scenario) -> tuple[dict[str, str], str]:
    return looked_at(scenario, _original(worker))


@cache
def _original(worker: Path) -> WorkerCode:
    return WorkerCode(worker)
