"""The queue's Worker with mistakes: `rehearse mutate queue`."""

import hashlib
from argparse import Namespace
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Final

from harness.engine.loop import Deadlock
from harness.explore.workforce import Workforce
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.checkers.exclusion import UNSEEN
from harness.migrations.queue.explore.probes import every_probe
from harness.migrations.queue.explore.variations import varied
from harness.migrations.queue.judgement import Judgement
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.model.verdict import Finding, Verdict
from harness.mutation.hunt import Rehearse, Run
from harness.mutation.mutant import Mutant
from harness.mutation.python.lines import Counting
from harness.mutation.reach import Reach, reaching
from harness.mutation.target import Prepared
from harness.mutation.trace import Answered, Trace, step_of, stored_as_text, without_moments
from harness.system.code import WorkerCode
from harness.terminal.progress import Progress

# So many scenarios are known; which of them reach a line is found out before the first hunt. No more of them
# than the hunts together have time for, and not fewer than some.
PROBES: Final = 1500
_FEWEST: Final = 100
_A_SECOND: Final = 10
# Comparing with another simulation of so many tasks takes longer than it tells.
_MANY_TASKS: Final = 20
_SRC: Final = "src"


@dataclass(frozen=True)
class LoadQueue:
    """The Worker of ``folder`` with a mistake, or as it is. Raises LoadError."""

    folder: Path

    def __call__(self, mutant: Mutant | None) -> Rehearse:
        texts = {} if mutant is None else mutant.texts(self.folder / _SRC)
        code = WorkerCode(self.folder, texts)
        _ = code.code
        return _Rehearse(code, Judgement(code))


@dataclass(frozen=True)
class _Rehearse:
    code: WorkerCode
    judgement: Judgement

    def __call__(self, scenario: Scenario) -> Run:
        record = simulate(scenario, self.code)
        return Run(partial(traced, record), partial(self._judged, record), whole(record))

    def close(self) -> None:
        self.code.close()

    def _judged(self, record: Record) -> dict[str, str]:
        many = record.scenario.tasks >= _MANY_TASKS
        return violated(record, judge(record) if many else self.judgement.verdicts(record))


def violated(record: Record, verdicts: Iterable[Verdict]) -> dict[str, str]:
    """What is violated, the first finding of each invariant, without what no Worker can promise."""
    found: dict[str, str] = {}
    for one in verdicts:
        for each in one.findings:
            if not _is_excused(record.scenario, each):
                found.setdefault(one.invariant, each.what)
    return found


def _is_excused(scenario: Scenario, finding: Finding) -> bool:
    """On plain KV: two claims that cannot see each other's leases."""
    return scenario.claims == "kv" and not UNSEEN.isdisjoint(finding.hazards)


def whole(record: Record) -> str:
    """A hash of everything that is judged of a record."""
    judged = {name: (call.status, call.answer) for name, call in record.judged.items()}
    stored = [(one.verb, one.key, one.entry) for one in (*record.writes, *record.rewritten)]
    said = f"{record.fingerprint} {judged!r} {stored!r} {record.fired}"
    return hashlib.sha256(said.encode(errors="backslashreplace")).hexdigest()[:16]


def traced(record: Record) -> Trace:
    """What a run did."""
    began = record.began
    ends = {entry.expiration for entry in record.start.entries.values()} - {None}
    requests = {
        call.name: Answered(
            f"{call.method} {call.path}",
            tuple(step_of(event, began, ends) for event in record.operations[call.name]),
            without_moments(f"{call.status} {call.answer}", began, call.answered),
        )
        for call in record.calls
    }
    last = {event.key: event.at for event in record.writes}
    end: dict[Hashable, str] = {
        key: stored_as_text(one, last.get(key, began), began, ends)
        for key, one in record.final.entries.items()
    }
    return Trace(requests, end)


@dataclass(frozen=True)
class ReachSearch:
    """Looks at the Worker of ``folder`` in a scenario: what can be seen there, and what is violated.

    Comparisons with other scenarios are left out.
    """

    folder: Path
    mutants: tuple[Mutant, ...]

    @cached_property
    def counting(self) -> Counting:
        return Counting(self.folder / _SRC, self.mutants)

    @cached_property
    def code(self) -> WorkerCode:
        code = WorkerCode(self.folder, self.counting.texts)
        self.counting.begin(code.code)
        return code

    def __call__(self, scenario: Scenario) -> tuple[Reach, list[str]]:
        counting, code = self.counting, self.code
        counting.forget()
        try:
            record = simulate(scenario, code)
        except Deadlock as deadlock:
            return Reach(scenario, counting.lines, counting.changed, 0), [str(deadlock)]
        seen = Reach(scenario, counting.lines, counting.changed, len(record.asked), whole(record))
        return seen, list(violated(record, judge(record)))


@dataclass(frozen=True)
class QueueTarget:
    """The Worker of the queue migration in ``folder``, and so many of the probes of a search through it."""

    worker: Path
    most: int = PROBES

    @property
    def folder(self) -> Path:
        return self.worker / _SRC

    @property
    def files(self) -> Sequence[Path]:
        return WorkerCode(self.worker).sources

    @property
    def load(self) -> LoadQueue:
        return LoadQueue(self.worker)

    @property
    def line(self) -> str:
        return "The safe migration of the queue."

    @property
    def again(self) -> Sequence[str]:
        return ["queue"]

    def prepared(self, mutants: Sequence[Mutant], workforce: Workforce, progress: Progress) -> Prepared:
        """Every probe with what the Worker as it is does there, and what it can show of which mutants."""
        code = WorkerCode(self.worker)
        plain: dict[Scenario, Record] = {}

        def run(scenario: Scenario) -> Record:
            if scenario not in plain:
                plain[scenario] = simulate(scenario, code)
            return plain[scenario]

        scenarios = list(dict.fromkeys(islice(every_probe(run), self.most)))
        plain.clear()
        search, looked, wrong = ReachSearch(self.worker, tuple(mutants)), dict[Scenario, Reach](), 0
        for one, found in workforce.do(search, scenarios):
            looked[one.scenario] = one
            wrong += bool(found)
            progress.simulated(len(looked), len(scenarios), wrong, 0)
        verdict = "NO-GO" if wrong else "GO"
        said = f"The search as it is: {verdict}, {len(scenarios):,} scenarios"
        said += f", {wrong:,} of which violate something, which is not counted." if wrong else "."
        probes = reaching(self.folder, (looked[one] for one in scenarios), search.counting.compared, varied)
        return Prepared(probes, said, verdict)


def mutated(options: Namespace) -> QueueTarget:
    """What `rehearse mutate queue` makes mistakes in."""
    hunts = PROBES if options.sample is None else options.sample * options.seconds * _A_SECOND
    return QueueTarget(QUEUE_WORKER, min(PROBES, max(_FEWEST, hunts)))
