"""The queue's Worker with mistakes: `rehearse mutate queue`."""

import hashlib
from argparse import Namespace
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, islice
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
from harness.migrations.queue.walk.stage import QUEUE_WORKER
from harness.mutation.hunt import Probe, Rehearse, Run
from harness.mutation.lines import Counting, Line, lines_of
from harness.mutation.mutant import Mutant
from harness.mutation.target import Prepared
from harness.mutation.trace import Answered, Trace, step_of, stored_as_text, without_moments
from harness.system.code import WorkerCode
from harness.terminal.progress import Progress
from harness.verdict import Finding, Verdict

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
            without_moments(f"{call.status} {call.answer}", began),
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
class Looked:
    """What a scenario shows of the Worker as it is: the `whole`, the ``lines``, and what is ``violated``."""

    scenario: Scenario
    whole: str | None
    lines: frozenset[Line]
    violated: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """Looks at the Worker of ``folder`` in a scenario; the comparisons are left out."""

    folder: Path

    def __call__(self, scenario: Scenario) -> Looked:
        counting = _counting(self.folder)
        counting.forget()
        try:
            record = simulate(scenario, counting.code)
        except Deadlock as deadlock:
            return Looked(scenario, None, counting.lines, (str(deadlock),))
        return Looked(scenario, whole(record), counting.lines, tuple(violated(record, judge(record))))


@cache
def _counting(folder: Path) -> Counting:
    src = folder / _SRC
    return Counting(folder, src, [one.relative_to(src).as_posix() for one in src.rglob("*.py")])


@dataclass(frozen=True)
class Reaching:
    """The probes that carry out the line of a mistake, and then what is like them, for ever.

    All probes where that is done while the Worker is loaded. ``reached`` says of each line which probes
    those are, as the bits of a number.
    """

    folder: Path
    probes: Sequence[Probe]
    reached: Mapping[Line, int]

    def __call__(self, mutant: Mutant) -> Iterable[Probe]:
        lines = lines_of(mutant, self.folder / _SRC)
        bits = (1 << len(self.probes)) - 1 if lines is None else 0
        for line in lines or ():
            bits |= self.reached.get(line, 0)
        reaching = [probe for at, probe in enumerate(self.probes) if bits >> at & 1]
        return chain(reaching, map(Probe, varied([one.scenario for one in reaching], str(mutant))))


@dataclass(frozen=True)
class QueueTarget:
    """The Worker of the queue migration in ``folder``, and so many of the probes of a search through it."""

    worker: Path
    most: int = PROBES

    @property
    def folder(self) -> Path:
        return self.worker / _SRC

    @property
    def load(self) -> LoadQueue:
        return LoadQueue(self.worker)

    @property
    def line(self) -> str:
        return "The safe migration of the queue."

    @property
    def again(self) -> Sequence[str]:
        return ["queue"]

    def prepared(self, workforce: Workforce, progress: Progress) -> Prepared:
        """Every probe with what the Worker as it is does there, and the lines that it reaches."""
        code = WorkerCode(self.worker)
        plain: dict[Scenario, Record] = {}

        def run(scenario: Scenario) -> Record:
            if scenario not in plain:
                plain[scenario] = simulate(scenario, code)
            return plain[scenario]

        scenarios = list(dict.fromkeys(islice(every_probe(run), self.most)))
        plain.clear()
        looked: dict[Scenario, Looked] = {}
        for one in workforce.do(Look(self.worker), scenarios):
            looked[one.scenario] = one
            progress.simulated(
                len(looked), len(scenarios), sum(bool(each.violated) for each in looked.values()), 0
            )
        reached: dict[Line, int] = {}
        for at, scenario in enumerate(scenarios):
            for line in looked[scenario].lines:
                reached[line] = reached.get(line, 0) | 1 << at
        wrong = sum(bool(one.violated) for one in looked.values())
        verdict = "NO-GO" if wrong else "GO"
        said = f"The search as it is: {verdict}, {len(scenarios):,} scenarios"
        said += f", {wrong:,} of which violate something, which is not counted." if wrong else "."
        probes = [Probe(one, looked[one].whole) for one in scenarios]
        return Prepared(Reaching(self.worker, probes, reached), said, verdict)


def mutated(options: Namespace) -> QueueTarget:
    """What `rehearse mutate queue` makes mistakes in."""
    hunts = PROBES if options.sample is None else options.sample * options.seconds * _A_SECOND
    return QueueTarget(QUEUE_WORKER, min(PROBES, max(_FEWEST, hunts)))
