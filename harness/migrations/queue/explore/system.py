"""The queue's simulations as a search asks for them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import get_ident

from harness import CannotStart
from harness.engine.interleaving import Choose
from harness.engine.loop import Deadlock
from harness.explore.tally import Seen
from harness.migrations.queue.explore.sometimes import met
from harness.migrations.queue.hazards import Diagnosis, diagnose
from harness.migrations.queue.judgement import Judgement, extent_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QueueWorker
from harness.model.verdict import Finding, Verdict
from harness.system.deployment import Code
from harness.system.stages import code_of, read_config
from kvstore.layers.trace import Trace
from worker.config import ConfigError
from worker.runtime import ServeError


class SearchError(CannotStart):
    """A simulation failed by itself: says which, so that it can be looked at."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The migration of the queue with a Worker."""

    worker: QueueWorker

    @property
    def effort(self) -> int:
        return worker_code(self.worker).effort

    def simulate(
        self, scenario: Scenario, choose: Choose | None = None, trace: Trace | None = None
    ) -> Record:
        """One simulation by itself. Raises Deadlock, and SearchError for one that fails."""
        with _failing(scenario):
            return simulate(scenario, worker_code(self.worker), choose=choose, trace=trace)

    def judge(self, record: Record) -> list[Verdict]:
        return judgement(self.worker).verdicts(record)

    def hazards(self, record: Record) -> list[str]:
        return sorted({one.hazard for one in diagnose(record)})

    def seen(self, record: Record) -> Seen:
        with _failing(record.scenario):
            return seen(record, self.judge(record))

    def causes(self, record: Record, invariant: str, finding: Finding) -> tuple[Diagnosis, ...]:
        return likely_causes(record, invariant, finding)


@contextmanager
def _failing(scenario: Scenario) -> Iterator[None]:
    try:
        yield
    except (Deadlock, ServeError, ConfigError):
        raise
    except Exception as error:
        raise SearchError(f"{type(error).__name__}: {error}, in {scenario}") from error


def seen(record: Record, verdicts: list[Verdict]) -> Seen:
    """What a record shows, with what is judged of it."""
    hazards = sorted({one.hazard for one in diagnose(record)})
    fingerprint = int(record.fingerprint, 16)
    return Seen(extent_of(record), verdicts, met(record), record.fired, hazards, fingerprint)


def likely_causes(record: Record, invariant: str, finding: Finding) -> tuple[Diagnosis, ...]:
    """The hazards that explain a finding: about the same keys, or known to violate the invariant."""
    return causes_among(diagnose(record), invariant, finding)


def causes_among(every: Sequence[Diagnosis], invariant: str, finding: Finding) -> tuple[Diagnosis, ...]:
    """The same, of ``every`` diagnosis that there is."""
    same = [one for one in every if set(one.keys) & set(finding.keys)]
    known = [one for one in every if invariant in one.invariants]
    both = [one for one in same if one in known]
    return tuple(both or known or same)


def worker_code(worker: QueueWorker) -> Code:
    """The code of this thread for a Worker, loaded when it is first asked for."""
    return _worker_code(worker, get_ident())


@cache
def _worker_code(worker: QueueWorker, thread: int) -> Code:
    """A simulation has the Worker's code to itself; workers of a cluster may have several threads."""
    config = read_config(worker.folder, worker.without)
    return code_of(worker.folder, config, without=worker.without, calls_objects=False)


def judgement(worker: QueueWorker) -> Judgement:
    """The one that goes with `worker_code`."""
    return _judgement(worker, get_ident())


@cache
def _judgement(worker: QueueWorker, thread: int) -> Judgement:
    return Judgement(_worker_code(worker, thread))
